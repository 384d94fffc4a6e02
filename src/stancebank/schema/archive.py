"""Records across a migration: forth by its steps, and back by the archive of what they removed or changed.

An entry of the archive tells of one row what a step found and what it left::

    {"file": "corpus/gold/x.json", "level": "statement", "row": "x/s1", "step": 1,
     "old": {"stance": "oppose"}, "new": {"stance": "against"}}
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from stancebank.model import non_statements_key
from stancebank.schema.fields import PENDING, REASONS
from stancebank.schema.migration import Migration
from stancebank.schema.steps import Act, Json, Outcome, Row, Step, UndecidedError

RecordKind = Literal["annotation", "article", "entities", "targets", "withdrawal", "prediction"]


def rows(record: Json, kind: RecordKind) -> Iterator[Row]:
    """Yield the rows of a record as its file holds it. Those of a prediction, which has no ids, are numbered."""
    if kind in ("annotation", "prediction"):
        yield from _rows_of_document(record, numbered=kind == "prediction")
    elif kind == "article":
        yield from _by_place("zone", record["zones"])
        for key, value in record.items():
            if isinstance(value, dict) and "basis" in value:
                yield Row("basis", key, value)
    elif kind in ("entities", "targets"):
        where = "entity" if kind == "entities" else "entry"
        yield from (Row(where, each["id"], each) for each in record[kind])


def _rows_of_document(record: Json, *, numbered: bool) -> Iterator[Row]:
    yield Row("document", "document", record)
    if record.get("gold"):
        yield Row("gold", "gold", record["gold"])
    held = next((record[key] for key in map(non_statements_key, REASONS) if key in record), None)
    passed = [(each, each["span"]) for each in held or () if "span" in each]
    yield from (Row("non_statement", f"{n}-{span['begin']}", each) for n, (each, span) in enumerate(passed))
    for number, statement in enumerate(record["statements"]):
        name, target = str(number) if numbered else statement["id"], statement["target"]
        yield Row("statement", name, statement, {"target": target})
        yield Row("target", name, target, {"statement": statement})
        for place, condition in enumerate(statement.get("conditions") or ()):
            known = f"{name}/{place}" if numbered else condition["id"]
            yield Row("condition", known, condition, {"statement": statement, "target": target})


def _by_place(where: str, values: Iterable[Json]) -> Iterator[Row]:
    yield from (Row(where, f"{each['begin']}-{each['end']}", each) for each in values)


@dataclass
class Carried:
    """A record after a migration. entries: of the archive; changed: rows by step; asked: how many fields wait.

    faults: rows for which no rule says what becomes of them, as sentences.
    """

    record: Json
    entries: list[Json] = field(default_factory=list)
    changed: dict[int, list[Json]] = field(default_factory=dict)
    asked: int = 0
    faults: list[str] = field(default_factory=list)


def carry(record: Json, kind: RecordKind, file: str, migration: Migration) -> Carried:
    """Take a record, which follows the older scheme, through the steps. file: its path in the workspace."""
    done = Carried(in_edition(record, kind, migration.before.edition, migration.after.edition))
    for step in migration.steps:
        changes: list[tuple[Row, Act, Json, Outcome]] = []
        for row, act in _concerned(done.record, kind, step):
            try:
                made = step.forward(act, row)
            except UndecidedError:
                held = ", ".join(f"{key} {row.cells[key]!r}" for key in act.takes if key in row.cells)
                done.faults.append(
                    f"{file}: {act.where} {row.id}: step {step.number}, {step.do}, has no rule for {held or 'it'}."
                )
            else:
                changes += [(row, act, *made)] if made is not None else []
        for row, _, old, change in changes:
            _replace(row.cells, old, change.new)
            entry = {
                "file": file,
                "level": row.where,
                "row": row.id,
                "step": step.number,
                "old": old,
                "new": change.new,
            }
            done.changed.setdefault(step.number, []).append(entry)
            if (old and step.keeps) or step.fills or None in old.values():
                done.entries.append(entry)
            if change.asked and kind == "annotation":
                done.asked += len(change.asked)
                done.record.setdefault(PENDING, []).extend(_pending(row, step, name) for name in change.asked)
        _rename_pending(done.record, step, back=False)
    if "schema_version" in done.record:
        done.record["schema_version"] = migration.after.version
    return done


def in_edition(record: Json, kind: RecordKind, one: int, two: int) -> Json:
    """Return a copy of a record in the words of another edition of the frame; all else stays."""
    words = {non_statements_key(one): non_statements_key(two)} if kind == "annotation" else {}
    return {words.get(key, key): deepcopy(value) for key, value in record.items()}


def _concerned(record: Json, kind: RecordKind, step: Step) -> Iterator[tuple[Row, Act]]:
    for row in list(rows(record, kind)):
        yield from ((row, act) for act in step.acts if act.where == row.where)


def _replace(cells: Json, old: Iterable[str], new: Mapping[str, Any]) -> None:
    for key in old:
        del cells[key]
    cells.update(deepcopy(dict(new)))


def _pending(row: Row, step: Step, name: str) -> Json:
    statement = row.around["statement"]["id"] if row.where == "condition" else row.id
    found = {"statement": statement, "level": row.where, "field": name, "question": step.question, "step": step.number}
    return found | ({"condition": row.id} if row.where == "condition" else {})


def _rename_pending(record: Json, step: Step, *, back: bool) -> None:
    if step.do == "rename-field":
        (act,) = step.acts
        one, two = (act.gives[0], act.takes[0]) if back else (act.takes[0], act.gives[0])
        for each in record.get(PENDING, ()):
            if each["level"] == act.where and each["field"] == one:
                each["field"] = two


@dataclass
class Returned:
    """A record after the way back. lost: entries whose `new` the older scheme cannot say; ruled: those by rule alone.

    Of both the archive has no `old`: they were added or edited since.
    """

    record: Json
    lost: list[Json] = field(default_factory=list)
    ruled: list[Json] = field(default_factory=list)


def index_entries(entries: Iterable[Json]) -> dict[tuple[Any, ...], Json]:
    """Put entries of an archive by what they are of."""
    return {_key(each): each for each in entries if each["old"] or each["new"]}


def _key(entry: Json) -> tuple[Any, ...]:
    return entry["file"], entry["level"], entry["row"], entry["step"], min(entry["old"] or entry["new"])


def carry_back(
    record: Json, kind: RecordKind, file: str, migration: Migration, known: Mapping[tuple[Any, ...], Json]
) -> Returned:
    """Take a record, which follows the newer scheme, the way back. known: entries, see `index_entries`."""
    done = Returned(deepcopy(record))
    for step in reversed(migration.steps):
        changes = []
        _rename_pending(done.record, step, back=True)
        for row, act in _concerned(done.record, kind, step):
            now = {key: row.cells[key] for key in act.gives if key in row.cells}
            entries = (known.get((file, row.where, row.id, step.number, key)) for key in (*act.takes, *act.gives))
            entry = next((each for each in entries if each is not None), None)
            if entry is not None and entry["new"] == now:
                changes.append((row, now, entry["old"]))
            elif now:
                said = {key: value for key, value in now.items() if value is not None}
                before = step.revert(act, said)
                changes.append((row, now, before))
                told = {"file": file, "level": row.where, "row": row.id, "step": step.number, "old": before, "new": now}
                if _again(step, act, row, now, before) != said:
                    done.lost.append(told)
                elif step.keeps and before and before != now:
                    done.ruled.append(told)
        for row, now, before in changes:
            _replace(row.cells, now, before)
        if PENDING in done.record:
            kept = [each for each in done.record.pop(PENDING) if each["step"] != step.number]
            done.record |= {PENDING: kept} if kept else {}
    if "schema_version" in done.record:
        done.record["schema_version"] = migration.before.version
    done.record = in_edition(done.record, kind, migration.after.edition, migration.before.edition)
    return done


def _again(step: Step, act: Act, row: Row, now: Json, before: Json) -> Json:
    """Return what the step would make of a row that was taken back."""
    cells = {key: value for key, value in row.cells.items() if key not in now} | before
    try:
        made = step.forward(act, Row(row.where, row.id, cells, row.around))
    except UndecidedError:
        return {}
    change = made[1] if made is not None else Outcome(before)
    return change.new
