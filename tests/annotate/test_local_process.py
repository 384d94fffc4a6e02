"""A record of a server means the process that was started, and no other that has its number by now."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stancebank.annotate.local.server import RunningServer, began, find_running, write_running


def test_a_process_is_known_by_its_number_and_its_beginning(tmp_path: Path) -> None:
    mine = RunningServer(os.getpid(), began(os.getpid()), 8080, "1.23.2")
    write_running(tmp_path, mine)
    assert find_running(tmp_path) == mine
    write_running(tmp_path, RunningServer(os.getpid(), "another day", 8080, "1.23.2"))  # its number was given out again
    assert find_running(tmp_path) is None


def test_a_process_that_ended_is_not_running_even_while_nobody_reaps_it() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    beginning = began(child.pid)
    assert beginning
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table of processes
    assert not RunningServer(child.pid, beginning, 8080, "").is_alive()
    child.communicate()
    assert began(child.pid) == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_damaged_record_is_no_server(tmp_path: Path, text: str) -> None:
    (tmp_path / "running.json").write_text(text)
    assert find_running(tmp_path) is None


def test_nothing_that_never_began_is_alive() -> None:
    assert not RunningServer(999_999_999, "", 8080, "").is_alive()
