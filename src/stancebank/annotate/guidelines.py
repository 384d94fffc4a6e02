"""The guidelines of a workspace: their version, the page that annotators read at the desk, the pages that they print.

Guidelines are one Markdown file. Marks in it say what is generated (tables of values, decision trees), and which parts
are to be printed: `<!-- stancebank:part NAME -->`, up to `<!-- /stancebank:part -->`.
"""

import re
from functools import lru_cache
from pathlib import Path

from stancebank.annotate.interface_settings import HelpSettings
from stancebank.errors import WorkspaceError
from stancebank.text import sha256

GUIDELINES = "annotate/GUIDELINES.md"

_MARK = "stancebank guidelines"
_TREES = re.compile(r"<!-- stancebank:trees -->\n.*?<!-- /stancebank -->", re.DOTALL)
_PART = re.compile(r"<!-- stancebank:part [\w-]+ -->\n(.*?)<!-- /stancebank:part -->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)  # of Markdown, which the page would show
_SHEET = (
    "@page { size: A4; margin: 13mm 15mm; } "
    "body { font: 10pt/1.3 'Noto Sans', 'DejaVu Sans', Arial, sans-serif; max-width: 180mm; margin: 0 auto; } "
    "section + section { break-before: page; } "
    "h1 { font-size: 15pt; margin: 0 0 4pt; } h3 { font-size: 11pt; margin: 8pt 0 2pt; } p { margin: 4pt 0; } "
    "ol, ul { margin: 2pt 0; padding-left: 20pt; } "
    "table { border-collapse: collapse; width: 100%; margin: 3pt 0 5pt; } "
    "th, td { border: 0.5pt solid #999; padding: 0.5pt 4pt; text-align: left; vertical-align: top; } "
    "code { font: 10pt 'Noto Sans Mono', 'DejaVu Sans Mono', monospace; }"
)
_RULE = re.compile(r"\bG-[0-9]{2,}\b")
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


def named_rules(root: Path) -> frozenset[str]:
    """Return the rules that the guidelines of a workspace name, such as ``G-403``; none without guidelines."""
    path = root / GUIDELINES
    return frozenset(_RULE.findall(path.read_text("utf-8")) if path.is_file() else ())


def instructions(root: Path) -> str:
    """Return the guidelines of a workspace as HTML, for the instructions of a project.

    The last line says what they are made of, since a server does not keep HTML to the letter: see `same_instructions`.
    Raises WorkspaceError where there are none.
    """
    version, text = guideline_version(root), (root / GUIDELINES).read_text("utf-8")
    html = _as_html(text)
    return f"{html}<p>{_MARK} {version}, {sha256(html)[:16]}</p>\n"


@lru_cache(maxsize=4)  # a push to several projects asks for each, and it takes longer than most requests
def _as_html(text: str) -> str:
    """Return Markdown as HTML, without links to places that the page does not have."""
    from markdown_it import MarkdownIt

    return _LINK.sub(r"\1", MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


def quick_pages(root: Path) -> str | None:
    """Return the parts of the guidelines that are to be printed as an HTML page of A4 sheets; None if none is marked.

    Each part begins a sheet, in type of 10 points. Raises WorkspaceError where there are no guidelines.
    """
    from markdown_it import MarkdownIt

    from stancebank.pictures.page import GENERATOR, policy

    version, text = guideline_version(root), (root / GUIDELINES).read_text("utf-8")
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    parts = [_LINK.sub(r"\1", markdown.render(_COMMENT.sub("", part))) for part in _PART.findall(text)]
    if not parts:
        return None
    body = "\n".join(f"<section>\n{part}</section>" for part in parts)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy(_SHEET, "")}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{GENERATOR}<title>Quick guide {version}</title><style>{_SHEET}</style>"
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def with_trees(guidelines: str, help_panel: HelpSettings) -> str:
    """Return guidelines with the decision trees of the help panel made again, where they have a place for them."""
    trees = "\n\n".join(
        f"### {tree.title}\n\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(tree.steps, 1))
        for tree in help_panel.trees
    )
    if not trees:
        return guidelines
    return _TREES.sub(lambda _: f"<!-- stancebank:trees -->\n\n{trees}\n\n<!-- /stancebank -->", guidelines)


def is_instructions(html: str) -> bool:
    """Whether the instructions of a project may be replaced: there are none, or they are guidelines of a workspace."""
    return not html.strip() or _mark(html) is not None


def same_instructions(one: str, other: str) -> bool:
    """Whether instructions are made of the same guidelines."""
    return _mark(one) == _mark(other)


def _mark(html: str) -> str | None:
    found = re.search(rf"<p>{_MARK} \d+\.\d+, ([0-9a-f]{{16}})</p>\s*$", html)
    return found[1] if found else None
