"""How often what lies on disk is read: more articles must not mean more passes over all of them."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stancebank.publish.build import build
from stancebank.publish.verification import Wanted, verify
from stancebank.schema.fields import MIGRATION
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import second_edition
from tests.publish.builds import HARVEST, read_as


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


@pytest.fixture(params=[1, 2])
def workspace(request: pytest.FixtureRequest, toy_root: Path) -> Workspace:
    """A workspace of each edition of the frame, in which two annotators have read an article, too."""
    found = open_workspace(toy_root if request.param == 1 else second_edition(toy_root))
    for annotator in ("annotator-1", "annotator-2"):
        read_as(found, annotator, HARVEST)
    return found


@pytest.mark.slow
def test_a_build_reads_no_table_more_than_three_times(
    workspace: Workspace, tmp_path: Path, reads: Counter[str]
) -> None:
    build(workspace, tmp_path / "out")
    assert {"statements", "articles", "annotations", "tokens"} <= reads.keys()
    assert max(reads.values()) <= 3, reads


@pytest.mark.slow
def test_a_verification_reads_no_table_more_than_three_times(
    workspace: Workspace, tmp_path: Path, reads: Counter[str]
) -> None:
    folder = build(workspace, tmp_path / "out").out
    reads.clear()
    assert verify(folder, Wanted(readers=())).is_sound
    assert {"statements", "articles", "annotations", "tokens"} <= reads.keys()
    assert max(reads.values()) <= 3, reads


COUNTED = """
import sys
from pathlib import Path
import stancebank
from stancebank.publish.build import build
from stancebank.workspace import open_workspace
code, entered = Path(stancebank.__file__).parent, set()
def enter(frame, event, argument):
    if event == "call":
        entered.add(frame.f_code.co_filename)
sys.setprofile(enter)
build(open_workspace(Path(sys.argv[1])), Path(sys.argv[2]))
sys.setprofile(None)
modules = (Path(each) for each in entered)
print(*sorted(each.relative_to(code).as_posix() for each in modules if each.is_relative_to(code)))
print(*(name for name in ("datasets", "jsonschema", "label_studio_sdk", "pandas") if name in sys.modules))
"""


@pytest.mark.slow
def test_a_build_runs_through_at_most_41_modules_and_loads_no_library_that_it_can_do_without(
    workspace: Workspace, tmp_path: Path
) -> None:
    """These are what has to be read to follow a build. Does a new one belong to one of the others by what it is about?

    The libraries take longer to import than a small corpus takes to build. No row depends on how the scheme came
    about, and where all texts may be published, no words are looked for.
    """
    (workspace.schema_dir / MIGRATION).write_text('from = "v0"\n')
    command = [sys.executable, "-c", COUNTED, str(workspace.root), str(tmp_path / "out")]  # nothing is cached yet
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    modules, libraries = (line.split() for line in told[-2:])
    assert {"publish/build.py", "check/articles.py", "corpus/store.py"} <= set(modules)
    assert not {"agreement/align.py", "corpus/leaks.py", "schema/migration.py", "schema/steps.py"} & set(modules)
    assert len(modules) <= 41, f"{len(modules)} modules: {' '.join(modules)}"
    assert libraries == []
