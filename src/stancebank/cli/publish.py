"""The group publish: the dataset and its card."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.baselines import baselines
from stancebank.cli.diff import diff
from stancebank.cli.errata import errata
from stancebank.cli.output import Group, PlainFile, count, get_workspace, print_table, writes
from stancebank.cli.params import ReleaseFolder, json_option, no_cache_option
from stancebank.cli.release import release, sign
from stancebank.cli.remote import push, retract
from stancebank.cli.verify import hydrate_release, verify
from stancebank.cli.why import why
from stancebank.model import EVERY_SPLIT, TextPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stancebank.errors import Finding
    from stancebank.publish.build import Judge
    from stancebank.publish.parquet import Written
    from stancebank.publish.rights import Audit
    from stancebank.publish.score import Measure


@click.command()
@click.argument("predictions", type=PlainFile())
@click.argument("release", type=ReleaseFolder())
@click.option(
    "--split",
    type=click.Choice(EVERY_SPLIT),
    help="Score against the articles of this split alone. Default: those of all splits.",
)
@json_option("Print counts and scores as a JSON object.")
def score(predictions: Path, release: Path, split: str | None, as_json: bool) -> None:
    """Score predicted statements against a published dataset.

    Reads PREDICTIONS (one JSON object a line, of the form of prediction.schema.json, each with an `article_id`) and
    RELEASE, a folder that `stancebank publish build` has written, or the address of a published one; no workspace is
    needed. Statements are aligned by their content, of which they must share half of the shorter one; measures "at Dice
    ≥ 0.5" ask for contents of like size, too. An article without a prediction counts as one without predicted
    statements. With --split, predictions for articles of other splits are left out.

    Spans may be given by words or by offsets; words need a release that shows the article's text. Writes nothing.

    \b
    Example:
      stancebank publish score predictions.jsonl build/dataset
      stancebank publish score predictions.jsonl build/dataset --split test
    """
    from stancebank.publish.predictions import read_predictions
    from stancebank.publish.published import read_published
    from stancebank.publish.score import score_predictions

    published = read_published(release)
    scored = score_predictions(read_predictions(predictions, published.scheme), published, split)
    measures = scored.score.measures
    if as_json:
        shares = ("precision", "recall", "f1", "of_aligned")
        value = {
            **({"split": split, "of_other_splits": scored.others} if split else {}),
            "articles": scored.score.articles,
            "without_prediction": scored.lacking,
            "unplaced": scored.unplaced,
            "trimmed": scored.trimmed,
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
    if scored.others:
        click.echo(f"Left out: {count(len(scored.others), 'prediction')} for articles of other splits.", err=True)
    if split is None and len(published.splits) > 1:
        click.echo(f"The splits {', '.join(published.splits)} together; --split scores against one.", err=True)
    if scored.unplaced:
        name, quotes = next(iter(scored.unplaced.items()))
        click.echo(
            f"{sum(map(len, scored.unplaced.values()))} spans have no place in their text, "
            f"such as {quotes[0]!r} in {name}.",
            err=True,
        )
    if scored.trimmed:
        name, changes = next(iter(scored.trimmed.items()))
        number = sum(map(len, scored.trimmed.values()))
        many = f"{number} spans were trimmed before they were compared, such as"
        click.echo(
            f"{many if number > 1 else '1 span was trimmed before it was compared:'} {name}, {changes[0]}.", err=True
        )


def _row(name: str, measure: "Measure") -> list[str]:
    shares = (measure.precision, measure.recall, measure.f1, measure.of_aligned)
    counts = (measure.right, measure.predicted, measure.gold)
    return [name, *("–" if share is None else f"{share:.1%}" for share in shares), *map(str, counts)]


_FEW = 5
"""Findings that a build prints one by one."""


@click.group(cls=Group)
def publish() -> None:
    """Build the dataset and its card; make versions of it; push and verify them; score predictions."""


@publish.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to write. An earlier build in it is replaced; anything else is left alone, and refused.",
)
@click.option(
    "--text",
    type=click.Choice([*map(str, TextPolicy)]),
    help="How much of the articles' words to show. Default: what each article's text policy allows.",
)
@no_cache_option
@json_option("Print what was built as a JSON object.")
@click.pass_context
def build(ctx: click.Context, out: Path, text: str | None, no_cache: bool, as_json: bool) -> None:
    """Build the dataset: a folder that `datasets.load_dataset` opens with no code.

    Reads corpus/, schema/, annotate/GUIDELINES.md, DATASET_CARD.md and LICENSE-DATA; writes the folder completely or
    not at all, and nothing else. Only gold documents are published. The workspace must be free of errors.

    The tables passages, tokens and chat have rows only of articles that show their whole text.

    Of many articles, .stancebank/ keeps the rows, so that the next build makes only those of articles that changed; the
    folder has the same bytes either way.

    With --text, a folder for your own use shows more words than the text policies allow, if they are at hand. It says
    that it is not publishable, and git ignores it.

    \b
    Example:
      stancebank publish build --out releases/mine
      stancebank publish build --out releases/mine-with-words --text full
    """
    from stancebank.publish.build import build as build_folder
    from stancebank.publish.layout import key_of
    from stancebank.publish.release.gate import check_content, report_splits
    from stancebank.publish.splitting import say_report
    from stancebank.publish.tables import tables

    workspace = get_workspace(ctx)

    said = ""

    def judge(waived: "Sequence[tuple[str, str]]") -> "Judge":
        def find(folder: Path, rows: "Mapping[str, Written]", shown: "Audit") -> "list[Finding]":
            nonlocal said
            splits = report_splits(workspace, folder, rows)
            said = say_report(splits) if splits else ""
            return check_content(workspace, folder, rows, shown, waived, splits)

        return find

    result = build_folder(workspace, out, text, judge, uses_cache=not no_cache)
    if as_json:
        edition = workspace.scheme.edition
        made = {
            "out": str(result.out),
            "rows": result.rows,
            "text": result.text,
            "publishable": result.publishable,
            **({"blocked_by": sorted({each.code for each in result.errors})} if edition >= 2 else {}),
            key_of("exceeds_policy", edition): result.beyond,
            key_of("text_missing", edition): result.lacking,
            "unread": result.unread,
        }
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    for table, rows in result.rows.items():
        click.echo(f"{table}  {count(rows, 'row')}")
    click.echo(f"Built {result.out}.", err=True)
    if said:
        click.echo(said, err=True)
    if result.empty:
        click.echo(
            f"{result.empty.replace('`', '')}\n"
            "Hint: whoever has copies of the articles puts the words in with `stancebank publish hydrate FOLDER COPIES "
            "--out DIR`; for your own use, build with --text full.",
            err=True,
        )
    if result.lacking:
        click.echo(
            f"The words of {count(len(result.lacking), 'article')} are not at hand.\n"
            "Hint: run `stancebank corpus hydrate DIR` with your copies, and build again.",
            err=True,
        )
    whole = [table.name for table in tables(workspace.scheme) if table.whole_text]
    if unwritten := [name for name in whole if name not in result.rows]:
        click.echo(f"Not written, since no article shows its whole text: {', '.join(unwritten)}.", err=True)
    if result.unread:
        click.echo(f"Left out, since they have no gold document: {count(len(result.unread), 'article')}.", err=True)
    if result.beyond:
        click.echo(
            f"Not for publication. Articles that show more words than their text policy allows: {len(result.beyond)}.",
            err=True,
        )
    elif result.errors:
        click.echo("Not for publication: `stancebank publish release` would refuse what it holds.", err=True)
    for each in result.errors[:_FEW]:
        click.echo(f"{each.file}  {each.pointer}  {each.code}\n    {each.message}\n    Hint: {each.hint}.", err=True)
    if len(result.errors) > _FEW:
        click.echo(f"And {len(result.errors) - _FEW} more.", err=True)


@publish.command()
@click.option("--write", is_flag=True, help="Regenerate the sections.")
@click.option("--check", is_flag=True, help="Exit with 1 where the card is not current. This is the default.")
@json_option("Print whether it was current, and whether it was written, as a JSON object.")
@click.pass_context
@writes
def card(ctx: click.Context, write: bool, check: bool, as_json: bool) -> None:
    """Check or regenerate the generated sections of DATASET_CARD.md.

    Reads corpus/, schema/ and DATASET_CARD.md; writes DATASET_CARD.md with --write, else nothing. A generated section
    is between `<!-- computed:NAME -->` and `<!-- /computed -->`; nothing else is changed.

    \b
    Example:
      stancebank publish card
      stancebank publish card --write
    """
    from stancebank.publish.card.card import CARD
    from stancebank.publish.card.workspace_card import read_card, refresh_card

    if write and check:
        raise click.UsageError("--write and --check exclude one another.")
    workspace = get_workspace(ctx)
    if as_json:
        current = not refresh_card(workspace) if write else read_card(workspace).is_current
        click.echo(json.dumps({"current": current, "written": write and not current}))
        sys.exit(0 if current or write else 1)
    if write:
        changed = refresh_card(workspace)
        click.echo(f"{CARD} was {'written again' if changed else 'current already'}.", err=True)
    elif read_card(workspace).is_current:
        click.echo(f"{CARD} is current.", err=True)
    else:
        click.echo(f"{CARD} is not current.\nHint: run `stancebank publish card --write`.", err=True)
        sys.exit(1)


publish.add_command(baselines)
publish.add_command(diff)
publish.add_command(errata)
publish.add_command(release)
publish.add_command(push)
publish.add_command(retract)
publish.add_command(score)
publish.add_command(sign)
publish.add_command(hydrate_release)
publish.add_command(verify)
publish.add_command(why)
