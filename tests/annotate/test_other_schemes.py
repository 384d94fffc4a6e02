"""The interface, and the way to a task and back, follow from the scheme of a workspace, whatever it is."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from stancebank.annotate.controls import Profile, make_controls
from stancebank.annotate.encode import to_task
from stancebank.annotate.interface import interface_xml, validate_interface
from stancebank.annotate.interface_settings import NO_KEY, Interface, InterfaceSettings, make_interface
from stancebank.model import Article, Document
from stancebank.workspace import open_workspace
from tests.annotate.tasks import LISTS, read, require_gold_back, submitted, task_of, value
from tests.annotate.test_conversion import require_conserved, require_equal
from tests.conftest import REPO
from tests.schemes import SCHEMES
from tests.strategies import article_of, readings

SOME = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def interface_of(name: str, profile: Profile = "full") -> Interface:
    return make_interface(make_controls(SCHEMES[name]), InterfaceSettings(), profile)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_every_reading_in_another_scheme_comes_back_equal(name: str) -> None:
    interface = interface_of(name)

    @SOME
    @given(readings(SCHEMES[name]))
    def comes_back(reading: tuple[Article, str, Document]) -> None:
        require_equal(reading, interface)

    comes_back()


@pytest.mark.parametrize("name", ["minimal", "other_domain"])
def test_the_gold_of_a_workspace_with_a_scheme_of_its_own_comes_back_equal(name: str) -> None:
    require_gold_back(open_workspace(REPO / "tests" / name))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_without_arrows_nothing_of_another_scheme_is_lost(name: str) -> None:
    interface, scheme = interface_of(name), SCHEMES[name]

    @SOME
    @given(readings(scheme))
    def conserved(reading: tuple[Article, str, Document]) -> None:
        task = task_of(*reading, interface)
        (annotation,) = task["annotations"]
        annotation["result"] = [item for item in annotation["result"] if item["type"] != "relation"]
        require_conserved(task, read(task, scheme=scheme), scheme)

    conserved()


@pytest.mark.parametrize("profile", ["full", "core"])
@pytest.mark.parametrize("name", SCHEMES)
def test_label_studios_parser_takes_the_interface_and_no_key_does_two_things(name: str, profile: Profile) -> None:
    xml = interface_xml(interface_of(name, profile))
    validate_interface(xml)
    keys = [key for key in re.findall(r'hotkey="([^"]+)"', xml) if key != NO_KEY]
    assert len(keys) == len(set(keys))
    assert xml.count("hotkey=") == xml.count("<Label ") + xml.count("<Choice ")  # or Label Studio would choose one
    names = re.findall(r'<(?:Labels|Text|Choices|Taxonomy|TextArea) name="([^"]+)"', xml)
    assert len(names) == len(set(names))


def test_what_a_scheme_lacks_is_neither_asked_nor_tied() -> None:
    interface = interface_of("minimal")
    assert [label.name for label in interface.labels] == ["content", "speaker", "more", "target"]
    assert [shown.question.name for shown in interface.questions] == [
        *("stance", "target_id", "entity", "new_entities", "new_targets", "nothing_to_annotate"),
    ]
    assert interface.controls.ties == {("speaker", "content"), ("target", "content"), ("more", "content")}


def climate_task(**answers: Any) -> tuple[dict[str, Any], list[Any]]:
    """A task of a German text, and a content with answers."""
    text = "Überschrift\nDie Flusspartei will den Deich, wenn das Land zahlt.\nEnde\n"
    task = to_task(article_of(text), text, (), LISTS, interface_of("climate"), guideline_version="1.0")
    begin = text.index("will den")
    place = {"start": begin, "end": begin + 14, "text": text[begin : begin + 14]}
    base = {"id": "c", "to_name": "text", "origin": "manual"}
    result: list[Any] = [{**base, "from_name": "span", "type": "labels", "value": {**place, "labels": ["content"]}}]
    for name, answer in answers.items():
        shape = "taxonomy" if name in ("target_id", "entity") else "choices"
        result.append({**base, "from_name": name, "type": shape, "value": {**place, shape: [answer]}})
    return task, result


def test_a_required_field_that_was_not_answered_is_named() -> None:
    task, result = climate_task(stance="support", target_id=["dyke"], entity=["flusspartei"])
    found = read(submitted(task, result), scheme=SCHEMES["climate"])
    assert found.documents == ()
    assert found.rejected[0].reason == "a content without certainty."
    task, result = climate_task(stance="support", target_id=["dyke"], entity=["flusspartei"], certainty="high")
    (document,) = read(submitted(task, result), scheme=SCHEMES["climate"]).documents
    (statement,) = document.statements
    assert value(statement, "certainty", SCHEMES["climate"]) == "high"
    assert value(statement, "attribution", SCHEMES["climate"]) == "indirect"
    assert document.schema_version == "v2"


def test_a_field_that_must_be_answered_is_asked_in_the_core_profile() -> None:
    names = [shown.question.name for shown in interface_of("climate", "core").questions]
    assert "certainty" in names
    assert "begründung" not in names
