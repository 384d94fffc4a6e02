"""Schemes and migrations between them, drawn by hypothesis: every kind of step, on fields of every kind."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from tests.conftest import REPO

from stancebank.records import read_json
from stancebank.schema.fields import Scheme, load_scheme, make_scheme
from stancebank.schema.migration import KINDS
from stancebank.schema.scaffold import make_next_version
from stancebank.schema.steps import Step
from stancebank.schema.vocabularies import Vocabularies

OWN = REPO / "schema" / "v1"
LEVELS = ("statement", "target", "condition")
Json = dict[str, Any]


@dataclass
class Made:
    """A field of an invented scheme."""

    kind: str
    vocabulary: str | None = None
    required: bool = False
    default: str | None = None
    is_label: bool = False


@dataclass
class Draft:
    """An invented scheme: fields by level and name, values by vocabulary.

    asked: fields that a step has asked for; made: those that a step has made, which the new scheme has to have.
    """

    fields: dict[str, dict[str, Made]]
    values: dict[str, list[str]]
    asked: set[tuple[str, str]] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    fresh: int = 0

    def new(self, letter: str) -> str:
        self.fresh += 1
        return f"{letter}{self.fresh}"

    def of(self, *kinds: str, label: bool = False) -> list[tuple[str, str]]:
        """Fields of some kinds that nothing asks for, by level and name."""
        return [
            (level, name)
            for level, fields in self.fields.items()
            for name, each in fields.items()
            if (not kinds or each.kind in kinds)
            and (label or not each.is_label)
            and (level, name) not in self.asked
            and name not in self.made
        ]

    def free(self, *, own: bool = True) -> list[str]:
        """Vocabularies of fields of which nothing is asked, and, unless `own`, those that stand elsewhere."""
        asked = {self.fields[level][name].vocabulary for level, name in self.asked}
        known = ("stance", "mood", "force", "date_basis")
        return [
            each for each in (known if own else (*known, "condition_role", "non_statement_reason")) if each not in asked
        ]


def first_draft() -> Draft:
    """A scheme with a field of every kind at every level."""
    fields: dict[str, dict[str, Made]] = {level: {} for level in LEVELS}
    fields["statement"]["stance"] = Made("vocabulary", "stance", required=True, is_label=True)
    for level in LEVELS:
        mine = fields[level]
        mine |= {f"{level}_one": Made("vocabulary", "mood"), f"{level}_two": Made("vocabulary", "mood", required=True)}
        mine[f"{level}_force"] = Made("vocabulary", "force", default="plain")
        mine |= {f"{level}_words": Made("text"), f"{level}_more": Made("text"), f"{level}_flag": Made("flag")}
        mine |= {f"{level}_date": Made("date", "date_basis"), f"{level}_who": Made("entity")}
        mine |= {f"{level}_all": Made("entities"), f"{level}_via": Made("mentions"), f"{level}_span": Made("span")}
        mine |= {f"{level}_spans": Made("spans"), f"{level}_goal": Made("target"), f"{level}_goals": Made("targets")}
        mine[f"{level}_aims"] = Made("targets")  # beside the goals, so that two lists can be merged
    values = {
        "stance": ["for", "against", "unsure"],
        "mood": ["calm", "cross", "glad"],
        "force": ["plain", "strong", "weak"],
        "date_basis": ["stated", "computed"],
        "condition_role": ["if", "while"],
        "non_statement_reason": ["act", "blame"],
    }
    return Draft(fields, values)


_SHAPES: dict[str, Json] = {
    "entity": {"$ref": "#/$defs/id"},
    "entities": {"type": "array", "items": {"$ref": "#/$defs/id"}, "uniqueItems": True},
    "mentions": {"type": "array", "items": {"$ref": "#/$defs/mention"}},
    "target": {"$ref": "#/$defs/id"},
    "targets": {"type": "array", "items": {"$ref": "#/$defs/id"}, "uniqueItems": True},
    "text": {"type": "string", "minLength": 1},
    "flag": {"type": "boolean"},
    "span": {"$ref": "#/$defs/span"},
    "spans": {"type": "array", "items": {"$ref": "#/$defs/span"}},
}


def make(draft: Draft, version: str) -> Scheme:
    """The scheme of a draft."""
    schema = deepcopy(read_json(OWN / "annotation.schema.json"))
    vocabularies = deepcopy(read_json(OWN / "vocabularies.json"))
    words = {"non_statement_reason": "passed_over_reason"}
    if version != "v1":
        files = make_next_version(OWN, version)
        schema, vocabularies = json.loads(files["annotation.schema.json"]), json.loads(files["vocabularies.json"])
        words = {}
    for called, values in draft.values.items():
        name = words.get(called, called)
        described: dict[str, Json] = {value: {"description": value} for value in values}
        if name == "condition_role":
            described = {value: {"description": value, "makes_conditional": True} for value in values}
        vocabularies[name] = {"description": name, "values": described}
        if name in schema["$defs"]:
            schema["$defs"][name]["enum"] = values
    statement, condition = schema["$defs"]["statement"], schema["$defs"]["condition"]
    condition.pop("allOf", None)
    frame = {
        "statement": (statement, ("id", "same_as", "content", "speaker", "target", "conditions")),
        "target": (statement["properties"]["target"], ("id", "span")),
        "condition": (condition, ("id", "spans", "role")),
    }
    for level, (part, kept) in frame.items():
        part["properties"] = {name: part["properties"][name] for name in kept}
        part["required"] = [name for name in part["required"] if name in kept]
        for name, each in draft.fields[level].items():
            about: Json = {"kind": each.kind, "profile": "core"}
            about |= {"vocabulary": each.vocabulary} if each.vocabulary else {}
            about |= {"default": each.default} if each.default else {}
            about |= {"label": True} if each.is_label else {}
            part["properties"][name] = {**_shape(draft, each), "description": name, "x-stancebank": about}
            part["required"] += [name] if each.required else []
    return make_scheme(version, schema, Vocabularies(vocabularies))


def _shape(draft: Draft, each: Made) -> Json:
    if each.kind == "vocabulary":
        return {"enum": draft.values[str(each.vocabulary)]}
    if each.kind == "date":
        basis = {"enum": draft.values[str(each.vocabulary)]}
        return {
            "type": "object",
            "properties": {"date": {"type": "string"}, "basis": basis},
            "required": ["date", "basis"],
            "additionalProperties": False,
        }
    return _SHAPES[each.kind]


def write(scheme: Scheme, folder: Path) -> Path:
    """Write what validation needs of a scheme; return its folder."""
    place = folder / "schema" / scheme.version
    place.mkdir(parents=True)
    (place / "annotation.schema.json").write_text(json.dumps(scheme.schema))
    (place / "vocabularies.json").write_text(json.dumps(scheme.vocabularies.by_name))
    assert load_scheme(place).equals(scheme)
    return place


def read(tables: list[Json]) -> list[Step]:
    """Steps that are not bound to a scheme yet."""
    return [KINDS[table["do"]](number, {"note": "A reason.", **table}) for number, table in enumerate(tables, 1)]


# Each maker draws one step, and does to the draft what the step is to do; None where the draft has nothing for it.

ASK = {"ask": "What is it?"}


def _rename_field(draw: DrawFn, draft: Draft) -> Json | None:
    level, name = draw(st.sampled_from(draft.of(label=True)))
    to = draft.new("f")
    draft.fields[level] = {to if key == name else key: each for key, each in draft.fields[level].items()}
    return {"do": "rename-field", "level": level, "field": name, "to": to}


def _remove_field(draw: DrawFn, draft: Draft) -> Json | None:
    level, name = draw(st.sampled_from(draft.of()))
    del draft.fields[level][name]
    return {"do": "remove-field", "level": level, "field": name}


def _add_field(draw: DrawFn, draft: Draft) -> Json | None:
    level, name = draw(st.sampled_from(LEVELS)), draft.new("f")
    how = draw(st.sampled_from(("value", "derive", "ask", "fill")))
    table: Json = {"do": "add-field", "level": level, "field": name}
    if how == "fill":
        known = [each for each in draft.of("vocabulary") if each[0] == level]
        if not known:
            return None
        name = draw(st.sampled_from(known))[1]
        found = draft.fields[level][name]
        draft.fields[level][name] = Made(found.kind, found.vocabulary, required=True)
        draft.made.add(name)
        return table | {"field": name, "value": draft.values[str(found.vocabulary)][0]}
    kind, value = draw(st.sampled_from((("text", "new"), ("flag", True), ("entities", ["keth"]))))
    draft.made.add(name)
    draft.fields[level][name] = Made(kind, required=how != "derive" and draw(st.booleans()))
    if how == "value":
        return table | {"value": value}
    if how == "derive":
        sources = [each for each in draft.of("vocabulary", label=True) if each[0] == level and each[1] != name]
        if sources:
            source = draw(st.sampled_from(sources))[1]
            first = draft.values[str(draft.fields[level][source].vocabulary)][0]
            if draw(st.booleans()):
                return table | {"derive": source, "map": {first: value}}
            draft.asked.add((level, name))
            return table | {"derive": source, "map": {first: value}} | ASK
    draft.asked.add((level, name))
    return table | ASK


_SURE = {
    "entity": ("entities", "mentions", "text"),
    "entities": ("mentions",),
    "target": ("targets", "text"),
    "span": ("spans",),
}
_UNSURE = {
    "entities": ("entity",),
    "targets": ("target",),
    "spans": ("span",),
    "mentions": ("entities", "entity"),
    "flag": ("text",),
}


def _change_kind(draw: DrawFn, draft: Draft) -> Json | None:
    fields = draft.of(*_SURE, *_UNSURE, "vocabulary")
    if not fields:
        return None
    level, name = draw(st.sampled_from(fields))
    found = draft.fields[level][name]
    sure = ("text",) if found.kind == "vocabulary" else _SURE.get(found.kind, ())
    to = draw(st.sampled_from((*sure, *_UNSURE.get(found.kind, ()))))
    table: Json = {"do": "change-kind", "level": level, "field": name, "to": to}
    if found.kind == "flag":
        table["map"] = {"true": "yes", "false": "no"}
    elif to not in sure:
        ways = ("ask", "archive") if not found.required else ("ask",)
        if draw(st.sampled_from(ways)) == "ask":
            table |= ASK
            draft.asked.add((level, name))
        else:
            table["archive"] = True
    draft.made.add(name)
    draft.fields[level][name] = Made(to, None, found.required)
    if found.default is not None:
        return None  # what is left out would lose its meaning: a step add-field has to come first
    return table


def _merge_fields(draw: DrawFn, draft: Draft) -> Json | None:
    level = draw(st.sampled_from(LEVELS))
    kind = draw(st.sampled_from(("text", "entities", "targets", "spans", "flag", "vocabulary")))
    names = [name for at, name in draft.of(kind) if at == level and draft.fields[level][name].default is None]
    if kind == "vocabulary":
        names = [name for name in names if draft.fields[level][name].vocabulary == "mood"]
    if len(names) < 2:
        return None
    pair = names[:2]
    to = draw(st.sampled_from((pair[0], draft.new("f"))))
    required = any(draft.fields[level][name].required for name in pair)
    vocabulary = draft.fields[level][pair[0]].vocabulary
    for name in pair:
        del draft.fields[level][name]
    draft.fields[level][to] = Made(kind, vocabulary, required)
    draft.made.add(to)
    table: Json = {"do": "merge-fields", "level": level, "fields": pair, "to": to}
    if kind == "text" and draw(st.booleans()):
        return table | {"join": "; "}
    if kind in ("text", "vocabulary"):
        draft.asked.add((level, to))
        return table | ASK
    return table


def _split_field(draw: DrawFn, draft: Draft) -> Json | None:
    fields = draft.of("text", "vocabulary")
    fields = [(level, name) for level, name in fields if draft.fields[level][name].default is None]
    if not fields:
        return None
    level, name = draw(st.sampled_from(fields))
    found = draft.fields[level].pop(name)
    one, two = draft.new("f"), draft.new("f")
    draft.made |= {one, two}
    draft.fields[level] |= {one: Made("text"), two: Made("flag" if found.kind == "vocabulary" else "text")}
    table: Json = {"do": "split-field", "level": level, "field": name, "to": [one, two]}
    if found.kind == "vocabulary":
        first = draft.values[str(found.vocabulary)][0]
        table["map"] = {first: {one: first, two: True}}
    else:
        table["pattern"] = rf"(?P<{one}>.)(?P<{two}>.*)"
    if draw(st.booleans()):
        draft.asked |= {(level, one), (level, two)}
        return table | ASK
    return table | {"archive": True}


def _users(draft: Draft, vocabulary: str) -> list[tuple[str, str]]:
    fields = ((level, name, each) for level in LEVELS for name, each in draft.fields[level].items())
    return [(level, name) for level, name, each in fields if each.vocabulary == vocabulary]


def _concerned(draft: Draft, vocabulary: str) -> bool:
    return vocabulary in ("condition_role", "non_statement_reason") or bool(_users(draft, vocabulary))


def _redefault(draft: Draft, vocabulary: str, value: str, to: str) -> None:
    for level, name in _users(draft, vocabulary):
        if draft.fields[level][name].default == value:
            draft.fields[level][name].default = to


def _rename_value(draw: DrawFn, draft: Draft) -> Json | None:
    known = [each for each in draft.free(own=False) if _concerned(draft, each)]
    if not known:
        return None
    vocabulary = draw(st.sampled_from(known))
    value, to = draw(st.sampled_from(draft.values[vocabulary])), draft.new("w")
    draft.values[vocabulary] = [to if each == value else each for each in draft.values[vocabulary]]
    _redefault(draft, vocabulary, value, to)
    return {"do": "rename-value", "vocabulary": vocabulary, "value": value, "to": to}


def _merge_values(draw: DrawFn, draft: Draft) -> Json | None:
    known = [each for each in draft.free(own=False) if _concerned(draft, each) and len(draft.values[each]) > 2]
    if not known:
        return None
    vocabulary = draw(st.sampled_from(known))
    one, two = draft.values[vocabulary][:2]
    to = draw(st.sampled_from((one, draft.new("w"))))
    draft.values[vocabulary] = [to, *draft.values[vocabulary][2:]]
    for value in (one, two):
        _redefault(draft, vocabulary, value, to)
    return {"do": "merge-values", "vocabulary": vocabulary, "values": [one, two], "to": to}


def _split_value(draw: DrawFn, draft: Draft) -> Json | None:
    known = [each for each in draft.free() if _concerned(draft, each)]
    if not known:
        return None
    vocabulary = draw(st.sampled_from(known))
    users = _users(draft, vocabulary)
    defaults = {draft.fields[level][name].default for level, name in users}
    value = draw(st.sampled_from([each for each in draft.values[vocabulary] if each not in defaults]))
    to = [draft.new("w"), draw(st.sampled_from((value, draft.new("w"))))]
    kept = [each for each in draft.values[vocabulary] if each != value]
    draft.values[vocabulary] = [*kept, *to]
    table: Json = {"do": "split-value", "vocabulary": vocabulary, "value": value, "to": to}
    flags = [name for level, name in draft.of("flag") if level == "statement"]
    if flags and all(level == "statement" for level, _ in users):
        table["rules"] = [{"when": {flags[0]: True}, "to": to[0]}]
    if draw(st.booleans()):
        return table | {"otherwise": to[1]}
    draft.asked |= set(users)
    return table | ASK


def _remove_value(draw: DrawFn, draft: Draft) -> Json | None:
    known = [each for each in draft.free() if _concerned(draft, each) and len(draft.values[each]) > 1]
    if not known:
        return None
    vocabulary = draw(st.sampled_from(known))
    users = _users(draft, vocabulary)
    defaults = {draft.fields[level][name].default for level, name in users}
    value = draw(st.sampled_from([each for each in draft.values[vocabulary] if each not in defaults]))
    draft.values[vocabulary] = [each for each in draft.values[vocabulary] if each != value]
    found = [draft.fields[level][name] for level, name in users]
    table: Json = {"do": "remove-value", "vocabulary": vocabulary, "value": value}
    if not any(each.required or each.kind == "date" for each in found) and draw(st.booleans()):
        return table | {"archive": True}
    draft.asked |= set(users)
    return table | ASK


MAKERS: dict[str, Callable[[DrawFn, Draft], Json | None]] = {
    "rename-field": _rename_field,
    "remove-field": _remove_field,
    "add-field": _add_field,
    "change-kind": _change_kind,
    "merge-fields": _merge_fields,
    "split-field": _split_field,
    "rename-value": _rename_value,
    "merge-values": _merge_values,
    "split-value": _split_value,
    "remove-value": _remove_value,
}


@st.composite
def migrations(draw: DrawFn) -> tuple[Scheme, Scheme, list[Json]]:
    """A scheme, another one, and the steps between them."""
    draft = first_draft()
    before = make(draft, "v1")
    tables = []
    for do in draw(st.lists(st.sampled_from(sorted(MAKERS)), min_size=1, max_size=6)):
        trial = deepcopy(draft)
        table = MAKERS[do](draw, trial)
        if table is not None:
            draft = trial
            tables.append(table)
    return before, make(draft, "v2"), tables
