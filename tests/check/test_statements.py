"""The rules of the guidelines that a machine holds, as far as a scheme declares them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import OWN_SCHEMA, REPO, lay_workspace
from tests.schemes import undeclared

from stancebank.check import check_workspace
from stancebank.check.statements import fullness, is_after, is_of_calendar
from stancebank.codes import CODES
from stancebank.schema.fields import KEYWORD, load_scheme
from stancebank.schema.rules import FRAME_KEYS, KIND_KEYS, check_scheme, constraint_of, constraints
from stancebank.text import fingerprint
from stancebank.workspace import open_workspace

SAMPLE = REPO / "src" / "stancebank" / "starter" / "sample"
Json = dict[str, Any]
Change = Callable[[Json], None]


def findings(root: Path) -> list[tuple[str, str]]:
    report = check_workspace(open_workspace(root))
    return [(each.code, each.pointer) for each in report.findings if each.file.startswith("corpus/gold/")]


def change(root: Path, name: str, edit: Change) -> None:
    """Edit the one gold document whose file has a name with these letters in it."""
    (path,) = (root / "corpus" / "gold").glob(f"*{name}*.json")
    value = json.loads(path.read_text())
    edit(value)
    path.write_text(json.dumps(value))


def span(root: Path, name: str, words: str) -> Json:
    (path,) = (root / "corpus" / "texts").glob(f"*{name}*.txt")
    text = path.read_text()
    begin = text.index(words)
    return {"begin": begin, "end": begin + len(words), "fingerprint": fingerprint(words)}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return lay_workspace(SAMPLE, tmp_path / "sample")


def conditional(value: Json) -> tuple[int, Json]:
    """Return the first statement with one condition, in a content of one span that is longer."""
    return next(
        (number, each)
        for number, each in enumerate(value["statements"])
        if len(each.get("conditions", ())) == 1
        and len(each["content"]) == 1
        and each["content"][0]["end"] > each["conditions"][0]["spans"][0]["end"] + 30
    )


@pytest.mark.slow
def test_the_gold_of_the_sample_keeps_all_rules(sample: Path) -> None:
    assert findings(sample) == []


@pytest.mark.slow
def test_a_condition_outside_its_content_is_found(sample: Path) -> None:
    article = "osk-terms"

    def edit(value: Json) -> None:
        for each in value["statements"]:
            for number, condition in enumerate(each.get("conditions", ())):
                found.append(f"/statements/{value['statements'].index(each)}/conditions/{number}/spans/0")
                condition["spans"] = [span(sample, article, "The")]
                return

    found: list[str] = []
    change(sample, article, edit)
    assert ("words-outside", found[0]) in findings(sample)


@pytest.mark.slow
def test_a_headline_that_is_made_the_fullest_of_its_cluster_is_found(sample: Path) -> None:
    """All that named the fullest one name the headline, and so does that one itself."""

    def edit(value: Json) -> None:
        tied = next(each for each in value["statements"] if each.get("same_as"))
        fullest = tied["same_as"]
        assert tied["content"][0]["begin"] == 0  # the headline
        for each in value["statements"]:
            if each.get("same_as") == fullest or each["id"] == fullest:
                each["same_as"] = tied["id"]
        del tied["same_as"]

    change(sample, "osk-terms", edit)
    assert [code for code, _ in findings(sample)] == ["same-as-fullest"]


@pytest.mark.slow
def test_a_party_that_is_also_mediator_is_found(sample: Path) -> None:
    def edit(value: Json) -> None:
        value["statements"][0]["target"]["mediators"] = value["statements"][0]["target"]["parties"][:1]

    change(sample, "osk-terms", edit)
    assert ("field-excluded", "/statements/0/target/mediators") in findings(sample)


@pytest.mark.slow
def test_an_utterance_after_its_article_is_found(sample: Path) -> None:
    def edit(value: Json) -> None:
        value["statements"][0]["said_on"] = {"date": "2031-02-13", "basis": "stated"}
        value["statements"][1]["said_on"] = {"date": "2031-02-12", "basis": "stated"}

    change(sample, "2031-02-12-osk-terms", edit)
    assert [each for each in findings(sample) if each[0].startswith("date-")] == [
        ("date-late", "/statements/0/said_on")
    ]


@pytest.mark.slow
def test_a_tie_over_another_limit_or_other_conditions_is_found(sample: Path) -> None:
    def edit(value: Json) -> None:
        tied = [number for number, each in enumerate(value["statements"]) if each.get("same_as")]
        value["statements"][tied[0]]["target"]["scope"] = "in winter"
        pointers.append(f"/statements/{tied[0]}/same_as")

    pointers: list[str] = []
    change(sample, "osk-terms", edit)
    assert findings(sample) == [("same-as-differs", pointers[0])]


@pytest.mark.slow
def test_a_party_may_be_part_of_the_other_in_a_tie(sample: Path) -> None:
    """A state and its army are one party to a tie once the registry says that one is part of the other."""

    def edit(value: Json) -> None:
        tied = next(each for each in value["statements"] if each.get("same_as"))
        tied["target"]["parties"] = [part, *tied["target"]["parties"][1:]]

    path = sample / "corpus" / "entities.json"
    entities = json.loads(path.read_text())
    part = "brigade-of-the-lock"
    entities["entities"] = sorted(
        [*entities["entities"], {"id": part, "kind": "organisation", "name": "Brigade of the Lock"}],
        key=lambda each: str(each["id"]),
    )
    (gold,) = (sample / "corpus" / "gold").glob("*osk-terms.json")
    (whole, *_) = next(e for e in json.loads(gold.read_text())["statements"] if e.get("same_as"))["target"]["parties"]
    path.write_text(json.dumps(entities))
    change(sample, "osk-terms", edit)
    assert [code for code, _ in findings(sample)] == ["same-as-differs"]
    next(each for each in entities["entities"] if each["id"] == part)["part_of"] = whole
    path.write_text(json.dumps(entities))
    assert findings(sample) == []


def test_target_words_may_be_before_the_content_and_not_far_away(toy_root: Path) -> None:
    """An answer has its target in the question: in the same paragraph, or in the one before."""

    def edit(number: int) -> Change:
        def run(value: Json) -> None:
            value["statements"][number]["target"]["span"] = span(toy_root, "envoy", "special envoy")

        return run

    change(toy_root, "envoy", edit(1))  # which is in the next paragraph
    assert findings(toy_root) == []
    change(toy_root, "envoy", edit(5))
    assert findings(toy_root) == [("words-outside", "/statements/5/target/span")]


@pytest.mark.slow
def test_what_a_reader_labelled_and_left_untied_is_found_in_gold_alone(sample: Path) -> None:
    """A reading says what its annotator saw; gold is what is published."""

    def edit(value: Json) -> None:
        for each in value["statements"]:
            each.pop("same_as", None)
        offer = next(each for each in value["statements"] if is_conditional(each))
        for condition in offer["conditions"]:
            condition["role"] = "only_if"

    def is_conditional(statement: Json) -> bool:
        roles = {each["role"] for each in statement.get("conditions", ())}
        return statement["stance"] == "offer" and roles == {"if"}

    change(sample, "osk-terms", edit)
    (gold,) = (sample / "corpus" / "gold").glob("*osk-terms.json")
    assert {code for code, _ in findings(sample)} == {"same-as-missing", "condition-label"}
    value = json.loads(gold.read_text()) | {"annotator": "annotator-1"}
    del value["gold"]
    (sample / "corpus" / "annotations" / "annotator-1" / gold.name).write_text(json.dumps(value))
    gold.unlink()
    assert check_workspace(open_workspace(sample)).findings == ()


@pytest.mark.slow
def test_a_scheme_that_declares_nothing_is_held_to_nothing(sample: Path) -> None:
    """The same faults as above, in a workspace whose scheme has no such declarations."""
    path = sample / "schema" / "v2" / "annotation.schema.json"

    def edit(value: Json) -> None:
        first = value["statements"][0]
        first["target"]["mediators"] = first["target"]["parties"][:1]
        first["said_on"] = {"date": "2031-02-13", "basis": "stated"}
        first["uncertain"] = True
        for each in value["statements"]:
            each.pop("same_as", None)
            for condition in each.get("conditions", ()):
                condition["spans"] = [span(sample, "2031-02-12-osk-terms", "The")]

    change(sample, "2031-02-12-osk-terms", edit)
    declared = {code for code, _ in findings(sample)}
    assert {"words-outside", "field-excluded", "date-late", "field-lacking", "same-as-missing"} <= declared
    path.write_text(json.dumps(undeclared(json.loads(path.read_text())), indent=2) + "\n")
    assert constraints(load_scheme(path.parent)) == {}
    assert findings(sample) == []


@pytest.mark.parametrize("name", ["other_domain", "minimal"])
def test_schemes_of_others_have_no_finding_of_these_rules(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(REPO / "tests" / name, root)
    assert constraints(open_workspace(root).scheme) == {}
    assert findings(root) == []


def test_a_part_stands_for_the_whole_only_in_fields_that_say_so() -> None:
    scheme = load_scheme(OWN_SCHEMA)
    assert constraint_of(scheme, "target", "parties").tied == "part_of"
    assert constraint_of(scheme, "target", "scope").tied == "equal"
    assert constraint_of(scheme, "target", "agents").tied is None


def test_every_rule_has_a_code_with_an_example() -> None:
    own = {
        *(
            "words-outside",
            "words-overlap",
            "field-excluded",
            "field-lacking",
            "date-invalid",
            "date-late",
            "date-basis",
        ),
        *("waiver-filled", "condition-repeats", "condition-label", "condition-stated", "group-numbers"),
        *("same-as-fullest", "same-as-missing"),
    }
    assert own <= CODES.keys()


@pytest.mark.parametrize(
    ("level", "name", "declared", "said"),
    [
        ("target", "mediators", {"excludes": ["party"]}, "it cannot exclude 'party'"),
        ("target", "mediators", {"excludes": ["mediators"]}, "it cannot exclude 'mediators'"),
        ("target", "mediators", {"excludes": ["scope"]}, "it cannot exclude 'scope'"),
        ("target", "scope", {"tied": "part_of"}, "only entities are part of one another"),
        ("target", "scope", {"place": "inside"}, "place cannot be declared of a field of the kind text"),
        ("statement", "cue", {"not_after": "published"}, "not_after cannot be declared of a field of the kind span"),
        ("statement", "cue", {"place": "above"}, "place"),
        ("statement", "uncertain", {"needs": "remark"}, "it cannot need 'remark'"),
        ("statement", "speaker", {"tied": "equal"}, "x-stancebank"),
        ("statement", "same_as", {"points_to": "first"}, "points_to"),
        ("statement", "reason", {"no_statement": True}, "no_statement"),
    ],
)
def test_a_declaration_that_fits_nothing_is_a_fault_of_the_scheme(
    level: str, name: str, declared: Json, said: str, toy_root: Path
) -> None:
    path = toy_root / "schema" / "v2" / "annotation.schema.json"
    schema = json.loads(path.read_text())
    properties = schema["$defs"]["statement"]["properties"]
    properties = properties["target"]["properties"] if level == "target" else properties
    properties[name].setdefault(KEYWORD, {}).update(declared)
    path.write_text(json.dumps(schema, indent=2) + "\n")
    found = check_scheme(toy_root, path.parent)
    assert [each.code for each in found] == ["scheme-incomplete"]
    assert said in found[0].message
    assert found[0].pointer.endswith(f"/properties/{name}")


def test_parts_of_the_frame_take_what_the_code_reads_of_them() -> None:
    assert {key for keys in FRAME_KEYS.values() for key in keys} <= set(KIND_KEYS)


@pytest.mark.parametrize(
    ("date", "is_one"),
    [
        *[("2031-02-29", False), ("2032-02-29", True), ("XXXX-02-29", True), ("XXXX-02-30", False)],
        *[("2031-04-31", False), ("2031", True), ("2031-04", True), ("2031-XX-31", True), ("2031-02-XX", True)],
    ],
)
def test_a_date_is_one_of_the_calendar_as_far_as_it_is_known(date: str, is_one: bool) -> None:
    assert is_of_calendar(date) is is_one


@pytest.mark.parametrize(
    ("date", "other", "is_later"),
    [
        ("2031-02-12", "2031-02-11", True),
        ("2031-02-11", "2031-02-11", False),
        ("2031-02-12", "2031-02", False),
        ("2031-03-01", "2031-02", True),
        ("2031", "2031-02-11", False),
        ("2032", "2031-02-11", True),
        ("XXXX-12-31", "2031-02-11", False),
        ("2031-XX-31", "2031-02-11", False),
    ],
)
def test_a_date_is_later_only_where_that_is_certain(date: str, other: str, is_later: bool) -> None:
    assert is_after(date, other) is is_later


days = st.dates().map(lambda day: day.isoformat())


@given(days, days)
def test_full_dates_are_in_the_order_of_the_calendar(one: str, other: str) -> None:
    assert is_after(one, other) is (one > other)
    assert is_of_calendar(one)


def test_conditions_come_before_quotation_marks_and_these_before_length(sample: Path) -> None:
    workspace = open_workspace(sample)
    statements = [each for document in workspace.store.documents(None) for each in document.statements]
    found = sorted(statements, key=lambda each: fullness(each, workspace.scheme))
    assert [len(each.conditions) for each in found] == sorted(len(each.conditions) for each in found)
    bare = [each for each in found if not each.conditions]
    ranks = [each.fields["attribution"] == "direct" for each in bare]
    assert ranks == sorted(ranks)
    assert True in ranks
    assert False in ranks


@pytest.mark.slow
def test_a_strengthening_word_that_is_only_in_the_ground_does_not_count(sample: Path) -> None:
    def edit(value: Json) -> None:
        for number, each in enumerate(value["statements"]):
            if each.get("force") == "categorical" and each["attribution"] == "direct":
                each["reason"] = [each["content"][0]]
                pointers.append(f"/statements/{number}/force")

    pointers: list[str] = []
    for path in sorted((sample / "corpus" / "gold").glob("*.json")):
        if not pointers:
            change(sample, path.stem, edit)
    assert pointers
    assert {pointer for code, pointer in findings(sample) if code == "force-word"} == set(pointers)
