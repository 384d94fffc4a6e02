"""The command that scores predictions."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import print_table

if TYPE_CHECKING:
    from stancebank.publish.score import Measure


@click.command()
@click.argument("predictions", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("release", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print counts and scores as a JSON object.")
def score(predictions: Path, release: Path, as_json: bool) -> None:
    """Score predicted statements against a published dataset.

    Reads PREDICTIONS (one JSON object a line, of the form of prediction.schema.json, each with an `article_id`) and
    RELEASE, a folder that `stancebank publish build` has written; no workspace is needed. Statements are aligned by
    their contents. An article without a prediction counts as one in which nothing was found.

    Spans may be given by words or by offsets; words need a release that shows the article's text.

    \b
    Example:
      stancebank publish score predictions.jsonl build/dataset
    """
    from stancebank.publish.predictions import read_predictions
    from stancebank.publish.published import read_published
    from stancebank.publish.score import score_predictions

    published = read_published(release)
    scored = score_predictions(read_predictions(predictions, published.scheme), published)
    measures = scored.score.measures
    if as_json:
        shares = ("precision", "recall", "f1", "of_aligned")
        value = {
            "articles": scored.score.articles,
            "without_prediction": scored.lacking,
            "unplaced": scored.unplaced,
            "measures": {
                name: asdict(each) | {share: getattr(each, share) for share in shares}
                for name, each in measures.items()
            },
        }
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    head = ["measure", "precision", "recall", "F1", "of aligned", "right", "predicted", "published"]
    print_table(head, [_row(name, each) for name, each in measures.items()])
    click.echo(f"{scored.score.articles} articles, {len(scored.lacking)} of them without a prediction.", err=True)
    if scored.unplaced:
        name, quotes = next(iter(scored.unplaced.items()))
        click.echo(
            f"{sum(map(len, scored.unplaced.values()))} spans have no place in their text, "
            f"such as {quotes[0]!r} in {name}.",
            err=True,
        )


def _row(name: str, measure: "Measure") -> list[str]:
    shares = (measure.precision, measure.recall, measure.f1, measure.of_aligned)
    counts = (measure.right, measure.predicted, measure.gold)
    return [name, *("–" if share is None else f"{share:.1%}" for share in shares), *map(str, counts)]
