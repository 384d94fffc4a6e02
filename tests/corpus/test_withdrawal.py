"""A withdrawn article leaves no word behind, and is known again as far as hashes can tell."""

import itertools
import re
import textwrap

import pytest
from msgspec.structs import replace
from tests.conftest import TOY

from stancebank.corpus.cleaning import Source
from stancebank.corpus.withdraw import Known, Memory, make_withdrawal
from stancebank.model import Article, Lifting, Line, Withdrawal, to_builtins
from stancebank.records import to_json
from stancebank.text import sha256
from stancebank.workspace import Workspace, open_workspace

ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"


def withdraw(workspace: Workspace, article_id: str, *, words: bool = True) -> Withdrawal:
    article, text = held(workspace, article_id)
    return make_withdrawal(article, text if words else None, date="2031-05-02", reason="The publisher asked for it.")


def held(workspace: Workspace, article_id: str) -> tuple[Article, str]:
    article = workspace.store.article(article_id)
    text = workspace.store.text(article)
    assert text
    return article, text


def know(withdrawal: Withdrawal, text: str) -> Known | None:
    return Memory([withdrawal]).know_text(text)


def change_words(text: str, every: int) -> str:
    count = itertools.count(1)
    return re.sub(r"\w+", lambda word: "harbour" if next(count) % every == 0 else word[0], text)


def test_what_stays_says_no_word_of_the_article(toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, ENVOY)
    said = to_json(to_builtins(withdraw(toy_workspace, ENVOY)))
    words = {word.lower() for word in re.findall(r"\w{5,}", text)}
    stays = {word.lower() for word in re.findall(r"[^\W\d_]{5,}", said)}
    assert words & stays <= {"norland", "envoy"}  # they stand in the id


def test_the_same_text_is_known_whatever_it_is_called(toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, ENVOY)
    known = know(withdraw(toy_workspace, ENVOY), text)
    assert known
    assert known.is_same
    assert known.withdrawal.id == ENVOY
    memory = Memory([replace(withdraw(toy_workspace, ENVOY), text_sha256="0" * 64)])
    assert memory.know_text("other words", withdraw(toy_workspace, ENVOY).raw_sha256) == Known(
        memory.withdrawals[0], "text", 1.0
    )


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("’", "'").replace("“", '"').replace("”", '"').replace("–", "-"),
        lambda text: text.upper(),
        lambda text: text.replace("\n\n", "\n"),
        lambda text: "Skip to content\nMenu\nSubscribe\n\n" + text + "\n\nShare this\nCopyright 2031\n",
        lambda text: text[: len(text) // 2],
        lambda text: "\n".join(sorted(text.split("\n"))),
    ],
    ids=["typography", "case", "blank lines", "more of the page", "an excerpt", "another order"],
)
def test_a_copy_that_keeps_its_lines_is_known_with_and_without_words(change, words, toy_workspace: Workspace) -> None:  # type: ignore[no-untyped-def]
    _, text = held(toy_workspace, MINISTER)
    known = know(withdraw(toy_workspace, MINISTER, words=words), change(text))
    assert known
    assert not known.is_same
    assert known.share > 0.8


def test_a_copy_with_words_changed_all_over_is_known_by_its_runs_of_words(toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, ENVOY)
    changed = change_words(text, 20)
    known = know(withdraw(toy_workspace, ENVOY), changed)
    assert known
    assert known.by == "words"
    assert "of its runs of eight words are shared" in known.how


def test_what_cannot_be_known_is_not_claimed_to_be(toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, ENVOY)
    assert know(withdraw(toy_workspace, ENVOY), change_words(text, 5)) is None
    assert know(withdraw(toy_workspace, ENVOY, words=False), change_words(text, 10)) is None


def test_lines_that_were_joined_are_known_by_their_words(toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, MINISTER)
    known = know(withdraw(toy_workspace, MINISTER), text.replace("\n", " "))
    assert known
    assert known.by == "words"


@pytest.mark.parametrize("gone", [ENVOY, MINISTER])
def test_other_articles_are_not_taken_for_it(gone: str, toy_workspace: Workspace) -> None:
    memory = Memory([withdraw(toy_workspace, gone)])
    for article in toy_workspace.store.articles():
        if article.id != gone:
            assert memory.know_text(held(toy_workspace, article.id)[1]) is None
            assert memory.know_record(article) is None


def test_what_a_page_holds_beside_the_article_makes_no_likeness(toy_workspace: Workspace) -> None:
    article, text = held(toy_workspace, ENVOY)
    page = "\n".join(text[zone.begin : zone.end] for zone in article.zones if zone.zone in ("related", "boilerplate"))
    assert len(page.split()) > 8
    assert know(withdraw(toy_workspace, ENVOY), page) is None


def test_a_withdrawal_that_was_undone_knows_nothing(toy_workspace: Workspace) -> None:
    article, text = held(toy_workspace, ENVOY)
    lifted = replace(withdraw(toy_workspace, ENVOY), lifted=Lifting(date="2031-06-01", reason="Both agreed."))
    assert not Memory([lifted])
    assert know(lifted, text) is None
    assert Memory([lifted]).know_record(article) is None


def test_a_record_is_known_without_its_words(toy_workspace: Workspace) -> None:
    article, _ = held(toy_workspace, ENVOY)
    memory = Memory([withdraw(toy_workspace, ENVOY, words=False)])
    same = memory.know_record(article)
    alike = memory.know_record(replace(article, text_sha256=sha256("x"), raw_sha256=sha256("y")))
    assert same
    assert alike
    assert (same.by, alike.by) == ("text", "lines")


def test_the_toy_sources_are_known_as_they_come_in(toy_workspace: Workspace) -> None:
    from stancebank.corpus.sources import read_sources

    memory = Memory([withdraw(toy_workspace, ENVOY)])
    found = [
        memory.know_text(each.text, each.raw_sha256)
        for each in read_sources([TOY / "sources"])
        if isinstance(each, Source)
    ]
    assert sum(each is not None and each.is_same for each in found) == 1
    assert open_workspace(toy_workspace.root).store.withdrawal(ENVOY) is None


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: re.sub(r"(\w)(\w)", "\\1\u00ad\\2", text),
        lambda text: text.replace("e", "e\u200d").replace("a", "a\u2060").replace("i", "i\ufe0f"),
        lambda text: text.replace("e", "\u0435").replace("o", "\u043e"),
        lambda text: "".join(chr(ord(each) + 0xFEE0) if each.isascii() and each.isalpha() else each for each in text),
        lambda text: "\n".join(text.split()),
        lambda text: textwrap.fill(text, 30),
        lambda text: textwrap.fill(re.sub(r"(\w)(\w)", "\\1\u00ad\\2", text), 30),
    ],
    ids=["soft hyphens", "joiners", "look-alikes", "full width", "a word a line", "wrapped at 30", "both"],
)
def test_a_disguised_copy_is_known(disguise, toy_workspace: Workspace) -> None:  # type: ignore[no-untyped-def]
    _, text = held(toy_workspace, ENVOY)
    known = know(replace(withdraw(toy_workspace, ENVOY), lines=()), disguise(text))
    assert known
    assert known.share > 0.8


@pytest.mark.parametrize(
    "text",
    [
        "苏维亚的部长星期二表示港口委员会不会在春季之前开放北部码头。\n他还说没有任何人要求进行谈判而且以后也不会有人提出这种要求。",
        "รัฐมนตรีของซูเวียกล่าวเมื่อวันอังคารว่าคณะกรรมการท่าเรือจะไม่เปิดท่าเทียบเรือทางเหนือก่อนฤดูใบไม้ผลิ",
    ],
    ids=["Chinese", "Thai"],
)
def test_a_text_without_spaces_is_known_when_it_was_changed(text: str, toy_workspace: Workspace) -> None:
    article, _ = held(toy_workspace, ENVOY)
    line = Line(begin=0, end=len(text), fingerprint="0" * 16)
    article = replace(article, lines=(line,), zones=(), length=len(text))
    withdrawal = make_withdrawal(article, text, date="2031-05-02", reason="The publisher asked for it.")
    known = know(withdrawal, text[:12] + "和" + text[13:])
    assert known
    assert known.by == "words"
    assert know(withdrawal, "港口很漂亮，春季的时候有很多人来这里散步，也有人在码头钓鱼。") is None


@pytest.mark.parametrize("hidden", ["\u00ad", "\u200b", "\u200d", "\ufeff"])
def test_a_copy_with_hidden_characters_is_known_without_any_words(hidden: str, toy_workspace: Workspace) -> None:
    _, text = held(toy_workspace, ENVOY)
    copy = "".join(f"{each}{hidden}" if each.isalpha() else each for each in text)
    known = know(withdraw(toy_workspace, ENVOY, words=False), copy)
    assert known
    assert known.is_same
    known = know(withdraw(toy_workspace, ENVOY, words=False), "Another paragraph.\n\n" + copy)
    assert known
    assert (known.by, known.share) == ("lines", 1.0)
