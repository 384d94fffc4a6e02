"""The JSON Schemas of statements by their words, made of the schema of annotation documents.

There are three profiles of one form. A ``document`` is a reading that people write or edit: every statement has an id,
and entities are ids of the registry. A ``prediction`` is what a system says of an article: it has no ids, names
entities by id or name, has nothing that only annotators know, and may leave out all but the content, the speaker, the
target and the label. A ``suggestion`` is a prediction that may say which engine made it, and of each statement how
sure that is and why; no file holds its schema, since every prediction is one. Each span of the document schema becomes
a selector: words, or where they are.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Literal

from stancebank.schema.fields import KEYWORD, Field, Level, Scheme

Profile = Literal["document", "prediction", "suggestion"]

Json = dict[str, Any]

TITLES: Mapping[Profile, tuple[str, str, str]] = {
    "document": (
        "quoted",
        "Quoted document",
        "One reading of one article, every span given by its words. `stancebank annotate import` reads it.",
    ),
    "prediction": (
        "prediction",
        "Prediction",
        "What a system says of one article: the statements that it finds. An article in which it finds none has an "
        "empty list.",
    ),
    "suggestion": ("suggestion", "Suggestion", "A prediction, and which engine made it."),
}
"""By profile: the name of the schema, as in ``<name>.schema.json``, its title and its description."""

FILED: tuple[Profile, ...] = ("document", "prediction")
"""The profiles whose schemas are files of a schema folder."""


def quoted_schema(scheme: Scheme, profile: Profile) -> Json:
    """Return the JSON Schema of a profile, made of that of the scheme's annotation documents."""
    return _SchemaMaker(scheme, profile).schema()


class _SchemaMaker:
    """Makes one schema."""

    def __init__(self, scheme: Scheme, profile: Profile) -> None:
        source = self.source = scheme.schema
        self.scheme = scheme
        self.profile = profile
        self.is_document = profile == "document"
        statement = source["$defs"]["statement"]
        self.levels: dict[Level, Json] = {
            "statement": statement,
            "target": self.resolved(statement["properties"]["target"]),
        }
        if scheme.has_conditions:
            conditions = self.resolved(statement["properties"]["conditions"])
            self.levels["condition"] = self.resolved(conditions["items"])

    def resolved(self, value: Json) -> Json:
        """Return a part of the source, or the definition that it refers to."""
        reference = value.get("$ref")
        found: Json = self.source["$defs"][reference.removeprefix("#/$defs/")] if reference else value
        return found

    def schema(self) -> Json:
        name, title, description = TITLES[self.profile]
        definitions = {
            "words": _WORDS,
            "span": self.span(),
            **self.selectors(),
            **({} if self.is_document else {"entity": _ENTITY}),
            **self.ids(),
            "mention": self.mention(),
            **({"condition": self.condition()} if self.scheme.has_conditions else {}),
            "statement": self.statement(),
        }
        whole: Json = {
            "$schema": self.source["$schema"],
            "$id": f"urn:stancebank:schema:{self.scheme.version}:{name}",
            "title": title,
            "description": description,
            "type": "object",
            "properties": self.document() if self.is_document else self.prediction(),
            "required": [name for name in self.source["required"] if name in _DOCUMENT]
            if self.is_document
            else ["statements"],
            "additionalProperties": False,
        }
        return {**whole, "$defs": {**definitions, **self.vocabularies([whole, definitions], definitions)}}

    def vocabularies(self, parts: object, made: Json) -> Json:
        """Return the definitions of the source that the parts refer to, and those that these refer to, by name."""
        found: Json = {}
        wanted = list(_references(parts))
        while wanted:
            name = wanted.pop()
            if name not in found and name not in made:
                found[name] = _bare(self.source["$defs"][name])
                wanted += _references(found[name])
        return dict(sorted(found.items()))

    def document(self) -> Json:
        properties = self.source["properties"]
        found = {name: _bare(properties[name]) for name in _DOCUMENT if name in properties}
        found["statements"] = {**found["statements"], "items": {"$ref": "#/$defs/statement"}}
        if self.scheme.non_statements:
            key = self.scheme.non_statements_key
            found[key] = self.non_statements(properties[key])
        return found

    def non_statements(self, value: Json) -> Json:
        item = self.resolved(value["items"])
        about = {name: _bare(each) for name, each in item["properties"].items() if name != "span"}
        about = {
            name: each if name in item["required"] else _nullable(_without_description(each), each.get("description"))
            for name, each in about.items()
        }
        required = [name for name in item["required"] if name != "span"]
        forms = [
            {
                **form,
                "description": item["description"],
                "properties": form["properties"] | about,
                "required": form["required"] + required,
            }
            for form in self.selectors().values()
        ]
        return {**_bare(value), "items": {"description": item["description"], "anyOf": forms}}

    def prediction(self) -> Json:
        article_id = _bare(self.source["properties"]["article_id"])
        made = {"text_sha256": _SHA256, "engine": _ENGINE} if self.profile == "suggestion" else {}
        return {
            **made,
            "article_id": _nullable(
                _without_description(article_id),
                "The article that was read; may be left out where the surroundings say it.",
            ),
            "statements": {
                "type": "array",
                "description": "The statements, in any order.",
                "items": {"$ref": "#/$defs/statement"},
            },
        }

    def span(self) -> Json:
        return {
            "description": _SPAN_OF_DOCUMENT if self.is_document else _SPAN_OF_PREDICTION,
            "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("words", *self.selectors())],
        }

    def selectors(self) -> Json:
        """Return the forms of a selector that is an object, by the names of their definitions."""
        if self.is_document:
            line = "; the statement's line, or else the whole text, where left out."
            occurrence = "text. Whole words come first where it is left out. Needed where that leaves more than one."
        else:
            line = "; the annotated zones of the article where left out."
            occurrence = (
                "annotated zones of the article. Matches that begin or end inside a longer word count only where there "
                "is no other. Needed where there is more than one."
            )
        places = {
            "line": _nullable(_COUNT, _LINE + line),
            "occurrence": _nullable(_COUNT, _OCCURRENCE + occurrence),
        }
        context = {
            "prefix": _nullable(_TEXT, "Words right before them on their line."),
            "suffix": _nullable(_TEXT, "Words right after them on their line."),
        }
        words = {"$ref": "#/$defs/words", "description": "The words."}
        quote: Json = {
            "type": "object",
            "description": "Words, and which of the places where they stand is meant.",
            "properties": {"quote": words, **(context if self.is_document else {}), **places},
            "required": ["quote"],
            "additionalProperties": False,
        }
        exact: Json = {
            "type": "object",
            "description": "Words as a TextQuoteSelector of the Web Annotation Data Model has them.",
            "properties": {
                "type": {"const": "TextQuoteSelector", "description": "The type of the selector."},
                "exact": words,
                **context,
                **places,
            },
            "required": ["exact"],
            "additionalProperties": False,
        }
        return {"quote": quote, **({"exact": exact} if self.is_document else {}), "offsets": deepcopy(_OFFSETS)}

    def ids(self) -> Json:
        """Return the definitions of ids: of one registry each, under names of their own."""
        ids = _bare(self.source["$defs"]["id"])
        target = {"target_id": {**ids, "description": "An id of the target registry."}}
        return target | ({"id": ids} if self.is_document else {})

    def mention(self) -> Json:
        mention = self.resolved(self.source["$defs"]["mention"])
        properties = mention["properties"]
        entity = properties["entity"].get("description")
        found: Json = {
            "type": "object",
            "description": "An entity, and the words that mention it."
            if self.is_document
            else "An entity, the words that mention it, or both.",
            "properties": {
                "entity": {"$ref": "#/$defs/id", "description": entity}
                if self.is_document
                else _nullable({"$ref": "#/$defs/entity"}, "Who it is."),
                **self.name(properties),
                "mention": _nullable({"$ref": "#/$defs/span"}, properties.get("span", {}).get("description")),
            },
        }
        if self.is_document:
            return {**found, "required": ["entity"], "additionalProperties": False}
        return {**found, "additionalProperties": False, "minProperties": 1}

    def name(self, taken: Json) -> Json:
        """Return the property with the name of an entry that is new. taken: the properties that are there."""
        is_there = self.is_document and self.scheme.edition >= 2 and "name" not in taken
        return {"name": _nullable(_TEXT, _NAME)} if is_there else {}

    def condition(self) -> Json:
        source = self.levels["condition"]
        properties = source["properties"]
        found: Json = {
            "type": "object",
            "description": source["description"],
            "properties": {
                **({"id": _ID_OF_CONDITION} if self.is_document else {}),
                "spans": self.listed(properties["spans"], "span"),
                "role": _bare(properties["role"]),
                **self.fields("condition"),
            },
            "required": self.required("condition"),
            "additionalProperties": False,
        }
        rules = source.get("allOf") if self.is_document else None
        return {**found, "allOf": deepcopy(rules)} if rules else found

    def statement(self) -> Json:
        source = self.levels["statement"]
        properties = source["properties"]
        before, after = self.scheme.written_order
        fields = self.fields("statement")
        own: Json = {}
        if self.is_document:
            own = {"id": _ID_OF_STATEMENT, "line": _nullable(_COUNT, _LINE_OF_STATEMENT)}
            if self.scheme.has_repetitions:
                own["same_as"] = _bare(properties["same_as"])
        return {
            "type": "object",
            "description": source["description"],
            "properties": {
                **own,
                "content": self.listed(properties["content"], "span"),
                "speaker": {**_bare(properties["speaker"]), "$ref": "#/$defs/mention"},
                **{field.name: fields[field.name] for field in before if field.name in fields},
                "target": self.target(),
                **(
                    {"conditions": self.listed(properties["conditions"], "condition")}
                    if self.levels.get("condition")
                    else {}
                ),
                **{field.name: fields[field.name] for field in after if field.name in fields},
                **(self.own_words(fields) if self.profile == "suggestion" else {}),
            },
            "required": self.required("statement"),
            "additionalProperties": False,
        }

    def own_words(self, taken: Json) -> Json:
        """Return what only a suggestion says of a statement. taken: the scheme's own fields, which come first."""
        return {name: form for name, form in (("confidence", _CONFIDENCE), ("because", _BECAUSE)) if name not in taken}

    def target(self) -> Json:
        source = self.levels["target"]
        properties = source["properties"]
        return {
            "type": "object",
            "description": source["description"],
            "properties": {
                "id": {"$ref": "#/$defs/target_id", "description": properties["id"].get("description", "")},
                **self.name(properties),
                **self.fields("target"),
                "mention": _nullable({"$ref": "#/$defs/span"}, properties.get("span", {}).get("description")),
            },
            "required": self.required("target"),
            "additionalProperties": False,
        }

    def required(self, level: Level) -> list[str]:
        """Return the required keys of a level, in the order of the source. A prediction need not know more fields."""
        names: list[str] = self.levels[level]["required"]
        if self.is_document:
            return names
        known = {"statement": ("content", "speaker", "target", self.scheme.label.name), "target": ("id",)}
        return [name for name in names if name in known.get(level, ("spans", "role"))]

    def fields(self, level: Level) -> Json:
        """Return the fields of a level; a prediction has none of those that only annotators know."""
        properties = self.levels[level]["properties"]
        return {
            field.name: self.field(field, properties[field.name])
            for field in self.scheme.of(level)
            if self.is_document or field.compared
        }

    def field(self, field: Field, value: Json) -> Json:
        entity = "id" if self.is_document else "entity"
        match field.kind:
            case "span":
                return self.single(field, value, "span")
            case "entity":
                return self.single(field, value, entity)
            case "target":
                return self.single(field, value, "target_id")
            case "spans":
                return self.listed(value, "span")
            case "mentions":
                return self.listed(value, "mention")
            case "entities":
                return self.listed(value, entity)
            case "targets":
                return self.listed(value, "target_id")
        says_nothing = field.kind == "vocabulary" and not field.required and field.default is None
        if says_nothing and not self.is_document and "$ref" in value:  # a system says null where it has nothing to say
            return _nullable(_bare(_without_description(value)), value.get("description"))
        return dict(_bare(value))

    def single(self, field: Field, value: Json, name: str) -> Json:
        reference = {"$ref": f"#/$defs/{name}"}
        if field.required and self.is_document:
            return {**reference, "description": value.get("description", field.title)}
        return _nullable(reference, value.get("description"))

    def listed(self, value: Json, name: str) -> Json:
        return dict(_bare(value)) | {"items": {"$ref": f"#/$defs/{name}"}}


def _bare(value: Any) -> Any:
    """Return a copy of a part of a schema without what is only said to the toolkit."""
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key != KEYWORD}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _nullable(form: Json, description: str | None) -> Json:
    about = {"description": description} if description else {}
    return {**about, "anyOf": [dict(form), {"type": "null"}]}


def _without_description(value: Json) -> Json:
    return {key: each for key, each in value.items() if key != "description"}


def _references(value: object) -> Iterator[str]:
    """Yield the names of the definitions that a part of a schema refers to."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield str(each).removeprefix("#/$defs/")
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


_DOCUMENT = (
    "article_id",
    "annotator",
    "origin",
    "guideline_version",
    "nothing_to_annotate",
    "statements",
)
_COUNT: Json = {"type": "integer", "minimum": 1}
_TEXT: Json = {"type": "string", "minLength": 1}
_NAME = "What it is called: the name of its entry, where an import adds that to the registry; else nobody asks for it."
_WORDS: Json = {
    "type": "string",
    "minLength": 1,
    "pattern": "\\S",
    "description": "Exact words of the article, inside one paragraph. They are compared without regard to case, kinds "
    "of quotation mark, dash and white space.",
}
_ENTITY: Json = {
    "type": "string",
    "minLength": 1,
    "pattern": "\\S",
    "description": "An id of the entity registry, or a name or alias of an entity.",
}
_SPAN_OF_PREDICTION = (
    "Words of the article: the words themselves where they stand only once in its annotated zones, else the words with "
    "their line or occurrence, or offsets."
)
_SPAN_OF_DOCUMENT = (
    "Words of the article: the words themselves where they occur only once on the statement's line, else the words "
    "with their line, their occurrence, or the words around them; or offsets."
)
_LINE = "Line of the stored text that holds them, counted from 1, blank lines included"
_OCCURRENCE = (
    "Which of their matches is meant, counted from 1 in the order of the text: inside the line where one is given, "
    "else over the "
)
_OFFSETS: Json = {
    "type": "object",
    "description": "A place in the stored text, by code points.",
    "properties": {
        "begin": {"type": "integer", "minimum": 0, "description": "First code point, counted from 0."},
        "end": {"type": "integer", "minimum": 1, "description": "One past the last code point."},
    },
    "required": ["begin", "end"],
    "additionalProperties": False,
}
_SHA256: Json = {
    "type": "string",
    "pattern": "^[0-9a-f]{64}$",
    "description": "SHA-256 of the stored text that was read.",
}
_ENGINE: Json = {
    "type": "object",
    "description": "The engine that made it, as `suggest.engine.EngineRecord` has it.",
    "properties": {
        "name": _TEXT,
        "version": _TEXT,
        "model": _TEXT,
        "model_version": _TEXT,
        "model_sha256": _SHA256,
        "settings": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    },
    "required": ["name", "version"],
    "additionalProperties": False,
}
_CONFIDENCE: Json = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "How probable it is, for the engine, that a person would mark this statement.",
}
_BECAUSE: Json = {
    "type": "array",
    "items": _TEXT,
    "description": "The rules or weights that made the statement, a line each.",
}
_ID_OF_STATEMENT: Json = {
    "type": "string",
    "minLength": 1,
    "description": "Short and unique in the document, such as s3; given once and never to another statement.",
}
_ID_OF_CONDITION: Json = {
    "type": "string",
    "minLength": 1,
    "description": "Short and unique in the statement, such as c1; given once.",
}
_LINE_OF_STATEMENT = "Line of the stored text on which its words are looked for, counted from 1, blank lines included."
