"""What the server is told through its environment: where its data lie, and what it may not do.

It hears nothing else: Label Studio reads many names with no prefix, HOST, PORT, PASSWORD and DEBUG among them, and
whatever the user's shell has set for other programs would reach it.
"""

import os
from pathlib import Path

from stancebank.annotate.studio.login import Login

_PASSED = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")


def server_variables(folder: Path, first: Login | None) -> dict[str, str]:
    """Return the whole environment of the server. folder: of the studio. first: the administrator to be made.

    Secrets go this way and by no command line, which everybody on a machine can list.
    """
    settings = {
        "BASE_DATA_DIR": str(folder / "data"),
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",  # else a stranger who signs up can delete every project
        "LOCAL_FILES_SERVING_ENABLED": "false",  # unless told so, the server may turn it on by itself
        "CORS_ALLOW_ALL_ORIGINS": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",  # else a page elsewhere could pass its own name off as ours
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LOG_LEVEL": "WARNING",
    }
    if first:
        settings |= {
            "USERNAME": first.email,
            "PASSWORD": first.password,
            "USER_TOKEN": first.token,
            "ENABLE_LEGACY_API_TOKEN": "true",  # heard only when the organisation is made
        }
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    plain = {"HOME": str(folder / "home"), "DJANGO_DB": "sqlite", "PYTHONUNBUFFERED": "1"}
    return passed | plain | {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}
