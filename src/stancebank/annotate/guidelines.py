"""The guidelines of a workspace: which version of them annotators follow, and the page that they read at the desk."""

import re
from pathlib import Path

from stancebank.errors import WorkspaceError
from stancebank.text import sha256

GUIDELINES = "annotate/GUIDELINES.md"

_MARK = "stancebank guidelines"
_LINK = re.compile(r'<a href="(?!https?://)[^"]*"[^>]*>(.*?)</a>', re.DOTALL)  # to a place that the page does not have


def guideline_version(root: Path) -> str:
    """Return the version that the guidelines of a workspace name. Raises WorkspaceError where there is none."""
    path = root / GUIDELINES
    found = (
        re.search(r"^Guideline version (\d+\.\d+)$", path.read_text("utf-8"), re.MULTILINE) if path.is_file() else None
    )
    if found is None:
        raise WorkspaceError(f"{GUIDELINES} does not say `Guideline version 1.0`.\nHint: add that line at its head.")
    return found[1]


def instructions(root: Path) -> str:
    """Return the guidelines of a workspace as HTML, for the instructions of a project.

    The last line says what they are made of, since a server does not keep HTML to the letter: see `same_instructions`.
    Raises WorkspaceError where there are none.
    """
    from markdown_it import MarkdownIt

    version, text = guideline_version(root), (root / GUIDELINES).read_text("utf-8")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    html = _LINK.sub(r"\1", html)
    return f"{html}<p>{_MARK} {version}, {sha256(html)[:16]}</p>\n"


def is_instructions(html: str) -> bool:
    """Whether the instructions of a project may be replaced: there are none, or they are guidelines of a workspace."""
    return not html.strip() or _mark(html) is not None


def same_instructions(one: str, other: str) -> bool:
    """Whether instructions are made of the same guidelines."""
    return _mark(one) == _mark(other)


def _mark(html: str) -> str | None:
    found = re.search(rf"<p>{_MARK} \d+\.\d+, ([0-9a-f]{{16}})</p>\s*$", html)
    return found[1] if found else None
