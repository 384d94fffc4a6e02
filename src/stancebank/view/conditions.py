"""The section of a dossier on conditions."""

from collections import Counter

from stancebank.pictures.asks import draw_asks
from stancebank.pictures.conditions import conditional_targets
from stancebank.pictures.ladder import draw_ladder
from stancebank.pictures.waits import draw_waits
from stancebank.view.collection import Collection
from stancebank.view.section import Section

MOST_TARGETS = 3
"""For how many targets the pictures are drawn, unless some are asked for."""


def make_conditions(collection: Collection) -> Section | None:
    """Return the section on who asks what of whom. None where no statement has a condition.

    It is on the targets that are asked for, else on those with the most conditional statements.
    """
    positions = collection.positions
    held = conditional_targets(positions)
    if not held:
        return None
    counts = Counter(each.statement.target.id for each in positions.unique if each.statement.conditions)
    several = [each for each in held if counts[each] > 1]
    wanted = collection.wanted or several[:MOST_TARGETS] or held[:1]
    drawn = (draw(positions, each) for each in wanted for draw in (draw_asks, draw_ladder, draw_waits))
    told = "Who makes a position depend on what, how far from refusal or readiness that is, and who waits for whom."
    without = [positions.target_name(each) for each in wanted if each not in held]
    if without:
        told += f" No statement on {', '.join(without)} has a condition."
    elif len(held) > len(wanted):
        which = "the target" if len(wanted) == 1 else f"the {len(wanted)} targets"
        told += f" Drawn for {which} {'asked for' if collection.wanted else 'with the most such statements'}, of "
        told += f"{len(held)}; the option --target ID draws another."
    return Section("conditions", "Conditions", told, tuple(each for each in drawn if each is not None))
