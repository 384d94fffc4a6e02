"""Spoils the files of a small workspace one at a time, and runs the command line on what is left.

Every mutation is drawn from a seed, so that what it finds can be made again. The command line must answer with a
message and an exit code: a traceback is a fault, and so is a control character in what it prints.
"""

import argparse
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from stancebank.corpus.store import Store
from tests.annotate.tasks import shown, submitted
from tests.command import call
from tests.conftest import OWN_SCHEMA, TOY, lay_workspace

SECONDS = 60  # that one command may take
WITHDRAWN = "norland-post-2031-02-09-bridge"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 3.0, 102.0, 0.5, 1e300, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400),
    *("", " ", "x", "7", "v2", "2031-13-01", "a" * 5000, "../../etc/passwd", "A B", "-", "\U0001f469\u200d\U0001f33e"),
    *("\ud800", "\udfff", "a\0b", "\x1b]0;title\x07", "\x1b[31m", "\u202egnp", "\u2066x", "\x85", "\u2028", "\ufeff"),
    *(
        "a\n# Heading",
        "<!-- /computed -->",
        "| a | b |",
        "[bold]x[/]",
        "[/bold]",
        "{0}",
        "%s",
        "نورلند",
        "é",
        "e\u0301",
    ),
    *([], {}, [[]], [{}], [None], ["a", "a"], {"": ""}, {"a": {"b": 1}}, [1, "a", None, {}]),
)
KEYS = ("", "x", "id", "span", "begin", "__class__", "\ud800", "a\nb", "\x1b[1m", "$ref", "a/b~c", "schema_version")
SCHEMA_VALUES: tuple[Any, ...] = (
    *({"$ref": "https://norland-post.example/schema.json"}, {"$ref": "#/$defs/none"}, {"$ref": "#"}, {"$ref": 7}),
    *({"pattern": "("}, {"type": "nothing"}, {"enum": []}, {"not": {}}, {"const": [1.0]}, {"minimum": "a"}),
)


@dataclass(frozen=True)
class Fault:
    """What a mutation brought to light. what: of the mutation and the command; proof: the end of the traceback."""

    number: int
    what: str
    proof: str


@dataclass(frozen=True)
class Surface:
    """Files that are spoilt alike. commands: what is run on them; built: whether a build follows a clean check."""

    files: tuple[Path, ...]
    commands: tuple[tuple[object, ...], ...]
    weight: int
    built: bool = False


class World:
    """A workspace with one of everything, a published folder, and files that people hand over."""

    def __init__(self, folder: Path) -> None:
        """Lay it all below an empty folder."""
        self.folder = folder
        self.root = lay_workspace(TOY, folder / "ws")
        self._lay_records()
        self.release = folder / "release"
        given = self._lay_given(folder)
        answer, proof = self.run("publish", "build", "--out", self.release)
        assert answer == 0, proof
        self.surfaces = self._surfaces(given)

    def _lay_records(self) -> None:
        root = self.root
        source = self.folder / "bridge.txt"
        source.write_text("The bridge\n\nThe council of Keth said on Monday that it would open the old bridge again.\n")
        add = ("corpus", "add", source, "--outlet", "Norland Post", "--published", "2031-02-09", "--slug", "bridge")
        for command in (add, ("corpus", "withdraw", WITHDRAWN, "--reason", "The holder asked for it.")):
            answer, proof = self.run(*command)
            assert answer == 0, proof
        answer, proof = self.run("annotate", "import", root / "readings/minister.json")
        assert answer == 0, proof
        languages = root / "annotate/languages"
        languages.mkdir()
        (languages / "en.toml").write_text('introduces = ["that"]\n\n[page]\nweekday = "[A-Z]+day"\n')
        (root / "waivers.toml").write_text(
            '[[waiver]]\ncode = "entity-unused"\nfile = "corpus/entities.json"\nreason = "kept"\nuntil = 2999-01-01\n'
        )

    def _lay_given(self, folder: Path) -> dict[str, Path]:
        store = Store(self.root, OWN_SCHEMA.name)
        given = {name: folder / name for name in ("export.json", "predictions.jsonl", "reading.json", "articles.jsonl")}
        tasks = []
        for article in store.articles():
            gold = store.gold(article.id)
            task = shown(article, store.text(article) or "", *([gold] if gold else []))
            tasks.append(submitted(task, task["predictions"][0]["result"]))
        given["export.json"].write_text(json.dumps(tasks, indent=1))
        readings = [json.loads(path.read_text()) for path in sorted((self.root / "readings").glob("*.json"))]
        given["reading.json"].write_text(json.dumps(readings[0], indent=1))
        lines = [json.dumps({key: each[key] for key in ("article_id", "statements")}) for each in readings]
        given["predictions.jsonl"].write_text("".join(f"{line}\n" for line in lines))
        news = {"text": "The mill\n\nThe mill of Keth is closed.", "outlet": "Keth Tribune", "language": "en"}
        more = {"published": "2031-03-01", "agencies": ["KNA"], "zones": [{"zone": "title", "lines": [1, 1]}]}
        given["articles.jsonl"].write_text(f"{json.dumps(news | more)}\n{json.dumps(news | {'text': 'The weir.'})}\n")
        return given

    def _surfaces(self, given: dict[str, Path]) -> tuple[Surface, ...]:
        root, release = self.root, self.release
        check = ("check",), ("corpus", "list")
        show = ("corpus", "show", "norland-post-2031-02-11-envoy")
        readings: tuple[tuple[object, ...], ...] = (("annotate", "compare", "toy-1"),)
        return (
            Surface(
                tuple(sorted(root.glob("corpus/**/*.json"))),
                (*check, show, ("corpus", "entity", "show", "norland-foreign-ministry")),
                40,
                built=True,
            ),
            Surface(tuple(sorted(root.glob("corpus/**/*.txt"))), (*check, show), 3),
            Surface(
                (root / "stancebank.toml", root / "waivers.toml"), (*check, ("annotate", "interface")), 10, built=True
            ),
            Surface((root / "annotate/interface.toml",), (("check",), ("annotate", "interface")), 5),
            Surface((root / "annotate/languages/en.toml",), (("check",), show), 2, built=True),
            Surface(
                tuple(sorted(root.glob("schema/v2/*.json"))),
                (("schema", "check"), ("check",), ("schema", "show"), ("annotate", "interface"), *readings),
                12,
            ),
            Surface((given["export.json"],), (("annotate", "import", given["export.json"], "--dry-run"),), 20),
            Surface((given["reading.json"],), (("annotate", "import", given["reading.json"], "--dry-run"),), 10),
            Surface((given["articles.jsonl"],), (("corpus", "add", given["articles.jsonl"], "--dry-run"),), 8),
            Surface((given["predictions.jsonl"],), (("publish", "score", given["predictions.jsonl"], release),), 10),
            Surface(
                tuple(sorted(path for path in release.rglob("*.json"))),
                (("publish", "score", given["predictions.jsonl"], release),),
                5,
            ),
        )

    def run(self, *arguments: object) -> tuple[int, str]:
        """Run the command line as a user does. Return its exit code, or -1; and what it printed, or the traceback."""
        try:
            with _limit(SECONDS):
                ended = call("-w", self.root, *arguments)
        except BaseException:
            return -1, traceback.format_exc()
        output = ended.stdout + ended.stderr
        if found := _UNPRINTABLE.search(output):
            place = found.start()
            return -1, f"prints U+{ord(found[0]):04X}: {output[max(0, place - 60) : place + 20]!a}"
        return ended.returncode, output


@contextmanager
def _limit(seconds: int) -> Iterator[None]:
    def stop(_: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer in {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def sweep(
    world: World, seed: int, numbers: range, *, builds: bool, report: Callable[[int], object] = id
) -> list[Fault]:
    """Try mutations of a world by their numbers; return their faults. builds: whether what `check` passes is built."""
    faults: list[Fault] = []
    for number in numbers:
        chance = random.Random(f"{seed}/{number}")
        surface = chance.choices(world.surfaces, [each.weight for each in world.surfaces])[0]
        file = chance.choice(surface.files)
        kept = file.read_bytes()
        data, what = spoil(kept, file, chance)
        file.write_bytes(data)
        if "schema" in file.parts or file.suffix == ".toml":
            _forget()
        for command in surface.commands:
            answer, proof = world.run(*command)
            if answer == -1:
                faults.append(Fault(number, f"{file.relative_to(world.folder)}: {what}; {command[:2]}", proof))
                break
            if builds and surface.built and command == ("check",) and answer == 0 and data != kept:
                answer, proof = world.run("publish", "build", "--out", world.folder / "built")
                if answer == -1:
                    faults.append(Fault(number, f"{file.relative_to(world.folder)}: {what}; build", proof))
                    break
                shutil.rmtree(world.folder / "built", ignore_errors=True)
        file.write_bytes(kept)
        if "schema" in file.parts or file.suffix == ".toml":
            _forget()
        report(number)
    return faults


def _forget() -> None:
    """Forget what is kept of files that are read once: a process reads other states of them than a user's does."""
    for name, module in list(sys.modules.items()):
        if name.startswith("stancebank"):
            for each in vars(module).values():
                if callable(forget := getattr(each, "cache_clear", None)):
                    forget()


def spoil(data: bytes, file: Path, chance: random.Random) -> tuple[bytes, str]:
    """Spoil the content of a file by chance. Return it, and what was done."""
    if file.suffix == ".jsonl" and chance.random() < 0.85:
        lines = data.split(b"\n")
        place = chance.randrange(len(lines) - 1)
        lines[place], what = _spoil_json(lines[place], chance)
        return b"\n".join(lines), f"line {place + 1}: {what}"
    if file.suffix == ".json" and chance.random() < 0.85:
        return _spoil_json(data, chance, SCHEMA_VALUES if file.name.endswith("schema.json") else ())
    if file.suffix == ".toml" and chance.random() < 0.8:
        return _spoil_toml(data, chance)
    return _spoil_bytes(data, chance)


def _spoil_json(data: bytes, chance: random.Random, more: tuple[Any, ...] = ()) -> tuple[bytes, str]:
    value = json.loads(data)
    done = []
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        holders = list(_holders(value))
        if not holders:
            break
        holder = chance.choice(holders)
        place = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        new = deepcopy(chance.choice(VALUES + more * 3))
        old = holder[place]
        match chance.choice(("replace", "replace", "replace", "float", "nest", "remove", "add", "wrap", "double")):
            case "float" if type(old) is int:
                holder[place] = float(old)
                done.append(f"{place!r} as a float")
            case "nest":
                for _ in range(chance.choice((3, 60, 300))):
                    old = [old] if chance.random() < 0.5 else {"a": old}
                holder[place] = old
                done.append(f"{place!r} nested")
            case "remove":
                del holder[place]
                done.append(f"{place!r} removed")
            case "add" if isinstance(holder, dict):
                holder[chance.choice(KEYS)] = new
                done.append(f"key added beside {place!r}: {ascii(new)[:80]}")
            case "wrap":
                holder[place] = [old]
                done.append(f"{place!r} in a list")
            case "double" if isinstance(holder, list):
                holder.append(deepcopy(old))
                done.append(f"{place!r} twice")
            case _:
                holder[place] = new
                done.append(f"{place!r} = {ascii(new)[:80]}")
    return json.dumps(value).encode("utf-8", "surrogatepass"), ", ".join(done)


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) and value:
        yield value
        for each in value.values() if isinstance(value, dict) else value:
            yield from _holders(each)


_TOML_VALUES = (
    *("1", "-1", "1.5", "inf", "nan", "true", '""', '" "', "[]", "{}", "[[1]]", '["a", 1]', "2031-02-11", "9" * 400),
    *(
        '"\\u001b[31m"',
        '"\\u202e"',
        '"a\\n# b"',
        "'('",
        '"{x}"',
        "1e400",
        "2031-02-11T10:00:00Z",
        '"a"',
        "9223372036854775808",
    ),
)


def _spoil_toml(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    lines = data.decode().split("\n")
    settable = [place for place, line in enumerate(lines) if re.match(r'[\w".-]+ *= ', line)]
    heads = [place for place, line in enumerate(lines) if line.startswith("[")]
    kind = chance.choice(("value", "value", "value", "head", "remove", "twice", "key"))
    if kind == "head" and heads:
        place = chance.choice(heads)
        lines[place] = chance.choice(("", "[x]", "[[dataset]]", "[a.b.c]", f"[{lines[place]}]", "dataset = 1"))
    elif kind in ("value", "key") and settable:
        place = chance.choice(settable)
        key, _, value = lines[place].partition("=")
        lines[place] = f"{key}= {chance.choice(_TOML_VALUES)}" if kind == "value" else f"{key.strip()}x ={value}"
    elif kind == "twice":
        place = chance.randrange(len(lines))
        lines.insert(place, lines[place])
    else:
        place = chance.randrange(len(lines))
        del lines[place]
    return "\n".join(lines).encode(), f"line {place + 1}: {kind}, {ascii(''.join(lines[place : place + 1]))[:80]}"


def _spoil_bytes(data: bytes, chance: random.Random) -> tuple[bytes, str]:
    place = chance.randrange(len(data) + 1)
    text = data.decode(errors="replace")
    spoilt: dict[str, Callable[[], bytes]] = {
        "cut": lambda: data[:place],
        "emptied": lambda: b"",
        "a NUL": lambda: data[:place] + b"\0" + data[place:],
        "a byte that is not UTF-8": lambda: data[:place] + b"\xff\xc3(" + data[place:],
        "UTF-16": lambda: text.encode("utf-16"),
        "cp1252": lambda: text.encode("cp1252", "replace"),
        "a byte order mark": lambda: b"\xef\xbb\xbf" + data,
        "CRLF": lambda: data.replace(b"\n", b"\r\n"),
        "twice": lambda: data + data,
        "an escape": lambda: data[:place] + b"\x1b]0;x\x07" + data[place:],
        "brackets": lambda: b"[" * 100_000,
        "objects": lambda: b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "digits": lambda: b"9" * 5_000,
        "no object": lambda: chance.choice((b"null", b"1", b'"a"', b"[]", b"{}", b"true", b"NaN", b"[1, [2]]")),
        "a bit": lambda: data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :],
        "half a surrogate pair": lambda: data.replace(b'"', b'"\xed\xa0\x80', 1),
        "a surrogate escape": lambda: data.replace(b': "', b': "\\ud800', 1),
        "a key twice": lambda: data.replace(b"{", b'{"id": 1, "id": 2, ', 1),
    }
    name = chance.choice(list(spoilt))
    return spoilt[name](), f"{name} at {place}"


def _main() -> None:
    options = argparse.ArgumentParser(
        prog="scripts/sweep", description="Spoil files, and run the command line on them."
    )
    options.add_argument("--count", type=int, default=5000, help="how many mutations to try")
    options.add_argument("--seed", type=int, default=1, help="what they are drawn from")
    options.add_argument("--first", type=int, default=0, help="the number of the first one")
    given = options.parse_args()

    def report(number: int) -> None:
        if (number + 1) % 250 == 0:
            print(f"{number + 1 - given.first} of {given.count} tried", file=sys.stderr)

    with tempfile.TemporaryDirectory() as folder:
        numbers = range(given.first, given.first + given.count)
        faults = sweep(World(Path(folder)), given.seed, numbers, builds=True, report=report)
    for each in faults:
        print(f"{each.number}  {each.what}\n{each.proof}\n")
    print(f"{given.count} mutations, {len(faults)} of them end in a traceback or print a control character.")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    _main()
