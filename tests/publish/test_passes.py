"""How often what lies on disk is read: more articles must not mean more passes over all of them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancebank.publish.build import build
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the rows of each Parquet file were read, wholly or in part."""
    found: Counter[str] = Counter()

    def counting(read: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Path, *arguments: Any) -> Any:
            found[path.parent.name] += 1
            return read(path, *arguments)

        return counted

    from stancebank.publish import parquet
    from stancebank.publish.verification import tables

    for module, names in ((parquet, ("read_groups",)), (tables, ("read_groups", "fits_memory"))):
        for name in names:
            monkeypatch.setattr(module, name, counting(getattr(module, name)))
    return found


def test_a_build_reads_no_table_more_than_three_times(
    toy_workspace: Workspace, tmp_path: Path, reads: Counter[str]
) -> None:
    build(toy_workspace, tmp_path / "out")
    assert {"statements", "articles", "tokens"} <= reads.keys()
    assert max(reads.values()) <= 3, reads


def test_a_verification_reads_no_table_more_than_three_times(
    toy_workspace: Workspace, tmp_path: Path, reads: Counter[str]
) -> None:
    folder = build(toy_workspace, tmp_path / "out").out
    reads.clear()
    assert verify(folder, Wanted(readers=())).is_sound
    assert {"statements", "articles", "tokens"} <= reads.keys()
    assert max(reads.values()) <= 3, reads
