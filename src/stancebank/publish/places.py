"""Words and their places: how a prediction points into an article, and where that leads.

A span of a prediction is words, words with their line or occurrence, or offsets; schema/v1/prediction.schema.json
shows the forms. Words are looked for folded, in each passage by itself: nothing outside of the annotated zones is met.
Places where they begin or end inside a longer word count only where there is no other, so that nobody who counts "he"
has to count "the".
"""

from collections.abc import Mapping, Sequence

from stancebank.corpus.passages import Passage
from stancebank.errors import InputError
from stancebank.text import Folded, fold, tokenise

Wanted = str | Mapping[str, str | int | None]
"""A span as JSON holds it, valid under the schema of predictions."""


class Places:
    """The places of an article's words. text: the stored text; passages: those of the article, in order."""

    def __init__(self, text: str, passages: Sequence[Passage]) -> None:
        self._text = text
        self._passages = [(each, Folded(text[each.begin : each.end])) for each in passages]
        tokens = [(p.begin + begin, p.begin + end) for p in passages for begin, end in tokenise(text[p.begin : p.end])]
        self._begins, self._ends = {begin for begin, _ in tokens}, {end for _, end in tokens}

    def matches(self, words: str, line: int | None = None) -> list[tuple[int, int]]:
        """Return ``(begin, end)`` of all places of the words, in the order of the text. line: look only there."""
        folded = fold(words)
        found = [
            (passage.begin + begin, passage.begin + end)
            for passage, known in self._passages
            if line in (None, passage.line) and folded and folded in known.folded
            for begin, end in known.find(words)
        ]
        return [(begin, end) for begin, end in found if begin in self._begins and end in self._ends] or found

    def find(self, wanted: Wanted) -> tuple[int, int]:
        """Return ``(begin, end)`` of a span, in code points of the stored text.

        Raises InputError where its words do not stand there, stand more than once and do not say which, or where
        offsets leave the text.
        """
        if not isinstance(wanted, str) and "begin" in wanted:
            begin, end = int(wanted["begin"] or 0), int(wanted["end"] or 0)
            if not 0 <= begin < end <= len(self._text):
                raise InputError(f"[{begin}, {end}) is no stretch of {len(self._text)} characters.")
            return begin, end
        quote = {"quote": wanted} if isinstance(wanted, str) else wanted
        words, line, occurrence = str(quote["quote"]), quote.get("line"), quote.get("occurrence")
        matches = self.matches(words, int(line) if line else None)
        where = f"on line {line}" if line else "in the annotated zones"
        if not matches:
            raise InputError(f"{words!r} does not stand {where}.")
        if occurrence is None and len(matches) > 1:
            raise InputError(
                f"{words!r} stands {len(matches)} times {where}.\nHint: say which, with line or occurrence."
            )
        number = int(occurrence or 1)
        if not 1 <= number <= len(matches):
            raise InputError(f"{words!r} stands {len(matches)} times {where}, not {number}.")
        return matches[number - 1]

    def quote(self, begin: int, end: int) -> Wanted:
        """Return a stretch of the text as a span of a prediction: what `find` gives the same place for.

        Words alone where they stand only once; else with their line, and with their occurrence on it where they
        stand there more than once. Offsets where the stretch is not words of one passage.
        """
        words = self._text[begin:end]
        everywhere = self.matches(words)
        if everywhere == [(begin, end)]:
            return words
        line = next((each.line for each, _ in self._passages if each.begin <= begin < each.end), None)
        there = self.matches(words, line) if line else []
        if (begin, end) not in there:
            return {"begin": begin, "end": end}
        found: dict[str, str | int | None] = {"quote": words, "line": line}
        return found if len(there) == 1 else found | {"occurrence": there.index((begin, end)) + 1}
