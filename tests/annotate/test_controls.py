"""What the interface asks is what the scheme has: each value, each key once, in a form that Label Studio takes."""

import re

import pytest

from stancebank.annotate.controls import NO_ANSWER, Profile, is_inferred, must_be_answered
from stancebank.annotate.interface import interface_xml, validate_interface
from stancebank.annotate.interface_settings import NO_KEY
from tests.annotate.tasks import INTERFACES, SCHEME


@pytest.mark.parametrize("profile", ["full", "core"])
def test_the_interface_offers_every_value_that_annotators_choose_from(profile: Profile) -> None:
    interface = INTERFACES[profile]
    xml = interface_xml(interface)
    validate_interface(xml)
    offered = {
        name: [each for each in re.findall(r'<Choice value="[^"]+" alias="([^"]+)"', block) if each != NO_ANSWER]
        for name, block in re.findall(r'<Choices name="([^"]+)"(.*?)</Choices>', xml, re.DOTALL)
    }
    assert set(offered) == {
        *("stance", "role", "alternative", "uncertain", "nothing_to_annotate"),
        *(("force", "attribution", "scope_type", "date_basis", "non_statement_reason") if profile == "full" else ()),
    }
    assert 'alias="dropped"' in xml  # a label of its own
    vocabularies = SCHEME.vocabularies
    for name, vocabulary in (("stance", "stance"), ("role", "condition_role"), ("force", "force")):
        values = [*offered.get(name, ()), *(["dropped"] if name == "role" else [])]
        assert values == list(vocabularies.values(vocabulary)) or name not in offered
    assert offered["alternative"] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("profile", ["full", "core"])
def test_every_key_does_one_thing_and_leaves_label_studios_own_keys_alone(profile: Profile) -> None:
    xml = interface_xml(INTERFACES[profile])
    first = re.findall(rf'alias="{NO_ANSWER}" hotkey="([^"]+)"', xml)
    keys = re.findall(r'hotkey="([^"]+)"', xml)
    without = [each for each in re.findall(r"<Choice .*", xml) if f'hotkey="{NO_KEY}"' in each]
    types = SCHEME.vocabularies.values("scope_type")  # rarely answered, and the keys are few
    assert re.findall(r'alias="([^"]+)"', "".join(without)) == (list(types) if profile == "full" else [])
    single = [key for key in keys if key not in first and key != NO_KEY]
    assert len(single) == len(set(single)) == xml.count("<Label ") + xml.count("<Choice ") - len(first) - len(without)
    assert not set(single) & {"u", "enter", "escape", "backspace", "delete"}


@pytest.mark.parametrize(("profile", "count"), [("full", 3), ("core", 2)])
def test_the_keys_of_what_must_be_answered_set_it_however_often_they_are_pressed(profile: Profile, count: int) -> None:
    xml = interface_xml(INTERFACES[profile])
    found = 0
    for block in re.findall(r"<Choices .*?</Choices>", xml, re.DOTALL):
        keys = re.findall(r'hotkey="([^"]+)"', block)
        if 'required="true"' in block:
            assert f'alias="{NO_ANSWER}" hotkey="{",".join(keys[1:])}" style="display: none"' in block.splitlines()[1]
            found += 1
        else:
            assert NO_ANSWER not in re.findall(r'alias="([^"]+)"', block)
    assert found == count


def test_values_are_shown_as_words_and_kept_as_they_are() -> None:
    xml = interface_xml(INTERFACES["full"])
    shown = dict(re.findall(r'<Choice value="([^"]+)" alias="([^"]+)"', xml))
    assert (shown["only if"], shown["nothing to annotate"], shown["past blame"], shown["reject"]) == (
        *("only_if", "nothing_to_annotate", "past-blame", "reject"),
    )
    assert not [words for words in shown if "_" in words]


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
