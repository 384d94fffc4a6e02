"""A candidate: words that somebody may have taken a position with, before it is told which."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from stancebank.model import Bounds

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

Rendering = Literal["direct", "indirect", "mixed"]
"""Whether all words of a content stand in quotation marks, none, or some."""


@dataclass(frozen=True, slots=True)
class Parse:
    """A passage as spaCy reads it. begin: where it begins in the stored text, in code points."""

    doc: "Doc"
    begin: int

    def bounds(self, token: "Token") -> Bounds:
        """Return where a token is in the stored text."""
        first = self.begin + token.idx
        return first, first + len(token.text)

    def tokens(self, bounds: Bounds) -> "Iterator[Token]":
        """Yield the tokens that begin within bounds of the stored text."""
        doc, last = self.doc, bounds[1] - self.begin
        first = bisect_left(range(len(doc)), bounds[0] - self.begin, key=lambda place: doc[place].idx)
        for place in range(first, len(doc)):
            token = doc[place]
            if token.idx >= last:
                return
            yield token


@dataclass(frozen=True, slots=True)
class SpokenCandidate:
    """Words that may be a statement. All bounds are ``(begin, end)`` in code points of the stored text.

    content: its pieces in their order, trimmed, each inside one passage. cue: the words that attribute it; None where
    there are none, as in a headline with a colon. names_act: whether the cue names the position itself ("rejected the
    offer") and lies inside the content. speaker: the id of an entity, or the words that name who the registry lacks;
    None where nobody is found. is_known: whether it is an id. mention: the words that mention the speaker at the cue.
    sentence: of the first piece. saying: candidates of an article with one number hang on one cue, or are pieces of one
    quotation: if they take one position, they are one statement. line: of the passage, from 1. zone: of the passage.
    parse: of the passage; None where the article was read without a parser. because: the rules that made it, one a
    line, without words of the article.
    """

    content: tuple[Bounds, ...]
    rendering: Rendering
    cue: Bounds | None
    names_act: bool
    speaker: str | None
    is_known: bool
    mention: Bounds | None
    sentence: Bounds
    saying: int
    line: int
    zone: str
    parse: Parse | None
    because: tuple[str, ...]

    def words(self, text: str) -> str:
        """Return the words of the content, its pieces with a space between. text: the stored text."""
        return " ".join(text[begin:end] for begin, end in self.content)

    @property
    def begin(self) -> int:
        """Where the content begins."""
        return self.content[0][0]

    @property
    def end(self) -> int:
        """Where the content ends."""
        return self.content[-1][1]
