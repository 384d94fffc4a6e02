"""Commands that work article by article print and write the same with an engine as without."""

import json
from pathlib import Path

import pytest

from stancebank.workspace import open_workspace
from tests.annotate.test_conversion_stage import export_of
from tests.batches.cluster import ENVIRONMENT
from tests.command import call_whole
from tests.conftest import TOY, lay_workspace


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("corpus", "duplicates", "--json"),
        ("check", "--no-cache", "--json"),
        ("annotate", "import", "export.json", "-v", "--dry-run", "--json"),
    ],
)
def test_what_a_command_prints_by_daft_is_what_it_prints_without(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCEBANK_ENGINE", str(ENVIRONMENT))
    root = lay_workspace(TOY, tmp_path / "toy")
    if "export.json" in command:
        monkeypatch.chdir(tmp_path)
        Path("export.json").write_text(json.dumps(export_of(open_workspace(root))[3:]), "utf-8")
    alone, by_engine = (call_whole("-w", root, *command, *more) for more in ((), ("--engine", "daft?shards=2")))
    assert by_engine.stderr == alone.stderr
    assert by_engine.stdout == alone.stdout
    assert by_engine.returncode == alone.returncode == 0
