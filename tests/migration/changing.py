"""Workspaces whose scheme changes: a stance has another name, a field is added, a field is removed."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from stancebank.cli import stancebank
from tests.conftest import REPO, lay_first

Json = dict[str, Any]


def run(root: Path, *arguments: object, code: int = 0) -> Result:
    """Run a command in the workspace."""
    done = CliRunner().invoke(stancebank, ["-w", str(root), *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


def lay(name: str, root: Path) -> Path:
    """Lay a workspace with generated files, and with settings of the interface: other_domain, minimal or first."""
    if name == "first":
        lay_first(root)
    else:
        shutil.copytree(REPO / "tests" / name, root)
        (root / "annotate").mkdir()
        settings = run(root, "annotate", "interface", "--settings").stdout
        (root / "annotate/interface.toml").write_text(settings, "utf-8")
        table = "<!-- stancebank:table stance -->\n<!-- /stancebank -->\n"
        (root / "annotate/GUIDELINES.md").write_text(f"# Guidelines\n\nGuideline version 1.0\n\n{table}", "utf-8")
    run(root, "schema", "write")
    return root


STANCES = {
    "other_domain": ("oppose", "against"),
    "minimal": ("against", "opposed"),
    "first": ("disapprove", "disfavour"),
}


def steps_of(name: str) -> list[Json]:
    """The steps of a workspace: a stance is renamed, a field removed, a field added that asks where no rule decides."""
    old, new = STANCES[name]
    gone = {"other_domain": "remark", "minimal": "same_as", "first": "note"}[name]
    return [
        {"do": "rename-value", "vocabulary": "stance", "value": old, "to": new, "note": "The common word."},
        {"do": "remove-field", "field": gone, "note": "Nobody reads it."},
        {
            "do": "add-field",
            "field": "urgency",
            "derive": "stance",
            "map": {new: "high"},
            "ask": "Is it urgent?",
            "note": "Readers ask for it.",
        },
    ]


def toml(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def write_steps(root: Path, steps: list[Json], before: str = "v1", after: str = "v2", **more: str) -> None:
    """Write migration.toml."""
    lines = [f'from = "{before}"', *(f"{key} = {toml(value)}" for key, value in more.items())]
    for step in steps:
        lines += ["", "[[steps]]", *(f"{key} = {toml(value)}" for key, value in {"note": "A reason.", **step}.items())]
    (root / "schema" / after / "migration.toml").write_text("\n".join(lines) + "\n", "utf-8")


def edit(root: Path, change: Any, version: str = "v2") -> None:
    """Edit the scheme of a version. change: gets the JSON Schema of documents, and the vocabularies."""
    folder = root / "schema" / version
    paths = (folder / "annotation.schema.json", folder / "vocabularies.json")
    values = [json.loads(path.read_bytes()) for path in paths]
    if group := values[0]["$defs"].get("condition", {}).get("properties", {}).get("group"):
        group["x-stancebank"]["column"] = "alternative"  # edition 2 has no columns with words of SQL
    change(*values)
    for path, value in zip(paths, values, strict=True):
        path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
    run(root, "schema", "write")


def add_urgency(schema: Json, vocabularies: Json, *, required: bool) -> None:
    """Give a scheme a field more: how urgent a statement is. required: whether every statement has it."""
    described = {"high": {"description": "It cannot wait."}, "low": {"description": "It can wait."}}
    vocabularies["urgency"] = {"description": "How urgent it is.", "values": described}
    schema["$defs"]["urgency"] = {"description": "", "enum": []}
    statement = schema["$defs"]["statement"]
    statement["properties"]["urgency"] = {
        "$ref": "#/$defs/urgency",
        "description": "How urgent it is.",
        "x-stancebank": {"kind": "vocabulary", "vocabulary": "urgency", "profile": "core"},
    }
    statement["required"] += ["urgency"] if required else []


def draft(name: str, root: Path, *, required: bool = True) -> Path:
    """Write the next version of a workspace's scheme. required: whether the new field is."""
    run(root, "schema", "next")
    old, new = STANCES[name]

    def change(schema: Json, vocabularies: Json) -> None:
        stances = vocabularies["stance"]["values"]
        vocabularies["stance"]["values"] = {(new if key == old else key): each for key, each in stances.items()}
        statement = schema["$defs"]["statement"]
        for gone in ("remark", "note") if name != "minimal" else ("same_as",):
            statement["properties"].pop(gone, None)
        for each in statement["properties"].values():
            if each.get("x-stancebank", {}).get("needs") not in (None, *statement["properties"]):
                del each["x-stancebank"]["needs"]
        add_urgency(schema, vocabularies, required=required)

    edit(root, change)
    write_steps(root, steps_of(name))
    run(root, "schema", "check")
    return root


def content(root: Path) -> dict[str, bytes]:
    """All files of a workspace but those of the newer schema and of locks, by path."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not {"v2", ".git", "__pycache__"} & set(path.relative_to(root).parts)
        and path.name not in (".gitignore", "lock", "lock.holder")
    }


def documents(root: Path) -> list[Path]:
    """The documents of a workspace."""
    return sorted((*root.glob("corpus/gold/*.json"), *root.glob("corpus/annotations/*/*.json")))


def answer_all(root: Path, folder: Path, values: Mapping[str, Any]) -> Path:
    """Fill in the form of what waits, by the name of the field, and hand it over."""
    form = json.loads(run(root, "schema", "queue", "--json").stdout)
    for each in form:
        each["answer"] = values.get(each["field"], each["answer"])
    path = folder / "answers.json"
    path.write_text(json.dumps(form), "utf-8")
    run(root, "schema", "answer", path)
    return path
