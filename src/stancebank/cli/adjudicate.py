"""The group annotate adjudicate: what annotators differ in is decided, and gold is made of it."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from stancebank.cli.adjudicating import pull, push
from stancebank.cli.ids import ArticleId
from stancebank.cli.output import Group, count, get_workspace, print_list, print_table, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.cli.readings import require_pseudonym

if TYPE_CHECKING:
    from stancebank.annotate.adjudication.progress import AdjudicationProgress
    from stancebank.annotate.adjudication.settling import ArticleOutcome
    from stancebank.annotate.adjudication.types import AdjudicationPlan, Conflict, Rules
    from stancebank.workspace import Workspace

_NONE = "none"
_WORDS = 60  # characters of a conflict by which a person knows it


class _Adjudicate(Group):
    chapters: ClassVar = {"From readings to gold": ("plan", "show", "push", "pull", "apply")}


@click.group(cls=_Adjudicate)
def adjudicate() -> None:
    """Decide where annotators differ, and make gold of what is decided.

    What all annotators of an article have alike becomes gold on its own; a rule of yours may let majorities decide; the
    rest is a queue for somebody who has not annotated the article, with candidates that do not say whose they are:

    \b
      stancebank annotate adjudicate plan --by ann-9 --out readings/queue.json
      (fill in choice, reason and rule in readings/queue.json)
      stancebank annotate adjudicate apply readings/queue.json --dry-run
      stancebank annotate adjudicate apply readings/queue.json

    In Label Studio instead, in a project that holds only the conflicts: push, pull, and apply without a file.

    How each statement of gold came about is in corpus/adjudications/. A reading that comes late, or changes, reopens
    what it touches and nothing else. `stancebank help agreement` explains all of it.
    """


@click.command()
@click.argument("articles", nargs=-1, metavar="[ID]...", type=ArticleId())
@click.option("--majority", metavar="FIELDS", help="Fields in which a majority may decide: names, `all` or `none`.")
@click.option("--by", "names", multiple=True, metavar="NAME", help="Who decides the rest; repeat for more.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the queue to this file.")
@dry_run_option()
@json_option("Print rules, articles and conflicts as a JSON object.")
@click.pass_context
@writes
def plan(
    ctx: click.Context,
    articles: tuple[str, ...],
    majority: str | None,
    names: tuple[str, ...],
    out: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Plan what becomes of all readings: what is settled, and what somebody has to decide.

    Reads the documents of all articles, or of those named, that two people or more have annotated. Keeps the rules in
    .stancebank/adjudication/; without --majority or --by, those of the last plan stay.

    With --majority, the very same statement of more than half of three annotators or more is taken, if readings differ
    in nothing but the fields named (`statement` is whether there is one at all); no statement is ever put together of
    several. Names of fields with a space stand in quotes: --majority "force,target mention".

    With --out, the conflicts are written to a file that is to be filled in; decisions that it holds already stay. It
    holds words of the articles, and no name of an annotator: keep it in readings/, which git ignores.

    \b
    Example:
      stancebank annotate adjudicate plan --majority force --by ann-8 --by ann-9 --out readings/queue.json
    """
    from stancebank.annotate.adjudication.kept import read_plan, write_plan
    from stancebank.annotate.adjudication.plan import make_plan
    from stancebank.annotate.adjudication.queue import queue_json, read_former
    from stancebank.annotate.adjudication.types import Rules
    from stancebank.records import to_json, write_text

    for name in names:
        require_pseudonym(name, f"--by {name}")
    workspace = get_workspace(ctx)
    kept = read_plan(workspace)
    rules = Rules(kept.rules.majority if majority is None else _fields(majority), names or kept.rules.by)
    made = make_plan(workspace, rules, kept.routes, articles)
    queue = queue_json(workspace, made, read_former(out), is_part=bool(articles)) if out else None
    if not dry_run:
        write_plan(workspace, made)
        if out and queue:
            write_text(out, to_json(queue))
    if as_json:
        click.echo(json.dumps({**_plan_value(made), "dry_run": dry_run}, ensure_ascii=False))
    else:
        _print_plan(made)
    for line in _notes(made, out, queue, is_written=not dry_run):
        click.echo(line, err=True)


def _fields(majority: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(each.strip() for each in majority.split(",") if each.strip()))
    return () if names == (_NONE,) else names


def _rules_value(rules: "Rules") -> dict[str, Any]:
    return {"majority": list(rules.majority), "by": list(rules.by)}


def _conflict_value(conflict: "Conflict") -> dict[str, Any]:
    return {
        "key": conflict.key,
        "article": conflict.article_id,
        "differs": list(conflict.fields),
        "candidates": len(conflict.candidates),
        "begin": conflict.begin,
        "end": conflict.end,
        "by": conflict.by,
    }


def _plan_value(made: "AdjudicationPlan") -> dict[str, Any]:
    return {
        "rules": _rules_value(made.rules),
        "articles": [
            {
                "id": each.article_id,
                "annotators": len(each.readings.documents),
                "units": len(each.units),
                "settled": dict(sorted(Counter(one.settled.method for one in each.units if one.settled).items())),
                "conflicts": len(each.conflicts),
            }
            for each in made.articles
        ],
        "conflicts": [_conflict_value(each) for each in made.conflicts],
        "left_out": dict(made.left_out),
    }


def _print_plan(made: "AdjudicationPlan") -> None:
    rows = []
    for each in made.articles:
        settled = Counter(one.settled.method for one in each.units if one.settled)
        who = sorted({one.by for one in each.conflicts if one.by})
        numbers = [len(each.units), settled["unanimous"], settled["majority"], settled["adjudicated"]]
        rows.append([each.article_id, *map(str, numbers), str(len(each.conflicts)), ", ".join(who) or "–"])
    if rows:
        print_list(["article", "units", "unanimous", "majority", "adjudicated", "to decide", "by"], rows)


def _notes(made: "AdjudicationPlan", out: Path | None, queue: dict[str, Any] | None, *, is_written: bool) -> list[str]:
    """Return what is said beside the figures of a plan."""
    if not made.articles and not made.left_out:
        return ["No article has the readings of two annotators.\nHint: pull or import them first."]
    settled, left = made.methods(), len(made.conflicts)
    kinds = ", ".join(f"{settled[name]} {name}" for name in ("unanimous", "majority", "adjudicated") if settled[name])
    notes = [f"{count(settled.total(), 'unit')} settled ({kinds or 'none'}), {count(left, 'conflict')} to decide."]
    notes += [f"{name} is left out: {why}." for name, why in made.left_out.items()]
    without = {each.article_id for each in made.conflicts if each.by is None}
    if without and made.rules.by:
        notes.append(
            f"Nobody of {', '.join(made.rules.by)} may decide in {count(len(without), 'article')}, since they have "
            "annotated it.\nHint: name somebody else with --by."
        )
    if queue is not None:
        decided = sum(bool(each["choice"]) for each in queue["conflicts"])
        done = f", of which {decided} are decided" if decided else ""
        notes.append(
            f"{out} {'has' if is_written else 'would have'} {count(len(queue['conflicts']), 'conflict')}{done}."
        )
        if outdated := len(queue.get("outdated", ())):
            notes.append(f"{count(outdated, 'decision')} there no longer fit, since readings changed: see `outdated`.")
    elif left:
        notes.append("Hint: add --out readings/queue.json to decide in a file.")
    return notes


@click.command()
@json_option("Print figures and conflicts as a JSON object.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Show what is left to decide, and who has decided how much.

    Reads the documents, the ledger in corpus/adjudications/ and the verdicts in .stancebank/adjudication/, by the rules
    of the last plan; writes nothing.

    \b
    Example:
      stancebank annotate adjudicate show
    """
    from stancebank.annotate.adjudication.kept import read_plan, read_verdicts
    from stancebank.annotate.adjudication.plan import make_plan
    from stancebank.annotate.adjudication.progress import measure_progress

    workspace = get_workspace(ctx)
    kept = read_plan(workspace)
    made = make_plan(workspace, kept.rules, kept.routes)
    progress = measure_progress(made, read_verdicts(workspace))
    if as_json:
        click.echo(json.dumps({"rules": _rules_value(kept.rules), **_progress_value(progress)}, ensure_ascii=False))
        return
    _print_progress(workspace, progress)
    if progress.outdated:
        click.echo(f"{count(progress.outdated, 'verdict')} no longer fit, since readings changed.", err=True)
    if progress.given:
        click.echo("Hint: run `stancebank annotate adjudicate apply` to make gold of what was decided.", err=True)


def _progress_value(progress: "AdjudicationProgress") -> dict[str, Any]:
    return {
        "settled": dict(sorted(progress.methods.items())),
        "given": progress.given,
        "open": len(progress.open),
        "outdated": progress.outdated,
        "by": [
            {"name": each.by or None, "open": each.open, "given": each.given, "settled": each.settled}
            for each in progress.shares
        ],
        "conflicts": [_conflict_value(each) for each in progress.open],
    }


def _print_progress(workspace: "Workspace", progress: "AdjudicationProgress") -> None:
    from stancebank.text import line_number, one_line

    rows = [[name, str(progress.methods.get(name, 0))] for name in ("unanimous", "majority", "adjudicated")]
    print_table(
        ["units", "number"], [*rows, ["decided, no gold yet", str(progress.given)], ["open", str(len(progress.open))]]
    )
    if progress.shares:
        click.echo()
        print_table(
            ["by", "open", "decided, no gold yet", "in gold"],
            [[each.by or "–", str(each.open), str(each.given), str(each.settled)] for each in progress.shares],
        )
    rows, texts = [], {}
    for each in progress.open:
        if each.article_id not in texts:
            texts[each.article_id] = workspace.store.text(workspace.store.article(each.article_id))
        text = texts[each.article_id]
        words = one_line(text[each.begin : each.end]) if text else f"{each.begin}-{each.end}"
        line = str(line_number(text, each.begin)) if text else "–"
        short = words if len(words) <= _WORDS else f"{words[:_WORDS].rpartition(' ')[0]} ..."
        rows.append([each.key, each.article_id, line, ", ".join(each.fields), each.by or "–", short])
    if rows:
        click.echo()
        print_list(["key", "article", "line", "differs", "by", "words"], rows)


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--article", "articles", multiple=True, metavar="ID", type=ArticleId(), help="Only gold of this article.")
@click.option("--replace", "may_replace", is_flag=True, help="Let it take the place of gold that was made otherwise.")
@dry_run_option()
@json_option()
@click.pass_context
@writes
def apply(
    ctx: click.Context,
    file: Path | None,
    articles: tuple[str, ...],
    may_replace: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make gold of all articles in which everything is decided, with the provenance of each statement.

    Reads the documents and FILE, a queue that `plan --out` wrote and somebody filled in; without FILE, the verdicts
    that are kept in .stancebank/adjudication/, as earlier files and `pull` left them there. Writes corpus/gold/ID.json
    together with corpus/adjudications/ID.json, or neither; an article with an open conflict stays as it is.

    Every fault of FILE is told at once, and then nothing is written. Statements that the gold has already keep their
    ids. Gold that was made otherwise is replaced with --replace alone. A second run changes nothing. Exits with 1 if
    `stancebank check` would refuse the gold of an article, which is left out then.

    \b
    Example:
      stancebank annotate adjudicate apply --dry-run
    """
    from stancebank.annotate.adjudication.kept import read_plan, read_verdicts, write_verdicts
    from stancebank.annotate.adjudication.plan import make_plan
    from stancebank.annotate.adjudication.queue import read_queue
    from stancebank.annotate.adjudication.settling import as_time, settle, write
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    kept = read_plan(workspace)
    made = make_plan(workspace, kept.rules, kept.routes)
    verdicts = read_verdicts(workspace)
    given = read_queue(workspace, made, file, str(file), verdicts.values(), as_time(None)) if file else None
    if given and given.faults:
        head = f"{count(len(given.faults), 'fault')}:\n" if len(given.faults) > 1 else ""
        raise InputError(head + "\n".join(given.faults) + "\nNothing was written.")
    new = {each.key: each for each in given.verdicts} if given else {}
    outcomes = settle(workspace, made, {**verdicts, **new}, may_replace=may_replace)
    outcomes = [each for each in outcomes if not articles or each.article_id in articles]
    if not dry_run:
        write_verdicts(workspace, new.values())
        write(workspace, outcomes)
    if as_json:
        value = {"articles": [_outcome_value(each) for each in outcomes], "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _print_outcomes(outcomes)
    _say_outcomes(outcomes, dry_run=dry_run)
    if any(each.state == "refused" for each in outcomes):
        ctx.exit(1)


def _outcome_value(outcome: "ArticleOutcome") -> dict[str, Any]:
    gold = outcome.document.gold if outcome.document else None
    return {
        "id": outcome.article_id,
        "state": outcome.state,
        "open": outcome.open,
        "method": gold.method if gold else None,
        "statements": len(outcome.document.statements) if outcome.document else None,
        "notes": list(outcome.notes),
        "faults": [each.message for each in outcome.faults],
    }


def _print_outcomes(outcomes: "Sequence[ArticleOutcome]") -> None:
    """Print what becomes of each article that is not as it was, and why."""
    rows = []
    for each in outcomes:
        if each.state == "unchanged":
            continue
        gold = each.document.gold if each.document else None
        number = str(len(each.document.statements)) if each.document else "–"
        rows.append([each.article_id, each.state, gold.method if gold else "–", number, str(each.open)])
    if rows:
        print_list(["article", "state", "method", "statements", "open"], rows)


def _say_outcomes(outcomes: "Sequence[ArticleOutcome]", *, dry_run: bool) -> None:
    for each in outcomes:
        for note in each.notes:
            click.echo(f"{each.article_id}: {note}.", err=True)
        for finding in each.faults:
            click.echo(f"{each.article_id}: {finding}", err=True)
    states = Counter(each.state for each in outcomes)
    wrote = "would be written" if dry_run else "written"
    left = sum(each.open for each in outcomes)
    parts = [f"{count(states['written'], 'article')} {wrote}", f"{states['unchanged']} as before"]
    parts += [f"{states['open']} with {count(left, 'conflict')} to decide"] if left else []
    parts += [f"{states['refused']} refused"] if states["refused"] else []
    click.echo(f"{', '.join(parts)}.", err=True)
    if states["kept"]:
        click.echo(
            f"{count(states['kept'], 'article')} with gold that was made otherwise, which stays.\n"
            "Hint: add --replace to let what was decided take its place.",
            err=True,
        )


for _command in (plan, show, push, pull, apply):
    adjudicate.add_command(_command)
