"""Documents in a file beside the workspace."""

import json
from pathlib import Path

import pytest

from stancebank.annotate.sync.push import read_documents
from stancebank.errors import InputError
from stancebank.model import to_builtins
from stancebank.workspace import Workspace


def test_one_document_or_a_list_of_them_is_read(toy_workspace: Workspace, tmp_path: Path) -> None:
    gold = list(toy_workspace.store.documents(None))
    path = tmp_path / "readings.json"
    path.write_text(json.dumps([to_builtins(each) for each in gold]))
    assert read_documents(path, toy_workspace.schema_dir) == gold
    path.write_text(json.dumps(to_builtins(gold[0])))
    assert read_documents(path, toy_workspace.schema_dir) == gold[:1]


@pytest.mark.parametrize("value", [{"article_id": "a"}, [1], "words"])
def test_what_is_no_document_is_refused_with_its_place(value: object, toy_workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "readings.json"
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match=r"readings\.json, document 0"):
        read_documents(path, toy_workspace.schema_dir)
