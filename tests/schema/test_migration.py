"""Migrations: whatever the steps, nothing is lost that no step removes, and the way back leads back."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from tests.conftest import FAST, REPO, examples
from tests.schema import migrations as invented
from tests.strategies import readings

from stancebank.model import to_builtins
from stancebank.schema.archive import carry, carry_back, index_entries, rows
from stancebank.schema.fields import FRAME, load_scheme, make_scheme
from stancebank.schema.migration import KINDS, Migration, prove, read_steps
from stancebank.schema.validate import validate

FILE = "corpus/annotations/user-7/norland-post-2031-02-11-envoy.json"
Json = dict[str, Any]
SEEN: Counter[str] = Counter()


class Journey(NamedTuple):
    """A migration and a document of its older scheme."""

    migration: Migration
    value: Json

    def __repr__(self) -> str:
        return f"Journey({[each.table for each in self.migration.steps]})"


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """A migration that is proved, and a document of its older scheme."""
    before, after, tables = draw(invented.migrations())
    steps = invented.read(tables)
    assert prove(before, after, steps) == [], (tables,)
    _, _, document = draw(readings(before))
    value = to_builtins(document)
    for each in value["statements"]:
        each["id"] = f"x/{each['id']}"
        each.update({"same_as": f"x/{each['same_as']}"} if each.get("same_as") else {})
    SEEN.update(table["do"] for table in tables)
    return Journey(Migration(before, after, tuple(steps)), value)


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(journeys())
def test_forth_nothing_is_lost_and_back_is_what_was_there(journey: Journey) -> None:
    migration, value = journey
    before = deepcopy(value)
    carried = carry(value, "annotation", FILE, migration)
    assert value == before
    assert carried.faults == []
    with tempfile.TemporaryDirectory() as folder:
        place = invented.write(migration.after, Path(folder))
        assert validate(carried.record, "annotation", place, FILE) == []
    migration.after.read_document(carried.record)
    kept = {json.dumps(each, sort_keys=True) for each in _cells(carried.record, migration)}
    kept |= {json.dumps(each, sort_keys=True) for entry in carried.entries for each in entry["old"].values()}
    for each in _cells(value, migration):
        assert json.dumps(each, sort_keys=True) in kept
    back = carry_back(carried.record, "annotation", FILE, migration, index_entries(carried.entries))
    assert back.record == value
    assert (back.lost, back.ruled) == ([], [])


def _cells(record: Json, migration: Migration) -> Iterator[Any]:
    """Yield what the fields of a document hold."""
    for row in rows(record, "annotation"):
        frame = FRAME.get(row.where, tuple(row.cells) if row.where != "non_statement" else ("span", "note"))  # type: ignore[call-overload]
        yield from (value for key, value in row.cells.items() if key not in frame)


def _has(kind: str, journey: Journey) -> bool:
    return any(each.table["do"] == kind for each in journey.migration.steps)


def test_every_kind_of_step_was_drawn() -> None:
    if SEEN and not FAST:
        for kind in KINDS.keys() - SEEN.keys():  # chance has passed it over: it is looked for, and tried
            journey = find(journeys(), partial(_has, kind))
            test_forth_nothing_is_lost_and_back_is_what_was_there.hypothesis.inner_test(journey)
        assert SEEN.keys() == KINDS.keys() == invented.MAKERS.keys()


@pytest.mark.slow
@settings(max_examples=examples(50), deadline=None, suppress_health_check=list(HealthCheck))
@given(journeys())
def test_later_edits_of_what_no_step_touches_go_back_too(journey: Journey) -> None:
    migration, value = journey
    carried = carry(value, "annotation", FILE, migration)
    for record in (carried.record, value):
        record["guideline_version"] = "9.9"
        for each in record["statements"]:
            each["speaker"] = {"entity": "somebody-else"}
            each["content"] = each["content"][:1]
    back = carry_back(carried.record, "annotation", FILE, migration, index_entries(carried.entries))
    assert back.record == value
    assert back.lost == []


@pytest.mark.slow
@settings(max_examples=examples(50), deadline=None, suppress_health_check=list(HealthCheck))
@given(journeys(), st.randoms(use_true_random=False))
def test_a_field_that_says_null_says_it_again_on_the_way_back(journey: Journey, random: Random) -> None:
    migration, value = journey
    for row in list(rows(value, "annotation")):
        if row.where in ("statement", "target", "condition"):
            for field in migration.before.of(row.where):  # type: ignore[arg-type]
                if random.random() < 0.5:
                    row.cells.setdefault(field.name, None)
    carried = carry(value, "annotation", FILE, migration)
    assert carried.faults == []
    for row in rows(carried.record, "annotation"):
        touched = {key for step in migration.steps for act in step.acts if act.where == row.where for key in act.gives}
        assert not [key for key in touched if key in row.cells and row.cells[key] is None]
    back = carry_back(carried.record, "annotation", FILE, migration, index_entries(carried.entries))
    assert back.record == value


OTHER = REPO / "tests" / "other_domain" / "schema" / "v1"


def proved(**changes: Any) -> list[str]:
    """What is wrong with steps between the scheme of a draft and another one. steps: tables."""
    draft = invented.first_draft()
    before = invented.make(draft, "v1")
    changes.get("change", lambda each: None)(draft)
    return [each.message for each in prove(before, invented.make(draft, "v2"), invented.read(changes["steps"]))]


def test_the_proof_names_each_difference_and_its_step() -> None:
    def change(draft: invented.Draft) -> None:
        fields = draft.fields["statement"]
        del fields["statement_words"]
        fields["statement_who"].kind = "text"
        fields["must"] = invented.Made("text", required=True)
        fields["statement_one"].required = True
        fields["statement_force"].default = "strong"
        draft.values["stance"] = ["for", "against"]
        draft.values["condition_role"] = ["if"]
        fields["new"] = invented.Made("flag")

    said = proved(change=change, steps=[])
    assert [each.partition(":")[0] for each in said] == [
        "statement field stance",
        "statement field statement_one",
        "statement field statement_force",
        "v2 has no statement field 'statement_words', which v1 and the steps give",
        "statement field statement_who",
        "statement field must",
        "condition_role",
    ]
    assert "v2 has no value 'unsure'" in said[0]
    assert "it means 'plain' in v1, 'strong' in v2" in said[2]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"do": "rename-field", "field": "no", "to": "x"}, "a statement has no field 'no' here"),
        ({"do": "rename-field", "field": "stance", "to": "statement_one"}, "has a field 'statement_one' already"),
        ({"do": "rename-field", "field": "conditions", "to": "x"}, "a part of the frame"),
        ({"do": "remove-field", "level": "target", "field": "stance"}, "a target has no field 'stance'"),
        ({"do": "add-field", "field": "nowhere", "value": "x"}, "the new scheme has no field 'nowhere'"),
        ({"do": "add-field", "field": "statement_one", "value": "loud"}, "'loud' is no value of statement_one"),
        ({"do": "add-field", "field": "statement_one"}, "say what statement_one holds"),
        ({"do": "change-kind", "field": "statement_who", "to": "people"}, "'people' is no kind of field"),
        ({"do": "change-kind", "field": "statement_all", "to": "entity"}, "nothing says how entities becomes entity"),
        (
            {"do": "change-kind", "field": "statement_force", "to": "text"},
            "statement_force is 'plain' where it is left out: fill it first",
        ),
        ({"do": "merge-fields", "fields": ["statement_one"], "to": "x"}, "at least two fields"),
        ({"do": "split-field", "field": "statement_words", "to": ["a", "b"], "pattern": "("}, "no regular expression"),
        ({"do": "split-field", "field": "statement_words", "to": ["a"]}, "nothing says what becomes of it"),
        ({"do": "rename-value", "vocabulary": "mode", "value": "calm", "to": "x"}, "there is no vocabulary 'mode'"),
        ({"do": "rename-value", "vocabulary": "mood", "value": "sad", "to": "x"}, "mood has no value 'sad'"),
        ({"do": "rename-value", "vocabulary": "mood", "value": "calm", "to": "glad"}, "use merge-values"),
        ({"do": "rename-value", "vocabulary": "zone", "value": "body", "to": "text"}, "the toolkit itself uses"),
        ({"do": "remove-value", "vocabulary": "mood", "value": "calm"}, "say what becomes of rows that have it"),
        ({"do": "remove-value", "vocabulary": "mood", "value": "calm", "archive": True}, "cannot be left empty"),
        ({"do": "remove-value", "vocabulary": "force", "value": "plain", "ask": "?"}, "where it is left out"),
        (
            {"do": "remove-value", "vocabulary": "condition_role", "value": "if", "ask": "Which?"},
            "nobody can be asked",
        ),
        (
            {"do": "split-value", "vocabulary": "mood", "value": "calm", "to": ["a", "b"]},
            "no rule decides",
        ),
        (
            {
                "do": "split-value",
                "vocabulary": "stance",
                "value": "for",
                "to": ["a", "b"],
                "rules": [{"when": {"nothing": 1}, "to": "c"}],
                "otherwise": "a",
            },
            "a rule gives 'c', which is not in `to`",
        ),
    ],
)
def test_a_step_that_cannot_be_done_is_named(table: Json, message: str) -> None:
    said = proved(steps=[{"do": "rename-value", "vocabulary": "mood", "value": "cross", "to": "crossed"}, table])
    assert any(each.startswith(f"step 2, {table['do']}: ") and message in each for each in said), said


def test_what_is_asked_cannot_be_changed_by_a_later_step() -> None:
    ask = {"do": "remove-value", "vocabulary": "mood", "value": "calm", "ask": "Which mood?"}
    later = {"do": "remove-field", "field": "statement_one"}
    assert any("step 1 asks for statement_one" in each for each in proved(steps=[ask, later]))


FAULTS = """
from = "v1"
tolkit = ">=0.2"

[[steps]]
do = "rename-filed"

[[steps]]
do = "rename-field"
field = ""
too = "x"

[[steps]]
do = "remove-value"
vocabulary = "stance"
value = "for"
ask = "Which?"
archive = true
note = "Why not."
"""


def test_the_file_is_read_strictly_and_all_its_faults_are_told() -> None:
    _, steps, faults = read_steps(FAULTS.encode())
    assert steps == []
    assert [(each.pointer, each.message) for each in faults] == [
        ("", "unknown key 'tolkit'; did you mean 'toolkit'?"),
        ("/steps/0", "step 1: unknown `do` 'rename-filed'; did you mean 'rename-field'?"),
        ("/steps/1", "step 2: unknown key 'too'; did you mean 'to'?"),
        ("/steps/1", "step 2: to is missing: text in quotes."),
        ("/steps/1", "step 2: note is missing: text in quotes, that says why."),
        ("/steps/1", "step 2: field is ''; it has to be text in quotes."),
        ("/steps/2", "step 3: `ask` and `archive` exclude one another."),
    ]


@pytest.mark.parametrize("data", [b"from = ", b"\xff", b"from = 1", b'from = "v1"\nsteps = 3', b'toolkit = "x"'])
def test_a_file_of_another_form_is_a_fault_and_no_traceback(data: bytes) -> None:
    assert read_steps(data)[2]


@pytest.mark.parametrize("held", [{}, {"statement_flag": False}, {"statement_flag": True}])
@pytest.mark.parametrize("do", ["change-kind", "split-field"])
def test_a_flag_that_is_left_out_says_false_to_a_table(do: str, held: Json) -> None:
    draft = invented.first_draft()
    before = invented.make(draft, "v1")
    del draft.fields["statement"]["statement_flag"]
    table: Json = {"do": do, "field": "statement_flag", "map": {"true": "yes", "false": "no"}, "to": "text"}
    if do == "change-kind":
        draft.fields["statement"]["statement_flag"] = invented.Made("text")
    else:
        draft.fields["statement"] |= {"loud": invented.Made("text"), "soft": invented.Made("flag")}
        table |= {"to": ["loud", "soft"], "map": {"true": {"loud": "yes"}, "false": {"loud": "no", "soft": True}}}
        table["archive"] = True
    after, steps = invented.make(draft, "v2"), invented.read([table])
    assert prove(before, after, steps) == []
    migration, record = Migration(before, after, tuple(steps)), {"statements": [{"id": "s1", "target": {}, **held}]}
    carried = carry(record, "annotation", FILE, migration)
    (statement,) = carried.record["statements"]
    assert statement["statement_flag" if do == "change-kind" else "loud"] == ("yes" if any(held.values()) else "no")
    back = carry_back(carried.record, "annotation", FILE, migration, index_entries(carried.entries))
    assert (back.record, back.lost) == (record, [])


def test_a_row_that_no_rule_decides_is_named() -> None:
    before = load_scheme(OTHER)
    table = {"do": "change-kind", "field": "remark", "to": "vocabulary", "map": {"Eilt.": "high"}}
    schema = deepcopy(dict(before.schema))
    about = {"kind": "vocabulary", "vocabulary": "certainty"}
    schema["$defs"]["statement"]["properties"]["remark"]["x-stancebank"] = about
    after = make_scheme("v2", schema, before.vocabularies)
    steps = invented.read([table])
    assert prove(before, after, steps) == []
    statement = {"id": "s1", "stance": "support", "certainty": "low", "remark": "Wer weiß.", "target": {"id": "x"}}
    carried = carry({"statements": [statement]}, "annotation", "x.json", Migration(before, after, tuple(steps)))
    assert carried.faults == ["x.json: statement s1: step 1, change-kind, has no rule for remark 'Wer weiß.'."]


def test_of_nothing_nothing_is_asked() -> None:
    before = load_scheme(OTHER)
    schema = json.loads(json.dumps(before.schema))
    about = {"kind": "vocabulary", "vocabulary": "certainty"}
    field = {"$ref": "#/$defs/certainty", "description": "How pressing.", "x-stancebank": about}
    schema["$defs"]["statement"]["properties"]["pressing"] = field
    after = make_scheme("v2", schema, before.vocabularies)
    (step,) = invented.read([{"do": "add-field", "field": "pressing", "derive": "remark", "ask": "How pressing?"}])
    assert [each for each in prove(before, after, [step]) if "pending" not in each.message] == []
    common = {"stance": "support", "certainty": "low", "target": {"id": "x"}}
    statements = [{"id": "s1", "remark": "Eilt.", **common}, {"id": "s2", **common}]
    carried = carry({"statements": statements}, "annotation", "x.json", Migration(before, after, (step,)))
    assert [each["statement"] for each in carried.record["pending"]] == ["s1"]
