"""`annotate competence`: each annotator in a line, what is remarkable of them, and who was too fast."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.command import call_whole
from tests.conftest import REPO, Run

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.cursor import Claim
from stancebank.annotate.sync.state import PROJECTS, SyncState
from stancebank.annotate.sync.times import TimedReading, find_too_fast, read_times
from stancebank.annotate.users import TABLE
from stancebank.model import Statement
from stancebank.records import write_text
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import open_workspace

pytestmark = pytest.mark.slow

FAST = "brenn-evening-post-2031-03-14-lock-stock"
EMAIL = "somebody.real@example.org"


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, with the times that a pull would have kept, and annotator-2 with a habit."""
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    workspace = open_workspace(root)
    store = workspace.store

    def changed(statement: Statement) -> Statement:
        known = statement.fields["stance"]
        return replace(statement, fields={**statement.fields, "stance": "reject" if known == "deny" else known})

    for document in list(store.documents("annotator-2")):
        store.write_document(replace(document, statements=tuple(map(changed, document.statements))))
    for number, document in enumerate(list(store.documents(None))):  # of four, before anybody read the articles
        store.write_document(replace(document, updated_at=f"202{6 if number < 4 else 7}-11-01T00:00:00Z"))
    write_text(root / LOCAL / TABLE, json.dumps([{"name": "annotator-1", "id": 1, "email": EMAIL, "joined": "2030"}]))
    for number, name in enumerate(("annotator-1", "annotator-2", "annotator-3"), 1):
        keep_times(root, number, name, store.article_ids())
    return root


def keep_times(root: Path, project: int, annotator: str, articles: Sequence[str]) -> None:
    state = SyncState(root / LOCAL / PROJECTS / str(project))
    for number, article_id in enumerate(articles, 1):
        words = 300
        seconds = 8.0 if (annotator, article_id) == ("annotator-3", FAST) else 600.0 + 10 * number
        made = {"id": 100 + number, "lead_time": seconds, "result": [], "completed_by": project}
        other = {"id": 200 + number, "lead_time": 1.0, "result": [], "completed_by": 9}
        data = {"article_id": article_id, "text": "word " * words}
        state.raw.keep({"id": number, "data": data, "annotations": [other, made]})
        state.cursor.record(number, "2031", [Claim(article_id, annotator, 100 + number, "2031")])
    state.write()


@pytest.fixture(scope="module")
def value(river: Path) -> dict[str, dict[str, object]]:
    told = call_whole("annotate", "competence", "--json", cwd=river)
    assert told.returncode == 0, told.stderr
    return {each["annotator"]: each for each in json.loads(told.stdout)["annotators"]}


def test_each_annotator_has_a_line_and_what_is_remarkable_is_said(river: Path) -> None:
    told = call_whole("annotate", "competence", cwd=river)
    assert told.returncode == 0, told.stderr
    head, *lines = told.stdout.splitlines()
    for name in ("annotator", "competence", "not guessing", "found", "gold", "controls", "too fast"):
        assert name in head
    assert [line.split()[0] for line in lines[:3]] == ["annotator-1", "annotator-2", "annotator-3"]
    assert "4 of 15" in lines[0]
    notes = lines[3:]
    assert {note.split(":")[0] for note in notes} == {
        "annotator-2 gives stance deny too rarely",
        "annotator-2 gives stance reject too often",
        f"annotator-3 was too fast with {FAST}",
    }
    assert "of what is deny" in "".join(notes)
    assert "2250 words a minute" in "".join(notes)
    assert "Keep these figures to yourself" in told.stderr
    one = call_whole("annotate", "competence", "--annotator", "annotator-2", cwd=river)
    assert "annotator-3" not in one.stdout + one.stderr
    assert re.search(r"stance +deny +0 +1\d\.\d +yes", one.stdout)


def test_json_has_all_figures(value: dict[str, dict[str, object]]) -> None:
    assert list(value) == ["annotator-1", "annotator-2", "annotator-3"]
    for each in value.values():
        label = each["abilities"][0]  # type: ignore[index]
        assert label["question"] == "stance"
        assert label["dawid_skene"]["low"] <= label["dawid_skene"]["value"] <= label["dawid_skene"]["high"]
        assert (each["articles"], each["timed_articles"], each["gold"]["controls"]) == (15, 15, 4)  # type: ignore[index]
    order = sorted(value, key=lambda name: value[name]["abilities"][0]["dawid_skene"]["value"])  # type: ignore[index]
    assert order == ["annotator-2", "annotator-3", "annotator-1"]
    assert [each["article_id"] for each in value["annotator-3"]["too_fast"]] == [FAST]  # type: ignore[attr-defined]
    assert value["annotator-1"]["too_fast"] == []


def test_pseudonyms_alone_are_shown_and_nothing_is_written(river: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in river.rglob("*")}
    for arguments in (
        ("competence",),
        ("competence", "--json"),
        ("feedback", "annotator-1"),
        ("feedback", "annotator-1", "--json"),
    ):
        told = call_whole("annotate", *arguments, cwd=river)
        assert told.returncode == 0
        assert EMAIL not in told.stdout + told.stderr
    assert {path: path.stat().st_mtime_ns for path in river.rglob("*")} == before


def test_what_is_missing_is_said(run: Run, river: Path, toy_root: Path) -> None:
    wrong = run("annotate", "competence", "--annotator", "nobody", cwd=river)
    assert (wrong.returncode, "there are readings of annotator-1, annotator-2, annotator-3" in wrong.stderr) == (
        1,
        True,
    )
    none = run("-w", toy_root, "annotate", "competence")
    assert (none.returncode, "Hint: run `stancebank annotate pull`" in none.stderr) == (1, True)


def test_no_build_page_or_card_has_a_figure_about_a_person(run: Run, toy_root: Path, tmp_path: Path) -> None:
    built = run("-w", toy_root, "publish", "build", "--out", tmp_path / "built")
    assert built.returncode == 0, built.stderr
    private = re.compile(rb"competence|dawid|spamming|too.fast|lead_time|not guessing", re.IGNORECASE)
    files = [path for path in (tmp_path / "built").rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path.name for path in files if private.search(path.read_bytes()) and path.name != "GUIDELINES.md"] == []


def test_what_publishes_cannot_reach_what_measures_people() -> None:
    import tomllib

    contracts = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    private = next(each for each in contracts if each["id"] == "competence-is-private")
    assert private["type"] == "forbidden"
    assert {"stancebank.publish", "stancebank.starter", "stancebank.api"} <= set(private["source_modules"])
    assert {"stancebank.agreement.people", "stancebank.agreement.competence"} <= set(private["forbidden_modules"])


# Times


def timed(seconds: Sequence[float], words: int = 200) -> list[TimedReading]:
    return [TimedReading(f"article-{number}", each, words) for number, each in enumerate(seconds)]


def test_times_are_those_of_the_annotation_that_counts(river: Path) -> None:
    found = read_times(open_workspace(river))
    assert list(found) == ["annotator-1", "annotator-2", "annotator-3"]
    first = found["annotator-1"][0]
    assert first == TimedReading(FAST, 610.0, 300)
    assert first.per_100_words == pytest.approx(203.3, abs=0.1)


def test_who_is_faster_than_anybody_reads_is_named() -> None:
    assert [each.reading.article_id for each in find_too_fast(timed([13.0, 14.0, 400.0]))] == ["article-0"]
    assert find_too_fast([]) == []


def test_who_is_far_faster_than_usual_is_named_and_who_varies_is_not() -> None:
    steady = [300.0, 310, 290, 305, 295, 300, 315, 285]
    assert [each.reading.article_id for each in find_too_fast(timed([*steady, 100.0]))] == ["article-8"]
    assert find_too_fast(timed([*steady, 160.0])) == []
    assert find_too_fast(timed([100.0, 150, 200, 300, 400, 500, 600, 800, 900])) == []
    assert [each.reading.article_id for each in find_too_fast(timed([300.0] * 8 + [100.0]))] == ["article-8"]
    assert find_too_fast(timed([300.0, 310, 100])) == []
