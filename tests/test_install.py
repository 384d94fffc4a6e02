"""The wheel: what it holds, and that it works without the checkout."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from stancebank.errors import EXTRAS, IMPORTED_AS
from stancebank.schema.fields import MIGRATION
from stancebank.schema.validate import LAID
from stancebank.starter.laying import plain_files, sample_files
from stancebank.workspace import toolkit_version
from tests.command import call
from tests.conftest import OWN_SCHEMA, REPO, lay_first
from tests.migration.changing import content
from tests.wheel import build_wheel, make_environment, pinned, plain_variables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_code_licences_and_what_init_lays_and_no_founding_article(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "stancebank/cli/__init__.py" in names
    assert "stancebank/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"stancebank"}
    content = [name for name in names if name.endswith((".txt", ".json", ".parquet")) and "dist-info" not in name]
    ours = {"stancebank/publish/card/example.json", "stancebank/schema/x-stancebank.schema.json"}
    ours |= {"stancebank/schema/adjudication.schema.json"}
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


# A plain install.


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of somebody who has installed the wheel, without any extra."""
    place = tmp_path_factory.mktemp("plain")
    (place / "home").mkdir()
    return plain_variables(make_environment(wheel, place / "environment"), place / "home")


def typed(line: str, cwd: Path, variables: dict[str, str], code: int = 0) -> str:
    """Type a line, require how it ends, and return all that it prints."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=cwd, env=variables, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == code, f"$ {line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_a_plain_install_checks_builds_verifies_and_releases(plain: dict[str, str], tmp_path: Path) -> None:
    typed("stancebank init --sample river --git", tmp_path, plain)
    root = tmp_path / "river"
    typed("stancebank check", root, plain)
    typed("stancebank publish build --out build/dataset", root, plain)
    said = typed("stancebank publish verify build/dataset", root, plain)
    for name in ("polars", "duckdb", "mlcroissant"):
        assert f"{name}  reader-missing  (warning)" in said
        with pytest.raises(AssertionError):  # so what follows is done without them
            typed(f"python -c 'import {name}'", root, plain)
    assert 'pip install "stancebank[verify]"' in said
    typed("git add --all && git commit --quiet --message Sample", root, plain)
    (version,) = re.findall(r'^version = "(.+?)"', (root / "stancebank.toml").read_text("utf-8"), re.MULTILINE)
    released = typed(f"stancebank publish release {version}", root, plain)
    assert "Released " in released
    assert "release-reader  (warning)" in released
    assert "rows" in typed(f"stancebank publish verify releases/*-{version}", root, plain)


def test_what_an_extra_has_is_asked_for_in_one_line_with_its_command(plain: dict[str, str], tmp_path: Path) -> None:
    modules = {package: module for module, package in IMPORTED_AS.items()}
    for package, extra in EXTRAS.items():
        module = modules.get(package, package)
        line = f"python -c 'from stancebank.errors import import_extra; import_extra(\"{module}.any\")'"
        said = typed(line, tmp_path, plain, 1).splitlines()
        hint = f'Hint: pip install "stancebank[{extra}]"'
        assert said[-2:] == [f"stancebank.errors.InputError: {package} is not installed.", hint]


def test_the_extras_are_those_of_the_package_and_all_has_all_of_them() -> None:
    told = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    required = {re.split(r"[\[><=]", each)[0] for each in told["dependencies"]}
    (every,) = told["optional-dependencies"].pop("all")
    extras: dict[str, set[str]] = {}
    for name, held in told["optional-dependencies"].items():
        for each in held:
            extras.setdefault(re.split(r"[\[><=]", each)[0], set()).add(name)
    assert extras.keys() - required - {"pandas"} == EXTRAS.keys()
    assert {name: extra for name, extra in EXTRAS.items() if extra not in extras[name]} == {}
    assert every == f"stancebank[{','.join(sorted(told['optional-dependencies']))}]"
    assert "pandas" in pinned("run")  # which datasets needs, so that every install has it


def test_the_classifiers_name_the_python_that_the_tests_run_on_and_no_other() -> None:
    told = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    named = [each.rpartition(" ")[2] for each in told["classifiers"] if re.search(r"Python :: \d", each)]
    (locked,) = re.findall(r"--universal --python-version (\S+)", (REPO / "scripts/lock").read_text("utf-8"))
    assert [f">={each}" for each in named] == [told["requires-python"]]
    assert named == [locked]


def test_nothing_but_one_function_imports_what_an_extra_has() -> None:
    found = re.compile(rf"^ +(?:import|from) (?:{'|'.join((*EXTRAS, *IMPORTED_AS))})\b", re.MULTILINE)
    by_hand = {
        path.relative_to(REPO / "src/stancebank").as_posix()
        for path in REPO.glob("src/**/*.py")
        if found.search(
            re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n)+", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        )
    }
    # the one runs without the toolkit; the other comes after `require_spacy`
    assert by_hand <= {"publish/verification/opening.py", "annotate/formats/spacy_docs.py"}
