"""What every command shares: tables for terminals of any width, and an end by Ctrl+C that tells what to do."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from stancebank.cli import output as context

HEAD = ("annotator", "done", "changed here", "conflicts")


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            80,
            [
                "annotator  done  changed here  conflicts",
                "anna       1     2             3",
                "ben        4     5             6",
            ],
        ),
        (
            30,
            [
                *("annotator     anna", "done          1", "changed here  2", "conflicts     3"),
                *("annotator     ben", "done          4", "changed here  5", "conflicts     6"),
            ],
        ),
    ],
)
def test_no_word_of_a_head_is_broken(
    width: int, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(context, "console", lambda: Console(width=width, highlight=False))
    context.print_table(HEAD, [("anna", "1", "2", "3"), ("ben", "4", "5", "6")])
    assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.slow
def test_ctrl_c_says_that_the_command_may_be_run_again(toy_root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes what is sent to it, and never answers
        process = subprocess.Popen(
            [sys.executable, "-c", "from stancebank.cli import main; main()", "annotate", "push"],
            cwd=toy_root,
            env={
                **os.environ,
                "LABEL_STUDIO_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
                "LABEL_STUDIO_API_KEY": "0" * 40,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
        )
        silent.settimeout(60)
        caller, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        try:
            out, said = process.communicate(timeout=60)
        finally:
            process.kill()
        caller.close()
    assert process.returncode == 130
    assert said.endswith("stancebank: stopped. Completed work is kept; run the command again to continue.\n")
    assert "Traceback" not in said
    assert out == ""
