"""How far an adjudication is: how units are settled, what is left, and who decides how much."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stancebank.annotate.adjudication.settling import decided
from stancebank.annotate.adjudication.types import AdjudicationPlan, Conflict, Verdict

NOBODY = ""
"""Stands for the adjudicator of conflicts that nobody was named for, who may decide them."""


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody decides. open: conflicts that are left; given: verdicts of which no gold was made yet; settled:
    decisions in the ledger.
    """

    by: str
    open: int
    given: int
    settled: int


@dataclass(frozen=True, slots=True)
class AdjudicationProgress:
    """The units of all articles by how they are settled. given: that have a verdict of which no gold was made yet.

    open: what is left, in the order of the plan. outdated: verdicts that fit no unit any more, since readings changed.
    shares: by name; `NOBODY` first.
    """

    methods: Mapping[str, int]
    given: int
    open: tuple[Conflict, ...]
    outdated: int
    shares: tuple[Share, ...]


def measure_progress(plan: AdjudicationPlan, verdicts: Mapping[str, Verdict]) -> AdjudicationProgress:
    """Return how far a plan is, with the verdicts that are kept."""
    methods, given, left, settled = Counter[str](), Counter[str](), [], Counter[str]()
    for _, unit in plan.units():
        verdict = decided(unit, verdicts)
        if verdict is not None:
            given[verdict.by] += 1
        elif unit.settled is None:
            left.append(unit.conflict)
        else:
            methods[unit.settled.method] += 1
            if unit.settled.stands and unit.settled.stands.by:
                settled[unit.settled.stands.by] += 1
    waiting = Counter(each.by or NOBODY for each in left)
    names = sorted({*given, *waiting, *settled, *plan.rules.by})
    keys = {unit.key for _, unit in plan.units()}
    articles = {each.article_id for each in plan.articles}
    outdated = sum(each.key not in keys for each in verdicts.values() if each.article_id in articles)
    shares = tuple(Share(name, waiting[name], given[name], settled[name]) for name in names)
    return AdjudicationProgress(methods, given.total(), tuple(left), outdated, shares)
