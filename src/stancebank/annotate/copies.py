"""What a local server keeps of everything it hands out: a copy of each export, and it removes none.

A copy holds the words of articles and the addresses of annotators, and a new one may come with each pull and status.
"""

import time
from contextlib import suppress
from pathlib import Path

FOLDER = "data/export"
IN_USE = 900.0  # seconds in which the server may still be reading one, as long as a reply may take


def remove_copies(folder: Path, older: float = IN_USE) -> None:
    """Remove the copies that are older than some seconds. folder: of the studio; nothing happens where it is none."""
    for path in (folder / FOLDER).glob("project-*-at-*.json"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime >= older:
                path.unlink()
