"""The dossier of a workspace or folder: one page with its pictures, each with the table behind it."""

from collections.abc import Callable, Iterator
from typing import Any

from stancebank.errors import InputError, list_some
from stancebank.pictures.page import make_page, pack
from stancebank.pictures.picture import Picture
from stancebank.pictures.positions import Position, Positions
from stancebank.view.collection import Collection, Words
from stancebank.view.section import Section
from stancebank.view.time import make_time

SECTIONS: tuple[Callable[[Collection], Section | None], ...] = (make_time,)
"""Makers of the sections, in the order of the page. None where a collection has nothing for it."""


def make_sections(collection: Collection) -> list[Section]:
    """Return the sections of a dossier that its collection has something for."""
    return [found for make in SECTIONS if (found := make(collection)) is not None]


def make_dossier(collection: Collection) -> str:
    """Return the dossier of a collection as one page."""
    positions = collection.positions
    return make_page(
        "dossier.html",
        title=f"{collection.name} {collection.version}",
        parts=("dossier",),
        data={"packed": pack([statement_data(positions, each) for each in positions.items])},
        collection=collection,
        positions=positions,
        notice=say_words(collection),
        sections=make_sections(collection),
    )


def find_picture(collection: Collection, name: str) -> Picture:
    """Return a picture of a collection by its name. Raises InputError where there is none."""
    found: dict[str, Picture] = {each.name: each for section in make_sections(collection) for each in section.pictures}
    if name not in found:
        raise InputError(
            f"There is no picture {name!r} of {collection.name}.\nHint: there is {list_some(list(found))}."
        )
    return found[name]


def say_words(collection: Collection) -> str:
    """Say which words a page shows, and what follows from that."""
    if collection.words is Words.NONE:
        return "This page holds no words of the articles."
    if collection.folder is not None or collection.words is Words.PUBLISHED:
        return "This page holds such words of the articles as their text policies allow to be published."
    return (
        "This page holds words of articles that may not be published. Keep it out of the repository, and do not pass "
        "it on; `--words published` makes one that you can."
    )


def statement_data(positions: Positions, position: Position) -> dict[str, Any]:
    """Return what a page shows of a statement where a mark is opened."""
    statement = position.statement
    return {
        "who": positions.entity_name(statement.speaker.entity),
        "label": positions.label_of(position),
        "what": positions.target_name(statement.target.id),
        "words": position.words,
        "conditions": list(_conditions(positions, position)),
        "source": positions.source_of(position),
        "anchor": f"article-{position.article.id}",
    }


def _conditions(positions: Positions, position: Position) -> Iterator[str]:
    for each in position.statement.conditions:
        kinds = (field for field in positions.scheme.of("condition") if field.kind == "target")
        about = (positions.target_name(str(value)) for field in kinds if (value := field.value(each)) is not None)
        yield f"{each.role.replace('_', ' ')}: {', '.join(about) or 'not named'}"
