"""Some tasks at a time: kept raw, read, compared with what stands here, and written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.conversion import Reading, from_task
from stancebank.annotate.gold import find_faults
from stancebank.annotate.provenance import annotator_of, number_of
from stancebank.annotate.sync.bases import Bases, labels
from stancebank.annotate.sync.conservation import count_items, find_losses
from stancebank.annotate.sync.keeping import Keeping
from stancebank.annotate.sync.memory import Claim, Memory
from stancebank.annotate.sync.outcome import Kind, Outcome, PullRequest
from stancebank.annotate.sync.raw import RawTasks
from stancebank.annotate.sync.removed import article_folder
from stancebank.annotate.sync.sides import decide
from stancebank.model import Document

Json = dict[str, Any]

OPEN = ("conflict", "rejected", "foreign", "lost")  # what is said each time until it is mended


@dataclass(frozen=True, slots=True)
class Taking:
    """What belongs to the pull of one project."""

    request: PullRequest
    memory: Memory
    bases: Bases
    keeping: Keeping
    raw: RawTasks

    def unwritten(self) -> set[int]:
        """Return the tasks of documents that are missing here."""
        newest = self.memory.newest().items()
        return {task for key, (task, _) in newest if not self.keeping.read(*key).path.is_file()}

    def outdated(self) -> set[int]:
        """Return the tasks whose annotation is the newest by now, while the document here is of another one."""
        newest = self.memory.newest().items()
        bases = ((self.bases.of(*key), task, claim) for key, (task, claim) in newest)
        return {task for base, task, claim in bases if base is not None and base.annotation != claim.annotation}

    def take(self, tasks: Sequence[Json], times: Mapping[int, str]) -> list[Outcome]:
        """Take some whole tasks. times: when each was changed, from the list that was read before they were."""
        known = []
        for task in tasks:
            if self._holds(task) and not self.request.dry_run:
                self.raw.keep(task)
            named = self._name(task)
            known.append(named)
            self.memory.settle(int(named["id"]), "", self._claims(named))
        newest = {claim.annotation for _, claim in self.memory.newest().values()}
        outcomes: list[Outcome] = []
        for task in known:
            of_task = list(self._read(task, newest))
            number = int(task["id"])
            is_open = any(each.kind in OPEN for each in of_task)
            self.memory.settle(number, "" if is_open else times.get(number, ""), self._claims(task))
            outcomes += of_task
        if not self.request.dry_run:
            self.bases.write()
            self.memory.write()
        return outcomes

    def _holds(self, task: Json) -> bool:
        name = article_folder(task)
        return name == "_unknown" or self.keeping.workspace.store.article_path(name).is_file()

    def _name(self, task: Json) -> Json:
        """Return a task whose annotations have an annotator, even if the account is gone from the server."""
        owners = self.memory.owners()
        numbers = {name: number for number, name in self.memory.names.items()}
        annotations = []
        for annotation in task.get("annotations") or ():
            owner = owners.get(annotation.get("id")) if annotation.get("completed_by") is None else None
            annotations.append(annotation if owner not in numbers else annotation | {"completed_by": numbers[owner]})
        return task | {"annotations": annotations}

    def _claims(self, task: Json) -> list[Claim]:
        """Return what a task's annotations stand for; those that were skipped stand for nothing."""
        return [
            Claim(
                article_folder(task),
                annotator_of(each, self.memory.names),
                int(each["id"]),
                str(each.get("updated_at") or ""),
            )
            for each in task["annotations"]
            if not each.get("was_cancelled")
        ]

    def _read(self, task: Json, newest: set[int]) -> Iterator[Outcome]:
        article_id, number = article_folder(task), int(task["id"])
        if not self._holds(task):
            reason = (
                f"the corpus holds no article {article_id}. Hint: delete the task on the server, or add the article."
            )
            yield Outcome("foreign", article_id, task=number, said=(reason,))
            return
        conversion = from_task(task, self.memory.names)
        losses = find_losses(task, conversion)
        if losses:
            yield Outcome("lost", article_id, task=number, said=tuple(losses))
            return
        readings = iter(conversion.readings)
        for annotation in task["annotations"]:
            who, own = annotator_of(annotation, self.memory.names), int(annotation["id"])
            items = count_items(annotation)
            if annotation.get("was_cancelled"):
                yield Outcome("skipped", article_id, who, number, own, items=items)
                continue
            reading = next(readings)
            if own not in newest:
                yield Outcome("superseded", article_id, who, number, own, items=items)
                continue
            kind, said, here = self._settle(reading, article_id, who, annotation)
            yield Outcome(
                kind,
                article_id,
                who,
                number,
                own,
                said=(*said, *_remarks(reading, annotation)),
                proposals=reading.proposals,
                items=items,
                here=here,
                there=reading.document if kind == "conflict" else None,
            )

    def _settle(
        self, reading: Reading, article_id: str, who: str, annotation: Json
    ) -> tuple[Kind, list[str], Document | None]:
        there = reading.document
        faults = [str(each) for each in reading.rejected]
        if there is not None and not faults:
            faults = find_faults(self.keeping.workspace, there)
        if there is None or faults:
            return "rejected", faults, None
        here, base = self.keeping.read(article_id, who), self.bases.of(article_id, who)
        deed = decide(base.document if base else None, here.labels, labels(there))
        side = self.request.settles(article_id, who) if deed == "conflict" else None
        stamp = (int(annotation["id"]), str(annotation.get("updated_at") or ""))
        if deed == "conflict" and side is None:
            self.keeping.dispute(there)
            return "conflict", [here.reason or "it was changed on both sides."], here.document
        if deed == "keep" or side == "ours":
            self.keeping.clear(article_id, who)
            self.bases.agree(there, *stamp)
            return "kept", [], None
        if deed == "same":
            assert here.document is not None
            self.keeping.refresh(here.document, there)
        else:
            if side == "theirs":
                self.keeping.put_away(here, article_id, who)
            self.keeping.take(here, there)
        self.bases.agree(there, *stamp)
        return "unchanged" if deed == "same" else "written", [], None


def _remarks(reading: Reading, annotation: Json) -> Iterator[str]:
    """Yield what a person should know of an annotation, though it can be used."""
    for region, what in (*reading.repaired, *reading.inferred):
        yield f"region {region}: {what}"
    document = reading.document
    if document is not None and document.label_studio is not None and document.label_studio.edited_by:
        yield f"it was last saved by {document.label_studio.edited_by}."
    if annotation.get("ground_truth"):
        yield "it is marked as ground truth on the server, which does not make it gold."
    if number_of(annotation.get("completed_by")) is None:
        yield "the server does not say whose it is: the account is gone."
