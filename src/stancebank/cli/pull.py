"""The command that takes what annotators marked from a Label Studio server into the workspace."""

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import get_workspace

if TYPE_CHECKING:
    from stancebank.agreement.compare import Difference
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
    "internal-error": 3,
    "conflict": 4,
    "needs-confirmation": 4,
    "project-missing": 4,
}


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--full", is_flag=True, help="Fetch all tasks, not only those that changed.")
@click.option("--ours", is_flag=True, help="In conflicts, of the articles ID or all, keep what stands here.")
@click.option("--theirs", is_flag=True, help="In conflicts, of the articles ID or all, take what the server has.")
@click.option("--accept-deletions", is_flag=True, help="Remove documents however many are gone from the server.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
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
    as_json: bool,
) -> None:
    """Take what annotators marked in Label Studio into their documents.

    Reads the tasks that changed since the last pull; writes corpus/annotations/<annotator>/<id>.json, and below
    .stancebank/label-studio the tasks as they came, before anything is read out of them. Names of annotators are
    pseudonyms. A pull that broke off is gone on with by the next one; a second one changes nothing.

    Nothing is lost on the way: every item of every annotation is in a document, or is listed with its place and its
    fix. An annotation of which anything cannot be used is not written (exit 1), and is listed each time until it is
    mended. Skipped articles and drafts are no documents.

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
    report = PullReport(workspace, options, quiet=as_json)
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
    """Prints what a pull does while it does it, and a summary. quiet: print only the JSON object at the end."""

    def __init__(self, workspace: "Workspace", options: "PullOptions", *, quiet: bool = False) -> None:
        self._workspace = workspace
        self._dry_run = options.dry_run
        self._quiet = quiet
        self._rows: list[dict[str, object]] = []
        self.counts: Counter[str] = Counter()

    @property
    def code(self) -> int:
        """The exit code of the command: the highest of all results."""
        return max((_CODES.get(kind, 0) for kind in self.counts), default=0)

    def add(self, result: "PullResult", *, only_changes: bool = False) -> None:
        """Print the result for one annotation."""
        self.counts[result.kind] += 1
        differences = _differences(result, self._workspace.scheme)
        if self._quiet:
            row = asdict(result) | {"differences": [asdict(each) for each in differences]}
            self._rows.append({key: value for key, value in row.items() if key not in ("here", "there")})
            return
        if only_changes and result.kind in ("unchanged", "local-newer", "skipped", "outdated"):
            return
        if result.kind == "unchanged":  # the end counts them
            return
        where = f"task {result.task}, annotation {result.annotation}"
        for line in result.messages:
            placed = line.startswith("task ") or not result.task  # a rejection names its place itself
            click.echo(line if placed else f"{where}: {line}", err=True)
        from stancebank.cli.exports import proposal_hint

        for new in result.proposals:
            click.echo(f"{where}: {proposal_hint(new)}", err=True)
        if result.kind == "project-missing":
            return
        what = _MESSAGES[result.kind].format(annotator=result.annotator, article_id=result.article_id)
        if self._dry_run and result.kind in ("written", "removed"):
            what = {"written": "would be written", "removed": "removed from the server, would be archived"}[result.kind]
        who = f", {result.annotator}" if result.annotator else ""
        click.echo(f"{result.article_id}{who}: {what}.")
        if differences:
            from stancebank.cli.compare import print_differences

            click.echo("one is here, the other on the server:", err=True)
            print_differences(differences, self._workspace.store)

    def end(self, *, as_json: bool) -> None:
        """Print the summary."""
        if as_json:
            value = {"counts": dict(sorted(self.counts.items())), "outcomes": self._rows}
            click.echo(json.dumps(value, ensure_ascii=False))
        summary = ", ".join(f"{number} {kind}" for kind, number in sorted(self.counts.items())) or "Nothing has changed"
        click.echo(f"{summary}{'; nothing was changed, this was a dry run' if self._dry_run else ''}.", err=True)


def _differences(result: "PullResult", scheme: "Scheme") -> "list[Difference]":
    here, there = result.here, result.there
    if result.kind != "conflict" or here is None or there is None or here.text_sha256 != there.text_sha256:
        return []
    from stancebank.agreement.compare import compare

    return compare([(here, there)], scheme).differences
