"""The command that scores predictions."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import print_table

if TYPE_CHECKING:
    from stancebank.model import Statement
    from stancebank.publish.score import Measure


@click.command()
@click.argument("predictions", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("release", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print counts and scores as a JSON object.")
def score(predictions: Path, release: Path, as_json: bool) -> None:
    """Score predicted statements against a published dataset.

    Reads PREDICTIONS (one JSON object a line, of the form of schema/v1/prediction.schema.json, each with an
    `article_id`) and RELEASE, a folder that `stancebank publish build` has written; no workspace is needed. Statements
    are aligned by their contents. An article without a prediction counts as one in which nothing was found.

    Spans may be given by words or by offsets; words need a release that shows the article's text.

    \b
    Example:
      stancebank publish score predictions.jsonl build/dataset
    """
    from stancebank.errors import InputError
    from stancebank.publish.predictions import place, read_predictions
    from stancebank.publish.published import read_published
    from stancebank.publish.score import score as score_all

    found = read_predictions(predictions)
    published = read_published(release)
    if unknown := sorted(found.keys() - published.articles.keys()):
        raise InputError(
            f"{predictions}: {release} holds no article {unknown[0]!r}"
            f"{f', nor {len(unknown) - 1} more' if len(unknown) > 1 else ''}.\n"
            "Mend: predict for the articles of this release."
        )
    unplaced: dict[str, tuple[str, ...]] = {}
    pairs = []
    for name, article in published.articles.items():
        predicted: tuple[Statement, ...] = ()
        if name in found:
            placed = place(found[name], article.text, article.length, published.entities, article.passages)
            predicted = placed.statements
            if placed.unplaced:
                unplaced[name] = placed.unplaced
        pairs.append((predicted, article.statements))
    result = score_all(pairs)
    lacking = sorted(published.articles.keys() - found.keys())
    if as_json:
        measures = {
            name: asdict(each)
            | {"precision": each.precision, "recall": each.recall, "f1": each.f1, "of_aligned": each.of_aligned}
            for name, each in result.measures.items()
        }
        value = {"articles": result.articles, "without_prediction": lacking, "unplaced": unplaced}
        click.echo(json.dumps(value | {"measures": measures}, ensure_ascii=False))
        return
    head = ["measure", "precision", "recall", "F1", "of aligned", "right", "predicted", "published"]
    print_table(head, [_row(name, each) for name, each in result.measures.items()])
    click.echo(f"{result.articles} articles, {len(lacking)} of them without a prediction.", err=True)
    if unplaced:
        name, quotes = next(iter(unplaced.items()))
        click.echo(
            f"{sum(map(len, unplaced.values()))} spans have no place in their text, such as {quotes[0]!r} in {name}.",
            err=True,
        )


def _row(name: str, measure: "Measure") -> list[str]:
    shares = (measure.precision, measure.recall, measure.f1, measure.of_aligned)
    counts = (measure.right, measure.predicted, measure.gold)
    return [name, *("–" if share is None else f"{share:.1%}" for share in shares), *map(str, counts)]
