"""The command annotate feedback: what one annotator can learn from gold."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.competence import rounded
from stancebank.cli.ids import ReaderName
from stancebank.cli.output import count, get_workspace
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.annotate.feedback import AnnotatorFeedback
    from stancebank.workspace import Workspace


@click.command()
@click.argument("name", metavar="NAME", type=ReaderName())
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page for the annotator to FILE.")
@json_option("Print the feedback as a JSON object.")
@click.pass_context
def feedback(ctx: click.Context, name: str, html: Path | None, as_json: bool) -> None:
    """Show one annotator what they can learn from gold, and what they do well.

    Compares the documents of NAME with gold that is not their own: up to twenty disagreements, a few for each rule of
    the guidelines that decides them, labels that they give too often, and what they take for what. With them are their
    own figures of `stancebank annotate competence`; nothing is said of anybody else. Writes nothing, except FILE with
    --html.

    What it prints or writes holds words of articles: give it to the annotator, and keep it out of the repository.
    `stancebank annotate practice check --annotator NAME` lists every difference, article by article.

    \b
    Example:
      stancebank annotate feedback annotator-1
      stancebank annotate feedback annotator-1 --html exports/annotator-1.html
    """
    from stancebank.annotate.feedback import to_page
    from stancebank.records import write_text

    workspace = get_workspace(ctx)
    found = _collect(workspace, name)
    if html:
        write_text(html, to_page(found, workspace.scheme))
    if as_json:
        value = {key: each for key, each in asdict(found).items() if key != "person"}
        own = found.person.abilities[0] if found.person.abilities else None
        value["competence"] = asdict(own.dawid_skene) if own else None
        click.echo(json.dumps(rounded(value), ensure_ascii=False))
    elif not html:
        _print(found)
    if html:
        click.echo(f"Wrote {html}. It holds words of articles: for {name} alone, and for no repository.", err=True)


def _collect(workspace: "Workspace", name: str) -> "AnnotatorFeedback":
    from stancebank.agreement.people import is_own, measure_people
    from stancebank.annotate.feedback import collect_feedback
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.annotate.practice import give_feedback, rule_titles
    from stancebank.cli.practice import documents_of

    store = workspace.store
    readings = list(documents_of(workspace, name))
    people = measure_people(store.readings(least=1), workspace.scheme, store.gold, only=name)
    interface = load_interface(workspace)
    given = []
    for reading in readings:
        gold = store.gold(reading.article_id)
        text = store.text(store.article(reading.article_id))
        if gold is None or text is None or gold.text_sha256 != reading.text_sha256 or is_own(reading, gold):
            continue
        given.append(give_feedback(reading, gold, text, interface))
    return collect_feedback(people.people[0], given, rule_titles(workspace.root), workspace.scheme)


def _print(found: "AnnotatorFeedback") -> None:
    from stancebank.cli.practice import statement_lines

    for group in found.rules:
        title = f"{group.rules}: {group.title}" if group.title else group.rules or "No rule is named for these"
        click.echo(f"\n{title} ({group.count})")
        for lesson in group.shown:
            click.echo(f"  {lesson.article_id}")
            for line in statement_lines(lesson.statement, {}):
                click.echo(f"  {line}")
    if found.well:
        click.echo("\nDone well: " + ", ".join(f"{each.what} {each.right} of {each.of}" for each in found.well) + ".")
    if not found.articles:
        click.echo("There is no gold of what they read, or no words of it.", err=True)
        return
    shown = ", ".join(f"{name} {score:.2f}" for name, score in found.scores.items())
    click.echo(
        f"{count(found.articles, 'article')}, {count(found.disagreements, 'statement')} unlike gold, "
        f"{found.lessons} shown. F1: {shown or 'nothing to count'}.",
        err=True,
    )
