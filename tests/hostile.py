"""A workspace in which everything that people write is written to break a page: markup, ends of elements, addresses
that run, marks that turn the direction, characters that no page may hold, and words without an end.

Whatever runs sets `pwned`. A page that shows a payload has it verbatim in its text.
"""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from stancebank.records import to_json
from stancebank.workspace import Workspace, open_workspace
from tests import invented
from tests.invented import Draw, lay_invented

SCRIPT = "<script>window.pwned=1</script>"
PAYLOADS = (
    SCRIPT,
    "</script><script>window.pwned=2</script>",
    "\"'><img src=x onerror=window.pwned=3>",
    "</title></style></svg><svg onload=window.pwned=4>",
    "]]><!--<marquee>",
    "' onmouseover='window.pwned=5' tabindex=1 autofocus onfocus='window.pwned=6",
    "javascript:window.pwned=7",
    "{{7*7}}{%raw%}${7*7}",
    "\u202etfel ot thgir\u202c",
    "&lt;b&gt;&amp;&#60;",
    "<iframe srcdoc='<script>parent.pwned=8</script>'></iframe>",
    "<a href=javascript:window.pwned=9>here</a>",
    "__proto__ constructor",
    "w" * 300,
)
"""What is put wherever people write. None has a line break, and none ends with a space."""

ADDRESSES = ("javascript:window.pwned=10", "data:text/html,<script>window.pwned=11</script>", "http://nowhere.invalid/")

CONTROLS = "a\x01b\x0bc\x7fd\u2028e\ufffef"
"""Characters that XML cannot hold, and one that ends a line in a script."""


class _HostileDraw(Draw):
    """Words with a payload before them, another one each time."""

    def words(self, count: int) -> str:
        self.drawn = getattr(self, "drawn", -1) + 1
        return f"{PAYLOADS[self.drawn % len(PAYLOADS)]} {super().words(count)}"


def lay_hostile(root: Path, articles: int = 3) -> Workspace:
    """Lay a workspace of so many articles that two annotators have read, with payloads in all that is free text."""
    with patch.object(invented, "Draw", _HostileDraw):
        lay_invented(root, articles, statements=len(PAYLOADS), full=1, readers=2)
    for place, path in enumerate(sorted(root.glob("corpus/articles/*.json"))):
        article = _read(path)
        article["title"] = _given(f"{PAYLOADS[place % len(PAYLOADS)]} {SCRIPT} {CONTROLS}")
        article["outlet"] = _given(f"{SCRIPT} {PAYLOADS[-1]}")
        article["author"] = _given(PAYLOADS[2])
        article["place"] = _given(PAYLOADS[3])
        article["url"] = _given(ADDRESSES[place % len(ADDRESSES)])
        article["rights"] |= {"holder": PAYLOADS[1], "note": PAYLOADS[2]}
        article["extra"] = {SCRIPT: PAYLOADS[3]}
        _write(path, article)
    entities = _read(root / "corpus/entities.json")
    for place, each in enumerate(entities["entities"]):
        payload = PAYLOADS[place % len(PAYLOADS)]
        each |= {"name": f"{payload} {place}", "aliases": [PAYLOADS[2], CONTROLS], "roles": [{"title": payload}]}
    _write(root / "corpus/entities.json", entities)
    targets = _read(root / "corpus/targets.json")
    for place, each in enumerate(targets["targets"]):
        payload = PAYLOADS[place % len(PAYLOADS)]
        each |= {"name": f"{payload} {place}", "definition": payload}
    _write(root / "corpus/targets.json", targets)
    for place, path in enumerate(sorted(root.glob("corpus/annotations/*/*.json"))):
        reading = _read(path)
        where = reading["statements"].pop(place % 3)["content"][0]
        reading["non_statements"] = [{"span": where, "reason": "question", "note": f"{SCRIPT} {CONTROLS}"}]
        for number, each in enumerate(reading["statements"]):
            each["stance"] = ("demand", "doubt", each["stance"])[(number + place) % 3]
        _write(path, reading)
    for path in sorted(root.glob("corpus/gold/*.json")):
        gold = _read(path)
        gold["gold"] = {"method": "adjudicated", "by": "editor", "reason": "ambiguous-text", "rule": "G-101"}
        _write(path, gold)
    settings = root / "stancebank.toml"
    told = settings.read_text("utf-8").replace("Invented statements", SCRIPT)
    settings.write_text(told, encoding="utf-8", newline="\n")
    return open_workspace(root)


def _given(value: str) -> dict[str, str]:
    return {"value": value, "basis": "given"}


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _write(path: Path, value: object) -> None:
    path.write_text(to_json(value), encoding="utf-8", newline="\n")
