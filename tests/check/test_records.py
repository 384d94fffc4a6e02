"""What a check has read is not read again."""

from pathlib import Path

import pytest
from tests.conftest import TOY, lay_workspace

from stancebank.annotate.interface import check_interface
from stancebank.check import check_workspace
from stancebank.workspace import Workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(lay_workspace(TOY, tmp_path / "toy"))


def test_the_records_of_a_report_are_those_that_the_store_reads(workspace: Workspace) -> None:
    records = check_workspace(workspace).records
    found = [*workspace.store.articles(), *workspace.store.all_documents(), *workspace.store.withdrawals()]
    found += [workspace.store.entities(), workspace.store.targets()]
    assert len(found) == len(records) > 5
    assert all(record in found for record in records.values())
    known = workspace.with_records(records)
    (workspace.root / "corpus" / "entities.json").write_text("changed")
    assert known.store.entities() in found
    assert known == workspace


@pytest.mark.slow
def test_a_checkout_with_other_line_ends_is_named_as_one(workspace: Workspace) -> None:
    """As git makes it with core.autocrlf, where no .gitattributes keeps it from doing so."""
    assert run_check(workspace) == []
    changed = [
        *workspace.root.glob("corpus/**/*.*"),
        *workspace.root.glob("schema/v2/*.json"),
        *workspace.root.glob("annotate/*.*"),
    ]
    for path in changed:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run_check(workspace) == [("line-ends", "annotate/labeling-core.xml")]
    (found,) = check_workspace(workspace, also=check_interface(workspace)).errors
    texts, schemas = workspace.root.glob("corpus/texts/*.txt"), workspace.root.glob("schema/v2/*.schema.json")
    assert f"and {1 + len([*texts, *schemas])} other files" in found.message
    (path,) = workspace.root.glob("corpus/texts/*envoy.txt")
    path.write_bytes(path.read_bytes() + b"More.\r\n")
    assert ("text-changed", path.relative_to(workspace.root).as_posix()) in run_check(workspace)


def run_check(workspace: Workspace) -> list[tuple[str, str]]:
    fresh = open_workspace(workspace.root)
    also = check_interface(fresh)
    return [(each.code, each.file) for each in check_workspace(fresh, also).findings]
