"""What adjudicators submitted in Label Studio becomes verdicts, of which `annotate adjudicate apply` makes gold.

Nothing is taken away from the server: each pull reads all answers again, and tells what of them cannot be used until it
is corrected there. A verdict says who decided; where two people decide differently, neither is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal

from msgspec.structs import replace as record_with

from stancebank.annotate.adjudication.desk import CHOICE, CONFLICT, LETTERS, NOTE, QUESTIONS, REASON, RULE, digests
from stancebank.annotate.adjudication.kept import read_verdicts, write_verdicts
from stancebank.annotate.adjudication.push import ADJUDICATION
from stancebank.annotate.adjudication.settling import decided, verdict_faults
from stancebank.annotate.adjudication.types import OWN, AdjudicationPlan, Conflict, PlannedUnit, Verdict
from stancebank.annotate.assignment import Readers, readers_of
from stancebank.annotate.client import PAGE, Server
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.controls import CONTENT, SPANS
from stancebank.annotate.decode.items import UNTOUCHED
from stancebank.annotate.decode.origin import annotator_of, time_of
from stancebank.annotate.guidelines import named_rules
from stancebank.annotate.sync.projects import Project, find_projects
from stancebank.annotate.sync.pull import task_link
from stancebank.annotate.sync.state import lock_workspace
from stancebank.annotate.usable import Taker
from stancebank.annotate.users import UserTable
from stancebank.errors import InputError
from stancebank.model import Statement
from stancebank.text import normalise
from stancebank.workspace import Workspace

Json = dict[str, Any]
VerdictKind = Literal[
    "taken",  # a verdict that is kept now
    "unchanged",  # the verdict is kept already
    "decided",  # gold was made of it, or of a later decision
    "rejected",  # it cannot be used until it is corrected on the server
    "conflict",  # two people decided differently: nothing was done
    "closed",  # its conflict is no longer open: the readings say something else now
    "outdated",  # the same person has a newer answer
    "skipped",  # the adjudicator skipped it: the conflict stays open
    "open",  # nobody has submitted an answer
]


@dataclass(frozen=True, slots=True)
class VerdictPull:
    """What became of one answer, or of a task that has none.

    conflict: its key. by: who answered. choice: as `Verdict` has it. faults: what cannot be used, each with its place
    and a hint. messages: what else a person should know. link: the address of the task.
    """

    kind: VerdictKind
    conflict: str
    article_id: str
    by: str = ""
    choice: str = ""
    task: int | None = None
    annotation: int | None = None
    faults: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    link: str = ""


def pull_verdicts(
    server: Server, workspace: Workspace, plan: AdjudicationPlan, *, dry_run: bool = False, take_theirs: bool = False
) -> list[VerdictPull]:
    """Take over what adjudicators submitted, and return what became of each answer; with dry_run, write nothing.

    take_theirs: whether an answer takes the place of a verdict that somebody else gave, and that is kept here.

    Raises InputError if there is no project for adjudication, ConflictError if another pull or push is running,
    ServerError if the server fails; nothing is written then.
    """
    with nullcontext() if dry_run else lock_workspace(local_folder(workspace), "adjudicate pull"):
        projects = find_projects(server, workspace, ADJUDICATION)
        if not projects:
            raise InputError(
                f"{server.url} has no project for the adjudication of this workspace.\n"
                "Hint: run `stancebank annotate adjudicate push`, which creates it."
            )
        users = server.users()
        with nullcontext() if dry_run else workspace.store.alone("stancebank annotate adjudicate pull"):
            names = UserTable(workspace.root / LOCAL).register(users, dry_run=dry_run)
            reader = _VerdictReader(workspace, plan, names)
            answers = [each for project in projects for each in _answers(server, project, reader)]
            results, verdicts = _decide(answers, read_verdicts(workspace), take_theirs=take_theirs)
            if verdicts and not dry_run:
                write_verdicts(workspace, verdicts)
    return results


@dataclass(frozen=True, slots=True)
class _ReadAnswer:
    """An answer as it was read. verdict: None where there is nothing to decide on."""

    result: VerdictPull
    verdict: Verdict | None = None


def _answers(server: Server, project: Project, reader: "_VerdictReader") -> Iterator[_ReadAnswer]:
    numbers = [int(task["id"]) for task in server.tasks(project.id, ["updated_at"])]
    for start in range(0, len(numbers), PAGE):
        for task in server.whole_tasks(project.id, numbers[start : start + PAGE]):
            yield from reader.read(task, f"{server.url}/projects/{project.id}")


class _VerdictReader:
    """Reads the answers of tasks. names: pseudonyms by the server's user id."""

    def __init__(self, workspace: Workspace, plan: AdjudicationPlan, names: Mapping[int, str]) -> None:
        self._units = {unit.key: unit for _, unit in plan.units()}
        self._names = names
        self._taker = Taker(workspace)
        self._readers: Readers = readers_of(workspace.store)
        self._rules = named_rules(workspace.root)

    def read(self, task: Json, address: str) -> Iterator[_ReadAnswer]:
        """Yield the answers of a task, or that there is none. address: of its project."""
        data = task.get("data") or {}
        key, number = str(data.get(CONFLICT) or ""), int(task["id"])
        unit = self._units.get(key)
        known = VerdictPull(
            "open", key, str(data.get("article_id") or ""), task=number, link=task_link(address, number)
        )
        submitted = [each for each in task["annotations"] if not each.get("was_cancelled")]
        for annotation in task["annotations"]:
            own = int(annotation["id"])
            answered = replace(known, by=annotator_of(annotation, self._names), annotation=own)
            if annotation.get("was_cancelled"):
                yield _ReadAnswer(replace(answered, kind="skipped"))
            elif unit is None:
                yield _ReadAnswer(replace(answered, kind="closed"))
            elif any(_is_newer(each, annotation, self._names) for each in submitted):
                yield _ReadAnswer(replace(answered, kind="outdated"))
            else:
                yield self._judged(unit, task, annotation, answered)
        if not submitted and unit is not None and unit.settled is None:
            yield _ReadAnswer(known)

    def _judged(self, unit: PlannedUnit, task: Json, annotation: Json, known: VerdictPull) -> _ReadAnswer:
        """Return a submitted answer with all that is wrong with it."""
        said, rest = split_answers(annotation)
        conflict = unit.conflict
        where = f"task {known.task}, annotation {known.annotation}"
        faults: list[str] = []
        messages: list[str] = []
        for name, values in said.items():
            if len(values) > 1 and name != NOTE:
                faults.append(f"{name.removeprefix('verdict-')}: it has several answers. Hint: choose one.")
        verdict = Verdict(
            key=conflict.key,
            article_id=conflict.article_id,
            choice=_first(said, CHOICE),
            by=known.by,
            reason=_first(said, REASON),
            decided_at=time_of(annotation, "updated_at") or time_of(annotation, "created_at"),
            rule=_first(said, RULE) or None,
            note=" ".join(" ".join(said.get(NOTE, ())).split()) or None,
        )
        if decided(unit, {conflict.key: verdict}) is None:
            return _ReadAnswer(replace(known, kind="decided", choice=verdict.choice))
        seen = (task["data"].get(LETTERS) or {}) if isinstance(task["data"].get(LETTERS), dict) else {}
        letters = digests(conflict)
        if not verdict.choice:
            faults.append("choice: it is missing. Hint: choose a letter, nothing here, or as marked here.")
        elif verdict.choice in {*seen, *letters} and seen.get(verdict.choice) != letters.get(verdict.choice):
            faults.append(
                f"choice: {verdict.choice} was another candidate in this task than it is in the plan. Hint: delete the "
                "task in Label Studio, run `stancebank annotate adjudicate push`, and decide again."
            )
        if verdict.choice == OWN:
            statement, more = self._marked(conflict, task, {**annotation, "result": rest}, messages)
            verdict = replace(verdict, statement=statement)
            faults += more
        elif any(each.get("from_name") == SPANS and each.get("origin") != UNTOUCHED for each in rest):
            messages.append(
                f"what is marked in it is not used, since {verdict.choice or 'nothing'} is chosen, and not as marked "
                "here."
            )
        told = list(faults)
        for what, why in verdict_faults(verdict, unit, self._readers, self._rules):
            if not _is_told(what, verdict, told):
                faults.append(f"{what}: {why}")
        if conflict.by and known.by != conflict.by and not faults:
            messages.append(f"the plan names {conflict.by} for this article.")
        known = replace(known, choice=verdict.choice, messages=tuple(messages))
        if faults:
            return _ReadAnswer(replace(known, kind="rejected", faults=tuple(f"{where}: {each}" for each in faults)))
        return _ReadAnswer(replace(known, kind="taken"), verdict)

    def _marked(
        self, conflict: Conflict, task: Json, annotation: Json, messages: list[str]
    ) -> tuple[Statement | None, list[str]]:
        """Return the one statement that is marked in an answer, under the ids of candidates, or why there is none."""
        contents = sum(_label(each) == CONTENT for each in annotation["result"])
        copy = "open the tab of a candidate and copy it, or mark the statement"
        if contents == 0:
            return None, [f"statement: as marked here is chosen, and no statement is marked. Hint: {copy}."]
        if contents > 1:
            said = f"statement: {contents} statements are marked, and one conflict is about one."
            return None, [f"{said} Hint: keep the one that is meant."]
        (reading,) = self._taker.read({**task, "annotations": [annotation]}, self._names).readings
        usable = self._taker.take(reading, int(task["id"]), normalise(str(task["data"].get("text") or "")))
        where = f"task {task['id']}, annotation {annotation['id']}"
        faults = [each.removeprefix(f"{where}: ").removeprefix(f"{where}, ") for each in usable.faults]
        if faults or usable.document is None or not usable.document.statements:
            return None, faults or [f"statement: what is marked is no statement. Hint: {copy}."]
        if usable.document.non_statements:
            messages.append("words that are marked as no statement are not used.")
        found = usable.document.statements[0]
        if not any(span.begin < conflict.end and conflict.begin < span.end for span in found.content):
            return None, ["statement: it lies elsewhere than the candidates. Hint: mark what they are about."]
        ties = {each.statement.same_as for each in conflict.candidates if each.statement}
        conditions = tuple(
            record_with(each, id=f"{conflict.key}/c{number}") for number, each in enumerate(found.conditions, 1)
        )
        same_as = ties.pop() if len(ties) == 1 else None  # what all say of it, and a task cannot show
        return record_with(found, id=conflict.key, same_as=same_as, conditions=conditions), []


def _is_told(what: str, verdict: Verdict, faults: Sequence[str]) -> bool:
    """Whether faults say already what is wrong with a part of a verdict."""
    return (
        (what == "choice" and not verdict.choice)
        or any(each.startswith(f"{what}:") for each in faults)
        or (what == "statement" and bool(faults))
    )


def split_answers(annotation: Json) -> tuple[dict[str, tuple[str, ...]], list[Json]]:
    """Return the answers to the questions of an adjudication by their names, and all other items of an annotation."""
    said: dict[str, tuple[str, ...]] = {}
    rest: list[Json] = []
    for item in annotation.get("result") or ():
        name = item.get("from_name") if isinstance(item, dict) else None
        if name not in QUESTIONS:
            rest.append(item)
            continue
        value = item.get("value")
        value = value if isinstance(value, dict) else {}
        found = value.get("choices") or value.get("text") or value.get("taxonomy") or ()
        given = [found] if isinstance(found, str) else found
        said[name] = tuple(str(each[-1] if isinstance(each, list) and each else each) for each in given)
    return said, rest


def _first(said: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(said.get(name, ())), "").strip()


def _label(item: object) -> str | None:
    if not isinstance(item, dict) or item.get("from_name") != SPANS:
        return None
    labels = (item.get("value") or {}).get("labels") or [None]
    return str(labels[0])


def _is_newer(one: Json, other: Json, names: Mapping[int, str]) -> bool:
    """Whether an annotation is of the same person as another, and newer."""
    if annotator_of(one, names) != annotator_of(other, names):
        return False
    return _age(one) > _age(other)


def _age(annotation: Json) -> tuple[str, int]:
    return str(annotation.get("updated_at") or ""), int(annotation["id"])


def _decide(
    answers: Sequence[_ReadAnswer], kept: Mapping[str, Verdict], *, take_theirs: bool
) -> tuple[list[VerdictPull], list[Verdict]]:
    """Return what becomes of answers, and the verdicts that are to be kept. kept: those that are, by key. Pure."""
    given: dict[str, list[Verdict]] = {}
    for each in answers:
        if each.verdict is not None:
            given.setdefault(each.verdict.key, []).append(each.verdict)
    results: list[VerdictPull] = []
    verdicts: dict[str, Verdict] = {}
    for each in answers:
        if each.verdict is None:
            results.append(each.result)
            continue
        verdict, others = each.verdict, given[each.verdict.key]
        before = kept.get(verdict.key)
        differing = next((other for other in others if _says(other) != _says(verdict)), None)
        if differing is not None:
            said = f"{differing.by} decided {_named(differing)}, {verdict.by} {_named(verdict)}."
            hint = "Hint: let one of them update or delete the answer in Label Studio, and pull again."
            results.append(replace(each.result, kind="conflict", messages=(*each.result.messages, f"{said} {hint}")))
        elif before is not None and before.by not in {other.by for other in others} and _says(before) != _says(verdict):
            if take_theirs:
                results.append(each.result)
                verdicts[verdict.key] = verdict
                continue
            said = f"{before.by} decided {_named(before)}, which is kept here; {verdict.by} {_named(verdict)}."
            hint = "Hint: agree on it; `--theirs` takes what is on the server."
            results.append(replace(each.result, kind="conflict", messages=(*each.result.messages, f"{said} {hint}")))
        elif before == verdict or verdicts.get(verdict.key) is not None:
            results.append(replace(each.result, kind="unchanged"))
        elif before is not None and before.by == verdict.by and before.decided_at > verdict.decided_at:
            results.append(replace(each.result, kind="outdated"))
        elif before is not None and _says(before) == _says(verdict) and before.by != verdict.by:
            results.append(replace(each.result, kind="unchanged"))
        else:
            results.append(each.result)
            verdicts[verdict.key] = verdict
    return results, list(verdicts.values())


def _says(verdict: Verdict) -> tuple[object, ...]:
    """Return what two people have to say alike: the choice and the reason."""
    return verdict.choice, verdict.statement, verdict.reason


def _named(verdict: Verdict) -> str:
    return f"{verdict.choice} ({verdict.reason})"
