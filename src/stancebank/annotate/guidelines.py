"""The guidelines of a workspace: which version of them annotators follow."""

import re
from pathlib import Path

from stancebank.errors import WorkspaceError

GUIDELINES = "annotate/GUIDELINES.md"


def guideline_version(root: Path) -> str:
    """Return the version that the guidelines of a workspace name. Raises WorkspaceError where there is none."""
    path = root / GUIDELINES
    found = (
        re.search(r"^Guideline version (\d+\.\d+)$", path.read_text("utf-8"), re.MULTILINE) if path.is_file() else None
    )
    if found is None:
        raise WorkspaceError(f"{GUIDELINES} does not say `Guideline version 1.0`.\nHint: add that line at its head.")
    return found[1]
