"""Commands of the group annotate that take readings in, and print them by their words."""

import json
from pathlib import Path

import click

from stancebank.cli.context import count, get_workspace, require_value

_NO_GOLD_YET = (
    "--gold takes readings by quotes; an export is what annotators say, and is no gold yet.\n"
    "Hint: import it without --gold; then print a document with `stancebank annotate quote ID --annotator NAME`, and "
    "import what that prints with --gold."
)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--gold",
    "method",
    metavar="METHOD",
    help="Write gold, and record how it became gold: a value of the vocabulary gold_method.",
)
@click.option("--dry-run", is_flag=True, help="Read everything and report, write nothing.")
@click.option(
    "--annotator", "annotators", multiple=True, metavar="ID=NAME", help="Pseudonym of a user of an exporting server."
)
@click.pass_context
def import_(
    ctx: click.Context, files: tuple[Path, ...], method: str | None, dry_run: bool, annotators: tuple[str, ...]
) -> None:
    """Import statements that were authored by quoting exact words, or JSON exports of Label Studio.

    Reads FILES and the articles' words; writes corpus/annotations/<annotator>/<id>.json, or corpus/gold/<id>.json with
    --gold.

    A reading by quotes (one article each; docs/authoring.md shows the format) is matched without regard to typography
    and case, and stored as the text has it; every quote that differs is reported. A quote that is not found, or not
    unique, stops the import, and nothing is written. The reading replaces the existing document. In gold, an existing
    statement keeps its number, and new ones get the next.

    An export (type JSON, of tasks that `stancebank` made; docs/labelling.md) is read task by task. What is repaired or
    inferred is said. An annotation of which anything cannot be used is not written, and its faults are listed.

    \b
    Example:
      stancebank annotate import readings/envoy.json --gold single
    """
    from stancebank.annotate.exports import is_export
    from stancebank.cli.exports import ExportIntake, pseudonyms

    exports = [file for file in files if is_export(file)]
    if exports and method:
        raise click.UsageError(_NO_GOLD_YET)
    intake = ExportIntake(get_workspace(ctx), pseudonyms(annotators, "--annotator"), dry_run)
    for file in exports:
        intake.take(file)
    _import_quotes(ctx, [file for file in files if file not in exports], method, dry_run=dry_run)
    if intake.faults:
        ctx.exit(1)


def _import_quotes(ctx: click.Context, files: list[Path], method: str | None, *, dry_run: bool) -> None:
    from stancebank.annotate.gold import read_reading
    from stancebank.model import Gold

    workspace = get_workspace(ctx)
    gold = Gold(method=require_value(workspace, "gold_method", method, "--gold")) if method else None
    readings = []
    for file in files:
        readings.append(read_reading(workspace, file, gold))
        article_id = readings[-1].document.article_id
        for each in readings[-1].variants:
            shown = f"{each.quoted!r} is {each.found!r} in the text"
            click.echo(f"{article_id}, line {each.line}, {each.where}: {shown}.", err=True)
    for reading in readings:
        document = reading.document
        changed = not dry_run and workspace.store.write_document(document)
        state = "would be written" if dry_run else "written" if changed else "unchanged"
        conditions = sum(len(each.conditions) for each in document.statements)
        counted = f"{count(len(document.statements), 'statement')}, {count(conditions, 'condition')}"
        click.echo(f"{document.article_id}: {counted}, {state}.")
        if reading.removed:
            what = "Would remove" if dry_run else "Removed"
            click.echo(f"{document.article_id}: {what} {count(reading.removed, 'existing statement')}.", err=True)


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--annotator", help="Whose document to quote. Default: the gold one.")
@click.pass_context
def quote(ctx: click.Context, article_id: str, annotator: str | None) -> None:
    """Print the document of an article by its words, to be edited and imported again.

    Reads the document and the article's words; writes nothing. What it prints holds sentences of the article: keep it
    out of the repository.

    \b
    Example:
      stancebank annotate quote norland-post-2031-02-11-envoy > envoy.json
    """
    from stancebank.corpus.quoted import quote_document, to_json
    from stancebank.errors import InputError

    store = get_workspace(ctx).store
    article = store.article(article_id)
    text = store.text(article)
    path = store.document_path(article_id, annotator)
    if text is None:
        raise InputError(
            f"The words of {article_id} are not at hand.\nHint: run `stancebank corpus hydrate DIR` first."
        )
    if not path.is_file():
        raise InputError(f"There is no document of {article_id} by {annotator or 'gold'}.")
    quoted = quote_document(store.document(path), text, store.scheme)
    click.echo(json.dumps(to_json(quoted, store.scheme), ensure_ascii=False, indent=2))
