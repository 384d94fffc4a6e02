"""The commands that go to a Label Studio server: push, pull, status and watch."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_table

if TYPE_CHECKING:
    from stancebank.agreement.compare import Difference
    from stancebank.annotate.client import Server
    from stancebank.annotate.controls import Profile
    from stancebank.annotate.sync.status import ArticleStatus, ProjectStatus
    from stancebank.annotate.sync.types import PullOptions, PullResult, PushResult
    from stancebank.model import Document
    from stancebank.schema.fields import Scheme
    from stancebank.workspace import Workspace

_OFTEN = 100  # things done between two lines of progress
_LISTS = {  # what was done, and the list of the JSON object that it is in
    "project": "projects",
    "create": "create",
    "unchanged": "unchanged",
    "changed": "changed",
    "replace": "replaced",
    "orphaned": "orphaned",
    "prune": "pruned",
    "duplicate": "duplicates",
    "no-text": "no-text",
    "prediction": "predictions",
    "annotation": "annotations",
    "refused": "refused",
}


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1)
@click.option("--profile", type=click.Choice(["full", "core"]), help="Of the interface. Default: that of the settings.")
@click.option("--gold", is_flag=True, help="Show gold documents as pre-annotations.")
@click.option("--annotator", "shown", multiple=True, metavar="NAME", help="Show an annotator's; repeat for more.")
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Show those of a JSON file: one document, or a list of them.",
)
@click.option(
    "--annotations", multiple=True, metavar="NAME", help="Send an annotator's documents as submitted annotations."
)
@click.option(
    "--overlap",
    type=click.IntRange(1),
    metavar="N",
    help="How many annotators each article is to have; they see each other's work.",
)
@click.option("--blind", multiple=True, metavar="NAME", help="A project for this annotator alone; repeat for more.")
@click.option("--replace", is_flag=True, help="Replace labelled tasks whose article has other words now.")
@click.option("--prune", is_flag=True, help="Remove unlabelled tasks of articles that are gone.")
@click.option("--allow-text-upload", "send_words", is_flag=True, help="Send withheld words to a server elsewhere.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what is done as a JSON object of lists.")
@click.pass_context
def push(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    profile: "Profile | None",
    gold: bool,
    shown: tuple[str, ...],
    files: tuple[Path, ...],
    annotations: tuple[str, ...],
    overlap: int | None,
    blind: tuple[str, ...],
    replace: bool,
    prune: bool,
    send_words: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring articles to Label Studio: a project, a task for each article, readings to start from.

    Reads records, words, registries and documents, of all articles if no ID is given; writes to the server, and below
    .stancebank/label-studio what it has to remember. Start with --dry-run, which prints the plan and changes nothing.

    A first push makes the project, with the labelling interface that the schema compiles to. A second one changes
    nothing. After an edit, it renews what differs: titles and lists in the tasks, and pre-annotations. It goes on with
    one that broke off, and a reply that is lost on the way never doubles a task.

    Labels are never harmed. Where an article has other words now, a task without labels is replaced; one with labels
    is refused, until --replace keeps it in .stancebank and lets it go. Tasks of articles that are gone stay, unless
    --prune removes those without labels. An article that is refused is left as it is; the others go on, and the
    command exits with 4.

    Several annotators: --overlap 2 lets two label each article in one project, where they can see each other's work;
    --blind NAME makes a project each, where they cannot. Later pushes go to all projects that there are.

    \b
    Example:
      stancebank annotate push --dry-run
      stancebank annotate push --gold
      stancebank annotate push --blind ann-1 --blind ann-2
      stancebank annotate push --annotations ann-1
    """
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.push import push as push_workspace
    from stancebank.annotate.sync.types import PushOptions

    workspace = get_workspace(ctx)
    options = PushOptions(
        articles=article_ids,
        profile=profile,
        documents=tuple(_documents(workspace, gold, shown, files)),
        annotations=annotations,
        replace=replace,
        prune=prune,
        overlap=overlap,
        blind=blind,
        send_words=send_words,
    )
    results: list[PushResult] = []
    try:
        for result in push_workspace(connect(workspace), workspace, options, dry_run=dry_run):
            results.append(result)
            if len(results) % _OFTEN == 0:
                click.echo(f"{len(results)} done, the last one {result.action} {result.article_id}", err=True)
    finally:  # also what was done before the server failed
        if as_json:
            click.echo(json.dumps(_lists(results), ensure_ascii=False))
        elif results:
            _print(results, dry_run)
    _require_no_refusal(results)


def _documents(workspace: "Workspace", gold: bool, names: Iterable[str], files: Iterable[Path]) -> Iterable["Document"]:
    """Yield the documents to be shown. Raises InputError where there are none of a name, or a file holds others."""
    from stancebank.annotate.sync.push import read_documents
    from stancebank.errors import InputError

    for name in (*([None] if gold else []), *names):
        found = list(workspace.store.documents(name))
        if not found:
            raise InputError(f"There is no document of {name or 'gold'}.\nHint: name a folder of corpus/annotations.")
        yield from found
    for file in files:
        yield from read_documents(file, workspace.schema_dir)


def _lists(results: Iterable["PushResult"]) -> dict[str, list[dict[str, object]]]:
    lists: dict[str, list[dict[str, object]]] = {name: [] for name in _LISTS.values()}
    for result in results:
        value = asdict(result)
        lists[_LISTS[value.pop("action")]].append(value)
    return lists


def _print(results: list["PushResult"], dry_run: bool) -> None:
    rows = [
        [_LISTS[result.action], result.article_id, str(result.task or ""), result.project, result.reason]
        for result in results
        if result.action != "unchanged"
    ]
    if rows:
        print_table(["what", "article", "task", "project", "reason"], rows)
    counts = Counter(_LISTS[result.action] for result in results)
    summary = ", ".join(f"{number} {name}" for name, number in counts.items()) or "nothing to do"
    click.echo(f"{summary}{'; nothing was changed, this was a dry run' if dry_run else ''}.", err=True)


def _require_no_refusal(results: Iterable["PushResult"]) -> None:
    from stancebank.errors import ConflictError

    refused = [result for result in results if result.action == "refused"]
    if refused:
        few = "; ".join(f"{result.article_id}, task {result.task}: {result.reason}" for result in refused[:3])
        raise ConflictError(
            f"{len(refused)} refused, and left as they are: {few}{'; ...' if len(refused) > 3 else ''}.\n"
            "Hint: pull what annotators have done; then push with --replace where the text has changed."
        )


_MESSAGES = {
    "written": "written",
    "unchanged": "unchanged",
    "local-newer": "changed here and kept; `stancebank annotate push --annotations {annotator}` sends it",
    "conflict": "in conflict, nothing done; both are kept. "
    "Hint: `stancebank annotate pull --ours {annotator}/{article_id}`, or --theirs",
    "rejected": "not taken",
    "duplicate": "set aside, since another task of the article stands",
    "unknown-article": "left on the server",
    "skipped": "skipped by the annotator",
    "outdated": "set aside, since the annotator has a newer one",
    "removed": "removed from the server, archived here",
    "needs-confirmation": "removed from the server, and still here. Hint: check, then pull with --accept-deletions",
    "internal-error": "not taken, since part of it would be lost: a fault of the toolkit, please report it; "
    "the raw task is kept",
    "project-missing": "no longer on the server",
}
_CODES = {
    "rejected": 1,
    "unknown-article": 1,
    "duplicate": 4,
    "internal-error": 3,
    "conflict": 4,
    "needs-confirmation": 4,
    "project-missing": 4,
}


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--full", is_flag=True, help="Fetch all tasks, not only those that changed.")
@click.option("--ours", is_flag=True, help="In conflicts, of the articles ID or all, keep the local document.")
@click.option("--theirs", is_flag=True, help="In conflicts, of the articles ID or all, take what the server has.")
@click.option("--accept-deletions", is_flag=True, help="Remove documents however many are gone from the server.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Print each inference, and the faults that were printed before.")
@click.option("--json", "as_json", is_flag=True, help="Print what is done as a JSON object.")
@click.pass_context
def pull(
    ctx: click.Context,
    ids: tuple[str, ...],
    full: bool,
    ours: bool,
    theirs: bool,
    accept_deletions: bool,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Take what annotators marked in Label Studio into their documents.

    Reads the tasks that changed since the last pull; writes corpus/annotations/<annotator>/<id>.json, and below
    .stancebank/label-studio the tasks as they came, before anything is read out of them. Names of annotators are
    pseudonyms. A pull that broke off is gone on with by the next one; a second one changes nothing.

    Nothing is lost on the way: every item of every annotation is in a document, or is listed with its words, its task
    and a hint. A region that cannot be used, or that `stancebank check` would refuse, is left out of the document, and
    the annotation stays open until it is mended: exit 1. Faults come first, and once; `stancebank annotate status
    --rejected` lists all that are open. A task of no article is left where it is. Skipped articles and drafts are no
    documents.

    A document that was changed here stays; a push sends it. Where the server's was changed as well, both are kept, the
    fields that differ are shown, and the command exits with 4; the others are written all the same. Then decide: with
    --ours or --theirs, for the articles named as ID (or annotator/ID), or for all conflicts. What loses is put away,
    not destroyed. What was deleted on the server goes here, too, if it is unchanged, and is put away; many at once
    only with --accept-deletions.

    \b
    Example:
      stancebank annotate pull --dry-run
    """
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.pull import pull as pull_all
    from stancebank.annotate.sync.types import PullOptions
    from stancebank.errors import StancebankError

    if ours and theirs:
        raise click.UsageError("--ours and --theirs exclude each other.")
    if ids and not (ours or theirs):
        raise click.UsageError("An ID says which conflicts --ours or --theirs decides; a pull takes all articles.")
    side = "ours" if ours else "theirs" if theirs else None
    options = PullOptions(full, dry_run, side, frozenset(ids), accept_deletions)  # type: ignore[arg-type]
    workspace = get_workspace(ctx)
    for name in ids:
        workspace.store.article(name.rpartition("/")[2])  # a mistyped id would decide nothing
    report = PullReport(workspace, options, quiet=as_json, verbose=verbose)
    try:
        for result in pull_all(connect(workspace), workspace, options):
            report.add(result)
    except StancebankError:
        if report.counts:  # what was written until then remains
            report.end(as_json=as_json)
        raise
    report.end(as_json=as_json)
    ctx.exit(report.code)


class PullReport:
    """Collects what a pull does, and prints it: faults first, and each of them once.

    quiet: print only the JSON object at the end. verbose: print each inference, and faults that were printed before.
    """

    def __init__(
        self, workspace: "Workspace", options: "PullOptions", *, quiet: bool = False, verbose: bool = False
    ) -> None:
        self._workspace = workspace
        self._dry_run = options.dry_run
        self._quiet = quiet
        self._verbose = verbose
        self._results: list[PullResult] = []
        self.counts: Counter[str] = Counter()
        self._faulty = 0

    @property
    def code(self) -> int:
        """The exit code of the command: the highest of all results."""
        return max((*(_CODES.get(kind, 0) for kind in self.counts), 1 if self._faulty else 0))

    def add(self, result: "PullResult", *, only_changes: bool = False) -> None:
        """Take up the result for one annotation. only_changes: leave it out where nothing happened."""
        self.counts[result.kind] += 1
        self._faulty += bool(result.faults)
        is_quiet = result.kind in ("unchanged", "local-newer", "skipped", "outdated")
        is_told = (
            result.faults and not result.new_faults and result.kind in ("rejected", "unknown-article", "duplicate")
        )
        if not only_changes or not (is_quiet or is_told) or result.new_faults:
            self._results.append(result)
        if not self._quiet and sum(self.counts.values()) % _OFTEN == 0:
            click.echo(f"{sum(self.counts.values())} read, the last one {result.article_id}", err=True)

    def end(self, *, as_json: bool) -> None:
        """Print everything, and a summary."""
        self.print()
        if as_json:
            rows = [
                {key: value for key, value in asdict(each).items() if key not in ("here", "there")}
                | {"differences": [asdict(one) for one in _differences(each, self._workspace.scheme)]}
                for each in self._results
            ]
            value = {"counts": dict(sorted(self.counts.items())), "outcomes": rows}
            click.echo(json.dumps(value, ensure_ascii=False))
        summary = ", ".join(f"{number} {kind}" for kind, number in sorted(self.counts.items())) or "Nothing has changed"
        click.echo(f"{summary}{'; nothing was changed, this was a dry run' if self._dry_run else ''}.", err=True)

    def print(self) -> None:
        """Print what was collected, unless the report is quiet."""
        if self._quiet:
            return
        told = 0
        for each in self._results:
            shown = each.faults if self._verbose else each.new_faults
            told += len(each.faults) - len(shown)
            where = ", ".join(name for name in (each.article_id, each.annotator) if name)
            for fault in shown:
                click.echo(f"{where}{', ' if where else ''}{fault} {each.link}".rstrip(), err=True)
        if told:
            hint = "`stancebank annotate status --rejected` lists them."
            click.echo(
                f"{count(told, 'fault')} of earlier pulls {'is' if told == 1 else 'are'} still open: {hint}", err=True
            )
        inferred = 0
        for each in self._results:
            inferred += self._print_one(each)
        if inferred and not self._verbose:
            click.echo(f"{count(inferred, 'thing')} repaired or inferred: -v shows each.", err=True)

    def _print_one(self, result: "PullResult") -> int:
        """Print what became of an annotation; return how many inferences there are."""
        if result.kind == "unchanged":  # the end counts them
            return 0
        from stancebank.cli.readings import proposal_hint

        where = f"task {result.task}, annotation {result.annotation}: " if result.task else ""
        for line in (*result.messages, *(result.inferred if self._verbose else ())):
            click.echo(f"{where}{line}", err=True)
        for new in result.proposals:
            click.echo(f"{where}{proposal_hint(new)}", err=True)
        is_told = not result.new_faults and not self._verbose
        if result.kind == "project-missing" or (
            is_told and result.kind in ("rejected", "unknown-article", "duplicate")
        ):
            return 0
        what = _MESSAGES[result.kind].format(annotator=result.annotator, article_id=result.article_id)
        if self._dry_run and result.kind in ("written", "removed"):
            what = {"written": "would be written", "removed": "removed from the server, would be archived"}[result.kind]
        if result.faults and result.kind == "written":
            what += f" without what cannot be used, {count(len(result.faults), 'fault')}; open until it is mended"
        who = f", {result.annotator}" if result.annotator else ""
        click.echo(f"{result.article_id or f'task {result.task}'}{who}: {what}.")
        differences = _differences(result, self._workspace.scheme)
        if differences:
            from stancebank.cli.compare import print_differences

            click.echo("one is here, the other on the server:", err=True)
            print_differences(differences, self._workspace.store)
        return len(result.inferred)


def _differences(result: "PullResult", scheme: "Scheme") -> "list[Difference]":
    here, there = result.here, result.there
    if result.kind != "conflict" or here is None or there is None or here.text_sha256 != there.text_sha256:
        return []
    from stancebank.agreement.compare import compare

    return compare([(here, there)], scheme).differences


@click.command()
@click.option("--articles", is_flag=True, help="Show every article and annotator, too.")
@click.option("--rejected", is_flag=True, help="List what cannot be used, by annotator, with words and addresses.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with a list of the projects.")
@click.pass_context
def status(ctx: click.Context, articles: bool, rejected: bool, as_json: bool) -> None:
    """Show how far the labelling in Label Studio is, and where the two sides differ.

    Reads the tasks on the server and the documents here; writes nothing, here or there. For each annotator: articles
    done, begun (a draft, not submitted), skipped and to do, those of which something cannot be used, those that a pull
    would bring or that were changed here since, conflicts, and the pace: the median time of an article and of 100 words
    of its text, as Label Studio measured it, breaks included. Then where the project is behind the workspace, as a push
    would fix it.

    \b
    Example:
      stancebank annotate status --articles
      stancebank annotate status --json | jq '.projects[].pace'
    """
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.status import read_statuses

    workspace = get_workspace(ctx)
    statuses = read_statuses(connect(workspace), workspace)
    if as_json:
        click.echo(json.dumps({"projects": [_value(each) for each in statuses]}, ensure_ascii=False))
        return
    for project in statuses:
        _status_print(project, articles=articles, rejected=rejected)


def _status_print(project: "ProjectStatus", *, articles: bool, rejected: bool) -> None:
    begun = len(project.articles) - len(project.untouched)
    click.echo(f"{project.project.title}: {count(len(project.articles), 'article')}, {begun} begun.")
    rows = []
    for name in sorted({each.annotator for each in project.cells} | {project.project.annotator or ""} - {""}):
        cells = [each for each in project.cells if each.annotator == name]
        states = Counter(each.state for each in cells)
        pace = project.pace(name)
        rows.append(
            [
                name,
                *(str(states[state]) for state in ("done", "draft", "skipped")),
                str(len(project.articles) - len(cells)),
                str(sum(bool(each.faults) for each in cells)),
                *(str(sum(getattr(each, flag) for each in cells)) for flag in ("behind", "edited", "conflict")),
                _time(pace[0]) if pace else "–",
                _time(pace[1]) if pace else "–",
            ]
        )
    if rows:
        head = ("annotator", "done", "draft", "skipped", "to do", "rejected", "to pull", "changed here", "conflicts")
        print_table([*head, "pace", "per 100 words"], rows)
    if articles:
        shown = [[each.article_id, each.annotator, each.state, _flags(each)] for each in project.cells]
        shown += [[name, "–", "to do", ""] for name in project.untouched]
        print_table(["article", "annotator", "state", ""], sorted(shown))
    faulty = [each for each in project.cells if each.faults]
    if rejected:
        for cell in sorted(faulty, key=lambda each: (each.annotator, each.article_id)):
            for fault in cell.faults:
                click.echo(f"{cell.annotator}, {cell.article_id}: {fault}")
    elif faulty:
        click.echo("`stancebank annotate status --rejected` lists what was rejected, and why.", err=True)
    for line in project.unusable:
        click.echo(f"Nobody can use {line}", err=True)
    for what, number in sorted(Counter(each.what for each in project.drift if each.article_id).items()):
        click.echo(f"{count(number, 'article')}: {what}.", err=True)
    for each in project.drift:
        if not each.article_id:
            click.echo(f"The project: {each.what}.", err=True)
    if project.drift:
        click.echo("`stancebank annotate push --dry-run` tells what a push would fix.", err=True)


def _flags(cell: "ArticleStatus") -> str:
    flags = {
        "rejected": bool(cell.faults),
        "to pull": cell.behind,
        "changed here": cell.edited,
        "conflict": cell.conflict,
    }
    return ", ".join(name for name, holds in flags.items() if holds)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _value(project: "ProjectStatus") -> dict[str, object]:
    names = sorted({each.annotator for each in project.cells})
    paces = {name: project.pace(name) for name in names}
    return {
        "project": {
            key: value
            for key, value in asdict(project.project).items()
            if key in ("id", "created", "title", "annotator")
        },
        "articles": project.articles,
        "untouched": project.untouched,
        "cells": [asdict(each) for each in project.cells],
        "drift": [asdict(each) for each in project.drift],
        "unusable": project.unusable,
        "pace": {
            name: {"article_seconds": pace[0], "seconds_per_100_words": pace[1]}
            for name, pace in paces.items()
            if pace is not None
        },
    }


LONGEST = 300.0  # seconds between two attempts, while the server is away


class _Stop(BaseException):
    """Somebody asked to stop."""


class _Bell:
    """Turns SIGINT and SIGTERM into an end: at once, or after what is being written is written."""

    def __init__(self) -> None:
        self._rung = False
        self._shielded = False
        self._waiting = threading.Event()

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let what is inside come to its end first."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
        if self._rung:
            raise _Stop

    def ring(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self._rung = True
        if not self._shielded:
            raise _Stop

    def wait(self, seconds: float) -> None:
        """Do nothing for a while; a signal ends it."""
        self._waiting.wait(seconds)


@click.command()
@click.option("--every", type=click.FloatRange(1), default=30.0, show_default=True, help="Seconds between two pulls.")
@click.pass_context
def watch(ctx: click.Context, every: float) -> None:
    """Keep pulling what annotators mark in Label Studio, until Ctrl+C.

    Reads and writes what `stancebank annotate pull` does, and says what has changed. Conflicts, and annotations of
    which anything is rejected, are said when they come up or change, and wait for a person. A server that goes away is
    waited for. Ctrl+C and SIGTERM end it at once, or once what is being written is whole; either is a clean end, with
    exit code 0.

    \b
    Example:
      stancebank annotate watch --every 60
    """
    from stancebank.annotate.connection import connect

    workspace = get_workspace(ctx)
    server, bell = connect(workspace), _Bell()
    before = {number: signal.signal(number, bell.ring) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _watch(server, workspace, bell, every)
    except _Stop:
        click.echo("Stopped.", err=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(server: "Server", workspace: "Workspace", bell: _Bell, every: float) -> None:
    from stancebank.annotate.connection import LOCAL, remove_export_copies
    from stancebank.annotate.sync.pull import pull
    from stancebank.annotate.sync.state import BusyError
    from stancebank.annotate.sync.types import PullOptions, PullResult
    from stancebank.cli.sync import PullReport
    from stancebank.errors import ServerError

    click.echo(f"Watching {server.url}, every {every:g} seconds. Ctrl+C ends it.", err=True)
    options, away, reported = PullOptions(), 0, set[PullResult]()
    while True:
        remove_export_copies(workspace.root / LOCAL / "studio")
        report, now = PullReport(workspace, options), set[PullResult]()
        try:
            for result in pull(server, workspace, options, shield=bell.shield):
                now.add(result)
                if result not in reported:
                    report.add(result, only_changes=True)
            report.print()
        except BusyError:
            bell.wait(every)
            continue
        except ServerError as error:
            if error.status in (401, 403):
                raise
            away += 1
            if away == 1:
                click.echo(f"{error}\nWaiting for it.", err=True)
            bell.wait(min(every * 2**away, LONGEST))
            continue
        if away:
            click.echo(f"{server.url} is back.", err=True)
        away, reported = 0, now
        bell.wait(every)
