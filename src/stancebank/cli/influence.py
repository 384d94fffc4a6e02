"""What `annotate agreement` prints of suggestions and of engines."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import print_styled, print_tables

if TYPE_CHECKING:
    from stancebank.agreement.influence import SuggestionStudy
    from stancebank.annotate.influence_report import ToldTable
    from stancebank.workspace import Workspace


def show_suggestions(workspace: "Workspace", names: Sequence[str], articles: Sequence[str], *, as_json: bool) -> None:
    """Print how far suggestions pull people. Raises InputError where none were shown to anybody."""
    from stancebank.annotate.influence_report import to_values
    from stancebank.errors import InputError
    from stancebank.suggest.effect import study_suggestions

    studies = study_suggestions(workspace, names, articles)
    if as_json:
        click.echo(json.dumps({"suggestions": to_values(studies)}, ensure_ascii=False))
        return
    if not studies:
        raise InputError(
            "No suggestions were shown to anybody, so nothing can be measured of them.\n"
            "Hint: `stancebank suggest` makes some, and `stancebank annotate push --suggest NAME` shows them."
        )
    print_studies(studies, first=True)


def print_studies(studies: "Sequence[SuggestionStudy]", *, first: bool = False) -> None:
    """Print what suggestions of each name make of readings."""
    from stancebank.annotate.influence_report import ASSUMPTION, not_measured, say_readings, tables_of

    for study in studies:
        if not first:
            click.echo()
        first = False
        print_styled((f"Suggestions of {study.name}", {"bold": True}))
        click.echo(say_readings(study))
        for table in tables_of(study):
            click.echo()
            _print_table(table)
        if missing := not_measured(study):
            click.echo()
        for what, reason in missing:
            click.echo(f"Not measured: {what}: {reason}.")
        click.echo()
        click.echo(ASSUMPTION)


def show_trial(
    workspace: "Workspace",
    engine: str,
    names: Sequence[str],
    articles: Sequence[str],
    epsilon: float | None,
    *,
    as_json: bool,
) -> None:
    """Print whether an engine may replace an annotator."""
    from dataclasses import asdict

    from stancebank.agreement.replacing import EPSILON
    from stancebank.annotate.influence_report import say_basis, say_trial, trial_table
    from stancebank.suggest.effect import try_engine

    trial = try_engine(workspace, engine, names, articles, EPSILON if epsilon is None else epsilon)
    if as_json:
        click.echo(json.dumps(asdict(trial), ensure_ascii=False))
        return
    click.echo(say_trial(trial))
    if trial.replacement.contests:
        click.echo()
        _print_table(trial_table(trial))
    click.echo(say_basis(trial), err=True)


def _print_table(table: "ToldTable") -> None:
    print_styled((table.title, {"bold": True}))
    print_tables((list(table.head), [list(row) for row in table.rows]))
