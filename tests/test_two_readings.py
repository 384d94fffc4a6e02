"""The page on the two readings of the founding articles says what the committed documents say.

The gold that settled the two readings is that of release 0.1.0. What was mended since is listed on the page, too.
"""

import re
from collections import Counter
from functools import cache

import pyarrow.parquet as pq
import pytest

from stancebank.agreement.compare import Comparison, Flagged, agreement_cells, compare
from stancebank.model import Document, to_builtins
from stancebank.publish.tables import ARTICLES, STATEMENTS, find_table
from stancebank.publish.tables.restore import restore_document, restore_statement
from stancebank.schema.archive import carry
from stancebank.schema.migration import load_migration
from stancebank.workspace import open_workspace
from tests.conftest import REPO
from tests.guidelines import known_rules

PAGE = (REPO / "docs/two-readings.md").read_text(encoding="utf-8")
RULES = known_rules((REPO / "annotate/GUIDELINES.md").read_text(encoding="utf-8"))

Difference = tuple[str, str, str | None, str | None]
"""Article, field, statement of the first reading, statement of the second."""


def documents(annotator: str | None) -> dict[str, Document]:
    return {document.article_id: document for document in open_workspace(REPO).store.documents(annotator)}


SETTLED, MENDED = "gold of 0.1.0", None
"""The gold that settled the readings, and that of today."""
NOT_ASKED = ("package", "scope type")
"""What the scheme of the readings did not have."""


@cache
def released() -> dict[str, Document]:
    """Return the gold of release 0.1.0 by its published rows, as documents of the scheme of today."""
    folder, scheme = REPO / "tests/frozen/release-0.1.0", open_workspace(REPO).scheme
    migration = load_migration(REPO / "schema/v1", REPO / "schema/v2")
    before = migration.before
    rows = {name: pq.read_table(folder / name).to_pylist() for name in (ARTICLES, STATEMENTS)}
    found = {}
    for row in rows[ARTICLES]:
        own = [each for each in rows[STATEMENTS] if each["article_id"] == row["article_id"]]
        statements = [restore_statement(each, before) for each in own]
        gold = restore_document(find_table(before, ARTICLES), row, statements, before)
        carried = carry(to_builtins(gold), "annotation", gold.article_id, migration).record
        found[gold.article_id] = scheme.read_document(carried)
    return found


def compared(one: str | None, other: str | None) -> Comparison:
    first, second = (released() if name == SETTLED else documents(name) for name in (one, other))
    assert first.keys() == second.keys()
    return compare([(first[article], second[article]) for article in sorted(first)], open_workspace(REPO).scheme)


def number(name: str | None) -> str | None:
    """Return the id of a statement without that of its article."""
    return name and name.rpartition("/")[2]


def differences(one: str | None, other: str | None) -> list[Difference]:
    found = [each for each in compared(one, other).differences if each.field not in NOT_ASKED]
    return [(each.article_id, each.field, number(each.one), number(each.other)) for each in found]


def table(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]


def names(cell: str) -> list[str | None]:
    return [None if name == "–" else name for name in cell.split(", ")]


def settled() -> dict[Difference, str]:
    """What each difference was settled for, as the page tells it."""
    found: dict[Difference, str] = {}
    for article, first, second, field, side, _ in table("How each difference was settled"):
        for one, other in zip(names(first), names(second), strict=True):
            assert (article, field, one, other) not in found
            found[article, field, one, other] = side
    return found


def test_the_figures_are_those_of_the_documents() -> None:
    tallies = compared("project-1", "project-2").tallies
    assert {row[0]: row[1:] for row in table("How often they agree")} == {
        name: agreement_cells(tally) for name, tally in tallies.items()
    }


def test_the_lowest_figures_are_those_of_an_independent_count() -> None:
    found = compared("project-1", "project-2")
    kappas = {"stance": 0.980, "target": 0.976, "parties": 0.729, "scope": 0.537, "force": 1.0}
    told = {name: found.tallies[name].kappa for name in kappas}
    assert told == {name: pytest.approx(each, abs=0.0005) for name, each in kappas.items()}
    counts = {"target mention": 48, "parties": 51, "scope": 52, "speaker mention": 53, "whole record": 40}
    assert {name: found.tallies[name].agreed for name in counts} == counts
    assert found.flags == {"uncertain": Flagged(17, 89, 39, 85)}
    assert "17 of its 89 statements, the second on 39 of 85" in PAGE
    gold = [each for document in released().values() for each in document.statements]
    assert f"on {sum(bool(each.fields.get('uncertain')) for each in gold)} of {len(gold)}." in PAGE


def test_what_the_readers_were_not_asked_is_said_to_be_none_of_their_agreement() -> None:
    """Nobody named a package; the type of a scope was filled in by the project from what a reader wrote."""
    found = compared("project-1", "project-2")
    others = [each for each in found.differences if each.field in NOT_ASKED]
    assert {each.field for each in others} == {"scope type"}
    assert f"The command lists {len(found.differences)} differences" in PAGE
    assert f"{len(others)} of them are of `scope type`" in PAGE
    every = [each for name in ("project-1", "project-2") for d in documents(name).values() for each in d.statements]
    assert not any(each.target.fields.get("package") for each in every)
    assert all(bool(each.target.fields.get("scope")) == bool(each.target.fields.get("scope_type")) for each in every)


def test_every_difference_is_settled_once_and_nothing_else_is() -> None:
    listed = differences("project-1", "project-2")
    assert set(settled()) == set(listed)
    told = re.search(
        r"The other (\d+) .*?\. (\d+) were settled for the first reading, (\d+) for the second, (\d+) for", PAGE
    )
    assert told
    sides = Counter(settled().values())
    assert [int(each) for each in told.groups()] == [len(listed), *(sides[s] for s in ("first", "second", "neither"))]


@pytest.mark.parametrize("place", [2, 3])
def test_the_gold_is_what_the_page_says(place: int) -> None:
    """Where a difference is settled for a reading, the gold does not differ from it there; where not, it does."""
    reading, side = {2: ("project-1", "first"), 3: ("project-2", "second")}[place]
    listed = differences(reading, SETTLED)
    differing = {(article, field, own) for article, field, own, _ in listed}
    unread = {(article, other) for article, field, own, other in listed if field == "statement" and own is None}
    for difference, settled_for in settled().items():
        article, field, *ids = difference
        own = ids[place - 2]
        is_other = (article, ids[0]) in unread if own is None else (article, field, own) in differing
        assert is_other == (settled_for != side), difference


def test_what_changed_beyond_the_differences_is_listed() -> None:
    known = {(article, field, first) for article, field, first, _ in differences("project-1", "project-2")}
    changed = {(article, field, first) for article, field, first, _ in differences("project-1", SETTLED)} - known
    assert changed == listed_in("Changed although both readings agreed")


def listed_in(heading: str) -> set[tuple[str, str, str | None]]:
    """Return article, field and statement of each row of a table, statement by statement."""
    return {(row[0], row[2], each) for row in table(heading) for each in names(row[1])}


def test_what_was_mended_since_is_listed() -> None:
    found = compared(SETTLED, MENDED)
    assert {each.field for each in found.differences} > {"parties", "scope"}  # types of scope were not asked then
    mended = {(article, field, one) for article, field, one, _ in differences(SETTLED, MENDED)}
    assert mended == listed_in("Mended since")
    typed = sum(bool(each.target.fields.get("scope_type")) for d in documents(MENDED).values() for each in d.statements)
    assert f"the {typed} scopes of the gold" in PAGE


def test_every_rule_that_is_cited_exists() -> None:
    cited = set(re.findall(r"G-\d+", PAGE))
    assert len(cited) > 20
    assert cited <= RULES


def test_the_gold_is_of_two_readings_settled() -> None:
    for document in documents(None).values():
        assert document.gold
        assert (document.gold.method, document.origin, document.guideline_version) == ("double", "project", "1.1")
    assert {d.guideline_version for name in ("project-1", "project-2") for d in documents(name).values()} == {"1.0"}


def test_the_page_says_which_guidelines_are_meant() -> None:
    head = (REPO / "annotate/GUIDELINES.md").read_text(encoding="utf-8")[:200]
    (version,) = re.findall(r"\nGuideline version (\S+)\n", head)
    assert f"are of version {version} by now" in PAGE
    assert "version 1.1, while both readings were made under 1.0" in PAGE
