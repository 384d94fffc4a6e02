"""Baselines: how well three simple readers label what they have not seen, and how much a random split flatters them.

The task is the label of a statement whose words, place, speaker and target are given. `majority` always says the most
frequent label; `cues` the most frequent one of the words that attribute the statement, else of its target; `linear` is
a logistic regression over the given labels and, where rows show them, the words. They learn from the split `train`, and
those of `validation` and `test` are predicted; where articles have folds, each fold is predicted from the others. A
statement that repeats another one of its article neither teaches nor counts.

A random split is tried on the same statements: a part of them at a time is held out, and as many statements as before
are drawn to learn from, whatever their article. What is scored and how much is learnt from are the same, so that a
higher score is due to neighbours alone: statements of the same article, event or reprint.

Rows are those of the table `statements`, with the columns of `task_columns`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from stancebank.errors import InputError, import_extra
from stancebank.model import SPLITS, Placement
from stancebank.publish.parquet import Written
from stancebank.publish.tables import STATEMENTS, Row
from stancebank.records import to_json
from stancebank.schema.fields import CUE, Field, Level, Scheme
from stancebank.search import search_fold
from stancebank.text import tokenise

TRAIN, *HELD_OUT = SPLITS
FOLDS = "folds"
"""What a cross-validation over the folds is called, beside the names of splits."""

PARTS = 5
"""In how many parts `validation` and `test` are held out of a random split; of folds, there are as many as folds."""

LEVELS: tuple[Level, ...] = ("statement", "target")
"""What has fields that are given."""

MOST = 20_000
"""From how many statements `linear` learns at most, drawn by their ids: more would take hours for no higher score."""

LIBRARY = "scikit-learn"
Z = 1.959964
"""How many standard deviations a normal distribution has within 95 percent of its middle, on each side."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is predicted, and of what: names of columns. labels: values of the label, in the order of the scheme."""

    label: str
    labels: tuple[str, ...]
    given: tuple[str, ...]
    cue: str | None


def task_of(scheme: Scheme) -> Task:
    """Return the task of a scheme. Nothing that follows from the label is given."""
    cue = scheme.find("statement", CUE)
    return Task(
        str(scheme.label.column),
        tuple(scheme.values(scheme.label)),
        (
            *("zone", "speaker_id", "speaker_kind", "target_id", "target_root"),
            *(str(field.column) for level in LEVELS for field in given_fields(scheme, level)),
        ),
        cue.column if cue else None,
    )


def given_fields(scheme: Scheme, level: Level) -> list[Field]:
    """Return the fields of a level that are given: closed lists that are published, but for the label."""
    fields = scheme.of(level)
    return [each for each in fields if each.kind == "vocabulary" and each.column and not each.is_label]


def task_columns(scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of the table `statements` that the baselines are made of. Raises InputError for edition 1."""
    if scheme.edition < 2:
        raise InputError(
            f"{NO_SPLITS}: the scheme is of edition 1.\nHint: `stancebank schema next` makes the next one."
        )
    task = task_of(scheme)
    repeats = ("same_as",) if scheme.has_repetitions else ()
    return (
        "statement_id",
        "split",
        "fold",
        *repeats,
        task.label,
        *task.given,
        "content",
        *([task.cue] if task.cue else ()),
    )


NO_SPLITS = "The dataset has no splits to learn from and to be tested on"


Round = tuple[Sequence[Row], Sequence[Row]]
"""What is learnt from, and what is predicted."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Rounds of learning and predicting. names: `validation` and `test`, or `folds`; parts: of a random split.

    Rows that repeat others are predicted, too.
    """

    task: Task
    names: tuple[str, ...]
    rounds: tuple[Round, ...]
    parts: int

    @property
    def held(self) -> list[Row]:
        """What is predicted in any round."""
        return [row for _, held in self.rounds for row in held]

    @property
    def learnt(self) -> list[Row]:
        """What is learnt from in any round, each row once."""
        return list({row["statement_id"]: row for train, _ in self.rounds for row in train}.values())

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that can be learnt, in the order of the scheme."""
        known = {row[self.task.label] for row in self.learnt}
        return tuple(label for label in self.task.labels if label in known)

    def scored(self, name: str) -> list[Row]:
        """Return the rows that count under one of the names."""
        return [row for row in _unique(self.held) if name in (FOLDS, row["split"])]


def _unique(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.get("same_as")]


def make_trials(rows: Iterable[Row], scheme: Scheme) -> list[Trial]:
    """Return what can be tried with the splits and folds of rows; nothing without any."""
    if scheme.edition < 2:
        return []
    task = task_of(scheme)
    labelled = [row for row in rows if row["split"] in SPLITS and row[task.label] is not None]
    found = []
    train, held = (
        _unique(row for row in labelled if row["split"] == TRAIN),
        [row for row in labelled if row["split"] != TRAIN],
    )
    names = tuple(name for name in HELD_OUT if any(row["split"] == name for row in _unique(held)))
    if train and names:
        found.append(Trial(task, names, ((train, held),), PARTS))
    folded = [row for row in labelled if row["fold"] is not None]
    folds = sorted({row["fold"] for row in _unique(folded)})
    if len(folds) > 1:
        rounds = (
            (_unique(row for row in folded if row["fold"] != fold), [row for row in folded if row["fold"] == fold])
            for fold in folds
        )
        found.append(Trial(task, (FOLDS,), tuple(rounds), len(folds)))
    return found


def read_trials(rows: Mapping[str, Iterable[Row]], scheme: Scheme) -> list[Trial]:
    """Return what can be tried with the rows of a folder. rows: by table, of an edition with splits."""
    held = rows.get(STATEMENTS, ())
    return make_trials(held.of(task_columns(scheme)) if isinstance(held, Written) else held, scheme)


def require_library(placed: Iterable[Placement]) -> None:
    """Raise InputError where articles are placed so that baselines are scored, and scikit-learn is not installed."""
    held = list(placed)
    splits, folds = {each.split for each in held}, {each.fold for each in held} - {None}
    if len(folds) > 1 or (TRAIN in splits and not splits.isdisjoint(HELD_OUT)):
        library()


# The three baselines: each learns from rows, and says the labels of others.

Baseline = Callable[[Sequence[Row], Sequence[Row], Task], list[str]]


def _most_frequent(rows: Iterable[Row], task: Task) -> str:
    """Return the most frequent label; of several, the first in the order of the scheme."""
    counts = Counter(row[task.label] for row in rows)
    return str(min(counts, key=lambda label: (-counts[label], task.labels.index(label))))


def majority(train: Sequence[Row], held: Sequence[Row], task: Task) -> list[str]:
    """Always say the most frequent label."""
    return [_most_frequent(train, task)] * len(held)


def cues(train: Sequence[Row], held: Sequence[Row], task: Task) -> list[str]:
    """Say the most frequent label of the same cue, else of the same target, else of all."""

    def of_cue(row: Row) -> str | None:
        return search_fold(row[task.cue]) if task.cue and row[task.cue] else None

    def of_target(row: Row) -> str | None:
        return str(row["target_id"])

    known: list[tuple[Callable[[Row], str | None], dict[str, str]]] = []
    for key in (of_cue, of_target):
        groups: dict[str, list[Row]] = {}
        for row in train:
            if (name := key(row)) is not None:
                groups.setdefault(name, []).append(row)
        known.append((key, {name: _most_frequent(group, task) for name, group in groups.items()}))
    usual = _most_frequent(train, task)

    def label(row: Row) -> str:
        told = (labels.get(name) for key, labels in known if (name := key(row)) is not None)
        return next((each for each in told if each), usual)

    return [label(row) for row in held]


def linear(train: Sequence[Row], held: Sequence[Row], task: Task) -> list[str]:
    """Say what a logistic regression over given labels and words says. Raises InputError without scikit-learn."""
    names = ("compose", "feature_extraction.text", "linear_model", "pipeline", "preprocessing")
    compose, text, linear_model, pipeline, preprocessing = (import_extra(f"sklearn.{name}") for name in names)
    import pandas
    from threadpoolctl import threadpool_limits

    train = sorted(train, key=lambda row: _draw("learnt", row))[:MOST]
    if len({row[task.label] for row in train}) == 1:  # which scikit-learn refuses
        return majority(train, held, task)

    def table(rows: Sequence[Row]) -> Any:
        return pandas.DataFrame([{name: row[name] or "" for name in (*task.given, "content")} for row in rows])

    features: list[tuple[Any, Any]] = [(preprocessing.OneHotEncoder(handle_unknown="ignore"), list(task.given))]
    if any(row["content"] for row in train):
        features.append((text.TfidfVectorizer(analyzer=words_of, sublinear_tf=True), "content"))
    columns = compose.make_column_transformer(*features)
    model = pipeline.make_pipeline(columns, linear_model.LogisticRegression(C=10, max_iter=1000))
    with threadpool_limits(1):  # so that sums are taken in one order
        model.fit(table(train), [row[task.label] for row in train])
        return [str(label) for label in model.predict(table(held))]


def words_of(content: str) -> list[str]:
    """Return the words of a content in small letters, and its marks: the tokens of the table `tokens`."""
    return [content[begin:end].lower() for begin, end in tokenise(content)]


BASELINES: Mapping[str, Baseline] = {"majority": majority, "cues": cues, "linear": linear}


def predict(name: str, trial: Trial, *, at_random: bool = False) -> dict[str, str]:
    """Return the labels that a baseline says of what is predicted, by the statements' ids.

    at_random: learn from random splits. Raises InputError where it needs scikit-learn, and that is not installed.
    """
    rounds = _random_rounds(trial) if at_random else trial.rounds
    return {
        row["statement_id"]: label
        for train, held in rounds
        for row, label in zip(held, BASELINES[name](train, held, trial.task), strict=True)
    }


def _random_rounds(trial: Trial) -> Iterator[Round]:
    """Yield rounds that know nothing of articles: each row is held out once, and as much is learnt from as before.

    Rows are drawn by the SHA-256 of their ids and the part: the same ones in every place and version.
    """
    size = max(len(train) for train, _ in trial.rounds)
    every = list({row["statement_id"]: row for row in (*trial.learnt, *_unique(trial.held))}.values())
    order = sorted(trial.held, key=lambda row: _draw("held", row))
    for number in range(trial.parts):
        held = order[number :: trial.parts]
        names = {row["statement_id"] for row in held}
        others = [row for row in every if row["statement_id"] not in names]
        if held:
            yield sorted(others, key=lambda row: _draw(str(number), row))[:size], held


def _draw(seed: str, row: Row) -> bytes:
    return sha256(f"{seed}/{row['statement_id']}".encode()).digest()


# Scores


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How many of n labels are right; macro_f1: the mean F1 of the labels that could be learnt, from 0 to 1."""

    n: int
    right: int
    macro_f1: float

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy by Wilson's score, as if no statement had to do with another."""
        share, more = self.accuracy, Z * Z / self.n
        middle = share + more / 2
        width = Z * math.sqrt(share * (1 - share) / self.n + more / self.n / 4)
        return (middle - width) / (1 + more), (middle + width) / (1 + more)

    def value(self) -> dict[str, Any]:
        """Return what JSON holds of it; shares have four digits."""
        low, high = self.interval
        shares = {"accuracy": self.accuracy, "low": low, "high": high, "macro_f1": self.macro_f1}
        return {"right": self.right, **{name: round(share, 4) for name, share in shares.items()}}


def score(pairs: Sequence[tuple[str, str]], labels: Iterable[str]) -> LabelScore:
    """Score pairs of a label and what was predicted. labels: those whose F1 counts."""
    right = sum(one == other for one, other in pairs)
    hits = Counter(one for one, other in pairs if one == other)
    told = Counter(label for pair in pairs for label in pair)  # twice where both are the same
    shares = [2 * hits[label] / told[label] if told[label] else 0.0 for label in labels]
    return LabelScore(len(pairs), right, sum(shares) / len(shares))


@dataclass(frozen=True, slots=True)
class Measured:
    """The scores of the baselines in a trial: under each of its names by baseline, as it is and with random splits."""

    trial: Trial
    scores: Mapping[str, Mapping[str, tuple[LabelScore, LabelScore]]]

    def value(self) -> dict[str, Any]:
        """Return what JSON holds of it, by name."""
        return {
            name: {
                "train": len(self.trial.learnt),
                "statements": len(self.trial.scored(name)),
                "labels": list(self.trial.labels),
                "random_parts": self.trial.parts,
                "scores": {
                    baseline: {"split": given.value(), "random_split": random.value()}
                    for baseline, (given, random) in found.items()
                },
            }
            for name, found in self.scores.items()
        }


def measure(trial: Trial, baselines: Iterable[str] = BASELINES) -> Measured:
    """Score baselines. Raises InputError where `linear` is among them and scikit-learn is not installed."""
    scores: dict[str, dict[str, tuple[LabelScore, LabelScore]]] = {name: {} for name in trial.names}
    for baseline in baselines:
        told = predict(baseline, trial), predict(baseline, trial, at_random=True)
        for name, found in scores.items():
            rows, label = trial.scored(name), trial.task.label
            given, random = (
                score([(row[label], each[row["statement_id"]]) for row in rows], trial.labels) for each in told
            )
            found[baseline] = given, random
    return Measured(trial, scores)


def library() -> str:
    """Return the library of `linear` with its version. Raises InputError where it is not installed."""
    return f"{LIBRARY} {import_extra('sklearn').__version__}"


def make_value(trials: Sequence[Trial], baselines: Iterable[str] = BASELINES) -> dict[str, Any]:
    """Return what baselines.json holds. Raises InputError where scikit-learn is needed and not installed."""
    task = trials[0].task
    version = library() if "linear" in baselines else None
    return {
        "label": task.label,
        "given": list(task.given),
        "cue": task.cue,
        "library": version,
        "trials": {name: value for trial in trials for name, value in measure(trial, baselines).value().items()},
    }


def make_baselines(rows: Mapping[str, Iterable[Row]], scheme: Scheme) -> str | None:
    """Return baselines.json; None where there is nothing to learn from, or nothing to be tested on.

    rows: by table. Raises InputError where scikit-learn is needed and not installed.
    """
    trials = read_trials(rows, scheme)
    return to_json(make_value(trials)) if trials else None
