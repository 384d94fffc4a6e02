"""The command corpus split."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from stancebank.cli.articles import DRY
from stancebank.cli.output import count, get_workspace, print_styled, print_table, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.model import NO_SPLIT, SPLITS, SplitRules

if TYPE_CHECKING:
    from stancebank.corpus.splits import SplitPlan

_UNEVEN = 15
"""Percent of the articles that a split has more or less than it should, from where it is said."""

_EXAMPLE = "[splits]\ntrain = 80\nvalidation = 10\ntest = 10"


@click.command()
@click.option("--again", is_flag=True, help="Assign articles anew that no release has; published ones stay.")
@dry_run_option()
@json_option()
@click.pass_context
@writes
def split(ctx: click.Context, again: bool, dry_run: bool, as_json: bool) -> None:
    """Assign new articles to train, validation and test, once and for all.

    Reads the records, the texts at hand and the table [splits] of stancebank.toml; adds lines to corpus/splits.csv. A
    new article joins the split of its event, of its reprints and near copies, and of articles with the same quotation
    of eight words or more; else a seeded hash decides by the shares. An article between two splits gets `none`, and is
    named with what ties it. No line that is there changes, but with --again those of articles that no release has.

    \b
    Example:
      stancebank corpus split --dry-run
      stancebank corpus split
    """
    from stancebank.corpus.splits import plan_splits
    from stancebank.errors import InputError
    from stancebank.keeping.articles import released_ids

    workspace = get_workspace(ctx)
    rules = workspace.settings.splits
    if rules is None:
        raise InputError(
            "stancebank.toml does not say by which shares articles are split.\n"
            f"Hint: add such a table; `stancebank help splits` explains it.\n{_EXAMPLE}"
        )
    published = frozenset[str]().union(*released_ids(workspace.root, "articles").values()) if again else frozenset()
    plan = plan_splits(workspace.store, rules, again=again, published=published)
    if not dry_run:
        workspace.store.write_placements(plan.placements)
    if as_json:
        click.echo(json.dumps({**_value(plan), "dry_run": dry_run}, ensure_ascii=False))
    else:
        _print(plan, rules)
    for line in _notes(plan, rules):
        click.echo(line, err=True)
    if dry_run:
        click.echo(DRY, err=True)


def _value(plan: "SplitPlan") -> dict[str, object]:
    largest = plan.largest
    splits = Counter(each.split for each in plan.placements.values())
    folds = Counter(each.fold for each in plan.placements.values() if each.fold is not None)
    return {
        "splits": {name: splits[name] for name in (*SPLITS, NO_SPLIT)},
        "folds": [folds[fold] for fold in range(max(folds, default=-1) + 1)],
        "added": [
            {"id": name, "split": each.split, "fold": each.fold, "because": each.because}
            for name, each in plan.added.items()
        ],
        "moved": list(plan.moved),
        "dropped": list(plan.dropped),
        "between_folds": list(plan.between_folds),
        "parted": [{"kind": tie.kind, "name": tie.name, "articles": parts} for tie, parts in plan.parted],
        "largest": {"articles": largest.members, "ties": dict(largest.ties)} if largest else None,
        "wide_quotations": plan.ties.wide,
        "missing": list(plan.ties.missing),
    }


def _print(plan: "SplitPlan", rules: SplitRules) -> None:
    """Print the ledger in figures, and the articles that get no split or fold."""
    held = list(plan.placements.values())
    splits, new = Counter(each.split for each in held), Counter(each.split for each in plan.added.values())
    head = ["split", "articles", "new", "share", "wanted", *(f"fold {fold}" for fold in range(rules.folds))]
    shares = {name: [f"{got:.0f}%", f"{wanted:.0f}%"] for name, (got, wanted) in _shares(splits, rules).items()}
    cells = Counter((each.split, each.fold) for each in held)
    print_table(
        head,
        [
            [
                *(name, str(splits[name]), str(new[name]), *shares.get(name, ["–", "–"])),
                *(str(cells[name, fold]) for fold in range(rules.folds)),
            ]
            for name in (*SPLITS, NO_SPLIT)
        ],
    )
    for name, each in plan.bridging.items():
        print_styled((name, {"bold": True}), f"  {each.because}")
    for name in plan.between_folds:
        print_styled((name, {"bold": True}), "  between two folds of its split")
    for tie, parts in plan.parted:
        told = "; ".join(f"{split}: {', '.join(names)}" for split, names in parts.items())
        print_styled((f"{tie.kind} {tie.name}", {"bold": True}), f"  is parted since before: {told}")


def _shares(counts: Mapping[str, int], rules: SplitRules) -> dict[str, tuple[float, float]]:
    """Return the percent of the articles that each split has, and those that it should have."""
    held = sum(counts[name] for name in SPLITS) or 1
    return {
        name: (100 * counts[name] / held, 100 * share / sum(rules.shares))
        for name, share in zip(SPLITS, rules.shares, strict=True)
    }


def _notes(plan: "SplitPlan", rules: SplitRules) -> list[str]:
    """Return what is said beside the figures."""
    notes = [f"{count(len(plan.added), 'line')} added to corpus/splits.csv, {len(plan.kept)} as before."]
    if plan.moved or plan.dropped:
        notes[0] = (
            f"{count(len(plan.moved), 'article')} moved; {count(len(plan.dropped), 'line')} removed of articles that "
            f"are not there; {len(plan.placements)} lines in corpus/splits.csv."
        )
    if plan.largest:
        ties = ", ".join(f"{number} by {kind}" for kind, number in plan.largest.ties.items())
        notes.append(f"The largest group that is kept together has {len(plan.largest.members)} articles ({ties}).")
    if plan.ties.wide:
        most = count(rules.quotation_events, "event")
        notes.append(
            f"Not tied by a quotation, since it is in more than {most}: {count(plan.ties.wide, 'group')} of articles."
        )
    shares = _shares(Counter(each.split for each in plan.placements.values()), rules)
    uneven = [
        f"{name} has {got:.0f}% of the articles, and {wanted:.0f}% were wanted"
        for name, (got, wanted) in shares.items()
        if abs(got - wanted) > _UNEVEN or (wanted and not got)
    ]
    if uneven and plan.placements:
        notes.append(
            f"{'; '.join(uneven)}.\nHint: few or large groups are divided unevenly; look at the largest one, set "
            "`folds`, or try another `seed` with `stancebank corpus split --again` before the first release."
        )
    if plan.ties.missing:
        notes.append(
            f"Not compared, since their texts are not at hand: {count(len(plan.ties.missing), 'article')}.\n"
            "Hint: run `stancebank corpus hydrate DIR` with your copies before articles are assigned."
        )
    return notes
