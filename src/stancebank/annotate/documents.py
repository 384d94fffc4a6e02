"""The whole of an annotation: its statements in the order of the text, ties between them, and what was passed over."""

from dataclasses import dataclass
from typing import cast

from msgspec.structs import replace

from stancebank.annotate.controls import ZONES
from stancebank.annotate.ledger import Ledger
from stancebank.annotate.linking import link
from stancebank.annotate.names import Names
from stancebank.annotate.placing import place_regions
from stancebank.annotate.regions import Marks
from stancebank.annotate.sources import Sources, id_of
from stancebank.annotate.statements import make_statement
from stancebank.check.coverage import quotations
from stancebank.model import PassedOver, PassedOverReason, Statement


@dataclass(frozen=True, slots=True)
class Found:
    """What an annotation says. says_something: whether it holds a statement, or the tick that there is none."""

    statements: tuple[Statement, ...]
    passed_over: tuple[PassedOver, ...]
    says_something: bool
    repaired: list[tuple[str, str]]


def read_document(marks: Marks, text: str, names: Names, books: Ledger) -> Found:
    """Read what an annotation says about a stored text. books: gets where every item went, or why it did not."""
    bounds, repaired, faults = place_regions(marks, text)
    links = link(marks, bounds, text)
    books.faults += [*marks.faults, *faults, *links.faults]
    books.inferred += links.inferred
    regions = {name: region for name, region in marks.regions.items() if name in bounds}
    sources = Sources(text, regions, bounds, tuple(links.ties), names, quotations(text))
    for region in regions.values():
        if region.label == ZONES:
            books.put("", region.item)
    statements = _statements(sources, books)
    passed_over = _passed_over(sources, books)
    nothing = marks.general.get("nothing_to_annotate")
    if nothing is not None and statements:
        books.fault(nothing.item, "", "nothing to annotate is ticked beside statements.", "take the tick away")
    elif nothing is not None:
        books.put("/nothing_to_annotate", nothing.item)
    elif not statements:
        books.fault(None, "", "it holds no statement and no tick.", "tick nothing to annotate, or finish it (G-12)")
        books.placed = {item: where for item, where in books.placed.items() if where == [""]}  # zones need no document
    for question in ("new_entities", "new_targets"):
        answer = marks.general.get(question)
        if answer is not None and answer.item not in books.placed:
            books.fault(answer.item, "", f"{question} names what nothing refers to.", "choose new-1 where it is meant")
    return Found(statements, passed_over, bool(statements) or nothing is not None, repaired)


def _statements(sources: Sources, books: Ledger) -> tuple[Statement, ...]:
    made: list[tuple[Statement, Ledger]] = []
    for region in sources.regions.values():
        if region.label == "content":
            own = Ledger()
            statement = make_statement(sources, own, region)
            books.faults += own.faults
            if statement is not None:
                made.append((statement, own))
    made.sort(key=lambda pair: pair[0].content[0].begin)
    known = {statement.id for statement, _ in made}
    tied = []
    for number, (statement, own) in enumerate(made):
        tied.append(replace(statement, same_as=_same_as(sources, own, statement.id, known)))
        books.faults += [fault for fault in own.faults if fault not in books.faults]
        books.take(own, f"/statements/{number}")
    return tuple(tied)


def _same_as(sources: Sources, own: Ledger, name: str, known: set[str]) -> str | None:
    found = None
    for tie in sources.ties:
        low, high = sources.regions[tie.low], sources.regions[tie.high]
        if id_of(low) == name and (low.label, high.label) == ("content", "content") and tie.item is not None:
            if found is not None:
                own.fault(tie.item, name, f"it is tied to {found} already.", "tie it to the fullest one only (G-68)")
            elif id_of(high) in known:
                found = id_of(high)
                own.put("/same_as", tie.item)
    return found


def _passed_over(sources: Sources, books: Ledger) -> tuple[PassedOver, ...]:
    made: list[tuple[PassedOver, Ledger]] = []
    for region in sources.regions.values():
        if region.label != "passed_over":
            continue
        own = Ledger()
        reason = sources.chosen(own, region, "passed_over_reason", PassedOverReason, "/reason")
        if reason is None:
            hint = "select it and choose why it is no statement"
            books.faults += own.faults
            books.fault(region.item, region.id, "passed over without a reason.", hint)
            continue
        note = sources.written(own, region, "note", "/note")
        for place, span in enumerate(sources.spans([region.id])):
            part = own if place == 0 else Ledger()
            part.put("/span", region.item)
            made.append((PassedOver(span=span, reason=cast("PassedOverReason", reason), note=note), part))
    for number, (_, own) in enumerate(made):
        books.take(own, f"/passed_over/{number}")
    return tuple(passed for passed, _ in made)
