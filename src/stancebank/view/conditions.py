"""The section of a dossier on conditions."""

from stancebank.pictures.asks import draw_asks
from stancebank.pictures.conditions import conditional_targets
from stancebank.pictures.picture import Picture
from stancebank.view.collection import Collection
from stancebank.view.section import Section

MOST_TARGETS = 3
"""For how many targets the pictures are drawn, unless one is asked for."""


def make_conditions(collection: Collection) -> Section | None:
    """Return the section on who asks what of whom. None where no statement has a condition."""
    positions = collection.positions
    targets = conditional_targets(positions)
    found: list[Picture] = []
    for target in targets[:MOST_TARGETS]:
        found += (drawn for draw in (draw_asks,) if (drawn := draw(positions, target)) is not None)
    if not found:
        return None
    return Section("conditions", "Conditions", "", tuple(found))
