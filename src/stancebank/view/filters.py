"""What the filters of a dossier go by: a few facts of each statement, in the order of `Positions.items`."""

from typing import Any

from stancebank.corpus.edtf import read_edtf
from stancebank.pictures.page import pack
from stancebank.pictures.positions import Position, Positions


def filter_data(positions: Positions) -> dict[str, Any]:
    """Return the facts of all statements, packed, for ``filters.js``.

    ``state`` and ``root`` are what speaker and target stand under, "" where there is none; ``begin`` and ``end`` the
    days that the date can be of, as ISO 8601, and both "" where no year is known.
    """
    kinds = positions.scheme.vocabularies.states()
    return pack([_facts(positions, each, kinds) for each in positions.items])


def _facts(positions: Positions, position: Position, kinds: frozenset[str]) -> dict[str, Any]:
    statement = position.statement
    state = positions.state_of(statement.speaker.entity)
    words, _ = positions.date_of(position) or ("", "")
    stretch = read_edtf(words) if words else None
    return {
        "who": positions.entity_name(statement.speaker.entity),
        "state": positions.entity_name(state)
        if state in positions.entities and positions.entities[state].kind in kinds
        else "",
        "what": positions.target_name(statement.target.id),
        "root": positions.target_name(positions.root_of(statement.target.id)),
        "label": positions.label_of(position).replace("_", " "),
        "outlet": position.article.outlet.value if position.article.outlet else "",
        "begin": stretch.begin.isoformat() if stretch and stretch.begin else "",
        "end": stretch.end.isoformat() if stretch and stretch.end else "",
        "conditional": positions.is_conditional(position),
        "copy": position.is_copy,
    }
