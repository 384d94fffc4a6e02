"""The command corpus add: articles come in, and what became of each is told."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.notes import FEW, NoteKinds
from stancebank.cli.output import PlainFile, bar, count, get_workspace, writes
from stancebank.cli.params import dry_run_option, engine_option, json_option, workers_option
from stancebank.model import TextPolicy

if TYPE_CHECKING:
    from stancebank.corpus.cleaning import Source
    from stancebank.corpus.intake import Intake
    from stancebank.corpus.planning import Addition
    from stancebank.corpus.sources import ReadOptions, Skipped
    from stancebank.corpus.store import Store


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="KEY=NAME[,...]",
    help="Which of their columns or keys is which of ours; or a TOML file with such lines.",
)
@click.option("--extra", multiple=True, metavar="NAME[,...]", help="Which others to keep as further metadata, or all.")
@click.option("--ignore", multiple=True, metavar="NAME[,...]", help="Which others to drop, or all.")
@click.option("--format", "format_", metavar="FORMAT", help="Of standard input, or of files with another suffix.")
@click.option("--split", metavar="NAME", help="The split of a dataset that is wanted. Default: all.")
@click.option("--outlet", help="Who published the article.")
@click.option("--title", help="The headline. Default: the first line that looks like one.")
@click.option("--agency", "agencies", multiple=True, help="An agency that the outlet credits; repeat, outermost first.")
@click.option("--author", help="The byline.")
@click.option("--place", help="Where it was filed. Default: what the dateline says.")
@click.option(
    "--published",
    help="The date, such as 2031-02-11, 2031-02 or 2031, or in words of the language. Default: what the dateline says.",
)
@click.option("--language", help="A BCP 47 tag, such as en.")
@click.option("--url", help="Where it was read.")
@click.option("--event", help="An id that articles on one event share.")
@click.option("--holder", help="Who holds the rights in the words. Default: the outlet.")
@click.option("--licence", help="An SPDX id, or the address of a licence. Default: LicenseRef-all-rights-reserved.")
@click.option("--text-policy", type=click.Choice([*map(str, TextPolicy)]), help="How much may be published.")
@click.option("--rights-note", help="By whose leave more is published than the licence allows.")
@click.option("--slug", help="The last part of the id. Default: the first words of the title.")
@click.option(
    "--metadata",
    "metadata_file",
    type=PlainFile(),
    help="A JSON file with any of the above, and zones.",
)
@click.option("--update", is_flag=True, help="Update the metadata of an article that the corpus has.")
@click.option("--replace", is_flag=True, help="Replace the text of an article that nobody has annotated.")
@click.option("--allow-similar", is_flag=True, help="Add an article although its text is similar to a withdrawn one.")
@click.option("--title-line", is_flag=True, help="Put a given title on top of a text in which it does not stand.")
@click.option("--reprint", is_flag=True, help="Add a known text again where only its date or address differs.")
@click.option("--reprint-of", metavar="ID", type=ArticleId(), help="The article that had the text first.")
@click.option("--skip-invalid", is_flag=True, help="Add the others where some cannot be added; exits with 1.")
@click.option("--fast", is_flag=True, help="Take texts out of web archives with resiliparse: faster, and less exact.")
@click.option(
    "--ignore-reservations", is_flag=True, help="Let --text-policy hold for pages that reserve text and data mining."
)
@workers_option("web archives")
@engine_option()
@click.option("--verbose", is_flag=True, help="Name every article, every note, and every file that was skipped.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but what cannot be added.")
@json_option("Print what became of each source as a JSON object.")
@dry_run_option()
@click.pass_context
@writes
def add(
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    maps: tuple[str, ...],
    extra: tuple[str, ...],
    ignore: tuple[str, ...],
    format_: str | None,
    split: str | None,
    metadata_file: Path | None,
    update: bool,
    replace: bool,
    allow_similar: bool,
    reprint: bool,
    title_line: bool,
    skip_invalid: bool,
    fast: bool,
    ignore_reservations: bool,
    workers: int,
    engine: str,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Add articles to the corpus.

    Takes .txt files, saved web pages (.html), web archives (.warc, .warc.gz, .wacz), .json, .jsonl, CSV, TSV and
    Parquet files, folders of them, datasets that `datasets` has saved, and standard input (-). Metadata stand beside
    the text, in name.meta.json beside name.txt, in the page, or are options; --map says which of their columns is which
    of our keys (`stancebank help articles`). Writes corpus/articles/<id>.json, and the words into .stancebank/texts/,
    or into corpus/texts/ where the text policy is full. If one source cannot be used, none is added, unless you pass
    --skip-invalid; all that is wrong is said at once.

    A web archive is read in batches: whatever is broken in it is said with its place, the rest is added, and the
    command exits with 1. Interrupted, the same command goes on where it was. corpus/archives/ says of each article
    where and when it was fetched, and what its page says of its use; one that reserves text and data mining is
    withheld.

    A text that the corpus has already is left alone. From another outlet it is a reprint: an article of its own with
    the id of the first one in `reprint_of`, and with its rights where no others are given. Another text under an
    existing id is a conflict, and so is the text of a withdrawn article.

    \b
    Example:
      stancebank corpus add envoy.txt --outlet "Norland Post" --published 2031-02-11
      stancebank corpus add news.csv --map text=body,published=date --ignore all --outlet "Norland Post"
      stancebank corpus add crawl.warc.gz
    """
    from stancebank.corpus.keys import known_metadata, make_key_map
    from stancebank.corpus.sources import FORMATS, ReadOptions, find_archives
    from stancebank.records import read_json

    if format_ and format_ not in FORMATS:
        raise click.BadParameter(f"{format_!r} is not one of {', '.join(FORMATS)}.", param_hint="'--format'")
    workspace = get_workspace(ctx)
    given = known_metadata(read_json(metadata_file, whole=True), str(metadata_file)) if metadata_file else {}
    given |= {key: list(value) if key == "agencies" else value for key, value in options.items() if value}
    others, archives = find_archives(paths, format_)
    reading = ReadOptions(make_key_map(maps, extra, ignore), format_, split, sys.stdin.buffer, without_archives=True)
    planning: dict[str, Any] = {
        "defaults": workspace.settings.corpus,
        "update": update,
        "replace": replace,
        "allow_similar": allow_similar,
        "reprint": reprint,
        "title_line": title_line,
    }
    value: dict[str, Any] = {}
    code = 0
    if others or not archives:
        value, code = _add_sources(
            workspace.store,
            others,
            given,
            reading,
            planning,
            skip_invalid=skip_invalid,
            verbose=verbose,
            quiet=quiet,
            as_json=as_json,
            dry_run=dry_run,
            is_last=not archives,
        )
    if not archives:
        sys.exit(code)
    from stancebank.cli.harvesting import ArchiveReport, harvest_archives
    from stancebank.corpus.planning import Planner

    report = ArchiveReport(verbose=verbose and not as_json, quiet=quiet or as_json, holds_all=as_json)
    planner = Planner(workspace.store, given, **planning)
    harvest_archives(
        workspace.store,
        archives,
        planner,
        given,
        workspace.settings.corpus,
        report,
        fast=fast,
        despite=ignore_reservations,
        workers=workers,
        engine=engine,
        dry=dry_run,
    )
    if as_json:
        click.echo(json.dumps(report.as_object(value, dry_run=dry_run), ensure_ascii=False))
    report.print(dry_run=dry_run)
    report.print_faults()
    sys.exit(1 if code == 1 or report.has_faults else 4 if code or report.differs else 0)


def _add_sources(
    store: "Store",
    paths: list[Path],
    given: dict[str, Any],
    reading: "ReadOptions",
    planning: dict[str, Any],
    *,
    skip_invalid: bool,
    verbose: bool,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    is_last: bool,
) -> tuple[dict[str, Any], int]:
    """Add what is no web archive. Return what became of it as an object, for --json, and the exit code."""
    from stancebank.corpus.intake import Shelf, plan_intake, told_refusals
    from stancebank.corpus.intake import add as add_all

    with Shelf() as shelf:
        with bar("Reading", wanted=not quiet) as reading.watch:
            intake = plan_intake(store, paths, given, shelf, reading, **planning)
        is_added = skip_invalid or not intake.refusals
        if is_added and not dry_run:
            with bar("Writing", len(intake.additions), wanted=not quiet) as watch:
                add_all(store, intake, watch)
    value = _as_object(intake, reading.skipped, is_added=is_added, dry_run=dry_run) if as_json else {}
    if as_json and (is_last or not is_added):
        click.echo(json.dumps(value, ensure_ascii=False))
    if not is_added:
        intake.require_whole()
    if not (as_json or quiet):
        _print_articles(intake.additions, verbose=verbose)
        _print_notes(_notes(intake.additions), verbose=verbose)
        _print_summary(intake, reading.skipped, verbose=verbose)
        _print_last(intake, dry_run=dry_run)
    if intake.refusals:
        click.echo(f"{told_refusals(intake.refusals)}\nNot added: {count(len(intake.refusals), 'fault')}.", err=True)
    return value, 1 if intake.refusals else 4 if any(each.action == "differs" for _, each in intake.additions) else 0


Additions = Iterable[tuple["Source", "Addition"]]
"""Sources with what became of them."""


def _about(addition: "Addition") -> str:
    if addition.action == "differs":
        again = ", --reprint adds it as another article" if {"published", "url"} & {*addition.differing} else ""
        return f" ({', '.join(addition.differing)}; --update takes the new values{again})"
    if addition.action == "added" and addition.article.reprint_of:
        return f" (a reprint of {addition.article.reprint_of})"
    return ""


def _print_articles(additions: Additions, *, verbose: bool) -> None:
    """Print a line for each article; of many, for those that differ alone."""
    found = [each for _, each in additions]
    shown = found if verbose or len(found) <= FEW else [each for each in found if each.action == "differs"]
    for addition in shown if verbose else shown[:FEW]:
        click.echo(f"{addition.action}  {addition.article.id}{_about(addition)}")
    if not verbose and len(shown) > FEW:
        click.echo(f"... and {len(shown) - FEW} more that differ; --verbose names all.", err=True)


def _notes(additions: Additions) -> list[tuple["Source", "Addition", str]]:
    return [(source, addition, note) for source, addition in additions for note in addition.notes]


def _print_notes(notes: list[tuple["Source", "Addition", str]], *, verbose: bool) -> None:
    """Print notes; of many, each kind once, with the article that has it first."""
    kinds = NoteKinds(verbose=verbose)
    for _, addition, note in notes:
        kinds.add(addition.article.id, note)
    kinds.print()


def _print_summary(intake: "Intake", skipped: list["Skipped"], *, verbose: bool) -> None:
    """Print how many articles were added or not, and which files were skipped."""
    from stancebank.corpus.sources import told_skipped

    actions = [each.action for _, each in intake.additions]
    if len(actions) > 1 or skipped or intake.refusals:
        told = [f"{actions.count(each)} {each}" for each in dict.fromkeys(("added", *actions))]
        told += [f"{len({each.source for each in intake.refusals})} not added"] if intake.refusals else []
        files = f"; {count(len(skipped), 'file')} skipped" if skipped else ""
        click.echo(f"{', '.join(told)}{files}.", err=True)
    if verbose:
        for each in skipped:
            click.echo(f"skipped  {each.file}: {each.why}", err=True)
    elif skipped:
        click.echo(f"Skipped: {told_skipped(skipped)}.", err=True)


def _print_last(intake: "Intake", *, dry_run: bool) -> None:
    from stancebank.corpus.store import PUBLIC_TEXTS

    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    elif intake.narrowed:
        click.echo(
            f"Left {PUBLIC_TEXTS}/: {', '.join(intake.narrowed)}. What git recorded of them stays in its history.",
            err=True,
        )


def _as_object(intake: "Intake", skipped: list["Skipped"], *, is_added: bool, dry_run: bool) -> dict[str, Any]:
    from stancebank.corpus.intake import message_of
    from stancebank.errors import ConflictError

    additions = intake.additions if is_added else ()
    value: dict[str, Any] = {key: [] for key in ("added", "unchanged", "updated", "replaced", "conflicts", "faults")}
    for source, each in additions:
        about: dict[str, Any] = {"source": source.name, "id": each.article.id}
        about |= {"keys": list(each.differing)} if each.differing else {}
        about |= {"reprint_of": each.article.reprint_of} if each.article.reprint_of else {}
        value["conflicts" if each.action == "differs" else each.action].append(about)
    for refusal in intake.refusals:
        kind = "conflicts" if isinstance(refusal.error, ConflictError) else "faults"
        value[kind].append({"source": refusal.source, "message": message_of(refusal.error)})
    value["skipped"] = [{"source": each.file, "why": each.why} for each in skipped]
    value["notes"] = [
        {"source": source.name, "id": each.article.id, "note": note} for source, each, note in _notes(additions)
    ]
    return {**value, "narrowed": list(intake.narrowed), "dry_run": dry_run}
