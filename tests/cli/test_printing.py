"""All that is printed passes one door: nothing that a repository says moves the cursor or stays unseen."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

from stancebank.check import check_workspace
from stancebank.cli.output import print_file, print_styled
from stancebank.cli.streams import EscapedStream, escaped_streams, set_encodings
from stancebank.text import escape_hidden, find_hidden, one_line
from stancebank.workspace import open_workspace

TRICKS = "\x1b]0;title\x07 \x1b[31mred \u202egnp\u2066 \u200b\u00ad\x85\x9b31m\U000e0041\x7f\r"
PERSIAN = "می\u200cخواهم نه\u200f، 👩\u200d🌾 ✌\ufe0f"


def edit(path: Path, **values: Any) -> None:
    value = json.loads(path.read_text())
    for key, new in values.items():
        value[key] = new
    path.write_text(json.dumps(value))


def test_hidden_characters_are_escaped_as_json_does_and_joiners_of_scripts_stay() -> None:
    shown = escape_hidden(TRICKS)
    assert find_hidden(shown) is None
    assert "\\u001b]0;title\\u0007" in shown
    assert "\\u202egnp\\u2066" in shown
    assert json.loads(f'"{shown}"') == TRICKS
    assert escape_hidden(PERSIAN) == PERSIAN
    assert escape_hidden("a\tb\nc") == "a\tb\nc"
    assert one_line("a\n# b\u2028c") == "a # b c"


def test_a_line_of_a_reader_of_json_is_the_same_value() -> None:
    line = json.dumps({"title": TRICKS, "other": PERSIAN}, ensure_ascii=False)
    assert json.loads(escape_hidden(line)) == json.loads(line)


def test_a_stream_escapes_whoever_writes_and_has_no_buffer_behind_it() -> None:
    printed = io.StringIO()
    with redirect_stdout(printed), escaped_streams():
        print(TRICKS)
        sys.stdout.writelines([TRICKS, "end"])
        assert not hasattr(sys.stdout, "buffer")
    assert find_hidden(printed.getvalue()) is None


def test_what_an_encoding_lacks_is_escaped() -> None:
    bytes_ = io.BytesIO()
    stream = io.TextIOWrapper(bytes_, encoding="ascii", write_through=True)
    EscapedStream(stream).write("Tīmāta")
    assert bytes_.getvalue() == b"T\\u012bm\\u0101ta"


def test_a_style_of_our_own_stays_and_what_it_is_put_on_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(printed, "isatty", lambda: True)
    with redirect_stdout(printed), escaped_streams():
        print_styled("\x1b[31m", ("code", {"bold": True}))
    assert printed.getvalue() == "\\u001b[31m\x1b[1mcode\x1b[0m\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_file_is_printed_as_it_is_but_on_a_terminal(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(printed, "isatty", lambda: terminal)
    with redirect_stdout(printed), escaped_streams():
        print_file('<View value="\u200b"/>')
    assert printed.getvalue() == ('<View value="\\u200b"/>' if terminal else '<View value="\u200b"/>')


@pytest.mark.slow
def test_no_command_prints_the_escapes_of_a_repository(run: Run, toy_root: Path) -> None:
    article = toy_root / "corpus/articles/norland-post-2031-02-11-envoy.json"
    edit(
        article,
        title={"value": f"{TRICKS} title", "basis": "given"},
        outlet={"value": f"{TRICKS} outlet", "basis": "given"},
    )
    entities = toy_root / "corpus/entities.json"
    listed = json.loads(entities.read_text())["entities"]
    listed[0]["name"] = f"{TRICKS} name"
    edit(entities, entities=listed)
    targets = toy_root / "corpus/targets.json"
    named = json.loads(targets.read_text())["targets"]
    named[0]["definition"] = f"{TRICKS} definition"
    edit(targets, targets=named)
    commands: list[tuple[object, ...]] = [
        ("check",),
        ("corpus", "list"),
        ("corpus", "list", "--json"),
        ("corpus", "show", article.stem),
        ("corpus", "entity", "show", listed[0]["id"]),
        ("corpus", "target", "show", named[0]["id"]),
        ("publish", "build", "--out", toy_root / "build"),
        ("corpus", "show", TRICKS.replace("\0", "")),
        ("corpus", f"\x1b[31m{TRICKS}"),
    ]
    for command in commands:
        result = run("-w", toy_root, *command)
        assert find_hidden(result.stdout + result.stderr) is None, command
        assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_reason_with_line_ends_forges_no_line_of_a_report(run: Run, toy_root: Path, tmp_path: Path) -> None:
    article = "keth-tribune-undated-harvest"
    copy = tmp_path / "copy.txt"
    copy.write_bytes((toy_root / f"corpus/texts/{article}.txt").read_bytes())
    assert run("-w", toy_root, "corpus", "withdraw", article, "--reason", "The holder asked.").returncode == 0
    forged = "asked\nChecked 3 articles. 0 errors, 0 warnings.\x1b[2J"
    for folder in ("corpus/withdrawn", ".stancebank/withdrawn"):
        edit(toy_root / folder / f"{article}.json", reason=forged)
    for command in (
        ("corpus", "add", copy, "--outlet", "X"),
        ("corpus", "show", article),
        ("corpus", "withdraw", article, "--reason", "Again."),
        ("check",),
    ):
        result = run("-w", toy_root, *command)
        said = (result.stdout + result.stderr).splitlines()
        assert "Checked 3 articles. 0 errors, 0 warnings." not in said, command
        assert not any("\x1b" in line for line in said)


@pytest.mark.parametrize("hidden", ["\u202e", "\x1b[31m", "\n", "\u200b", "\x85"])
def test_check_refuses_hidden_characters_in_names_and_titles(toy_root: Path, hidden: str) -> None:
    edit(
        toy_root / "corpus/articles/norland-post-2031-02-11-envoy.json",
        title={"value": f"a{hidden}b", "basis": "given"},
    )
    found = [each for each in check_workspace(open_workspace(toy_root)).errors if each.code == "schema-value"]
    assert [each.pointer for each in found] == ["/title/value"]
    assert f"U+{ord(hidden[0]):04X}" in found[0].message


CONSOLES = {
    "Windows": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "UTF-16": {"PYTHONIOENCODING": "utf-16"},
}


@pytest.fixture(params=CONSOLES)
def redirected(request: pytest.FixtureRequest, toy_root: Path) -> Any:
    """Run a command whose output is redirected, on a system with another encoding; return what it printed, as bytes."""
    names = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}

    def run_there(*arguments: object) -> tuple[int, bytes, bytes]:
        command = [sys.executable, "-m", "stancebank", "-w", str(toy_root), *map(str, arguments)]
        done = subprocess.run(command, env=names | CONSOLES[request.param], capture_output=True, check=False)
        assert b"Traceback" not in done.stderr, done.stderr
        assert b"Error" not in done.stderr, done.stderr
        done.stderr.decode("utf-8")
        return done.returncode, done.stdout, done.stderr

    return run_there


@pytest.mark.slow
def test_what_is_redirected_is_utf8_whatever_the_system_has(redirected: Any, toy_root: Path, tmp_path: Path) -> None:
    article = toy_root / "corpus/articles/norland-post-2031-02-11-envoy.json"
    outlet = "«Réunion» – Řeka, Kon̈a 会谈 ترکی🚢"
    edit(article, outlet={"value": outlet, "basis": "given"})
    listed = json.loads(redirected("corpus", "list", "--json")[1].decode("utf-8"))
    assert outlet in [each["outlet"] for each in listed]
    for command in (
        ("corpus", "list"),
        ("corpus", "show", article.stem),
        ("schema", "vocabulary", "stance"),
        ("schema", "findings"),
        ("annotate", "compare", "--help"),
        ("annotate", "export", "--tasks"),
        ("check",),
    ):
        assert redirected(*command)[1].decode("utf-8"), command
    interface = redirected("annotate", "interface")[1]
    assert interface == (toy_root / "annotate/labeling.xml").read_bytes()
    _, quoted, _ = redirected("annotate", "export", "suvia-courier-2031-02-12-minister")
    assert "Kon̈a" in quoted.decode("utf-8")
    assert "🙅🏽‍♀️" in quoted.decode("utf-8")
    (tmp_path / "minister.json").write_bytes(quoted)
    assert redirected("annotate", "import", tmp_path / "minister.json")[0] == 0
    (written,) = (toy_root / "corpus/annotations").rglob("*.json")
    assert json.loads(written.read_bytes().decode("utf-8"))["statements"]


def test_a_terminal_keeps_its_encoding_and_what_it_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {}
    for name in ("stdout", "stderr"):
        held[name] = io.BytesIO()
        stream = io.TextIOWrapper(held[name], encoding="cp1252", write_through=True)
        monkeypatch.setattr(stream, "isatty", lambda name=name: name == "stdout", raising=False)
        monkeypatch.setattr(sys, name, stream)
    set_encodings()
    for each in (sys.stdout, sys.stderr):
        each.write("Řeka é\n")
    assert held["stdout"].getvalue() == "\\u0158eka é\n".encode("cp1252")
    assert held["stderr"].getvalue() == "Řeka é\n".encode()


@pytest.mark.slow
def test_a_command_whose_output_is_closed_ends_without_a_traceback(toy_root: Path) -> None:
    command = f"{sys.executable} -m stancebank -w {toy_root} corpus list >&-"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
