"""docs/suggestions.md tells what the code does."""

import re
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from stancebank.model import Mention, Span, Statement, Target
from stancebank.schema.fields import load_scheme
from stancebank.suggest.engine import look_around
from tests.conftest import OWN_SCHEMA, REPO

PAGE = REPO / "docs/suggestions.md"


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


def test_the_page_has_all_its_sections_and_no_place_of_a_machine(script: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = script["read_page"](page)
    assert tuple(sections) == script["SECTIONS"]
    assert not re.search(r"(?:^|[\s`(])/\w|[A-Z]:\\\\", page)
    assert script["make_page"](sections) == page


@pytest.mark.slow
def test_the_figures_of_the_sample_are_those_of_today(script: dict[str, Any], tmp_path: Path) -> None:
    """Those of the other articles need words that are not here; tests/test_founding.py looks for these in the page."""
    surroundings = look_around(script["sample_workspace"](tmp_path / "sample"))
    told = script["read_page"](PAGE.read_text(encoding="utf-8"))["The sample"]
    for part in script["warm_parts"](surroundings, *script["read_and_compare"](surroundings)):
        assert part.strip() in told, "run scripts/suggestions.py"
    shown = re.findall(r" ([\d.]+) \((\d+) to (\d+)\)", told)
    assert len(shown) > 30
    assert all(int(low) - 0.5 <= float(value) <= int(high) + 0.5 for value, low, high in shown)
