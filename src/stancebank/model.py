"""The records: what an article, a statement and a registry entry consist of.

They mirror the JSON Schemas in schema/v1 key by key; what each key means stands there. Records are frozen, know
nothing of files, and leave out on writing what holds its default. And what a text policy allows: how much of an article
its annotated spans show together, and how much of it they may.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from types import NoneType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import msgspec


class TextPolicy(StrEnum):
    """How much of an article's words may be shown: nothing, quotations up to a cap, or all; a later one allows more.

    Members are the strings that records and settings hold. As strings, ``<`` compares their letters; ask `allows`.
    """

    WITHHELD = "withheld"
    QUOTES = "quotes"
    FULL = "full"

    def allows(self, shown: "TextPolicy") -> bool:
        """Whether as much may be shown as another policy shows.

        >>> TextPolicy.QUOTES.allows(TextPolicy.WITHHELD), TextPolicy.QUOTES.allows(TextPolicy.FULL)
        (True, False)
        """
        return _ORDER.index(shown) <= _ORDER.index(self)

    @property
    def shows_quotations(self) -> bool:
        """Whether words of spans are shown, as they are where the whole text is."""
        return self is not TextPolicy.WITHHELD

    @property
    def shows_all(self) -> bool:
        """Whether the whole text is shown."""
        return self is TextPolicy.FULL

    @property
    def is_capped(self) -> bool:
        """Whether quotations are all that is shown, so that the cap on them holds."""
        return self is TextPolicy.QUOTES


_ORDER = tuple(TextPolicy)


SCHEMA_VERSION = "v1"

METADATA_BASES = ("found", "given", "inferred")
ZONES = ("title", "standfirst", "dateline", "body", "caption", "related", "boilerplate", "repeat")
GOLD_METHODS = ("single", "double", "unanimous", "majority", "adjudicated")
TARGET_USES = ("target", "condition", "both", "root")
"""Values of vocabularies that the toolkit itself writes; every scheme has them, and may have more."""

Bounds = tuple[int, int]
"""``(begin, end)`` in code points of the stored text."""

T = TypeVar("T")
K = TypeVar("K")
R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all records."""

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it."""
        from stancebank.notebook import show_record

        return show_record(self)


class Sourced(Record, Generic[T], frozen=True, kw_only=True):
    """A metadata value and what it rests on."""

    value: T
    basis: str


class Line(Record, frozen=True, kw_only=True, gc=False):
    """A line of the stored text that is not blank."""

    begin: int
    end: int
    fingerprint: str


class Zone(Record, frozen=True, kw_only=True, gc=False):
    """What a stretch of the stored text is."""

    begin: int
    end: int
    zone: str


class Rights(Record, frozen=True, kw_only=True):
    """Who holds the rights in an article's words, and how much of them may be published."""

    holder: str
    licence: str
    text_policy: TextPolicy
    note: str | None = None


class Extraction(Record, frozen=True, kw_only=True):
    """How a program took a text out of a page. page_sha256: of the page's bytes, as hex."""

    extractor: str
    version: str
    page_sha256: str
    page_url: str | None = None


Extra = str | int | float | bool | tuple[str, ...]
"""A value of a source's own metadata."""


class Article(Record, frozen=True, kw_only=True):
    """What the corpus keeps of an article; never its words.

    reprint_of: the article whose text it reprints, the first one of them. extra: more metadata of the source, by its
    own keys. They and extraction are of edition 2 of the frame.
    """

    schema_version: str
    id: str
    title: Sourced[str] | None = None
    outlet: Sourced[str] | None = None
    agencies: Sourced[tuple[str, ...]] | None = None
    author: Sourced[str] | None = None
    place: Sourced[str] | None = None
    published: Sourced[str] | None = None
    language: Sourced[str] | None = None
    url: Sourced[str] | None = None
    event: Sourced[str] | None = None
    extraction: Extraction | None = None
    reprint_of: str | None = None
    extra: dict[str, Extra] = msgspec.field(default_factory=dict)
    rights: Rights
    raw_sha256: str
    text_sha256: str
    length: int
    lines: tuple[Line, ...]
    zones: tuple[Zone, ...]

    @property
    def first_id(self) -> str:
        """The article that its text appeared as first: itself, if it is no reprint."""
        return self.reprint_of or self.id

    @property
    def language_tag(self) -> str:
        """The tag of its language; "" where it is not known."""
        return self.language.value if self.language else ""

    def zone_at(self, offset: int) -> str | None:
        """Return the zone that holds the offset, if any."""
        return next((zone.zone for zone in self.zones if zone.begin <= offset < zone.end), None)


class Span(Record, frozen=True, kw_only=True, gc=False):
    """Words of the stored text: ``text[begin:end]``, in code points."""

    begin: int
    end: int
    fingerprint: str


class Mention(Record, frozen=True, kw_only=True, gc=False):
    """An entity, and where the text mentions it."""

    entity: str
    span: Span | None = None


class DateValue(Record, frozen=True, kw_only=True, gc=False):
    """A date as EDTF, and what it rests on: a value of the vocabulary `date_basis`."""

    date: str
    basis: str


if TYPE_CHECKING:
    FieldValue = (
        str | int | Span | DateValue | tuple[str, ...] | tuple[Span, ...] | tuple[Mention, ...]
    )  # bool is an int
    """The value of a field of the scheme; which of these it is, the field's kind says (`schema.fields.Kind`)."""
else:
    FieldValue = object  # msgspec cannot tell the members of that union apart; `Scheme` reads them by their kind

Fields = Mapping[str, FieldValue]
"""Values by the names of the fields. A field with its default value (None, false, empty, `Field.default`) is absent."""


class Target(Record, frozen=True, kw_only=True):
    """What a position is about. fields: what else the scheme says of it, such as its parties."""

    id: str
    span: Span | None = None
    fields: Fields = msgspec.field(default_factory=dict)


class Condition(Record, frozen=True, kw_only=True):
    """What a position depends on. fields: what else the scheme says of it, such as its kind."""

    id: str
    spans: tuple[Span, ...]
    role: str
    fields: Fields = msgspec.field(default_factory=dict)


class Statement(Record, frozen=True, kw_only=True):
    """One speaker's position on one target, as one article reports it.

    What every scheme has is an attribute; fields holds the values of the scheme's own fields, such as `stance`. In JSON
    they are one object: `schema.fields.Scheme` reads it, `to_builtins` writes it.
    """

    id: str
    same_as: str | None = None
    content: tuple[Span, ...]
    speaker: Mention
    target: Target
    conditions: tuple[Condition, ...] = ()
    fields: Fields = msgspec.field(default_factory=dict)


def non_statements_key(edition: int) -> str:
    """Return under which key documents of an edition of the frame hold what looks like a statement and is none."""
    return "passed_over" if edition < 2 else "non_statements"


class NonStatement(Record, frozen=True, kw_only=True):
    """Words that look like a statement and are none, and why."""

    span: Span
    reason: str
    note: str | None = None


class LabelStudio(Record, frozen=True, kw_only=True):
    """Where a document was made. edited_by: who saved it last, where that is not its annotator."""

    project: int
    task: int
    annotation: int
    edited_by: str | None = None


class Gold(Record, frozen=True, kw_only=True):
    """How a document became gold."""

    method: str
    by: str | None = None
    reason: str | None = None
    rule: str | None = None


REASON_CODES = ("slip", "guideline-gap", "ambiguous-text", "perspective")
"""Why annotators differed: an error, a case that no rule decides, words that mean both, a matter of the reader."""

AMBIGUITIES = tuple(each for each in REASON_CODES if each != "slip")
"""Those of them for which a statement may rightly be read in several ways; an error shows no such thing."""


class Decision(Record, frozen=True, kw_only=True):
    """How one statement of gold came about, or why what annotators marked is none.

    statement: its id in gold; None where the decision is that there is nothing here. readings: by annotator, the id of
    what was theirs of it, None where they had none. seen: by annotator, the fingerprint of what they had then, so that
    a later change reopens the decision; None as in readings. method: of `GOLD_METHODS`, how it was decided. taken:
    whose statement it is, word for word; None where the adjudicator changed it. by: who decided; reason: of
    `REASON_CODES`; rule: of the guidelines; these three of adjudicated decisions alone.
    """

    statement: str | None = None
    readings: dict[str, str | None]
    seen: dict[str, str | None]
    method: str
    taken: str | None = None
    by: str | None = None
    reason: str | None = None
    rule: str | None = None
    note: str | None = None
    decided_at: str


class Adjudication(Record, frozen=True, kw_only=True):
    """What became of all that annotators marked in one article: a decision for each unit, in the order of the text."""

    schema_version: str
    guideline_version: str
    article_id: str
    text_sha256: str
    decisions: tuple[Decision, ...]


class Pending(Record, frozen=True, kw_only=True):
    """A field that waits for an answer, since no rule of a migration could give it.

    statement, condition: ids; condition only where the level is a condition. step: of the migration, from 1.
    """

    statement: str
    level: str
    field: str
    question: str
    step: int
    condition: str | None = None


class Document(Record, frozen=True, kw_only=True):
    """One reading of one article. pending: fields that wait for an answer; nothing of them is published.

    edition: of the frame, as the scheme declares it; it says under which keys JSON holds the rest.
    """

    schema_version: str
    guideline_version: str
    article_id: str
    text_sha256: str
    annotator: str
    origin: str
    created_at: str
    updated_at: str
    label_studio: LabelStudio | None = None
    gold: Gold | None = None
    nothing_to_annotate: bool = False
    statements: tuple[Statement, ...]
    non_statements: tuple[NonStatement, ...] = ()
    retired: tuple[str, ...] = ()
    pending: tuple[Pending, ...] = ()
    edition: int = 1


def is_of_people(origin: str) -> bool:
    """Whether a reading of this origin was made by people, whoever they are, and not by a model alone."""
    return not origin.startswith("model:")


@dataclass(frozen=True, slots=True)
class ArticleReadings:
    """The readings of one article and one text, by annotators, in the order of their names; none is gold.

    annotated: the stretches of the text in which statements are annotated, in order; empty where they are not known.
    """

    article_id: str
    documents: tuple[Document, ...]
    annotated: tuple[Bounds, ...] = ()

    @property
    def annotators(self) -> tuple[str, ...]:
        """Who read it, in the order of the documents."""
        return tuple(each.annotator for each in self.documents)


class Role(Record, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """A public role of an entity, with EDTF dates where they are certain."""

    title: str
    begin: str | None = None
    end: str | None = None


class Entity(Record, frozen=True, kw_only=True):
    """One actor, whatever its spelling."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: str
    part_of: str | None = None
    affiliation: str | None = None
    roles: tuple[Role, ...] = ()
    wikidata: str | None = None


class TargetEntry(Record, frozen=True, kw_only=True):
    """An act or outcome that positions are about and conditions ask for."""

    id: str
    name: str
    definition: str
    parent: str | None = None
    use: str


class EntityRegistry(Record, frozen=True, kw_only=True):
    """The file corpus/entities.json."""

    schema_version: str
    entities: tuple[Entity, ...]
    redirects: dict[str, str] = msgspec.field(default_factory=dict)


class TargetRegistry(Record, frozen=True, kw_only=True):
    """The file corpus/targets.json."""

    schema_version: str
    targets: tuple[TargetEntry, ...]
    redirects: dict[str, str] = msgspec.field(default_factory=dict)


class Lifting(Record, frozen=True, kw_only=True):
    """When and why a withdrawal was undone."""

    date: str
    reason: str


class Withdrawal(Record, frozen=True, kw_only=True):
    """What stays of an article that was taken out: when and why, and what its words are recognised by."""

    schema_version: str
    id: str
    date: str
    reason: str
    text_sha256: str
    raw_sha256: str
    lines: tuple[Line, ...]
    shingles: tuple[str, ...] = ()
    lifted: Lifting | None = None


def from_builtins(value: object, kind: type[R]) -> R:
    """Make a record of what JSON holds. The value must have passed its JSON Schema; else msgspec raises."""
    return msgspec.convert(value, kind)


def to_builtins(record: Record) -> Any:
    """Make what JSON holds of a record."""
    value = msgspec.json.decode(msgspec.json.encode(record))
    if isinstance(record, Document):
        key = non_statements_key(value.pop("edition", 1))
        value = {key if name == "non_statements" else name: held for name, held in value.items()}
        for statement in value["statements"]:
            _flatten(statement)
    elif isinstance(record, Statement):
        _flatten(value)
    return value


def _flatten(statement: dict[str, Any]) -> None:
    """Put the fields of a statement, its target and its conditions beside what every scheme has."""
    for holder in (statement, statement["target"], *statement.get("conditions", ())):
        holder.update({name: value for name, value in holder.pop("fields", {}).items() if value is not None})


def find_waiting(statements: Iterable[Statement]) -> Iterator[Pending]:
    """Yield the fields of statements that wait for an answer, those that are None, without the question itself."""
    for each in statements:
        levels = (("statement", None, each.fields), ("target", None, each.target.fields))
        for level, condition, fields in (*levels, *(("condition", one.id, one.fields) for one in each.conditions)):
            for name, value in fields.items():
                if cast("FieldValue | None", value) is None:
                    yield Pending(
                        statement=each.id, condition=condition, level=level, field=name, question="not told", step=1
                    )


def field_spans(fields: Fields, *, mentions: bool = True) -> Iterator[tuple[str, Span]]:
    """Yield every span of some fields with its JSON pointer, such as ``/via/0/span``.

    mentions: also those of fields that hold mentions.
    """
    for name, value in fields.items():
        if isinstance(value, Span):
            yield f"/{name}", value
        elif isinstance(value, tuple):
            for place, item in enumerate(value):
                if isinstance(item, Span):
                    yield f"/{name}/{place}", item
                elif isinstance(item, Mention) and item.span and mentions:
                    yield f"/{name}/{place}/span", item.span


def statement_spans(statement: Statement, *, mentions: bool = True) -> Iterator[tuple[str, Span]]:
    """Yield every span of a statement with its JSON pointer below the statement. mentions: as in `field_spans`."""
    for place, span in enumerate(statement.content):
        yield f"/content/{place}", span
    if statement.speaker.span:
        yield "/speaker/span", statement.speaker.span
    if statement.target.span:
        yield "/target/span", statement.target.span
    yield from (
        (f"/target{pointer}", span) for pointer, span in field_spans(statement.target.fields, mentions=mentions)
    )
    for number, condition in enumerate(statement.conditions):
        for place, span in enumerate(condition.spans):
            yield f"/conditions/{number}/spans/{place}", span
        yield from (
            (f"/conditions/{number}{pointer}", span)
            for pointer, span in field_spans(condition.fields, mentions=mentions)
        )
    yield from field_spans(statement.fields, mentions=mentions)


def list_spans(document: Document) -> list[Span]:
    """Return the spans that `document_spans` yields, in its order, without pointers, which take most of its time."""
    found: list[Span] = []
    for statement in document.statements:
        found += statement.content
        target = statement.target
        if statement.speaker.span:
            found.append(statement.speaker.span)
        if target.span:
            found.append(target.span)
        if target.fields:
            _add_spans(target.fields, found)
        for condition in statement.conditions:
            found += condition.spans
            _add_spans(condition.fields, found)
        _add_spans(statement.fields, found)
    found += [passed.span for passed in document.non_statements]
    return found


def _add_spans(fields: Fields, found: list[Span]) -> None:
    for value in fields.values():
        if value.__class__ is Span:
            found.append(value)
        elif value.__class__ is tuple:
            for item in value:
                if item.__class__ is Span:
                    found.append(item)
                elif item.__class__ is Mention and item.span:
                    found.append(item.span)


def replace_spans(value: T, change: Callable[[Span], Span]) -> T:
    """Return a record, or a value of one, with each of its spans as change returns it."""
    return cast("T", _with_spans(value, change))


def _with_spans(value: object, change: Callable[[Span], Span]) -> object:
    kind = value.__class__
    if kind is Span:
        return change(cast("Span", value))
    if kind is tuple:
        value = cast("tuple[object, ...]", value)
        return tuple([each if each.__class__ in _PLAIN else _with_spans(each, change) for each in value])
    if isinstance(value, Record):
        changed: dict[str, object] = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            if before.__class__ not in _PLAIN and (after := _with_spans(before, change)) is not before:
                changed[name] = after
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, Mapping):
        return {key: each if each.__class__ in _PLAIN else _with_spans(each, change) for key, each in value.items()}
    return value


_PLAIN = frozenset((str, int, bool, NoneType))
"""Types of values that hold no span."""


def document_spans(document: Document) -> Iterator[tuple[str, Span]]:
    """Yield every span of a document with its JSON pointer."""
    for number, statement in enumerate(document.statements):
        for pointer, span in statement_spans(statement):
            yield f"/statements/{number}{pointer}", span
    key = non_statements_key(document.edition)
    for number, passed in enumerate(document.non_statements):
        yield f"/{key}/{number}/span", passed.span


# Quotations. Spans that overlap or adjoin are one **run**: whoever has both has what lies between them, too. The
# **share** is that of the article itself; what its page holds beside it, such as links to others, does not count.

JOIN = 5
"""Spans with at most so many characters between them adjoin: marks, blanks, or a short word that can be guessed."""

BESIDE = frozenset(("related", "boilerplate", "repeat"))
"""Zones of a page that are not the article."""

SPLITS = ("train", "validation", "test")
"""The splits that an article can be assigned to, in the order in which they are published."""

NO_SPLIT = "none"
"""What an article is assigned to that ties articles of several splits, so that it can be in none of them."""

EVERY_SPLIT = (*SPLITS, NO_SPLIT)
"""All that an article can be assigned to, in the order in which rows are published."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article stands in the splits of a dataset, once and for all.

    split: one of `SPLITS`, or `NO_SPLIT`. fold: of a cross-validation, from 0; None where there are no folds. because:
    what decided it, such as ``hash``, ``event:harbour-talks`` or ``reprint:qana-2031-03-13-grain-fair-address``.
    """

    split: str
    fold: int | None = None
    because: str = ""


def split_order(split: str) -> int:
    """Return the place of a split among `EVERY_SPLIT`; one that is none of them comes last."""
    return EVERY_SPLIT.index(split) if split in EVERY_SPLIT else len(EVERY_SPLIT)


def placement_of(placements: Mapping[str, Placement], article_id: str) -> Placement | None:
    """Return where an article stands; None where there are no splits. One that the ledger lacks is in none of them."""
    return placements.get(article_id, Placement(NO_SPLIT)) if placements else None


GROUP_COLUMNS = ("event", "outlet", "author", "place", "language", "published_year")
"""What of an article's record can keep articles in one split; the last is the year of `published`."""


@dataclass(frozen=True, slots=True)
class SplitRules:
    """By what articles are assigned to splits.

    shares: of `SPLITS`, relative to one another. seed: what else is hashed, so that datasets differ. group_by: of
    `GROUP_COLUMNS`, articles with one value of which are in one split. folds: of a cross-validation; 0 for none.
    quotation_events: a quotation that is in more events does not tie the articles that have it.
    """

    shares: tuple[int, int, int] = (80, 10, 10)
    seed: str = ""
    group_by: tuple[str, ...] = ("event",)
    folds: int = 0
    quotation_events: int = 5


@dataclass(frozen=True, slots=True)
class Cap:
    """How much of an article the text policy `quotes` shows at most: code points in one run, percent of the article."""

    longest: int = 300
    share: int = 33


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An article that was taken out: its id, when, and why."""

    id: str
    date: str
    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a folder's manifest says under `rights`. contact: whom to write to, or ""."""

    cap: Cap
    contact: str = ""
    withdrawn: tuple[Withdrawn, ...] = ()

    def to_builtins(self) -> dict[str, Any]:
        """Return the terms as the manifest holds them."""
        return {
            "longest_quote": self.cap.longest,
            "quoted_share": self.cap.share,
            "contact": self.contact,
            "withdrawn": [{"id": each.id, "date": each.date, "reason": each.reason} for each in self.withdrawn],
        }


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an article is shown: code points of the longest run, of all runs, and of the article itself."""

    longest: int
    shown: int
    length: int

    @property
    def percent(self) -> str:
        """The share shown, rounded up to tenths, such as ``46.1%``."""
        tenths = ceil(1000 * self.shown / self.length) if self.length else 0
        return f"{tenths // 10}.{tenths % 10}%"

    def exceeds(self, cap: Cap) -> bool:
        """Whether it is more than the cap allows."""
        return self.longest > cap.longest or 100 * self.shown > cap.share * self.length


def runs(bounds: Iterable[Bounds]) -> list[Bounds]:
    """Return the runs that stretches of a text make, in order."""
    found: list[Bounds] = []
    for begin, end in sorted(bounds):
        if found and begin - found[-1][1] <= JOIN:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def measure(bounds: Iterable[Bounds], length: int) -> Extent:
    """Return the extent of stretches of a text. length: of the article itself, as `own_length` gives it."""
    lengths = [end - begin for begin, end in runs(bounds)]
    return Extent(max(lengths, default=0), sum(lengths), length)


def own_length(zones: Iterable[tuple[int, int, str]], length: int) -> int:
    """Return how many code points of a stored text are the article itself. length: of the text, where it has no zones.

    zones: ``(begin, end, zone)``.
    """
    held = list(zones)
    return sum(end - begin for begin, end, zone in held if zone not in BESIDE) if held else length


def quoted_spans(document: Document) -> list[Span]:
    """Return the spans whose words rows show: those of statements, without the fields that hold mentions.

    Rows say where such a mention is, and not its words.
    """
    return [span for each in document.statements for _, span in statement_spans(each, mentions=False)]


def find_root(above: dict[K, K], item: K) -> K:
    """Return what stands for all that an item is joined with (union-find).

    above: by an item, one that it is joined with. An item that is not there yet is put there, as its own root, and half
    of the way is saved each time. To join two items, put the root of the one above the root of the other.
    """
    while (upper := above.setdefault(item, item)) != item:
        above[item] = item = above[upper]
    return item
