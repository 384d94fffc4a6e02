"""The wheel: what it holds, and that it works without the checkout."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stancebank.schema.fields import MIGRATION
from stancebank.schema.validate import LAID
from stancebank.starter.laying import plain_files, sample_files
from stancebank.workspace import toolkit_version
from tests.command import call
from tests.conftest import OWN_SCHEMA, REPO, lay_first
from tests.migration.changing import content

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


def test_the_wheel_holds_code_licences_and_what_init_lays_and_no_founding_article(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "stancebank/cli/__init__.py" in names
    assert "stancebank/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"stancebank"}
    content = [name for name in names if name.endswith((".txt", ".json", ".parquet")) and "dist-info" not in name]
    ours = {"stancebank/publish/card/example.json", "stancebank/schema/x-stancebank.schema.json"}
    assert ours <= set(content)
    assert {name.split("/")[1] for name in {*content} - ours} == {"starter"}
    assert not {path.stem for path in REPO.glob("corpus/articles/*.json")} & {Path(name).stem for name in content}
    packed = {name.partition("/packed/")[2] for name in names if "/packed/" in name}
    schemas = [path for path in (*REPO.glob("schema/v*/*.*"), *REPO.glob("schema/v*/mappings/*.*")) if path.is_file()]
    assert {path.relative_to(REPO).as_posix() for path in schemas} == {
        name for name in packed if name.startswith("schema/")
    }
    assert f"schema/{OWN_SCHEMA.name}/{MIGRATION}" in packed
    earlier = {name.partition("/earlier/")[2] for name in names if "/earlier/" in name}
    assert {f"{version}/annotate/interface.toml" for version in LAID} <= earlier


def test_the_wheel_takes_a_workspace_of_the_first_toolkit_along_as_the_checkout_does(
    wheel: Path, tmp_path: Path
) -> None:
    """It has all that a migration to its own next version needs: both schemas, the steps, and what was laid before."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    one, other = lay_first(tmp_path / "one"), lay_first(tmp_path / "other")
    code = "import sys; from stancebank.cli import main; sys.argv[0] = 'stancebank'; main()"
    subprocess.run(
        [sys.executable, "-c", code, "-w", one, "schema", "migrate"],
        cwd="/",
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        check=True,
    )
    assert call("-w", other, "schema", "migrate").returncode == 0
    assert content(one) == content(other)
    assert {path.name: path.read_bytes() for path in (one / "schema" / OWN_SCHEMA.name).iterdir()} == {
        path.name: path.read_bytes() for path in OWN_SCHEMA.iterdir() if path.is_file()
    }


def test_the_wheel_lays_the_same_workspaces_as_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import json; from stancebank.starter.laying import plain_files, sample_files; "
        "print(json.dumps([plain_files('x'), sample_files()]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd="/", env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    assert json.loads(result.stdout) == [plain_files("x"), sample_files()]


def test_the_wheel_brings_the_pins_of_the_local_server(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = "from stancebank.annotate.local.install import read_lock; print(read_lock(), end='')"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd="/", env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    assert result.stdout == (REPO / "requirements/studio.lock").read_text()


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
    assert version == f"stancebank {toolkit_version()}"
