"""The command that compares two readings: how often they agree, and where they do not."""

import json
import sys
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ReaderName
from stancebank.cli.output import count, get_workspace, print_table, print_tables
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.agreement.compare import Comparison, Difference, Tally
    from stancebank.corpus.store import Store


@click.command()
@click.argument("one", type=ReaderName())
@click.argument("other", type=ReaderName())
@click.option("--article", "articles", multiple=True, metavar="ID", help="Only this article; repeat for more.")
@click.option("--differences", is_flag=True, help="List every difference, too.")
@json_option("Print tallies and differences as a JSON object.")
@click.pass_context
def compare(
    ctx: click.Context, one: str, other: str, articles: tuple[str, ...], differences: bool, as_json: bool
) -> None:
    """Compare the readings of two annotators: how often they agree, field by field.

    Reads the documents of ONE and OTHER, each an annotator's name or `gold`, of every article that both have annotated;
    writes nothing. Statements are aligned by their content, not by their ids. Shares are of the aligned statements or
    conditions; for `statement` and `condition` themselves, the share is an F1 score. Exits with 1 if the readings
    differ.

    `kappa` is Cohen's, for fields whose values are names; `chance` is the share that chance would give. Sets are
    compared as wholes. `whole record` counts the statements that agree in all fields with a kappa. Flags, such as
    doubt, are counted and not compared.

    \b
    Example:
      stancebank annotate compare annotator-1 gold --differences
    """
    from stancebank.agreement.compare import compare as compare_readings
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    store = workspace.store
    first, second = (
        {document.article_id: document for document in store.documents(None if name == "gold" else name)}
        for name in (one, other)
    )
    for name, documents in ((one, first), (other, second)):
        if not documents:
            raise InputError(f"No document of {name!r}.\nHint: name a folder of corpus/annotations, or `gold`.")
    both = sorted(first.keys() & second.keys())
    if unknown := sorted(set(articles) - set(both)):
        raise InputError(f"{one} and {other} have not both read {unknown[0]!r}.")
    both = [article for article in both if not articles or article in articles]
    stale = [article for article in both if first[article].text_sha256 != second[article].text_sha256]
    if stale:
        raise InputError(f"{one} and {other} have read different texts of {stale[0]}.\nHint: run `stancebank check`.")
    found = compare_readings(((first[article], second[article]) for article in both), workspace.scheme)
    if as_json:
        value = {
            "articles": both,
            "tallies": {name: _tally(each) for name, each in found.tallies.items()},
            "flags": {name: asdict(each) for name, each in found.flags.items()},
            "differences": [asdict(each) for each in found.differences],
        }
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        _print_tallies(found, one, other)
        if differences:
            print_differences(found.differences, store)
        left = f", {len(first.keys() ^ second.keys())} read by one only" if first.keys() ^ second.keys() else ""
        click.echo(f"{count(len(both), 'article')}{left}; {count(len(found.differences), 'difference')}.", err=True)
    sys.exit(1 if found.differences else 0)


def _tally(tally: "Tally") -> dict[str, float | None]:
    """Return what JSON says of a tally."""
    return {name: getattr(tally, name) for name in ("agreed", "compared", "share", "expected", "kappa")}


def _print_tallies(found: "Comparison", one: str, other: str) -> None:
    from stancebank.agreement.compare import AGREEMENT, agreement_cells

    tallies = [[name, *agreement_cells(each)] for name, each in found.tallies.items()]
    flags = [[name, f"{f.one} of {f.of_one}", f"{f.other} of {f.of_other}"] for name, f in found.flags.items()]
    print_tables((["field", *AGREEMENT], tallies), *([(["flag", one, other], flags)] if flags else []))


def print_differences(differences: list["Difference"], store: "Store") -> None:
    """Print the differences of one article after the other, with the words of spans where they are at hand."""
    from stancebank.agreement.compare import worded

    for article_id, group in groupby(differences, key=lambda each: each.article_id):
        text = store.text(store.article(article_id))
        click.echo(f"\n{article_id}")
        print_table(
            ["one", "other", "field", "one says", "the other says"],
            [
                [
                    *((name or "–").removeprefix(f"{article_id}/") for name in (each.one, each.other)),
                    each.field,
                    *worded(each, text, store.scheme),
                ]
                for each in group
            ],
        )
