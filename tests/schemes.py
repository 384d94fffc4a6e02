"""Schemes of other teams: what a statement consists of is theirs to say."""

import json
from copy import deepcopy
from typing import Any

from stancebank.records import read_json
from stancebank.schema.fields import KEYWORD, Kind, Level, Scheme, make_scheme
from stancebank.schema.rules import KIND_KEYS
from stancebank.schema.scaffold import make_next_version
from stancebank.schema.vocabularies import Vocabularies
from tests.conftest import REPO

OWN = REPO / "schema" / "v1"


def _parts() -> tuple[Any, dict[str, Any]]:
    return deepcopy(read_json(OWN / "annotation.schema.json")), deepcopy(read_json(OWN / "vocabularies.json"))


def _field(kind: Kind, description: str = "Something.", **more: Any) -> dict[str, Any]:
    return {"description": description, "x-stancebank": {"kind": kind, **more}}


def _values(**values: Any) -> dict[str, Any]:
    found = {name: about if isinstance(about, dict) else {"description": about} for name, about in values.items()}
    return {"description": "What it is.", "values": found}


def undeclared(value: Any) -> Any:
    """A JSON Schema of documents that declares no rules: only what its fields are."""
    if isinstance(value, list):
        return [undeclared(each) for each in value]
    if not isinstance(value, dict):
        return value
    about = value.get(KEYWORD)
    if isinstance(about, dict):
        value = {**value, KEYWORD: {key: each for key, each in about.items() if key not in KIND_KEYS}}
    return {key: undeclared(each) for key, each in value.items()}


def minimal_scheme() -> Scheme:
    """Speaker, stance and target: no conditions, no repetitions, nothing passed over."""
    schema, vocabularies = _parts()
    statement = schema["$defs"]["statement"]
    target = statement["properties"]["target"]
    for name in list(statement["properties"]):
        if name not in ("id", "content", "speaker", "stance", "target"):
            del statement["properties"][name]
    for name in list(target["properties"]):
        if name not in ("id", "span"):
            del target["properties"][name]
    statement["required"] = ["id", "content", "speaker", "stance", "target"]
    del schema["properties"]["passed_over"]
    vocabularies["stance"] = _values(agree="Is for it.", disagree="Is against it.")
    for name in ("condition_role", "passed_over_reason", "date_basis", "attribution", "force"):
        del vocabularies[name]
    return make_scheme("v1", schema, Vocabularies(vocabularies))


def climate_scheme() -> Scheme:
    """In German: more stances than keys, two roles without a waiver, a required field and a free one."""
    schema, vocabularies = _parts()
    statement, condition = schema["$defs"]["statement"], schema["$defs"]["condition"]
    for name in ("via", "force", "said_on"):
        del statement["properties"][name]
    statement["properties"]["certainty"] = _field("vocabulary", "Wie sicher?", vocabulary="certainty")
    statement["properties"]["begründung"] = _field("text", "Warum, in eigenen Worten.")
    statement["required"].append("certainty")
    condition.pop("allOf")
    vocabularies["stance"] = _values(
        support="Dafür.", oppose="Dagegen.", neutral="Weder noch.", **{f"s{n}": f"Wert {n}." for n in range(9)}
    )
    vocabularies["condition_role"] = _values(
        wenn={"description": "Hinreichend.", "grouped": True, "makes_conditional": True},
        solange={"description": "Solange es dauert.", "grouped": False, "makes_conditional": True},
    )
    vocabularies["certainty"] = _values(low="Unsicher.", high="Sicher.")
    return make_scheme("v2", schema, Vocabularies(vocabularies))


def wide_scheme() -> Scheme:
    """Every kind of field at every level, some by names that the interface has for other things."""
    schema, vocabularies = _parts()
    statement = schema["$defs"]["statement"]
    holders: dict[Level, Any] = {
        "statement": statement,
        "target": statement["properties"]["target"],
        "condition": schema["$defs"]["condition"],
    }
    kinds: tuple[Kind, ...] = (
        *("vocabulary", "entity", "entities", "mentions", "target", "targets", "text", "flag", "date", "span", "spans"),
    )
    for level, holder in holders.items():
        for kind in kinds:
            more = {"vocabulary": "entity_kind"} if kind == "vocabulary" else {}
            holder["properties"][f"a_{kind}"] = _field(kind, **more)
            holder["properties"][f"{level}_{kind}"] = _field(kind, profile="core", **more)
    for name, kind in (("role", "text"), ("content", "span"), ("entity", "entities"), ("text", "flag")):
        statement["properties"][name] = _field(kind)
    return make_scheme("v1", schema, Vocabularies(vocabularies))


def second_scheme() -> Scheme:
    """The second edition of the frame, in which words that are no statement are held under another name."""
    files = make_next_version(OWN, "v2")
    schema, vocabularies = json.loads(files["annotation.schema.json"]), json.loads(files["vocabularies.json"])
    return make_scheme("v2", schema, Vocabularies(vocabularies))


SCHEMES = {"second": second_scheme(), "minimal": minimal_scheme(), "climate": climate_scheme(), "wide": wide_scheme()}
