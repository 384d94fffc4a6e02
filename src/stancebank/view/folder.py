"""The dossier of many articles: a folder with a page to begin with, pages of articles, and files that the search loads.

``index.html`` holds the pictures and the list of articles; ``articles/0001.html`` and so on hold the articles;
``data/statements-0001.js`` and ``data/texts-0001.js`` and so on what quotations and the search are made of. A script
may load scripts from files, but nothing else (see `pictures.page.policy`), so that data are scripts: each calls one
function with JSON in a string, which is searched before it is read. ``view.json`` lists all of them: a folder that it
does not describe is never replaced.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.pictures.page import make_page, pack, require_page, to_json
from stancebank.publish.layout import folder_files, replacing
from stancebank.records import to_json as to_record
from stancebank.records import write_text
from stancebank.view.article import prepare_article
from stancebank.view.collection import Collection
from stancebank.view.dossier import PARTS, make_dossier, make_dossier_page, statement_data, title_of
from stancebank.view.listing import ListedArticle, anchor_of, list_article, list_data, text_data
from stancebank.view.overview import say_words

MOST = 300
"""Articles in one page; a dossier of more of them is a folder."""

ARTICLES = 25
"""Articles in a page of a folder."""

TEXTS = 10
"""Pages whose texts are in one file that the search loads: few files are loaded sooner than many."""

STATEMENTS = 4000
"""Statements in a file that quotations and the search load."""

CONTENTS = "view.json"
MADE_BY = "stancebank view"
"""What ``view.json`` says under ``made_by``."""

INDEX = "index.html"
_IGNORE = "# The pages hold words of articles: git leaves them out.\n*\n"


def write_dossier(collection: Collection, out: Path | None = None) -> Path:
    """Write the dossier of a collection, as one page or as a folder; return where it can be opened.

    out: by default ``view.html``, or, of more than `MOST` articles, the folder ``view``. Raises InputError where it is
    of the other kind, or something that this has not written.
    """
    count = len(collection.article_ids)
    if count > MOST:
        out = out or Path("view")
        if out.suffix == ".html" or out.is_file():
            raise InputError(
                f"{collection.name} has {count:,} articles. A page has at most {MOST}, and {out} is the name of one.\n"
                f"Hint: name a folder: --out {out.with_suffix('') if out.suffix else f'{out}-pages'}."
            )
        write_folder(collection, out)
        return out / INDEX
    out = out or Path("view.html")
    require_page(out)
    write_text(out, make_dossier(collection))
    return out


def write_folder(collection: Collection, out: Path) -> None:
    """Write the dossier of a collection as a folder, as a whole or not at all; one that it has made is replaced.

    One block of articles at a time is in memory with its words. Raises InputError where out holds anything else.
    """
    with replacing(out, contents=CONTENTS, made_by=MADE_BY) as folder:
        (folder / "articles").mkdir()
        (folder / "data").mkdir()
        _write_statements(folder, collection)
        listed = _write_articles(folder, collection)
        data = {"folder": _folder(collection, ""), "articles": list_data(listed)}
        _write(folder / INDEX, make_dossier_page(collection, data=data, is_folder=True))
        if collection.is_private:
            _write(folder / ".gitignore", _IGNORE)
        names = sorted(folder_files(folder))
        _write(folder / CONTENTS, to_record({"made_by": MADE_BY, "files": dict.fromkeys(names, "")}))


def _write_statements(folder: Path, collection: Collection) -> None:
    positions = collection.positions
    for place, begin in enumerate(range(0, len(positions.items), STATEMENTS)):
        block = positions.items[begin : begin + STATEMENTS]
        _write_part(folder, f"statements-{place + 1:04}", pack([statement_data(positions, each) for each in block]))


def _write_articles(folder: Path, collection: Collection) -> list[ListedArticle]:
    """Write the pages of articles, and the texts that are searched; return the lines of their list."""
    found: list[ListedArticle] = []
    texts: list[dict[str, str]] = []
    shown = collection.articles()
    pages = _pages(collection)
    for place in range(len(pages)):
        block = [(list_article(collection, each.article), each) for each in islice(shown, ARTICLES)]
        found += [listed for listed, _ in block]
        texts += (text_data(*each) for each in block)
        if (place + 1) % TEXTS == 0 or place + 1 == len(pages):
            _write_part(folder, f"texts-{place // TEXTS + 1:04}", pack(texts))
            texts.clear()
        page = make_page(
            "bundle.html",
            title=f"{title_of(collection)}: articles {place * ARTICLES + 1} to {place * ARTICLES + len(block)}",
            parts=PARTS,
            data={"folder": _folder(collection, "../")},
            name=title_of(collection),
            before=f"{place:04}.html" if place else None,
            behind=f"{place + 2:04}.html" if place + 1 < len(pages) else None,
            notice=say_words(collection),
            is_private=collection.is_private,
            articles=[(listed, prepare_article(collection, each)) for listed, each in block],
        )
        _write(folder / f"articles/{place + 1:04}.html", page)
    return found


def _pages(collection: Collection) -> Sequence[str]:
    """Return the fragment of the first article of each page."""
    return [anchor_of(each) for each in collection.article_ids[::ARTICLES]]


def _folder(collection: Collection, up: str) -> dict[str, Any]:
    """Return what the script of a page has to know of its folder. up: the way from the page to it."""
    pages = _pages(collection)
    statements = -(-len(collection.positions.items) // STATEMENTS)
    return {"up": up, "pages": pages, "block": STATEMENTS, "statements": statements, "texts": -(-len(pages) // TEXTS)}


def _write_part(folder: Path, name: str, content: object) -> None:
    _write(folder / f"data/{name}.js", f'stancebank_part("{name}",{to_json(to_json(content))});\n')


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="")
