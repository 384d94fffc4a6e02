"""What a push takes away is kept."""

import gzip
import json
from pathlib import Path
from typing import Any

from stancebank.annotate.sync.state import count_labels, keep


def test_every_form_of_a_task_is_kept_once_and_read_back_equal(tmp_path: Path) -> None:
    first: dict[str, Any] = {"id": 3, "annotations": [{"result": ["\U0001f600"]}]}
    second = {**first, "annotations": []}
    paths = [keep(tmp_path, each) for each in (first, second, first)]
    assert paths[0] == paths[2]
    assert [json.loads(gzip.decompress(path.read_bytes())) for path in paths] == [first, second, first]
    assert len(list((tmp_path / "removed").rglob("*.gz"))) == 2


def test_annotations_skipped_ones_and_drafts_are_labels() -> None:
    assert count_labels({"annotations": [{"was_cancelled": True}], "drafts": [{}]}) == 2
    assert count_labels({"annotations": [], "drafts": []}) == 0
