"""The baselines: from the sample, labels of articles that were not seen can be learnt."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from stancebank.publish.build import build
from stancebank.publish.parquet import read_table
from stancebank.publish.predictions import read_predictions
from stancebank.publish.published import read_published
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import open_workspace
from tests.conftest import OWN_SCHEMA, REPO, SWEEP, TOY, lay_workspace

pytestmark = pytest.mark.slow

SCRIPT = REPO / "scripts/bench/baselines.py"
COLUMNS = ("statement", "stance", "target", "condition", "speaker, target and stance", "role and kind")
NAMES = ("trivial", "cue", "learnt")
LEARNT = ("statement", "content overlap", "speaker", "target", "stance", "condition", "role", "kind")


def measured(*arguments: str | Path) -> dict[str, dict[str, float]]:
    """F1 in percent, by measure and baseline."""
    result = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    f1 = {}
    for line in result.stdout.splitlines()[2:]:
        measure, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        f1[measure] = dict(zip(NAMES, (float(cell.rstrip("%")) for cell in cells), strict=True))
    return f1


@pytest.fixture(scope="module")
def sample_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_sample(tmp_path_factory.mktemp("sample"))


def build_sample(root: Path) -> Path:
    """Lay the sample in a folder, and return its dataset."""
    lay(sample_files(), root / "sample")
    return build(open_workspace(root / "sample"), root / "release", None).out


def test_what_is_learnt_from_other_events_beats_the_most_frequent_labels(sample_release: Path, tmp_path: Path) -> None:
    folds = [] if SWEEP else ["--folds", "2"]  # of few events each takes a minute
    f1 = measured(sample_release, "--out", tmp_path / "out", *folds)
    for measure in LEARNT:
        assert f1[measure]["learnt"] > f1[measure]["trivial"] + 10, measure
    for measure in ("statement", "speaker", "stance"):
        assert f1[measure]["trivial"] < f1[measure]["cue"], measure
    schema = json.loads((OWN_SCHEMA / "prediction.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for name in NAMES:
        lines = (tmp_path / "out" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 15
        for line in lines:
            validator.validate(json.loads(line))


def test_articles_of_another_corpus_get_its_own_actors_and_targets(sample_release: Path, tmp_path: Path) -> None:
    toy = build(open_workspace(lay_workspace(TOY, tmp_path / "toy")), tmp_path / "release", None).out
    f1 = measured(toy, "--test", sample_release, "--out", tmp_path / "out")
    assert f1["speaker"]["trivial"] == 0  # no actor is in both corpora
    assert min(f1["speaker"]["cue"], f1["speaker"]["learnt"]) > 5
    assert f1["statement"]["cue"] > f1["statement"]["trivial"]
    scheme = read_published(sample_release).scheme
    ids = [
        {row[name] for file in (sample_release / table).glob("*.parquet") for row in read_table(file).to_pylist()}
        for table, name in (("entities", "entity_id"), ("targets", "target_id"))
    ]
    for name in NAMES[1:]:
        found = read_predictions(tmp_path / "out" / f"{name}.jsonl", scheme)
        assert len(found) == 15
        for each in (statement for prediction in found.values() for statement in prediction.statements):
            assert each.speaker.entity in ids[0] | {"unknown"}
            assert each.target.id in ids[1]


def test_a_folder_without_words_is_refused(sample_release: Path, tmp_path: Path) -> None:
    bare = build(open_workspace(sample_release.parent / "sample"), tmp_path / "bare", "withheld").out
    result = subprocess.run(
        [sys.executable, SCRIPT, sample_release, "--test", bare], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "shows the words of no article.\nHint: build it with --text full" in result.stderr


def test_the_card_of_the_founding_corpus_tells_the_baselines_in_one_table() -> None:
    assert [len(row) for row in told_in_card().values()] == [len(COLUMNS)] * len(NAMES)


def test_the_page_and_the_card_tell_the_same() -> None:
    page = (REPO / "docs/baselines.md").read_text(encoding="utf-8").partition("### From invented articles")[2]
    rows = re.findall(r"^\| ([a-z, ]+) \| (.+) \|$", page, re.MULTILINE)
    f1 = {measure: [float(cell.strip(" %")) for cell in cells.split("|")] for measure, cells in rows}
    assert {name: [f1[column][place] for column in COLUMNS] for place, name in enumerate(NAMES)} == told_in_card()


def told_in_card() -> dict[str, list[float]]:
    """The figures of DATASET_CARD.md in percent, by baseline."""
    card = (REPO / "DATASET_CARD.md").read_text(encoding="utf-8")
    head = f"| baseline | {' | '.join(COLUMNS)} |\n"
    rows = card.partition(head)[2].partition("\n\n")[0].splitlines()[1:]
    return {
        name: [float(cell.strip(" %")) for cell in row.strip("|").split("|")[1:]]
        for name, row in zip(NAMES, rows, strict=True)
    }
