"""What the guidelines ask of a statement and a machine can hold, as far as the scheme declares it.

No rule here names a field or a value: `schema.rules.Constraints` has what is declared of fields, and the flags of
values are in the vocabularies. A scheme that declares nothing is held to what every list of spans, date and waiver is
held to.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as calendar_date
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from stancebank.corpus.language import Language
from stancebank.errors import Finding
from stancebank.model import Article, Condition, Document, Span, Statement, Target
from stancebank.schema.fields import Field, Holder, Level, Scheme
from stancebank.schema.rules import constraint_of, constraints

PartOf = Mapping[str, str]
"""What each entity is part of, by id, where it is part of any."""


@dataclass(frozen=True, slots=True)
class _Declared:
    """What a scheme declares of the fields of a level, found once and not for each statement.

    worded: fields that hold words. placed: where the words of a field or of a part of the frame have to be.
    excluding: fields with what they exclude. dated: fields that hold a date, and whether it may not be after that of
    the article. needing: fields with the one that they need. asking: names of all that exclude, hold a date or need.
    """

    worded: tuple[Field, ...]
    placed: Mapping[str, Literal["inside", "beside", "near"]]
    asking: frozenset[str]
    excluding: tuple[tuple[Field, tuple[str, ...]], ...]
    dated: tuple[tuple[Field, bool], ...]
    needing: tuple[tuple[Field, Field], ...]


@lru_cache(maxsize=32)
def _declared(scheme: Scheme, level: Level) -> _Declared:
    said = [(field, constraint_of(scheme, level, field.name)) for field in scheme.of(level)]
    asking = (field for field, about in said if about.excludes or about.needs or field.kind == "date")
    return _Declared(
        worded=tuple(field for field, _ in said if field.kind in ("span", "spans", "mentions")),
        placed=_placed(scheme, level),
        asking=frozenset(field.name for field in asking),
        excluding=tuple((field, tuple(about.excludes)) for field, about in said if about.excludes),
        dated=tuple((field, about.not_after == "published") for field, about in said if field.kind == "date"),
        needing=tuple(
            (field, other) for field, about in said if about.needs and (other := scheme.find(level, about.needs))
        ),
    )


def _placed(scheme: Scheme, level: Level) -> Mapping[str, Literal["inside", "beside", "near"]]:
    said = {name: each.place for (of, name), each in constraints(scheme).items() if of == level and each.place}
    if level == "condition" and (place := constraint_of(scheme, "statement", "conditions").place):
        said["spans"] = place  # of which the statement tells
    return said


def check_statements(
    file: str, document: Document, article: Article, part_of: PartOf, scheme: Scheme
) -> Iterator[Finding]:
    """Check the statements of a document without its text.

    Whether a label or a missing tie is right is asked of gold alone: a reading says what its annotator saw. article:
    that of the document, with the lines that its spans are in. part_of: as `find_unlike` takes it.
    """
    begins = [line.begin for line in article.lines]
    for number, statement in enumerate(document.statements):
        pointer = f"/statements/{number}"
        held = [
            each
            for each in scheme.holders(statement)
            if not _declared(scheme, each[1]).asking.isdisjoint(each[2].fields)
        ]
        worded = _words(statement, scheme)
        for below, said in _overlaps(worded):
            yield Finding(file, pointer + below, "words-overlap", said)
        for below, said in _places(statement, worded, begins, scheme):
            yield Finding(file, pointer + below, "words-outside", said)
        for below, said in _excluded(held, scheme) if held else ():
            yield Finding(file, pointer + below, "field-excluded", said)
        for below, code, said in _dates(held, article, scheme) if held else ():
            yield Finding(file, pointer + below, code, said)
        for below, said in _lacking(held, scheme) if held else ():
            yield Finding(file, pointer + below, "field-lacking", said)
        for below, code, said in _conditions(statement, scheme, is_gold=document.gold is not None):
            yield Finding(file, pointer + below, code, said)
    for number, said in _stated_conditions(document, scheme):
        yield Finding(file, f"/statements/{number}", "condition-stated", said)
    for number, code, said in _ties(document, part_of, scheme):
        yield Finding(file, f"/statements/{number}", code, said)


# Where words are


def spans_of(holder: Holder, level: Level, scheme: Scheme) -> Iterator[tuple[str, str, Sequence[Span]]]:
    """Yield the name of each field or part of the frame that holds words, its JSON pointer, and its spans.

    Pointers are below the holder; those of a list lead to its items where a number is put behind them.
    """
    if isinstance(holder, Statement):
        yield "content", "/content", holder.content
        yield "speaker", "/speaker/span", (holder.speaker.span,) if holder.speaker.span else ()
    elif isinstance(holder, Target):
        yield "span", "/span", (holder.span,) if holder.span else ()
    elif isinstance(holder, Condition):
        yield "spans", "/spans", holder.spans
    for field in _declared(scheme, level).worded if holder.fields else ():
        if field.name not in holder.fields and field.default is None:
            continue
        if field.kind != "mentions":
            yield field.name, f"/{field.name}", field.spans(holder)
        else:
            for place, mention in enumerate(field.mentions(holder)):
                yield field.name, f"/{field.name}/{place}/span", (mention.span,) if mention.span else ()


def _is_list(pointer: str, level: Level, scheme: Scheme) -> bool:
    field = scheme.find(level, pointer.removeprefix("/"))
    return pointer in ("/content", "/spans") or (field is not None and field.kind == "spans")


_Words = tuple[str, Level, str, str, Sequence[Span]]
"""The JSON pointer of a holder, its level, and what `spans_of` yields."""


_Held = Sequence[tuple[str, Level, Holder]]
"""What `Scheme.holders` yields of a statement, without what has no field that asks for anything."""


def _words(statement: Statement, scheme: Scheme) -> list[_Words]:
    """Return each part of a statement that has any words."""
    found: list[_Words] = []
    for above, level, holder in scheme.holders(statement):
        if level == "target" and not holder.fields and not statement.target.span:
            continue  # as most of them
        for name, pointer, spans in spans_of(holder, level, scheme):
            if spans:
                found.append((above, level, name, pointer, spans))
    return found


def _overlaps(worded: Iterable[_Words]) -> Iterator[tuple[str, str]]:
    """Yield the spans of a list that overlap the one before it, or come before it in the text."""
    for above, level, name, pointer, spans in worded:
        for place, (one, other) in enumerate(pairwise(spans), 1) if len(spans) > 1 else ():
            if other.begin < one.end:
                what = "overlaps the one before it" if other.end > one.begin else "comes before it in the text"
                yield f"{above}{pointer}/{place}", f"a span of the {_title(name, level)} {what}."


def _places(
    statement: Statement, worded: Iterable[_Words], begins: Sequence[int], scheme: Scheme
) -> Iterator[tuple[str, str]]:
    """Yield the words that are not where the scheme has them. begins: of the lines of the article."""
    own: set[int] | None = None
    for above, level, name, pointer, spans in worded:
        if (place := _declared(scheme, level).placed.get(name)) is None:
            continue
        if own is None:
            own = {_line(span, begins) for span in statement.content}
        for number, span in enumerate(spans):
            line = _line(span, begins)
            if place == "inside":
                fits, where = any(_holds(each, span) for each in statement.content), "outside the content"
            elif place == "beside":
                fits, where = line in own, "in a paragraph without any of the content"
            else:
                fits, where = line in own or line + 1 in own, "far from the content"
            if not fits:
                below = f"{pointer}/{number}" if _is_list(pointer, level, scheme) else pointer
                yield above + below, f"words of the {_title(name, level)} are {where}."


def _line(span: Span, begins: Sequence[int]) -> int:
    return bisect_right(begins, span.begin)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.begin <= inner.begin and inner.end <= outer.end


def _title(name: str, level: Level) -> str:
    """What a person calls the words of a field or of a part of the frame."""
    return {"span": "target", "spans": "condition"}.get(name, name.replace("_", " "))


def _excluded(held: _Held, scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Yield what a field shares with another one that it excludes: an entity, or words."""
    for above, level, holder in held:
        for field, excluded in _declared(scheme, level).excluding:
            if field.name not in holder.fields and field.default is None:
                continue  # it has nothing to share
            for other in excluded:
                title = other.replace("_", " ")
                if field.kind in ("span", "spans"):
                    apart = _words_of(holder, level, other, scheme)
                    if any(one.begin < two.end and two.begin < one.end for one in field.spans(holder) for two in apart):
                        yield f"{above}/{field.name}", f"it shares words with {title}."
                    continue
                for name in sorted(set(field.ids(holder)) & set(_entities_of(holder, level, other, scheme))):
                    yield f"{above}/{field.name}", f"{name!r} is also in {title}."


def _words_of(holder: Holder, level: Level, name: str, scheme: Scheme) -> tuple[Span, ...]:
    if name == "conditions" and isinstance(holder, Statement):
        return tuple(span for each in holder.conditions for span in each.spans)
    field = scheme.find(level, name)
    return field.spans(holder) if field else ()


def _entities_of(holder: Holder, level: Level, name: str, scheme: Scheme) -> tuple[str, ...]:
    if name == "speaker" and isinstance(holder, Statement):
        return (holder.speaker.entity,)
    field = scheme.find(level, name)
    return field.ids(holder) if field else ()


# Values


def _dates(held: _Held, article: Article, scheme: Scheme) -> Iterator[tuple[str, str, str]]:
    published = article.published.value if article.published else None
    for above, level, holder in held:
        for field, is_bound in _declared(scheme, level).dated:
            if field.name not in holder.fields or (date := field.date(holder)) is None:
                continue
            pointer = f"{above}/{field.name}"
            if not is_of_calendar(date.date):
                yield pointer, "date-invalid", f"the calendar has no {date.date}."
            elif published is not None and is_bound and is_after(date.date, published):
                yield pointer, "date-late", f"{date.date} is after the date of the article, {published}."


def is_of_calendar(date: str) -> bool:
    """Whether an EDTF date of the form that schemas ask for can be one of the calendar, unknown parts aside."""
    year, month, day = (*date.split("-"), "XX", "XX")[:3]
    if not (month.isdigit() and day.isdigit()) or year == "0000":
        return True
    try:
        calendar_date(int(year) if year.isdigit() else 2000, int(month), int(day))  # 2000 was a leap year
    except ValueError:
        return False
    return True


def is_after(date: str, other: str) -> bool:
    """Whether an EDTF date is after another one for certain, as far as the parts of both are known."""
    for one, two in zip(date.split("-"), other.split("-"), strict=False):
        if not (one.isdigit() and two.isdigit()):
            return False
        if one != two:
            return one > two
    return False


def _lacking(held: _Held, scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Yield the fields that are filled in while another one is not that they need."""
    for above, level, holder in held:
        for field, other in _declared(scheme, level).needing:
            if field.name not in holder.fields:
                continue  # it is as empty as can be
            if _is_filled(field, holder) and not _is_filled(other, holder) and not _waits(other, holder):
                yield f"{above}/{field.name}", f"{field.title} is given, and {other.title} is empty."


def _is_filled(field: Field, holder: Holder) -> bool:
    return field.value(holder) not in (None, field.empty)


def _waits(field: Field, holder: Holder) -> bool:
    """Whether a field waits for an answer, so that nothing can be said of it yet."""
    return field.name in holder.fields and field.value(holder) is None


def _conditions(statement: Statement, scheme: Scheme, *, is_gold: bool) -> Iterator[tuple[str, str, str]]:
    """Yield what does not go together in the conditions of a statement, with the code of its finding."""
    if not statement.conditions:
        return
    roles = scheme.vocabularies.values("condition_role")
    fields = scheme.of("condition")
    numbers: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for place, condition in enumerate(statement.conditions):
        pointer, about = f"/conditions/{place}", roles.get(condition.role, {})
        is_waiver, is_concession = about.get("is_waiver"), about.get("is_concession")
        for field in fields:
            if field.name not in condition.fields and field.default is None:
                continue  # it is as empty as can be
            if is_waiver and _is_filled(field, condition):
                said = f"it is {condition.role}, given up, and has {field.title}."
                yield f"{pointer}/{field.name}", "waiver-filled", said
            if is_concession and field.kind == "target" and field.text(condition) == statement.target.id:
                said = f"it is {condition.role}, and names the target itself, {statement.target.id!r}."
                yield f"{pointer}/{field.name}", "condition-repeats", said
            if (group := field.group(condition)) is not None:
                numbers[condition.role, field.name].setdefault(group, place)
    for (role, name), places in numbers.items():
        if sorted(places) != list(range(1, len(places) + 1)):
            told = ", ".join(map(str, sorted(places)))
            said = f"the conditions {role} are numbered {told}, and not from 1 without a gap."
            yield f"/conditions/{places[max(places)]}/{name}", "group-numbers", said
    flags = [roles.get(each.role, {}) for each in statement.conditions]
    label = scheme.label.text(statement)
    promises = label is not None and scheme.values(scheme.label).get(label, {}).get("is_promise")
    suffices = any(each.get("is_sufficient") for each in flags)
    if is_gold and promises and not suffices and any(each.get("is_necessary") for each in flags):
        said = f"it is {label}, which promises, on a condition that is only said to be necessary."
        yield f"/{scheme.label.name}", "condition-label", said


def _stated_conditions(document: Document, scheme: Scheme) -> Iterator[tuple[int, str]]:
    """Yield the statements, by number, whose content is a condition of another statement of the same speaker."""
    if not constraint_of(scheme, "statement", "conditions").no_statement:
        return
    held: dict[str, list[tuple[Statement, Condition]]] = defaultdict(list)
    for statement in document.statements:
        held[statement.speaker.entity] += [(statement, each) for each in statement.conditions]
    for number, statement in enumerate(document.statements):
        for other, condition in held[statement.speaker.entity]:
            if other.id != statement.id and _are_held(statement.content, condition.spans):
                yield number, f"its words are the condition {condition.id!r}."
                break


def _are_held(inner: Iterable[Span], outer: Sequence[Span]) -> bool:
    return all(any(_holds(two, one) for two in outer) for one in inner)


def check_date_bases(
    file: str, document: Document, article: Article, text: str, scheme: Scheme, language: Language
) -> Iterator[Finding]:
    """Check that dates which are reckoned from a full date (`needs_full_date`) have one: of the article, or in it."""
    published = article.published.value if article.published else ""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", published) or any(each.search(text) for each in language.dates):
        return
    for number, statement in enumerate(document.statements):
        for above, level, holder in scheme.holders(statement):
            for field, _ in _declared(scheme, level).dated if holder.fields else ():
                date = field.date(holder)
                if date is not None and scheme.values(field).get(date.basis, {}).get("needs_full_date"):
                    said = f"{date.date} is {date.basis}, and no full date is known to reckon from."
                    yield Finding(file, f"/statements/{number}{above}/{field.name}/basis", "date-basis", said)


# Repetitions


def find_unlike(one: Statement, other: Statement, part_of: PartOf, scheme: Scheme) -> list[str]:
    """Return in what two statements differ, as people call it, so that they cannot be tied by `same_as`.

    They have the same speaker, target and label, and agree in all that the scheme declares as `tied`. A field that
    waits for an answer agrees with all. part_of: what entities are part of; one part may stand for the whole.
    """
    label = scheme.label
    unlike = [
        what
        for what, first, second in (
            ("speaker", one.speaker.entity, other.speaker.entity),
            ("target", one.target.id, other.target.id),
            (label.name, label.text(one), label.text(other)),
        )
        if first != second
    ]
    levels: tuple[tuple[Level, Holder, Holder], ...] = (("statement", one, other), ("target", one.target, other.target))
    for level, first, second in levels:
        for field in scheme.of(level):
            tied = constraint_of(scheme, level, field.name).tied
            if tied and not _agree(field, first, second, tied, part_of):
                unlike.append(field.title)
    if constraint_of(scheme, "statement", "conditions").tied and not _conditions_agree(one, other, scheme):
        unlike.append("conditions")
    return unlike


def _agree(field: Field, one: Holder, other: Holder, tied: Literal["equal", "part_of"], part_of: PartOf) -> bool:
    if _waits(field, one) or _waits(field, other):
        return True
    if field.kind not in ("entity", "entities"):
        return field.value(one) == field.value(other)
    first, second = set(field.ids(one)), set(field.ids(other))
    if tied == "equal" or first == second:
        return first == second
    return _covers(first, second, part_of) and _covers(second, first, part_of)


def _covers(names: set[str], others: set[str], part_of: PartOf) -> bool:
    """Whether each of the entities is one of the others, or part of one, or has one as a part."""
    above = {name: set(_above(name, part_of)) for name in names | others}
    return all(any(other in above[name] or name in above[other] for other in others) for name in names)


def _above(name: str, part_of: PartOf) -> Iterator[str]:
    """Yield an entity and all that it is part of."""
    seen: set[str] = set()
    current: str | None = name
    while current is not None and current not in seen:
        seen.add(current)
        yield current
        current = part_of.get(current)


def _conditions_agree(one: Statement, other: Statement, scheme: Scheme) -> bool:
    fields = [each for each in scheme.of("condition") if constraint_of(scheme, "condition", each.name).tied]
    if any(_waits(field, each) for field in fields for each in (*one.conditions, *other.conditions)):
        return True
    first, second = (
        {(each.role, *(field.value(each) for field in fields)) for each in statement.conditions}
        for statement in (one, other)
    )
    return first == second


def fullness(statement: Statement, scheme: Scheme) -> tuple[int, bool, int, int]:
    """Return how full a statement is, to be compared: conditions, then words in quotation marks, length, and place."""
    is_quoted = any(
        scheme.values(field).get(field.text(statement) or "", {}).get("needs_quotation") == "all"
        for field in scheme.of("statement")
        if field.kind == "vocabulary"
    )
    length = sum(span.end - span.begin for span in statement.content)
    return len(statement.conditions), is_quoted, length, -statement.content[0].begin


def _ties(document: Document, part_of: PartOf, scheme: Scheme) -> Iterator[tuple[int, str, str]]:
    """Yield ties that do not lead to the fullest statement, and statements that are not tied and say the same."""
    if not scheme.has_repetitions:
        return
    numbers = {each.id: number for number, each in enumerate(document.statements)}
    if constraint_of(scheme, "statement", "same_as").points_to == "fullest":
        clusters: dict[str, list[Statement]] = defaultdict(list)
        for each in document.statements:
            if each.same_as in numbers and document.statements[numbers[each.same_as]].same_as is None:
                clusters[each.same_as].append(each)
        for name, members in clusters.items():
            fullest = max(members, key=lambda each: fullness(each, scheme))
            named = document.statements[numbers[name]]
            if fullness(fullest, scheme) > fullness(named, scheme):
                said = f"it is fuller than {name!r}, which it names: it {_why(fullest, named, scheme)}."
                yield numbers[fullest.id], "same-as-fullest", said
    if document.gold is None or not any(each.tied for each in constraints(scheme).values()):
        return
    alike: dict[tuple[str, str, str | None], list[Statement]] = defaultdict(list)
    for each in document.statements:
        if each.same_as is None:
            alike[each.speaker.entity, each.target.id, scheme.label.text(each)].append(each)
    for found in alike.values():
        for place, each in enumerate(found):
            first = next((one for one in found[:place] if not find_unlike(each, one, part_of, scheme)), None)
            if first is not None:
                yield (
                    numbers[each.id],
                    "same-as-missing",
                    f"it says the same as {first.id!r}, and neither names the other.",
                )


def _why(one: Statement, other: Statement, scheme: Scheme) -> str:
    """Say in what the first of two statements is fuller."""
    first, second = fullness(one, scheme), fullness(other, scheme)
    reasons = ("has more conditions", "is all in quotation marks", "is longer", "comes first")
    return next(why for why, a, b in zip(reasons, first, second, strict=True) if a != b)
