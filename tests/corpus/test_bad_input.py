"""Bad input: a clear error with its hint, the documented exit code, and the workspace left as it was."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.conftest import TOY, Run, lay_workspace

from stancebank.cli import stancebank
from stancebank.errors import StancebankError

NEWS = "Envoy back in port\n\nThe envoy of Norland came back to port on Monday, the café owners said.\n"
PARAGRAPH = (
    "Le ministre des Affaires étrangères a déclaré que les négociations étaient arrêtées à la frontière, "
    "où l'armée a été placée après la tempête de février. « Nous ne céderons pas », a-t-il ajouté.\n"
)
Snapshot = dict[str, bytes]


def snapshot(root: Path) -> Snapshot:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def invoke(root: Path, *arguments: object) -> Result:
    return CliRunner().invoke(stancebank, ["-w", str(root), *map(str, arguments)])


def refused(root: Path, *arguments: object) -> StancebankError:
    """Run a command that must be refused, see that it changed nothing, and return the error."""
    before = snapshot(root)
    result = invoke(root, *arguments)
    assert isinstance(result.exception, StancebankError), result.output
    assert snapshot(root) == before
    assert len(str(result.exception).splitlines()) <= 4
    return result.exception


def add_bytes(root: Path, tmp_path: Path, data: bytes, name: str = "envoy.txt") -> StancebankError:
    file = tmp_path / name
    file.write_bytes(data)
    return refused(root, "corpus", "add", file, "--outlet", "Norland Post")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (PARAGRAPH.encode("cp1252"), "a.txt", "is not UTF-8: byte "),
        (NEWS.encode("utf-16"), "a.txt", "UTF-16"),
        (b"", "a.txt", "is empty"),
        (b" \n\t\n", "a.txt", "is empty"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "a.txt", "is a binary file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a.txt", "is a binary file"),
        (b"PK\x03\x04\xff\xff", "a.txt", "is a binary file"),
        (NEWS.replace("port on", "port\0on").encode(), "a.txt", "U+0000"),
        (NEWS.replace("port on", "port\x07on").encode(), "a.txt", "line 3: U+0007 is a control character"),
        (NEWS.replace("port on", "port\x85on").encode(), "a.txt", "U+0085"),
        (b'{"text": "Envoy \\ud83d back in port today"}', "a.json", "half a surrogate pair"),
        (b'{"text": "x", "text": "y"}', "a.json", "occurs twice"),
        (b'{"text": 7}', "a.json", 'an object with the key "text"'),
        (b'{"title": "no text"}', "a.json", 'an object with the key "text"'),
        (b'{"text": "Some words", "outlets": "X"}', "a.json", "did you mean 'outlet'?"),
        (b'{"text": "Some words", "outlet": 7}', "a.json", "outlet is 7, which is no text"),
        (b'{"text": "Some words", "published": "2031-13-40"}', "a.json", "the calendar does not have"),
        (b'{"text": "Some words", "published": "2031-02-31"}', "a.json", "the calendar does not have"),
        (b'{"text": "Some words", "published": "yesterday"}', "a.json", "not like 2031-02-11"),
        (b'{"text": "Some words", "url": "javascript:x"}', "a.json", "/url/value"),
        (b'{"text": "Some words", "language": "English"}', "a.json", "Did you mean 'en'?"),
        (b'{"text": "Some words", "text_policy": "open"}', "a.json", "one of withheld, quotes, full"),
        (b'{"text": "Some words", "zones": [{"zone": "title", "lines": [1, 9]}]}', "a.json", "outside the text"),
        (b'{"text": "Some words", "zones": [{"zone": "head", "lines": [1, 1]}]}', "a.json", "is no zone"),
        (b"{", "a.json", "is not JSON: line 1"),
        (b"[]", "a.json", "the list is empty"),
        (b"[" * 100_000, "a.json", "nested deeper"),
        (b"\n\n", "a.jsonl", "the file is empty"),
        (b'{"text": "One"}\n{"text": \n', "a.jsonl", "a.jsonl:2 is not JSON"),
        (b"words", "a.docx", "is not one of .txt, .json, .jsonl"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused(
    data: bytes, name: str, message: str, empty_root: Path, tmp_path: Path
) -> None:
    error = add_bytes(empty_root, tmp_path, data, name)
    assert message in str(error)
    assert error.exit_code == 1


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251"])
def test_the_likely_encoding_is_named_so_that_it_can_be_converted(
    encoding: str, empty_root: Path, tmp_path: Path
) -> None:
    russian = "Министр иностранных дел заявил, что переговоры о границе прекращены, пока войска остаются.\n"
    error = add_bytes(empty_root, tmp_path, ((PARAGRAPH if encoding == "cp1252" else russian) * 3).encode(encoding))
    likely = str(error).split("likely ")[1].split(":")[0]
    words = ((PARAGRAPH if encoding == "cp1252" else russian) * 3).encode(encoding).decode(likely)
    assert words == (PARAGRAPH if encoding == "cp1252" else russian) * 3


def test_fifty_megabytes_are_refused_unread(empty_root: Path, tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    with file.open("wb") as out:
        out.truncate(50_000_000)
    assert "50,000,000 bytes" in str(refused(empty_root, "corpus", "add", file, "--outlet", "X"))


def test_a_folder_without_articles_is_refused(empty_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    assert "holds no article" in str(refused(empty_root, "corpus", "add", folder, "--outlet", "X"))


def test_one_bad_source_keeps_all_out_and_every_fault_is_named(empty_root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text(NEWS)
    (folder / "b.txt").write_bytes(b"")
    (folder / "c.txt").write_bytes(b"\xff\xfe\x00")
    before = snapshot(empty_root)
    result = invoke(empty_root, "corpus", "add", folder, "--outlet", "X")
    assert snapshot(empty_root) == before
    assert "b.txt is empty" in str(result.exception)
    assert "c.txt is not UTF-8" in str(result.exception)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (NEWS.replace("\n", "\r\n").encode(), NEWS),
        (b"\xef\xbb\xbf" + NEWS.encode(), NEWS),
        (NEWS.replace("é", "e\u0301").encode(), NEWS),
        (
            "Envoy 🙅🏽‍♀️ back\n\nبابُنا مفتوحٌ said Kon\u0308a.\n".encode(),
            "Envoy 🙅🏽‍♀️ back\n\nبابُنا مفتوحٌ said Kon\u0308a.\n",
        ),
    ],
    ids=["CRLF", "BOM", "NFD", "emoji, right-to-left, combining"],
)
def test_text_comes_in_as_nfc_with_lf_and_nothing_else_changes(
    raw: bytes, stored: str, empty_root: Path, tmp_path: Path
) -> None:
    (tmp_path / "envoy.txt").write_bytes(raw)
    result = invoke(empty_root, "corpus", "add", tmp_path / "envoy.txt", "--outlet", "Norland Post")
    assert result.exit_code == 0, result.exception
    (file,) = (empty_root / "corpus/texts").glob("*.txt")
    assert file.read_bytes().decode() == stored
    assert invoke(empty_root, "check").exit_code == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.replace("[corpus]\n", "[corpus]\nlangage = 'en'\n"), "Did you mean corpus.language?"),
        (lambda s: s.replace("[dataset]", "[datset]"), "Did you mean dataset?"),
        (lambda s: s.replace('version = "1.2.0"', "version = 1"), "dataset.version is 1, which is no text"),
        (
            lambda s: s.replace('name = "toy"', 'name = "toy"\ntags = "rivers"'),
            "dataset.tags is 'rivers', which is no list",
        ),
        (lambda s: s.replace('name = "toy"', 'name = "toy"\ntags = ["The Rivers"]'), "'The Rivers', which is no tag"),
        (
            lambda s: s.replace('name = "toy"', 'name = "toy"\ntags = ["rivers", 7]'),
            "dataset.tags holds 7, which is no tag",
        ),
        (lambda s: s.replace('version = "1.2.0"', 'version = "1.2"'), "not like 1.2.0"),
        (lambda s: s.replace('version = "1.2.0"\n', ""), "lacks dataset.version"),
        (lambda s: s.replace('schema = "v2"', 'schema = "v9"'), 'asks for schema "v9"'),
        (lambda s: s.replace("[workspace]\n", '[workspace]\ntoolkit = ">=99"\n'), "asks for stancebank >=99"),
        (lambda s: s.replace("[workspace]\n", '[workspace]\ntoolkit = "new"\n'), 'not like ">=0.1"'),
        (lambda s: s + "[", "is not TOML"),
        (lambda s: s + "a = " + "[" * 5000, "is not TOML"),
        (lambda s: 'dataset = "toy"\n' + s.split("[dataset]")[0], "dataset is 'toy'; it must be a table"),
        (lambda s: s.replace('name = "toy"', 'name = " "'), "lacks dataset.name"),
        (lambda s: s.replace('schema = "v2"', 'schema = "../schema/v2"'), 'not like "v1"'),
        (lambda s: s.replace('text_policy = "full"', 'text_policy = "public"'), "not one of withheld, quotes, full"),
    ],
)
def test_settings_that_cannot_be_used_stop_every_command(
    change: Callable[[str], str], message: str, toy_root: Path
) -> None:
    path = toy_root / "stancebank.toml"
    path.write_text(change(path.read_text()))
    for command in (["check"], ["corpus", "list"], ["publish", "build", "--out", str(toy_root / "out")]):
        error = refused(toy_root, *command)
        assert message in str(error)
        assert error.exit_code == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "..", "A", "x" * 200, "nobody"])
def test_an_id_that_is_none_or_unknown_is_refused(name: str, toy_root: Path) -> None:
    for command in (["corpus", "show"], ["annotate", "export"]):
        assert refused(toy_root, *command, name).exit_code == 1


def test_a_link_out_of_the_workspace_is_neither_read_nor_written(toy_root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (toy_root / "corpus/texts").rename(outside)
    (toy_root / "corpus/texts").symlink_to(outside)
    before = snapshot(outside)
    (tmp_path / "envoy.txt").write_text(NEWS)
    error = refused(toy_root, "corpus", "add", tmp_path / "envoy.txt", "--outlet", "X")
    assert "symbolic link that leads out" in str(error)
    assert "symbolic link that leads out" in str(refused(toy_root, "corpus", "show", "keth-tribune-undated-harvest"))
    assert snapshot(outside) == before


def test_a_record_of_an_unknown_schema_version_is_a_finding(toy_root: Path) -> None:
    path = next((toy_root / "corpus/articles").glob("*.json"))
    path.write_text(path.read_text().replace('"schema_version": "v2"', '"schema_version": "v7"'))
    result = invoke(toy_root, "check", "--json")
    codes = [finding["code"] for finding in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 1
    assert "schema-version" in codes


def test_settings_with_a_byte_order_mark_are_read(toy_root: Path) -> None:
    path = toy_root / "stancebank.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert invoke(toy_root, "check").exit_code == 0


def test_a_changed_text_does_not_hide_the_list(toy_root: Path) -> None:
    next((toy_root / "corpus/texts").glob("keth*.txt")).write_text("other words\n")
    result = invoke(toy_root, "corpus", "list", "--json")
    assert result.exit_code == 0
    assert [row["words"] for row in json.loads(result.stdout)] == ["changed", "at hand", "at hand"]


def test_two_texts_with_one_id_are_a_conflict(empty_root: Path, tmp_path: Path) -> None:
    lines = [json.dumps({"text": NEWS + extra, "outlet": "Norland Post"}) for extra in ("", "One more line.\n")]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    error = refused(empty_root, "corpus", "add", tmp_path / "a.jsonl")
    assert error.exit_code == 4
    assert "--slug" in str(error)


def test_errors_reach_a_user_as_one_message_and_an_exit_code(toy_root: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    result = run("-w", toy_root, "corpus", "add", tmp_path / "a.txt", "--outlet", "X")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("stancebank: ")
    assert "Traceback" not in result.stderr
    assert "Hint:" in result.stderr


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_the_worlds_fault(toy_root: Path, tmp_path: Path) -> None:
    """Run by an unprivileged user where the tests run as root, since no permission holds root back."""
    (tmp_path / "a.txt").write_text(NEWS)
    for path in [toy_root, *toy_root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    temporary = Path(os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir())
    for parent in tmp_path.parents:
        if os.geteuid() == 0 and parent.is_relative_to(temporary) and parent != temporary:
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    before = snapshot(toy_root)
    code = (
        "import os, sys\nfrom stancebank.cli import main\nother, *sys.argv[1:] = sys.argv[1:]\n"
        "argv = list(sys.argv)\nsys.argv[2] = other\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"  # all is imported now
        "sys.argv = argv\n"
        "if os.geteuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
        "main()"
    )
    writable = lay_workspace(TOY, tmp_path / "writable")
    arguments = [writable, "-w", toy_root, "corpus", "add", tmp_path / "a.txt", "--outlet", "X"]
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert result.returncode == 3, result.stderr
    assert "Permission denied" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Hint:" in result.stderr
    assert snapshot(toy_root) == before
