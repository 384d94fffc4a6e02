"""How a document comes into the workspace: it takes the place of the one before it, or becomes gold.

The ids of a reading are its author's, or those of regions; gold counts ``<article id>/s1``, ``s2``, and in a statement
``c1``, ``c2``. A statement that the gold has already keeps its number there, whatever the reading calls it; so the same
reading may become gold again, and none of its ids changes. A number that was ever given out is not given out again.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count

from msgspec.structs import replace

from stancebank.agreement.align import align, align_conditions
from stancebank.errors import ConflictError
from stancebank.model import Condition, Document, Gold, Statement, is_of_people
from stancebank.schema.fields import Scheme, still_waiting
from stancebank.workspace import Workspace


def promote(document: Document, gold: Gold, before: Document | None, scheme: Scheme) -> Document:
    """Return a reading as gold. before: the gold that it takes the place of. Raises ConflictError as `succeed` does."""
    prefix = f"{document.article_id}/"
    statements = tuple(_with_prefix(each, prefix) for each in document.statements)
    numbered = assign_ids(statements, document.article_id, before, scheme)
    return succeed(replace(document, gold=gold, label_studio=None, statements=numbered), before)


def succeed(document: Document, before: Document | None) -> Document:
    """Return a document as the successor of the one before it: that one itself, where nothing changes.

    The time of its creation stays, ids that are gone retire, and fields that waited for an answer and have none still
    wait. Raises ConflictError for an id that had retired.
    """
    if before is None:
        return document
    used = _ids(document.statements)
    if again := sorted(used & set(before.retired)):
        raise ConflictError(
            f"{again[0]} had been removed and cannot be given out again.\nHint: use the next free number."
        )
    retired = tuple(sorted({*before.retired, *(_ids(before.statements) - used)}))
    document = still_waiting(document, before)
    successor = replace(document, created_at=before.created_at, retired=retired)
    return before if replace(successor, updated_at=before.updated_at) == before else successor


def assign_ids(
    statements: Sequence[Statement], article_id: str, before: Document | None, scheme: Scheme
) -> tuple[Statement, ...]:
    """Return the statements with ids of gold, ``<article id>/s<n>`` and ``<article id>/s<n>/c<n>``.

    Ids of this form stay. before: the gold that the reading takes the place of. Of the other ids, a statement that
    aligns with one of before takes over its id, and each other one gets the next number.
    """
    prefix = f"{article_id}/s"
    given = {each.id for each in statements if _is_number(each.id, prefix)}
    former = [each for each in before.statements if each.id not in given] if before else []
    unnumbered = [each for each in statements if each.id not in given]
    retired = before.retired if before else ()
    free = _free([*given, *(each.id for each in former), *retired], prefix)
    partners = {each.id: each for each in before.statements if each.id in given} if before else {}
    names = {name: name for name in given}
    for pair in align(unnumbered, former, scheme):
        if pair.one is None:
            continue
        name = unnumbered[pair.one].id
        if pair.other is None:
            names[name] = next(free)
        else:
            names[name], partners[name] = former[pair.other].id, former[pair.other]
    return tuple(
        replace(
            each,
            id=names[each.id],
            same_as=names.get(each.same_as, each.same_as) if each.same_as else None,
            conditions=_assign_condition_ids(each, f"{names[each.id]}/c", partners.get(each.id), retired, scheme),
        )
        for each in statements
    )


READINGS: Mapping[str, int] = {"majority": 3, "adjudicated": 2}
"""How many annotators must have read an article for gold of a method, in schemes whose `gold_method` has it."""


def unproved(workspace: Workspace, document: Document, gold: Gold) -> Iterator[str]:
    """Yield what gold by a majority or an adjudication lacks to be proved, each with its hint.

    document: as read, whose ids are not those of gold. The proof is in the documents of people, of the same text; of
    an adjudication, also in who decided and why.
    """
    needed = READINGS.get(gold.method, 0)
    if gold.method == "adjudicated":
        for option, value in (("--by", gold.by), ("--reason", gold.reason)):
            if not value:
                what = "who decided" if option == "--by" else "for what reason"
                yield f"gold that is adjudicated says {what}. Hint: pass {option}."
    store = workspace.store
    readings = [each for each in map(store.document, store.names_of(document.article_id)) if each.gold is None]
    readings = [each for each in readings if each.text_sha256 == document.text_sha256 and is_of_people(each.origin)]
    if len(readings) < needed:
        found = f"{len(readings)} here: {', '.join(each.annotator for each in readings)}" if readings else "none here"
        yield (
            f"gold that is {gold.method} needs the readings of {needed} annotators, and there is {found}. "
            "Hint: pull or import theirs first, or name another method."
        )
    elif gold.method == "majority":
        yield from _minorities(document, readings, workspace.scheme)


def _minorities(document: Document, readings: Sequence[Document], scheme: Scheme) -> Iterator[str]:
    """Yield the statements that no majority of readings has with the same label."""
    holders = dict.fromkeys((each.id for each in document.statements), 0)
    for reading in readings:
        for pair in align(document.statements, reading.statements, scheme):
            if pair.one is not None and pair.other is not None:
                one, other = document.statements[pair.one], reading.statements[pair.other]
                holders[one.id] += scheme.label.text(one) == scheme.label.text(other)
    for name, number in holders.items():
        if 2 * number <= len(readings):
            yield (
                f"statement {name}: {number} of {len(readings)} annotators have it with this {scheme.label.title}, "
                "which is no majority. Hint: remove it, or name the method adjudicated."
            )


def _assign_condition_ids(
    statement: Statement, prefix: str, partner: Statement | None, retired: Iterable[str], scheme: Scheme
) -> tuple[Condition, ...]:
    given = {each.id for each in statement.conditions if _is_number(each.id, prefix)}
    former = [each for each in partner.conditions if each.id not in given] if partner else []
    unnumbered = [each for each in statement.conditions if each.id not in given]
    free = _free([*given, *(each.id for each in former), *retired], prefix)
    names = {name: name for name in given}
    for pair in align_conditions(unnumbered, former, scheme):
        if pair.one is not None:
            names[unnumbered[pair.one].id] = next(free) if pair.other is None else former[pair.other].id
    return tuple(replace(each, id=names[each.id]) for each in statement.conditions)


def _with_prefix(statement: Statement, prefix: str) -> Statement:
    return replace(
        statement,
        id=prefix + statement.id,
        same_as=prefix + statement.same_as if statement.same_as else None,
        conditions=tuple(replace(each, id=prefix + each.id) for each in statement.conditions),
    )


def _ids(statements: Iterable[Statement]) -> set[str]:
    return {name for each in statements for name in (each.id, *(condition.id for condition in each.conditions))}


def _is_number(name: str, prefix: str) -> bool:
    return re.fullmatch(re.escape(prefix) + r"[1-9]\d*", name) is not None


def _free(taken: Iterable[str], prefix: str) -> Iterator[str]:
    """Return the ids that come after all that are taken."""
    last = max((int(name.removeprefix(prefix)) for name in taken if _is_number(name, prefix)), default=0)
    return (f"{prefix}{number}" for number in count(last + 1))
