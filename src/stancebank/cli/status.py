"""The command `annotate status`: how far the labelling is, and where the two sides differ."""

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.annotate.sync.status import ArticleStatus, AssignedProgress, ProjectStatus


@click.command()
@click.option("--articles", is_flag=True, help="Show every article and annotator, too.")
@click.option("--rejected", is_flag=True, help="List rejected labels by annotator, with their words and links.")
@json_option("Print a JSON object: the projects, and who has how much left of what is assigned.")
@click.pass_context
def status(ctx: click.Context, articles: bool, rejected: bool, as_json: bool) -> None:
    """Show how far the labelling in Label Studio is, and where the two sides differ.

    Reads the tasks on the server and the documents here; writes nothing, here or there. For each annotator: articles
    done, begun (a draft, not submitted), skipped and to do; those with rejected labels, those that a pull would change,
    those that were changed here since the last pull, and conflicts; and the pace: the median time of an article and of
    100 words of its text, as Label Studio measured it, breaks included. Then what a push would update in the project.

    Where articles are assigned (`stancebank annotate assign`), also how many everybody has done and has left, in all
    projects, and the time that the words left take at their pace: an upper bound, since breaks count as work.

    \b
    Example:
      stancebank annotate status --articles
      stancebank annotate status --json | jq '.projects[].pace'
    """
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.status import read_progress, read_statuses

    workspace = get_workspace(ctx)
    statuses = []
    for project in read_statuses(connect(workspace), workspace):
        statuses.append(project)
        if not as_json:
            _status_print(project, articles=articles, rejected=rejected)
    progress = read_progress(workspace, statuses)
    if as_json:
        told = [{**asdict(each), "seconds_left": each.seconds_left} for each in progress]
        click.echo(json.dumps({"projects": [_value(each) for each in statuses], "assigned": told}, ensure_ascii=False))
    elif progress:
        _progress_print(progress)


def _progress_print(progress: "list[AssignedProgress]") -> None:
    click.echo("\nAssigned, in all projects:")
    rows = [
        [
            each.annotator,
            *map(str, (each.assigned, each.done, each.left, each.words_left)),
            "–" if each.per_words is None else _time(each.per_words),
            "–" if each.seconds_left is None else _time(each.seconds_left),
        ]
        for each in progress
    ]
    print_table(["annotator", "assigned", "done", "left", "words left", "per 100 words", "time left"], rows)


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
    if project.project.annotator and project.strangers:
        click.echo(
            f"{', '.join(project.strangers)} labelled in the project of {project.project.annotator}. If it is the same "
            "person, give the account this name: `stancebank annotate users --name ID=NAME`.",
            err=True,
        )
    for line in project.unusable:
        click.echo(f"Cannot be used: {line}", err=True)
    for what, number in sorted(Counter(each.what for each in project.drift if each.article_id).items()):
        click.echo(f"{count(number, 'article')}: {what}.", err=True)
    for each in project.drift:
        if not each.article_id:
            click.echo(f"The project: {each.what}.", err=True)
    if project.drift:
        click.echo("`stancebank annotate push --dry-run` shows what a push would update.", err=True)


def _flags(cell: "ArticleStatus") -> str:
    flags = {
        "rejected": bool(cell.faults),
        "to pull": cell.behind,
        "changed here": cell.edited,
        "conflict": cell.conflict,
    }
    return ", ".join(name for name, holds in flags.items() if holds)


def _time(seconds: float) -> str:
    if seconds >= 3 * 3600:
        return f"{seconds / 3600:.1f} h"
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
