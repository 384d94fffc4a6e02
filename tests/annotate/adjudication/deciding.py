"""An adjudicator who knows the gold of the sample, and decides by it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec.structs import replace

from stancebank.agreement.compare import says
from stancebank.agreement.units import align_readings
from stancebank.annotate.adjudication.types import NOTHING_HERE, OWN, AdjudicationPlan, PlannedArticle, Verdict
from stancebank.model import Document
from stancebank.schema.fields import Scheme

NOW = datetime(2031, 7, 1, 10, tzinfo=UTC)
TIME = "2031-07-01T10:00:00Z"


def said(document: Document, scheme: Scheme) -> list[tuple[object, ...]]:
    """All that is compared of a document's statements, with what their ties name, in an order of its own."""
    by_id = {each.id: says(each, scheme) for each in document.statements}
    return sorted(((by_id[each.id], by_id.get(each.same_as or "")) for each in document.statements), key=repr)


def decide_by_gold(
    plan: AdjudicationPlan, gold: dict[str, Document], scheme: Scheme, *, own: bool = False
) -> Iterator[Verdict]:
    """Yield a verdict on every unit that is open or not as gold has it. own: never by a letter, but in own words."""
    for article in plan.articles:
        document = gold[article.article_id]
        keys = _units_of_gold(article, document, scheme)
        wanted = {key: each for each, key in zip(document.statements, keys, strict=True)}
        for unit in article.units:
            if unit.settled is not None:
                continue
            right = wanted.get(unit.key)
            tie = next((key for key, each in wanted.items() if right and each.id == right.same_as), None)
            letters = [
                each.letter
                for each in unit.conflict.candidates
                if (each.statement is None) == (right is None)
                and (
                    each.statement is None
                    or right is None
                    or (says(each.statement, scheme) == says(right, scheme) and each.statement.same_as == tie)
                )
            ]
            choice, statement = (letters or [OWN])[0], None
            if right is None:
                choice = NOTHING_HERE
            elif own or choice == OWN:
                choice = OWN
                numbered = enumerate(right.conditions, 1)
                conditions = tuple(replace(each, id=f"{unit.key}/c{number}") for number, each in numbered)
                statement = replace(right, id=unit.key, same_as=tie, conditions=conditions)
            yield Verdict(unit.key, article.article_id, choice, "ann-9", "slip", TIME, "G-403", None, statement)


def _units_of_gold(article: PlannedArticle, gold: Document, scheme: Scheme) -> list[str]:
    """The key of the unit that each statement of gold is of."""
    readings = article.readings.documents
    held = {(each.annotator, one.id): one for each in readings for one in each.statements}
    rows = [next(held[pair] for pair in unit.readings.items() if pair[1]) for unit in article.units]  # type: ignore[index]
    keys = [unit.key for unit in article.units]
    found: dict[int, str] = {}
    for each in align_readings([list(gold.statements), rows], scheme).units:
        one, other = each.places
        if one is not None and other is not None:
            found[one] = keys[other]
    return [found[number] for number in range(len(gold.statements))]
