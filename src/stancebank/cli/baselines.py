"""The command publish baselines."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.output import count, get_workspace, print_table
from stancebank.cli.params import ReleaseFolder, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stancebank.publish.baselines import Trial


@click.command()
@click.argument("release", required=False, type=ReleaseFolder())
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write predictions to a file.")
@click.option(
    "--on",
    type=click.Choice(["test", "validation", "folds"]),
    help="What --out holds predictions of. Default: the first of these that there is.",
)
@click.option(
    "--baseline",
    type=click.Choice(["majority", "cues", "linear"]),
    help="Whose predictions --out holds. Default: linear.",
)
@click.option("--random-split", is_flag=True, help="Let --out hold what is predicted with a random split.")
@json_option("Print the scores as a JSON object, as in baselines.json.")
@click.pass_context
def baselines(
    ctx: click.Context,
    release: Path | None,
    out: Path | None,
    on: str | None,
    baseline: str | None,
    random_split: bool,
    as_json: bool,
) -> None:
    """Score three baselines on the splits of a dataset, and say how much a random split would add.

    RELEASE is a folder that `stancebank publish build` or `publish release` has written, or the address of a published
    version; without it, the gold of the workspace is taken. Writes nothing, except FILE with --out.

    The label of each statement is predicted: by the most frequent label of the split `train` (majority), by that of
    the same cue or target (cues), and by a logistic regression over given labels and the words that are shown (linear).
    Each fold is predicted from the others, where there are folds. With a random split the same statements are predicted
    from as many others, of the same articles and events, too.

    With --out, FILE has predictions in the form that `stancebank publish score` reads. Needs scikit-learn:
    pip install "stancebank[baselines]".

    \b
    Example:
      stancebank publish baselines build/dataset
      stancebank publish baselines build/dataset --out predictions.jsonl --random-split
    """
    from stancebank.publish.baselines import make_value, predict
    from stancebank.publish.trials import folder_trials, predictions, workspace_trials
    from stancebank.records import write_text

    if out is None and (on or baseline or random_split):
        raise click.UsageError("--on, --baseline and --random-split are of --out.")
    if release is None:
        workspace = get_workspace(ctx)
        trials, scheme = workspace_trials(workspace), workspace.scheme
    else:
        trials, scheme = folder_trials(release)
    if out is not None:
        name, trial = _chosen(trials, on)
        told = predict(baseline or "linear", trial, at_random=random_split)
        lines = [json.dumps(each) for each in predictions(trial, name, told, scheme)]
        write_text(out, "".join(f"{line}\n" for line in lines))
        click.echo(f"Wrote {out}: {count(len(lines), 'article')} of {name}.", err=True)
        if not as_json:
            return
    value = make_value(trials)
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    head = ["of", "baseline", "statements", "accuracy", "95 % interval", "macro F1", "random: accuracy", "macro F1"]
    print_table(head, list(_rows(value)))


def _chosen(trials: "Sequence[Trial]", on: str | None) -> "tuple[str, Trial]":
    """Return what is predicted: what was asked for, else the first that there is."""
    held = {name: trial for trial in trials for name in trial.names}
    for name in (on,) if on else ("test", "validation", "folds"):
        if name in held:
            return name, held[name]
    raise click.UsageError(f"Nothing is in {on}; there is: {', '.join(held)}.")


def _rows(value: "Mapping[str, Any]") -> "Iterator[list[str]]":
    for name, trial in value["trials"].items():
        for baseline, found in trial["scores"].items():
            given, random = found["split"], found["random_split"]
            yield [
                name,
                baseline,
                str(trial["statements"]),
                f"{given['accuracy']:.1%}",
                f"{given['low']:.1%} to {given['high']:.1%}",
                f"{given['macro_f1']:.1%}",
                f"{random['accuracy']:.1%}",
                f"{random['macro_f1']:.1%}",
            ]
