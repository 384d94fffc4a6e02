"""The command corpus add: articles come in."""

import sys
from pathlib import Path
from typing import Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import PlainFile, get_workspace, writes
from stancebank.model import TextPolicy


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
@click.option("--published", help="The date, such as 2031-02-11, 2031-02 or 2031. Default: what the dateline says.")
@click.option("--language", help="A BCP 47 tag, such as en.")
@click.option("--url", help="Where it was read.")
@click.option("--event", help="An id that articles on one event share.")
@click.option("--holder", help="Who holds the rights in the words. Default: the outlet.")
@click.option("--licence", help="An SPDX id. Default: LicenseRef-all-rights-reserved.")
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
@click.option("--reprint", is_flag=True, help="Add a known text again where only its date or address differs.")
@click.option("--reprint-of", metavar="ID", type=ArticleId(), help="The article that had the text first.")
@click.option("--dry-run", is_flag=True, help="Print what would be done, and write nothing.")
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
    dry_run: bool,
    **options: Any,
) -> None:
    """Add articles to the corpus.

    Reads .txt, .json and .jsonl files, and folders of them; JSON objects have "text" and metadata; the metadata of
    name.txt may be in name.meta.json beside it. Writes corpus/articles/<id>.json, and the words into
    .stancebank/texts/, or into corpus/texts/ where the text policy is full. If one source cannot be used, none is
    added.

    A text that the corpus has already is left alone. From another outlet it is a reprint: an article of its own with
    the id of the first one in `reprint_of`, and with its rights where no others are given. Another text under an
    existing id is a conflict, and so is the text of a withdrawn article.

    \b
    Example:
      stancebank corpus add envoy.txt --outlet "Norland Post" --published 2031-02-11
    """
    from stancebank.corpus.cleaning import broken_signs
    from stancebank.corpus.ingest import add as add_all
    from stancebank.corpus.ingest import plan_intake
    from stancebank.corpus.keys import known_metadata, make_key_map
    from stancebank.corpus.sources import FORMATS, Reading
    from stancebank.corpus.store import PUBLIC_TEXTS
    from stancebank.records import read_json

    if format_ and format_ not in FORMATS:
        raise click.BadParameter(f"{format_!r} is not one of {', '.join(FORMATS)}.", param_hint="'--format'")
    reading = Reading(make_key_map(maps, extra, ignore), format_, split, sys.stdin.buffer)
    workspace = get_workspace(ctx)
    given = known_metadata(read_json(metadata_file, whole=True), str(metadata_file)) if metadata_file else {}
    given |= {key: list(value) if key == "agencies" else value for key, value in options.items() if value}
    intake = plan_intake(
        workspace.store,
        paths,
        given,
        defaults=workspace.settings.corpus,
        update=update,
        replace=replace,
        allow_similar=allow_similar,
        reprint=reprint,
        reading=reading,
    )
    if not dry_run:
        add_all(workspace.store, intake.additions)
    for source, addition in zip(intake.sources, intake.additions, strict=True):
        about = ""
        if addition.action == "differs":
            again = ", --reprint adds it as another article" if {"published", "url"} & {*addition.differing} else ""
            about = f" ({', '.join(addition.differing)}; --update takes the new values{again})"
        if addition.action == "added" and addition.article.reprint_of:
            about = f" (a reprint of {addition.article.reprint_of})"
        click.echo(f"{addition.action}  {addition.article.id}{about}")
        if addition.action in ("added", "replaced"):
            for change in source.changes:
                click.echo(f"{addition.article.id}, {change}.", err=True)
            for sign in broken_signs(addition.text):
                click.echo(f"{addition.article.id}, {sign}. The text is kept as it is.", err=True)
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    elif intake.narrowed:
        click.echo(
            f"Left {PUBLIC_TEXTS}/: {', '.join(intake.narrowed)}. What git recorded of them stays in its history.",
            err=True,
        )
    sys.exit(4 if any(addition.action == "differs" for addition in intake.additions) else 0)
