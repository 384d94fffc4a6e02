"""Conditions of a statement, put together from their regions."""

from typing import cast

from stancebank.annotate.controls import MAX_GROUP
from stancebank.annotate.ledger import Ledger
from stancebank.annotate.regions import Region
from stancebank.annotate.sources import Sources, id_of
from stancebank.model import Condition, ConditionRole

GROUPED = ("if", "only_if", "even_if")  # roles whose conditions hold together or are alternatives


def make_conditions(sources: Sources, ledger: Ledger, content: Region) -> tuple[Condition, ...]:
    """Return the conditions of a statement, in the order of the text. What is incomplete is a fault, and left out."""
    made: list[Condition] = []
    for region, arrow in sources.low(content.id, "condition", "waived"):
        books = Ledger()
        condition = _make(sources, books, region, arrow, id_of(content))
        ledger.faults += books.faults
        if condition is not None:
            ledger.take(books, f"/conditions/{len(made)}")
            made.append(condition)
    return tuple(made)


def _make(sources: Sources, books: Ledger, region: Region, arrow: int | None, statement: str) -> Condition | None:
    own = id_of(region)
    name = own if own.startswith(f"{statement}/") else f"{statement}/{own}"
    pieces = [(region, arrow), *sources.low(region.id, "more")]
    if region.label == "waived":
        books.put("/role", region.item)
        return Condition(id=name, spans=sources.put_spans(books, "/spans", pieces), role="waived")
    role = sources.chosen(books, region, "role", ConditionRole, "/role")
    kind = sources.one(books, region, "kind", "/kind")
    lacking = [what for what, value in (("role", role), ("kind", kind)) if value is None]
    if lacking or role is None or role == "waived":
        what = f"it has no {' and no '.join(lacking)}." if lacking else "its role is waived."
        hint = f"select it and choose its {' and its '.join(lacking)}" if lacking else "label it as waived, key 4"
        books.fault(region.item, region.id, what, hint)
        return None
    return Condition(
        id=name,
        spans=sources.put_spans(books, "/spans", pieces),
        role=cast("ConditionRole", role),
        kind=kind,
        obligors=sources.listed(books, region, "obligors", "/obligors"),
        group=_group(sources, books, region, role),
    )


def _group(sources: Sources, books: Ledger, region: Region, role: str) -> int | None:
    answer = region.answers.get("group")
    if role not in GROUPED:
        if answer is not None:
            books.fault(answer.item, region.id, f"{role} has no group.", "take the group away (G-63)")
        return None
    if answer is None:
        books.infer(region.id, "group 1: none was chosen (G-63).")
        return 1
    if len(answer.values) == 1 and answer.values[0] in map(str, range(1, MAX_GROUP + 1)):
        books.put("/group", answer.item)
        return int(answer.values[0])
    books.fault(answer.item, region.id, f"group is {' and '.join(answer.values)}.", f"choose 1 to {MAX_GROUP}")
    return None
