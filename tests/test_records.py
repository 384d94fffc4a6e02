"""Files: one canonical form, and writes that happen wholly or not at all."""

import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stancebank.errors import InputError
from stancebank.records import (
    MAX_DEPTH,
    from_json,
    indented,
    json_line,
    read_content,
    remove_unfinished,
    to_json,
    write_bytes,
    write_text,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)


@pytest.mark.slow
@given(values)
def test_a_value_written_and_read_is_the_same_and_has_one_form(value: object) -> None:
    text = to_json(value)
    assert from_json(text.encode(), "x") == value
    assert to_json(json.loads(text)) == text
    assert text.endswith("\n")


@pytest.mark.parametrize(
    "data", [b"{", b"\xff", b'{"a":1,"a":2}', b"NaN", b'"\\ud800"', b"[" * 5000, b"1e999", b"", b"9" * 5000]
)
def test_what_no_record_can_hold_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"^file\.json "):
        from_json(data, "file.json")


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_a_whole_number_that_no_column_holds_is_refused(number: int) -> None:
    assert from_json(str(2**63 - 1).encode(), "file.json") == 2**63 - 1
    with pytest.raises(InputError, match="too large"):
        from_json(f'{{"a": [{number}]}}'.encode(), "file.json")


def test_a_whole_number_written_as_a_float_is_one_in_a_record() -> None:
    found = from_json(b"[102.0, -3.0, 1e2, 0.5]", "x", whole=True)
    assert list(map(repr, found)) == ["102", "-3", "100", "0.5"]
    with pytest.raises(InputError, match="too large"):
        from_json(b"[1e300]", "x", whole=True)
    assert repr(from_json(b"13.0", "x")) == "13.0"


@pytest.mark.parametrize(
    "held", ['"a": 1,\n  "a": 2', f'"a": {2**63}', f'"a": {-(2**63) - 1}', '"a": "\\ud800"', '"a": 1e999']
)
def test_what_no_record_can_hold_is_refused_in_a_file_of_the_one_form(held: str) -> None:
    with pytest.raises(InputError, match=r"^file\.json "):
        from_json(f"{{\n  {held}\n}}\n".encode(), "file.json", whole=True)


def test_floats_and_long_texts_of_digits_are_read_in_a_file_of_the_one_form() -> None:
    value = {"a": [1.5, 2**53], "b": "1" * 40, "c": {"d": 13.0}, "e": -(2**63)}
    found = from_json(to_json(value).encode(), "x")
    assert (repr(found), list(found)) == (repr(value), list(value))
    assert repr(from_json(to_json(value).encode(), "x", whole=True)["c"]) == "{'d': 13}"
    deep: Any = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert from_json(to_json(deep).encode(), "x") == deep
    with pytest.raises(InputError, match="nested deeper"):
        from_json(to_json([[deep]]).encode(), "x")


def test_a_file_that_holds_it_already_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "below" / "file.json"
    assert write_text(path, "one\n")
    before = path.stat().st_mtime_ns
    assert not write_text(path, "one\n")
    assert path.stat().st_mtime_ns == before


def test_threads_that_write_the_same_file_at_once_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    given = [str(number % 3).encode() * 50_000 for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(lambda data: write_bytes(path, data, secret=True), given)) <= {True, False}
    assert path.read_bytes() in given
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_new_file_follows_the_umask_and_a_secret_is_its_owners(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "plain", "x")
        write_bytes(tmp_path / "secret", b"x", secret=True)
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("plain", "secret")] == [0o640, 0o600]
    (tmp_path / "secret").chmod(0o644)
    assert write_bytes(tmp_path / "secret", b"x", secret=True)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_killed_write_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    old, new = "old\n" * 400_000, "new\n" * 400_000
    code = (
        "import sys\nfrom pathlib import Path\nfrom stancebank.records import write_text\n"
        "path = Path(sys.argv[1])\nprint('ready', flush=True)\n"
        "while True:\n    write_text(path, 'new\\n' * 400_000)\n    write_text(path, 'old\\n' * 400_000)\n"
    )
    seen = set()
    for attempt in range(8):
        write_text(path, old)
        process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.003 * attempt)
        process.kill()
        process.wait()
        process.stdout.close()
        text = path.read_text()
        assert text in (old, new)
        seen.add(text)
    assert seen


def test_a_disk_that_fills_up_leaves_the_old_file_and_no_remains(tmp_path: Path) -> None:
    """The limit on a file's size stands in for a full disk: the write fails in its middle."""
    path = tmp_path / "file.txt"
    write_text(path, "old\n")
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom stancebank.records import write_text\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (4096, {resource.RLIM_INFINITY}))\n"
        "try:\n    write_text(Path(sys.argv[1]), 'new\\n' * 10_000)\n"
        "except OSError as error:\n    print(error.strerror)\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "File too large"
    assert path.read_text() == "old\n"
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]


def test_a_disk_without_room_leaves_the_old_file_and_no_remains(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here; the limit on a file's size stands in for it")
    try:
        write_text(disk / "file.txt", "old\n")
        with pytest.raises(OSError, match="No space left"):
            write_text(disk / "file.txt", "new\n" * 40_000)
        assert (disk / "file.txt").read_text() == "old\n"
        assert [each.name for each in disk.iterdir()] == ["file.txt"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


SLOW = """
import os, sys
from pathlib import Path
from stancebank.records import write_text
def stop(handle):
    print("written", flush=True)
    sys.stdin.read()
os.fsync = stop
write_text(Path(sys.argv[1]), "whole\\n")
"""


@pytest.mark.slow
def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    foreign = ["film.part", ".film.download.part", ".a.txt.ABCD1234.part", ".x.part"]
    for name in foreign:
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".link.abcd1234.part").symlink_to(tmp_path / "film.part")
    (tmp_path / ".folder.abcd1234.part").mkdir()
    kept = {*foreign, ".link.abcd1234.part", ".folder.abcd1234.part"}
    command = [sys.executable, "-c", SLOW, str(tmp_path / "a.txt")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        remove_unfinished(tmp_path)
        (part,) = {each.name for each in tmp_path.iterdir()} - kept
        assert part.startswith(".a.txt.")
        process.communicate("")
        assert process.returncode == 0
    assert {each.name for each in tmp_path.iterdir()} - kept == {"a.txt"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        (tmp_path / "a.txt").unlink()
        assert process.stdout.readline() == "written\n"
        process.kill()
        process.communicate()
    assert len({each.name for each in tmp_path.iterdir()} - kept) == 1
    remove_unfinished(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == kept


def test_a_file_that_is_taken_for_a_leftover_before_it_is_locked_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[str] = []

    def lock(_handle: int) -> bool:
        if len(swept) < 2:
            for each in tmp_path.glob(".*.part"):
                swept.append(each.name)
                each.unlink()
        return True

    monkeypatch.setattr("stancebank.records.lock_file", lock)
    assert write_text(tmp_path / "a.txt", "whole\n")
    assert (tmp_path / "a.txt").read_text() == "whole\n"
    assert len(swept) == 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.slow
def test_where_no_lock_can_tell_only_what_is_old_is_removed(tmp_path: Path) -> None:
    old, young = ".a.txt.abcd1234.part", ".b.txt.abcd1234.part"
    for name in (old, young):
        (tmp_path / name).write_text("half")
    os.utime(tmp_path / old, (0, 0))
    script = (
        "import sys\nsys.modules['fcntl'] = None\nfrom pathlib import Path\nfrom stancebank.records import write_text\n"
        "write_text(Path(sys.argv[1]) / 'c.txt', 'whole\\n')"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", script, str(tmp_path)], check=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == [young, "c.txt"]


def test_half_a_surrogate_pair_is_refused_and_the_old_file_stays(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old\n")
    with pytest.raises(InputError, match=r"a\.txt would hold half a surrogate pair"):
        write_text(tmp_path / "a.txt", "new \udce9")
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old\n"


@pytest.mark.parametrize("word", ['"\\ud83d"', '{"\\udc00": 1}', '[[{"a": ["\\ud83d x"]}]]'])
def test_half_a_surrogate_pair_is_found_wherever_it_stands(word: str) -> None:
    with pytest.raises(InputError, match="half a surrogate pair"):
        from_json(word.encode(), "x")
    assert from_json(b'"\\ud83d\\ude00"', "x") == "😀"


def test_nesting_is_refused_beyond_what_any_record_needs_and_not_before() -> None:
    for fill in ("1", '"\\u00e9"'):
        assert from_json(f"{'[' * MAX_DEPTH}{fill}{']' * MAX_DEPTH}".encode(), "x")
        for depth in (MAX_DEPTH + 1, 700, 100_000):
            with pytest.raises(InputError, match=f"nested deeper than {MAX_DEPTH} levels"):
                from_json(f"{'[' * depth}{fill}{']' * depth}".encode(), "x")


def test_faults_are_named_with_their_place() -> None:
    with pytest.raises(InputError, match="line 2, column 3"):
        from_json(b'{"a": 1,\n  x}', "x")
    with pytest.raises(InputError, match="byte 2 is 0xff"):
        from_json(b'"a\xff"', "x")
    with pytest.raises(InputError, match="the key 'b' occurs twice"):
        from_json(b'{"a": {"b": 1, "c": 2, "b": 3}}', "x")


def test_a_line_that_digests_are_taken_of_is_that_of_the_standard_library() -> None:
    every = "".join(map(chr, (*range(0x800), 0x2028, 0x2029, 0xFEFF, 0xFFFF, 0x1F600)))
    value: dict[str, Any] = {
        "b": every,
        "a": [1, -(2**63), None, True, {}, [], {"\uffff": 1, "\U0001f600": 2, "é": "", "z": "\u007f"}],
    }
    wanted = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert json_line(value) == wanted.encode()


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_indented_json_is_what_python_makes(value: object) -> None:
    assert indented(value) == json.dumps(value, ensure_ascii=False, indent=2)
    assert indented(value, sort_keys=True) == json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)


@pytest.mark.parametrize("value", ["\ud800", float("nan"), 10**400, {1: 2}, {None: [{}]}, [[[[]]]]])
def test_indented_json_is_so_of_what_json_hardly_holds(value: object) -> None:
    assert indented(value) == json.dumps(value, ensure_ascii=False, indent=2)


def test_contents_are_equal_where_the_bytes_are(tmp_path: Path) -> None:
    one, two, missing = tmp_path / "one", tmp_path / "two", tmp_path / "missing"
    one.write_bytes(b"{}")
    two.write_bytes(b"{}")
    assert read_content(one) == read_content(two) != read_content(missing)
    two.write_bytes(b"{ }")
    assert read_content(one) != read_content(two)
