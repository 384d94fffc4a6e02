"""The words that a model quotes, put in their places where they are not quoted to the letter.

Words that occur as they are need nothing: the search fold passes over case, quotation marks, dashes and white space.
For others a place is looked for with another line or occurrence, without what models put around a quotation, and at
last by likeness, inside one passage and of whole words. What is found is marked in the article's own words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from stancebank.corpus.quoted import QuotedFields, QuotedMention, QuotedStatement, QuotedValue
from stancebank.corpus.selectors import Passage, Selector, TextIndex
from stancebank.errors import InputError
from stancebank.model import Bounds
from stancebank.search import SearchText, search_fold
from stancebank.text import tokenise

LIKENESS = 90.0
"""How like its place a quotation has to be, in percent of letters (normalised indel similarity)."""

_SHORTEST = 12  # letters of words that are placed by likeness: fewer are like too much
_REACH = 30  # letters around a likely place within which words may begin and end
_ELISION = re.compile(r"\s*[\[(]?(?:\.{3}|…)[\])]?\s*")
_NUMBER = re.compile(r"\A\s*\[\d+\]\s*")
_WRAPPING = " \t\"'“”‘’«»„‚.,;:"


@dataclass(frozen=True)
class Mender:
    """Puts the words of the statements of one article in their places."""

    text: str
    passages: tuple[Passage, ...]
    _notes: list[str] = field(default_factory=list)

    def mend(self, statement: QuotedStatement) -> tuple[QuotedStatement, tuple[str, ...]]:
        """Return a statement with places for words that had none, and what was done, without words of the article.

        Words that cannot be placed stay as they are.
        """
        self._notes.clear()
        target = statement.target
        found = replace(
            statement,
            content=self._several(statement.content, "content"),
            speaker=self._mention(statement.speaker, "speaker"),
            fields=self._fields(statement.fields),
            target=replace(
                target, mention=self._one(target.mention, "target"), fields=self._fields(target.fields, "target.")
            ),
            conditions=tuple(
                replace(
                    each,
                    spans=self._several(each.spans, f"condition {n}"),
                    fields=self._fields(each.fields, f"condition {n}."),
                )
                for n, each in enumerate(statement.conditions, 1)
            ),
        )
        return found, tuple(self._notes)

    def _fields(self, values: QuotedFields, where: str = "") -> QuotedFields:
        return {name: self._value(value, f"{where}{name}") for name, value in values.items()}

    def _value(self, value: QuotedValue, name: str) -> QuotedValue:
        if isinstance(value, Selector):
            return cast("QuotedValue", self._one(value, name))
        if isinstance(value, tuple) and value and isinstance(value[0], Selector):
            return self._several(value, name)
        if isinstance(value, tuple) and value and isinstance(value[0], QuotedMention):
            return tuple(self._mention(each, name) for each in value)
        return value

    def _mention(self, mention: QuotedMention, name: str) -> QuotedMention:
        return replace(mention, mention=self._one(mention.mention, name))

    def _one(self, selector: Selector | None, name: str) -> Selector | None:
        if selector is None:
            return None
        places = self._places(selector, name)
        return places[0] if len(places) == 1 else selector

    def _several(self, selectors: Sequence[Selector], name: str) -> tuple[Selector, ...]:
        return tuple(place for each in selectors for place in self._places(each, name))

    def _places(self, selector: Selector, name: str) -> list[Selector]:
        """Return what to put in the place of a selector: itself, where it has one or none can be found."""
        words = selector.words
        if words is None or self._occurs(selector):
            return [selector]
        if self._occurs(Selector(words)):
            self._notes.append(f"{name}: the words are not on the line that was given")
            return [Selector(words)]
        bare = _NUMBER.sub("", words).strip(_WRAPPING)
        if bare and bare != words and (found := self._bare(bare, selector.line)):
            self._notes.append(f"{name}: taken without the marks around it")
            return [found]
        parts = [each for each in _ELISION.split(bare) if each.strip(_WRAPPING)]
        if len(parts) > 1:
            found_parts = self._parts(parts)
            if found_parts:
                self._notes.append(f"{name}: taken in {len(found_parts)} parts, as words between were left out")
                return found_parts
        likest = self._likest(bare, selector.line)
        if likest is None:
            return [selector]
        place, likeness = likest
        self._notes.append(f"{name}: not word for word; the place is {likeness:.0f}% alike")
        return [Selector(begin=place[0], end=place[1])]

    def _occurs(self, selector: Selector) -> bool:
        try:
            return bool(self._index.find_places(selector))
        except InputError:
            return False

    def _bare(self, words: str, line: int | None) -> Selector | None:
        for selector in (Selector(words, line=line), Selector(words)):
            if self._occurs(selector):
                return selector
        return None

    def _parts(self, parts: Sequence[str]) -> list[Selector]:
        """Return the places of parts that stand in one passage one after the other; none where they do not."""
        for passage in self.passages:
            found: list[Selector] = []
            place = passage.begin
            for part in parts:
                places = self._index.matches(part.strip(_WRAPPING), passage.line)
                following = next((each for each in places if each[0] >= place and passage.end >= each[1]), None)
                if following is None:
                    break
                found.append(Selector(begin=following[0], end=following[1]))
                place = following[1]
            if len(found) == len(parts):
                return found
        return []

    def _likest(self, words: str, line: int | None) -> tuple[Bounds, float] | None:
        """Return the place that is most like words, and how like it is; the given line comes first among equals."""
        from rapidfuzz.fuzz import partial_ratio

        wanted = search_fold(words)
        if len(wanted) < _SHORTEST:
            return None
        likely = [
            (each, partial_ratio(wanted, known.folded, score_cutoff=LIKENESS - 10)) for each, known in self._known
        ]
        best: tuple[Bounds, float] | None = None
        for passage, rough in sorted(likely, key=lambda pair: (-pair[1], pair[0].line != line, pair[0].begin)):
            if not rough or (best is not None and rough + 10 <= best[1]):
                break
            found = self._likest_in(passage, wanted)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
        return best

    def _likest_in(self, passage: Passage, wanted: str) -> tuple[Bounds, float] | None:
        """Return the whole words of a passage that are most like what is wanted."""
        from rapidfuzz.fuzz import partial_ratio_alignment, ratio

        known = dict(self._known)[passage]
        rough = partial_ratio_alignment(wanted, known.folded)
        if rough is None or len(known.folded) < len(wanted) * LIKENESS / 100:
            first, last = 0, len(known.folded)
        else:
            first, last = rough.dest_start, rough.dest_end
        tokens = tokenise(known.folded)
        begins = [begin for begin, _ in tokens if abs(begin - first) <= _REACH]
        ends = [end for _, end in tokens if abs(end - last) <= _REACH]
        best: tuple[int, int] | None = None
        most = 0.0
        for begin in begins:
            for end in ends:
                likeness = ratio(wanted, known.folded[begin:end], score_cutoff=LIKENESS) if begin < end else 0.0
                if likeness > most:
                    best, most = (begin, end), likeness
        if best is None:
            return None
        low, high = known.source(*best)
        return (passage.begin + low, passage.begin + high), most

    @cached_property
    def _index(self) -> TextIndex:
        return TextIndex.of_passages(self.text, self.passages)

    @cached_property
    def _known(self) -> list[tuple[Passage, SearchText]]:
        """The passages, as they are searched."""
        return [(each, SearchText(self.text[each.begin : each.end])) for each in self.passages]
