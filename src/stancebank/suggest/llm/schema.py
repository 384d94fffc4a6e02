"""The JSON Schema of an answer, in the part of JSON Schema that servers take for structured output.

It is that of predictions, brought to what OpenAI's strict mode, llama.cpp, vLLM and Ollama share: every key is required
and may be null where a prediction may leave it out, no object has other keys, a reference stands alone, and there is
nothing on lengths, patterns and numbers, which is checked afterwards. Offsets are left out: models cannot count them.
Source: https://platform.openai.com/docs/guides/structured-outputs, and grammars/README.md of llama.cpp.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from stancebank.model import TargetEntry
from stancebank.schema.fields import Scheme
from stancebank.schema.quoted import quoted_schema

Json = dict[str, Any]

_MOST = 200  # ids that a schema lists: servers refuse longer lists
_NULL: Json = {"type": "null"}
_USES = {"target": ("target", "both"), "condition": ("condition", "both")}


def answer_schema(scheme: Scheme, targets: Iterable[TargetEntry]) -> Json:
    """Return the schema of an answer: an object with the list of statements. targets: the entries of the registry."""
    source = quoted_schema(scheme, "prediction")
    entries = tuple(targets)
    parts: Json = {name: _strict(part) for name, part in source["$defs"].items() if name != "offsets"}
    for name, uses in _USES.items():
        parts[f"{name}_id"] = _ids([each.id for each in entries if each.use in uses])
    statement = parts["statement"]["properties"]
    statement["target"]["properties"]["id"] = {"$ref": "#/$defs/target_id"}
    if "condition" in parts:
        parts["condition"] = _renamed(parts["condition"], "target_id", "condition_id")
    whole: Json = {
        "type": "object",
        "properties": {"statements": {"type": "array", "items": {"$ref": "#/$defs/statement"}}},
        "required": ["statements"],
        "additionalProperties": False,
    }
    return {**whole, "$defs": dict(_used(whole, parts))}


def usable_ids(targets: Iterable[TargetEntry], level: str) -> frozenset[str]:
    """Return the ids that a field of a level may name: of a condition, kinds of conditions; else targets."""
    uses = _USES["condition" if level == "condition" else "target"]
    return frozenset(each.id for each in targets if each.use in uses)


def _ids(ids: Sequence[str]) -> Json:
    return {"type": "string", "enum": sorted(ids)} if 0 < len(ids) <= _MOST else {"type": "string"}


def _strict(part: Json) -> Json:
    """Return a part of a schema in the shared subset."""
    if "$ref" in part:
        return {"$ref": part["$ref"]}
    for word in ("anyOf", "oneOf"):
        if word in part:
            forms = [_strict(each) for each in part[word] if each.get("$ref") != "#/$defs/offsets"]
            return {"anyOf": forms} if len(forms) > 1 else forms[0]
    if "const" in part:
        return _strict({**{key: each for key, each in part.items() if key != "const"}, "enum": [part["const"]]})
    if "enum" in part:
        is_text = all(isinstance(each, str) for each in part["enum"])
        return {"type": "string", "enum": part["enum"]} if is_text else {"enum": part["enum"]}
    if "properties" in part:
        required = part.get("required", ())
        properties = {
            name: _strict(each) if name in required else _nullable(_strict(each))
            for name, each in part["properties"].items()
        }
        closed = {"required": list(properties), "additionalProperties": False}
        return {"type": "object", "properties": properties, **closed}
    if "items" in part:
        return {"type": "array", "items": _strict(part["items"])}
    return {"type": part.get("type", "string")}


def _nullable(part: Json) -> Json:
    forms = part.get("anyOf", [part])
    return part if _NULL in forms else {"anyOf": [*forms, _NULL]}


def _renamed(part: Any, old: str, new: str) -> Any:
    """Return a part of a schema whose references to one definition are to another one."""
    if isinstance(part, dict):
        if part.get("$ref") == f"#/$defs/{old}":
            return {"$ref": f"#/$defs/{new}"}
        return {key: _renamed(each, old, new) for key, each in part.items()}
    return [_renamed(each, old, new) for each in part] if isinstance(part, list) else part


def _used(whole: Json, parts: Json) -> Iterator[tuple[str, Json]]:
    """Yield the definitions that a schema needs, by name."""
    wanted, found = list(_references(whole)), set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += _references(parts[name])
    yield from ((name, parts[name]) for name in sorted(found))


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, each in part.items():
            if key == "$ref":
                yield str(each).removeprefix("#/$defs/")
            else:
                yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def without_unknown(value: Any, part: Json, schema: Json) -> Any:
    """Return a value without the keys that its schema does not have, and without nulls and empty texts.

    part: the part of the schema that the value follows. schema: the whole of it.
    """
    objects = list(_forms(part, schema))
    if isinstance(value, dict):
        known = next((each["properties"] for each in objects if "properties" in each), None)
        kept = value if known is None else {key: each for key, each in value.items() if key in known}
        cleaned = {key: without_unknown(each, (known or {}).get(key, {}), schema) for key, each in kept.items()}
        return {key: each for key, each in cleaned.items() if each not in (None, "", {})}
    if isinstance(value, list):
        items: Json = next((each["items"] for each in objects if "items" in each), {})
        return [each for one in value if (each := without_unknown(one, items, schema)) not in (None, "", {})]
    return value


def _forms(part: Json, schema: Json) -> Iterator[Json]:
    """Yield the forms that a part of a schema allows, references and alternatives resolved."""
    if "$ref" in part:
        yield from _forms(schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema)
    elif "anyOf" in part:
        for each in part["anyOf"]:
            yield from _forms(each, schema)
    else:
        yield part
