"""What the rows of a folder show of the articles' words, all views together, and whether their tiers let them.

Nothing is taken on trust: every column that is declared to hold words is looked at, in whatever view and however
deeply it is nested, and its words are held against the fingerprints of the spans beside it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from stancebank.corpus.quotes import Bounds, Cap, Extent, measure, over_cap, own_length
from stancebank.corpus.shingles import LENGTH, shingles
from stancebank.errors import Finding
from stancebank.model import TextPolicy
from stancebank.publish.rows import GAP, Row
from stancebank.publish.views import VIEWS, Column, ListOf, Struct, View
from stancebank.text import fingerprint

PLACES = {
    "content": "content_spans",
    "speaker_mention": "speaker_span",
    "cue": "cue_span",
    "target_mention": "target_span",
    "reason": "reason_spans",
    "text": "spans",
}
"""Columns that hold words of spans, with the column beside them that says where these stand."""

_ALLOWED: dict[TextPolicy, frozenset[TextPolicy]] = {
    "withheld": frozenset(("withheld",)),
    "quotes": frozenset(("withheld", "quotes")),
    "full": frozenset(("withheld", "quotes", "full")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a folder shows of one article.

    tier: what its record lets be published. shows: `withheld` for no words, `quotes` for words of spans, `full` for
    the whole text. extent: of what is shown. strays: columns with words that are not those of their spans.
    """

    article_id: str
    holder: str
    licence: str
    tier: TextPolicy
    shows: TextPolicy
    extent: Extent
    strays: tuple[str, ...]

    @property
    def is_beyond(self) -> bool:
        """Whether it shows more than its tier lets be published; the cap is another matter."""
        return self.shows not in _ALLOWED[self.tier] or bool(self.strays)

    def over(self, cap: Cap) -> Finding | None:
        """Return the finding that its quotations exceed the cap; None where they do not, or where no cap holds."""
        capped = self.tier == "quotes" and self.shows == "quotes"
        return over_cap(self.article_id, self.extent, cap) if capped else None


@dataclass(frozen=True, slots=True)
class Audit:
    """What a folder shows, article by article, in the order of the view `articles`."""

    articles: tuple[Shown, ...]
    cap: Cap

    @property
    def findings(self) -> tuple[Finding, ...]:
        """An error for every article of the tier `quotes` that shows more than the cap."""
        return tuple(found for each in self.articles if (found := each.over(self.cap)))

    @property
    def beyond(self) -> tuple[str, ...]:
        """Ids of articles that show what may not be published: more than their tier, stray words, or over the cap."""
        return tuple(each.article_id for each in self.articles if each.is_beyond or each.over(self.cap))

    @property
    def strays(self) -> tuple[str, ...]:
        """Columns with words that no span accounts for, as ``<article id>: <view>.<column>``."""
        return tuple(f"{each.article_id}: {name}" for each in self.articles for name in each.strays)


@dataclass(slots=True)
class _Seen:
    bounds: set[Bounds] = field(default_factory=set)
    strays: set[str] = field(default_factory=set)
    whole: bool = False


def audit(rows: Mapping[str, Iterable[Row]], cap: Cap) -> Audit:
    """Measure what the rows of a folder show.

    rows: by view, to be gone over twice; views that the folder lacks
    may be left out.
    """
    seen: dict[str, _Seen] = {row["article_id"]: _Seen(whole=row.get("text") is not None) for row in rows["articles"]}
    for view in VIEWS:
        for row in rows.get(view.name, ()):
            if "article_id" in row:
                _look(view, row, seen.setdefault(row["article_id"], _Seen()))
    return Audit(tuple(_shown(row, seen[row["article_id"]]) for row in rows["articles"]), cap)


@dataclass(frozen=True, slots=True, order=True)
class StrayRun:
    """Words of an article in a column that is said to hold none.

    view: of the row; path: of the column in it, with dots; article_id: of the row, "" where it has none; source: the
    article whose words these are.
    """

    view: str
    path: str
    article_id: str
    source: str


def stray_runs(rows: Mapping[str, Iterable[Row]], texts: Iterable[tuple[str, Collection[str]]]) -> tuple[StrayRun, ...]:
    """Return the columns that are said to hold no words and share a run of eight words with a text.

    rows: by view. texts: articles that may not be published in full, each with the hashes of its shingles; they are
    looked at one by one, so that only one has to be in memory.
    """
    places: dict[str, set[tuple[str, str, str]]] = {}
    for view in VIEWS:
        for row in rows.get(view.name, ()):
            for path, said in _other_strings(view.columns, row, ""):
                for hashed in shingles(said) if len(said) >= LENGTH else ():
                    places.setdefault(hashed, set()).add((view.name, path, row.get("article_id", "")))
    found = {
        StrayRun(*place, source)
        for source, hashes in texts
        for hashed in places.keys() & hashes
        for place in places[hashed]
    }
    return tuple(sorted(found))


def _other_strings(columns: Sequence[Column], value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield the strings of all columns that are not declared to hold words, with their paths."""
    for column in columns:
        below = f"{path}.{column.name}" if path else column.name
        held = value[column.name]
        if column.words or held is None:
            continue
        kind = column.type.item if isinstance(column.type, ListOf) else column.type
        for each in held if isinstance(column.type, ListOf) else [held]:
            if isinstance(kind, Struct):
                yield from _other_strings(kind.fields, each, below)
            elif kind == "string":
                yield below, each


def _look(view: View, row: Row, seen: _Seen) -> None:
    if view.whole_text:
        seen.whole = True
        return
    for path, words, spans in _words(view.columns, row, view.name):
        if spans is None:
            seen.whole = True
            continue
        if not seen.whole:  # then no quotation matters
            seen.bounds.update((span["begin"], span["end"]) for span in spans)
        if not _are_those_of(words, spans):
            seen.strays.add(path)


def _words(
    columns: Sequence[Column], value: Mapping[str, Any], path: str
) -> Iterator[tuple[str, str, Sequence[Mapping[str, Any]] | None]]:
    """Yield all words in a value with the path of their column, and the spans beside them.

    None instead of spans means words that have no spans: the text itself.
    """
    for column in columns:
        held = value[column.name]
        if held is None:
            continue
        below = f"{path}.{column.name}"
        if column.words:
            place = PLACES.get(column.name, "")
            if place in value and isinstance(held, str):
                spans = value[place]
                yield below, held, [spans] if isinstance(spans, Mapping) else spans or []
            else:
                yield below, "", None
            continue
        kind = column.type.item if isinstance(column.type, ListOf) else column.type
        if isinstance(kind, Struct):
            for each in held if isinstance(column.type, ListOf) else [held]:
                yield from _words(kind.fields, each, below)


def _are_those_of(words: str, spans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether words are those of spans, joined as rows join them."""
    place = 0
    for number, span in enumerate(spans):
        if number:
            if not words.startswith(GAP, place):
                return False
            place += len(GAP)
        end = place + span["end"] - span["begin"]
        if end > len(words) or fingerprint(words[place:end]) != span["fingerprint"]:
            return False
        place = end
    return place == len(words)


def _shown(row: Row, seen: _Seen) -> Shown:
    length = own_length(((zone["begin"], zone["end"], zone["zone"]) for zone in row["zones"]), row["length"])
    shows: TextPolicy = "full" if seen.whole else "quotes" if seen.bounds or seen.strays else "withheld"
    extent = Extent(row["length"], length, length) if seen.whole else measure(seen.bounds, length)
    return Shown(
        article_id=row["article_id"],
        holder=row["rights_holder"],
        licence=row["licence"],
        tier=cast("TextPolicy", row["text_policy"]),
        shows=shows,
        extent=extent,
        strays=tuple(sorted(seen.strays)),
    )
