"""Checks of the machine: each fault has a code and a hint, and nothing is changed."""

import io
import json
import os
import sys
from collections.abc import Iterable
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from stancebank.errors import Check
from stancebank.keeping import environment
from stancebank.keeping.environment import check_files, check_folder, check_packages, check_terminal, examine
from tests.conftest import Run
from tests.publish.builds import contents


def by_code(checks: Iterable[Check]) -> dict[str, Check]:
    return {each.code: each for each in checks}


def pretend(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], *needed: str) -> None:
    about = Message()
    about["Requires-Python"] = ">=3.11"
    for each in needed:
        about["Requires-Dist"] = each
    for each in ("verify", "all"):
        about["Provides-Extra"] = each

    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(environment, "metadata", lambda _: about)
    monkeypatch.setattr(environment, "version", version)


NEEDED = ("click>=8.2", 'pandas>=2.2; extra == "verify"', 'stancebank[verify]; extra == "all"')


@pytest.mark.slow
def test_a_whole_machine_has_no_fault_and_nothing_is_changed(toy_root: Path, run: Run) -> None:
    before = contents(toy_root)
    done = run("-w", toy_root, "doctor", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["counts"]["fault"]) == (0, 0), told
    codes = {each["code"] for each in told["checks"]}
    assert codes >= {"python", "toolkit", "packages", "workspace", "workspace-room", "files-locks", "terminal"}
    assert all(each["hint"] for each in told["checks"] if each["state"] != "ok")
    assert contents(toy_root) == before
    shown = run("-w", toy_root, "doctor")
    assert len([line for line in shown.stdout.splitlines() if not line.startswith(" ")]) == len(told["checks"])


def test_it_needs_no_workspace_and_says_that_there_is_none(tmp_path: Path, run: Run) -> None:
    done = run("doctor", cwd=tmp_path)
    assert (done.returncode, "workspace-none" in done.stdout) == (0, True)


def test_an_unusable_workspace_is_a_fault(toy_root: Path, run: Run) -> None:
    settings = toy_root / "stancebank.toml"
    settings.write_text(settings.read_text().replace('schema = "v2"', 'schema = "v9"'))
    done = run("-w", toy_root, "doctor")
    assert (done.returncode, "workspace-unusable" in done.stdout) == (1, True)
    assert "Hint: correct [workspace] schema" in done.stdout


def test_packages_that_lack_or_are_too_old_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, {"click": "8.3", "pandas": "2.2"}, *NEEDED)
    assert {each.code: each.state for each in check_packages()} == {"packages": "ok", "extra": "ok"}
    pretend(monkeypatch, {"click": "8.1", "pandas": "2.1"}, *NEEDED)
    found = by_code(check_packages())
    assert (found["packages"].state, found["packages"].message) == ("fault", "click is 8.1, and >=8.2 is needed.")
    assert found["extra-version"].state == "warning"
    pretend(monkeypatch, {}, *NEEDED)
    found = by_code(check_packages())
    assert found["packages"].message == "click is not installed."
    assert (found["extra-missing"].state, "pandas" in found["extra-missing"].message) == ("ok", True)
    assert '"stancebank[verify]"' in found["extra-missing"].hint


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/x/.local/share/uv/tools/stancebank", 'uv tool install --force "stancebank[verify]"'),
        ("/home/x/.local/share/pipx/venvs/stancebank", 'pipx install --force "stancebank[verify]"'),
        ("/nowhere/venv", 'python -m pip install "stancebank[verify]"'),
    ],
)
def test_the_command_installs_as_it_was_installed(prefix: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", prefix)
    assert environment.install_command("verify") == command


def test_git_that_lacks_or_knows_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("stancebank.git.ask", lambda _root, *words: b"git version 2" if words == ("version",) else None)
    found = by_code(examine(None, tmp_path, io.StringIO()))
    assert found["git-identity"].state == "warning"
    assert "git config --global user.email" in found["git-identity"].hint
    monkeypatch.setenv("PATH", str(tmp_path))
    found = by_code(examine(None, tmp_path, io.StringIO()))
    assert (found["git-missing"].state, "git-identity" in found) == ("warning", False)


def test_another_program_of_the_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/stancebank"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert by_code(examine(None, tmp_path, io.StringIO()))["toolkit-other"].state == "warning"
    program.unlink()
    own = Path(sys.prefix) / "bin/stancebank"
    program.symlink_to(own)
    if own.exists():
        assert "toolkit-other" not in by_code(examine(None, tmp_path, io.StringIO()))


def test_a_folder_without_permission_or_room_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.state for each in check_folder("workspace", tmp_path, 1)] == ["ok"]
    found = by_code(check_folder("workspace", tmp_path, 10**18))
    assert found["workspace-room"].state == "warning"
    monkeypatch.setattr(environment, "FULL", 10**18)
    assert [each.state for each in check_folder("workspace", tmp_path, 10**18)] == ["fault"]
    found = by_code(check_folder("workspace", tmp_path / "nowhere", 1))
    assert found["workspace-readonly"].state == "fault"


def test_a_file_system_without_locks_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.code for each in check_files(tmp_path)] == ["files-case", "files-locks"]
    monkeypatch.setattr(environment, "lock_file", lambda _handle: False)
    found = by_code(check_files(tmp_path))
    assert found["files-locks-missing"].state == "warning"
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_lacks_letters_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    assert by_code(check_terminal(terminal))["terminal"].state == "ok"
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    assert by_code(check_terminal(terminal))["terminal-encoding"].state == "warning"


def test_an_environment_that_holds_no_label_studio_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCEBANK_STUDIO", str(tmp_path))
    assert by_code(examine(None, tmp_path, io.StringIO()))["studio-wrong"].state == "warning"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/label-studio").touch()
    about = tmp_path / "lib/python3.11/site-packages/label_studio-1.0.0.dist-info/METADATA"
    about.parent.mkdir(parents=True)
    about.touch()
    assert by_code(examine(None, tmp_path, io.StringIO()))["studio-version"].state == "warning"
