#!/usr/bin/env python
"""Label one statement with two conditions in a real browser and print how many actions that takes, in both profiles.

Usage: .venv/bin/python scripts/bench/labelling.py

Starts Label Studio from .venv-studio (scripts/test installs it) and the system's Chromium; takes a minute. Writes a
Markdown table to stdout and screenshots to build/screenshots. Exits with 1 if a limit is exceeded or the statement
does not come back.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from tests.annotate.desk import Desk  # noqa: E402
from tests.annotate.effort import LIMIT, OTHER_TEXT, TEXT, label, task  # noqa: E402
from tests.annotator import SHOTS, browsing  # noqa: E402
from tests.studio import ADMIN, running_studio  # noqa: E402

SPEAKERS = {TEXT: "a known name", OTHER_TEXT: "the envoy"}


def main() -> None:
    print("| profile | speaker | actions for a statement with two conditions | limit | then, once an article |")
    print("|---|---|---|---|---|")
    sound = True
    with (
        tempfile.TemporaryDirectory() as folder,
        running_studio(Path(folder, "studio")) as studio,
        browsing(studio, Path(folder, "profile"), ADMIN) as [page],
    ):
        for (profile, limit), (text, speaker) in product(LIMIT.items(), SPEAKERS.items()):
            desk = Desk(studio, page, profile, task(profile=profile, text=text))
            label(desk.annotator, profile)
            actions = desk.annotator.actions
            desk.annotator.submit()
            found = desk.conversion()
            back = bool(found.documents) and len(found.documents[0].statements[0].conditions) == 2
            sound = sound and back and not found.rejected and actions <= limit
            print(f"| {profile} | {speaker} | {actions} | {limit} | Submit, {desk.annotator.actions - actions} |")
    print(f"Screenshots: {SHOTS.relative_to(REPO)}", file=sys.stderr)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
