"""The commands `annotate adjudicate push` and `pull`: conflicts are decided in Label Studio."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, json_option
from stancebank.cli.push import print_summary, require_no_refusal, run_push

if TYPE_CHECKING:
    from stancebank.annotate.adjudication.pull import VerdictPull
    from stancebank.annotate.adjudication.push import ConflictPush

_LISTS = {  # what was done, and the list of the JSON object that it is in
    "project": "projects",
    "create": "create",
    "unchanged": "unchanged",
    "changed": "changed",
    "replace": "replaced",
    "removed": "removed",
    "kept": "kept",
    "duplicate": "duplicates",
    "no-text": "no-text",
    "refused": "refused",
}
_QUIET = ("unchanged", "kept")  # actions that the summary counts, and no line names
_SAID = {
    "taken": "{choice}, {by}",
    "rejected": "not taken, {by}",
    "conflict": "in conflict, nothing done",
}
_CODES = {"rejected": 1, "conflict": 4}


@click.command()
@click.option(
    "--allow-text-upload",
    "send_words",
    is_flag=True,
    help="Allow withheld words to be sent to a server that is not on this machine.",
)
@dry_run_option("Print what would be done, and do nothing.")
@json_option("Print what is done as a JSON object of lists.")
@click.pass_context
def push(ctx: click.Context, send_words: bool, dry_run: bool, as_json: bool) -> None:
    """Send what is to be decided to Label Studio: a project, and a task for each conflict.

    Reads the documents by the rules of the last plan; writes to the server. Conflicts for which the plan names somebody
    go to a project for that adjudicator, the others to one for all. These projects hold nothing but conflicts, and
    `stancebank annotate push`, `pull` and `status` pass them by.

    A task shows the article, a table of what the candidates A, B, C differ in, and each candidate as a pre-annotation.
    No name of an annotator is sent. The adjudicator chooses a letter, *Nothing here*, or *As marked here* with the
    statement marked; says why annotators differed; and names the rule that decides, if there is one.

    Push can be interrupted and repeated; a second one changes nothing. Tasks of conflicts that are no longer open are
    removed, unless somebody has labelled them. If what a labelled task shows has changed, it is refused, and the
    command exits with 4.

    \b
    Example:
      stancebank annotate adjudicate push --dry-run
    """
    from stancebank.annotate.adjudication.kept import read_plan
    from stancebank.annotate.adjudication.plan import make_plan
    from stancebank.annotate.adjudication.push import push_conflicts
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.types import PushOptions

    workspace = get_workspace(ctx)
    kept = read_plan(workspace)
    plan = make_plan(workspace, kept.rules, kept.routes)
    options = PushOptions(send_words=send_words)
    results = run_push(
        lambda: push_conflicts(connect(workspace), workspace, plan, options, dry_run=dry_run),
        _LISTS,
        as_json,
        lambda done: _print_push(done, dry_run),
    )
    if not results:
        click.echo("Nothing is to be decided, and no project is there for it.", err=True)
    require_no_refusal(results, "delete the task in Label Studio, push again, and let it be decided anew")


def _print_push(results: list["ConflictPush"], dry_run: bool) -> None:
    rows = [
        [_LISTS[each.action], each.conflict, each.article_id, str(each.task or ""), each.project, each.reason]
        for each in results
        if each.action not in _QUIET
    ]
    if rows:
        print_table(["what", "conflict", "article", "task", "project", "reason"], rows)
    print_summary(results, _LISTS, dry_run)


@click.command()
@click.option("--theirs", is_flag=True, help="Where somebody else decided here, take what is on the server.")
@dry_run_option("Print what would be done, and do nothing.")
@json_option("Print what is done as a JSON object.")
@click.pass_context
def pull(ctx: click.Context, theirs: bool, dry_run: bool, as_json: bool) -> None:
    """Take over what adjudicators decided in Label Studio, as verdicts; `apply` makes gold of them.

    Reads all submitted answers of the projects for adjudication; keeps verdicts in .stancebank/adjudication/. The
    answers stay on the server. Names are pseudonyms, as `stancebank annotate users` gives them.

    An answer is not taken if it has no choice or reason, names a rule that the guidelines lack, is of somebody who
    annotated the article, or if *As marked here* is chosen and not exactly one statement is marked that `stancebank
    check` would accept. All faults are printed with their tasks; the answer stays open until it is corrected in Label
    Studio, and the exit code is 1. Where two people decided differently, neither is taken, and the command exits
    with 4. Skipped tasks and drafts leave a conflict open.

    \b
    Example:
      stancebank annotate adjudicate pull --dry-run
    """
    from stancebank.annotate.adjudication.kept import read_plan
    from stancebank.annotate.adjudication.plan import make_plan
    from stancebank.annotate.adjudication.pull import pull_verdicts
    from stancebank.annotate.connection import connect

    workspace = get_workspace(ctx)
    kept = read_plan(workspace)
    plan = make_plan(workspace, kept.rules, kept.routes)
    results = pull_verdicts(connect(workspace), workspace, plan, dry_run=dry_run, take_theirs=theirs)
    counts = Counter(each.kind for each in results)
    if as_json:
        value = {"counts": dict(sorted(counts.items())), "outcomes": [asdict(each) for each in results]}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _print_pull(results, dry_run)
    summary = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "No task is there"
    click.echo(f"{summary}{'; nothing was changed, this was a dry run' if dry_run else ''}.", err=True)
    if counts["taken"] and not dry_run:
        click.echo(
            f"Hint: run `stancebank annotate adjudicate apply` to make gold of {count(counts['taken'], 'verdict')}.",
            err=True,
        )
    ctx.exit(max((_CODES.get(kind, 0) for kind in counts), default=0))


def _print_pull(results: Iterable["VerdictPull"], dry_run: bool) -> None:
    """Print what became of each answer that says something new: its faults first."""
    for each in results:
        for fault in each.faults:
            click.echo(f"{each.article_id}, {each.conflict}, {each.by}: {fault} {each.link}", err=True)
    for each in results:
        for message in each.messages:
            click.echo(f"task {each.task}, annotation {each.annotation}: {message}", err=True)
        if each.kind in _SAID:
            said = _SAID[each.kind].format(choice=each.choice, by=each.by)
            click.echo(
                f"{each.article_id}, {each.conflict}: {'would be ' if dry_run and each.kind == 'taken' else ''}{said}."
            )
