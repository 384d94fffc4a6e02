"""What changed between two versions of a dataset, statement by statement, and why.

A version is a published folder, a revision of a workspace in git, or a workspace as it lies there. Statements are told
apart by their ids first; those that only one side has are aligned by their words, so that a statement that was marked
anew is the same one under another id. Where the versions follow different schemas, the older statements are taken
through the steps of the migration first: then only what people changed counts as a change.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, cast

from stancebank import git
from stancebank.agreement.align import align, align_conditions
from stancebank.agreement.compare import NOTHING, places
from stancebank.corpus.registry import Registry, current_ids, entries, resolve_document, resolve_registry
from stancebank.corpus.store import LEDGER
from stancebank.errors import InputError
from stancebank.model import (
    Article,
    Condition,
    Document,
    EntityRegistry,
    Gold,
    Placement,
    Record,
    Statement,
    TargetRegistry,
    from_builtins,
    to_builtins,
)
from stancebank.publish.history import VersionStep, least
from stancebank.publish.sides import Side
from stancebank.schema.archive import RecordKind, carry
from stancebank.schema.fields import MIGRATION, Field, Holder, Level, Scheme, load_scheme
from stancebank.schema.migration import Migration, prove, read_steps
from stancebank.schema.validate import packed_schema


class KindOfChange(NamedTuple):
    """A kind of change. step: of the version, that it asks for; said: what happened, in words, for one row."""

    step: VersionStep
    said: str


KINDS: Mapping[str, KindOfChange] = {
    "removed": KindOfChange(VersionStep.MAJOR, "statement removed"),
    "relabelled": KindOfChange(VersionStep.MAJOR, "statement relabelled"),
    "moved": KindOfChange(VersionStep.MAJOR, "span moved"),
    "renumbered": KindOfChange(VersionStep.MAJOR, "id of a statement changed"),
    "condition-added": KindOfChange(VersionStep.MAJOR, "condition added"),
    "condition-removed": KindOfChange(VersionStep.MAJOR, "condition removed"),
    "condition-changed": KindOfChange(VersionStep.MAJOR, "condition changed"),
    "added": KindOfChange(VersionStep.MINOR, "statement added"),
    "article-removed": KindOfChange(VersionStep.MAJOR, "article removed"),
    "article-added": KindOfChange(VersionStep.MINOR, "article added"),
    "text-replaced": KindOfChange(VersionStep.MAJOR, "text of an article replaced"),
    "zones-changed": KindOfChange(VersionStep.MAJOR, "zones of an article changed"),
    "article-changed": KindOfChange(VersionStep.PATCH, "metadata of an article changed"),
    "rights-changed": KindOfChange(VersionStep.PATCH, "rights of an article changed"),
    "split-moved": KindOfChange(VersionStep.MAJOR, "split or fold of an article changed"),
    "split-given": KindOfChange(VersionStep.MINOR, "split or fold of an article given"),
    "decided": KindOfChange(VersionStep.PATCH, "gold document decided otherwise"),
    "noted": KindOfChange(VersionStep.NONE, "note changed"),
    "entry-merged": KindOfChange(VersionStep.MAJOR, "entry of a registry merged"),
    "entry-renamed": KindOfChange(VersionStep.MAJOR, "entry of a registry renamed"),
    "entry-removed": KindOfChange(VersionStep.MAJOR, "entry of a registry removed"),
    "entry-added": KindOfChange(VersionStep.MINOR, "entry of a registry added"),
    "entry-moved": KindOfChange(VersionStep.MAJOR, "entry of a registry reclassified"),
    "entry-changed": KindOfChange(VersionStep.PATCH, "entry of a registry changed"),
}
"""The kinds of change, those first that users of the dataset ask for first."""


_CLASSIFIES = frozenset(("kind", "part_of", "affiliation", "parent", "use"))
"""What an entry of a registry is, and not how it is described."""


Labels = tuple[str | None, str | None]
"""The label that a statement had, and the one that it has."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a change rests on. decision: how the document became gold, or what happened to the row. where: the file."""

    decision: str
    where: str
    by: str | None = None
    reason: str | None = None
    rule: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change. kind: of `KINDS`. row: the id of the newer side, or of the older one where that has none.

    article: None for an entry of a registry. field: what of the row. old, new: as text; `NOTHING` for nothing.
    """

    kind: str
    row: str
    article: str | None = None
    field: str = ""
    old: str = NOTHING
    new: str = NOTHING
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class SchemeStep:
    """A step of a migration between the two versions. rows: how many of the older rows it changed."""

    number: int
    what: str
    note: str
    rows: int


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one version to the other.

    changes: in the order of articles and of their text; of registries last. steps: of a migration, in order. moves: the
    ids of statements by their labels, from what to what; None where a side lacks the statement. The ids are those of
    the newer side, or of the older one where that has none. notes: what could not be compared.
    """

    one: Side
    other: Side
    changes: tuple[Change, ...]
    steps: tuple[SchemeStep, ...]
    moves: Mapping[Labels, Sequence[str]]
    notes: tuple[str, ...] = ()

    @property
    def flow(self) -> dict[Labels, int]:
        """How many statements had one label and have another."""
        return {labels: len(rows) for labels, rows in self.moves.items()}

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each kind there are, in the order of `KINDS`."""
        found = Counter(each.kind for each in self.changes)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def step(self) -> VersionStep:
        """The step of the version that the changes ask for."""
        migrated = VersionStep.MAJOR if any(each.rows for each in self.steps) else VersionStep.MINOR
        steps = [KINDS[kind].step for kind in self.counts]
        return max(
            [*steps, *([migrated] if self.one.scheme.version != self.other.scheme.version else [])],
            default=VersionStep.NONE,
        )

    @property
    def least_version(self) -> str:
        """The lowest version that the newer side may have; that of the older one where nothing changed."""
        return least(self.one.version, self.step) if self.step else self.one.version

    @property
    def forcing(self) -> tuple[Change, ...]:
        """The changes for which the version cannot be lower."""
        return tuple(each for each in self.changes if KINDS[each.kind].step == self.step)


# The comparison


def compare_sides(one: Side, other: Side, schemas: Sequence[Path] = ()) -> Diff:
    """Compare two versions, from the older to the newer one. schemas: folders of schema versions, to look for steps in.

    Raises InputError where no migration leads from the schema of the one to that of the other.
    """
    notes: list[str] = []
    migrations = _migrations(one, other, (*other.schemas, *one.schemas, *schemas))
    before, steps = _carried(one, migrations, notes)
    entities, targets = current_ids(other.entities), current_ids(other.targets)
    old = {
        name: resolve_document(document, other.scheme, entities, targets) for name, document in before.documents.items()
    }
    found = _Comparison(before, other, old)
    for name in sorted({*old, *other.documents}):
        found.article(name)
    found.registry(before.entities, other.entities, "corpus/entities.json")
    found.registry(before.targets, other.targets, "corpus/targets.json")
    return Diff(one, other, tuple(found.changes), tuple(steps), found.moves, tuple(notes))


def _migrations(one: Side, other: Side, places: Sequence[Path]) -> list[Migration]:
    """Return the migrations that lead from the schema of one side to that of the other, in order."""
    first, last = (int(side.scheme.version[1:]) for side in (one, other))
    if first > last:
        raise InputError(
            f"{one.name} follows schema {one.scheme.version}, and {other.name} the older {other.scheme.version}.\n"
            "Hint: name the older version first."
        )
    found: list[Migration] = []
    scheme = one.scheme
    for number in range(first + 1, last + 1):
        version = f"v{number}"
        folders = [*(place / version for place in places), *filter(None, [packed_schema(version)])]
        after = other.scheme if number == last else None
        wrong: list[str] = []
        for folder in folders:
            if not (folder / MIGRATION).is_file():
                continue
            raw, steps, faults = read_steps((folder / MIGRATION).read_bytes())
            goal = after or load_scheme(folder)
            faults = faults or prove(scheme, goal, steps)
            if not faults and raw["from"] == scheme.version:
                found.append(Migration(scheme, goal, tuple(steps), raw.get("toolkit")))
                scheme = goal
                break
            wrong += [each.message for each in faults]
        else:
            told = "".join(f"\n- {each}" for each in dict.fromkeys(wrong))
            raise InputError(
                f"No {MIGRATION} leads from schema {scheme.version} to {version}.{told}\n"
                f"Hint: run this in the workspace that has schema/{version}/{MIGRATION}, or name it with -w."
            )
    return found


def _carried(side: Side, migrations: Sequence[Migration], notes: list[str]) -> tuple[Side, list[SchemeStep]]:
    """Return a side as the last of some migrations makes it, and what each step changed."""
    told: list[SchemeStep] = []
    for migration in migrations:
        rows: Counter[int] = Counter()

        def forth(
            record: Record, kind: RecordKind, file: str, migration: Migration = migration, rows: Counter[int] = rows
        ) -> Any:
            done = carry(to_builtins(record), kind, file, migration)
            notes.extend(done.faults)
            rows.update({number: len(changed) for number, changed in done.changed.items()})
            return None if done.faults else done.record

        documents = {name: forth(each, "annotation", f"gold of {name}") for name, each in side.documents.items()}
        articles = {name: forth(each, "article", f"article {name}") for name, each in side.articles.items()}
        side = replace(
            side,
            scheme=migration.after,
            documents={name: migration.after.read_document(each) for name, each in documents.items() if each},
            articles={name: from_builtins(each, Article) for name, each in articles.items() if each},
            entities=from_builtins(forth(side.entities, "entities", "entities"), EntityRegistry),
            targets=from_builtins(forth(side.targets, "targets", "targets"), TargetRegistry),
        )
        told += [SchemeStep(each.number, each.describe(), each.note, rows[each.number]) for each in migration.steps]
    return side, told


class _Comparison:
    """Collects changes. one, other: of one schema; old: the older documents, with the ids that the registries have."""

    def __init__(self, one: Side, other: Side, old: Mapping[str, Document]) -> None:
        self.one, self.other, self.old = one, other, old
        self.scheme = other.scheme
        self.changes: list[Change] = []
        self.moves: dict[Labels, list[str]] = {}

    def article(self, name: str) -> None:
        """Compare an article, and its statements, that at least one side has."""
        before, after = self.old.get(name), self.other.documents.get(name)
        if after is None:
            assert before is not None
            why = self._why_gone(name)
            self.changes.append(Change("article-removed", name, name, why=why))
            self._lost(name, before.statements, why)
            return
        why = self._why(after)
        if before is None:
            self.changes.append(Change("article-added", name, name, why=why))
            self._gained(name, after.statements, why)
            return
        self._about(name, before, after, why)
        pairs = _pairs(before, after, self.scheme)
        renamed = {old.id: new.id for old, new in pairs if old and new}
        for old, new in pairs:
            if old and new:
                self._statement(name, old, new, renamed, why)
            elif old:
                self._lost(name, [old], self._why_retired(after, old.id) or why)
            elif new:
                self._gained(name, [new], why)

    def registry(self, before: Registry, after: Registry, where: str) -> None:
        """Compare two versions of a registry."""
        moved = current_ids(after)
        resolved = resolve_registry(before, moved)
        old = {each.id: each for each in entries(before)}
        new = {each.id: each for each in entries(after)}
        follows = {each.id: each for each in entries(resolved)}
        kept = {name: name for name in new.keys() & old.keys()}
        for name in sorted(old.keys() - new.keys()):
            led = moved.get(name)
            kind = "entry-removed" if led is None else "entry-merged" if led in old else "entry-renamed"
            if led and kind == "entry-renamed":
                kept[led] = name
            why = Why("redirect" if led else "removed", where)
            self.changes.append(Change(kind, led or name, field="id", old=name, new=led or NOTHING, why=why))
        for name in sorted(new.keys() - kept.keys()):
            self.changes.append(Change("entry-added", name, new=new[name].name, why=Why("added", where)))
        for name in sorted(kept):
            one, two = to_builtins(follows[kept[name]]), to_builtins(new[name])
            for key in sorted({*one, *two} - {"id"}):
                if one.get(key) != two.get(key):
                    said = (_shown(one.get(key)), _shown(two.get(key)))
                    kind = "entry-moved" if key in _CLASSIFIES else "entry-changed"
                    self.changes.append(Change(kind, name, None, key, *said, Why("edited", where)))

    def _lost(self, article: str, statements: Iterable[Statement], why: Why | None) -> None:
        for each in statements:
            self._moved((self._label(each), None), each)
            self.changes.append(Change("removed", each.id, article, old=_summary(each, self.scheme), why=why))

    def _gained(self, article: str, statements: Iterable[Statement], why: Why | None) -> None:
        for each in statements:
            self._moved((None, self._label(each)), each)
            self.changes.append(Change("added", each.id, article, new=_summary(each, self.scheme), why=why))

    def _moved(self, labels: Labels, statement: Statement) -> None:
        self.moves.setdefault(labels, []).append(statement.id)

    def _label(self, statement: Statement) -> str:
        return self.scheme.label.text(statement) or NOTHING

    def _about(self, name: str, before: Document, after: Document, why: Why) -> None:
        """Compare what is said of an article, and how its gold came about."""
        one, two = self.one.articles[name], self.other.articles[name]
        here = Why("edited", f"corpus/articles/{name}.json", commit=self._commit(f"corpus/articles/{name}.json"))
        if one.text_sha256 != two.text_sha256:
            said = (one.text_sha256[:12], two.text_sha256[:12])
            self.changes.append(Change("text-replaced", name, name, "text", *said, here))
        left_out = {"schema_version", "id", "lines", "text_sha256", "raw_sha256", "rights"}
        first, second = to_builtins(one), to_builtins(two)
        for key in sorted({*first, *second} - left_out):
            if first.get(key) != second.get(key):
                said = (_value(first.get(key)), _value(second.get(key)))
                kind = "zones-changed" if key == "zones" else "article-changed"
                self.changes.append(Change(kind, name, name, key, *said, here))
        unknown = {"note"} if self.one.is_folder or self.other.is_folder else set()
        rights = (first["rights"], second["rights"])
        for key in sorted({*rights[0], *rights[1]} - unknown):
            if rights[0].get(key) != rights[1].get(key):
                said = (_shown(rights[0].get(key)), _shown(rights[1].get(key)))
                self.changes.append(Change("rights-changed", name, name, key, *said, here))
        self._placed(name, self.one.placements.get(name), self.other.placements.get(name))
        for key, old, new in (
            ("gold", before.gold and before.gold.method, after.gold and after.gold.method),
            ("guideline version", before.guideline_version, after.guideline_version),
            ("nothing to annotate", before.nothing_to_annotate, after.nothing_to_annotate),
        ):
            if old != new:
                self.changes.append(Change("decided", name, name, key, _shown(old), _shown(new), why))

    def _placed(self, name: str, old: Placement | None, new: Placement | None) -> None:
        """Compare where an article stands in the splits."""
        why = Why("assigned", LEDGER, reason=new.because if new else None, commit=self._commit(LEDGER))
        for key in ("split", "fold"):
            one, two = (getattr(each, key) if each else None for each in (old, new))
            if one != two:
                kind = "split-given" if one is None else "split-moved"
                self.changes.append(Change(kind, name, name, key, _shown(one), _shown(two), why))

    def _statement(self, article: str, old: Statement, new: Statement, renamed: Mapping[str, str], why: Why) -> None:
        self._moved((self._label(old), self._label(new)), new)

        def note(kind: str, what: str, one: str, two: str, row: str = new.id) -> None:
            if kind == "noted" and (self.one.is_folder or self.other.is_folder):
                return  # folders have no notes
            self.changes.append(Change(kind, row, article, what, one, two, why))

        if old.id != new.id:
            note("renumbered", "id", old.id, new.id)
        same = (renamed.get(old.same_as or "", old.same_as), new.same_as)
        if same[0] != same[1]:
            note("relabelled", "same_as", _shown(same[0]), _shown(same[1]))
        for name, kind, one, two in _frame(old, new):
            if one != two:
                note(kind, name, one, two)
        levels: tuple[tuple[Level, Holder, Holder], ...] = (
            ("statement", old, new),
            ("target", old.target, new.target),
        )
        for level, first, second in levels:
            for kind, name, one, two in _differing(self.scheme, level, first, second):
                note(kind, name, one, two)
        for before, after in _condition_pairs(old, new, self.scheme):
            if before is None or after is None:
                kind = "condition-added" if before is None else "condition-removed"
                row = cast("Condition", before or after).id
                note(kind, "", _condition(before, self.scheme), _condition(after, self.scheme), row)
                continue
            about = [("role", before.role, after.role), ("span", places(before.spans), places(after.spans))]
            about += [(name, one, two) for _, name, one, two in _differing(self.scheme, "condition", before, after)]
            for name, one, two in about:
                if one != two:
                    note("condition-changed", name, one, two, after.id)

    # Why

    def _commit(self, file: str) -> str | None:
        """Return the commit that last changed a file of the newer side, where that is a revision of git."""
        if self.other.root is None or self.other.commit is None:
            return None
        found = git.last_change(self.other.root, self.other.commit, file)
        return f"{found[0]} {found[1]}" if found else None

    def _why(self, document: Document) -> Why:
        file = f"corpus/gold/{document.article_id}.json"
        where = self.other.name if self.other.is_folder else file
        gold = document.gold or Gold(method="gold")
        return Why(gold.method, where, gold.by, gold.reason, gold.rule, self._commit(file))

    def _why_retired(self, document: Document, row: str) -> Why | None:
        if row not in document.retired:
            return None
        file = f"corpus/gold/{document.article_id}.json"
        gold = document.gold or Gold(method="gold")
        return Why("retired", file, gold.by, gold.reason, gold.rule, self._commit(file))

    def _why_gone(self, article: str) -> Why | None:
        withdrawn = self.other.withdrawn.get(article)
        if withdrawn is None:
            return None
        return Why(f"withdrawn on {withdrawn.date}", f"corpus/withdrawn/{article}.json", reason=withdrawn.reason)


def _pairs(before: Document, after: Document, scheme: Scheme) -> list[tuple[Statement | None, Statement | None]]:
    """Pair the statements of two documents, by id and then by their words; in the order of the text."""
    new = {each.id: each for each in after.statements}
    found: list[tuple[Statement | None, Statement | None]] = [
        (each, new.pop(each.id)) for each in before.statements if each.id in new
    ]
    paired = {old.id for old, _ in found if old}
    left, rest = [each for each in before.statements if each.id not in paired], list(new.values())
    if before.text_sha256 == after.text_sha256:
        found += [
            (None if pair.one is None else left[pair.one], None if pair.other is None else rest[pair.other])
            for pair in align(left, rest, scheme)
        ]
    else:
        found += [(each, None) for each in left] + [(None, each) for each in rest]
    return sorted(found, key=lambda pair: cast("Statement", pair[1] or pair[0]).content[0].begin)


def _condition_pairs(
    old: Statement, new: Statement, scheme: Scheme
) -> Iterator[tuple[Condition | None, Condition | None]]:
    """Pair the conditions of a statement, by id where it kept its own, and then by their words."""
    coming = {each.id: each for each in new.conditions}
    left = []
    for each in old.conditions:
        if old.id == new.id and each.id in coming:
            yield each, coming.pop(each.id)
        else:
            left.append(each)
    rest = list(coming.values())
    for pair in align_conditions(left, rest, scheme):
        yield None if pair.one is None else left[pair.one], None if pair.other is None else rest[pair.other]


def _frame(old: Statement, new: Statement) -> Iterator[tuple[str, str, str, str]]:
    """Yield what every statement has: its name, the kind of change that another value is, and both values."""
    yield "content", "moved", places(old.content), places(new.content)
    yield "speaker", "relabelled", old.speaker.entity, new.speaker.entity
    yield "mention of the speaker", "moved", places([old.speaker.span]), places([new.speaker.span])
    yield "target", "relabelled", old.target.id, new.target.id
    yield "mention of the target", "moved", places([old.target.span]), places([new.target.span])


def _differing(scheme: Scheme, level: Level, old: Holder, new: Holder) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fields in which two holders differ: the kind of change, the name of the field, and both values."""
    for each in scheme.of(level):
        (one, place), (two, other) = _said(each, old), _said(each, new)
        kind = "relabelled" if each.column else "noted"
        if one != two:
            yield kind, each.name, one, two
        elif place != other:
            yield "moved" if each.column else "noted", each.name, place, other


def _said(field: Field, holder: Holder) -> tuple[str, str]:
    """Return what a field says, and where its words are; both as text."""
    value = holder.fields.get(field.name, field.empty)
    if field.kind in ("span", "spans"):
        return "", places(field.spans(holder))
    if field.kind == "mentions":
        mentions = field.mentions(holder)
        return " > ".join(each.entity for each in mentions) or NOTHING, places(each.span for each in mentions)
    if field.kind in ("entities", "targets"):
        return ", ".join(field.ids(holder)) or NOTHING, ""
    if field.kind == "date":
        date = field.date(holder)
        return f"{date.date} ({date.basis})" if date else NOTHING, ""
    return _shown(value), ""


def _summary(statement: Statement, scheme: Scheme) -> str:
    label = scheme.label.text(statement) or NOTHING
    return f"{statement.speaker.entity}: {label} {statement.target.id} at {places(statement.content)}"


def _condition(condition: Condition | None, scheme: Scheme) -> str:
    if condition is None:
        return NOTHING
    kinds = [each.text(condition) or "" for each in scheme.of("condition") if each.kind == "target"]
    return " ".join([condition.role, *filter(None, kinds), "at", places(condition.spans)])


def _value(value: Any) -> str:
    """Return a value of an article's metadata, without what it rests on."""
    return _shown(value["value"] if isinstance(value, dict) and "value" in value else value)


def _shown(value: object) -> str:
    if value is None or value is False or value in ("", [], (), {}):
        return NOTHING
    if value is True:
        return "yes"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    return str(value)
