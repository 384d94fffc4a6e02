"""annotate/interface.toml: what it may say, what it need not say, and how it is told what is wrong with it."""

import shutil
from pathlib import Path

import pytest

from stancebank.annotate.controls import make_controls
from stancebank.annotate.interface import INTERFACES, check_interface, compile_interface, interface_xml
from stancebank.annotate.interface_settings import (
    NO_KEY,
    SETTINGS,
    InterfaceSettings,
    lacks_settings,
    load_settings,
    make_interface,
    read_settings,
    settings_path,
    settings_template,
)
from stancebank.errors import InputError
from stancebank.schema.fields import load_scheme
from stancebank.workspace import Workspace, open_workspace
from tests.annotate.tasks import INTERFACE, SCHEME
from tests.conftest import OWN_SCHEMA, REPO
from tests.schemes import SCHEMES

CONTROLS = make_controls(SCHEME)


def test_the_interfaces_of_this_checkout_are_what_its_settings_compile_to(toy_workspace: Workspace) -> None:
    for profile, name in INTERFACES.items():
        assert compile_interface(toy_workspace, profile) == (REPO / name).read_text("utf-8")


@pytest.mark.parametrize(
    ("toml", "key", "message"),
    [
        ("labels = 3", "labels", "no table of this file"),
        ("[lables.cue]", "lables", "no table of this file"),
        ("[labels.quue]", "labels.quue", "no label of the scheme"),
        ("[questions.stnace]", "questions.stnace", "no question of the scheme"),
        ('[labels.cue]\nkey = "6"', "labels.cue", "unknown field `key`"),
        ("[labels.cue]\ntitle = 3", "labels.cue", "expected `str"),
        ('[labels.cue]\ncolour = "blue"', "labels.cue.colour", "'blue' is no colour"),
        ('[labels.cue]\nprofile = "core"', "labels.cue.profile", "the schema says it"),
        ('[labels.content]\nprofile = "full"', "labels.content.profile", "no statement can do without it"),
        ('[labels.cue]\nhotkey = "u"', "labels.cue.hotkey", "a key of Label Studio itself"),
        (
            '[labels.cue]\nhotkey = "q"\n[questions.force]\nhotkeys = "jkq"',
            "questions.force.hotkeys",
            "labels.cue.hotkey",
        ),
        ('[texts]\nrequired = "{titel}"', "texts.required", "cannot be filled in"),
        ("[labels", "the file", "it is not TOML"),
    ],
)
def test_a_fault_is_told_with_its_key_and_a_hint(toml: str, key: str, message: str) -> None:
    _, faults = read_settings(toml.encode(), CONTROLS)
    assert [each.key for each in faults] == [key]
    assert message in faults[0].message
    assert faults[0].hint


def test_an_unknown_name_is_told_with_the_likeliest_one() -> None:
    _, (fault,) = read_settings(b"[labels.condtion]", CONTROLS)
    assert fault.hint == "did you mean labels.condition"


def test_settings_that_cannot_be_used_stop_what_needs_them_and_are_findings(toy_workspace: Workspace) -> None:
    path = toy_workspace.root / SETTINGS
    path.write_text('[labels.cue]\nhotkey = "q"\n[questions.stance]\nhotkeys = "q"\n', "utf-8")
    with pytest.raises(InputError, match=r"annotate/interface.toml: questions.stance.hotkeys: 'q'.*\nHint: give each"):
        compile_interface(toy_workspace)
    (found,) = check_interface(toy_workspace)
    assert (found.file, found.code) == (SETTINGS, "interface-settings")
    assert found.message.startswith("questions.stance.hotkeys: 'q' is the key of labels.cue.hotkey, too.")


def test_what_the_settings_leave_out_has_a_default() -> None:
    interface = make_interface(CONTROLS, InterfaceSettings())
    cue = next(each for each in interface.labels if each.name == "cue")
    assert (cue.title, cue.hint) == ("cue", "The words that attribute it.")
    assert [each.hotkey for each in interface.labels] == list("1234567890")
    assert len({each.colour for each in interface.labels}) == len(interface.labels)
    said_on = next(each for each in interface.questions if each.question.name == "said_on")
    assert (said_on.title, said_on.hint) == ("said on", "When it was said; null where neither stated nor computable.")
    assert {key for each in interface.questions for key in each.hotkeys} == {NO_KEY}


def test_a_vocabulary_longer_than_its_keys_has_none_for_the_rest() -> None:
    settings, faults = read_settings(b'[questions.stance]\nhotkeys = "qw"', CONTROLS)
    assert faults == []
    stance = next(each for each in make_interface(CONTROLS, settings).questions if each.question.name == "stance")
    assert stance.hotkeys == ("q", "w", *[NO_KEY] * 8)


def test_the_order_of_the_file_is_that_of_the_interface() -> None:
    settings, _ = read_settings(b"[labels.via]\n[labels.content]\n[questions.note]\n[questions.stance]", CONTROLS)
    interface = make_interface(CONTROLS, settings)
    assert [each.name for each in interface.labels][:3] == ["via", "content", "speaker"]
    assert [each.question.name for each in interface.questions][:3] == ["note", "stance", "target_id"]


def test_a_workspace_without_settings_has_the_toolkits_where_it_has_the_toolkits_scheme(tmp_path: Path) -> None:
    assert settings_path(tmp_path, SCHEME) == REPO / SETTINGS
    settings = load_settings(tmp_path, CONTROLS)
    assert interface_xml(make_interface(CONTROLS, settings)) == interface_xml(INTERFACE)
    folder = shutil.copytree(OWN_SCHEMA, tmp_path / "copy" / OWN_SCHEMA.name, ignore=lambda *_: ["examples"])
    with (folder / "vocabularies.json").open("a") as file:
        file.write("\n")  # other bytes that say the same
    copied = load_scheme(folder)
    assert copied is not SCHEME
    assert settings_path(tmp_path, copied) == REPO / SETTINGS
    other = SCHEMES["climate"]
    assert settings_path(tmp_path, other) is None
    assert load_settings(tmp_path, make_controls(other)) == InterfaceSettings()


def test_a_workspace_with_a_scheme_of_its_own_lacks_settings_until_it_has_the_file(tmp_path: Path) -> None:
    workspace = open_workspace(shutil.copytree(REPO / "tests" / "other_domain", tmp_path / "w"))
    assert lacks_settings(workspace)
    path = workspace.root / SETTINGS
    path.parent.mkdir(exist_ok=True)
    path.write_text(settings_template(workspace.scheme), "utf-8")
    assert not lacks_settings(workspace)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_template_for_a_scheme_can_be_used_as_it_is(name: str) -> None:
    controls = make_controls(SCHEMES[name])
    settings, faults = read_settings(settings_template(SCHEMES[name]).encode(), controls)
    assert faults == []
    assert make_interface(controls, settings) == make_interface(controls, InterfaceSettings())
