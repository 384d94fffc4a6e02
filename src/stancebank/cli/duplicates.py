"""The command corpus duplicates."""

import json
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_styled
from stancebank.cli.params import engine_option, json_option
from stancebank.errors import list_some

if TYPE_CHECKING:
    from stancebank.corpus.duplicates import Quoted
    from stancebank.corpus.likeness import Method


@click.command()
@click.option("--threshold", type=float, default=0.6, show_default=True, help="How alike two texts are at least.")
@click.option(
    "--method",
    type=click.Choice(["exact", "minhash"]),
    help="Default: exact up to 100,000 articles, which finds every pair; then minhash.",
)
@engine_option()
@json_option("Print pairs, clusters and quotations as a JSON object.")
@click.pass_context
def duplicates(ctx: click.Context, threshold: float, method: "Method | None", engine: str, as_json: bool) -> None:
    """Find articles of one text, nearly one text, or one quotation.

    Reads the records and the texts at hand; writes nothing. Texts are compared by their runs of three words, without
    what their pages hold beside the article; 1.00 is the same words, and the default threshold finds a report of which
    one word in twelve was changed. `stancebank corpus edit ID reprint_of=OTHER` records a reprint. Articles are named
    that credit no agency where others of nearly their text do.

    \b
    Example:
      stancebank corpus duplicates
      stancebank corpus duplicates --threshold 0.8 --json
    """
    from stancebank.corpus.duplicates import find_duplicates

    found = find_duplicates(get_workspace(ctx).store, threshold, method, engine=engine)
    if as_json:
        value = {
            "articles": found.articles,
            "method": found.method,
            "threshold": threshold,
            "pairs": [
                {"one": each.one, "other": each.other, "likeness": round(each.likeness, 4)} for each in found.pairs
            ],
            "clusters": [list(each) for each in found.clusters],
            "quotations": [
                {
                    "words": each.words,
                    "articles": {name: {"begin": begin, "end": end} for name, (begin, end) in each.places.items()},
                }
                for each in found.quoted
            ],
            "reprints": [{"article": one, "reprint_of": other} for one, other in found.recorded],
            "missing": list(found.missing),
            "uncredited": [
                {"articles": list(each.articles), "agencies": list(each.agencies)} for each in found.uncredited
            ],
        }
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    recorded = dict(found.recorded)
    likest: dict[str, float] = {}
    for pair in found.pairs:
        for name in (pair.one, pair.other):
            likest[name] = max(pair.likeness, likest.get(name, 0.0))
    agencies = {name: each.agencies for each in found.uncredited for name in each.articles}
    for number, cluster in enumerate(found.clusters, 1):
        print_styled((f"{number}. {count(len(cluster), 'article')}", {"bold": True}))
        for name in cluster:
            told = [f"{likest[name]:.2f}"] if name in likest else []
            told += [f"recorded as a reprint of {recorded[name]}"] if name in recorded else []
            told += [f"credits no agency, others {list_some(agencies[name])}"] if name in agencies else []
            print_styled(f"  {name}", (f"  {', '.join(told)}" if told else "", {"dim": True}))
    together: dict[tuple[str, ...], list[Quoted]] = {}
    for quotation in found.quoted:
        together.setdefault(tuple(quotation.places), []).append(quotation)
    for names, quoted in together.items():
        words = ", ".join(str(each.words) for each in quoted)
        about = f" of {words} words in {len(names)} articles"
        print_styled((count(len(quoted), "quotation"), {"bold": True}), about)
        for name in names:
            places = ", ".join("text[{}:{}]".format(*each.places[name]) for each in quoted)
            print_styled(f"  {name}", (f"  {places}", {"dim": True}))
    clustered = sum(map(len, found.clusters))
    click.echo(
        f"{count(found.articles, 'article')}: {count(len(found.clusters), 'cluster')} with {clustered} of them, "
        f"{count(len(found.quoted), 'quotation')} in several.",
        err=True,
    )
    if found.uncredited:
        many = sum(len(each.articles) for each in found.uncredited)
        click.echo(
            f"{count(many, 'article')} with a text of which others credit an agency, and no agency.\n"
            "Hint: where it is the agency's, run `stancebank corpus edit ID agencies=NAME`.",
            err=True,
        )
    if found.missing:
        click.echo(
            f"Not compared, since their texts are not at hand: {count(len(found.missing), 'article')}.\n"
            "Hint: run `stancebank corpus hydrate DIR` with your copies.",
            err=True,
        )
