"""What the rows of a folder show of the articles' words, all views together, and whether their tiers let them.

Nothing is taken on trust: every column that is declared to hold words is looked at, in whatever view and however
deeply it is nested, and its words are held against the fingerprints of the spans beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from stancebank.corpus.quotes import Bounds, Cap, Extent, measure, over_cap, own_length
from stancebank.corpus.shingles import LENGTH, shared
from stancebank.errors import Finding
from stancebank.model import TextPolicy
from stancebank.publish.sources import GAP
from stancebank.publish.tables import Column, Row, Struct, Table, tables
from stancebank.publish.tables.columns import TEXT, prune, span_list, walk
from stancebank.schema.fields import Scheme
from stancebank.text import fingerprint

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


def audit(rows: Mapping[str, Iterable[Row]], cap: Cap, scheme: Scheme) -> Audit:
    """Measure what the rows of a folder show.

    rows: by table, to be gone over twice; tables that the folder lacks
    may be left out.
    """
    seen: dict[str, _Seen] = {row["article_id"]: _Seen(whole=row.get("text") is not None) for row in rows["articles"]}
    for table in tables(scheme):
        for row in rows.get(table.name, ()) if table.is_of_articles else ():
            _look(table, row, seen.setdefault(row["article_id"], _Seen()))
    return Audit(tuple(_shown(row, seen[row["article_id"]]) for row in rows["articles"]), cap)


def stray_runs(rows: Mapping[str, Iterable[Row]], hashes: set[str], scheme: Scheme) -> tuple[str, ...]:
    """Return columns that are said to hold no words and share a run of eight with a text, as ``<article id>: <path>``.

    hashes: the shingles of texts that may not be published in full, as corpus/shingles.txt holds them.
    """
    found: set[str] = set()
    for table in tables(scheme):
        strings = prune(
            table.columns, lambda each: not each.words and (isinstance(each.item, Struct) or _is_text(each))
        )
        for row in rows.get(table.name, ()):
            for cell in walk(strings, row, f"{table.name}."):
                for said in cell.value if isinstance(cell.value, list) else [cell.value or ""]:
                    if len(said) >= LENGTH and shared(said, hashes):
                        found.add(f"{row.get('article_id', '')}: {cell.path}".removeprefix(": "))
    return tuple(sorted(found))


def _is_text(column: Column) -> bool:
    return column.item == "string"


def _look(table: Table, row: Row, seen: _Seen) -> None:
    if table.whole_text:
        seen.whole = True
        return
    for cell in walk(table.word_columns, row, f"{table.name}."):
        if cell.value is None:
            continue
        place = cell.column.text_of
        if place in (None, TEXT) or not isinstance(cell.value, str):
            seen.whole = True
            continue
        spans = span_list(cell.beside[str(place)])
        if not seen.whole:  # then no quotation matters
            seen.bounds.update((span["begin"], span["end"]) for span in spans)
        if not _are_those_of(cell.value, spans):
            seen.strays.add(cell.path)


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
