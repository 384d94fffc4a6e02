"""Label Studio's own settings, but that an access token lives for two seconds, not for five minutes."""

from datetime import timedelta

SENTRY_DSN = ""  # asked for while the settings are still being read
SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(seconds=2)}

from core.settings.base import *  # noqa: E402, F403
from label_studio.core.settings.label_studio import *  # noqa: E402, F403
