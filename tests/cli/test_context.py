"""Tables are read on terminals of any width."""

import pytest
from rich.console import Console

from stancebank.cli import context

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
