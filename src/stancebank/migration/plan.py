"""What a migration would make of a workspace: every file that changes, with counts and examples. Nothing is written.

Each record is read as JSON, held against the older schema, taken through the steps, held against the newer one, and
taken back: what it was before must come out. So a plan without faults can be carried out whole, and undone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.guidelines import GUIDELINES
from stancebank.annotate.interface_settings import SETTINGS
from stancebank.corpus.store import LOCAL_WITHDRAWN, MIGRATIONS, WITHDRAWN
from stancebank.errors import InputError
from stancebank.migration.agreed import carry_bases
from stancebank.migration.fingerprints import Fingerprints
from stancebank.migration.interface import (
    control_names,
    gone_fields,
    ruling_names,
    with_markers,
    with_names,
    with_rulings,
    with_version,
)
from stancebank.migration.ledgers import carry_adjudications
from stancebank.records import from_json, read_json, to_json
from stancebank.schema.archive import RecordKind, carry, carry_back, index_entries
from stancebank.schema.fields import MIGRATION, PENDING, Scheme, load_scheme
from stancebank.schema.migration import Migration, load_migration, read_steps, versions_after
from stancebank.schema.rules import with_declarations
from stancebank.schema.validate import LAID, packed_file, packed_schema, validate, validate_quoted
from stancebank.text import sha256
from stancebank.workspace import SETTINGS_FILE, Workspace, toolkit_version

Json = dict[str, Any]

EXAMPLES = 2  # of each step, in a plan

_RECORDS: tuple[tuple[str, RecordKind], ...] = (
    ("corpus/articles/*.json", "article"),
    ("corpus/entities.json", "entities"),
    ("corpus/targets.json", "targets"),
    ("corpus/gold/*.json", "annotation"),
    ("corpus/annotations/*/*.json", "annotation"),
    (f"{WITHDRAWN}/*.json", "withdrawal"),
    (f"{LOCAL_WITHDRAWN}/*.json", "withdrawal"),
    (f"{LOCAL}/projects/*/conflicts/*/*.json", "annotation"),
)
"""Where records lie that follow the version of the workspace."""


@dataclass
class StepPlan:
    """What a step does to the records. rows: how many it changes; asked: how many of them wait for an answer.

    examples: entries as in the archive.
    """

    number: int
    do: str
    what: str
    note: str
    rows: int = 0
    asked: int = 0
    examples: list[Json] = field(default_factory=list)


@dataclass
class MigrationPlan:
    """What a migration changes. before, after: versions. is_back: whether it is the way back.

    files: what files hold afterwards, by path in the workspace; removed: files that go. records: how many records
    change, by kind. told: what else a person should know, in sentences. faults: what stands against it.
    """

    before: str
    after: str
    is_back: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    steps: list[StepPlan] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has to be done."""
        return not self.files and not self.removed and not self.faults

    @property
    def asked(self) -> int:
        """How many fields wait for an answer."""
        return sum(each.asked for each in self.steps)


def archive_name(before: str, after: str) -> str:
    """Return the path of the archive of a migration, in the workspace."""
    return f"{MIGRATIONS}/{before}-{after}.json"


def next_version(workspace: Workspace, wanted: str | None) -> str:
    """Return the version that a migration leads to: the next one, on the way to the wanted one.

    It is the present one where there is none to come: then only files that were left behind are taken along. Raises
    InputError where the wanted one is not to come.
    """
    now = workspace.settings.schema
    coming = versions_after(workspace.root, now) or packed_after(workspace)
    if wanted is not None and wanted != now and wanted not in coming:
        held = ", ".join(coming) or "none"
        raise InputError(
            f"There is no schema version {wanted} after {now}, which this workspace follows; there is {held}.\n"
            "Hint: `stancebank schema next` makes the folder of the next version. Nothing was changed."
        )
    return now if wanted == now or not coming else coming[0]


def packed_after(workspace: Workspace) -> list[str]:
    """Return the schema version that the toolkit brings after that of a workspace, in a list; empty where it has none.

    Only the toolkit's own scheme goes on with it: one of other fields or values needs a next version of its own.
    """
    now = workspace.settings.schema
    version, own = f"v{int(now[1:]) + 1}", packed_schema(now)
    if own is None or packed_schema(version) is None:
        return []
    with TemporaryDirectory(prefix="stancebank-") as folder:
        is_ours = load_scheme(_sound(workspace.schema_dir, Path(folder))).equals(load_scheme(own))
    return [version] if is_ours else []


def make_plan(workspace: Workspace, after: str, predictions: Iterable[Path] = ()) -> MigrationPlan:
    """Plan a migration forth. after: see `next_version`. predictions: files of them, one JSON object a line.

    Raises InputError where the migration itself cannot be used.
    """
    root, now = workspace.root, workspace.settings.schema
    with TemporaryDirectory(prefix="stancebank-") as folder:
        target = root / "schema" / after
        own = target if target.is_dir() else packed_schema(after) or target
        if after == now and not (own / MIGRATION).is_file():
            return MigrationPlan(now, now)
        raw, _, faults = read_steps((own / MIGRATION).read_bytes()) if (own / MIGRATION).is_file() else ({}, [], [])
        before = now if after != now or faults else str(raw.get("from"))
        former = _sound(root / "schema" / before, Path(folder))
        if after == now and not former.is_dir():
            return MigrationPlan(now, now)
        migration = load_migration(former, own)
        _require_toolkit(migration)
        plan = MigrationPlan(before, after)
        _Planner(workspace, migration, former, own, plan, is_packed=own != target).run(predictions, moves=after != now)
        if not plan.is_empty:
            for name, text in with_declarations(root / "schema" / before).items():
                plan.files[f"schema/{before}/{name}"] = text.encode()
        if own != target:
            for path in sorted(each for each in own.iterdir() if each.suffix in (".json", ".toml")):
                plan.files[f"schema/{after}/{path.name}"] = path.read_bytes()
    return plan


def _sound(schema_dir: Path, folder: Path) -> Path:
    """Return a schema folder that says what each field is: a copy where that of an earlier toolkit does not."""
    if not schema_dir.is_dir() or not (missing := with_declarations(schema_dir)):
        return schema_dir
    copy = folder / schema_dir.name
    copy.mkdir()
    for path in schema_dir.glob("*.json"):
        (copy / path.name).write_bytes(path.read_bytes())
    for name, text in missing.items():
        (copy / name).write_bytes(text.encode())
    return copy


def _require_toolkit(migration: Migration) -> None:
    from packaging.specifiers import SpecifierSet

    if migration.toolkit and not SpecifierSet(migration.toolkit).contains(toolkit_version(), prereleases=True):
        raise InputError(
            f"{migration.after.version} asks for stancebank {migration.toolkit}; installed is {toolkit_version()}.\n"
            "Hint: upgrade stancebank. Nothing was changed."
        )


class _Planner:
    """Makes a plan. former, latter: the folders of the two versions. is_packed: whether the toolkit brings the latter.

    Then what `stancebank init` laid for the older version, and nobody edited, becomes what it lays for the newer one.
    """

    def __init__(
        self,
        workspace: Workspace,
        migration: Migration,
        former: Path,
        latter: Path,
        plan: MigrationPlan,
        *,
        is_packed: bool = False,
    ) -> None:
        self.root, self.workspace, self.is_packed = workspace.root, workspace, is_packed
        self.migration, self.former, self.latter, self.plan = migration, former, latter, plan
        self.prints = Fingerprints(workspace.store, migration)
        self.entries: list[Json] = []
        self.pairs: dict[str, tuple[Json, Json]] = {}
        plan.steps = [StepPlan(each.number, each.do, each.describe(), each.note) for each in migration.steps]

    def run(self, predictions: Iterable[Path], *, moves: bool) -> None:
        """Plan all files. moves: whether the workspace itself goes from one version to the other."""
        for name, kind, value in self.records():
            if value.get("schema_version") == self.migration.before.version:
                self.record(name, kind, value)
            elif value.get("schema_version") == self.migration.after.version:
                self.completed(name, kind, value)
            else:
                self.plan.faults.append(f"{name} follows schema {value.get('schema_version')!r}.")
        self.ledgers(self.migration.before, self.migration.after)
        for path in predictions:
            self.predictions(path)
        if not self.plan.faults and (moves or self.plan.files):
            self.archive(self.settings() if moves else {})
            self.plan.told += self.prints.told()
            carry_bases(
                self.root, self.migration, self.pairs, self.plan.files, self.plan.told, change=self.prints.forth
            )

    def records(self) -> Iterator[tuple[str, RecordKind, Json]]:
        """Yield every record of the workspace that can be read, with its path."""
        for pattern, kind in _RECORDS:
            for path in sorted(self.root.glob(pattern)):
                name = path.relative_to(self.root).as_posix()
                if path.name.startswith("."):
                    continue
                try:
                    value = from_json(path.read_bytes(), path.name, whole=True)
                except InputError as error:
                    self.plan.faults.append(f"{name}: {error}")
                    continue
                if isinstance(value, dict):
                    yield name, kind, value
                else:
                    self.plan.faults.append(f"{name} is no JSON object.")

    def record(self, name: str, kind: RecordKind, value: Json) -> None:
        """Plan a record that follows the older version."""
        if wrong := [*self._wrong(value, kind, self.former, name, "does not follow")]:
            self.plan.faults += wrong
            return
        if value.get(PENDING):
            self.plan.faults.append(
                f"{name}: {len(value[PENDING])} fields wait for an answer since the last migration: answer them first."
            )
            return
        proved = self.prints.forth(value, kind)
        carried = carry(proved, kind, name, self.migration)
        self.plan.faults += carried.faults
        if carried.faults:
            return
        self.plan.faults += self._wrong(carried.record, kind, self.latter, name, "would not follow")
        back = carry_back(carried.record, kind, name, self.migration, index_entries(carried.entries))
        if back.record != proved:
            self.plan.faults.append(f"{name}: the way back would not give it again. Please report this.")
        self.entries += carried.entries
        self.pairs[name] = (value, carried.record)
        self._note(name, kind, carried.record, carried.changed)

    def ledgers(self, before: Scheme, after: Scheme) -> None:
        """Plan the ledgers of adjudications, once all readings are planned."""
        for name, value in carry_adjudications(self.root, self.pairs, before, after, self.plan.faults):
            self.plan.files[name] = to_json(value).encode()
            self.plan.records["adjudication"] += 1

    def completed(self, name: str, kind: RecordKind, value: Json) -> None:
        """Plan a record that follows the newer version, and lacks fingerprints whose text is at hand now."""
        if kind in ("annotation", "article") and (proved := self.prints.forth(value, kind)) != value:
            self.pairs[name] = (value, proved)
            self.plan.files[name] = to_json(proved).encode()
            self.plan.records[kind] += 1

    def _note(self, name: str, kind: str, record: Json, changed: Mapping[int, list[Json]]) -> None:
        self.plan.files[name] = to_json(record).encode()
        self.plan.records[kind] += 1
        for step in self.plan.steps:
            found = changed.get(step.number, [])
            step.rows += len(found)
            step.examples += found[: EXAMPLES - len(step.examples)]
            step.asked += sum(each["step"] == step.number for each in record.get(PENDING, ()))

    def _wrong(self, value: Json, kind: RecordKind, folder: Path, name: str, what: str) -> Iterator[str]:
        for each in validate(value, kind, folder, name):
            yield f"{name} {what} {folder.name}: {each.pointer}: {each.message}"
        if kind == "annotation" and folder == self.former:
            ids = Counter(
                each
                for statement in value.get("statements", ())
                for each in (statement["id"], *(one["id"] for one in statement.get("conditions") or ()))
            )
            yield from (f"{name}: the id {each!r} is there twice." for each, count in ids.items() if count > 1)

    def predictions(self, path: Path) -> None:
        """Plan a file of predictions."""
        name = path.resolve().relative_to(self.root).as_posix() if path.resolve().is_relative_to(self.root) else None
        if name is None:
            self.plan.faults.append(f"{path} is not in the workspace.")
            return
        lines = []
        for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
            if not line.strip():
                continue
            where = f"{name}, line {number}"
            try:
                value = from_json(line, where, whole=True)
            except InputError as error:
                self.plan.faults.append(str(error))
                continue
            faults = validate_quoted(value, self.migration.before, "prediction", where)
            if not faults:
                carried = carry(value, "prediction", where, self.migration)
                self.plan.faults += carried.faults
                self.entries += carried.entries
                value = carried.record
                faults = validate_quoted(value, self.migration.after, "prediction", where)
            elif not validate_quoted(value, self.migration.after, "prediction", where):
                faults = []  # it was taken along before
            self.plan.faults += [f"{where}: {each.pointer}: {each.message}" for each in faults]
            lines.append(to_line(value))
        data = "".join(lines).encode()
        if data != path.read_bytes():
            self.plan.files[name] = data
            self.plan.records["prediction"] += len(lines)

    def settings(self) -> dict[str, Json]:
        """Plan the files of people, and return what leads back to them, by path."""
        found = {}
        for name, text in self._settings():
            old = (self.root / name).read_bytes().decode("utf-8-sig")
            if text != old:
                self.plan.files[name] = text.encode()
                found[name] = {"old": old, "new_sha256": sha256(text)}
        return found

    def _settings(self) -> Iterator[tuple[str, str]]:
        path = self.root / SETTINGS_FILE
        settings = path.read_bytes().decode("utf-8-sig")
        yield SETTINGS_FILE, with_version(settings, self.migration.after.version, self.migration.toolkit)
        path = self.root / SETTINGS
        if path.is_file():
            text = with_names(path.read_bytes().decode("utf-8-sig"), control_names(self.migration))
            text = with_rulings(text, ruling_names(self.migration), gone_fields(self.migration))
            yield SETTINGS, self._renewed(SETTINGS) or text
        path = self.root / GUIDELINES
        if path.is_file():
            text = with_markers(path.read_bytes().decode("utf-8-sig"), self.migration)
            yield GUIDELINES, self._renewed(GUIDELINES) or text

    def _renewed(self, name: str) -> str | None:
        """Return the toolkit's file of the newer version where that of the older one was not edited; else None."""
        before, after = self.migration.before.version, self.migration.after.version
        is_laid = sha256((self.root / name).read_bytes().decode()) in LAID.get(before, {}).get(name, ())
        return packed_file(name, after).read_bytes().decode() if self.is_packed and is_laid else None

    def archive(self, settings: Mapping[str, Json]) -> None:
        """Plan the archive, with what an earlier run of the same migration put there."""
        name = archive_name(self.migration.before.version, self.migration.after.version)
        path = self.root / name
        before = read_json(path) if path.is_file() else {"entries": [], "files": {}, "steps": []}
        counts = {each["step"]: each for each in before["steps"]}
        entries = {**index_entries(before["entries"]), **index_entries(self.entries)}
        value = {
            "from": self.migration.before.version,
            "to": self.migration.after.version,
            "steps": [
                {
                    "step": each.number,
                    "do": each.do,
                    "what": each.what,
                    "note": each.note,
                    "rows": each.rows + counts.get(each.number, {}).get("rows", 0),
                    "asked": each.asked + counts.get(each.number, {}).get("asked", 0),
                }
                for each in self.plan.steps
            ],
            "files": {**before["files"], **settings},
            "entries": [entries[key] for key in sorted(entries)],
        }
        self.plan.files[name] = to_json(value).encode()


def to_line(value: Json) -> str:
    """Return JSON as a line of a file."""
    import json

    return json.dumps(value, ensure_ascii=False) + "\n"


def make_plan_back(workspace: Workspace) -> MigrationPlan:
    """Plan the way back from the version that a workspace follows, by the archive of the migration that led there.

    Raises InputError where there is no archive.
    """
    root, now = workspace.root, workspace.settings.schema
    coming = versions_after(root, "v0")
    names = [each for each in coming if int(each[1:]) < int(now[1:]) and (root / archive_name(each, now)).is_file()]
    before = names[-1] if names else ""
    if not before:
        raise InputError(
            f"There is no way back from {now}: {MIGRATIONS}/ has no archive of a migration to it, or the older schema "
            "is gone.\nHint: restore the workspace from git. Nothing was changed."
        )
    with TemporaryDirectory(prefix="stancebank-") as folder:
        return _plan_back(workspace, _sound(root / "schema" / before, Path(folder)), root / "schema" / now)


def _plan_back(workspace: Workspace, former: Path, latter: Path) -> MigrationPlan:
    root, before, now = workspace.root, former.name, latter.name
    migration = load_migration(former, latter)
    archive = read_json(root / archive_name(before, now))
    if not isinstance(archive, dict) or not archive.keys() >= {"entries", "files"}:
        raise InputError(
            f"{archive_name(before, now)} is no archive of a migration: it has no `entries` or no `files`.\n"
            "Hint: restore it from git. Nothing was changed."
        )
    plan = MigrationPlan(now, before, is_back=True)
    planner = _Planner(workspace, migration, former, latter, plan)
    known, lost, ruled = index_entries(archive["entries"]), [], []
    for name, kind, value in planner.records():
        if value.get("schema_version") != now:
            continue
        back = carry_back(value, kind, name, migration, known)
        record = planner.prints.back(back.record, kind)
        wrong = validate(record, kind, former, name) if not planner.prints.missing else []
        plan.faults += [f"{name}: {each.pointer}: {each.message}" for each in wrong]
        planner.pairs[name] = (value, record)
        plan.files[name] = to_json(record).encode()
        plan.records[kind] += 1
        lost += back.lost
        ruled += back.ruled
    planner.ledgers(migration.after, migration.before)
    plan.faults += planner.prints.faults()
    for name, about in archive["files"].items():
        path = root / name
        text = path.read_bytes().decode("utf-8-sig") if path.is_file() else ""
        if sha256(text) == about["new_sha256"]:
            plan.files[name] = about["old"].encode()
        elif name == SETTINGS_FILE:
            plan.files[name] = with_version(text, before).encode()
        elif name == GUIDELINES:  # whose tables are generated, so that the text is never the one that was left
            plan.files[name] = with_markers(text, migration, back=True).encode()
        else:
            back_names = {
                table: {new: old for old, new in each.items() if new is not None}
                for table, each in control_names(migration).items()
            }
            text = with_rulings(with_names(text, back_names), ruling_names(migration, back=True))
            plan.files[name] = text.encode()
            plan.told.append(f"{name} was edited since: tables that the migration took out of it are not there again.")
    plan.removed.append(archive_name(before, now))
    if ruled:
        plan.told.append(
            f"{len(ruled)} values were added or edited since; what they were follows from the rules alone."
        )
    if lost:
        name = archive_name(now, before)
        plan.files[name] = to_json({"from": now, "to": before, "entries": lost}).encode()
        plan.told.append(f"{len(lost)} values that {before} cannot hold are kept in {name}.")
    elif (root / archive_name(now, before)).is_file():
        plan.removed.append(archive_name(now, before))
    carry_bases(root, migration, planner.pairs, plan.files, plan.told, back=True)
    return plan
