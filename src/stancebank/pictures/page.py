"""The frame of all pages: one file that needs nothing else, and a policy that forbids it to ask for anything else.

A page holds one style and one script of the toolkit's own files; its Content-Security-Policy names both by their
SHA-256, and nothing else may run, load or be sent. So no template has a ``style`` attribute or an ``on…`` attribute.
Jinja escapes all values; data for the script is JSON in which no ``<`` is left.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.errors import InputError
from stancebank.pictures.palette import rules, variables

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = ("pictures/templates", "annotate/pages", "publish/pages", "view/templates")
"""The folders of the package that hold templates, styles and scripts of pages. No two files have one name."""

FRAME = "frame"
"""The style and the script that every page has: ``frame.css``, ``frame.js``."""

_environments: dict[None, "Environment"] = {}


def environment() -> "Environment":
    """Return the one environment that all pages are made in: it escapes, and fails at what is not defined."""
    if None not in _environments:
        from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

        _environments[None] = Environment(
            loader=ChoiceLoader([PackageLoader("stancebank", each) for each in TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
    return _environments[None]


def make_page(
    template: str,
    *,
    title: str,
    parts: Iterable[str] = (),
    data: object = None,
    language: str = "en",
    loads: bool = False,
    **values: Any,
) -> str:
    """Return a whole page.

    template: its file, which extends ``frame.html``. parts: names of styles and scripts beside those of the frame:
    ``article`` for ``article.css`` and ``article.js``, as far as these exist. data: what its script reads, as JSON.
    loads: whether its script may load script files that lie beside the page. values: what the template shows.
    """
    style, script = (_joined((FRAME, *parts), ending) for ending in ("css", "js"))
    style = f"{variables()}\n{rules()}\n{style}"
    return (
        environment()
        .get_template(template)
        .render(
            title=title,
            language=language,
            policy=policy(style, script, loads=loads),
            frame_style=_raw(style, "</style"),
            frame_script=_raw(script, "</script"),
            frame_data=None if data is None else _raw(to_json(data), "<"),
            **values,
        )
    )


GENERATOR = '<meta name="generator" content="stancebank">'
"""What every page says of who made it; `is_page` looks for it."""


def is_page(path: Path) -> bool:
    """Whether a file is a page that this toolkit has made."""
    with path.open("rb") as file:
        return GENERATOR.encode() in file.read(2000)


def require_page(out: Path) -> None:
    """Raise InputError where a path is taken by something else than a page of this toolkit."""
    if out.is_dir():
        raise InputError(f"{out} is a folder, and this is one page.\nHint: name a file: --out {out / 'view.html'}.")
    if out.exists() and not is_page(out):
        raise InputError(
            f"{out} was not made by `stancebank view`, and is not replaced.\nHint: name another file with --out."
        )


def policy(style: str, script: str, *, loads: bool = False) -> str:
    """Return the Content-Security-Policy of a page that has just this style and this script.

    loads: whether the script may add other scripts. No hash allows a file to be loaded from a file (browsers hold every
    file for an origin of its own, so that its integrity is not checked); ``'strict-dynamic'`` allows what the script
    that is known by its hash adds itself, and nothing that stands in the page.
    """
    further = " 'strict-dynamic'" if loads else ""
    return (
        f"default-src 'none'; style-src '{integrity(style)}'; script-src '{integrity(script)}'{further}; "
        "base-uri 'none'; form-action 'none'"
    )


def integrity(content: str) -> str:
    """Return what a policy calls a style or script by: ``sha256-`` and its digest in base 64."""
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def to_json(data: object) -> str:
    """Return data as JSON that can stand in a page: without ``<``, so that nothing in it ends its element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def pack(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return rows of the same keys column by column, for `unpacked` of frame.js; it takes a third of the place.

    A column in which values recur holds each once, and the places of those of the rows.
    """
    columns: dict[str, dict[str, list[Any]]] = {}
    for name in rows[0] if rows else ():
        values = [each[name] for each in rows]
        places: dict[str, int] = {}
        at = [places.setdefault(json.dumps(each), len(places)) for each in values]
        few = len(places) * 2 <= len(values)
        columns[name] = {"values": [json.loads(each) for each in places], "at": at} if few else {"values": values}
    return {"rows": len(rows), "columns": columns}


def _joined(parts: Iterable[str], ending: str) -> str:
    """Return the contents of those of some parts that exist with this ending, one behind the other."""
    from jinja2 import TemplateNotFound

    loader = environment().loader
    assert loader is not None
    found = []
    for each in parts:
        try:
            found.append(loader.get_source(environment(), f"{each}.{ending}")[0])
        except TemplateNotFound:
            continue
    return "\n".join(found)


def _raw(content: str, end: str) -> Any:
    """Mark our own content as safe to stand in an element. Raises ValueError where it would end that."""
    from markupsafe import Markup

    if end in content:
        raise ValueError(f"a style, script or data of a page holds {end!r}")
    return Markup(content)  # of our own files, or JSON without a "<"
