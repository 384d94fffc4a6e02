"""Commands of the group annotate that take readings in, and print them by their words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import count, get_workspace

if TYPE_CHECKING:
    from stancebank.model import Document

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
    type=click.Choice(["single", "double", "unanimous", "majority", "adjudicated"]),
    help="Write gold, and record how it became gold.",
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
    and case, and stored as it stands in the text; every quote that stands otherwise is reported. A quote that is not
    found, or not unique, stops the import, and nothing is written. The reading takes the place of the document that
    stands there. In gold, a statement that was there keeps its number, and new ones get the next.

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
    from stancebank.annotate.anchoring import anchor
    from stancebank.annotate.authored import parse_quoted
    from stancebank.errors import InputError
    from stancebank.model import Gold
    from stancebank.records import read_json

    store = get_workspace(ctx).store
    gold = Gold(method=method) if method else None  # type: ignore[arg-type]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    documents: list[tuple[Document, int]] = []
    for file in files:
        quoted = parse_quoted(read_json(file), str(file))
        article = store.article(quoted.article_id)
        text = store.text(article)
        if text is None:
            raise InputError(
                f"{file}: the words of {article.id} are not at hand.\nHint: run `stancebank corpus hydrate DIR` first."
            )
        path = store.document_path(article.id, None if gold else quoted.annotator)
        before = store.document(path) if path.is_file() else None
        document, folds = anchor(quoted, article, text, now=now, gold=gold, before=before)
        documents.append((document, _gone(before, document)))
        for fold in folds:
            click.echo(
                f"{article.id}, line {fold.line}, {fold.where}: {fold.quoted!r} stands as {fold.found!r}.", err=True
            )
    for document, gone in documents:
        changed = not dry_run and store.write_document(document)
        state = "would be written" if dry_run else "written" if changed else "unchanged"
        conditions = sum(len(each.conditions) for each in document.statements)
        said = f"{count(len(document.statements), 'statement')}, {count(conditions, 'condition')}, {state}"
        click.echo(f"{document.article_id}: {said}.")
        if gone:
            said = "would be gone" if dry_run else "is gone" if gone == 1 else "are gone"
            click.echo(f"{document.article_id}: {count(gone, 'statement')} that stood there {said}.", err=True)


def _gone(before: "Document | None", document: "Document") -> int:
    """Count the statements of a document that the one in its place has no more."""
    return len({each.id for each in before.statements} - {each.id for each in document.statements}) if before else 0


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
    import msgspec

    from stancebank.annotate.quoting import quote as quote_document
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
    value = msgspec.to_builtins(quote_document(store.document(path), text))
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
