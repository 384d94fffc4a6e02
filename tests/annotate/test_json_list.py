"""The items of long lists: those of a parser of events, whatever they hold and wherever the list is broken."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stancebank.annotate import exports, json_list

WORDS = ("a", "\\", '"', 'x\\"y', "[", "}", "]]{", "\n", "é", "😀", "\\\\", 1, 2.5, -0.0, None, True, "1" * 25, 10**19)


def drawn(draw: random.Random, level: int = 0) -> Any:
    kind = draw.randrange(9)
    if kind < 3 or level > 5:
        return draw.choice(WORDS[: -1 if draw.random() < 0.98 else None])
    if kind < 6:
        return [drawn(draw, level + 1) for _ in range(draw.randrange(4))]
    keys = (draw.choice('ab\\"c[') * draw.randrange(1, 4) for _ in range(draw.randrange(4)))
    return {key: drawn(draw, level + 1) for key in keys}


def broken(draw: random.Random, data: bytes) -> bytes:
    place = draw.randrange(len(data))
    more = bytes([draw.choice(b'[]{}",\\ 9\xff')])
    behind = draw.choice([b" ", b"]", b"x", b"\n[]"])
    return draw.choice(
        [data[:place] + data[place + 1 :], data[:place], data[:place] + more + data[place:], data + behind]
    )


def read(path: Path) -> Iterator[str]:
    """What is read of a file, item by item, and why no more is."""
    try:
        with path.open("rb") as file:
            for item in exports._items(file):
                yield repr(item)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"


@pytest.mark.slow
def test_a_list_is_read_as_a_parser_of_events_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    path = tmp_path / "list.json"
    plain = 0
    for _ in range(80):
        items = [{"a": drawn(draw)} if draw.random() < 0.95 else drawn(draw) for _ in range(draw.randrange(6))]
        data = json.dumps(items, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1])).encode()
        path.write_bytes(broken(draw, data) if draw.random() < 0.5 else data)
        monkeypatch.setattr(exports, "SMALL", 1 << 30)
        wanted = list(read(path))
        monkeypatch.setattr(exports, "SMALL", -1)
        monkeypatch.setattr(json_list, "_PIECE", draw.choice([1, 2, 7, 50, 1 << 20]))
        found = list(read(path))
        # text that is no UTF-8 is told at once by the other one, and here behind what comes before it
        assert found == wanted or (len(wanted) == 1 and "Unicode" in wanted[0] and found[-1:] == wanted)
        with path.open("rb") as file:
            try:
                plain += list(map(repr, json_list.plain_items(file))) == wanted
            except json_list.NotPlainError:
                continue
    assert plain > 30


def test_a_list_that_is_nested_too_deep_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "SMALL", -1)
    path = tmp_path / "list.json"
    path.write_text('[{"a": 1}, ' + "[" * 60 + "]" * 60 + "]")
    *_, last = read(path)
    assert last == "InputError: list.json is nested deeper than 50 levels."


@pytest.mark.parametrize("words", ['"]"', '"\\\\\\"[{["'])
def test_nesting_is_counted_outside_of_strings(tmp_path: Path, words: str) -> None:
    path = tmp_path / "list.json"
    deepest = "[" * 49 + words + "]" * 49  # with the list itself, 50 levels
    path.write_text(f'[{deepest}, {{"a": {words}}}]')
    with path.open("rb") as file:
        assert list(json_list.plain_items(file)) == json.loads(path.read_bytes())
    path.write_text(f"[[{deepest}]]")
    with path.open("rb") as file, pytest.raises(json_list.NotPlainError):
        list(json_list.plain_items(file))
    path.write_text(f'[{{"a": 1}}, [{deepest}], {{"a": 2}}]')
    with path.open("rb") as file:
        items = json_list.plain_items(file)
        assert next(items) == {"a": 1}, "what stands before is read, wherever the pieces of the file end"
        with pytest.raises(json_list.NotPlainError):
            next(items)
