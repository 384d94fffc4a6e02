"""The group corpus: articles come in, are listed and shown, and get their words back."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from stancebank.cli.context import count, get_workspace, print_table
from stancebank.cli.group import Group
from stancebank.cli.hydrate import hydrate
from stancebank.cli.registry import entity, target
from stancebank.cli.withdraw import withdraw
from stancebank.text_policy import TextPolicy


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
@click.option("--text-policy", type=click.Choice([*map(str, TextPolicy)]), help="How much may be published.")
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
    from stancebank.corpus.ingest import add as add_all
    from stancebank.corpus.ingest import plan_additions
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
        and not addition.article.rights.text_policy.shows_all
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


@corpus.command("leak-check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.pass_context
def leak_check(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Search files for words of withheld articles, and of withdrawn ones.

    Reads PATHS (default: every file that git tracks in the workspace), the texts at hand of articles with the policy
    withheld or quotes, and the hashes in corpus/withdrawn/. Writes nothing. Names each file that shares a run of eight
    words with one of these articles, headlines excepted, and exits with 1 if there is one.

    If none is found but the text of an article is not at hand, the search is not complete: the article is named, and
    the exit code is 3.

    \b
    Example:
      stancebank corpus leak-check
    """
    import subprocess

    from stancebank.corpus.withdraw import protected_shingles, shared
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    if not paths:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=workspace.root, capture_output=True, check=False)
        paths = tuple(workspace.root / name for name in listed.stdout.decode().split("\0") if name)
        if not paths:
            raise InputError("git tracks no file here.\nHint: name the files to search.")
    hashes: set[str] = set()
    missing: list[str] = []
    for article_id, found in protected_shingles(workspace.store):
        if found is None:
            missing.append(article_id)
        else:
            hashes |= found
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    leaks = 0
    for file in files:
        runs = shared(file.read_bytes().decode(errors="replace"), hashes)
        if runs:
            leaks += 1
            click.echo(f"{file}: {count(runs, 'run')} of eight words of an article that may not be published.")
    click.echo(
        f"{count(len(files), 'file')} searched, {leaks} with words of an article that may not be published.", err=True
    )
    if missing:
        click.echo(
            f"Not searched for the words of {count(len(missing), 'article')}, which are not at hand:\n"
            + "".join(f"  {article_id}\n" for article_id in missing)
            + "Hint: run `stancebank corpus hydrate DIR` with copies of these articles, and search again.",
            err=True,
        )
    sys.exit(1 if leaks else 3 if missing else 0)


corpus.add_command(hydrate)
corpus.add_command(withdraw)
corpus.add_command(entity)
corpus.add_command(target)
