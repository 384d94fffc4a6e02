"""The files of people that name what a migration renames: annotate/interface.toml, and stancebank.toml."""

import re
import tomllib
from collections.abc import Mapping

from stancebank.annotate.controls import Controls, make_controls, non_statement_label, reason_question
from stancebank.schema.migration import Migration

_TABLE = re.compile(r'(?m)^[ \t]*\[(labels|questions)\.("?)([^\]"\n]+)\2\][^\n]*$')
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


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'


def with_tables(guidelines: str, migration: Migration) -> str:
    """Return annotate/GUIDELINES.md with the markers of its tables naming vocabularies as the newer edition does."""
    one, two = reason_question(migration.before), reason_question(migration.after)
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
