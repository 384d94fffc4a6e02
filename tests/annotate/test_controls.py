"""What the interface asks is what the scheme has: each value, each key once, in a form that Label Studio takes."""

import re

import pytest

from stancebank.annotate.controls import Profile, is_inferred, must_be_answered
from stancebank.annotate.interface import interface_xml, validate_interface
from tests.annotate.tasks import INTERFACES, SCHEME


@pytest.mark.parametrize("profile", ["full", "core"])
def test_the_interface_offers_every_value_that_annotators_choose_from(profile: Profile) -> None:
    interface = INTERFACES[profile]
    xml = interface_xml(interface)
    validate_interface(xml)
    offered = {
        name: re.findall(r'<Choice value="([^"]+)"', block)
        for name, block in re.findall(r'<Choices name="([^"]+)"(.*?)</Choices>', xml, re.DOTALL)
    }
    assert set(offered) == {
        *("stance", "role", "group", "doubt", "nothing_to_annotate"),
        *(("force", "attribution", "date_basis", "passed_over_reason") if profile == "full" else ()),
    }
    assert 'alias="waived"' in xml  # a label of its own
    vocabularies = SCHEME.vocabularies
    for name, vocabulary in (("stance", "stance"), ("role", "condition_role"), ("force", "force")):
        values = [*offered.get(name, ()), *(["waived"] if name == "role" else [])]
        assert values == list(vocabularies.values(vocabulary)) or name not in offered
    assert offered["group"] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("profile", ["full", "core"])
def test_every_key_does_one_thing_and_leaves_label_studios_own_keys_alone(profile: Profile) -> None:
    xml = interface_xml(INTERFACES[profile])
    keys = re.findall(r'hotkey="([^"]+)"', xml)
    assert len(keys) == len(set(keys)) == xml.count("<Label ") + xml.count("<Choice ")
    assert not set(keys) & {"u", "enter", "escape", "backspace", "delete"}


def test_what_must_be_answered_is_what_neither_a_default_nor_the_words_say() -> None:
    demanded = [field.name for field in SCHEME.fields if must_be_answered(field, SCHEME)]
    assert demanded == ["stance", "kind"]
    assert [field.name for field in SCHEME.fields if is_inferred(field, SCHEME)] == ["attribution"]


def test_label_studios_own_parser_takes_regions_and_choices_of_the_interface() -> None:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(interface_xml(INTERFACES["full"]))
    span = {"start": 0, "end": 4, "text": "Text"}
    result = [
        {"id": "a", "from_name": "span", "to_name": "text", "type": "labels", "value": {**span, "labels": ["content"]}},
        {
            "id": "a",
            "from_name": "stance",
            "to_name": "text",
            "type": "choices",
            "value": {**span, "choices": ["offer"]},
        },
    ]
    prediction = {"model_version": "m", "score": 0.5, "result": result}
    assert interface.validate_prediction(prediction, return_errors=True) == []
    result[1]["value"]["choices"] = ["nonsense"]  # type: ignore[index]
    assert interface.validate_prediction(prediction, return_errors=True) != []
