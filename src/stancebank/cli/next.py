"""The command annotate next: in which order to annotate what is left."""

import json
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import json_option
from stancebank.errors import list_some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stancebank.suggest.order import Order, Queued


@click.command("next")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="Print the first N places. Default: the whole queue."
)
@click.option("--name", metavar="SUGGESTIONS", help="Which suggestions to go by. Default: the only ones there are.")
@click.option("--annotator", metavar="NAME", help="Only what is assigned to somebody, and they have not read.")
@click.option(
    "--by-lot",
    "share",
    type=click.IntRange(0, 100),
    default=20,
    show_default=True,
    metavar="PERCENT",
    help="How many of the places are drawn by lot.",
)
@click.option("--seed", default="", metavar="TEXT", help="Draw other articles by lot.")
@click.option("--ids", "only_ids", is_flag=True, help="Print the ids alone, one a line.")
@json_option("Print the queue as a JSON object.")
@click.pass_context
def next_(
    ctx: click.Context,
    limit: int | None,
    name: str | None,
    annotator: str | None,
    share: int,
    seed: str,
    only_ids: bool,
    as_json: bool,
) -> None:
    """Say which articles to annotate next, and why.

    Reads records, words, documents, suggestions and corpus/assignments.csv; writes nothing. The queue holds the
    articles that nobody has annotated, and those that somebody has yet to read to whom they are assigned.

    First come those whose suggestions are uncertain (the mean entropy of their confidences, in bits) and that bring
    speakers, targets or outlets that nothing before them has; the score is the mean of both, each from 0 to 1. So that
    what is annotated does not become a choice of the engine, one place in five is drawn by lot from the whole queue;
    the seed draws the same ones again. Reprints and near copies of what is annotated or stands before them come last.

    Without suggestions, uncertainty is not known: then novelty alone decides, by the names of the registries that the
    words of an article have.

    \b
    Example:
      stancebank annotate next --limit 10
      stancebank annotate next --ids --limit 10 | xargs -r stancebank annotate push
    """
    from stancebank.suggest.order import read_order

    if only_ids and as_json:
        raise click.UsageError("Pass --ids or --json, not both.")
    order = read_order(get_workspace(ctx), name, annotator=annotator, share=share, seed=seed)
    shown = order.queue[:limit]
    if as_json:
        value = {
            "suggestions": order.suggestions or None,
            "seed": seed,
            "by_lot_percent": share,
            "annotated": len(order.annotated),
            "queue": [_value(place, each) for place, each in enumerate(shown, 1)],
            "left": len(order.queue),
            "without_words": list(order.without_words),
            "outdated": list(order.outdated),
        }
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    if only_ids:
        for each in shown:
            click.echo(each.article.article_id)
    elif shown:
        rows = [
            [str(place), each.article.article_id, f"{each.score:.2f}", "; ".join(each.because)]
            for place, each in enumerate(shown, 1)
        ]
        print_table(["place", "article", "score", "because"], rows)
    for line in _notes(order, len(shown)):
        click.echo(line, err=True)


def _value(place: int, each: "Queued") -> dict[str, object]:
    article = each.article
    return {
        "place": place,
        "article_id": article.article_id,
        "score": round(each.score, 4),
        "by_lot": each.by_lot,
        "suggested": article.statements,
        "uncertainty": None if article.uncertainty is None else round(article.uncertainty, 4),
        "novelty": round(each.novelty, 4),
        "new_speakers": list(each.new_speakers),
        "new_targets": list(each.new_targets),
        "new_outlet": each.new_outlet or None,
        "copy_of": each.copy_of or None,
        "likeness": None if each.likeness is None else round(each.likeness, 4),
        "readers": list(article.readers),
        "because": list(each.because),
    }


def _notes(order: "Order", shown: int) -> "Iterator[str]":
    """Yield what is said beside the queue."""
    if order.queue:
        yield f"{shown} of {count(len(order.queue), 'article')} in the queue; {len(order.annotated)} annotated."
    else:
        yield f"No article is left to annotate; {count(len(order.annotated), 'article')} annotated."
    if order.queue and not order.suggestions:
        yield "Uncertainty is not known, since nothing is suggested.\nHint: `stancebank suggest --engine rules`."
    if order.outdated:
        yield (
            f"Their suggestion is of another text, and was not used: {list_some(order.outdated, 5)}.\n"
            "Hint: run `stancebank suggest` for them again."
        )
    if order.without_words:
        yield (
            f"Left out, since their words are not at hand: {list_some(order.without_words, 5)}.\n"
            "Hint: run `stancebank corpus hydrate DIR`."
        )
