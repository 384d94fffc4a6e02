"""What a push and a pull report has a text, a list and an exit code on the command line."""

from pathlib import Path
from typing import get_args

import pytest
from tests.command import call
from tests.conftest import Run

from stancebank.annotate.sync.push_tasks import TaskAction
from stancebank.annotate.sync.types import PullKind
from stancebank.cli import pull, push


def test_every_result_of_a_pull_has_a_message_and_those_that_need_a_person_an_exit_code() -> None:
    assert set(pull._MESSAGES) == set(get_args(PullKind))
    assert set(pull._CODES) == {
        *("rejected", "unknown-article", "duplicate", "conflict", "needs-confirmation", "project-missing"),
        "internal-error",
    }


def test_every_action_of_a_push_has_a_list_of_its_own() -> None:
    assert set(get_args(TaskAction)) <= set(push._LISTS)
    assert len(set(push._LISTS.values())) == len(push._LISTS)


def test_a_fault_of_the_toolkit_itself_is_one_message(
    toy_root: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("stancebank.check.check_workspace", broken)
    monkeypatch.delenv("STANCEBANK_DEBUG")
    done = run("-w", toy_root, "check")
    assert done.returncode == 70
    assert "a fault of the toolkit itself, KeyError: 'surprise'" in done.stderr
    assert "Hint: please report it, with what STANCEBANK_DEBUG=1" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(KeyError):
        call("-w", toy_root, "check", STANCEBANK_DEBUG="1")
