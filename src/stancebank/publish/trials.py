"""Baselines of a published folder or of a workspace, and their predictions in the form that is scored."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from stancebank.errors import InputError
from stancebank.publish.baselines import FOLDS, LEVELS, NO_SPLITS, Trial, given_fields, make_trials, task_columns
from stancebank.publish.gold import read_gold
from stancebank.publish.parquet import rows_in
from stancebank.publish.published import read_scheme, table_files
from stancebank.publish.tables import STATEMENTS, Row, article_rows
from stancebank.publish.tables.fields import bounds
from stancebank.schema.fields import Field, Scheme
from stancebank.workspace import Workspace


def folder_trials(folder: Path) -> tuple[list[Trial], Scheme]:
    """Return what can be tried with a published folder, and its scheme. Raises InputError where that is nothing."""
    scheme = read_scheme(folder)
    columns = (*task_columns(scheme), "article_id", "content_spans")
    rows = rows_in(table_files(folder, STATEMENTS)).of(columns)
    return _some(make_trials(rows, scheme)), scheme


def workspace_trials(workspace: Workspace) -> list[Trial]:
    """Return what can be tried with the gold of a workspace. Raises InputError where that is nothing."""
    task_columns(workspace.scheme)
    read = read_gold(workspace, None)
    rows = (row for each in read.readings for row in article_rows(each, read.context)[STATEMENTS])
    return _some(make_trials(rows, workspace.scheme))


def _some(trials: list[Trial]) -> list[Trial]:
    if not trials:
        raise InputError(
            f"{NO_SPLITS}.\nHint: statements are needed in `train` and in `validation` or `test`, or in two folds."
        )
    return trials


def predictions(trial: Trial, name: str, told: Mapping[str, str], scheme: Scheme) -> Iterator[dict[str, Any]]:
    """Yield a prediction for each article: all that is given, and the labels that were told, by the statements' ids.

    name: one of the trial. The form is that of prediction.schema.json.
    """
    of_statement, of_target = (given_fields(scheme, level) for level in LEVELS)
    rows = sorted((row for row in trial.held if name in (FOLDS, row["split"])), key=lambda row: row["article_id"])
    for article_id, held in groupby(rows, key=lambda row: row["article_id"]):
        yield {
            "article_id": article_id,
            "statements": [
                {
                    "content": [
                        dict(zip(("begin", "end"), bounds(span), strict=True)) for span in row["content_spans"]
                    ],
                    "speaker": {"entity": row["speaker_id"]},
                    scheme.label.name: told[row["statement_id"]],
                    **_said(of_statement, row),
                    "target": {"id": row["target_id"], **_said(of_target, row)},
                }
                for row in held
            ],
        }


def _said(fields: Iterable[Field], row: Row) -> dict[str, str]:
    return {field.name: row[str(field.column)] for field in fields if row[str(field.column)] is not None}
