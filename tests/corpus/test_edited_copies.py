"""Spans in copies that were edited as people and pages do: none is put on other words."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.conftest import OWN_SCHEMA, REPO, TOY
from tests.corpus.copies import Reading, in_edition, make_reading, readings, sentence
from tests.test_founding import ARTICLES, needs_words

from stancebank.corpus.cleaning import Source
from stancebank.corpus.hydrate import hydrate
from stancebank.corpus.ingest import make_article
from stancebank.corpus.realign import Anchor, reanchor
from stancebank.corpus.sources import read_sources
from stancebank.corpus.store import Store
from stancebank.model import Span, document_spans
from stancebank.text import fingerprint, fold, normalise

Piece = tuple[str, int | None]  # characters of a copy, and the offset in the stored text that they stand for


Paragraph = list[Piece]


Page = list[Paragraph]


Edit = Callable[[Page, random.Random], Page]


def open_page(text: str) -> Page:
    """The paragraphs of a text, each character with its offset."""
    page: Page = []
    begin = 0
    for line in text.split("\n"):
        if line.strip():
            page.append([(character, begin + place) for place, character in enumerate(line)])
        begin += len(line) + 1
    return page


def loose(words: str) -> Paragraph:
    """A paragraph that no stored text has."""
    return [(character, None) for character in words]


def set_other_types(page: Page, rng: random.Random) -> Page:
    """Other quotation marks, dashes, ellipses and ligatures, and another case."""
    swaps = {"’": "'", "‘": "'", "“": '"', "”": "»", '"': "“", "'": "’", "—": "-", "-": "–", "…": "...", "ﬁ": "fi"}
    edited: Page = []
    for paragraph in page:
        new: Paragraph = []
        upper = rng.random() < 0.1
        for character, source in paragraph:
            new.append((swaps.get(character, character.upper() if upper else character), source))
        for place in range(len(new) - 2):
            if [piece[0] for piece in new[place : place + 3]] == [".", ".", "."] and rng.random() < 0.5:
                new[place : place + 3] = [("…", new[place][1]), ("", new[place + 1][1]), ("", new[place + 2][1])]
        edited.append(new)
    return edited


def space_out(page: Page, rng: random.Random) -> Page:
    """Other white space inside lines and at their ends."""
    kinds = ["  ", "\u00a0", "\t", "    ", "\u2009"]
    return [
        [
            *loose(" " * rng.randrange(3)),
            *((rng.choice(kinds) if c == " " and rng.random() < 0.3 else c, source) for c, source in paragraph),
        ]
        for paragraph in page
    ]


def insert_paragraphs(page: Page, rng: random.Random) -> Page:
    """New paragraphs, of the words that the others are made of."""
    edited = list(page)
    for _ in range(rng.randint(1, 3)):
        words = [piece[0] for paragraph in page for piece in paragraph]
        start = rng.randrange(max(1, len(words) - 80))
        drawn = "".join(words[start : start + rng.randint(20, 80)]).replace("\n", " ").strip()
        edited.insert(rng.randint(0, len(edited)), loose(drawn or sentence(rng, 9)))
    return edited


def drop_paragraphs(page: Page, rng: random.Random) -> Page:
    """Paragraphs are missing."""
    dropped = set(rng.sample(range(len(page)), min(len(page) - 1, rng.randint(1, 2))))
    return [paragraph for number, paragraph in enumerate(page) if number not in dropped]


def print_pages(page: Page, rng: random.Random) -> Page:
    """Page headers and footers, between paragraphs and inside them."""
    edited: Page = []
    number = 0
    for paragraph in page:
        edited.append(paragraph)
        if rng.random() < 0.3:
            number += 1
            marks = [loose(f"Page {number} of 9"), loose("The Norland Post - printed for a reader")]
            spaces = [place for place, piece in enumerate(paragraph) if piece[0] == " "]
            if spaces and rng.random() < 0.4:
                cut = rng.choice(spaces)
                edited[-1:] = [paragraph[:cut], *marks, paragraph[cut + 1 :]]
            else:
                edited += marks
    return edited


def change_words(page: Page, rng: random.Random) -> Page:
    """Single words are others, gone or new; the others are words of the same article."""
    vocabulary = [word for paragraph in page for word in "".join(piece[0] for piece in paragraph).split()]
    edited = list(page)
    for number in rng.sample(range(len(page)), max(1, len(page) // 4)):
        paragraph = list(edited[number])
        for _ in range(rng.randint(1, 3)):
            words = [match.span() for match in re.finditer(r"\S+", "".join(piece[0][:1] or "_" for piece in paragraph))]
            begin, end = rng.choice(words) if words else (0, 0)
            new = rng.choice(["", *rng.choices(vocabulary, k=4)])
            if fold(new) != fold("".join(piece[0] for piece in paragraph[begin:end])):
                paragraph[begin:end] = loose(new)
        edited[number] = paragraph
    return edited


def repeat_lines(page: Page, rng: random.Random) -> Page:
    """Lines are printed twice."""
    edited = list(page)
    for _ in range(rng.randint(1, 2)):
        edited.insert(rng.randint(0, len(edited)), rng.choice(page))
    return edited


def swap_paragraphs(page: Page, rng: random.Random) -> Page:
    """Two paragraphs change places."""
    edited = list(page)
    one, other = rng.sample(range(len(page)), 2) if len(page) > 1 else (0, 0)
    edited[one], edited[other] = edited[other], edited[one]
    return edited


def join_paragraphs(page: Page, rng: random.Random) -> Page:
    """Two paragraphs run together."""
    if len(page) < 2:
        return page
    number = rng.randrange(len(page) - 1)
    return [*page[:number], [*page[number], (" ", None), *page[number + 1]], *page[number + 2 :]]


EDITS: dict[str, tuple[Edit, ...]] = {
    "typography": (set_other_types,),
    "white space": (space_out,),
    "inserted paragraphs": (insert_paragraphs,),
    "missing paragraphs": (drop_paragraphs,),
    "page headers and footers": (print_pages,),
    "changed words": (change_words,),
    "repeated lines": (repeat_lines,),
    "swapped paragraphs": (swap_paragraphs,),
    "joined paragraphs": (join_paragraphs,),
    "typography, white space, changed words": (set_other_types, change_words, space_out),
    "all of them": (
        *(repeat_lines, swap_paragraphs, drop_paragraphs, insert_paragraphs, join_paragraphs),
        *(change_words, set_other_types, print_pages, space_out),
    ),
}


FLOORS = {  # the least share of spans that has to be found
    "typography": 1.0,
    "white space": 1.0,
    "inserted paragraphs": 0.95,
    "missing paragraphs": 0.7,
    "page headers and footers": 0.85,
    "changed words": 0.75,
    "repeated lines": 0.9,
    "swapped paragraphs": 0.7,
    "joined paragraphs": 0.85,
    "typography, white space, changed words": 0.75,
    "all of them": 0.35,
}


def copy_of(page: Page) -> tuple[str, list[int | None]]:
    """The text that a page is, and for each of its characters the offset of the stored character it stands for."""
    pieces = [piece for paragraph in page for piece in [*paragraph, ("\n\n", None)]]
    return "".join(piece[0] for piece in pieces), [source for words, source in pieces for _ in words]


def is_right(reading: Reading, span: Span, anchor: Anchor, sources: Sequence[int | None]) -> bool:
    """Whether a place in the copy holds the characters of the span, or of the same line printed again.

    An ellipsis may stand for three dots. In a block, an equal word beside the span's own is as good: it may stand
    where an equal one was taken out.
    """
    mine = {reading.again[offset] for offset in range(span.begin, span.end)}
    theirs = sources[anchor.begin : anchor.end]
    if anchor.outcome == "block":
        return sum(source in mine for source in theirs) * 2 > len(theirs)
    return {place for place in mine if reading.text[place] != "."} <= set(theirs) <= mine


def try_copy(reading: Reading, edits: Sequence[Edit], rng: random.Random) -> Counter[str]:
    """Edit a text, re-anchor its spans in the copy, and count what became of them.

    wrong: put on other words. lost: not found, although the line is unchanged and holds the words only once.
    """
    page = open_page(reading.text)
    for edit in edits:
        page = edit(page, rng)
    copy, sources = copy_of(page)
    assert copy == normalise(copy)
    result = reanchor(reading.article, reading.spans, copy)
    sources = [None if source is None else reading.again[source] for source in sources]
    aligned = dict(result.aligned)
    counts: Counter[str] = Counter()
    for span, anchor in zip(reading.spans, result.anchors, strict=True):
        counts[anchor.outcome] += 1
        if anchor.outcome in ("line", "block"):
            assert fold(copy[anchor.begin : anchor.end], 2) == fold(reading.text[span.begin : span.end], 2)
            assert anchor.words is not None
            assert fold(anchor.words, 2) == fold(reading.text[span.begin : span.end], 2)
            counts["wrong"] += not is_right(reading, span, anchor, sources)
        else:
            counts["lost"] += reading.line_of(span) in aligned and reading.stands_alone(span)
    return counts


def spans_of(text: str, rng: random.Random, count: int) -> Iterator[Span]:
    """Spans of one word to a whole line, many of them inside others."""
    lines = [match for match in re.finditer(r"[^\n]+", text) if match[0].strip()]
    for _ in range(count):
        line = rng.choice(lines)
        words = [match.span() for match in re.finditer(r"\w+|…|\.\.\.", line[0])]
        if words:
            first = rng.randrange(len(words))
            last = min(len(words) - 1, first + rng.choice([0, 0, 1, 2, 4, 8, 16]))
            begin, end = line.start() + words[first][0], line.start() + words[last][1]
            yield Span(begin=begin, end=end, fingerprint=fingerprint(text[begin:end]))


def invent(seed: int) -> Reading:
    """An article of few words that come back often, with a headline printed twice and a line that repeats."""
    rng = random.Random(seed)
    lines = [" ".join(sentence(rng, rng.randint(4, 14)) for _ in range(rng.randint(1, 5))) for _ in range(12)]
    lines = [lines[0], *lines[1:5], "ADVERTISEMENT", *lines[5:9], lines[0], "ADVERTISEMENT", *lines[9:]]
    text = normalise("\n\n".join(lines) + "\n")
    article = make_article(Source("invented", text, "0" * 64), {"outlet": "Norland Post", "language": "en"})
    return make_reading(article, text, spans_of(text, rng, 60))


def founding_readings(folder: Path = ARTICLES) -> list[Reading]:
    """The founding articles, as far as the folder holds their words, in edition 1."""
    store = Store(REPO, OWN_SCHEMA.name)
    sources = [source for source in read_sources([folder]) if isinstance(source, Source)]
    texts = {each.article.id: each.text for each in hydrate(store.articles(), [], sources)}
    found = [
        make_reading(store.article(document.article_id), text, (span for _, span in document_spans(document)))
        for document in store.documents(None)
        if (text := texts[document.article_id]) is not None
    ]
    return [in_edition(each, 1) for each in found]


def tally(all_readings: Sequence[Reading], name: str, rounds: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for reading in all_readings:
        for number in range(rounds):
            counts += try_copy(reading, EDITS[name], random.Random(f"{reading.article.id} {name} {number}"))
    return counts


def summary(name: str, counts: Counter[str]) -> str:
    total = sum(counts[outcome] for outcome in ("line", "block", "changed", "ambiguous", "missing"))
    reported = total - counts["line"] - counts["block"]
    return (
        f"{name}: {total} spans, {counts['line'] / total:.1%} by line, {counts['block'] / total:.1%} by block, "
        f"{reported / total:.1%} reported, {counts['wrong']} wrong"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_no_span_is_put_on_other_words_and_none_is_lost_in_an_unchanged_line(name: str) -> None:
    toy = tally(readings(Store(TOY, OWN_SCHEMA.name)), name, 4)
    hostile = tally([invent(seed) for seed in range(8)], name, 1)
    print(summary(f"{name}, toy", toy))
    print(summary(f"{name}, invented", hostile))
    for counts in (toy, hostile):
        assert (counts["wrong"], counts["lost"]) == (0, 0)
    assert (toy["line"] + toy["block"]) / toy.total() >= FLOORS[name]
    keyed = tally([in_edition(each, 2) for each in readings(Store(TOY, OWN_SCHEMA.name))], name, 4)
    strange = tally([in_edition(invent(seed), 2) for seed in range(8)], name, 1)
    print(summary(f"{name}, toy, edition 2", keyed))
    print(summary(f"{name}, invented, edition 2", strange))
    for counts, before in ((keyed, toy), (strange, hostile)):
        assert (counts["wrong"], counts["lost"]) == (0, 0)
        assert counts["line"] == before["line"]


@needs_words
@pytest.mark.parametrize("name", EDITS)
def test_no_span_of_a_founding_article_is_put_on_other_words(name: str) -> None:
    counts = tally(founding_readings(), name, 1)
    print(summary(f"{name}, founding", counts))
    assert (counts["wrong"], counts["lost"]) == (0, 0)
    assert (counts["line"] + counts["block"]) / counts.total() >= FLOORS[name]
