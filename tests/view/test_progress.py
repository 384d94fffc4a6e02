"""The section of a dossier on progress: numbers of the ledger, the documents and the adjudication."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.state import PROJECTS
from stancebank.corpus.assignments import Assignment, write_assignments
from stancebank.pictures.progress import ReaderProgress, draw_progress, draw_reading
from stancebank.records import read_json, to_json
from stancebank.starter.laying import lay, sample_files
from stancebank.view.collection import of_workspace
from stancebank.view.progress import make_progress, read_progress_here
from stancebank.workspace import Workspace, open_workspace

KETTLE = "the-kettle-2031-06-06-lukewarm-soup"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def sample(tmp_path: Path) -> Workspace:
    """The sample with four of its articles; the Kettle is read by annotator-1 alone, two weeks after the others."""
    root = tmp_path / "sample"
    lay(sample_files(), root)
    for path in [*root.glob("corpus/articles/*.json")]:
        if not path.stem.startswith(("the-kettle", "meridian-wire-2031-02")):
            for each in [*root.glob(f"corpus/*/{path.name}"), *root.glob(f"corpus/annotations/*/{path.name}")]:
                each.unlink()
    for path in root.glob("corpus/annotations/*/*.json"):
        day = "2031-07-15" if path.stem == KETTLE else "2031-07-01"
        path.write_text(to_json(read_json(path) | {"created_at": f"{day}T08:00:00Z"}), "utf-8")
    for name in ("annotator-2", "annotator-3"):
        (root / f"corpus/annotations/{name}/{KETTLE}.json").unlink()
    return open_workspace(root)


def test_done_pace_and_what_is_left_are_those_of_the_ledger_and_the_documents(sample: Workspace) -> None:
    articles = list(sample.store.article_ids())
    write_assignments(
        sample.store, [Assignment(each, who) for each in articles for who in ("annotator-1", "annotator-3")]
    )
    conflict = sample.root / LOCAL / PROJECTS / f"1/conflicts/annotator-3/{articles[0]}.json"
    conflict.parent.mkdir(parents=True)
    conflict.write_text("{}", "utf-8")
    one, two, three = read_progress_here(sample)
    assert (one.annotator, one.assigned, one.done, one.left, one.weekly, one.weeks_left) == (
        "annotator-1", len(articles), len(articles), 0, len(articles) / 2, None,
    )  # fmt: skip
    assert (two.assigned, two.done, two.conflicts) == (None, len(articles) - 1, 0)
    assert (three.assigned, three.done, three.left, three.conflicts) == (len(articles), len(articles) - 1, 1, 1)
    assert three.weekly == len(articles) - 1
    assert three.weeks_left == 1 / (len(articles) - 1)
    text = sample.store.text(sample.store.article(KETTLE))
    assert text is not None
    assert three.words_left == len(text.split())
    assert three.hours_left is None
    section = make_progress(of_workspace(sample))
    assert section is not None
    bars, weeks, conflicts = section.pictures
    assert f"{2 * len(articles) - 1} of {2 * len(articles)} assigned readings done, 1 left." in bars.caption
    assert bars.table.rows[0][:4] == ["annotator-3", str(len(articles)), str(len(articles) - 1), "1"]
    assert ["annotator-1", "2031-07-14", "1"] in weeks.table.rows
    held = section.cases["progress-conflicts"]
    assert {row[0]: int(row[1]) for row in conflicts.table.rows} == {
        each.title.removeprefix("Conflicts about "): len(each.cases) + each.more for each in held
    }
    assert {href for *_, href in conflicts.table.links} == {each.href for each in held}


def test_without_assignments_what_was_read_is_shown_and_without_readings_nothing(sample: Workspace) -> None:
    section = make_progress(of_workspace(sample))
    assert section is not None
    assert "no article is assigned to anybody" in section.pictures[0].caption
    assert section.pictures[0].table.rows[0][1] == "–"
    shutil.rmtree(sample.root / "corpus/annotations")
    assert make_progress(of_workspace(open_workspace(sample.root))) is None


def test_time_left_names_and_many_weeks_are_drawn_safely() -> None:
    monday = date(2031, 7, 7)
    days = tuple(monday + timedelta(days=each) for each in (0, 1, 7, 8, 9))
    timed = ReaderProgress(HOSTILE, 12, 5, 7, 3600, days, 200.0)
    assert (timed.weekly, timed.weeks_left, timed.hours_left) == (2.5, 2.8, 2.0)
    picture = draw_progress([timed])
    assert picture is not None
    assert "7 articles, 2.8 weeks, 2.0 h" in picture.svg
    assert "5 of 12" in picture.svg
    assert "<script" not in picture.svg
    weeks = draw_reading([timed])
    assert weeks is not None
    assert [row[1:] for row in weeks.table.rows] == [["2031-07-07", "2"], ["2031-07-14", "3"]]
    long = ReaderProgress("ann", None, 3, 0, 0, (monday, date(2032, 12, 31), date(2033, 1, 1)), None)
    months = draw_reading([long])
    assert months is not None
    assert [row[1:] for row in months.table.rows] == [["2031-07-01", "1"], ["2032-12-01", "1"], ["2033-01-01", "1"]]
    assert draw_progress([]) is None
    assert draw_reading([ReaderProgress("ann", 3, 0, 3, 9, (), None)]) is None
