"""The files of people that name what a migration renames: annotate/interface.toml, and stancebank.toml."""

import json
import re
import tomllib
from collections.abc import Collection, Mapping

from stancebank.annotate.controls import Controls, make_controls, non_statement_label, reason_question
from stancebank.schema.fields import Field
from stancebank.schema.migration import Migration

_TABLE = re.compile(r'(?m)^[ \t]*\[(labels|questions)\.("?)([^\]"\n]+)\2\][^\n]*$')
_RULING = re.compile(r"(?m)^[ \t]*\[\[rulings\]\][^\n]*(?:\n(?![ \t]*\[)[^\n]*)*\n?")
_SCHEMA = re.compile(r'(?m)^([ \t]*schema[ \t]*=[ \t]*)(["\'])v[0-9]+\2')
_TOOLKIT = re.compile(r'(?m)^([ \t]*toolkit[ \t]*=[ \t]*)(["\'])[^"\'\n]*\2')


def control_names(migration: Migration) -> dict[str, dict[str, str | None]]:
    """Return what labels and questions of the older interface are called in the newer one; None for those that go."""
    before, after = make_controls(migration.before), make_controls(migration.after)
    passed = {non_statement_label(migration.before): non_statement_label(migration.after)}
    why = {reason_question(migration.before): reason_question(migration.after)}
    labels: dict[str, str | None] = {}
    questions: dict[str, str | None] = {}
    for label in before.labels:
        if label.field is not None:
            labels[label.name] = _label(migration, after, label.field.level, label.field.name)
        elif label.name in before.waivers:
            role = migration.revalued("condition_role", before.waivers[label.name])
            labels[label.name] = next((name for name, held in after.waivers.items() if held == role), None)
        else:
            name = passed.get(label.name, label.name)
            labels[label.name] = name if name in after.label_names else None
    for question in before.questions:
        if question.field is None:
            name = why.get(question.name, question.name)
            questions[question.name] = name if name in after.by_name else None
            continue
        place = migration.renamed(question.field.level, question.field.name)
        found = [
            each.name
            for each in after.questions
            if each.field is not None and (each.field.level, each.field.name) == place and each.part == question.part
        ]
        questions[question.name] = found[0] if found else None
    return {"labels": labels, "questions": questions}


def _label(migration: Migration, after: Controls, level: str, name: str) -> str | None:
    place = migration.renamed(level, name)
    return next(
        (each.name for each in after.labels if each.field is not None and (each.field.level, each.field.name) == place),
        None,
    )


def with_names(settings: str, names: Mapping[str, Mapping[str, str | None]]) -> str:
    """Return annotate/interface.toml with its tables under their new names, and without those that go.

    What stands above the first table, comments and the order stay. names: as `control_names` gives them.
    """
    found = list(_TABLE.finditer(settings))
    if not found:
        return settings
    ends = [each.start() for each in re.finditer(r"(?m)^[ \t]*\[", settings)] + [len(settings)]
    parts, place = [], 0
    for match in found:
        end = next(each for each in ends if each > match.start())
        table, name = match[1], match[3]
        new = names[table].get(name, name)
        parts.append(settings[place : match.start()])
        if new is not None:
            parts.append(match[0].replace(f"{match[2]}{name}{match[2]}", _key(new), 1) if new != name else match[0])
            parts.append(settings[match.end() : end])
        place = end
    return "".join(parts) + settings[place:]


Rulings = Mapping[str, tuple[str, Mapping[str, str]]]
"""What the fields of rulings are called, each with what its values are called; what goes is missing."""


def ruling_names(migration: Migration, *, back: bool = False) -> Rulings:
    """Return the new names of fields of rulings that a migration knows, with those of their values.

    back: the other way round, for the way back.
    """
    found: dict[str, tuple[str, Mapping[str, str]]] = {}
    places: dict[tuple[str, str], Field] = {(each.level, each.name): each for each in migration.after.fields}
    fields = [
        (each.title, places.get(place), each.vocabulary)
        for each in migration.before.fields
        if (place := migration.renamed(each.level, each.name)) is not None
    ]
    named = [(title, after.title, vocabulary, after.vocabulary) for title, after, vocabulary in fields if after]
    for old, new, vocabulary, later in [*named, ("role", "role", "condition_role", "condition_role")]:
        values = {}
        if vocabulary and later and vocabulary in migration.before.vocabularies.by_name:
            known = migration.after.vocabularies.by_name.get(later, {"values": {}})["values"]
            for value in migration.before.vocabularies.values(vocabulary):
                name = migration.revalued(vocabulary, value) or value
                if name in known:
                    values[value] = name
        found |= {new: (old, {b: a for a, b in values.items()})} if back else {old: (new, values)}
    return found


def gone_fields(migration: Migration) -> frozenset[str]:
    """Return the titles of fields that the newer scheme lacks, whatever they are called."""
    known = ruling_names(migration)
    return frozenset(each.title for each in migration.before.fields if each.title not in known)


def with_rulings(settings: str, names: Rulings, gone: Collection[str] = ()) -> str:
    """Return annotate/interface.toml whose rulings name fields and values anew; without those about what goes.

    names: see `ruling_names`. gone: fields that the other scheme lacks. Fields that are in neither are no fields of a
    scheme, such as `same as`, and stay.
    """

    def change(match: re.Match[str]) -> str:
        (ruling,) = tomllib.loads(match[0])["rulings"]
        field, values = str(ruling.get("field")), [str(each) for each in ruling.get("values", ())]
        if field in gone:
            return ""
        new, known = names.get(field, (field, {}))
        if known and any(value not in known for value in values):
            return ""
        renamed = [known.get(value, value) for value in values]
        if values and len(set(renamed)) < len(set(values)):
            return ""
        text = match[0]
        if new != field:
            text = re.sub(r"(?m)^([ \t]*field[ \t]*=[ \t]*)[^\n#]*?(?=[ \t]*(?:#|$))", rf"\g<1>{json.dumps(new)}", text)
        if renamed != values:
            said = ", ".join(map(json.dumps, renamed))
            text = re.sub(r"(?m)^([ \t]*values[ \t]*=[ \t]*)\[[^\]]*\]", rf"\g<1>[{said}]", text)
        return text

    return _RULING.sub(change, settings)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'


def with_markers(guidelines: str, migration: Migration, *, back: bool = False) -> str:
    """Return annotate/GUIDELINES.md with the markers of its tables naming vocabularies as the newer edition does.

    back: as the older one does.
    """
    one, two = reason_question(migration.before), reason_question(migration.after)
    one, two = (two, one) if back else (one, two)
    return re.sub(rf"(<!--\s*stancebank:table\s+){one}(?=\s*-->)", rf"\g<1>{two}", guidelines)


def with_version(settings: str, version: str, toolkit: str | None = None) -> str:
    """Return stancebank.toml with another schema version. toolkit: which the version needs, if that is said."""
    changed = _SCHEMA.sub(rf"\g<1>\g<2>{version}\g<2>", settings, count=1)
    if tomllib.loads(changed).get("workspace", {}).get("schema") != version:
        line = f'schema = "{version}"\n'
        head = re.search(r"(?m)^[ \t]*\[workspace\][^\n]*\n", settings)
        changed = (
            f"{settings[: head.end()]}{line}{settings[head.end() :]}" if head else f"[workspace]\n{line}\n{settings}"
        )
    if toolkit is not None:
        changed = _TOOLKIT.sub(lambda match: f"{match[1]}{match[2]}{toolkit}{match[2]}", changed, count=1)
        if tomllib.loads(changed)["workspace"].get("toolkit") != toolkit:
            changed = re.sub(
                r"(?m)^[ \t]*schema[ \t]*=[^\n]*\n", lambda m: f'{m[0]}toolkit = "{toolkit}"\n', changed, count=1
            )
    return changed
