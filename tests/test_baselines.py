"""The baselines: from the sample, labels of articles that were not seen can be learnt."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from stancebank.publish.build import build
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import open_workspace
from tests.conftest import OWN_SCHEMA, REPO, SWEEP

pytestmark = pytest.mark.slow

LEARNT = ("statement", "content overlap", "speaker", "target", "stance", "condition", "role", "kind")


def test_what_is_learnt_from_other_events_beats_the_most_frequent_labels(tmp_path: Path) -> None:
    lay(sample_files(), tmp_path / "sample")
    release = tmp_path / "release"
    build(open_workspace(tmp_path / "sample"), release, None)
    script = REPO / "scripts/bench/baselines.py"
    folds = [] if SWEEP else ["--folds", "2"]  # of few events each takes a minute
    result = subprocess.run(
        [sys.executable, script, release, "--out", tmp_path / "out", *folds],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    f1 = {}
    for line in result.stdout.splitlines()[2:]:
        measure, trivial, learnt = (cell.strip() for cell in line.strip("|").split("|"))
        f1[measure] = (float(trivial.rstrip("%")), float(learnt.rstrip("%")))
    for measure in LEARNT:
        assert f1[measure][1] > f1[measure][0] + 10, measure
    schema = json.loads((OWN_SCHEMA / "prediction.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for name in ("trivial", "learnt"):
        lines = (tmp_path / "out" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 15
        for line in lines:
            validator.validate(json.loads(line))
