"""The command that gives a published folder its words back."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import count, print_table

if TYPE_CHECKING:
    from stancebank.publish.hydrate import Coverage

_STATES = {
    "shown": "the folder shows the whole text itself",
    "exact": "a copy is proved to be the text, by its SHA-256",
    "anchored": "a copy differs: only spans that are proved one by one have words, and whole texts lack it",
    "wrong": "a copy is proved to be the text, and spans hold other words; not used",
    "missing": "no copy in the folder",
}


@click.command("hydrate")
@click.argument("release", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("copies", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write. An earlier one of ours is replaced; anything else is left alone, and refused.",
)
@click.option("--report", is_flag=True, help="Say of every article what was found, not only of those that lack words.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written and found as a JSON object.")
def hydrate_release(release: Path, copies: Path, out: Path, report: bool, as_json: bool) -> None:
    """Give a release its words back, from copies of the articles that you hold. Needs no workspace.

    Reads the folder RELEASE, and every .txt, .json and .jsonl file in COPIES, whatever it is called; writes the full
    dataset to the folder --out: all views with the words of their spans, and those that need whole texts.

    A copy is recognised by its lines and proved by the text's SHA-256. Of a copy that differs, spans are looked for
    through the lines that it shares with the record, and get their words only with a proof. Exits with 1 where a copy
    differs, or none was found.

    A folder that shows more words than the articles' text policies allow is for your own use: it says that it is not
    publishable, and git ignores it.

    \b
    Example:
      stancebank publish hydrate releases/toy-1.2.0 my-copies/ --out releases/toy-with-words
    """
    from stancebank.corpus.sources import read_sources
    from stancebank.errors import InputError
    from stancebank.publish.hydrate import hydrate_folder

    sources = []
    for source in read_sources([copies]):
        if isinstance(source, InputError):
            click.echo(f"Left out: {source}", err=True)
        else:
            sources.append(source)
    made = hydrate_folder(release, sources, out)
    states: Counter[str] = Counter(each.state for each in made.coverage)
    if as_json:
        value = {
            "out": str(made.out),
            "rows": made.rows,
            "publishable": not made.beyond,
            "beyond_tier": made.beyond,
            "articles": [asdict(each) for each in made.coverage],
        }
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for view, rows in made.rows.items():
            click.echo(f"{view}  {count(rows, 'row')}")
        listed = [each for each in made.coverage if report or each.state not in ("shown", "exact")]
        if listed:
            click.echo()
            print_table(["article", "state", "copy", "spans proved"], [_line(each) for each in listed])
        click.echo()
        counts = [[name, str(states[name]), said] for name, said in _STATES.items() if states[name]]
        print_table(["state", "articles", "meaning"], counts)
    click.echo(f"Wrote {made.out}.", err=True)
    if made.beyond:
        click.echo(
            f"Not for publication. Articles that show more words than their text policy allows: {len(made.beyond)}.",
            err=True,
        )
    sys.exit(1 if states["anchored"] or states["wrong"] or not (states["exact"] or states["shown"]) else 0)


def _line(each: "Coverage") -> list[str]:
    share = f"{each.found} of {each.spans}" + (f" ({100 * each.found // each.spans}%)" if each.spans else "")
    return [each.article_id, each.state, Path(each.copy or "–").name, share]
