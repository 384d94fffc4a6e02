"""Tables of other schemes than the toolkit's own: other fields, other values, no conditions."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.card.workspace_card import read_card
from stancebank.publish.parquet import read_table
from stancebank.publish.published import read_published
from stancebank.publish.tables import find_table, tables
from stancebank.publish.verification import Wanted, verify
from stancebank.records import read_json, to_json, write_text
from stancebank.schema.fields import make_scheme
from stancebank.schema.rules import generated_schemas, with_declarations
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import OWN_SCHEMA
from tests.frozen.forging import seal
from tests.publish.builds import ENVOY, as_published, contents, features, lay_toy
from tests.publish.own import SCHEMA, SCHEME
from tests.publish.verifying import ALONE

pytestmark = pytest.mark.slow

FILE = "train-00000-of-00001.parquet"
HALTUNGEN = {name: {"description": name} for name in ("dafür", "dagegen", "offen")}


def change_scheme(root: Path, *, minimal: bool) -> Workspace:
    """Give a copy of the toy workspace another scheme: other fields and values; the minimal one has no conditions."""
    place = root / "schema" / OWN_SCHEMA.name
    schema, vocabularies = read_json(place / "annotation.schema.json"), read_json(place / "vocabularies.json")
    statement = schema["$defs"]["statement"]
    properties, target = statement["properties"], statement["properties"]["target"]["properties"]
    for name in ("via", "stance", "force", "attribution", "reason", "cue") if minimal else ("via", "stance", "force"):
        del properties[name]
    statement["required"] = [name for name in statement["required"] if name in properties]
    schema["$defs"]["haltung"] = {"enum": list(HALTUNGEN)}
    vocabularies["haltung"] = {"description": "Die Haltung.", "values": HALTUNGEN}
    del vocabularies["stance"]
    label = {"kind": "vocabulary", "vocabulary": "haltung", "label": True, "profile": "core", "meaning": "Haltung."}
    properties["haltung"] = {"$ref": "#/$defs/haltung", "description": "Die Haltung.", "x-stancebank": label}
    statement["required"].append("haltung")
    if minimal:
        for name in ("same_as", "conditions", "said_on", "uncertain", "note"):
            del properties[name]
        for name in ("package", "parties", "mediators", "agents", "scope", "scope_type"):
            del target[name]
        del schema["properties"]["non_statements"]
    else:
        sure = {"kind": "vocabulary", "vocabulary": "certainty", "profile": "core", "meaning": "How sure it sounds."}
        properties["certainty"] = {"enum": ["low", "high"], "description": "How sure.", "x-stancebank": sure}
        statement["required"].append("certainty")
        low, high = {"description": "Unsure."}, {"description": "Sure."}
        vocabularies["certainty"] = {"description": "How sure.", "values": {"low": low, "high": high}}
        holds = {"kind": "vocabulary", "vocabulary": "certainty", "column": "likely", "meaning": "How likely it is."}
        added: list[tuple[Any, str, Any, Any]] = [
            (properties, "remark", {"type": "string"}, {"kind": "text", "meaning": "A remark."}),
            (properties, "rival", {"$ref": "#/$defs/id"}, {"kind": "entity", "meaning": "Id of a rival."}),
            (target, "urgent", {"type": "boolean"}, {"kind": "flag", "meaning": "Whether it is urgent."}),
            (target, "since", properties["said_on"], {"kind": "date", "meaning": "Since when."}),
            (target, "name", {"$ref": "#/$defs/span"}, {"kind": "span", "column": "act", "meaning": "The act."}),
            (schema["$defs"]["condition"]["properties"], "likely", {"enum": ["low", "high"]}, holds),
        ]
        for level, name, form, about in added:
            level[name] = {**form, "description": about["meaning"], "x-stancebank": about}
    write_text(place / "annotation.schema.json", to_json(schema))
    write_text(place / "vocabularies.json", to_json(vocabularies))
    levels = statement["properties"], target, schema["$defs"]["condition"]["properties"]
    for folder in ("gold", "annotations"):
        for path in (root / "corpus" / folder).rglob("*.json"):
            document = read_json(path)
            if minimal:
                document.pop("non_statements", None)
            document["statements"] = [_translated(each, levels, minimal) for each in document["statements"]]
            write_text(path, to_json(document))
    for make in (with_declarations, generated_schemas):
        for name, text in make(place).items():
            write_text(place / name, text)
    (root / "annotate" / "interface.toml").unlink()  # it speaks of the fields of the toolkit's own scheme
    return open_workspace(root)


def _translated(statement: Any, levels: tuple[Any, Any, Any], minimal: bool) -> Any:
    """Return a statement as the other scheme has it."""
    found = {name: value for name, value in statement.items() if name in levels[0]}
    found["target"] = {name: value for name, value in statement["target"].items() if name in levels[1]}
    found["haltung"] = "dagegen" if statement["stance"] == "reject" else "dafür"
    if not minimal:
        found |= {"certainty": "high", "remark": "so he says", "rival": statement["speaker"]["entity"]}
        found["target"] |= {"urgent": True, "since": {"date": "2031", "basis": "stated"}}
        if found["target"].get("span"):
            found["target"]["name"] = found["target"]["span"]
        for each in found.get("conditions", ()):
            each |= {} if each["role"] == "dropped" else {"likely": "low"}  # what is given up takes no answers
    return found


@pytest.fixture(scope="module", params=["minimal", "other"])
def workspace(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp(request.param) / "workspace"
    lay_toy(root)
    (root / "DATASET_CARD.md").unlink()
    return change_scheme(root, minimal=request.param == "minimal")


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    return build(workspace, workspace.root.parent / "built").out


def test_a_build_of_another_scheme_carries_it_and_is_sound(workspace: Workspace, built: Path) -> None:
    assert (built / "schema/annotation.schema.json").is_file()
    assert verify(built, ALONE).faults == []
    against = verify(built, Wanted(against=workspace, readers=()))
    assert {fault.code for fault in against.faults} == {"record-missing"}


def test_the_folder_tells_its_statements_without_the_workspace(workspace: Workspace, built: Path) -> None:
    gold = workspace.store.gold(ENVOY)
    assert gold
    found = {each.id: each for each in read_published(built).articles[ENVOY].statements}
    assert found.keys() == {each.id for each in gold.statements}
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text
    for each in gold.statements:
        assert found[each.id] == as_published(each, text)


def test_columns_features_and_card_are_those_of_the_scheme(workspace: Workspace, built: Path) -> None:
    scheme = workspace.scheme
    columns = [column.name for column in find_table(scheme, "statements").columns]
    assert {"haltung", "haltung_id"} < set(columns)
    assert not {"stance", "stance_id", "polarity", "force", "via"} & set(columns)
    written = [each.name for each in tables(scheme) if (built / each.name).is_dir()]
    assert ("conditions" in written) == scheme.has_conditions == ("conditional" in columns)
    for name in written:
        assert read_table(built / name / FILE).column_names == [each.name for each in find_table(scheme, name).columns]
    assert features(find_table(scheme, "statements"))["haltung_id"].names == list(HALTUNGEN)
    card = read_card(workspace).wanted
    assert "| haltung |" in card
    assert not re.search(r"`\w*\bstance\b|\bstance\b\w*`", card)
    if not scheme.has_conditions:
        assert not re.search(r"conditional|computed:conditions", (built / "README.md").read_text(encoding="utf-8"))


def test_kinds_have_their_place_in_the_order_of_the_columns(workspace: Workspace) -> None:
    columns = [column.name for column in find_table(workspace.scheme, "statements").columns]
    if workspace.scheme.has_conditions:
        begin = columns.index("haltung_id")
        assert columns[begin : begin + 18] == [
            *("haltung_id", "haltung_label", "attribution", "attribution_id", "certainty", "certainty_id", "rival"),
            *("rival_name", "target_id", "target_root", "target_scope", "target_scope_type", "target_scope_type_id"),
            *("target_since", "target_since_basis", "target_since_basis_id", "target_urgent", "dyad"),
        ]
        assert columns.index("act") == columns.index("target_mention") + 1
        assert columns[-6:] == ["content_spans", "speaker_span", "cue_span", "target_span", "act_span", "reason_spans"]
    else:
        assert columns[-3:] == ["content_spans", "speaker_span", "target_span"]


@pytest.mark.parametrize("name", ["annotation.schema.json", "vocabularies.json"])
def test_a_scheme_that_the_manifest_does_not_tell_is_not_believed(built: Path, name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "folder"))
    told = (folder / "schema" / name).read_text(encoding="utf-8").replace("dagegen", "dawider")
    (folder / "schema" / name).write_text(told, encoding="utf-8")
    seal(folder)
    assert not verify(folder, ALONE).is_sound


def test_a_build_of_the_toolkits_own_scheme_carries_no_schema(tmp_path: Path) -> None:
    out = build(lay_toy(tmp_path / "toy"), tmp_path / "out").out
    assert not [name for name in contents(out) if name.startswith("schema/")]


def test_two_columns_of_one_name_are_refused() -> None:
    schema = read_json(SCHEMA / "annotation.schema.json")
    schema["$defs"]["statement"]["properties"]["said_on"]["x-stancebank"]["column"] = "zone"
    with pytest.raises(InputError, match="two columns named zone"):
        tables(make_scheme(SCHEMA.name, schema, SCHEME.vocabularies))
