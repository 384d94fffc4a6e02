"""Readings that tests write."""

import json
from pathlib import Path
from typing import Any

from stancebank.check import check_workspace
from stancebank.workspace import open_workspace

ENVOY = "norland-post-2031-02-11-envoy"
Json = dict[str, Any]


def reading(*statements: Json, **about: object) -> Json:
    whole = {"article_id": ENVOY, "annotator": "eve", "origin": "human", "guideline_version": "2.0"}
    return {**whole, **about, "statements": list(statements)}


def statement(name: str, content: str, **changes: object) -> Json:
    said: Json = {
        "id": name,
        "content": [content],
        "speaker": {"entity": "ilse-marrow"},
        "attribution": "direct",
        "stance": "offer",
        "target": {"id": "talks"},
    }
    return {**said, **changes}


SIT = statement("s2", "We will sit down with Norland")


def write(path: Path, *values: Json, indent: int | None = 2) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(json.dumps(each, indent=indent, ensure_ascii=False) for each in values), "utf-8")
    return path


def state(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "corpus").rglob("*.json")}


def errors(root: Path) -> list[str]:
    return [f"{each.code} {each.file}{each.pointer}" for each in check_workspace(open_workspace(root)).errors]


FIRST_TRY = (
    statement(
        "s1",
        "Suvia to meet Norland once it lifts blockade, only with Keth in chair",
        line=1,
        speaker={"entity": "ilse-marow"},
        stance="maybe",
        conditions=[{"id": "c1", "spans": ["once it lifts blockade"], "role": "until", "kind": "lift-blockade"}],
    ),
    statement(
        "s2",
        "We will sit down with Norland",
        cue="told",
        conditions=[{"id": "c1", "spans": ["once it lifts the blockade"], "role": "if", "kind": "lift-blokade"}],
    ),
    statement("s3", "did not rule out a meeting", speaker={"entity": "tor-aven"}, target={"id": "talkz"}, cue="rule"),
    statement("s4", "Ferry fares to rise in spring", same_as="s9"),
    statement("s5", "words that nobody wrote"),
    statement("s6", "Norland", stanse="open"),
)
