"""What cannot be used costs itself, not the article; nothing that hangs on an item is lost; people are told apart."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate.decode.origin import annotator_of, number_of, time_of
from stancebank.annotate.usable import Taker
from stancebank.model import to_builtins
from stancebank.workspace import Workspace
from tests.annotate import effort
from tests.annotate.tasks import read, task_of, value
from tests.annotate.test_conversion import require_conserved
from tests.annotate.test_exports import ENVOY, export_of, write
from tests.annotate.test_linking import Sheet
from tests.conftest import Run

SECOND = "Norland would not answer letters"


def two_contents() -> Sheet:
    sheet = Sheet().content("a", effort.CONTENT, entity="suvia")
    return sheet.content("b", SECOND, entity="norland")


def contents_of(sheet: Sheet) -> list[str]:
    """The statements that come of an annotation, which is counted through."""
    found = sheet.convert()
    require_conserved({"id": 3, "data": effort.task()["data"], "annotations": [{"result": sheet.result}]}, found)
    return [each.id for document in found.documents for each in document.statements]


@pytest.mark.parametrize("origin", ["manual", "prediction", "prediction-changed"])
def test_a_cue_of_a_colon_alone_is_no_cue_whoever_made_it(origin: str) -> None:
    sheet = two_contents()
    sheet.mark("q", "cue", ":").tie("q", "a")
    sheet.result[-2]["origin"] = origin
    found = sheet.convert()
    assert found.rejected == ()
    assert [value(each, "cue") for each in found.documents[0].statements] == [None, None]
    assert any("is no cue" in what for _, what in found.readings[0].repaired)
    assert contents_of(sheet) == ["a", "b"]


@pytest.mark.parametrize("origin", ["manual", "prediction-changed", "unheard-of"])
def test_what_a_person_drew_or_changed_is_tidied_alike(origin: str) -> None:
    sheet = Sheet().content("b", SECOND + ".", entity="norland")
    for item in sheet.result:
        item["origin"] = origin
    (span,) = sheet.statement().content
    assert effort.TEXT[span.begin : span.end] == SECOND


def break_label(sheet: Sheet) -> None:
    sheet.mark("x", "irony", "Envoy")


def break_words(sheet: Sheet) -> None:
    sheet.mark("x", "condition", effort.FIRST, role="if", kind="lift-blockade")
    sheet.result[-3]["value"]["start"] += 4


def break_role(sheet: Sheet) -> None:
    sheet.mark("x", "condition", effort.FIRST, kind="lift-blockade")


def break_offsets(sheet: Sheet) -> None:
    sheet.mark("x", "cue", "told")
    sheet.result[-1]["value"]["start"] = 1.5


def break_list(sheet: Sheet) -> None:
    sheet.mark("x", "cue", "told")
    sheet.result[-1]["value"]["labels"] = [[]]


@pytest.mark.parametrize("damage", [break_label, break_words, break_role, break_offsets, break_list])
def test_a_region_that_cannot_be_used_costs_that_region(damage: Any) -> None:
    sheet = two_contents()
    damage(sheet)
    (fault,) = sheet.convert().readings[0].faults
    assert fault.region == "x"
    assert fault.words in str(fault)
    assert contents_of(sheet) == ["a", "b"]


def test_a_content_that_cannot_be_used_costs_its_statement_and_what_hangs_on_it_is_not_told() -> None:
    sheet = two_contents().mark("q", "cue", "told").tie("q", "a")
    sheet.result = [item for item in sheet.result if (item.get("id"), item.get("from_name")) != ("a", "stance")]
    assert [str(each).split(": ")[1] for each in sheet.convert().readings[0].faults] == [
        "a content without stance. Words"
    ]
    assert contents_of(sheet) == ["b"]


def test_what_is_tied_to_a_lost_region_is_not_tied_to_another_one() -> None:
    sheet = two_contents().mark("s", "speaker", "Tor Aven").tie("s", "a")
    sheet.result[0]["value"]["labels"] = ["irony"]
    found = sheet.convert()
    assert [each.region for each in found.readings[0].faults] == ["a"]
    (statement,) = found.documents[0].statements
    assert (statement.id, statement.speaker.span) == ("b", None)


def test_an_answer_that_cannot_be_used_is_not_replaced_by_a_default() -> None:
    sheet = two_contents()
    sheet.mark("a", "content", effort.CONTENT, force="nonsense")
    del sheet.result[-2]  # the region, which is there already
    assert contents_of(sheet) == ["b"]


def test_a_tick_beside_a_content_that_cannot_be_used_is_no_empty_document() -> None:
    sheet = Sheet().mark("a", "content", effort.CONTENT)
    tick = {"id": "t", "from_name": "nothing_to_annotate", "to_name": "text", "type": "choices"}
    sheet.result.append({**tick, "value": {"choices": ["nothing_to_annotate"]}})
    assert sheet.convert().documents == ()


def test_an_unfinished_content_is_told_once() -> None:
    (fault,) = Sheet().mark("a", "content", effort.CONTENT, stance="offer", entity="suvia").convert().readings[0].faults
    assert fault.reason == "a content without target."


def test_an_unknown_label_gets_the_hint_that_helps() -> None:
    sheet = two_contents()
    break_label(sheet)
    (fault,) = sheet.convert().readings[0].faults
    assert fault.reason == "'irony' is no label of this scheme."
    assert "give it one of the labels condition, content" in fault.hint
    assert "`stancebank annotate push`" in fault.hint


@pytest.mark.parametrize("damage", ["nowhere", "twice"])
def test_arrows_that_only_a_damaged_export_has_cost_the_annotation(damage: str) -> None:
    sheet = two_contents().mark("q", "cue", "told").tie("q", "a")
    sheet.tie("q", "gone" if damage == "nowhere" else "a")
    assert sheet.convert().documents == ()
    assert len(sheet.convert().readings[0].faults) == 1


def test_offsets_that_are_written_as_floats_are_offsets() -> None:
    sheet = two_contents()
    for item in sheet.result:
        item["value"]["start"] = float(item["value"]["start"])
    assert contents_of(sheet) == ["a", "b"]


@pytest.mark.parametrize(("region", "kept"), [("a", ["a"]), ("q", ["a"]), ("p", ["passed"]), ("zone", [])])
def test_a_note_in_label_studios_panel_is_kept_or_told(region: str, kept: list[str]) -> None:
    sheet = two_contents().mark("q", "cue", "told").tie("q", "a")
    sheet.mark("p", "non_statement", "We   are patient", non_statement_reason="no-speaker")
    sheet.mark("zone", "title", "Envoy")
    sheet.result[-1]["from_name"] = "zone"
    for item in sheet.result:
        if item.get("id") == region:
            item["meta"] = {"text": ["Who is meant?\n"]}
    reading = sheet.convert().readings[0]
    assert reading.document
    notes = {each.id: value(each, "note") for each in reading.document.statements}
    (passed,) = reading.document.non_statements
    notes["passed"] = passed.note
    assert {name: note for name, note in notes.items() if note} == dict.fromkeys(kept, "Who is meant?")
    assert any("Who is meant?" in said for said in reading.notices) == (not kept)


def test_words_under_other_keys_are_told() -> None:
    sheet = two_contents().mark("q", "cue", "told").tie("q", "a")
    sheet.result[-1]["notes"] = "unsure"
    sheet.result[0]["comment"] = {"by": [{"said": "Is it?"}]}
    reading = sheet.convert().readings[0]
    assert [said for said in reading.notices if "“unsure”" in said or "“Is it?”" in said] == list(reading.notices)
    assert len(reading.notices) == 2


def zone_task(workspace: Workspace) -> tuple[Any, str]:
    """A task with all of gold, and the words of the article."""
    store = workspace.store
    article, gold = store.article(ENVOY), store.gold(ENVOY)
    text = store.text(article)
    assert gold
    assert text
    return task_of(article, text, gold), text


def test_what_a_check_refuses_is_left_out(toy_workspace: Workspace, run: Run, tmp_path: Path) -> None:
    task, text = zone_task(toy_workspace)
    path = toy_workspace.root / toy_workspace.store.article_name(ENVOY)
    record = json.loads(path.read_bytes())
    whole = read(task).readings[0]
    assert whole.document
    first = whole.document.statements[0].content[0]
    zone = next(each for each in record["zones"] if each["begin"] <= first.begin < each["end"])
    zone["zone"] = "boilerplate"
    path.write_text(json.dumps(record), encoding="utf-8")
    usable = Taker(toy_workspace).take(whole, 3, text)
    assert usable.document
    assert 0 < len(usable.document.statements) < len(whole.document.statements)
    assert any("span-zone" in fault and text[first.begin : first.begin + 20] in fault for fault in usable.faults)
    done = run("annotate", "import", write(tmp_path / "export.json", [task]), cwd=toy_workspace.root)
    assert done.returncode == 1
    found = json.loads(run("check", "--json", cwd=toy_workspace.root).stdout)
    assert not [
        each for each in found["findings"] if "annotations/user-7" in each["file"] and each["severity"] == "error"
    ]


def test_a_value_that_the_schema_refuses_costs_its_place(toy_workspace: Workspace) -> None:
    task, text = zone_task(toy_workspace)
    result = task["annotations"][0]["result"]
    content = next(item for item in result if item.get("value", {}).get("labels") == ["content"])
    date = {"id": content["id"], "from_name": "said_on", "to_name": "text", "type": "textarea"}
    result[:] = [item for item in result if (item.get("id"), item.get("from_name")) != (content["id"], "said_on")]
    result.append({**date, "value": {"text": ["some day"]}})
    whole = read(task).readings[0]
    assert whole.document
    usable = Taker(toy_workspace).take(whole, 3, text)
    assert usable.document
    assert [each.id for each in usable.document.statements] == [each.id for each in whole.document.statements]
    (fault,) = usable.faults
    assert "said on" in fault or "said_on" in fault


@pytest.mark.parametrize(
    ("given", "number"), [(7, 7), ("7", 7), (7.0, 7), (" 7 ", 7), ("7b", None), (True, None), (0, None)]
)
def test_ids_are_ids_however_they_are_written(given: object, number: int | None) -> None:
    assert number_of(given) == number


def test_two_people_whose_ids_are_text_stay_two(run: Run, toy_workspace: Workspace, tmp_path: Path) -> None:
    tasks = export_of(toy_workspace)
    (one,) = tasks[0]["annotations"]
    tasks[0]["annotations"] = [one | {"id": "5", "completed_by": "7"}, one | {"id": "6", "completed_by": {"id": "8"}}]
    done = run("annotate", "import", write(tmp_path / "export.json", tasks), cwd=toy_workspace.root)
    assert done.returncode == 0, done.stderr
    assert all(
        (toy_workspace.root / toy_workspace.store.document_name(ENVOY, name)).is_file() for name in ("user-7", "user-8")
    )


def test_annotations_without_a_user_never_share_a_name_and_it_is_said(
    run: Run, toy_workspace: Workspace, tmp_path: Path
) -> None:
    tasks = export_of(toy_workspace)
    (one,) = tasks[0]["annotations"]
    del one["id"], one["completed_by"]
    people: list[dict[str, Any]] = [{"completed_by": "ada@example.org"}, {"completed_by": {"email": "bo@example.org"}}]
    people += [{"id": 41}, {"id": 42}]
    tasks[0]["annotations"] = [copy.deepcopy(one) | person for person in people]
    done = run("annotate", "import", write(tmp_path / "export.json", tasks), cwd=toy_workspace.root)
    made = [each for each in toy_workspace.store.document_names() if "/user-unknown" in each]
    assert len(made) == 4
    assert done.stderr.count("it does not say by a user's id who made it") == 4
    assert not any("example" in json.dumps(to_builtins(toy_workspace.store.document(path))) for path in made)
    assert annotator_of({"id": 41}, {}) == "user-unknown-41"
    other = export_of(toy_workspace)
    other[0]["annotations"][0] |= {"id": 41, "completed_by": None, "created_at": "2031-02-12T09:00:00Z"}
    again = run("annotate", "import", write(tmp_path / "other.json", other), cwd=toy_workspace.root)
    assert again.returncode == 1
    assert "somebody else's document is called user-unknown-41" in again.stderr


@pytest.mark.parametrize(
    "given",
    [
        *("2031-02-12T08:30:00Z", "2031-02-12T10:30:00+02:00", "2031-02-12T10:30:00.123456+0200"),
        *("2031-02-12 08:30:00", "2031-02-12 08:30:00.123+00:00", "2031-02-12T08:30Z", "20310212T083000Z"),
        *("2031-02-12 08:30:00 UTC", "2031-02-12 08:30:00 +0000", "2031-W07-3T08:30:00Z", "2031-02-12t08:30:00z"),
        *(1928651400, 1928651400.5, 1928651400000, 1928651400000000, "1928651400", "1928651400123"),
    ],
)
def test_a_time_is_read_in_every_form(given: object) -> None:
    assert time_of({"created_at": given}, "created_at") == "2031-02-12T08:30:00Z"


@pytest.mark.parametrize("given", ["yesterday", "12.02.2031", 5, True, [], float("nan"), float("inf"), "2031-13-40"])
def test_what_is_no_time_is_named_once_with_the_form_that_is_wanted(given: object) -> None:
    assert time_of({"created_at": given}, "created_at") == ""
    task = copy.deepcopy(Sheet().content("a", effort.CONTENT, entity="suvia").result)
    whole = {"id": 3, "project": 2, "data": effort.task()["data"]}
    found = read(whole | {"annotations": [{"id": 5, "completed_by": 7, "created_at": given, "result": task}]})
    (fault,) = found.readings[0].faults
    assert "Hint: give created_at a time such as 2031-02-12T08:30:00Z." in str(fault)
