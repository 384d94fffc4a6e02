"""Withdrawals: an article is taken out, and what stays is enough to know it again and says no word of it.

A text is known again by its SHA-256; by its lines, whose fingerprints do not heed typography; and by its runs of eight
words, which a changed word here and there leaves standing. The latter two say how much is shared, not that it is the
same article: one agency's report in two papers may well share more than half of their words.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from stancebank.corpus.quotes import BESIDE
from stancebank.corpus.shingles import shingles
from stancebank.model import SCHEMA_VERSION, Article, Line, Withdrawal
from stancebank.text import fingerprint, line_bounds, sha256

ALIKE = 0.4
"""The share of the shorter text from which on two are called alike; a word changed in every fifteen leaves as much."""

LEAST = 3
"""Runs of eight words that are shared at least: the words of one sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """A withdrawn article that a text was known as.

    by: `text` where it is the same, `lines` or `words` where it shares much. share: of the shorter text, 0 to 1.
    """

    withdrawal: Withdrawal
    by: Literal["text", "lines", "words"]
    share: float

    @property
    def is_same(self) -> bool:
        """Whether it is proved to be the same text."""
        return self.by == "text"

    @property
    def how(self) -> str:
        """Say in words what it was known by."""
        if self.is_same:
            return "it is the same text"
        shared = "lines" if self.by == "lines" else "runs of eight words"
        return f"{self.share:.0%} of its {shared} are shared"


class Memory:
    """Knows withdrawn articles again. Those whose withdrawal was undone do not count."""

    def __init__(self, withdrawals: Iterable[Withdrawal]) -> None:
        self.withdrawals = tuple(each for each in withdrawals if each.lifted is None)
        self._same: dict[str, Withdrawal] = {}
        self._lines: dict[str, dict[str, int]] = defaultdict(dict)
        self._shingles: dict[str, set[str]] = defaultdict(set)
        self._by_id = {each.id: each for each in self.withdrawals}
        for each in self.withdrawals:
            self._same |= {each.text_sha256: each, each.raw_sha256: each}
            for line in each.lines:
                self._lines[line.fingerprint][each.id] = line.end - line.begin
            for hashed in each.shingles:
                self._shingles[hashed].add(each.id)

    def __bool__(self) -> bool:
        return bool(self.withdrawals)

    def know_text(self, text: str, raw_sha256: str = "") -> Known | None:
        """Return the withdrawn article that a text is, or is most like. raw_sha256: of the source it came from."""
        if not self:
            return None
        for hashed in (sha256(text), raw_sha256):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        lines = [(end - begin, fingerprint(text[begin:end])) for begin, end in line_bounds(text) if begin < end]
        return self._most_alike(lines, {each for line in text.split("\n") for each in shingles(line)})

    def know_record(self, article: Article) -> Known | None:
        """Return the withdrawn article that a record describes, or is most like, without its words."""
        for hashed in (article.text_sha256, article.raw_sha256):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        return self._most_alike([(line.end - line.begin, line.fingerprint) for line in own_lines(article)], set())

    def _most_alike(self, lines: list[tuple[int, str]], words: set[str]) -> Known | None:
        found: list[Known] = []
        shared: dict[str, int] = defaultdict(int)
        for length, hashed in lines:
            for each in self._lines.get(hashed, ()):
                shared[each] += length
        for name, length in shared.items():
            theirs = sum(line.end - line.begin for line in self._by_id[name].lines)
            share = length / max(1, min(theirs, sum(length for length, _ in lines)))
            found.append(Known(self._by_id[name], "lines", min(share, 1.0)))
        runs: dict[str, int] = defaultdict(int)
        for hashed in words:
            for each in self._shingles.get(hashed, ()):
                runs[each] += 1
        for name, count in runs.items():
            if count >= LEAST:
                share = count / min(len(words), len(self._by_id[name].shingles))
                found.append(Known(self._by_id[name], "words", share))
        alike = [each for each in found if each.share >= ALIKE]
        return max(alike, key=lambda each: (each.share, each.withdrawal.id), default=None)


def own_lines(article: Article) -> tuple[Line, ...]:
    """Return the lines of an article itself: those that do not lie in what its page holds beside it."""
    return tuple(line for line in article.lines if article.zone_at(line.begin) not in BESIDE)


def make_withdrawal(article: Article, text: str | None, *, date: str, reason: str) -> Withdrawal:
    """Return what stays of an article. text: the stored text, None where it is not at hand."""
    lines = own_lines(article)
    hashes = {each for line in lines for each in shingles(text[line.begin : line.end])} if text else set()
    return Withdrawal(
        schema_version=SCHEMA_VERSION,
        id=article.id,
        date=date,
        reason=reason,
        text_sha256=article.text_sha256,
        raw_sha256=article.raw_sha256,
        lines=lines,
        shingles=tuple(sorted(hashes)),
    )
