"""The group corpus: articles come in, are listed, shown and split, get their words back, and are taken out."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.articles import edit, list_, remove, zone
from stancebank.cli.duplicates import duplicates
from stancebank.cli.ids import ArticleId
from stancebank.cli.intake import add
from stancebank.cli.output import Group, count, get_workspace, print_table, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.cli.registry import entity, target
from stancebank.cli.sampling import sample
from stancebank.cli.splits import split
from stancebank.cli.stores import compact, convert, store
from stancebank.text import one_line

if TYPE_CHECKING:
    from stancebank.corpus.hydrate import Hydration, SpanProof
    from stancebank.corpus.store import Store
    from stancebank.corpus.withdraw import Removal


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--report", is_flag=True, help="List every span: whether it was found, and what proves it.")
@json_option("Print the report as a JSON list; with --report, with all spans.")
@dry_run_option("Report what would be restored, and write nothing.")
@click.pass_context
@writes
def hydrate(ctx: click.Context, folder: Path, report: bool, as_json: bool, dry_run: bool) -> None:
    """Fill the local store with the words of articles, from copies that you hold.

    Reads every article in DIR, as `corpus add` does (texts, web pages, JSON), whatever its file is called; writes
    .stancebank/texts/. A copy is recognised by its lines, proved by the text's SHA-256, and every annotated span is
    compared with its fingerprint.

    A copy that differs is never used as the text. Its spans are looked for through the lines that it shares with the
    record, and a span gets a place only with a proof; --report lists them all. Another version of what takes the text
    out of web pages may take out another text; the report says so. Exits with 1 if a copy differs or none was found.

    \b
    Example:
      stancebank corpus hydrate my-copies/
      stancebank corpus hydrate my-copies/ --report
    """
    from stancebank.corpus.hydrate import hydrate_store

    results, left_out = hydrate_store(get_workspace(ctx).store, folder, dry_run=dry_run)
    for why in left_out:
        click.echo(f"Left out: {why}", err=True)
    rows: list[dict[str, Any]] = []
    for result in results:
        row = {"id": result.article.id, "state": result.outcome, "copy": result.copy, "detail": result.detail}
        spans = {"spans": [asdict(span) for span in result.spans]} if report else {}
        rows.append(row | spans)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        print_table(
            ["article", "state", "copy", "detail"],
            [
                [str(row["id"]), str(row["state"]), Path(str(row["copy"] or "–")).name, str(row["detail"])]
                for row in rows
            ],
        )
        if report:
            _print_spans(results)
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    states = [row["state"] for row in rows]
    click.echo(", ".join(f"{states.count(s)} {s}" for s in ("verified", "mismatch", "missing")) + ".", err=True)
    sys.exit(1 if "mismatch" in states or "verified" not in states else 0)


def _print_spans(results: list["Hydration"]) -> None:
    """Print every span with its place in the copy and its proof, then what the proofs mean."""
    from stancebank.corpus.hydrate import PROOFS

    rows = [
        [result.article.id, span.document, span.pointer, _place(span), span.outcome]
        for result in results
        for span in result.spans
    ]
    if rows:
        click.echo()
        print_table(["article", "document", "span", "in the copy", "proof"], rows)
        click.echo()
    counts: Counter[str] = Counter(span.outcome for result in results for span in result.spans)
    print_table(
        ["proof", "spans", "meaning"],
        [[name, str(counts[name]), said] for name, said in PROOFS.items() if counts[name]],
    )


def _place(span: "SpanProof") -> str:
    return "–" if span.begin is None else f"{span.begin}-{span.end}"


@click.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.option("--reason", required=True, metavar="TEXT", help="Why. It is published in every later release.")
@click.option("--undo", is_flag=True, help="Allow the article again. Its words and labels are not restored.")
@dry_run_option()
@json_option()
@click.pass_context
@writes
def withdraw(ctx: click.Context, article_id: str, reason: str, undo: bool, dry_run: bool, as_json: bool) -> None:
    """Remove an article for good, at the request of its rights holder or of a person named in it.

    Removes its record, its words in both places, its gold, and every annotator's document on it. Writes
    corpus/withdrawn/<id>.json: the day, the reason, and hashes by which the text is recognised, also in a slightly
    changed copy. From then on `corpus add`, `corpus hydrate` and `annotate import` refuse it. If its files come back by
    a merge or a revert, `check` reports an error and nothing is built. Other files of the workspace that have its
    words, such as the source it came from or a reading by quotes, are named and stay.

    With --undo, the record of the withdrawal stays and says when and why it was undone.

    \b
    Example:
      stancebank corpus withdraw norland-post-2031-02-11-envoy --reason "The publisher asked for it." --dry-run
    """
    from datetime import UTC, datetime

    store = get_workspace(ctx).store
    today = datetime.now(UTC).date().isoformat()
    if undo:
        _undo(store, article_id, reason, today, dry_run=dry_run, as_json=as_json)
        return
    from stancebank.corpus.leaks import find_remains
    from stancebank.corpus.withdraw import plan_removal, remove

    removal = plan_removal(store, article_id, reason=reason, date=today)
    remains = find_remains(store, removal)  # before its words are gone
    if not dry_run:
        remove(store, removal)
    _report(store, removal, remains, dry_run=dry_run, as_json=as_json)


def _report(store: "Store", removal: "Removal", remains: Sequence[str], *, dry_run: bool, as_json: bool) -> None:
    from stancebank.corpus.withdraw import beyond_reach

    found = removal.withdrawal
    names = list(removal.files)
    if as_json:
        value = {
            "id": found.id,
            "date": found.date,
            "reason": found.reason,
            "new": removal.is_new,
            "removed": names,
            "words_in": list(remains),
            "printings": list(removal.printings),
            "dry_run": dry_run,
        }
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for name in names:
            click.echo(f"{'would go' if dry_run else 'gone'}  {name}")
    if not removal.is_new:
        click.echo(f"{found.id} was withdrawn before, on {found.date}: {one_line(found.reason)}", err=True)
    if not found.shingles:
        click.echo("Its words are not at hand, so a copy will be known by its text or its lines only.", err=True)
    if remains:
        told = "".join(f"  {name}\n" for name in remains)
        click.echo(
            f"These files have its words, or are readings of it, and are left as they are:\n{told}"
            "Hint: remove them, or take the words out.",
            err=True,
        )
    if removal.printings:
        told = "".join(f"  {name}\n" for name in removal.printings)
        click.echo(
            f"These articles have its text, or reprint it, and stay; `stancebank check` finds them:\n{told}"
            "Hint: withdraw them, too.",
            err=True,
        )
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    else:
        click.echo(f"corpus/withdrawn/{found.id}.json records the withdrawal; commit it with the removals.", err=True)
    click.echo(beyond_reach(found.id), err=True)


def _undo(store: "Store", article_id: str, reason: str, today: str, *, dry_run: bool, as_json: bool) -> None:
    from stancebank.corpus.withdraw import plan_lifting

    lifted = plan_lifting(store, article_id, reason=reason, date=today)
    if lifted is not None and not dry_run:
        store.write_withdrawal(lifted)
    if as_json:
        click.echo(json.dumps({"id": article_id, "lifted": lifted is not None, "dry_run": dry_run}))
    if lifted is None:
        click.echo(f"The withdrawal of {article_id} was undone before.", err=True)
    elif dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    else:
        click.echo(
            f"{article_id} may be used again; corpus/withdrawn/{article_id}.json says why.\n"
            "Nothing comes back by itself: take its files from git, or add its text with `stancebank corpus add`.",
            err=True,
        )


@click.group(cls=Group)
def corpus() -> None:
    """Add, list, correct, show, split and sample articles, restore their words, and withdraw articles."""


@corpus.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.option("--annotator", help="Whose statements to show. Default: the gold ones.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the page that `stancebank view ID` writes, with all readings.",
)
@json_option("Print the record and the document as a JSON object.")
@click.pass_context
def show(ctx: click.Context, article_id: str, annotator: str | None, html: Path | None, as_json: bool) -> None:
    """Show an article with its statements, in colour in a terminal and plain when piped.

    Reads the record, the document, and the words if they are at hand; writes nothing but the page of --html. Without
    the words, spans are shown by their offsets.

    \b
    Example:
      stancebank corpus show norland-post-2031-02-11-envoy
      stancebank corpus show norland-post-2031-02-11-envoy --html envoy.html
    """
    if html is not None:
        from stancebank.cli.view import write_page

        if annotator is not None or as_json:
            raise click.UsageError("--html shows all readings on a page; leave out --annotator and --json.")
        write_page(get_workspace(ctx), article_id, html)
        return
    from stancebank.cli.article import print_article
    from stancebank.model import to_builtins

    store = get_workspace(ctx).store
    article = store.article(article_id)
    document = store.find_document(article_id, annotator)
    if as_json:
        value = {"article": to_builtins(article), "document": to_builtins(document) if document else None}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        print_article(article, document, store.text(article), store.scheme)


@corpus.command("leak-check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@json_option("Print what was found and what was not searched as a JSON object.")
@click.pass_context
def leak_check(ctx: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Search files for words of withheld and withdrawn articles.

    Reads PATHS (default: every file that git would commit in the workspace: those that it tracks, those that are new
    and not ignored, and what is staged), the texts at hand of articles with the policy withheld or quotes, and the
    hashes in corpus/withdrawn/. Writes nothing. Names each file that has eight words in a row of one of these articles,
    headlines excepted; exits with 1 if there is one. Words are found in any encoding of text, in escapes of JSON and
    HTML, with soft hyphens and other invisible characters. Words that waivers.toml accepts in a file are no leak, there
    or elsewhere.

    If none is found but the text of an article is not at hand, or a file cannot be read as text (an image, an archive),
    the search is not complete: the article or file is named, and for an article the exit code is 3. `stancebank check`
    and `publish release` search what git would commit, too.

    \b
    Example:
      stancebank corpus leak-check
    """
    from datetime import UTC, datetime

    from stancebank.check.workspace import find_waived_leaks
    from stancebank.corpus.leaks import is_in_git, make_guard, read_files, search_files, searched, words_at
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    if not paths and not is_in_git(workspace.root):
        raise InputError("This workspace is in no git repository.\nHint: name the files to search.")
    files = read_files(paths) if paths else searched(workspace.store)
    let = find_waived_leaks(workspace, datetime.now(UTC).date())
    waived = [words for file, pointer in let for words in words_at(workspace.store, file, pointer)]
    found = search_files(files, make_guard(workspace.store, waived=waived))
    if as_json:
        leaked = [{"file": each.file, "pointer": each.pointer, "message": each.message} for each in found.leaks]
        unsearched = {"articles": found.missing, "files": found.unread}
        value = {"files": found.files, "leaks": leaked, "not_searched": unsearched}
        click.echo(json.dumps(value, ensure_ascii=False))
    for leak in found.leaks if not as_json else ():
        click.echo(f"{leak.file}{leak.pointer and f'  {leak.pointer}'}: {leak.message}")
    leaks = len({leak.file for leak in found.leaks})
    click.echo(
        f"{count(found.files, 'file')} searched, {leaks} with words of an article that may not be published.", err=True
    )
    for name in found.unread:
        click.echo(f"Not searched, or not all of it: {name}, which cannot be read as text.", err=True)
    if found.missing:
        click.echo(
            f"Not searched for the words of {count(len(found.missing), 'article')}, which are not at hand:\n"
            + "".join(f"  {article_id}\n" for article_id in found.missing)
            + "Hint: run `stancebank corpus hydrate DIR` with copies of these articles, and search again.",
            err=True,
        )
    sys.exit(1 if found.leaks else 3 if found.missing else 0)


for _command in (list_, zone, edit, remove):
    corpus.add_command(_command)
corpus.add_command(add)
corpus.add_command(duplicates)
corpus.add_command(split)
corpus.add_command(sample)
for _command in (store, convert, compact):
    corpus.add_command(_command)
corpus.add_command(hydrate)
corpus.add_command(withdraw)
corpus.add_command(entity)
corpus.add_command(target)
