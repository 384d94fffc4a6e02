"""What a statement says, row by row, in the order in which people write it; terminals and pages show these rows."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stancebank.model import Span, Statement
from stancebank.schema.fields import Field, Holder, Scheme

WAITS = "waits for an answer"


@dataclass(frozen=True, slots=True)
class Told:
    """A row. name: what it is. key: whose words these are: a key of a statement. said: names and values; or "".

    spans: the words. condition: the place of the condition that it is.
    """

    name: str
    key: str
    said: str
    spans: tuple[Span, ...] = ()
    condition: int | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """How entries of the registries are called: by their ids, unless a page knows better."""

    entity: Callable[[str], str] = str
    target: Callable[[str], str] = str
    value: Callable[[str], str] = str


def tell_statement(statement: Statement, scheme: Scheme, names: Names, *, texts: bool = True) -> Iterator[Told]:
    """Yield the rows of a statement, without its label and flags. texts: also those of free text.

    Speaker and target come without their names, which stand at the head of a statement.
    """

    def rows(fields: Iterable[Field], holder: Holder) -> Iterator[Told]:
        for field in fields:
            if not field.is_label and field.kind != "flag" and field.name in holder.fields:
                said = tell_field(field, holder, names, texts=texts)
                spans = _spans(field, holder)
                if said or spans:
                    yield Told(field.title, field.name, said, spans)

    before, after = scheme.written_order
    yield Told("content", "content", "", statement.content)
    if statement.speaker.span:
        yield Told("speaker", "speaker", "", (statement.speaker.span,))
    yield from rows(before, statement)
    if statement.target.span:
        yield Told("target", "target", "", (statement.target.span,))
    yield from rows(scheme.of("target"), statement.target)
    for place, condition in enumerate(statement.conditions):
        said = []
        for field in scheme.of("condition"):
            value = tell_field(field, condition, names, texts=texts) if field.name in condition.fields else ""
            if value:
                said.append(value if field.kind == "target" else f"{field.title} {value}")
        yield Told(names.value(condition.role), "conditions", ", ".join(said), condition.spans, place)
    yield from rows(after, statement)


def tell_field(field: Field, holder: Holder, names: Names, *, texts: bool = True) -> str:
    """Return what a field says but words of the text; "" where it says nothing, or is free text and texts is false."""
    if field.value(holder) is None:
        return WAITS if field.can_wait and field.name in holder.fields else ""
    name = names.target if field.kind in ("target", "targets") else names.entity
    match field.kind:
        case "span" | "spans":
            return ""
        case "mentions":
            return " < ".join(map(name, field.ids(holder)))
        case "entities" | "targets":
            return ", ".join(map(name, field.ids(holder)))
        case "entity" | "target":
            return name(str(field.value(holder)))
        case "date":
            date = field.date(holder)
            return f"{date.date} ({names.value(date.basis)})" if date else ""
        case "text":
            return str(field.value(holder)) if texts else ""
        case "flag":
            return "yes" if field.flag(holder) else ""
        case "vocabulary":
            return names.value(str(field.value(holder)))
    return str(field.value(holder))


def _spans(field: Field, holder: Holder) -> tuple[Span, ...]:
    if field.kind == "mentions":
        return tuple(each.span for each in field.mentions(holder) if each.span)
    return field.spans(holder)
