"""What every command with --json prints."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from tests.frozen import scene
from tests.frozen.cases import CASES, Case
from tests.frozen.command import require, run
from tests.frozen.label_studio import RELEASE, Studio, body_digest
from tests.frozen.snapshots import compare
from tests.frozen.workspaces import ENVOY, HARVEST, MINISTER, WORKSPACES, digests

SERVER_COMMANDS = {("annotate", name) for name in ("push", "pull", "status", "doctor")}
ADJUDICATED = {("annotate", "adjudicate", "push"), ("annotate", "adjudicate", "pull")}
"""Run against a real server: see tests/annotate/adjudication/test_in_label_studio.py."""
OF_ADDRESSES = {("publish", "push"), ("publish", "retract")}  # see tests/publish/remote
OF_KEYS = {("publish", "sign")}  # whose keys are new in each run; see tests/publish/test_signing.py
OF_THE_MACHINE = {
    ("doctor",),
    ("annotate", "trust"),
    ("annotate", "studio", "start"),
    ("annotate", "studio", "stop"),
    ("engine", "install"),
    ("engine", "check"),
}  # what it prints is not the same on two machines
OF_THE_TOOLKIT = {("init",), ("annotate", "practice", "start"), ("schema", "findings")}  # counts of what it brings
LONGEST = 40_000  # characters of a value that is kept whole

Built = Callable[[str], Path]


def commands_with_json() -> Iterator[tuple[str, ...]]:
    """Yield the names of all commands that have the option."""
    from stancebank.cli import stancebank

    def walk(command: click.Command, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                yield from walk(below, (*names, name))
        elif any("--json" in option.opts for option in command.params):
            yield names

    return walk(stancebank, ())


def test_every_command_with_json_has_a_frozen_run() -> None:
    known = {*commands_with_json()}
    runs = {case.arguments[:number] for case in CASES for number in (1, 2, 3)}
    runs |= SERVER_COMMANDS | ADJUDICATED | OF_THE_MACHINE | OF_THE_TOOLKIT | OF_ADDRESSES | OF_KEYS
    assert known - runs == set()
    assert known >= SERVER_COMMANDS


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Returns a build of a workspace, made once."""
    made: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            root = prepare(name, folder)
            require("publish", "build", "--out", folder / "built", cwd=root)
            made[name] = folder / "built"
        return made[name]

    return build


def prepare(name: str, folder: Path) -> Path:
    """Lay a workspace, the toy one with what an annotator made, the last statement of it with another force."""
    root = WORKSPACES[name](folder / name)
    if name in ("toy", "first"):
        for article_id in (ENVOY, MINISTER):
            scene.write_as(root, article_id, "user-2")
        path = root / f"corpus/annotations/user-2/{ENVOY}.json"
        document = json.loads(path.read_bytes())
        document["statements"][-1]["force"] = "hedged"
        scene.write_json(path, document)
    shutil.copytree(root / "corpus/texts", folder / "sources") if (root / "corpus/texts").is_dir() else None
    return root


def write_predictions(root: Path, path: Path) -> None:
    """Write predictions of two of the articles: their gold, a stance and a place of a quotation changed."""
    lines = []
    for article_id in (ENVOY, MINISTER):
        quoted = json.loads(require("annotate", "export", article_id, cwd=root).out)
        statements = [
            {
                key: statement[key]
                for key in ("content", "speaker", "target", "stance", "force", "attribution")
                if key in statement
            }
            for statement in quoted["statements"]
        ]
        for statement, full in zip(statements, quoted["statements"], strict=True):
            statement["conditions"] = [
                {key: condition[key] for key in ("spans", "role", "kind", "obligors") if key in condition}
                for condition in full.get("conditions", ())
            ]
        statements[0]["stance"] = "doubt"
        statements[1]["content"] = ["words that stand nowhere"]
        lines.append(json.dumps({"article_id": article_id, "statements": statements}))
    path.write_text("\n".join(lines) + "\n", "utf-8")


def prepared(step: tuple[str, ...], root: Path) -> bool:
    """Do what a case needs that is no command; False where it is one."""
    if step == ("published",):
        (root / "shared/0.2.0").mkdir(parents=True)
        (root / "shared/0.2.0/manifest.json").write_text("{}", "utf-8")
    elif step == ("remove-texts",):
        shutil.rmtree(root / "corpus/texts")
    elif step == ("unread",):
        (root / f"corpus/gold/{HARVEST}.json").unlink()
    elif step == ("remove-documents",):
        for folder in ("gold", "annotations"):
            shutil.rmtree(root / "corpus" / folder)
    elif step == ("spoil",):
        scene.change_document(root / f"corpus/annotations/user-2/{ENVOY}.json")
        (root / f"corpus/texts/{HARVEST}.txt").write_text("Other words.\n", "utf-8")
    elif step == ("splits",):
        with (root / "stancebank.toml").open("a", encoding="utf-8") as settings:
            settings.write("\n[splits]\ntrain = 1\nvalidation = 1\ntest = 1\nfolds = 2\n")
    elif step == ("placed",):
        lines = f"{ENVOY},train,,hash\n{MINISTER},test,,hash\n"
        (root / "corpus/splits.csv").write_text(f"article_id,split,fold,because\n{lines}", "utf-8")
    elif step == ("second-reader",):
        value = json.loads((root / f"corpus/gold/{ENVOY}.json").read_text("utf-8"))
        del value["gold"]
        reader = root / "corpus/annotations/user-3"
        reader.mkdir()
        (reader / f"{ENVOY}.json").write_text(json.dumps(value | {"annotator": "user-3"}), "utf-8")
    elif step == ("queued",):
        for article_id in (HARVEST, MINISTER):
            (root / f"corpus/gold/{article_id}.json").unlink()
        (root / f"corpus/annotations/user-2/{MINISTER}.json").unlink()
        record = json.loads((root / f"corpus/articles/{MINISTER}.json").read_text("utf-8"))
        said: dict[str, Any] = {"speaker": {"entity": "ilse-marrow"}, "stance": "reject", "attribution": "direct"}
        said |= {"content": [{"begin": 0, "end": 5}], "target": {"id": "lift-sanctions"}, "confidence": 0.25}
        value = {"article_id": MINISTER, "text_sha256": record["text_sha256"], "statements": [said]}
        (root / "corpus/suggestions/mine").mkdir(parents=True)
        engine = {"name": "mine", "version": "1"}
        (root / f"corpus/suggestions/mine/{MINISTER}.json").write_text(json.dumps(value | {"engine": engine}), "utf-8")
    elif step == ("assigned",):
        lines = f"{ENVOY},ann-1,share\n{ENVOY},user-2,overlap\n{HARVEST},user-2,from:ann-3\n"
        (root / "corpus/assignments.csv").write_text(f"article_id,annotator,because\n{lines}", "utf-8")
    elif step == ("commit",):
        (root / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n### Dataset\n\n- **Rows**: new.\n", "utf-8")
        (root / ".gitignore").write_text(".stancebank/\n/releases/\n", "utf-8")
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
        for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "Records")):
            subprocess.run(["git", "-C", root, *who, *command], check=True)
    else:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.name}-{case.workspace}", marks=[pytest.mark.slow] if case.is_slow else [])
        for case in CASES
    ],
)
def test_a_command_prints_its_frozen_json(
    case: Case, built: Built, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if case.name == "release":
        request.getfixturevalue("no_readers")
    root = prepare(case.workspace, tmp_path)
    places = {
        "ROOT": root,
        "RELEASED": Path(__file__).parent / "release-0.1.0",
        "OUT": tmp_path / "out",
        "SOURCES": tmp_path / "sources",
        "OUT-hydrated": tmp_path / "again",
    }
    if "BUILT" in case.arguments:
        places["BUILT"] = built(case.workspace)
    if "PREDICTIONS" in case.arguments:
        places["PREDICTIONS"] = tmp_path / "predictions.jsonl"
        write_predictions(root, places["PREDICTIONS"])
    if "READING" in case.arguments:
        places["READING"] = tmp_path / "reading.json"
        places["READING"].write_text(require("annotate", "export", ENVOY, cwd=root).out, "utf-8")
    for step in case.before:
        if not prepared(step, root):
            require(*(places.get(word, word) for word in step), cwd=root)
    ended = run(*(places.get(word, word) for word in case.arguments), "--json", cwd=root)
    assert ended.code in (0, 1), ended.err
    compare(f"json/{case.workspace}/{case.name}", plain(ended.code, ended.out, tmp_path, *places.values()))


def plain(code: int, out: str, *places: Path) -> Any:
    """Return what was printed without places, days and versions; what is long as the digests of its parts."""
    for place in sorted(places, key=lambda each: -len(str(each))):
        out = out.replace(str(place), place.name.upper() if place != places[0] else "FOLDER")
    out = out.replace(datetime.now(UTC).strftime("%Y-%m-%d"), "TODAY")
    out = re.sub(r"TODAYT[\d:]+Z", "NOW", out).replace(RELEASE, "RELEASE")
    value = json.loads(out)
    if isinstance(value, dict) and "library" in value:
        value["library"] = value["library"].partition(" ")[0]
    if isinstance(value, dict) and "readers" in value:
        value["readers"] = sorted(value["readers"])
    if len(out) > LONGEST and isinstance(value, dict):
        value = {key: shortened(each) for key, each in value.items()}
    elif len(out) > LONGEST:
        value = shortened(value)
    return {"code": code, "json": value}


def shortened(value: Any) -> Any:
    """Return a value, or if it is long, how many parts it has, its first one and a digest of all."""
    if len(json.dumps(value)) <= 2000:
        return value
    first = value[0] if isinstance(value, list) else sorted(value)
    return {"parts": len(value), "first": first, "digest": body_digest(value)}


@pytest.mark.slow
def test_commands_that_ask_a_server_print_their_frozen_json(studio: Studio, tmp_path: Path) -> None:
    studio.is_dated = False  # the doctor holds its clock against that of this machine
    root = scene.lay(tmp_path / "toy")
    seen: dict[str, Any] = {}

    def step(name: str, *arguments: str) -> None:
        ended = run("annotate", *arguments, "--json", cwd=root, **studio.env)
        seen[name] = plain(ended.code, ended.out.replace(studio.url, "SERVER"), tmp_path)

    step("doctor, before", "doctor")
    step("push, first", "push", "--gold", "--annotations", "user-2")
    step("status, pushed", "status")
    made = scene.label_all(studio)
    step("status, labelled", "status")
    step("pull, first", "pull")
    scene.label_more(studio, made)
    scene.change_document(root / f"corpus/annotations/user-3/{ENVOY}.json", "deny")
    broken = studio.shown(studio.task_of(MINISTER))
    studio.relabel(made[MINISTER], [item for item in broken if item.get("from_name") != "stance"])
    step("pull, conflict and rejected", "pull")
    step("status, conflict", "status", "--articles")
    step("doctor, after", "doctor")
    (root / f"corpus/gold/{HARVEST}.json").unlink()
    text = root / f"corpus/texts/{HARVEST}.txt"
    text.unlink()
    step("push, wordless", "push", "--gold")
    studio.data["projects"].clear()
    step("doctor, no project", "doctor")
    for name, value in seen.items():
        compare(f"json/server/{name.replace(', ', '-').replace(' ', '-')}", value)
    assert digests(root / "corpus/gold", "*.json").keys() == {f"{ENVOY}.json", f"{MINISTER}.json"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch_says_its_frozen_lines_and_ends_by_a_signal(
    number: signal.Signals, studio: Studio, tmp_path: Path
) -> None:
    root = scene.lay(tmp_path / "toy")
    scene.push(root, studio)
    scene.label_all(studio)
    lists = 0

    def stop(_: str, path: str) -> None:
        nonlocal lists
        lists += path == "/api/tasks/"
        if lists == 2:  # of the second round
            os.kill(os.getpid(), number)

    studio.on_request = stop
    ended = run("annotate", "watch", "--every", "1", cwd=root, **studio.env)
    said = {
        "code": ended.code,
        "out": ended.out.splitlines(),
        "err": ended.err.replace(studio.url, "SERVER").splitlines(),
    }
    compare("json/server/watch", said)
