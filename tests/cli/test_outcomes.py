"""What a push and a pull report has a text, a list and an exit code on the command line."""

from typing import get_args

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
