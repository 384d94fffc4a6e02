"""The Python interface: light to import, and as docs/api.md says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import stancebank
from stancebank.errors import InputError, WorkspaceError
from tests.conftest import REPO, TOY, lay_workspace

BLOCKS = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys, stancebank; stancebank.__version__; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("pyarrow", "datasets", "jsonschema", "label_studio_sdk", "pandas", "click"):
        assert f"'{heavy}'" not in loaded


def test_what_it_offers_is_there() -> None:
    assert set(stancebank.__all__) <= set(dir(stancebank))
    for name in stancebank.__all__:
        assert getattr(stancebank, name)
    with pytest.raises(AttributeError, match="nonsense"):
        stancebank.nonsense  # noqa: B018


def test_a_workspace_is_opened_from_a_folder_in_it(tmp_path: Path) -> None:
    root = lay_workspace(TOY, tmp_path / "toy")
    opened = stancebank.open(root / "corpus" / "gold")
    assert opened.path == root.resolve()
    articles = list(opened.articles())
    assert [each.article_id for each in opened.gold()] == [each.id for each in articles]
    assert opened.text(articles[0].id)
    assert opened.check().errors == ()
    with pytest.raises(WorkspaceError):
        stancebank.open(tmp_path)


def test_a_folder_that_is_no_dataset_or_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dataset"):
        stancebank.load(tmp_path)
    with pytest.raises(InputError, match=r"0\.1\.0"):
        stancebank.load(REPO / "tests/frozen/release-0.1.0", version="9.9.9")
    with pytest.raises(InputError, match="nothing"):
        stancebank.load(REPO / "tests/frozen/release-0.1.0", "nothing")


def test_the_command_line_is_also_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "stancebank", "--version"], capture_output=True, text=True, check=True)
    assert stancebank.__version__ in done.stdout


@pytest.mark.slow
def test_the_blocks_of_the_page_run(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "stancebank", "init", "--sample", "river"], cwd=tmp_path, check=True)
    code = "\n".join(BLOCKS.findall((REPO / "docs/api.md").read_text(encoding="utf-8")))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, f1, _, alpha, most, _, _ = done.stdout.splitlines()
    assert f1 == "1.0"
    assert alpha.startswith("0.907")
    assert most.startswith("offer open 14")
