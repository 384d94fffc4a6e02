"""What several readings have of each statement: gold, or what they agree on, on top; then what each says otherwise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stancebank.agreement.compare import NOTHING, differing_values, in_words, statement_fields
from stancebank.agreement.units import align_readings
from stancebank.model import Document, Statement
from stancebank.schema.fields import Scheme
from stancebank.view.collection import ShownArticle
from stancebank.view.told import Names


@dataclass(frozen=True, slots=True)
class SaidOtherwise:
    """A field in which a reading differs from the one on top. base: what that says."""

    name: str
    value: str
    base: str


@dataclass(frozen=True, slots=True)
class UnitReading:
    """What a reading has of a statement. has: whether it has it at all."""

    name: str
    has: bool
    differs: tuple[SaidOtherwise, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedUnit:
    """A statement as several readings have it. base: the reading on top; token: that of its statement.

    is_gold: whether that is gold. readings: the others, in their order.
    """

    token: str
    base: str
    is_gold: bool
    who: str
    label: str
    what: str
    words: str | None
    readings: tuple[UnitReading, ...]

    @property
    def is_same(self) -> bool:
        """Whether all readings have it, and say the same."""
        return len(self.alike) == len(self.readings)

    @property
    def alike(self) -> tuple[str, ...]:
        """The readings that say what the one on top says."""
        return tuple(each.name for each in self.readings if each.has and not each.differs)


def compare_readings(
    shown: ShownArticle, documents: Sequence[Document], scheme: Scheme, names: Names, *, texts: bool = True
) -> Iterator[ComparedUnit]:
    """Yield the statements of some readings of one article, aligned, in the order of the text.

    texts: whether free text is shown.

    documents: gold first, if there is gold. On top is gold, or, of what gold has not, the first reading that has it.
    """
    read = [each.statements for each in documents]
    called = ["gold" if each.gold else each.annotator for each in documents]
    for unit in align_readings(read, scheme).units:
        held = unit.statements(read)
        top = next(place for place, each in enumerate(held) if each is not None)
        base = held[top]
        assert base is not None
        yield ComparedUnit(
            token=base.id.removeprefix(f"{shown.article.id}/"),
            base=called[top],
            is_gold=documents[top].gold is not None,
            who=names.entity(base.speaker.entity),
            label=names.value(scheme.label.text(base) or ""),
            what=names.target(base.target.id),
            words=shown.words(base.content),
            readings=tuple(
                UnitReading(
                    name=called[place],
                    has=each is not None,
                    differs=tuple(_differing(shown, base, each, scheme, names, texts=texts)) if each else (),
                )
                for place, each in enumerate(held)
                if place != top
            ),
        )


def _differing(
    shown: ShownArticle, base: Statement, other: Statement, scheme: Scheme, names: Names, *, texts: bool
) -> Iterator[SaidOtherwise]:
    fields = statement_fields(scheme)
    for name, one, another in differing_values(base, other, scheme):
        compared = fields.get(name)
        kind = compared.field.kind if compared and compared.field else ""

        def said(value: str, name: str = name, kind: str = kind) -> str:
            if name == "same as":
                return "repeats another" if value != NOTHING else "repeats no other"
            if kind == "text" and not texts and value != NOTHING:
                return "not shown"
            if kind in ("text", "date") or value == NOTHING:
                return value
            if name == "speaker" or kind in ("entity", "entities"):
                return ", ".join(map(names.entity, value.split(", ")))
            if kind == "mentions":
                return " > ".join(map(names.entity, value.split(" > ")))
            if name == "target" or kind in ("target", "targets"):
                return ", ".join(map(names.target, value.split(", ")))
            if kind == "vocabulary":
                return names.value(value)
            return in_words(value, name, shown.article.id, shown.text, scheme)

        yield SaidOtherwise(name, *("nothing" if each == NOTHING else each for each in (said(another), said(one))))
