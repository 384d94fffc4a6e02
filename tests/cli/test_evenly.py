"""What holds for every command alike: the options that commands share, and where what they print goes."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.command import read_terminal
from tests.conftest import REPO, Run
from tests.publish.builds import ENVOY, contents

from stancebank.cli import stancebank

WRITES_NOTHING = re.compile(r"\b(?:writes|changes)\s+nothing\b", re.IGNORECASE)
"""So the help of a command says that it only reads. All others write, and so have --dry-run."""

_PAGE = "it writes the page that is named, which holds its data as JSON"
_PRINTS = "what it prints is the document itself"
WITHOUT_JSON = {
    "annotate interface": _PRINTS,
    "annotate new": _PRINTS,
    "annotate promote": "its results are said with the readings that it judges",
    "annotate studio login": "a password is shown on a terminal only, and is in a file for programs",
    "annotate watch": "it goes on until it is stopped",
    "completion": _PRINTS,
    "help": _PRINTS,
    "view": _PAGE,
}
WITHOUT_DRY_RUN = {
    "annotate export": _PRINTS,
    "annotate interface": "without --write it prints what it would write",
    "annotate practice start": "a new folder",
    "annotate studio login": "it shows what is there",
    "annotate studio start": "a process, not a file",
    "annotate studio stop": "a process, not a file",
    "annotate trust": "one line of a list of one's own, which --remove takes back",
    "annotate users": "each account is named, and can be named again",
    "annotate watch": "it does again and again what `pull --dry-run` shows",
    "completion": _PRINTS,
    "help": _PRINTS,
    "engine install": "an environment in the cache folder, which is made as a whole or not at all",
    "publish build": "a folder that is named, and made as a whole or not at all",
    "publish card": "without --write it says whether it would",
    "publish hydrate": "a folder that is named, and made as a whole or not at all",
    "publish why": _PRINTS,
    "schema write": "--check says what it would write",
    "view": _PAGE,
}
"""The commands that lack an option, each with the reason."""


def leaves(group: click.Group, context: click.Context, path: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        where = f"{path} {name}".strip()
        below = click.Context(command, info_name=name, parent=context)
        found |= leaves(command, below, where) if isinstance(command, click.Group) else {where: command}
    return found


assert isinstance(stancebank, click.Group)
COMMANDS = leaves(stancebank, click.Context(stancebank, info_name="stancebank"))


def having(option: str) -> set[str]:
    return {path for path, command in COMMANDS.items() if any(option in each.opts for each in command.params)}


def test_every_command_has_json_but_for_a_reason() -> None:
    assert COMMANDS.keys() - having("--json") == WITHOUT_JSON.keys()


def test_every_command_that_writes_has_a_dry_run_but_for_a_reason() -> None:
    reading = {path for path, command in COMMANDS.items() if WRITES_NOTHING.search(command.help or "")}
    assert COMMANDS.keys() - reading - having("--dry-run") == WITHOUT_DRY_RUN.keys()


@pytest.mark.parametrize("option", ["--workspace", "-w", "--quiet", "-q"])
def test_every_command_takes_what_all_share_after_its_name(option: str) -> None:
    assert COMMANDS.keys() - having(option) == set()


def test_a_shared_option_is_written_once() -> None:
    own = re.compile(r'option\(\s*"--json"')
    found = {path.name for path in (REPO / "src/stancebank/cli").glob("*.py") if own.search(path.read_text("utf-8"))}
    assert found == {"params.py"}


def test_no_summary_of_a_command_is_cut(run: Run) -> None:
    groups = {path.rpartition(" ")[0] for path in COMMANDS} | {""}
    for group in groups:
        said = run(*group.split(), "--help")
        assert said.returncode == 0
        assert not [line for line in said.stdout.splitlines() if line.endswith("...") and "Usage:" not in line], group


def test_quiet_leaves_the_result_and_what_stops_the_command(run: Run, toy_root: Path) -> None:
    loud = run("-w", toy_root, "check")
    assert loud.stderr
    for quiet in (("-q", "-w", toy_root, "check"), ("check", "--quiet", "-w", toy_root)):
        told = run(*quiet)
        assert (told.returncode, told.stdout, told.stderr) == (loud.returncode, loud.stdout, "")
    refused = run("-q", "-w", toy_root, "corpus", "show", "nobody")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "There is no article 'nobody'" in refused.stderr
    wrong = run("corpus", "list", "-q", "--jsn")
    assert (wrong.returncode, "No such option" in wrong.stderr) == (2, True)
    plan = run("-w", toy_root, "corpus", "edit", ENVOY, "author=A", "--dry-run", "-q")
    assert (plan.stdout, plan.stderr) == ("author: none -> A (given)\n", "")


def test_a_dry_run_of_a_new_workspace_or_scheme_writes_nothing(run: Run, toy_root: Path, tmp_path: Path) -> None:
    told = run("init", tmp_path / "new", "--git", "--dry-run", "--json")
    value = json.loads(told.stdout)
    assert (told.returncode, value["repository"], (tmp_path / "new").exists()) == (0, False, False)
    made = run("init", tmp_path / "new", "--git", "--json")
    assert json.loads(made.stdout) == {**value, "repository": True, "dry_run": False}
    before = contents(tmp_path / "new")
    new = ("-w", tmp_path / "new", "schema", "new", "--label", "stance=for,against", "--json")
    plan = json.loads(run(*new, "--dry-run").stdout)
    assert contents(tmp_path / "new") == before
    assert json.loads(run(*new).stdout) == {**plan, "dry_run": False}
    after = contents(tmp_path / "new")
    assert {name for name, data in after.items() if data != before.get(name)} <= set(plan["files"])
    assert before.keys() - after.keys() == set(plan["removed"])
    before = contents(toy_root)
    assert json.loads(run("-w", toy_root, "schema", "next", "--dry-run", "--json").stdout)["version"] == "v3"
    assert contents(toy_root) == before
    shown = run("-w", toy_root, "schema", "next", "--json")
    assert (toy_root / json.loads(shown.stdout)["folder"]).is_dir()


def test_a_dry_run_of_hydration_reports_and_writes_nothing(run: Run, toy_root: Path, tmp_path: Path) -> None:
    texts = toy_root / "corpus/texts"
    texts.rename(tmp_path / "copies")
    before = contents(toy_root)
    plan = run("-w", toy_root, "corpus", "hydrate", tmp_path / "copies", "--json", "--dry-run")
    assert {each["state"] for each in json.loads(plan.stdout)} == {"verified"}
    assert contents(toy_root) == before
    done = run("-w", toy_root, "corpus", "hydrate", tmp_path / "copies", "--json")
    assert done.stdout == plan.stdout
    assert len(list(texts.iterdir())) == 3


def test_what_writes_generated_files_says_which_as_json(run: Run, toy_root: Path) -> None:
    (toy_root / "schema/v2/quoted.schema.json").unlink()
    stale = run("-w", toy_root, "schema", "write", "--check", "--json")
    assert stale.returncode == 1
    value = json.loads(stale.stdout)
    assert ("schema/v2/quoted.schema.json" in value["files"], value["written"]) == (True, False)
    assert json.loads(run("-w", toy_root, "schema", "write", "--json").stdout) == {**value, "written": True}
    assert json.loads(run("-w", toy_root, "schema", "write", "--json").stdout) == {"files": [], "written": False}


def test_a_leak_is_told_as_json(run: Run, toy_root: Path, tmp_path: Path) -> None:
    assert run("-w", toy_root, "corpus", "edit", ENVOY, "text_policy=withheld").returncode == 0
    leak = tmp_path / "notes.txt"
    leak.write_bytes((toy_root / f".stancebank/texts/{ENVOY}.txt").read_bytes())
    told = run("-w", toy_root, "corpus", "leak-check", leak, "--json")
    value = json.loads(told.stdout)
    assert (told.returncode, value["files"], value["not_searched"]) == (1, 1, {"articles": [], "files": []})
    assert [each["file"] for each in value["leaks"]]


def on_terminal(*arguments: object, columns: int = 80, **env: str) -> str:
    """Run a command on a terminal, and return what it shows."""
    main, side = pty.openpty()
    names = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "TERM")}
    with subprocess.Popen(
        [sys.executable, "-m", "stancebank", *map(str, arguments)],
        stdin=side,
        stdout=side,
        stderr=subprocess.DEVNULL,
        env={**names, "PYTHONUTF8": "1", "TERM": "xterm-256color", "COLUMNS": str(columns), **env},
    ):
        os.close(side)
        return read_terminal(main)


COLOUR = re.compile(r"\x1b\[(?:3|4|9)\d")


@pytest.mark.slow
def test_colours_are_for_terminals_that_want_them(toy_root: Path, run: Run) -> None:
    check = ("-w", toy_root, "doctor")
    assert COLOUR.search(on_terminal(*check))
    assert not COLOUR.search(on_terminal(*check, NO_COLOR="1"))
    assert "\x1b" not in on_terminal(*check, TERM="dumb")
    assert "\x1b" not in run(*check).stdout
    shown = on_terminal("-w", toy_root, "corpus", "show", ENVOY)
    assert COLOUR.search(shown)
    assert not COLOUR.search(on_terminal("-w", toy_root, "corpus", "show", ENVOY, NO_COLOR="1"))


@pytest.mark.slow
def test_a_table_is_laid_out_on_a_terminal_and_markdown_elsewhere(toy_root: Path, run: Run) -> None:
    vocabulary = ("-w", toy_root, "schema", "vocabulary", "stance")
    shown = click.unstyle(on_terminal(*vocabulary))
    assert "|" not in shown
    assert "value" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "| value | meaning |" in run(*vocabulary).stdout
    listed = click.unstyle(on_terminal("-w", toy_root, "corpus", "list")).splitlines()
    assert max(map(len, listed)) <= 80
    assert any(line.startswith(ENVOY) for line in listed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [("corpus", "list"), ("schema", "findings", "--json"), ("check",), ("help", "authoring"), ("status",)]
)
def test_a_reader_that_has_left_is_no_fault(arguments: tuple[str, ...], toy_root: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "stancebank", "-w", str(toy_root), *arguments]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr
