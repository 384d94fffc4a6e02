"""What the rows of a folder show of the articles' words, all views together, and whether their text policies let them.

Nothing is taken on trust: every column that is declared to hold words is looked at, in whatever view and however
deeply it is nested, and its words are held against the fingerprints of the spans beside it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stancebank.corpus.quotes import Bounds, Cap, Extent, measure, over_cap, own_length
from stancebank.corpus.withdraw import LENGTH, shingles
from stancebank.errors import Finding
from stancebank.publish.sources import GAP
from stancebank.publish.tables import Column, Row, Struct, Table, tables
from stancebank.publish.tables.columns import TEXT, prune, span_list, walk
from stancebank.schema.fields import Scheme
from stancebank.text import fingerprint
from stancebank.text_policy import TextPolicy


@dataclass(frozen=True, slots=True)
class Shown:
    """What a folder shows of one article.

    policy: what its record lets be published. shows: the policy that lets as much be shown as is. extent: of what is
    shown. strays: columns with words that are not those of their spans.
    """

    article_id: str
    holder: str
    licence: str
    policy: TextPolicy
    shows: TextPolicy
    extent: Extent
    strays: tuple[str, ...]

    @property
    def is_beyond(self) -> bool:
        """Whether it shows more than its text policy lets be published; the cap is another matter."""
        return not self.policy.allows(self.shows) or bool(self.strays)

    def over(self, cap: Cap) -> Finding | None:
        """Return the finding that its quotations exceed the cap; None where they do not, or where no cap holds."""
        capped = self.policy.is_capped and self.shows.is_capped
        return over_cap(self.article_id, self.extent, cap) if capped else None


@dataclass(frozen=True, slots=True)
class Audit:
    """What a folder shows, article by article, in the order of the view `articles`."""

    articles: tuple[Shown, ...]
    cap: Cap

    @property
    def findings(self) -> tuple[Finding, ...]:
        """An error for every article whose text policy is `quotes` that shows more than the cap."""
        return tuple(found for each in self.articles if (found := each.over(self.cap)))

    @property
    def beyond(self) -> tuple[str, ...]:
        """Ids of articles that show what may not be published: more than their policy, stray words, or over the cap."""
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


def stray_runs(
    rows: Mapping[str, Iterable[Row]], texts: Iterable[tuple[str, Collection[str]]], scheme: Scheme
) -> tuple[StrayRun, ...]:
    """Return the columns that are said to hold no words and share a run of eight words with a text.

    rows: by table. texts: articles that may not be published in full, each with the hashes of its shingles; they are
    looked at one by one, so that only one has to be in memory.
    """
    places: dict[str, set[tuple[str, str, str]]] = {}
    for table in tables(scheme):
        strings = prune(
            table.columns, lambda each: not each.words and (isinstance(each.item, Struct) or _is_text(each))
        )
        for row in rows.get(table.name, ()):
            for cell in walk(strings, row):
                for said in cell.value if isinstance(cell.value, list) else [cell.value or ""]:
                    for hashed in shingles(said) if len(said) >= LENGTH else ():
                        places.setdefault(hashed, set()).add((table.name, cell.path, row.get("article_id", "")))
    found = {
        StrayRun(*place, source)
        for source, hashes in texts
        for hashed in places.keys() & hashes
        for place in places[hashed]
    }
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
    quoted = TextPolicy.QUOTES if seen.bounds or seen.strays else TextPolicy.WITHHELD
    extent = Extent(row["length"], length, length) if seen.whole else measure(seen.bounds, length)
    return Shown(
        article_id=row["article_id"],
        holder=row["rights_holder"],
        licence=row["licence"],
        policy=TextPolicy(row["text_policy"]),
        shows=TextPolicy.FULL if seen.whole else quoted,
        extent=extent,
        strays=tuple(sorted(seen.strays)),
    )
