"""Long work shows that it is alive, on a terminal and in a log."""

import os
import pty
import subprocess
import sys

import pytest

from stancebank.cli import output as progress
from stancebank.cli.output import Progress

CODE = """
from stancebank.cli.output import Progress

with Progress() as progress:
    for megabytes in range(3):
        progress.report("Installing [it]", f"{megabytes} [MB]")
print("done")
"""


@pytest.mark.slow
def test_a_terminal_shows_how_far_it_is_and_nothing_of_it_stays() -> None:
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "60"}
    done = subprocess.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE, stderr=theirs, env=env, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.stdout == b"done\n"
    assert shown.startswith("Installing [it] ...\r\n")
    assert "2 [MB]" in shown
    assert "\x1b[2K" in shown.rpartition("2 [MB]")[2]  # the line is cleared in the end
    assert shown.rpartition("\x1b[?25")[2].startswith("h")  # the cursor is shown again


def test_a_log_gets_a_line_for_each_thing_that_is_done_and_one_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Progress() as told:
        for number in range(3):
            told.report("Installing", f"{number} MB")
        monkeypatch.setattr(progress, "QUIET", 0.0)
        told.report("Installing", "3 MB")
        told.report("Starting", "0 s")
    assert capsys.readouterr().err == "Installing ...\n  3 MB\nStarting ...\n"
