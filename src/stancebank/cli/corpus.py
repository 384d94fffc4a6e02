"""The group corpus: articles come in, are listed and shown, and get their words back."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from stancebank.cli.context import get_workspace, print_table
from stancebank.cli.group import Group
from stancebank.cli.hydrate import hydrate
from stancebank.cli.registry import entity, target
from stancebank.cli.withdraw import withdraw


@click.group(cls=Group)
def corpus() -> None:
    """Bring articles in, list and show them, find their words again, take them out."""


@corpus.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--outlet", help="Who published the article.")
@click.option("--title", help="The headline. Default: the first line that looks like one.")
@click.option("--agency", "agencies", multiple=True, help="An agency that the outlet credits; repeat, outermost first.")
@click.option("--author", help="The byline.")
@click.option("--place", help="Where it was filed. Default: what the dateline says.")
@click.option("--published", help="The date, such as 2031-02-11, 2031-02 or 2031. Default: what the dateline says.")
@click.option("--language", help="A BCP 47 tag, such as en.")
@click.option("--url", help="Where it was read.")
@click.option("--event", help="An id that articles on one event share.")
@click.option("--holder", help="Who holds the rights in the words. Default: the outlet.")
@click.option("--licence", help="An SPDX id. Default: LicenseRef-all-rights-reserved.")
@click.option("--text-policy", type=click.Choice(["withheld", "quotes", "full"]), help="How much may be published.")
@click.option("--slug", help="The last part of the id. Default: the first words of the title.")
@click.option(
    "--metadata",
    "metadata_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON file with any of the above, and zones.",
)
@click.option("--update", is_flag=True, help="Take new metadata for an article that is known.")
@click.option("--replace", is_flag=True, help="Take a new text for a known id that nobody has annotated.")
@click.option(
    "--despite-likeness", is_flag=True, help="Take a text that is like a withdrawn article's and is another article."
)
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.pass_context
def add(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    metadata_file: Path | None,
    update: bool,
    replace: bool,
    despite_likeness: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Add articles to the corpus.

    Reads .txt, .json and .jsonl files, and folders of them; JSON objects carry "text" and metadata, and beside
    name.txt may lie name.meta.json. Writes corpus/articles/<id>.json, and the words into .stancebank/texts/, or into
    corpus/texts/ where the text policy is full. A text that is known is left alone; another text under a known id is
    a conflict, and so is the text of an article that was withdrawn. If one source cannot be used, none is added.

    \b
    Example:
      stancebank corpus add envoy.txt --outlet "Norland Post" --published 2031-02-11
    """
    from stancebank.corpus.intake import add as add_all
    from stancebank.corpus.intake import plan_additions
    from stancebank.corpus.sources import known_metadata, read_sources
    from stancebank.corpus.store import PUBLIC_TEXTS
    from stancebank.errors import InputError
    from stancebank.model import to_builtins
    from stancebank.records import read_json
    from stancebank.schema.validate import validate

    workspace = get_workspace(ctx)
    given = known_metadata(read_json(metadata_file), str(metadata_file)) if metadata_file else {}
    given |= {key: list(value) if key == "agencies" else value for key, value in options.items() if value}
    read = list(read_sources(list(paths)))
    sources = [each for each in read if not isinstance(each, InputError)]
    faults = [each for each in read if isinstance(each, InputError)]
    if faults:
        raise InputError("\n".join(map(str, faults)) + "\nNothing was added.")
    additions = plan_additions(
        workspace.store,
        sources,
        given,
        defaults=workspace.settings.corpus,
        update=update,
        replace=replace,
        despite_likeness=despite_likeness,
    )
    for addition in additions:
        wrong = validate(to_builtins(addition.article), "article", workspace.schema_dir, addition.article.id)
        if wrong:
            listing = "\n".join(f"{each.file}  {each.pointer}: {each.message}" for each in wrong)
            raise InputError(f"{listing}\nHint: correct the metadata. Nothing was added.")
    narrowed = [
        addition.article.id
        for addition in additions
        if addition.action in ("updated", "replaced")
        and addition.article.rights.text_policy != "full"
        and (workspace.root / PUBLIC_TEXTS / f"{addition.article.id}.txt").is_file()
    ]
    if not dry_run:
        add_all(workspace.store, additions)
    for addition in additions:
        about = (
            f" ({', '.join(addition.differing)}; --update takes the new values)" if addition.action == "differs" else ""
        )
        click.echo(f"{addition.action}  {addition.article.id}{about}")
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    elif narrowed:
        click.echo(
            f"Left {PUBLIC_TEXTS}/: {', '.join(narrowed)}. What git recorded of them stays in its history.", err=True
        )
    sys.exit(4 if any(addition.action == "differs" for addition in additions) else 0)


@corpus.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of the records' main values.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the articles: id, date, outlet, text policy, words at hand, statements.

    \b
    Example:
      stancebank corpus list
    """
    from stancebank.errors import WorkspaceError

    store = get_workspace(ctx).store
    rows: list[dict[str, Any]] = []
    for article in store.articles():
        gold = store.gold(article.id)
        try:
            words = "not at hand" if store.text(article) is None else "at hand"
        except WorkspaceError:  # the file holds other words
            words = "changed"
        rows.append(
            {
                "id": article.id,
                "published": article.published.value if article.published else None,
                "outlet": article.outlet.value if article.outlet else None,
                "event": article.event.value if article.event else None,
                "text_policy": article.rights.text_policy,
                "words": words,
                "statements": len(gold.statements) if gold else None,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif rows:
        head = list(rows[0])
        print_table(head, [["–" if row[key] is None else str(row[key]) for key in head] for row in rows])
    else:
        click.echo("There is no article yet. Add one with `stancebank corpus add PATH --outlet NAME`.", err=True)


@corpus.command()
@click.argument("article_id", metavar="ID")
@click.option("--annotator", help="Whose statements to show. Default: the gold ones.")
@click.option("--json", "as_json", is_flag=True, help="Print the record and the document as a JSON object.")
@click.pass_context
def show(ctx: click.Context, article_id: str, annotator: str | None, as_json: bool) -> None:
    """Show an article with its statements, in colour in a terminal and plain when piped.

    Reads the record, the document, and the words if they are at hand; writes nothing. Without the words, spans are
    shown by their offsets.

    \b
    Example:
      stancebank corpus show norland-post-2031-02-11-envoy
    """
    from stancebank.cli.article import print_article
    from stancebank.model import to_builtins

    store = get_workspace(ctx).store
    article = store.article(article_id)
    path = store.document_path(article_id, annotator)
    document = store.document(path) if path.is_file() else None
    if as_json:
        value = {"article": to_builtins(article), "document": to_builtins(document) if document else None}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        print_article(article, document, store.text(article), store.scheme)


@corpus.command()
@click.option("--write", is_flag=True, help="Record the shingles of the withheld texts that are at hand.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.pass_context
def guard(ctx: click.Context, paths: tuple[Path, ...], write: bool) -> None:
    """Search files for words of withheld articles, and of withdrawn ones.

    Reads corpus/shingles.txt and corpus/withdrawn/, the hashes of all runs of eight words of these texts, and PATHS
    (default: every file that git tracks in the workspace). Names each file that shares a run, and exits with 1 if
    there is one. With --write, writes corpus/shingles.txt from the texts at hand instead; hashes already there stay.

    \b
    Example:
      stancebank corpus guard
    """
    import subprocess

    from stancebank.corpus.shingles import SHINGLES_FILE, article_shingles, shared
    from stancebank.errors import InputError
    from stancebank.records import write_text

    workspace = get_workspace(ctx)
    path = workspace.root / SHINGLES_FILE
    hashes = set(path.read_text().split()) if path.is_file() else set()
    if not write:
        gone = [each for each in workspace.store.withdrawals() if each.lifted is None]
        hashes |= {each for withdrawal in gone for each in withdrawal.shingles}
    if write:
        for article in workspace.store.articles():
            text = workspace.store.text(article)
            if text is not None and article.rights.text_policy != "full":
                hashes |= article_shingles(article, text)
        changed = write_text(path, "".join(f"{each}\n" for each in sorted(hashes)))
        click.echo(f"{SHINGLES_FILE}: {len(hashes)} shingles, {'written' if changed else 'unchanged'}.", err=True)
        return
    if not hashes:
        raise InputError(f"{SHINGLES_FILE} is missing or empty.\nHint: run `stancebank corpus guard --write`.")
    if not paths:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=workspace.root, capture_output=True, check=False)
        paths = tuple(workspace.root / name for name in listed.stdout.decode().split("\0") if name)
        if not paths:
            raise InputError("git tracks no file here.\nHint: name the files to search.")
    found = 0
    for file in paths:
        if file.is_file() and not file.is_symlink():
            count = shared(file.read_bytes().decode(errors="replace"), hashes)
            if count:
                found += 1
                click.echo(f"{file}: {count} runs of eight words also stand in an article that may not be shown.")
    click.echo(f"{len(paths)} files searched, {found} share words with an article that may not be shown.", err=True)
    sys.exit(1 if found else 0)


corpus.add_command(hydrate)
corpus.add_command(withdraw)
corpus.add_command(entity)
corpus.add_command(target)
