"""An article as the rules read it: passages with their parses, quotations, and the words that attribute."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from stancebank.corpus.language import Habits, Language, tidy
from stancebank.corpus.selectors import Passage, quotations
from stancebank.model import Bounds
from stancebank.search import QUOTATION_MARKS
from stancebank.suggest.engine import ReadArticle
from stancebank.suggest.rules.candidates import Parse, Rendering
from stancebank.suggest.rules.capitals import Capitals
from stancebank.suggest.rules.parser import Parser

if TYPE_CHECKING:
    from spacy.tokens import Token

CueKind = Literal["says", "acts", "nouns", "sources"]
_SCARE = 3  # words that a quotation has at most, to be marks round a term and no clause


@dataclass(frozen=True, slots=True)
class CueWord:
    """Words of the lexicon in a text. bounds: in the stored text. kind: the list that has them."""

    bounds: Bounds
    kind: CueKind


@dataclass(frozen=True)
class ReadPassage:
    """A passage. quoted: the insides of its quotations, in the stored text. parse: None without a parser."""

    text: str
    passage: Passage
    language: Language
    habits: Habits
    quoted: tuple[Bounds, ...]
    parse: Parse | None

    @property
    def words(self) -> str:
        """Its words."""
        return self.text[self.passage.begin : self.passage.end]

    @cached_property
    def cues(self) -> tuple[CueWord, ...]:
        """Words of the lexicons, longest first where two begin at one place, none inside another."""
        found: dict[Bounds, CueKind] = {}
        patterns = self.language.attribution
        lists: tuple[tuple[CueKind, tuple[re.Pattern[str], ...]], ...] = (
            ("sources", (patterns["sources"],)),
            ("acts", (patterns["acts"],)),
            ("nouns", (patterns["nouns"],)),
            ("says", (self.language.cues, patterns["says"])),
        )
        for kind, several in lists:
            for pattern in several:
                for match in pattern.finditer(self.text, self.passage.begin, self.passage.end):
                    found.setdefault(match.span(), kind)
        kept: list[CueWord] = []
        for bounds, kind in sorted(found.items(), key=lambda each: (each[0][0], -each[0][1])):
            if not kept or kept[-1].bounds[1] <= bounds[0]:
                kept.append(CueWord(bounds, kind))
        return tuple(kept)

    @cached_property
    def clauses_quoted(self) -> tuple[Bounds, ...]:
        """The quotations that are words of somebody, and no marks round a term inside a clause of the article."""
        return tuple(each for each in self.quoted if self._is_clause(each))

    def _is_clause(self, bounds: Bounds) -> bool:
        begin, end = bounds
        words = self.text[begin:end].split()
        before = self.text[self.passage.begin : begin - 1].rstrip()
        opens = not before or before[-1] in ",:" or before[-1] in ".!?…" or before[-1] in QUOTATION_MARKS
        begins = next((each for each in self.text[begin:end] if each.isalnum()), "a")
        stops = self.text[end - 1] in ".,!?…" or self.text[end : end + 2][1:] in (".", "")
        if len(words) <= _SCARE:
            return not begins.islower() and (self.text[end - 1] in "!?…" or (opens and stops))
        if opens:
            return True
        return not begins.islower()

    def inside(self, bounds: Bounds) -> bool:
        """Whether a stretch lies in a quotation that is words of somebody."""
        return any(begin <= bounds[0] and bounds[1] <= end for begin, end in self.clauses_quoted)

    @cached_property
    def sentences(self) -> tuple[Bounds, ...]:
        """Its sentences, by the parse or by their stops."""
        if self.parse is not None:
            first = self.parse.begin
            return tuple((first + each.start_char, first + each.end_char) for each in self.parse.doc.sents)
        ends = [match.end() + self.passage.begin for match in _STOP.finditer(self.words)]
        places = [self.passage.begin, *ends, self.passage.end]
        return tuple((begin, end) for begin, end in pairwise(places) if self.text[begin:end].strip())

    def sentence(self, place: int) -> Bounds:
        """Return the sentence that holds a place."""
        whole = self.passage.begin, self.passage.end
        return next((each for each in self.sentences if each[0] <= place < each[1]), whole)

    def trimmed(self, pieces: "list[Bounds]") -> tuple[Bounds, ...]:
        """Return pieces of a content in their form; those of which nothing is left are gone."""
        found = [tidy(self.text, *each, content=True, habits=self.habits) for each in pieces]
        return tuple(
            each for each in found if each[0] < each[1] and any(map(str.isalnum, self.text[each[0] : each[1]]))
        )

    def closed(self, pieces: "list[Bounds]") -> "list[Bounds]":
        """Return pieces that hold both marks of a quotation that begins or ends inside them."""
        found = []
        for begin, end in pieces:
            for first, last in self.quoted:
                if begin < first <= end <= last + 1 and first < end:
                    end = min(last + 1, self.passage.end)
                if first <= begin < last < end and begin - first <= 1:
                    begin = first - 1
            found.append((begin, end))
        return found

    def rendering(self, content: tuple[Bounds, ...]) -> Rendering:
        """Return how many of its words stand in quotation marks."""
        within = [any(begin <= one[0] and one[1] <= end for begin, end in self.quoted) for one in content]
        if all(within):
            return "direct"
        some = any(begin < one[1] and one[0] < end for one in content for begin, end in self.quoted)
        return "mixed" if some else "indirect"

    def token_at(self, place: int) -> "Token | None":
        """Return the token that begins at a place of the stored text."""
        return self._starts.get(place)

    @cached_property
    def _starts(self) -> "dict[int, Token]":
        parse = self.parse
        return {} if parse is None else {parse.begin + token.idx: token for token in parse.doc}


_STOP = re.compile(r"[.!?…。！？؟۔।]+[\"'”’»)\]]*(?=\s|$)")


def read_passages(
    source: ReadArticle, language: Language, habits: Habits, parser: Parser | None, names: Iterable[str] = ()
) -> Iterator[ReadPassage]:
    """Yield the annotated passages of an article, in their order. names: of the registry."""
    text = source.text
    quoted = quotations(text)
    lexicons = language.cues, *(language.attribution[key] for key in ("says", "acts", "nouns"))
    capitals = Capitals(text, lexicons, names)
    written = (capitals.without(text[each.begin : each.end]) for each in source.passages)
    docs = parser.parse(written) if parser else None
    for passage in source.passages:
        parse = None if docs is None else Parse(next(docs), passage.begin)
        own = tuple(each for each in quoted if passage.begin <= each[0] and each[1] <= passage.end)
        yield ReadPassage(text, passage, language, habits, own, parse)
