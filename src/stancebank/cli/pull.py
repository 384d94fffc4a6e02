"""The commands `annotate pull` and `annotate watch`, and how the results of a pull are printed."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import OFTEN, count, get_workspace
from stancebank.cli.params import dry_run_option, json_option
from stancebank.cli.readings import follower_of

if TYPE_CHECKING:
    from stancebank.agreement.compare import Difference
    from stancebank.annotate.client import Server
    from stancebank.annotate.sync.types import PullOptions, PullResult
    from stancebank.schema.fields import Scheme
    from stancebank.workspace import Workspace


_MESSAGES = {
    "written": "written",
    "unchanged": "unchanged",
    "local-newer": "changed here and kept; `stancebank annotate push --annotations {annotator}` sends it",
    "conflict": "in conflict, nothing done; both are kept. "
    "Hint: `stancebank annotate pull --ours {annotator}/{article_id}`, or --theirs",
    "rejected": "not taken",
    "duplicate": "set aside, since another task of the article is used",
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
@click.argument("ids", metavar="[ID]...", nargs=-1, type=ArticleId())
@click.option("--full", is_flag=True, help="Fetch all tasks, not only those that changed.")
@click.option("--ours", is_flag=True, help="In the conflicts of the articles ID, or in all, keep the local document.")
@click.option(
    "--theirs", is_flag=True, help="In the conflicts of the articles ID, or in all, take the annotation of the server."
)
@click.option(
    "--accept-deletions", is_flag=True, help="Archive the documents of deleted annotations, however many there are."
)
@dry_run_option("Print what would be done, and do nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Print each inference, and the faults that were printed before.")
@json_option("Print what is done as a JSON object.")
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
    """Import what annotators submitted in Label Studio into their documents.

    Reads the tasks that changed since the last pull; writes corpus/annotations/<annotator>/<id>.json, and first the
    unchanged tasks to .stancebank/label-studio. Where suggestions were shown, corpus/suggestions/begun.csv says what
    became of them. Names of annotators are pseudonyms. Pull can be interrupted and repeated.

    No label is lost: each is in a document, or is listed with its words, its task and a hint. A region that cannot be
    used, or that `stancebank check` would refuse, is left out of the document; the annotation stays open until it is
    corrected, and the exit code is 1. A fault is printed once; `stancebank annotate status --rejected` lists all open
    ones. A task without an article of the corpus is left on the server. Skipped articles and drafts give no documents.

    A document that was changed here stays; a push sends it. If both sides were changed, that is a conflict: both are
    kept, the fields that differ are shown, and the command exits with 4; other documents are written as usual. Decide
    with --ours or --theirs, for the articles named as ID (or annotator/ID) or for all conflicts; the other version is
    archived. A document whose annotation was deleted on the server is archived, too, if it is unchanged here; many at
    once only with --accept-deletions.

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
    server = connect(workspace)
    try:
        for result in pull_all(server, workspace, options, follower=follower_of(workspace, server)):
            report.add(result)
    except StancebankError:
        if report.counts:  # what was written until then remains
            report.end(as_json=as_json)
        raise
    report.end(as_json=as_json)
    if not dry_run:
        _take_answers(workspace, report.answering)
    ctx.exit(report.code)


def _take_answers(workspace: "Workspace", answering: Mapping[str, list[str]]) -> None:
    """Let documents that came from a push with --queue answer what waits. answering: their articles by annotator."""
    from stancebank.migration.queue import answers_of, write_answers

    for annotator, articles in answering.items():
        with workspace.store.alone("stancebank annotate pull"):
            answered = answers_of(workspace, annotator, articles)
            write_answers(workspace, answered)
        if answered.answers:
            click.echo(
                f"{annotator}: {count(answered.answers, 'answer')} taken; {count(answered.open, 'field')} of these "
                "articles still to be answered.",
                err=True,
            )


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
        self.answering: dict[str, list[str]] = {}

    @property
    def code(self) -> int:
        """The exit code of the command: the highest of all results."""
        return max((*(_CODES.get(kind, 0) for kind in self.counts), 1 if self._faulty else 0))

    def add(self, result: "PullResult", *, only_changes: bool = False) -> None:
        """Take up the result for one annotation. only_changes: leave it out where nothing happened."""
        self.counts[result.kind] += 1
        self._faulty += bool(result.faults)
        if result.queue and result.kind in ("written", "unchanged"):
            self.answering.setdefault(result.annotator, []).append(result.article_id)
        is_quiet = result.kind in ("unchanged", "local-newer", "skipped", "outdated")
        is_told = (
            result.faults and not result.new_faults and result.kind in ("rejected", "unknown-article", "duplicate")
        )
        if not only_changes or not (is_quiet or is_told) or result.new_faults:
            self._results.append(result)
        if not self._quiet and sum(self.counts.values()) % OFTEN == 0:
            click.echo(f"{sum(self.counts.values())} read, the last one {result.article_id}", err=True)

    def end(self, *, as_json: bool) -> None:
        """Print everything, and a summary."""
        self.print()
        if as_json:
            rows = [
                {key: value for key, value in asdict(each).items() if key not in ("here", "there", "queue")}
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
            what += f" without what cannot be used, {count(len(result.faults), 'fault')}; open until it is corrected"
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
    """Pull again and again what annotators submit in Label Studio, until Ctrl+C.

    Reads and writes what `stancebank annotate pull` does, and prints what has changed. Conflicts and rejected labels
    are printed when they appear or change, and are left to you. If the server does not answer, the command waits for
    it. Ctrl+C and SIGTERM end it, as soon as a document that is being written is complete; the exit code is 0.

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
    from stancebank.annotate.sync.types import PullOptions, PullResult
    from stancebank.errors import BusyError, ServerError

    click.echo(f"Watching {server.url}, every {every:g} seconds. Ctrl+C ends it.", err=True)
    options, away, reported = PullOptions(), 0, set[PullResult]()
    while True:
        remove_export_copies(workspace.root / LOCAL / "studio")
        report, now = PullReport(workspace, options), set[PullResult]()
        try:
            for result in pull(server, workspace, options, shield=bell.shield, follower=follower_of(workspace, server)):
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
