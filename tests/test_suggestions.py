"""docs/suggestions.md tells what the code does."""

from runpy import run_path
from typing import Any

import pytest

from stancebank.model import Mention, Span, Statement, Target
from stancebank.schema.fields import load_scheme
from tests.conftest import OWN_SCHEMA, REPO


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return run_path(str(REPO / "scripts/suggestions.py"), run_name="suggestions")


def said(number: int, begin: int, end: int, target: str = "talks", stance: str = "reject") -> Statement:
    return Statement(
        id=f"a/s{number}",
        content=(Span(begin=begin, end=end, fingerprint=""),),
        speaker=Mention(entity="envoy"),
        target=Target(id=target),
        fields={"stance": stance},
    )


def test_misses_are_told_by_their_places(script: dict[str, Any]) -> None:
    gold = [said(1, 0, 100), said(2, 200, 300), said(3, 400, 500), said(4, 900, 950)]
    predicted = [said(9, 0, 90), said(8, 210, 300, "war", "open"), said(7, 400, 420), said(6, 600, 700)]
    lacking, surplus, wrong = script["apart"](predicted, gold, load_scheme(OWN_SCHEMA))
    assert lacking == ["s3 400–500", "s4 900–950"]  # of the third, a sixth is shared: Dice 0.33
    assert surplus == ["400–420", "600–700"]
    assert wrong == ["s2 200–300 target and stance"]
