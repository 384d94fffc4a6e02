"""The dossier of a workspace or folder: one page with its pictures, each with the table behind it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stancebank.errors import InputError
from stancebank.pictures.page import make_page, pack
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position, Positions
from stancebank.publish.layout import MANIFEST
from stancebank.records import read_json
from stancebank.view.agreement import make_agreement
from stancebank.view.article import prepare_article
from stancebank.view.collection import Collection, Words
from stancebank.view.conditions import make_conditions
from stancebank.view.corpus import make_corpus
from stancebank.view.filters import filter_data
from stancebank.view.listing import anchor_of, list_article
from stancebank.view.overview import overview, say_what, say_words
from stancebank.view.progress import make_progress
from stancebank.view.section import Section
from stancebank.view.time import make_time
from stancebank.view.versions import make_versions
from stancebank.view.who_what import make_who_what

PARTS = ("article", "dossier", "search", "filters")
"""The styles and scripts of a dossier, beside those of the frame."""

SECTIONS: tuple[Callable[[Collection], Section | None], ...] = (
    make_who_what,
    make_conditions,
    make_time,
    make_agreement,
    make_progress,
    make_versions,
    make_corpus,
)
"""Makers of the sections, in the order of the page. None where a collection has nothing for it."""


def make_sections(collection: Collection) -> list[Section]:
    """Return the sections of a dossier that its collection has something for."""
    return [found for make in SECTIONS if (found := make(collection)) is not None]


def make_dossier(collection: Collection) -> str:
    """Return the dossier of a collection as one page, with all of its articles; `write_folder` is for many of them."""
    positions = collection.positions
    articles = []
    for shown in collection.articles():
        listed = list_article(collection, shown.article)
        articles.append((listed, prepare_article(collection, shown)))
    return make_dossier_page(
        collection,
        data={
            "packed": pack([statement_data(positions, each) for each in positions.items]),
        },
        articles=articles,
    )


def make_dossier_page(
    collection: Collection, *, data: Mapping[str, Any], is_folder: bool = False, **values: Any
) -> str:
    """Return the page that a dossier begins with. is_folder: whether its articles lie in files beside it."""
    return make_page(
        "dossier.html",
        title=title_of(collection),
        parts=PARTS,
        data={**data, "facts": filter_data(collection.positions)},
        loads=is_folder,
        is_folder=is_folder,
        collection=collection,
        what=say_what(collection),
        notice=say_words(collection),
        is_private=collection.is_private,
        numbers=overview(collection),
        sections=make_sections(collection),
        has_conditions=collection.scheme.has_conditions,
        label=collection.scheme.label.title,
        no_words=collection.words is Words.NONE,
        **values,
    )


def title_of(collection: Collection) -> str:
    """Return what a dossier is called: the dataset, with its version."""
    if collection.workspace is not None:
        name = collection.workspace.settings.pretty_name or collection.name
    else:
        assert collection.folder is not None
        name = read_json(collection.folder / MANIFEST)["dataset_name"]
    return f"{name} {collection.version}"


def find_picture(collection: Collection, name: str) -> Picture:
    """Return a picture of a collection by its name. Raises InputError, with all names, where there is none."""
    found: dict[str, Picture] = {each.name: each for section in make_sections(collection) for each in section.pictures}
    if name not in found:
        names = ", ".join(found)
        hint = f"its pictures are {names}" if names else "it has none yet: pictures are drawn from gold"
        raise InputError(f"There is no picture {name!r} of {collection.name}.\nHint: {hint}.")
    return found[name]


def statement_data(positions: Positions, position: Position) -> dict[str, Any]:
    """Return what a page shows of a statement where a mark is opened."""
    statement = position.statement
    return {
        "who": positions.entity_name(statement.speaker.entity),
        "label": positions.label_of(position).replace("_", " "),
        "what": positions.target_name(statement.target.id),
        "words": position.words,
        "conditions": list(_conditions(positions, position)),
        "source": positions.source_of(position),
        "anchor": anchor_of(position.article.id),
    }


def _conditions(positions: Positions, position: Position) -> Iterator[str]:
    for each in position.statement.conditions:
        kinds = (field for field in positions.scheme.of("condition") if field.kind == "target")
        about = (positions.target_name(str(value)) for field in kinds if (value := field.value(each)) is not None)
        yield f"{each.role.replace('_', ' ')}: {', '.join(about) or 'not named'}"
