"""Text policies: what each one allows, and what it shows."""

from itertools import product

import pytest

from stancebank.errors import InputError
from stancebank.model import TextPolicy
from stancebank.publish.build import build
from stancebank.workspace import Workspace

ORDER = ("withheld", "quotes", "full")


def test_a_policy_allows_itself_and_what_shows_less() -> None:
    for (one, mine), (other, shown) in product(enumerate(ORDER), enumerate(ORDER)):
        assert TextPolicy(mine).allows(TextPolicy(shown)) is (other <= one)


def test_a_policy_says_what_it_shows() -> None:
    said = {str(each): (each.shows_quotations, each.shows_all, each.is_capped) for each in TextPolicy}
    assert said == {
        "withheld": (False, False, False),
        "quotes": (True, False, True),
        "full": (True, True, False),
    }


def test_a_build_under_no_known_policy_is_refused(toy_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="'most' is no text policy"):
        build(toy_workspace, toy_workspace.root.parent / "out", "most")
