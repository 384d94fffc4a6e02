"""What holds for every command: where it takes the workspace, how it takes ids, and what a shell can complete."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from tests.conftest import REPO, Run

from stancebank.cli import stancebank
from stancebank.starter.laying import doc_pages

ENVOY = "norland-post-2031-02-11-envoy"


def every_command(group: click.Group, context: click.Context) -> list[click.Command]:
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        below = click.Context(command, info_name=name, parent=context)
        found += every_command(command, below) if isinstance(command, click.Group) else [command]
    return found


def test_every_command_takes_the_workspace_after_its_name() -> None:
    assert isinstance(stancebank, click.Group)
    commands = every_command(stancebank, click.Context(stancebank, info_name="stancebank"))
    assert len(commands) > 50
    assert [each.name for each in commands if not any("--workspace" in param.opts for param in each.params)] == []


def test_a_workspace_is_named_before_or_after_the_command_or_in_the_environment(
    run: Run, toy_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = [run("-w", toy_root, "corpus", "list"), run("corpus", "list", "-w", toy_root)]
    told += [run("corpus", "--workspace", toy_root, "list")]
    monkeypatch.setenv("STANCEBANK_WORKSPACE", str(toy_root))
    told += [run("corpus", "list"), run("corpus", "list", "-w", tmp_path)]
    assert [each.returncode for each in told[:4]] == [0, 0, 0, 0]
    assert len({each.stdout for each in told[:4]}) == 1
    assert told[4].returncode != 0


def test_an_id_is_given_by_its_first_letters(run: Run, toy_root: Path) -> None:
    whole = run("-w", toy_root, "corpus", "show", ENVOY)
    assert (whole.returncode, run("-w", toy_root, "corpus", "show", "norland-post-2031-02-11-e").stdout) == (
        0,
        whole.stdout,
    )
    several = run("-w", toy_root, "corpus", "target", "show", "li")
    assert several.returncode == 2
    assert "'li' begins" in several.stderr
    assert "lift-blockade" in several.stderr
    one = run("-w", toy_root, "corpus", "entity", "show", "ilse")
    assert one.returncode == 0
    assert "ilse-marrow" in one.stdout


def test_a_near_miss_is_named(run: Run, toy_root: Path) -> None:
    told = run("-w", toy_root, "corpus", "show", "norland-post-2031-02-12-envoy")
    assert told.returncode == 1
    assert f"Did you mean {ENVOY!r}?" in told.stderr
    told = run("chekc")
    assert (told.returncode, "Did you mean 'check'?" in told.stderr) == (2, True)
    assert "Did you mean" not in run("zzzz").stderr


def completed(*words: str) -> list[str]:
    found = BashComplete(stancebank, {}, "stancebank", "_STANCEBANK_COMPLETE")
    return [each.value for each in found.get_completions(list(words[:-1]), words[-1])]


def test_a_shell_completes_commands_options_and_ids(toy_root: Path) -> None:
    at = ("-w", str(toy_root))
    assert completed("pub") == ["publish"]
    assert completed(*at, "corpus", "show", "norland-post-2031-02-11") == [ENVOY]
    assert "--json" in completed(*at, "corpus", "show", "--j")
    assert completed(*at, "corpus", "entity", "show", "ilse") == ["ilse-marrow"]
    assert "lift-blockade" in completed(*at, "corpus", "target", "merge", "lift")
    assert "gold" in completed(*at, "annotate", "compare", "")
    assert completed("-w", str(toy_root / "nowhere"), "corpus", "show", "a") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(run: Run, shell: str) -> None:
    told = run("completion", shell)
    assert (told.returncode, f"_STANCEBANK_COMPLETE={shell}_complete" in told.stdout) == (0, True)


@pytest.mark.slow
def test_bash_takes_the_completion_and_completes(toy_root: Path, tmp_path: Path) -> None:
    program = tmp_path / "stancebank"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m stancebank "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(stancebank completion bash)"; COMP_WORDS=(stancebank corpus show norland-post-2031-02-11); '
        'COMP_CWORD=3; _stancebank_completion stancebank; echo "${COMPREPLY[@]}"'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "STANCEBANK_WORKSPACE": str(toy_root)}
    told = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
    assert told.stdout.split() == [ENVOY], told.stderr


def test_the_pages_of_the_documentation_are_printed(run: Run) -> None:
    pages = doc_pages()
    assert pages.keys() == {path.stem for path in REPO.glob("docs/*.md")}
    listed = run("help")
    assert all(name in listed.stdout for name in pages)
    assert run("help", "authoring").stdout == pages["authoring"]
    assert run("help", "docs/authoring.md").stdout == pages["authoring"]
    told = run("help", "authorin")
    assert (told.returncode, "Did you mean 'authoring'?" in told.stderr) == (2, True)


def test_every_page_that_a_message_names_is_there() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (REPO / "src").rglob("*.py"))
    named = {part.split("`")[0] for part in source.split("`stancebank help ")[1:]} - {"PAGE"}
    assert len(named) >= 5
    assert named <= doc_pages().keys()
