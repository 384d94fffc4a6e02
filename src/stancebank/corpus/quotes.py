"""Quotations: how much of an article its annotated spans show together, and how much of it they may.

Spans that overlap or adjoin are one **run**: whoever has both has what lies between them, too. The **share** is that of
the article itself; what its page holds beside it, such as links to other articles, does not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from stancebank.errors import Finding
from stancebank.model import Article, Document, Span, statement_spans

JOIN = 5
"""Spans with at most so many characters between them adjoin: marks, blanks, or a short word that can be guessed."""

BESIDE = frozenset(("related", "boilerplate", "repeat"))
"""Zones of a page that are not the article."""

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cap:
    """How much of an article the text policy `quotes` shows at most: code points in one run, percent of the article."""

    longest: int = 300
    share: int = 33


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an article is shown: code points of the longest run, of all runs, and of the article itself."""

    longest: int
    shown: int
    length: int

    @property
    def percent(self) -> str:
        """The share shown, rounded up to tenths, such as ``46.1%``."""
        tenths = ceil(1000 * self.shown / self.length) if self.length else 0
        return f"{tenths // 10}.{tenths % 10}%"

    def exceeds(self, cap: Cap) -> bool:
        """Whether it is more than the cap allows."""
        return self.longest > cap.longest or 100 * self.shown > cap.share * self.length


def runs(bounds: Iterable[Bounds]) -> list[Bounds]:
    """Return the runs that stretches of a text make, in order."""
    found: list[Bounds] = []
    for begin, end in sorted(bounds):
        if found and begin - found[-1][1] <= JOIN:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def measure(bounds: Iterable[Bounds], length: int) -> Extent:
    """Return the extent of stretches of a text. length: of the article itself, as `own_length` gives it."""
    lengths = [end - begin for begin, end in runs(bounds)]
    return Extent(max(lengths, default=0), sum(lengths), length)


def own_length(zones: Iterable[tuple[int, int, str]], length: int) -> int:
    """Return how many code points of a stored text are the article itself. length: of the text, where it has no zones.

    zones: ``(begin, end, zone)``.
    """
    held = list(zones)
    return sum(end - begin for begin, end, zone in held if zone not in BESIDE) if held else length


def quoted_spans(document: Document) -> list[Span]:
    """Return the spans whose words rows show: those of statements, without the fields that hold mentions.

    Rows say where such a mention is, and not its words.
    """
    return [span for each in document.statements for _, span in statement_spans(each, mentions=False)]


def check_quotes(article: Article, documents: Iterable[Document], cap: Cap) -> Finding | None:
    """Return what is wrong where all documents of an article quote more than the cap that its text policy sets."""
    if not article.rights.text_policy.is_capped:
        return None
    spans = [span for each in documents if each.text_sha256 == article.text_sha256 for span in quoted_spans(each)]
    length = own_length(((zone.begin, zone.end, zone.zone) for zone in article.zones), article.length)
    return over_cap(article.id, measure(((span.begin, span.end) for span in spans), length), cap)


def over_cap(article_id: str, extent: Extent, cap: Cap) -> Finding | None:
    """Return the finding that an article's quotations exceed the cap, or None where they do not."""
    if not extent.exceeds(cap):
        return None
    return Finding(
        f"corpus/articles/{article_id}.json",
        "/rights/text_policy",
        "quotes-over-cap",
        f"its quotations have a run of {extent.longest} characters and show {extent.percent} of the article; "
        f"the cap is {cap.longest} and {cap.share}%.",
    )
