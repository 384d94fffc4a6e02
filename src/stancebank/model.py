"""The records: what an article, a statement and a registry entry consist of.

They mirror the JSON Schemas in schema/v1 key by key; what each key means stands there. Records are frozen, know
nothing of files, and leave out on writing what holds its default.
"""

from collections.abc import Iterator
from typing import Any, Generic, Literal, TypeVar

import msgspec

from stancebank.text_policy import TextPolicy

MetadataBasis = Literal["found", "given", "inferred"]
ZoneName = Literal["title", "standfirst", "dateline", "body", "caption", "related", "boilerplate", "repeat"]
Attribution = Literal["direct", "indirect", "mixed", "reported"]
Stance = Literal["reject", "disapprove", "open", "offer", "support", "demand", "deny", "affirm", "doubt"]
Polarity = Literal["favor", "against", "none"]
Force = Literal["plain", "categorical", "hedged"]
ConditionRole = Literal["if", "only_if", "while", "unless", "even_if", "waived"]
DateBasis = Literal["stated", "computed"]
GoldMethod = Literal["single", "double", "unanimous", "majority", "adjudicated"]
PassedOverReason = Literal[
    "out-of-scope",
    "no-speaker",
    "past-blame",
    "benefit-or-harm",
    "act",
    "biography",
    "scare-quotes",
    "part-of-statement",
    "others-conditions",
]
EntityKind = Literal["person", "state", "government", "ministry", "organisation", "group", "media", "unnamed"]
TargetUse = Literal["target", "condition", "both", "root"]

SCHEMA_VERSION = "v1"

T = TypeVar("T")
R = TypeVar("R", bound="Record")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all records."""


class Sourced(Record, Generic[T], frozen=True, kw_only=True):
    """A metadata value and what it rests on."""

    value: T
    basis: MetadataBasis


class Line(Record, frozen=True, kw_only=True):
    """A line of the stored text that is not blank."""

    begin: int
    end: int
    fingerprint: str


class Zone(Record, frozen=True, kw_only=True):
    """What a stretch of the stored text is."""

    begin: int
    end: int
    zone: ZoneName


class Rights(Record, frozen=True, kw_only=True):
    """Who holds the rights in an article's words, and how much of them may be published."""

    holder: str
    licence: str
    text_policy: TextPolicy
    note: str | None = None


class Article(Record, frozen=True, kw_only=True):
    """What the corpus keeps of an article; never its words."""

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
    rights: Rights
    raw_sha256: str
    text_sha256: str
    length: int
    lines: tuple[Line, ...]
    zones: tuple[Zone, ...]

    def zone_at(self, offset: int) -> ZoneName | None:
        """Return the zone that holds the offset, if any."""
        return next((zone.zone for zone in self.zones if zone.begin <= offset < zone.end), None)


class Span(Record, frozen=True, kw_only=True):
    """Words of the stored text: ``text[begin:end]``, in code points."""

    begin: int
    end: int
    fingerprint: str


class Mention(Record, frozen=True, kw_only=True):
    """An entity, and where the text mentions it."""

    entity: str
    span: Span | None = None


class Target(Record, frozen=True, kw_only=True):
    """What a position is about."""

    id: str
    parties: tuple[str, ...] = ()
    mediators: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    scope: str | None = None
    span: Span | None = None


class Condition(Record, frozen=True, kw_only=True):
    """What a position depends on."""

    id: str
    spans: tuple[Span, ...]
    role: ConditionRole
    kind: str | None = None
    obligors: tuple[str, ...] = ()
    group: int | None = None


class SaidOn(Record, frozen=True, kw_only=True):
    """When a statement was made, as an EDTF date, and what the date rests on."""

    date: str
    basis: DateBasis


class Statement(Record, frozen=True, kw_only=True):
    """One speaker's position on one target, as one article reports it."""

    id: str
    same_as: str | None = None
    content: tuple[Span, ...]
    speaker: Mention
    cue: Span | None = None
    attribution: Attribution
    via: tuple[Mention, ...] = ()
    stance: Stance
    force: Force = "plain"
    target: Target
    conditions: tuple[Condition, ...] = ()
    reason: tuple[Span, ...] = ()
    said_on: SaidOn | None = None
    doubt: bool = False
    note: str | None = None


class PassedOver(Record, frozen=True, kw_only=True):
    """Words that look like a statement and are none, and why."""

    span: Span
    reason: PassedOverReason
    note: str | None = None


class LabelStudio(Record, frozen=True, kw_only=True):
    """Where a document was made. edited_by: who saved it last, where that is not its annotator."""

    project: int
    task: int
    annotation: int
    edited_by: str | None = None


class Gold(Record, frozen=True, kw_only=True):
    """How a document became gold."""

    method: GoldMethod
    by: str | None = None
    reason: str | None = None
    rule: str | None = None


class Document(Record, frozen=True, kw_only=True):
    """One reading of one article."""

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
    passed_over: tuple[PassedOver, ...] = ()
    retired: tuple[str, ...] = ()


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
    kind: EntityKind
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
    use: TargetUse


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
    return msgspec.json.decode(msgspec.json.encode(record))


def statement_spans(statement: Statement) -> Iterator[tuple[str, Span]]:
    """Yield every span of a statement with its JSON pointer below the statement."""
    for place, span in enumerate(statement.content):
        yield f"/content/{place}", span
    if statement.speaker.span:
        yield "/speaker/span", statement.speaker.span
    if statement.cue:
        yield "/cue", statement.cue
    for place, mention in enumerate(statement.via):
        if mention.span:
            yield f"/via/{place}/span", mention.span
    if statement.target.span:
        yield "/target/span", statement.target.span
    for number, condition in enumerate(statement.conditions):
        for place, span in enumerate(condition.spans):
            yield f"/conditions/{number}/spans/{place}", span
    for place, span in enumerate(statement.reason):
        yield f"/reason/{place}", span


def document_spans(document: Document) -> Iterator[tuple[str, Span]]:
    """Yield every span of a document with its JSON pointer."""
    for number, statement in enumerate(document.statements):
        for pointer, span in statement_spans(statement):
            yield f"/statements/{number}{pointer}", span
    for number, passed in enumerate(document.passed_over):
        yield f"/passed_over/{number}/span", passed.span
