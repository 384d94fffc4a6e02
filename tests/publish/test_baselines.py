"""Baselines: scores that anybody can compute again, a random split that flatters only where groups leak, forgeries."""

import json
import math
import random
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import regex

from stancebank.errors import InputError
from stancebank.model import Placement
from stancebank.publish.baselines import (
    MOST,
    LabelScore,
    Trial,
    cues,
    linear,
    make_trials,
    make_value,
    measure,
    predict,
    require_library,
    score,
    task_columns,
    task_of,
    words_of,
)
from stancebank.publish.build import build
from stancebank.publish.gold import read_gold
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.layout import BASELINES
from stancebank.publish.parquet import read_table
from stancebank.publish.predictions import read_predictions
from stancebank.publish.published import find_tables, read_published
from stancebank.publish.score import score_predictions
from stancebank.publish.tables import Row, make_rows
from stancebank.publish.verification import verify
from stancebank.publish.verification.papers import ReadFolder
from stancebank.publish.verification.scores import check_baselines
from stancebank.publish.verification.verify import open_folder
from stancebank.records import to_json
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO, Run, second_edition
from tests.frozen.forging import read_json, seal, write_json
from tests.publish.builds import ENVOY, MINISTER, contents, fill_release, lay_split, lay_toy, write_ledger
from tests.publish.own import SCHEME
from tests.publish.release.releases import commit, lay_committed, make
from tests.publish.verifying import ALONE

GIVEN = ["zone", "speaker_id", "speaker_kind", "target_id", "target_root", "force", "attribution", "target_scope_type"]


LEDGER = {ENVOY: "train,0", MINISTER: "test,1"}


def place(rows: list[Row]) -> dict[str, str]:
    """Return a ledger by the groups of rows: every third group is for testing, and one for validation."""
    groups = sorted({row["split_group"] for row in rows})
    splits = {name: ("test", "train", "train")[number % 3] for number, name in enumerate(groups)}
    splits[groups[1]] = "validation"
    folds = {name: number % 4 for number, name in enumerate(groups)}
    return {row["article_id"]: f"{splits[row['split_group']]},{folds[row['split_group']]}" for row in rows}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample, with a split and a fold for each article."""
    root = tmp_path_factory.mktemp("baselines") / "sample"
    lay(sample_files(), root)
    workspace = open_workspace(root)
    read = read_gold(workspace, None)
    write_ledger(workspace, place(make_rows(read.readings, read.context)["articles"]))
    return open_workspace(root)


@pytest.fixture(scope="module")
def released(sample: Workspace) -> Path:
    return fill_release(sample, sample.root.parent / "released", rows_per_file=1000)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the toy with splits: few statements, so that it is quickly verified."""
    root = tmp_path_factory.mktemp("toy")
    return fill_release(lay_split(root / "toy", LEDGER), root / "released")


@pytest.fixture
def folder_of_toy(toy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(toy, tmp_path / "of-toy"))


@pytest.fixture(scope="module")
def opened(toy: Path) -> ReadFolder:
    """A copy of the release of the toy, whose rows were gone over."""
    found = open_folder(Path(shutil.copytree(toy, toy.parent / "opened")).resolve())[1]
    assert found
    return found


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let scikit-learn be missing."""
    with monkeypatch.context() as patch:
        for name in [name for name in sys.modules if name.startswith("sklearn.")]:
            patch.delitem(sys.modules, name)
        patch.setitem(sys.modules, "sklearn", None)
        yield


def codes(folder: Path) -> set[str]:
    return {each.code for each in verify(folder, ALONE).faults}


# What the scores are.


def in_ten_lines(folder: Path, split: str) -> tuple[float, float, float]:
    """Return the accuracy and macro F1 of the linear model, and the accuracy of always saying one label."""
    import pandas
    from sklearn.compose import make_column_transformer
    from sklearn.dummy import DummyClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rows = pandas.concat([pandas.read_parquet(file) for file in find_tables(folder, "statements")])
    rows = rows[rows.same_as.isna()].fillna(dict.fromkeys([*GIVEN, "content"], ""))
    train, test = rows[rows.split == "train"], rows[rows.split == split]
    tokens = regex.compile(r"[\p{L}\p{M}\p{N}]+|\S").findall
    words = TfidfVectorizer(tokenizer=tokens, token_pattern=None, sublinear_tf=True)
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), GIVEN), (words, "content"))
    model = make_pipeline(columns, LogisticRegression(C=10, max_iter=1000)).fit(train, train.stance)
    labels, told = sorted(set(train.stance)), model.predict(test)
    usual = DummyClassifier(strategy="most_frequent").fit(train, train.stance)
    macro = f1_score(test.stance, told, labels=labels, average="macro", zero_division=0)
    return accuracy_score(test.stance, told), macro, accuracy_score(test.stance, usual.predict(test))


@pytest.mark.slow
def test_the_scores_are_those_of_ten_lines_of_scikit_learn(released: Path) -> None:
    told = read_json(released / BASELINES)
    assert (told["label"], told["given"], told["cue"]) == ("stance", GIVEN, "cue")
    assert set(told["trials"]) == {"test", "validation", "folds"}
    for split in ("test", "validation"):
        scores = told["trials"][split]["scores"]
        accuracy, macro_f1, usual = in_ten_lines(released, split)
        assert scores["linear"]["split"]["accuracy"] == round(accuracy, 4)
        assert scores["linear"]["split"]["macro_f1"] == round(macro_f1, 4)
        assert scores["majority"]["split"]["accuracy"] == round(usual, 4)
    assert told["trials"]["folds"]["statements"] == told["trials"]["folds"]["train"]
    assert (
        sum(told["trials"][name]["statements"] for name in ("test", "validation")) + told["trials"]["test"]["train"]
        == told["trials"]["folds"]["train"]
    )


@pytest.mark.slow
def test_scores_are_those_of_scikit_learn_and_of_wilson() -> None:
    from sklearn.metrics import accuracy_score, f1_score

    rng = random.Random(7)
    for _ in range(50):
        pairs = [(rng.choice("abcd"), rng.choice("abc")) for _ in range(rng.randrange(1, 30))]
        found = score(pairs, "abce")
        gold, told = zip(*pairs, strict=True)
        wanted = f1_score(gold, told, labels=list("abce"), average="macro", zero_division=0)
        assert math.isclose(found.macro_f1, wanted)
        assert found.accuracy == accuracy_score(gold, told)
        low, high = found.interval
        assert -1e-9 <= low <= found.accuracy <= high <= 1 + 1e-9
    known = score([("a", "a")] * 8 + [("a", "b")] * 2, "ab")
    assert [round(each, 4) for each in known.interval] == [0.4902, 0.9433]  # as in the literature


def statement(number: int, label: str, split: str, words: str = "", **values: Any) -> Row:
    given = dict.fromkeys(GIVEN, None) | {"zone": "body", "speaker_id": "tor-aven", "target_id": "talks"}
    about = {"statement_id": f"a-{number}/s1", "same_as": None, "stance": label, "split": split, "fold": None}
    return given | about | {"content": words or None, "cue": None} | values


def test_a_cue_says_its_label_else_the_target_else_the_most_frequent_one() -> None:
    task = task_of(SCHEME)
    train = [
        statement(1, "deny", "train", cue="Denied"),
        statement(2, "deny", "train", cue="denied", target_id="meet"),
        statement(3, "offer", "train", target_id="meet"),
        statement(4, "offer", "train", cue="said", target_id="meet"),
        statement(5, "reject", "train", cue="said"),
        statement(6, "reject", "train"),
        statement(7, "reject", "train"),
        statement(8, "offer", "train", target_id="meet"),
    ]
    held = [
        statement(9, "open", "test", cue="DENIED"),
        statement(10, "open", "test", cue="mused", target_id="meet"),
        statement(11, "open", "test", target_id="talks"),
        statement(12, "open", "test", target_id="lift-sanctions"),
        statement(13, "open", "test", cue="said", target_id="lift-sanctions"),  # twice each: the first of the scheme
    ]
    assert cues(train, held, task) == ["deny", "offer", "reject", "reject", "reject"]


def test_what_follows_from_the_label_is_never_given() -> None:
    columns = set(task_columns(SCHEME))
    forbidden = ("polarity", "stance_", "agreement", "contested", "ambiguity", "conditional", "cluster")
    assert not [name for name in columns if name.startswith(forbidden)]
    assert {"stance", "split", "fold", "content", "cue", *GIVEN} <= columns


@pytest.mark.slow
def test_a_repetition_neither_teaches_nor_counts_and_is_predicted() -> None:
    rows = [
        statement(1, "offer", "train"),
        statement(2, "deny", "train", same_as="a-1/s1"),
        statement(3, "deny", "train", same_as="a-1/s1"),
        statement(4, "offer", "test"),
        statement(5, "deny", "test", same_as="a-4/s1"),
        statement(6, "deny", "none"),
        statement(7, None, "test"),  # type: ignore[arg-type]  # it waits for an answer
    ]
    (trial,) = make_trials(rows, SCHEME)
    assert predict("majority", trial) == {"a-4/s1": "offer", "a-5/s1": "offer"}
    found = measure(trial, ["majority"]).value()["test"]
    assert (found["train"], found["statements"], found["labels"]) == (1, 1, ["offer"])
    assert linear(trial.rounds[0][0], trial.held, trial.task) == ["offer", "offer"]  # one class is all there is


@pytest.mark.parametrize(
    ("splits", "folds", "names"),
    [
        (["train", "train"], [None, None], []),
        (["train", "none"], [0, 1], []),
        (["test", "validation"], [None, 0], []),
        (["train", "test"], [None, None], [("test",)]),
        (["train", "validation", "test"], [0, 0, 0], [("validation", "test")]),
        (["train", "train"], [0, 1], [("folds",)]),
        (["train", "test"], [0, 3], [("test",), ("folds",)]),
    ],
)
def test_what_is_tried_is_what_the_splits_and_folds_allow(
    splits: list[str], folds: list[int | None], names: list[tuple[str, ...]]
) -> None:
    rows = [
        statement(number, "offer", split, fold=fold)
        for number, (split, fold) in enumerate(zip(splits, folds, strict=True))
    ]
    assert [trial.names for trial in make_trials(rows, SCHEME)] == names
    assert make_trials([row | {"split": None} for row in rows], SCHEME) == []


def test_words_of_any_script_are_words() -> None:
    assert words_of("We WILL, not…") == ["we", "will", ",", "not", "…"]
    assert words_of("他们拒绝") == ["他", "们", "拒", "绝"]


# A random split.


LABELS = ("offer", "reject", "deny")


def generate(rng: random.Random, *, leaks: bool) -> list[Row]:
    """Return statements of 40 groups. leaks: whether the group tells the label, and its own words the group."""
    rows = []
    for group in range(40):
        split, fold, usual = "test" if group % 4 == 0 else "train", group % 5, rng.choice(LABELS)
        for number in range(6):
            label = usual if leaks else rng.choice(LABELS)
            own = [f"w{group}x{rng.randrange(4)}" for _ in range(5)] if leaks else [f"tells-{label}"]
            words = " ".join((*own, *(f"common{rng.randrange(30)}" for _ in range(5))))
            rows.append(statement(1000 * group + number, label, split, words, fold=fold))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_split_flatters_where_groups_leak_and_only_there(seed: int) -> None:
    for leaks in (True, False):
        trials = make_trials(generate(random.Random(seed), leaks=leaks), SCHEME)
        told = {name: each for trial in trials for name, each in measure(trial, ["linear"]).scores.items()}
        assert set(told) == {"test", "folds"}
        for scores in told.values():
            given, at_random = scores["linear"]
            assert given.n == at_random.n
            if leaks:
                assert at_random.accuracy > 0.9 > 0.7 > given.accuracy
            else:
                assert min(given.accuracy, at_random.accuracy) > 0.95


def test_a_random_split_predicts_each_statement_once_from_as_many_others() -> None:
    rows = generate(random.Random(3), leaks=True)
    for trial in make_trials(rows, SCHEME):
        seen: list[str] = []
        asked: list[tuple[int, set[str], set[str]]] = []

        def spy(train: Any, held: Any, task: Any, seen: list[str] = seen, asked: Any = asked) -> list[str]:
            learnt, told = ({row["statement_id"] for row in each} for each in (train, held))
            seen.extend(row["statement_id"] for row in held)
            asked.append((len(train), learnt, told))
            return ["offer"] * len(held)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("stancebank.publish.baselines.BASELINES", {"spy": spy})
            told = predict("spy", trial, at_random=True)
            again = predict("spy", Trial(trial.task, trial.names, _reversed(trial), trial.parts), at_random=True)
        assert told == again
        half = len(asked) // 2
        assert asked[:half] == asked[half:]  # not by the order of the rows
        assert sorted(seen[: len(told)]) == sorted(row["statement_id"] for row in trial.held)
        wanted = max(len(train) for train, _ in trial.rounds)
        assert all(size == wanted and learnt.isdisjoint(held) for size, learnt, held in asked)
        assert len(asked[:half]) == 5


def _reversed(trial: Trial) -> tuple[Any, ...]:
    return tuple((train[::-1], held[::-1]) for train, held in trial.rounds)


@pytest.mark.slow
def test_the_linear_model_learns_from_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import LogisticRegression

    assert MOST == 20_000
    monkeypatch.setattr("stancebank.publish.baselines.MOST", 40)
    rows = [statement(number, "offer" if number % 10 else "deny", "train", f"w{number}") for number in range(2000)]
    task, held = task_of(SCHEME), [statement(5000, "offer", "test", "w1")]
    learnt: list[int] = []

    class Spy(LogisticRegression):  # type: ignore[misc]
        def fit(self, features: Any, labels: Any, *more: Any) -> Any:
            learnt.append(len(labels))
            return super().fit(features, labels, *more)

    monkeypatch.setattr("sklearn.linear_model.LogisticRegression", Spy)
    assert linear(rows, held, task) == linear(rows[::-1], held, task) == ["offer"]
    assert learnt == [40, 40]


# In a release.


@pytest.mark.slow
def test_a_release_has_them_where_there_are_splits_and_a_build_has_not(toy: Path, tmp_path: Path) -> None:
    assert (toy / BASELINES).is_file()
    assert BASELINES in read_json(toy / "manifest.json")["files"]
    assert codes(toy) == set()
    workspace = lay_toy(tmp_path / "plain")
    plain = fill_release(workspace, tmp_path / "plain-release")
    assert not (plain / BASELINES).exists()
    write_json(plain / BASELINES, {})
    seal(plain)
    assert codes(plain) == {"file-foreign"}
    write_ledger(workspace, {ENVOY: "test,"})  # nothing to learn from
    assert not (fill_release(workspace, tmp_path / "no-train") / BASELINES).exists()
    assert not (build(lay_split(tmp_path / "split", LEDGER), tmp_path / "built").out / BASELINES).exists()


@pytest.mark.slow
def test_the_card_names_them_where_there_are_splits_and_a_hydrated_folder_has_none(toy: Path, tmp_path: Path) -> None:
    said = "three baselines, which `stancebank publish baselines DIR` prints and a release has in `baselines.json`"
    assert said in (toy / "README.md").read_text("utf-8")
    out = hydrate_folder(toy, [], tmp_path / "again").out
    assert not (out / BASELINES).exists()
    assert codes(out) == set()
    (out / BASELINES).write_bytes((toy / BASELINES).read_bytes())
    seal(out)
    assert codes(out) == {"file-foreign"}
    plain = build(lay_toy(tmp_path / "plain"), tmp_path / "built").out
    assert said not in (plain / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_a_release_is_the_same_byte_for_byte_and_one_of_the_sample_is_sound(released: Path, sample: Workspace) -> None:
    again = fill_release(sample, sample.root.parent / "again", rows_per_file=1000)
    assert contents(again) == contents(released)
    assert codes(released) == set()


def forge(folder: Path, *keys: str, value: object) -> None:
    """Let baselines.json say something else, and everything that lists it agree."""
    told = inner = read_json(folder / BASELINES)
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    write_json(folder / BASELINES, told)
    seal(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("trials", "test", "scores", "majority", "split", "right"), 3),
        (("trials", "test", "scores", "cues", "random_split", "macro_f1"), 0.9),
        (("trials", "test", "scores", "cues", "split", "accuracy"), True),
        (("trials", "test", "scores", "linear", "split", "accuracy"), 0.99),
        (("trials", "test", "scores", "linear", "split", "right"), 10**30),
        (("trials", "test", "scores", "linear", "split"), "all"),
        (("trials", "test", "statements"), 100),
        (("trials", "test", "labels"), ["offer"]),
        (("trials", "future"), {}),
        (("trials",), []),
        (("library",), "scikit-learn 1\x1b[31m"),
        (("given",), ["stance"]),
        (("more",), 1),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_a_forged_score_is_found_with_and_without_scikit_learn(
    keys: tuple[str, ...], value: object, installed: bool, opened: ReadFolder, request: pytest.FixtureRequest
) -> None:
    sound = (opened.files.root / BASELINES).read_text("utf-8")
    try:
        forge(opened.files.root, *keys, value=value)
        if not installed:
            request.getfixturevalue("without_library")
        (found,) = check_baselines(opened)
    finally:
        (opened.files.root / BASELINES).write_text(sound, "utf-8")
    assert found.code == "baselines-differ"
    assert found.column.split("/")[0] == (keys[0] if value != 10**30 else "")  # which is no number of ours


@pytest.mark.slow
def test_a_forged_score_makes_the_folder_fail(folder_of_toy: Path) -> None:
    forge(folder_of_toy, "trials", "test", "scores", "majority", "split", "right", value=3)
    (found,) = verify(folder_of_toy, ALONE).errors
    assert (found.file, found.code) == (BASELINES, "baselines-differ")
    assert found.column.startswith("trials/test/scores/majority/split/")


@pytest.mark.slow
def test_a_file_that_is_missing_or_no_json_is_found(opened: ReadFolder, folder_of_toy: Path) -> None:
    path = opened.files.root / BASELINES
    text = path.read_text("utf-8")
    for wrong in ("{", "[]\n", "null\n", text + " ", text.replace("  ", "")):
        path.write_text(wrong, "utf-8")
        assert [each.code for each in check_baselines(opened)] == ["baselines-differ"], wrong
    path.write_text(text, "utf-8")
    assert list(check_baselines(opened)) == []
    (folder_of_toy / BASELINES).unlink()
    seal(folder_of_toy)
    assert codes(folder_of_toy) == {"file-missing"}


@pytest.mark.slow
def test_a_linear_model_may_differ_in_one_prediction_of_a_hundred_and_no_more(opened: ReadFolder) -> None:
    sound = (opened.files.root / BASELINES).read_text("utf-8")
    told = json.loads(sound)["trials"]["test"]
    n, given = told["statements"], told["scores"]["linear"]["split"]
    assert 4 < n < 200
    step = 1 if given["right"] + 2 <= n else -1
    shift = 0.01 if given["macro_f1"] < 0.5 else -0.01
    cases = [(0, 0, True), (step, shift, True), (2 * step, 0, False), (0, 20 * shift, False)]
    for change, more, stands in cases:
        score_told = LabelScore(n, given["right"] + change, given["macro_f1"] + more).value()
        forge(opened.files.root, "trials", "test", "scores", "linear", "split", value=score_told)
        found = [each.code for each in check_baselines(opened)]
        (opened.files.root / BASELINES).write_text(sound, "utf-8")
        assert found == ([] if stands else ["baselines-differ"])


@pytest.mark.slow
def test_without_scikit_learn_verify_says_so_and_all_else_in_one_line(
    toy: Path, run: Run, without_library: None
) -> None:
    found = verify(toy, ALONE)
    assert [(each.code, each.severity) for each in found.faults] == [("baselines-unchecked", "warning")]
    assert found.faults[0].hint == 'pip install "stancebank[baselines]"'
    done = run("publish", "baselines", toy)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == 'stancebank: scikit-learn is not installed.\nHint: pip install "stancebank[baselines]"\n'
    require_library([Placement("train"), Placement("train", 0), Placement("none", 1)][:2])
    for placed in ([Placement("train"), Placement("test")], [Placement("train", 0), Placement("train", 1)]):
        with pytest.raises(InputError, match="scikit-learn is not installed"):
            require_library(placed)


@pytest.mark.slow
def test_a_release_with_splits_is_refused_without_scikit_learn(tmp_path: Path, without_library: None) -> None:
    workspace = lay_committed(tmp_path / "toy")
    write_ledger(workspace, {ENVOY: "test,", MINISTER: "train,"})
    commit(workspace.root)
    before = contents(workspace.root / "corpus")
    with pytest.raises(InputError, match="scikit-learn is not installed"):
        make(workspace.root, "1.2.0")
    assert contents(workspace.root / "corpus") == before
    assert not (workspace.root / "releases/toy-1.2.0").exists()


@pytest.mark.slow
def test_the_scheme_of_somebody_else_has_baselines_too(tmp_path: Path, run: Run) -> None:
    root = second_edition(Path(shutil.copytree(REPO / "tests/other_domain", tmp_path / "other")))
    workspace = open_workspace(root)
    names = sorted(workspace.store.article_ids())
    write_ledger(workspace, {name: f"{'test' if number else 'train'}," for number, name in enumerate(names)})
    out = fill_release(workspace, tmp_path / "out")
    told = read_json(out / BASELINES)
    assert (told["label"], told["cue"]) == ("stance", None)
    assert "certainty" in told["given"]
    assert codes(out) == set()
    done = run("publish", "baselines", out, "--out", tmp_path / "told.jsonl")
    assert done.returncode == 0, done.stderr
    assert run("publish", "score", tmp_path / "told.jsonl", out).returncode == 0


# The command.


@pytest.mark.slow
def test_the_command_prints_what_the_release_holds_of_a_folder_or_the_workspace(
    released: Path, sample: Workspace, run: Run
) -> None:
    of_folder = run("publish", "baselines", released, "--json")
    of_workspace = run("-w", sample.root, "publish", "baselines", "--json")
    assert of_folder.returncode == of_workspace.returncode == 0
    assert to_json(json.loads(of_folder.stdout)) == (released / BASELINES).read_text("utf-8")
    assert of_folder.stdout == of_workspace.stdout


@pytest.mark.slow
def test_predictions_are_scored_as_they_were_here(released: Path, run: Run, tmp_path: Path) -> None:
    published = read_published(released)
    told = {}
    for name, options in {"given": (), "random": ("--random-split",)}.items():
        path = tmp_path / f"{name}.jsonl"
        done = run("publish", "baselines", released, "--on", "folds", "--out", path, *options)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        predicted = read_predictions(path, published.scheme)
        assert set(predicted) == {name for name, each in published.articles.items() if each.statements}
        told[name] = score_predictions(predicted, published).score.measures
        for measure_name in ("statement", "content", "speaker", "target", "force", "attribution"):
            assert told[name][measure_name].f1 == 1
    rows = [row for file in find_tables(released, "statements") for row in read_table(file).to_pylist()]
    trial = make_trials(rows, published.scheme)[1]
    stances = {row["statement_id"]: row["stance"] for row in rows}
    for name, at_random in (("given", False), ("random", True)):
        said = predict("linear", trial, at_random=at_random)
        assert told[name]["stance"].right == sum(stances[each] == label for each, label in said.items())
    one = run("publish", "baselines", released, "--baseline", "majority", "--out", tmp_path / "test.jsonl")
    assert "of test" in one.stderr
    scored = run("publish", "score", tmp_path / "test.jsonl", released, "--split", "test", "--json")
    measures = json.loads(scored.stdout)["measures"]
    of_test = [row for row in rows if row["split"] == "test"]
    assert measures["statement"]["gold"] == measures["statement"]["right"] == len(of_test)
    (usual,) = {predict("majority", make_trials(rows, published.scheme)[0])[row["statement_id"]] for row in of_test}
    assert measures["stance"]["right"] == sum(row["stance"] == usual for row in of_test)


@pytest.mark.slow
def test_what_cannot_be_done_is_said(toy: Path, run: Run, tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "plain")
    bare = run("-w", workspace.root, "publish", "baselines")
    assert (bare.returncode, bare.stdout) == (1, "")
    assert "no splits to learn from" in bare.stderr
    assert "Hint:" in bare.stderr
    first = run("publish", "baselines", REPO / "tests/frozen/release-0.1.0")
    assert (first.returncode, "edition 1" in first.stderr) == (1, True)
    assert run("publish", "baselines", toy, "--on", "test").returncode == 2
    assert run("publish", "baselines", tmp_path / "plain/corpus").returncode == 1


@pytest.mark.slow
def test_a_table_says_both_scores(toy: Path, run: Run) -> None:
    shown = run("publish", "baselines", toy)
    assert shown.returncode == 0
    assert "95 % interval" in shown.stdout
    told = read_json(toy / BASELINES)["trials"]["test"]["scores"]["majority"]["split"]["accuracy"]
    assert f"{told:.1%}" in shown.stdout


def test_values_are_made_without_the_linear_model_on_demand() -> None:
    rows = [statement(1, "offer", "train"), statement(2, "deny", "test")]
    value = make_value(make_trials(rows, SCHEME), ["majority", "cues"])
    assert (value["library"], set(value["trials"]["test"]["scores"])) == (None, {"majority", "cues"})


@pytest.mark.slow
def test_the_page_tells_what_a_random_split_adds_on_the_sample(run: Run, tmp_path: Path) -> None:
    page = (REPO / "docs/baselines.md").read_text("utf-8")
    rows = re.findall(r"^\| (majority|cues|linear) \| ([\d.]+)% \| ([\d.]+)% \| ([\d.]+) \|$", page, re.MULTILINE)
    root = tmp_path / "sample"
    lay(sample_files(), root)
    with (root / "stancebank.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[splits]\nfolds = 5\n")
    for command in (("corpus", "split"), ("publish", "build", "--out", "build/dataset")):
        assert run(*command, cwd=root).returncode == 0
    assert [name for name, *_ in rows] == ["majority", "cues", "linear"]
    for name, *told in rows:
        found = []
        for options in ((), ("--random-split",)):
            out = ("--baseline", name, "--on", "folds", "--out", root / "told.jsonl", *options)
            assert run("publish", "baselines", "build/dataset", *out, cwd=root).returncode == 0
            scored = run("publish", "score", root / "told.jsonl", root / "build/dataset", "--json")
            found.append(100 * json.loads(scored.stdout)["measures"]["stance"]["f1"])
        given, at_random, inflation = map(float, told)
        assert abs(found[0] - given) < 0.7  # of 181 statements, one is half a percent
        assert abs(found[1] - at_random) < 0.7
        assert inflation == round(at_random - given, 1)
        assert (inflation > 3) == (name != "majority")
