"""The part of `annotate import` that takes exports of Label Studio: says what became of each annotation, and writes."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import count
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.annotate.decode.document import ArticleAnnotation, Conversion
    from stancebank.annotate.decode.statements import Proposal
    from stancebank.model import Document


def pseudonyms(given: Iterable[str], option: str) -> dict[int, str]:
    """Read ``ID=PSEUDONYM`` as typed on the command line. option: where, for the message of click.UsageError."""
    found = {}
    for each in given:
        number, equals, name = each.partition("=")
        if not (equals and number.isdecimal() and name):
            raise click.UsageError(f"{option} {each!r} is not like 7=ann-3: a user's id on the server, a pseudonym.")
        found[int(number)] = name
    return found


def proposal_hint(new: "Proposal") -> str:
    """Say of a name that the registries lack how it is added."""
    what, more = {"entities": ("entity", "--kind KIND"), "targets": ("target", "--definition WORDS --use USE")}[
        new.registry
    ]
    command = f"stancebank corpus {what} add {new.id} --name {shlex.quote(new.name)} {more}"
    return f"{new.name} is new.\nHint: run `{command}`."


@dataclass(slots=True)
class ExportIntake:
    """Takes the tasks of exports one by one; a document with anything rejected is not written.

    faults: how many annotations could not be taken whole.
    """

    workspace: Workspace
    annotators: dict[int, str]
    dry_run: bool
    faults: int = 0

    def take(self, file: Path) -> None:
        """Take every annotation of an export."""
        from stancebank.annotate.decode.document import from_task
        from stancebank.annotate.exports import read_export

        for task in read_export(file):
            conversion = from_task(task, self.workspace.scheme, self.annotators)
            for annotation in conversion.cancelled:
                click.echo(f"task {conversion.task}, annotation {annotation}: skipped by its annotator.", err=True)
            for reading in conversion.readings:
                self._take(conversion, reading)

    def _take(self, conversion: "Conversion", reading: "ArticleAnnotation") -> None:
        where = f"task {conversion.task}, annotation {reading.annotation}"
        for region, what in (*reading.repaired, *reading.inferred):
            click.echo(f"{where}, region {region}: {what}", err=True)
        for proposal in reading.proposals:
            click.echo(f"{where}: {proposal_hint(proposal)}", err=True)
        for rejected in reading.rejected:
            click.echo(str(rejected), err=True)
        document = reading.document
        if document is None or reading.rejected or self._is_faulty(document, where):
            self.faults += 1
            click.echo(f"{where}: not taken.")
            return
        changed = not self.dry_run and self.workspace.store.write_document(document)
        state = "would be written" if self.dry_run else "written" if changed else "unchanged"
        conditions = sum(len(each.conditions) for each in document.statements)
        click.echo(
            f"{document.article_id}, {document.annotator}: {count(len(document.statements), 'statement')}, "
            f"{count(conditions, 'condition')}, {state}."
        )

    def _is_faulty(self, document: "Document", where: str) -> bool:
        """Say why a document may not be written: its form, its article, or a newer one of the same annotator."""
        from stancebank.annotate.gold import find_faults

        store = self.workspace.store
        faults = find_faults(self.workspace, document)
        path = store.document_path(document.article_id, document.annotator)
        before = store.document(path) if not faults and path.is_file() else None
        if before is not None and before.updated_at > document.updated_at:
            faults.append(f"{document.annotator} has a newer one, of {before.updated_at}.")
        for fault in faults:
            click.echo(f"{where}: {fault}", err=True)
        return bool(faults)
