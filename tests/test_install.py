"""The wheel: what it holds, and that it works without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPO

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=REPO,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_code_and_licences_and_no_content(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "stancebank/cli/__init__.py" in names
    assert "stancebank/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"stancebank"}
    assert not [name for name in names if name.endswith((".txt", ".json", ".parquet")) and "dist-info" not in name]


def test_the_wheel_works_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = "import stancebank, sys; print(stancebank.__file__); from stancebank.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        cwd="/",
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    where, version = result.stdout.splitlines()
    assert where.startswith(str(site))
    assert version == "stancebank 0.1.0"
