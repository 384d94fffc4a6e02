"""The group annotate practice: three articles to learn the guidelines on, and feedback on them."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from stancebank.cli.output import Group, PlainFile, count, get_workspace
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stancebank.annotate.practice import Feedback, StatementFeedback
    from stancebank.model import Document
    from stancebank.workspace import Workspace

_QUICK_GUIDE = "quick-guide.html"


class _Practice(Group):
    chapters: ClassVar = {"In this order": ("start", "check")}


@click.group(cls=_Practice)
def practice() -> None:
    """Learn the guidelines on three invented articles, with feedback against gold.

    In a folder of your own:

    \b
      stancebank annotate practice start practice; cd practice
      stancebank annotate studio start --annotator anna    a server on this machine: mark, Submit
      stancebank annotate practice check --pull            what differs, and which rule decides
    """


@practice.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option()
def start(folder: Path, as_json: bool) -> None:
    """Create a workspace to practise in: three articles of the sample, without gold.

    Writes DIR with the toolkit's schema, guidelines and interface, the articles with all their words, an empty reading
    of each in readings/, and a quick guide to print, if the guidelines have one. README.md explains the next steps.
    Existing readings are kept.

    \b
    Example:
      stancebank annotate practice start practice
    """
    from stancebank.annotate.drafts import empty_reading
    from stancebank.annotate.guidelines import quick_pages
    from stancebank.records import write_text
    from stancebank.starter.laying import lay, practice_files
    from stancebank.workspace import open_workspace

    written = lay(practice_files(), folder)
    workspace = open_workspace(folder)
    for article_id in workspace.store.article_ids():
        form = empty_reading(workspace, article_id, "me")
        path = folder / "readings" / f"{article_id}.json"
        if not path.exists():
            written += write_text(path, json.dumps(form, indent=2) + "\n")
    if (pages := quick_pages(workspace.root)) is not None:
        written += write_text(folder / _QUICK_GUIDE, pages)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "written": written}))
    if not written:
        click.echo(f"{folder} is ready already; nothing was written.", err=True)
        return
    click.echo(f"Created a workspace to practise in {folder} ({count(written, 'file')}).", err=True)
    click.echo(f"Next: cd {folder}, and read README.md.", err=True)


@practice.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=PlainFile())
@click.option("--pull", "pulls", is_flag=True, help="First pull what was submitted in Label Studio.")
@click.option("--annotator", metavar="NAME", help="Only the readings of this annotator.")
@json_option("Print the feedback as a JSON object.")
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...], pulls: bool, annotator: str | None, as_json: bool) -> None:
    """Compare readings with gold: what differs, statement by statement, and which rule decides.

    Reads FILES, readings by quotes (`stancebank help authoring`), without importing them; without FILES, the
    documents of annotators in corpus/annotations. Gold is that of the workspace, or of the sample for articles of
    `practice start`. Writes nothing, except with --pull, which does what `stancebank annotate pull` does.

    Rules are those that annotate/interface.toml names: in the hint of a label or question, or under [[rulings]].
    Exits with 1 if anything differs from gold.

    \b
    Example:
      stancebank annotate practice check
      stancebank annotate practice check --pull
    """
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.annotate.practice import ENOUGH, f1_scores, give_feedback, rule_titles
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    if files and (pulls or annotator):
        raise click.UsageError("--pull and --annotator go without FILES.")
    if pulls:
        _pull(workspace, quiet=as_json)
    readings = list(_files(workspace, files) if files else documents_of(workspace, annotator))
    interface = load_interface(workspace)
    given: list[Feedback] = []
    empty, without_gold = [], []
    for reading in readings:
        if not reading.statements and not reading.nothing_to_annotate:
            empty.append(reading.article_id)
            continue
        gold = _gold(workspace, reading.article_id)
        text = workspace.store.text(workspace.store.article(reading.article_id))
        if gold is None or text is None or gold.text_sha256 != reading.text_sha256:
            without_gold.append(reading.article_id)
        else:
            given.append(give_feedback(reading, gold, text, interface))
    for article_id in empty:
        click.echo(f"{article_id}: the reading is still empty; mark its statements, or that there are none.", err=True)
    if not given and not empty:
        what = (
            f"There is no gold of {', '.join(sorted(set(without_gold)))}." if without_gold else "There is no reading."
        )
        raise InputError(
            f"{what}\nHint: `stancebank annotate practice start DIR` creates a workspace with articles to practise on."
        )
    scores = f1_scores(given, workspace.scheme)
    if as_json:
        articles = [
            {
                "article_id": each.article_id,
                "annotator": each.annotator,
                "right": each.is_right,
                "nothing": each.nothing,
            }
            | {"statements": [asdict(one) for one in each.statements]}
            for each in given
        ]
        click.echo(json.dumps({"articles": articles, "scores": scores}, ensure_ascii=False))
    else:
        titles = rule_titles(workspace.root)
        for each in given:
            for line in _lines(each, titles):
                click.echo(line)
        shown = ", ".join(f"{name} {score:.2f}" for name, score in scores.items())
        click.echo(f"F1: {shown or 'nothing to count'}. {ENOUGH} in stance and role is enough to begin.", err=True)
        for article_id in without_gold:
            click.echo(f"{article_id}: no gold to compare with.", err=True)
    ctx.exit(0 if all(each.is_right for each in given) and not empty else 1)


def _pull(workspace: "Workspace", *, quiet: bool) -> None:
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.pull import pull
    from stancebank.annotate.sync.types import PullOptions
    from stancebank.cli.pull import PullReport

    report = PullReport(workspace, PullOptions(), quiet=quiet)
    for result in pull(connect(workspace), workspace, PullOptions()):
        report.add(result)
    report.end(as_json=False)


def _files(workspace: "Workspace", files: tuple[Path, ...]) -> Iterator["Document"]:
    """Yield the readings of files. Raises InputError for all that cannot be read, at once."""
    from stancebank.annotate.exports import foreign_form, is_export
    from stancebank.annotate.intake import read_reading
    from stancebank.errors import InputError

    faults = []
    for file in files:
        if is_export(file):
            faults.append(
                f"{file} is an export of Label Studio.\n"
                "Hint: run `stancebank annotate import` with it, then `stancebank annotate practice check` without it."
            )
        elif said := foreign_form(file):
            faults.append(said)
        else:
            try:
                yield read_reading(workspace, file)
            except InputError as error:
                faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))


def documents_of(workspace: "Workspace", annotator: str | None) -> Iterator["Document"]:
    """Yield the documents of annotators, or of one. Raises InputError where that one has none."""
    from stancebank.errors import InputError

    found = [each for each in workspace.store.all_documents() if each.gold is None]
    if annotator and not any(each.annotator == annotator for each in found):
        raise InputError(f"There is no document of {annotator}.\nHint: name a folder of corpus/annotations.")
    yield from (each for each in found if annotator in (None, each.annotator))


def _gold(workspace: "Workspace", article_id: str) -> "Document | None":
    """Return gold of an article: of the workspace, else of the sample, if it has it in the workspace's version."""
    from stancebank.starter.laying import sample_gold

    own = workspace.store.gold(article_id)
    value = sample_gold(article_id) if own is None else None
    if value is None or value.get("schema_version") != workspace.settings.schema:
        return own
    return workspace.scheme.read_document(value)


def _lines(feedback: "Feedback", titles: "Mapping[str, str]") -> Iterator[str]:
    right = sum(each.yours is not None and not each.remarks for each in feedback.statements)
    in_gold = sum(each.gold is not None for each in feedback.statements)
    share = f"{right} of {count(in_gold, 'statement')} as in gold" if in_gold else "nothing to annotate in gold"
    yield f"\n{feedback.article_id}, {feedback.annotator}: {share}"
    if feedback.nothing:
        yield f"  {feedback.nothing}"
    for each in feedback.statements:
        yield from statement_lines(each, titles)


def statement_lines(statement: "StatementFeedback", titles: "Mapping[str, str]") -> Iterator[str]:
    """Yield what is said of a statement, line by line. titles: of the rules, by number."""
    from stancebank.text import escape_hidden

    def cited(rules: str) -> str:
        return f" [{rules}{f': {titles[rules]}' if rules in titles else ''}]" if rules else ""

    words = escape_hidden(f"“{statement.words}”")
    if statement.gold is None:
        rules = statement.remarks[0].rules if statement.remarks else ""
        yield f"  not in gold: {words}{cited(rules)}"
    elif statement.yours is None:
        said = statement.remarks[0].gold.partition(" at “")[0]
        yield f"  missed: {words}: {said}{cited(statement.remarks[0].rules)}"
    elif not statement.remarks:
        yield f"  right: {words}"
    else:
        yield f"  differs: {words}"
        for each in statement.remarks:
            said = escape_hidden(f"you say {each.yours}, gold says {each.gold}")
            yield f"    {each.field}: {said}{cited(each.rules)}"
    if statement.note and (statement.remarks or statement.gold is None):
        yield f"    note: {escape_hidden(statement.note)}"
