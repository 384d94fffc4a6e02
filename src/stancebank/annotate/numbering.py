"""Numbers for a reading that becomes gold: its ids are those of regions until then, and gold counts s1, s2, c1, c2.

A statement that the gold has already keeps its number there, whatever the reading calls it; so the same reading may
become gold again, and none of its ids changes. A number that was ever given out is not given out again.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from msgspec.structs import replace

from stancebank.agreement.align import align, align_conditions
from stancebank.model import Condition, Document, Statement


def number(statements: Sequence[Statement], article_id: str, before: Document | None) -> tuple[Statement, ...]:
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
    for pair in align(unnumbered, former):
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
            conditions=_conditions(each.conditions, f"{names[each.id]}/c", partners.get(each.id), retired),
        )
        for each in statements
    )


def _conditions(
    conditions: Sequence[Condition], prefix: str, partner: Statement | None, retired: Iterable[str]
) -> tuple[Condition, ...]:
    given = {each.id for each in conditions if _is_number(each.id, prefix)}
    former = [each for each in partner.conditions if each.id not in given] if partner else []
    unnumbered = [each for each in conditions if each.id not in given]
    free = _free([*given, *(each.id for each in former), *retired], prefix)
    names = {name: name for name in given}
    for pair in align_conditions(unnumbered, former):
        if pair.one is not None:
            names[unnumbered[pair.one].id] = next(free) if pair.other is None else former[pair.other].id
    return tuple(replace(each, id=names[each.id]) for each in conditions)


def _is_number(name: str, prefix: str) -> bool:
    return re.fullmatch(re.escape(prefix) + r"[1-9]\d*", name) is not None


def _free(taken: Iterable[str], prefix: str) -> Iterator[str]:
    """Return the ids that come after all that are taken."""
    last = max((int(name.removeprefix(prefix)) for name in taken if _is_number(name, prefix)), default=0)
    return (f"{prefix}{number}" for number in count(last + 1))
