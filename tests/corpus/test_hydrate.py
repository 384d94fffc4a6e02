"""Hydration: copies are recognised by their lines, proved, and never bent to fit."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Run

from stancebank.corpus.cleaning import Source, clean
from stancebank.corpus.hydrate import _digests, hydrate, restore
from stancebank.corpus.ingest import make_article
from stancebank.model import Article
from stancebank.workspace import Workspace

ENVOY = "norland-post-2031-02-11-envoy"


def words(workspace: Workspace) -> str:
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text is not None
    return text


def state(workspace: Workspace, *copies: bytes) -> tuple[str, str | None, int]:
    store = workspace.store
    sources = [Source(f"copy-{n}", clean(copy, "x"), "0" * 64) for n, copy in enumerate(copies)]
    (result,) = hydrate([store.article(ENVOY)], store.all_documents(), sources)
    return result.state, result.text, result.lines_found


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.strip("\n"),
        lambda text: "\n\n" + text.replace("\n\n", "\n\n\n"),
        lambda text: text.replace("\n\n", "\n"),
    ],
    ids=["equal", "CRLF", "BOM", "no final newline", "more blank lines", "no blank lines"],
)
def test_a_copy_with_the_same_lines_gives_the_stored_text_back(
    change: Callable[[str], str], toy_workspace: Workspace
) -> None:
    text = words(toy_workspace)
    assert state(toy_workspace, change(text).encode())[:2] == ("verified", text)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("lake", "pond"),
        lambda text: text.replace("’", "'").replace("“", '"').replace("”", '"'),
        lambda text: text.replace("ADVERTISEMENT", "Advertisement"),
        lambda text: "Page 1 of 3\n" + text,
        lambda text: "\n\n".join(text.split("\n\n")[:-1]),
    ],
    ids=["a word", "typography", "case", "a page header", "a missing paragraph"],
)
def test_a_copy_that_differs_is_reported_and_gives_nothing(
    change: Callable[[str], str], toy_workspace: Workspace
) -> None:
    changed = change(words(toy_workspace))
    assert changed != words(toy_workspace)
    found = state(toy_workspace, changed.encode())
    assert found[:2] == ("mismatch", None)
    assert found[2] >= 8


def test_what_is_no_copy_is_missing(toy_workspace: Workspace) -> None:
    assert state(toy_workspace, b"Something else\n\nentirely.") == ("missing", None, 0)
    assert state(toy_workspace) == ("missing", None, 0)


def test_an_exact_copy_goes_before_a_changed_one(toy_workspace: Workspace) -> None:
    text = words(toy_workspace)
    assert state(toy_workspace, text.replace("lake", "pond").encode(), text.encode())[:2] == ("verified", text)


def test_spans_that_hold_other_words_are_named(toy_workspace: Workspace) -> None:
    path = toy_workspace.root / toy_workspace.store.document_name(ENVOY, None)
    document = json.loads(path.read_text())
    document["statements"][1]["content"][0]["fingerprint"] = "0" * 16
    path.write_text(json.dumps(document))
    store = toy_workspace.store
    source = Source("copy", words(toy_workspace), "0" * 64)
    (result,) = hydrate([store.article(ENVOY)], store.all_documents(), [source])
    assert result.wrong_spans == ("/statements/1/content/0",)


@pytest.fixture
def withheld(toy_root: Path, tmp_path: Path) -> Path:
    """The toy workspace with all texts withheld and away; copies under other names in a folder beside it."""
    copies = tmp_path / "copies"
    copies.mkdir()
    for number, file in enumerate(sorted((toy_root / "corpus/texts").iterdir())):
        text = file.read_bytes().decode()
        if number == 1:
            (copies / "two.json").write_text(json.dumps({"text": text, "title": "Some title"}))
        else:
            (copies / f"download ({number}).txt").write_text(text)
    shutil.rmtree(toy_root / "corpus/texts")
    for record in (toy_root / "corpus/articles").iterdir():
        record.write_text(record.read_text().replace('"text_policy": "full"', '"text_policy": "withheld"'))
    return copies


@pytest.mark.slow
def test_the_local_store_is_filled_whatever_the_files_are_called(withheld: Path, toy_root: Path, run: Run) -> None:
    result = run("-w", toy_root, "corpus", "hydrate", withheld, "--json")
    assert result.returncode == 0, result.stderr
    assert [row["state"] for row in json.loads(result.stdout)] == ["verified"] * 3
    files = sorted((toy_root / ".stancebank/texts").iterdir())
    assert len(files) == 3
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    assert run("-w", toy_root, "corpus", "hydrate", withheld).returncode == 0
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before
    assert not (toy_root / "corpus/texts").exists()
    check = run("-w", toy_root, "check", "--json")
    assert {each["code"] for each in json.loads(check.stdout)["findings"]} <= {"history-unread"}


def test_a_different_copy_is_not_stored(withheld: Path, toy_root: Path, run: Run) -> None:
    for file in withheld.glob("*.txt"):
        file.write_text(file.read_text().replace("river", "brook").replace("barley", "oats"))
    result = run("-w", toy_root, "corpus", "hydrate", withheld)
    assert result.returncode == 1
    assert "mismatch" in result.stdout
    assert "1 verified, 2 mismatch, 0 missing." in result.stderr
    assert len(list((toy_root / ".stancebank/texts").iterdir())) == 1


def test_a_folder_of_two_thousand_other_files_is_no_burden(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    sources = [Source(f"{n}", f"Report {n}\n\nNothing of note on day {n}.\n", "0" * 64) for n in range(2000)]
    results = hydrate(
        store.articles(), store.all_documents(), [*sources, Source("copy", words(toy_workspace), "0" * 64)]
    )
    assert sorted(result.state for result in results) == ["missing", "missing", "verified"]


def test_a_text_whose_spans_hold_other_words_is_not_stored(withheld: Path, toy_root: Path, run: Run) -> None:
    path = toy_root / f"corpus/gold/{ENVOY}.json"
    document = json.loads(path.read_text())
    document["statements"][0]["content"][0]["fingerprint"] = "0" * 16
    path.write_text(json.dumps(document))
    result = run("-w", toy_root, "corpus", "hydrate", withheld, "--json")
    assert result.returncode == 1
    rows = {row["id"]: row for row in json.loads(result.stdout)}
    assert rows[ENVOY]["state"] == "mismatch"
    assert rows[ENVOY]["detail"].startswith("1 of ")
    assert sorted(path.stem for path in (toy_root / ".stancebank/texts").iterdir()) == sorted(rows.keys() - {ENVOY})


def test_a_document_on_another_text_does_not_keep_the_words_away(toy_workspace: Workspace) -> None:
    path = toy_workspace.root / toy_workspace.store.document_name(ENVOY, None)
    document = json.loads(path.read_text()) | {"text_sha256": "0" * 64}
    document["statements"][0]["content"][0]["fingerprint"] = "0" * 16
    path.write_text(json.dumps(document))
    assert state(toy_workspace, words(toy_workspace).encode())[0] == "verified"


def test_files_that_cannot_be_read_as_articles_are_left_out_and_named(withheld: Path, toy_root: Path, run: Run) -> None:
    (withheld / "picture.txt").write_bytes(b"\x89PNG")
    (withheld / "other.json").write_text('{"name": "no article"}')
    result = run("-w", toy_root, "corpus", "hydrate", withheld)
    assert result.returncode == 0
    assert result.stderr.count("Left out: ") == 2
    assert "picture.txt is a binary file" in result.stderr


def test_a_folder_without_any_copy_is_no_success(toy_root: Path, tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("Something else entirely.\n")
    result = run("-w", toy_root, "corpus", "hydrate", folder)
    assert (result.returncode, result.stderr) == (1, "0 verified, 0 mismatch, 3 missing.\n")
    assert not (toy_root / ".stancebank/texts").exists()


@pytest.mark.slow
def test_of_many_copies_that_share_lines_each_is_read_once_and_only_the_right_one_is_restored(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    article, text = toy_workspace.store.article(ENVOY), words(toy_workspace)
    read: list[str] = []
    restored: list[str] = []

    def noted(text: str) -> set[str]:
        read.append(text)
        return _digests(text)

    def tried(who: Article, copy: str) -> str | None:
        restored.append(copy)
        return restore(who, copy)

    monkeypatch.setattr(f"{hydrate.__module__}._digests", noted)
    monkeypatch.setattr(f"{hydrate.__module__}.restore", tried)
    sources = [Source(f"{n}", text.replace("lake", f"pond {n}"), "0" * 64) for n in range(400)]
    results = hydrate([article] * 200, [], [*sources, Source("copy", text, "0" * 64)])
    assert {(result.state, result.copy) for result in results} == {("verified", "copy")}
    assert len(read) == len(set(read)) == 401
    assert restored == [text] * 200


def test_the_report_says_of_every_span_what_was_proved_and_how(toy_root: Path, run: Run, tmp_path: Path) -> None:
    article = json.loads((toy_root / f"corpus/articles/{ENVOY}.json").read_text())
    text = (toy_root / f"corpus/texts/{ENVOY}.txt").read_text(encoding="utf-8")
    copies = tmp_path / "copies"
    copies.mkdir()
    changed = text.replace("patrol boats from the lake", "patrol boats from the pond")
    joined = changed.replace("\n\nThe Lake Council", " The Lake Council")  # one paragraph where there were two
    assert len({text, changed, joined}) == 3
    (copies / "a.txt").write_text("Page 1 of 2\n\n" + joined, encoding="utf-8")
    result = run("-w", toy_root, "corpus", "hydrate", copies, "--report", "--json")
    assert result.returncode == 1
    (row,) = [each for each in json.loads(result.stdout) if each["id"] == article["id"]]
    gold = json.loads((toy_root / f"corpus/gold/{ENVOY}.json").read_text())
    copy = (copies / "a.txt").read_text(encoding="utf-8")
    outcomes = set()
    for span in row["spans"]:
        value = gold
        for part in span["pointer"].split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]
        outcomes.add(span["outcome"])
        assert span["document"] == "gold"
        assert (span["begin"] is not None) == (span["outcome"] in ("line", "block"))
        if span["begin"] is not None:
            assert copy[span["begin"] : span["end"]] == text[value["begin"] : value["end"]]
    assert {"line", "block", "changed"} <= outcomes
    shown = run("-w", toy_root, "corpus", "hydrate", copies, "--report")
    assert "/statements/0/content/0" in shown.stdout
    assert "its line is unchanged" in shown.stdout


def test_the_report_on_a_proved_text_says_text_for_every_span(toy_root: Path, run: Run, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    shutil.copy(toy_root / f"corpus/texts/{ENVOY}.txt", copies / "whatever.txt")
    result = run("-w", toy_root, "corpus", "hydrate", copies, "--report", "--json")
    (row,) = [each for each in json.loads(result.stdout) if each["state"] == "verified"]
    assert row["id"] == ENVOY
    assert len(row["spans"]) > 20
    assert {span["outcome"] for span in row["spans"]} == {"text"}


HIDDEN: dict[str, Callable[[str], str]] = {
    "soft hyphens": lambda text: text.replace("tion", "\u00adtion"),
    "zero width spaces": lambda text: text.replace(" ", " \u200b"),
    "joiners": lambda text: text.replace("th", "t\u200dh").replace("an", "a\u200cn"),
    "direction": lambda text: text.replace("“", "\u202b“").replace("”", "”\u202c").replace(". ", ".\u200e "),
    "word joiners and marks in the middle": lambda text: text.replace("-", "\u2060-\u2060").replace("a", "a\ufeff"),
    "blank lines with a character": lambda text: text.replace("\n\n", "\n\u200b\n"),
    "variation selectors": lambda text: text.replace("e", "e\ufe0e"),
    "all of them": lambda text: "\u200b".join(f"{each}\u00ad" if each.isalpha() else each for each in text),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_copy_that_differs_by_what_is_not_drawn_is_the_text(name: str, toy_workspace: Workspace) -> None:
    text = words(toy_workspace)
    copy = HIDDEN[name](text)
    assert copy != text
    assert state(toy_workspace, copy.encode())[:2] == ("verified", text)


def test_what_a_text_needs_itself_stays_when_a_copy_has_more(toy_workspace: Workspace) -> None:
    stored = (
        "نورلند مذاکره نمی\u200cکند\n\nسخنگو گفت که سوویا باید پادگان\u200cها را تخلیه کند.\n\n"
        "A family \U0001f468\u200d\U0001f469\u200d\U0001f467 crossed the bridge \u2764\ufe0f.\n"
    )
    article = make_article(Source("stored", stored, "0" * 64), {"outlet": "Norland Post"})
    ways: tuple[Callable[[str], str], ...] = (
        lambda text: text.replace(" ", " \u200b"),
        lambda text: text.replace("که", "\u200fکه").replace("bri", "bri\u00ad"),
        lambda text: text,
    )
    for hide in ways:
        (found,) = hydrate([article], [], [Source("copy", hide(stored), "0" * 64)])
        assert (found.state, found.text) == ("verified", stored)
    dropped = stored.replace("\u200c", "")
    (found,) = hydrate([article], [], [Source("copy", dropped, "0" * 64)])
    assert found.state != "verified"  # what is lost cannot be proved


def test_spans_are_proved_in_a_copy_with_hidden_characters_and_other_words(toy_workspace: Workspace) -> None:
    store = toy_workspace.store
    article, gold = store.article(ENVOY), store.gold(ENVOY)
    assert gold
    text = words(toy_workspace)
    changed = text.replace("lake", "pond", 1)
    copy = "".join(f"{each}\u00ad" if each.isalpha() else each for each in changed)
    plain, hidden = (hydrate([article], [gold], [Source("copy", each, "0" * 64)])[0] for each in (changed, copy))
    assert plain.state == hidden.state == "mismatch"
    assert plain.spans_found == hidden.spans_found > 10
    for one, other in zip(plain.spans, hidden.spans, strict=True):
        assert one.outcome == other.outcome
        if one.begin is not None and other.begin is not None:
            assert copy[other.begin : other.end].replace("\u00ad", "") == changed[one.begin : one.end]
