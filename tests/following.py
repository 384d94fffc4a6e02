"""Somebody who follows a page of the documentation: its blocks, and a shell to type them into."""

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from stancebank.publish.baselines import BASELINES
from stancebank.publish.tables import Row
from tests.command import call


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the blocks of a page: their language, and what stands in them."""
    for indent, language, body in re.findall(
        r"^( *)```(\w+)\n(.*?)^ *```$", page.read_text(), re.DOTALL | re.MULTILINE
    ):
        yield language, "".join(f"{line.removeprefix(indent)}\n" for line in body.splitlines())


def learn_once(patch: pytest.MonkeyPatch) -> None:
    """Let the model of the baselines learn from the same rows once: each proof of one release has it learn them again.

    tests/publish/test_baselines.py lets it learn each time.
    """
    known: dict[str, list[str]] = {}
    learn = BASELINES["linear"]

    def remember(train: Sequence[Row], held: Sequence[Row], task: Any) -> list[str]:
        key = repr((train, held, task))
        if key not in known:
            known[key] = learn(train, held, task)
        return list(known[key])

    patch.setitem(BASELINES, "linear", remember)


class Maintainer:
    """Somebody with a shell. cwd: where they are; said: what the last command printed."""

    def __init__(self, cwd: Path, home: Path) -> None:
        self.cwd, self.home, self.said = cwd, home, ""

    def type(self, line: str) -> str:
        """Do a line of the page, and require that it works."""
        if " | xargs " in line:
            return self._hand_on(*line.split(" | xargs "))
        words = [word.replace("~", str(self.home), 1) if word.startswith("~/") else word for word in shlex.split(line)]
        if words[0] == "stancebank" and not {">", ">>"} & {*words}:
            done = call(*words[1:], cwd=self.cwd)
        else:
            script = f"set -e\n{line}\npwd > '{self.home}/cwd'"
            done = subprocess.run(["bash", "-c", script], cwd=self.cwd, capture_output=True, text=True, check=False)
            self.cwd = Path((self.home / "cwd").read_text().strip() if done.returncode == 0 else self.cwd)
        self.said = done.stdout + done.stderr
        assert done.returncode == 0, f"$ {line}\n{self.said}"
        return self.said

    def _hand_on(self, first: str, then: str) -> str:
        """Do what `xargs -r COMMAND` or `xargs -I NAME COMMAND` does with the lines that a command prints."""
        words = shlex.split(first)
        if words[0] == "stancebank":
            lines = call(*words[1:], "--quiet", cwd=self.cwd).stdout.split()
        else:
            lines = self.type(first).split()
        option, *rest = shlex.split(then)
        if option == "-r":
            commands = [[*rest, *lines]] if lines else []
        else:
            assert option == "-I"
            commands = [[line if word == rest[0] else word for word in rest[1:]] for line in lines]
        assert lines
        return "".join(self.type(shlex.join(command)) for command in commands)
