"""The command that takes labels as files: readings by quotes, and exports of Label Studio."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.foreign import (
    TOOLS,
    judge_labels,
    print_template,
    read_labels,
    template_hint,
    tool_annotators,
)
from stancebank.cli.output import PlainFile, count, get_workspace, require_value, writes
from stancebank.cli.params import dry_run_option, engine_option, json_option, workers_option
from stancebank.cli.readings import follower_of, proposal_hint, pseudonyms
from stancebank.cli.reporting import counted, described, report, require_acceptable, say_removed
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.annotate.conversion import Converted
    from stancebank.annotate.decode.document import AnnotationResult, Conversion
    from stancebank.annotate.intake import Options, ReadingIntake
    from stancebank.cli.foreign import Labels
    from stancebank.model import Document

STDIN = "stdin"
"""What messages call standard input."""


class LabelFiles(PlainFile):
    """A file or a folder with labels, or ``-`` for standard input."""

    def __init__(self) -> None:
        super().__init__()
        self.dir_okay, self.allow_dash = True, True

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path. Raises a usage error where it is no file and no folder."""
        return Path("-") if str(value) == "-" else super().convert(value, param, ctx)


class ExportIntake:
    """Takes the tasks of exports one by one: of each annotation what can be used becomes a document.

    faults: how many annotations could not be taken whole. results: what became of each, for JSON.
    """

    def __init__(
        self,
        intake: "ReadingIntake",
        annotators: dict[int, str],
        *,
        dry_run: bool,
        verbose: bool,
        quiet: bool = False,
        engine: str = "",
        workers: int = 1,
    ) -> None:
        from stancebank.annotate.usable import Taker

        self.faults = 0
        self.results: list[dict[str, Any]] = []
        self._intake = intake
        self._workspace = intake.workspace
        self._annotators = annotators
        self._dry_run = dry_run
        self._verbose = verbose
        self._quiet = quiet
        self._engine, self._workers = engine, workers
        self._taker = Taker(intake.workspace, intake.additions)
        self._taken: dict[str, Document] = {}
        self._inferred = 0
        self._file = ""
        self._follower = None if dry_run else follower_of(intake.workspace)

    def take(self, file: Path, name: str) -> None:
        """Take every annotation of an export. name: what people call it. Raises InputError where it is none."""
        from stancebank.annotate.conversion import convert
        from stancebank.records import seldom_collecting

        self._file = name
        with seldom_collecting():
            self._take_all(convert(file, self._taker, self._annotators, engine=self._engine, workers=self._workers))

    def _take_all(self, found: "Iterable[Converted]") -> None:
        for each in found:
            conversion = each.conversion
            for annotation in conversion.cancelled:
                click.echo(f"task {conversion.task}, annotation {annotation}: skipped by its annotator.", err=True)
            for reading in conversion.readings:
                document = self._take(conversion, reading, each.text)
                if self._follower is not None and document is not None and reading.document is not None:
                    task = dict(each.task)
                    annotations = (held for held in task.get("annotations") or () if isinstance(held, dict))
                    raw = {held.get("id"): held for held in annotations}.get(reading.annotation, {})
                    self._follower.take(task, raw, reading.document, document, None)

    def end(self) -> None:
        """Note what became of suggestions, and say how much was inferred."""
        if self._follower is not None:
            self._follower.write()
        if self._inferred and not self._verbose:
            click.echo(f"{count(self._inferred, 'thing')} repaired or inferred: -v shows each.", err=True)

    def _take(self, conversion: "Conversion", reading: "AnnotationResult", text: str) -> "Document | None":
        """Take an annotation, say what became of it, and return the document that it is now."""
        where = f"task {conversion.task}, annotation {reading.annotation}"
        usable = self._taker.take(reading, conversion.task, text)
        document, faults = usable.document, [*usable.faults]
        if document is not None and (fault := self._refusal(document)):
            document = None
            faults.append(f"{where}: {fault}")
        for line in faults:
            click.echo(line, err=True)
        notes = [f"{where}: {each}" for each in reading.notices]
        inferred = [f"{where}, region {region}: {what}" for region, what in (*reading.repaired, *reading.inferred)]
        self._inferred += len(inferred)
        for line in (*notes, *(inferred if self._verbose else ())):
            click.echo(line, err=True)
        for proposal in reading.proposals if self._intake.additions is None else ():
            click.echo(f"{where}: {proposal_hint(proposal)}", err=True)
        self.faults += bool(faults)
        result: dict[str, Any] = {"file": self._file, "task": conversion.task, "annotation": reading.annotation}
        if document is None:
            self._say(f"{where}: not taken.", result | {"state": "refused", "faults": faults, "notes": notes})
            return None
        store = self._workspace.store
        name = store.document_name(document.article_id, document.annotator)
        before = self._taken.get(name) or store.find_document(document.article_id, document.annotator)
        self._taken[name] = document
        changed = not self._dry_run and document != before
        if changed:
            additions = self._intake.additions
            store.write_together([document], additions.take_registries() if additions is not None else ())
        plain = "would be written" if self._dry_run else "written" if changed else "unchanged"
        state = f"{plain} without what cannot be used, {count(len(faults), 'fault')}" if faults else plain
        told = counted(document)
        said = f"{document.article_id}, {document.annotator}: {told}, {state}."
        removed = self._intake.removed(before, document)
        self._say(said, result | described(document, plain, removed) | {"faults": faults, "notes": notes})
        for line in say_removed(document.article_id, removed, dry_run=self._dry_run):
            click.echo(line, err=True)
        return document

    def _say(self, line: str, result: dict[str, Any]) -> None:
        self.results.append(result)
        if not self._quiet:
            click.echo(line)

    def _refusal(self, document: "Document") -> str | None:
        """Return why a document may not take the place of the one that is there; None where it may."""
        store, name = self._workspace.store, document.annotator
        taken = self._taken.get(store.document_name(document.article_id, name))
        before = taken or store.find_document(document.article_id, name)
        if before is None:
            return None
        if name.startswith("user-unknown") and before.created_at != document.created_at:
            hint = "Hint: export again with the ids of the users, or rename the document that is there."
            return f"somebody else's document is called {name}, too, and stays. {hint}"
        if before.updated_at > document.updated_at:
            return f"{name} has a newer one, of {before.updated_at}."
        return None


_NO_GOLD_YET = (
    "--gold takes readings by quotes; an export has the work of annotators, and is not gold yet.\n"
    "Hint: import it without --gold; then run `stancebank annotate promote ID --annotator NAME --gold METHOD`."
)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=LabelFiles())
@click.option("--from", "tool", type=click.Choice(TOOLS), help="Take the labels of another tool, by a map.")
@click.option("--map", "map_file", type=PlainFile(), metavar="FILE", help="With --from: which label is what (TOML).")
@click.option("--map-template", "is_template", is_flag=True, help="With --from: print a map to be filled in.")
@click.option("--partial", is_flag=True, help="With --from: leave out statements with faults, and take the others.")
@click.option(
    "--gold",
    "method",
    metavar="METHOD",
    help="Write gold, and record how it became gold: a value of the vocabulary gold_method.",
)
@click.option("--by", metavar="NAME", help="With --gold: who decided, a pseudonym.")
@click.option("--reason", help="With --gold: the reason of the decision, a short code.")
@click.option("--rule", metavar="G-NN", help="With --gold: the guideline that decided.")
@click.option("--replace", "may_replace", is_flag=True, help="With --gold: take the place of gold that is there.")
@click.option("--add-missing", is_flag=True, help="Add entities and targets that the registries lack.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="[ID=]KIND",
    help="With --add-missing: the kind of the entities, or of one; repeat.",
)
@workers_option("exports")
@engine_option()
@dry_run_option("Read everything and report, write nothing.")
@json_option("Print a JSON object.")
@click.option("-v", "--verbose", is_flag=True, help="Print each inference from an export, not their number alone.")
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="[ID=]NAME",
    help="Pseudonym of a user of an exporting server; with --from, also whose labels all these are.",
)
@click.pass_context
@writes
def import_(
    ctx: click.Context,
    files: tuple[Path, ...],
    tool: str | None,
    map_file: Path | None,
    is_template: bool,
    partial: bool,
    method: str | None,
    by: str | None,
    reason: str | None,
    rule: str | None,
    may_replace: bool,
    add_missing: bool,
    kinds: tuple[str, ...],
    workers: int,
    engine: str,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
    annotators: tuple[str, ...],
) -> None:
    """Import readings by quotes, JSON exports of Label Studio, or labels of other tools.

    Reads FILES (files, folders, or - for standard input) and the articles' words; writes
    corpus/annotations/<annotator>/<id>.json, or corpus/gold/<id>.json with --gold. Nothing is written that `stancebank
    check` would refuse.

    A file of readings holds one, a list of them, or one a line (.jsonl); `stancebank help authoring` shows the form.
    Words are matched without regard to typography and case, and stored as the text has them. Of several places, the one
    next to the content is taken where that settles it. Spans lose white space, outer quotation marks, final stops and
    an introducing "that", and take along the connective right before a condition. Whatever is changed or inferred is
    reported. If any reading has a fault, all faults are listed, with file and line, and nothing is written.

    A reading takes the place of the annotator's former one; the statements that go are listed. Gold that is there is
    replaced with --replace alone. Existing statements keep their numbers in gold, and new ones get the next free ones.
    Gold that is adjudicated needs --by and --reason, and the readings of two annotators among the documents; gold by
    majority needs those of three, and each statement with its stance in most of them.

    Entities and targets that the registries lack are refused; with --add-missing, they are added, each with its name
    alone, and listed.

    An export (type JSON, of tasks that `stancebank` made; `stancebank help labelling`) is read task by task. What
    cannot be used, or would be refused by `stancebank check`, is listed and left out of the document; the exit code
    is then 1. --workers and --engine share out the reading of its tasks; what is said and written stays the same.

    With --from, FILES are those of another tool: brat (.ann beside .txt), doccano, prodigy (JSON lines) or conll. A map
    says which of their labels is what of a statement (`stancebank help formats`); --map-template prints one to be
    filled in. Words are looked for in the stored text, whatever text the tool had. What the map does not speak of is
    listed with counts, and every fault with its place in the tool's file; nothing is guessed.

    \b
    Example:
      stancebank annotate import readings/envoy.json --gold single
      stancebank annotate import labels/ --from brat --map-template > map.toml
      stancebank annotate import labels/ --from brat --map map.toml --annotator anna
    """
    from stancebank.annotate.exports import foreign_form, is_export
    from stancebank.annotate.intake import Options, ReadingIntake
    from stancebank.annotate.readings import read_files
    from stancebank.errors import InputError
    from stancebank.model import Gold

    if not method and (by or reason or rule or may_replace):
        raise click.UsageError("--by, --reason, --rule and --replace go with --gold.")
    if tool is None and (map_file or is_template or partial):
        raise click.UsageError("--map, --map-template and --partial go with --from.")
    if kinds and not add_missing:
        raise click.UsageError("--kind goes with --add-missing.")
    workspace = get_workspace(ctx)
    method = require_value(workspace, "gold_method", method, "--gold") if method else None
    gold = Gold(method=method, by=by, reason=reason, rule=rule) if method else None
    kind, by_id = _kinds(workspace, kinds)
    options = Options(gold, may_replace, add_missing, kind, by_id)
    if tool is not None:
        if Path("-") in files:
            raise click.UsageError("--from takes files and folders, and no standard input.")
        if is_template:
            print_template(workspace, files, tool)
            return
        if map_file is None:
            raise click.UsageError(f"--from needs a map of the labels.\n{template_hint(files, tool)}")
        found = read_labels(workspace, files, tool, map_file, tool_annotators(annotators), adds_missing=add_missing)
        is_whole = _take_labels(
            workspace, options, found, partial=partial, dry_run=dry_run, as_json=as_json, verbose=verbose
        )
        ctx.exit(0 if is_whole else 1)
    intake = ReadingIntake(workspace, options)
    names = pseudonyms(annotators, "--annotator")
    with TemporaryDirectory() as folder:
        given = list(_find(files, Path(folder)))
        if foreign := [said for path, _ in given if (said := foreign_form(path))]:
            raise InputError("\n".join(foreign))
        exports = [each for each in given if is_export(each[0])]
        if exports and method:
            raise click.UsageError(_NO_GOLD_YET)
        candidates = intake.read(read_files(each for each in given if each not in exports))
        taken = ExportIntake(
            intake, names, dry_run=dry_run, verbose=verbose, quiet=as_json, engine=engine, workers=workers
        )
        if not any(each.faults for each in candidates):
            for path, name in exports:
                taken.take(path, name)
            taken.end()
    results = report(intake, candidates, may_replace=may_replace, dry_run=dry_run, quiet=as_json)
    if as_json:
        value = {"readings": [*results, *taken.results], "added": [*intake.added], "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
    require_acceptable(candidates, may_replace=may_replace, dry_run=dry_run)
    if taken.faults:
        ctx.exit(1)


def _take_labels(
    workspace: Workspace,
    options: "Options",
    labels: "Labels",
    *,
    partial: bool,
    dry_run: bool,
    as_json: bool,
    verbose: bool,
) -> bool:
    """Write the readings that a tool's files gave, and say what became of all else. Return whether nothing had a fault.

    Raises InputError with every fault, unless only parts are wanted.
    """
    from stancebank.annotate.intake import ReadingIntake

    labels.tell(verbose=verbose)
    intake, candidates = judge_labels(labels, lambda: ReadingIntake(workspace, options), partial=partial)
    for fault in labels.report.faults:
        click.echo(fault, err=True)
    results = report(intake, candidates, may_replace=options.may_replace, dry_run=dry_run, quiet=as_json)
    if as_json:
        value = {"readings": results, "added": [*intake.added], "dry_run": dry_run, **labels.summary}
        click.echo(json.dumps(value, ensure_ascii=False))
        require_acceptable(candidates, may_replace=options.may_replace, dry_run=dry_run)
    elif not candidates:
        click.echo("No statement was taken.")
    return not labels.report.faults


def _kinds(workspace: Workspace, given: Iterable[str]) -> tuple[str | None, dict[str, str]]:
    """Return the kind that is given for all entities, and those for single ones by id."""
    kind, by_id = None, {}
    for each in given:
        name, equals, value = each.rpartition("=")
        value = require_value(workspace, "entity_kind", value, "--kind")
        if equals:
            by_id[name] = value
        else:
            kind = value
    return kind, by_id


def _find(files: Iterable[Path], folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that are given, those of folders among them, each with what people call it.

    folder: where standard input is kept meanwhile. Says which files of folders are left out; raises InputError where a
    folder has none.
    """
    from stancebank.annotate.readings import files_below
    from stancebank.errors import InputError

    for path in files:
        if str(path) == "-":
            kept = folder / STDIN
            kept.write_bytes(sys.stdin.buffer.read())
            yield kept, STDIN
        elif path.is_dir():
            found, others = files_below(path)
            for each in others:
                click.echo(f"{each}: left out, since it is neither .json nor .jsonl.", err=True)
            if not found:
                raise InputError(f"{path} has no file of readings.\nHint: they end in .json or .jsonl.")
            yield from ((each, str(each)) for each in found)
        else:
            yield path, str(path)
