"""A text that several outlets print: an article each, linked to the first one, and never written over it."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from tests.conftest import Run, lay_first
from tests.corpus.test_intake import tree
from tests.publish.test_privacy import facts_of

from stancebank.check.workspace import check_workspace
from stancebank.cli import stancebank
from stancebank.corpus.hydrate import hydrate_store
from stancebank.corpus.present import Present
from stancebank.errors import ConflictError, InputError
from stancebank.publish.card.brief import counts
from stancebank.workspace import open_workspace

TEXT = "Envoy rules out talks\n\nThe envoy said Norland would not meet Suvia before the garrisons leave the valley.\n"
POST = {"outlet": "Norland Post", "published": "2031-02-11", "url": "https://norland-post.example/a"}
COURIER = {"outlet": "Suvia Courier", "published": "2031-02-12", "url": "https://suvia-courier.example/b"}
FIRST = "norland-post-2031-02-11-envoy-rules-out-talks"
SECOND = "suvia-courier-2031-02-12-envoy-rules-out-talks"
LATER = "norland-post-2031-02-13-envoy-rules-out-talks"


def add(root: Path, *sources: dict[str, Any], options: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    file = root.parent / "wire.jsonl"
    file.write_text("".join(json.dumps({"text": TEXT, **each}) + "\n" for each in sources))
    result = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "add", str(file), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout.splitlines()


def record(root: Path, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((root / f"corpus/articles/{name}.json").read_text())
    return value


def names(root: Path) -> set[str]:
    return {path.stem for path in (root / "corpus/articles").glob("*.json")}


def test_articles_are_known_by_id_and_text_before_they_are_written_and_after(empty_root: Path) -> None:
    assert add(empty_root, POST, COURIER)[0] == 0
    store = open_workspace(empty_root).store
    present = Present(store)
    first, second = store.article(FIRST), store.article(SECOND)
    assert [each.id for each in present.with_text(first.text_sha256)] == [FIRST, SECOND]
    assert (present.reprint_of(FIRST), present.reprint_of(SECOND), present.get(LATER)) == (SECOND, None, None)
    later = msgspec.structs.replace(first, id=LATER, text_sha256="0" * 64, reprint_of=FIRST)
    present.plan(later)
    assert present.get(LATER) == msgspec.structs.replace(later, lines=())
    assert LATER in present
    present.drop(later)
    present.drop(later)
    assert (present.get(LATER), present.with_text("0" * 64)) == (None, [])
    present.plan(msgspec.structs.replace(second, text_sha256="0" * 64, reprint_of=None))  # in the place of another text
    assert [each.id for each in present.with_text(first.text_sha256)] == [FIRST]
    assert [each.id for each in present.with_text("0" * 64)] == [SECOND]
    assert (present.reprint_of(FIRST), sorted(present)) == (None, [FIRST, SECOND])
    present.settle()
    assert present.get(SECOND) == msgspec.structs.replace(second, lines=())  # what is written counts


@pytest.mark.parametrize("options", [(), ("--update",), ("--reprint",)])
def test_a_text_from_another_outlet_is_a_second_article_with_a_link(options: tuple[str, ...], empty_root: Path) -> None:
    assert add(empty_root, POST, COURIER, options=options) == (
        0,
        [f"added  {FIRST}", f"added  {SECOND} (a reprint of {FIRST})"],
    )
    first, second = record(empty_root, FIRST), record(empty_root, SECOND)
    assert (first["outlet"]["value"], first["published"]["value"], first["url"]["value"]) == tuple(POST.values())
    assert (second["outlet"]["value"], second["published"]["value"], second["url"]["value"]) == tuple(COURIER.values())
    assert "reprint_of" not in first
    assert second["reprint_of"] == FIRST
    assert not check_workspace(open_workspace(empty_root)).errors


def test_both_are_known_again(empty_root: Path) -> None:
    add(empty_root, POST, COURIER)
    before = tree(empty_root)
    for each in ((POST, COURIER), (COURIER, POST), (COURIER,)):
        code, said = add(empty_root, *each)
        assert (code, {line.split()[0] for line in said}) == (0, {"unchanged"})
    assert add(empty_root, COURIER, options=("--reprint",))[1] == [f"unchanged  {SECOND}"]
    assert tree(empty_root) == before
    changed = {**COURIER, "author": "A. Reporter"}
    assert add(empty_root, changed)[1][0].startswith(f"differs  {SECOND} (author;")
    assert add(empty_root, changed, options=("--update",))[1] == [f"updated  {SECOND}"]
    assert record(empty_root, SECOND)["reprint_of"] == FIRST


def test_lists_and_articles_say_that_it_is_a_reprint(empty_root: Path, run: Run) -> None:
    add(empty_root, POST, COURIER)
    listed = json.loads(run("-w", empty_root, "corpus", "list", "--json").stdout)
    assert {each["id"]: each["reprint_of"] for each in listed} == {FIRST: None, SECOND: FIRST}
    assert f"a reprint of {FIRST}" in " ".join(run("-w", empty_root, "corpus", "show", SECOND).stdout.split())


def test_a_third_printing_names_the_first_one(empty_root: Path) -> None:
    add(empty_root, POST, COURIER)
    tribune = {"outlet": "Keth Tribune", "published": "2031-02-13", "reprint_of": SECOND}
    assert add(empty_root, tribune)[0] == 0
    assert record(empty_root, "keth-tribune-2031-02-13-envoy-rules-out-talks")["reprint_of"] == FIRST
    assert not check_workspace(open_workspace(empty_root)).errors


def test_the_same_outlet_prints_a_text_again_only_if_somebody_says_so(empty_root: Path) -> None:
    add(empty_root, POST)
    again = {**POST, "published": "2031-02-13", "url": "https://norland-post.example/c"}
    before = tree(empty_root)
    assert add(empty_root, again) == (
        4,
        [f"differs  {FIRST} (published, url; --update takes the new values, --reprint adds it as another article)"],
    )
    assert tree(empty_root) == before
    assert add(empty_root, again, options=("--reprint",))[1] == [f"added  {LATER} (a reprint of {FIRST})"]
    with pytest.raises(ConflictError, match=f"{FIRST} and {LATER} have this text.*\nHint: pass --reprint"):
        add(empty_root, {**POST, "published": "2031-02-14", "url": "https://norland-post.example/d"})


@pytest.mark.parametrize("outlet", ["The Norland Post", "norland-post.example", "Norland-Post", "Norlandpost"])
def test_an_outlet_that_is_spelled_alike_is_asked_about(outlet: str, empty_root: Path) -> None:
    add(empty_root, POST)
    before = tree(empty_root)
    with pytest.raises(ConflictError, match="from 'Norland Post', which reads like") as caught:
        add(empty_root, {**POST, "outlet": outlet})
    assert "Hint: give the outlet as it is recorded" in str(caught.value)
    assert tree(empty_root) == before
    assert add(empty_root, {**POST, "outlet": outlet, "slug": "again"}, options=("--reprint",))[0] == 0


def test_an_edited_copy_names_what_it_reprints(empty_root: Path) -> None:
    edited = {**COURIER, "text": TEXT.replace("garrisons", "troops")}
    assert add(empty_root, {**edited, "reprint_of": FIRST}, POST)[0] == 0
    assert record(empty_root, SECOND)["reprint_of"] == FIRST
    assert record(empty_root, SECOND)["text_sha256"] != record(empty_root, FIRST)["text_sha256"]
    other = {**COURIER, "text": TEXT.replace("garrisons", "guards"), "published": "2031-02-15"}
    assert add(empty_root, other, options=("--reprint-of", FIRST))[0] == 0


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ({**COURIER, "reprint_of": FIRST[:-6]}, ("--update",), f"Did you mean '{FIRST}'?"),
        ({**COURIER, "reprint_of": "nothing-like-it", "text": "Other words.\n"}, (), "there is no such article"),
        ({**POST, "reprint_of": FIRST}, ("--update",), "would be a reprint of itself"),
        ({**POST, "reprint_of": SECOND}, ("--update",), "would be a reprint of itself"),
        ({"outlet": "Norland Post", "slug": FIRST[24:], "published": "2031-02-11", "url": "https://x.example"},
         ("--reprint",), "that of the article that it reprints"),
    ],
)  # fmt: skip
def test_a_link_leads_to_the_first_one_or_is_refused(
    source: dict[str, Any], options: tuple[str, ...], said: str, empty_root: Path
) -> None:
    add(empty_root, POST, COURIER)
    before = tree(empty_root)
    with pytest.raises((InputError, ConflictError)) as caught:
        add(empty_root, source, options=options)
    assert said in str(caught.value)
    assert tree(empty_root) == before


def test_the_first_of_reprints_becomes_none_itself(empty_root: Path) -> None:
    add(empty_root, POST, COURIER, {"outlet": "Keth Tribune", "text": "The weir of Keth holds.\n", "slug": "weir"})
    with pytest.raises(InputError, match=f"{FIRST} cannot be a reprint, since {SECOND} is one of it"):
        add(empty_root, {**POST, "reprint_of": "keth-tribune-undated-weir"}, options=("--update",))


def test_the_words_have_the_rights_that_they_had_unless_others_are_given(empty_root: Path) -> None:
    add(empty_root, {**POST, "text_policy": "withheld", "holder": "Norland Press", "event": "talks"})
    add(empty_root, COURIER)
    second = record(empty_root, SECOND)
    assert second["rights"] == record(empty_root, FIRST)["rights"]
    assert second["rights"]["text_policy"] == "withheld"  # the workspace's own default is full
    assert second["event"] == {"value": "talks", "basis": "inferred"}
    tribune = {"outlet": "Keth Tribune", "holder": "Keth Tribune", "event": "weir", "published": "2031-02-13"}
    add(empty_root, tribune)
    third = record(empty_root, "keth-tribune-2031-02-13-envoy-rules-out-talks")
    assert (third["rights"]["holder"], third["rights"]["text_policy"]) == ("Keth Tribune", "withheld")
    assert third["event"] == {"value": "weir", "basis": "given"}


def test_one_copy_gives_its_words_to_both(empty_root: Path, tmp_path: Path) -> None:
    add(empty_root, {**POST, "text_policy": "withheld"}, COURIER)
    for path in (empty_root / ".stancebank/texts").glob("*.txt"):
        path.unlink()
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies/wire.txt").write_text(TEXT)
    results, left_out = hydrate_store(open_workspace(empty_root).store, tmp_path / "copies")
    assert {each.article.id: each.outcome for each in results} == {FIRST: "verified", SECOND: "verified"}
    assert left_out == []
    assert {path.stem for path in (empty_root / ".stancebank/texts").glob("*.txt")} == {FIRST, SECOND}


@pytest.mark.slow
def test_words_that_one_printing_withholds_and_another_shows_are_no_leak(empty_root: Path, run: Run) -> None:
    add(empty_root, {**POST, "text_policy": "withheld"}, {**COURIER, "text_policy": "full"})
    assert (empty_root / f"corpus/texts/{SECOND}.txt").is_file()
    assert not (empty_root / f"corpus/texts/{FIRST}.txt").exists()
    assert not check_workspace(open_workspace(empty_root)).errors


def test_a_card_counts_reprints_and_what_is_said_in_them_again(toy_root: Path) -> None:
    workspace = open_workspace(toy_root)
    plain = counts(facts_of(workspace))
    assert "reprints" not in plain
    (first, *_) = (each for each in workspace.store.articles() if workspace.store.gold(each.id))
    again = max(workspace.store.documents(None), key=lambda each: len(each.statements))
    reprint = msgspec.structs.replace(workspace.store.article(again.article_id), reprint_of=first.id)
    assert reprint.id != first.id
    workspace.store.write_article(reprint, workspace.store.text(reprint) or "")
    told = counts(facts_of(open_workspace(toy_root)))
    assert f"| of these, reprints of another article (their statements) | 1 ({len(again.statements)}) |" in told


@pytest.mark.slow
def test_to_withdraw_one_names_the_other_and_check_does(empty_root: Path, run: Run) -> None:
    add(empty_root, POST, COURIER)
    asked = ("corpus", "withdraw", FIRST, "--reason", "The agency asked for it.")
    told = run("-w", empty_root, *asked, "--dry-run")
    assert f"\n  {SECOND}\nHint: withdraw them, too." in told.stderr
    assert json.loads(run("-w", empty_root, *asked, "--json").stdout)["printings"] == [SECOND]
    found = {(each.code, each.file) for each in check_workspace(open_workspace(empty_root)).errors}
    assert ("withdrawn-returned", f"corpus/articles/{SECOND}.json") in found
    assert ("reprint-unknown", f"corpus/articles/{SECOND}.json") in found
    last = run("-w", empty_root, "corpus", "withdraw", SECOND, "--reason", "The agency asked for it.")
    assert "have its text" not in last.stderr
    assert not check_workspace(open_workspace(empty_root)).errors
    with pytest.raises(ConflictError, match="was withdrawn"):
        add(empty_root, {"outlet": "Keth Tribune"})


def test_a_workspace_of_the_first_edition_has_a_text_once(tmp_path: Path) -> None:
    root = lay_first(tmp_path / "first")
    assert add(root, POST)[0] == 0
    before = tree(root)
    with pytest.raises(ConflictError, match=f"{FIRST} has this text already.*\nHint: .*schema migrate"):
        add(root, COURIER, options=("--update",))
    assert tree(root) == before
