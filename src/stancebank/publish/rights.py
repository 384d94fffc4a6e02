"""What the rows of a folder show of the articles' words, all tables together, and whether their text policies let them.

Nothing is taken on trust: every column that is declared to hold words is looked at, in whatever table and however
deeply it is nested, and its words are held against the fingerprints of the spans beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stancebank.check.corpus import over_cap
from stancebank.corpus.leaks import Guard
from stancebank.errors import Finding
from stancebank.model import JOIN, Bounds, Cap, Extent, Terms, TextPolicy, Withdrawn, measure, own_length
from stancebank.publish.card.statistics import markdown_table
from stancebank.publish.gold import GAP, UNKNOWN, shown_fingerprint
from stancebank.publish.parquet import Written
from stancebank.publish.tables import ARTICLES, Column, Row, Struct, Table, tables
from stancebank.publish.tables.columns import TEXT, Cell, column_paths, fields_of, prune, rebuild, walk
from stancebank.publish.tables.fields import bounds, span_list
from stancebank.schema.fields import Scheme
from stancebank.text import folding_in, is_keyed, is_of_words
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Shown:
    """What a folder shows of one article.

    policy: what its record lets be published. shows: the policy that lets as much be shown as is. extent: of what is
    shown. strays: columns with words that are not those of their spans. older: places of words that are not shown, and
    whose fingerprint is of edition 1 although the scheme is of a later one: their text was missing at the migration.
    """

    article_id: str
    holder: str
    licence: str
    policy: TextPolicy
    shows: TextPolicy
    extent: Extent
    strays: tuple[str, ...]
    older: int = 0

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
    """What a folder shows, article by article, in the order of the table `articles`."""

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
        """Columns with words that no span accounts for, as ``<article id>: <table>.<column>``."""
        return tuple(f"{each.article_id}: {name}" for each in self.articles for name in each.strays)


@dataclass(slots=True)
class _Seen:
    bounds: set[Bounds] = field(default_factory=set)
    strays: set[str] = field(default_factory=set)
    whole: bool = False
    older: set[Bounds] = field(default_factory=set)


def audit(rows: Mapping[str, Iterable[Row]], cap: Cap, scheme: Scheme) -> Audit:
    """Measure what the rows of a folder show.

    rows: by table; tables that the folder lacks may be left out. Of tables on disk only those columns are read that
    matter.
    """
    seen: dict[str, _Seen] = {}
    heads: list[Row] = []
    of_articles = [table for table in tables(scheme) if table.is_of_articles]
    for table in sorted(of_articles, key=lambda each: each.name != ARTICLES):  # whose text is shown needs no spans
        for row in _only(rows.get(table.name, ()), _columns_of_words(table)):
            if table.name == ARTICLES:
                heads.append({name: row[name] for name in _HEAD} | {"own": _own_length(row)})
                seen[row["article_id"]] = _Seen(whole=row.get("text") is not None)
            _look(table, row, seen.setdefault(row["article_id"], _Seen()), scheme.edition)
    return Audit(tuple(_shown(head, seen[head["article_id"]]) for head in heads), cap)


def audit_article(rows: Mapping[str, Sequence[Row]], scheme: Scheme) -> Shown:
    """Measure what the rows of one article show. rows: its own, by table; one of the table `articles`."""
    (row,) = rows[ARTICLES]
    seen = _Seen(whole=row.get("text") is not None)
    for table in tables(scheme):
        for each in rows.get(table.name, ()) if table.is_of_articles else ():
            _look(table, each, seen, scheme.edition)
    return _shown({**row, "own": _own_length(row)}, seen)


class Misfit(NamedTuple):
    """Words and their spans that differ in length. key: of the row; path: of the column."""

    table: str
    key: str
    path: str


def gather_words(length: int, rows: Iterable[tuple[Table, Sequence[Row]]], misfits: list[Misfit]) -> str | None:
    """Return a text of that length with the words that rows show, and `UNKNOWN` elsewhere; None where none do.

    rows: of an article, by table. misfits: gets the words that are left out.
    """
    text = [UNKNOWN] * min(length, 50_000_000)
    shown = False
    cells = ((table, row, cell) for table, held in rows for row in held for cell in walk(table.word_columns, row))
    for table, row, (path, column, words, beside) in cells:
        if words is None or column.text_of in (None, TEXT):
            continue
        shown = True
        places = [bounds(each) for each in span_list(beside[str(column.text_of)])]
        if len(words) != sum(end - begin for begin, end in places) + len(GAP) * (len(places) - 1):
            misfits.append(Misfit(table.name, row[table.key], path))
            continue
        place = 0
        for begin, end in places:
            if 0 <= begin < end <= len(text):
                text[begin:end] = words[place : place + end - begin]
            place += end - begin + len(GAP)
    return "".join(text) if shown else None


def prove_shown_rows(table: Table, rows: Iterable[Row], text: str) -> list[Row]:
    """Return rows with the fingerprints that `gold.prove_shown` gives them. text: of the article, see `gather_words`.

    Rows of records whose fingerprints are not keyed stay as they are.
    """

    def prove(cell: Cell) -> Any:
        if cell.column.name != "fingerprint" or not is_keyed(cell.value):
            return cell.value
        begin, end = bounds(cell.beside)
        return shown_fingerprint(cell.value, text[begin:end])

    return [rebuild(table.columns, row, prove) for row in rows]


_HEAD = ("article_id", "rights_holder", "licence", "text_policy", "length")


def _columns_of_words(table: Table) -> set[str]:
    """Return the columns of a table that tell what it shows: words, their places, whose they are."""
    if table.whole_text:
        return {"article_id"}
    places = {str(column.text_of) for column in table.word_columns if column.text_of}
    head = {*_HEAD, "zones", "text"} if table.name == ARTICLES else {"article_id"}
    return head | places | {column.name for column in table.word_columns}


def _only(rows: Iterable[Row], columns: Iterable[str]) -> Iterable[Row]:
    """Return rows, those on disk with these columns only."""
    return rows.of(sorted(columns)) if isinstance(rows, Written) else rows


@dataclass(frozen=True, slots=True, order=True)
class StrayRun:
    """Words of an article in a column that is said to hold none.

    table: of the row; path: of the column in it, with dots; article_id: of the row, "" where it has none; source: the
    article whose words these are.
    """

    table: str
    path: str
    article_id: str
    source: str


def stray_runs(rows: Mapping[str, Iterable[Row]], guard: Guard, scheme: Scheme) -> tuple[StrayRun, ...]:
    """Return the columns that are said to hold no words and have eight words in a row of a text.

    rows: by table. guard: knows the texts that may not be published in full.
    """
    if not guard:  # all texts that are at hand may be published
        return ()
    found: set[StrayRun] = set()
    known: dict[str, tuple[str, ...]] = {}  # the same values are in many rows

    def sources_of(said: str) -> tuple[str, ...]:
        if said not in known:
            known[said] = tuple(guard.search_resolved(said))
        return known[said]

    for table in tables(scheme):
        strings = prune(
            table.columns, lambda each: not each.words and (isinstance(each.item, Struct) or _is_text(each))
        )
        held = _only(rows.get(table.name, ()), {"article_id"} & _names(table.columns) | _names(strings))
        if isinstance(held, Written):  # the values come first, each once: rows are made only where one has such words
            paths = {path for path, _ in column_paths(strings)}
            values = (said for path, many in held.values() if path in paths for said in many)
            if not any(sources_of(said) for said in values):
                continue
        for row in held:
            for cell in walk(strings, row):
                said = "\n".join(cell.value) if isinstance(cell.value, list) else cell.value or ""
                for each in sources_of(said):
                    found.add(StrayRun(table.name, cell.path, row.get("article_id", ""), each))
    return tuple(sorted(found))


def _names(columns: Iterable[Column]) -> set[str]:
    return {column.name for column in columns}


def _is_text(column: Column) -> bool:
    return column.item == "string"


def _look(table: Table, row: Row, seen: _Seen, edition: int) -> None:
    if table.whole_text:
        seen.whole = True
        return
    _look_at(table.word_columns, row, f"{table.name}.", seen, edition)


def _look_at(columns: Iterable[Column], value: Row, above: str, seen: _Seen, edition: int) -> None:
    """Look at the words of a row, or of a group in one, as `walk` goes through them: every row of a folder is."""
    for column in columns:
        held = value[column.name]
        if column.is_deep:
            for each in (held if column.is_list else (held,)) if held is not None else ():
                _look_at(fields_of(column), each, f"{above}{column.name}.", seen, edition)
            continue
        place = column.text_of
        if held is None:
            if edition > 1 and place is not None and place != TEXT:
                spans = span_list(value[place])
                if older := [span for span in spans if folding_in(span["fingerprint"]) == 1]:
                    seen.older.update(map(bounds, older))
            continue
        if place is None or place == TEXT or not isinstance(held, str):
            seen.whole = True
            continue
        spans = span_list(value[place])
        if not seen.whole:  # then no quotation matters
            seen.bounds.update(map(bounds, spans))
        if not _are_those_of(held, spans):
            seen.strays.add(above + column.name)


def _are_those_of(words: str, spans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether words are those of spans, joined as rows join them."""
    place = 0
    for number, span in enumerate(spans):
        if number:
            if not words.startswith(GAP, place):
                return False
            place += len(GAP)
        begin, end = bounds(span)
        end = place + end - begin
        if end > len(words) or not is_of_words(span["fingerprint"], words[place:end]):
            return False
        place = end
    return place == len(words)


def _own_length(row: Row) -> int:
    return own_length(((*bounds(zone), zone["zone"]) for zone in row["zones"]), row["length"])


def _shown(row: Row, seen: _Seen) -> Shown:
    """Return what was seen. row: of the article, with its `own` length."""
    length = row["own"]
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
        older=len(seen.older),
    )


RIGHTS = "RIGHTS.md"

WORST = 20
"""How many articles with quotations are listed one by one, those that show most first."""

_WORDS = {
    TextPolicy.WITHHELD: ("none", "no words"),
    TextPolicy.QUOTES: ("the annotated spans, up to the cap", "annotated spans"),
    TextPolicy.FULL: ("the whole text", "the whole text"),
}
"""What a policy lets be published, and what a folder shows that follows it to its end."""


def make_terms(workspace: Workspace) -> Terms:
    """Return the terms of a workspace: its settings, and the withdrawals that count."""
    gone = (each for each in workspace.store.withdrawals() if each.lifted is None)
    return Terms(
        workspace.settings.cap,
        workspace.settings.contact,
        tuple(Withdrawn(each.id, each.date, each.reason) for each in gone),
    )


def read_terms(manifest: Mapping[str, Any]) -> Terms:
    """Return the terms that a manifest holds. Raises KeyError or TypeError where it holds none."""
    held = manifest["rights"]
    return Terms(
        Cap(held["longest_quote"], held["quoted_share"]),
        held["contact"],
        tuple(Withdrawn(each["id"], each["date"], each["reason"]) for each in held["withdrawn"]),
    )


def make_rights(found: Audit, terms: Terms) -> str:
    """Return RIGHTS.md of a folder. found: what its rows show; terms: as its manifest says."""
    older = _older(found)
    parts = (
        _head(found),
        _holders(found.articles),
        _quotations(found),
        _beyond(found),
        *((older,) if older else ()),
        _withdrawn(terms),
        _removal(terms),
    )
    return "\n".join(parts)


def _head(found: Audit) -> str:
    every = Counter((each.policy, each.shows) for each in found.articles)
    rows = [
        (f"`{policy}`", allowed, _WORDS[shows][1], every[policy, shows])
        for policy, (allowed, _) in _WORDS.items()
        for shows in TextPolicy
        if every[policy, shows]
    ]
    verdict = (
        "It may not be handed on: see below." if found.beyond else "No article shows more than its text policy allows."
    )
    return (
        "# Rights in the articles' words\n\n"
        "Annotations and metadata are under the licence in `LICENSE`. The words of an article belong to its holder. "
        "Every article has a text policy, the column `text_policy` of the tables, which says how much of its words may "
        "be published. Headlines stand in the metadata whatever the text policy, as bibliography.\n\n"
        "This page is computed from the rows of this folder and from the key `rights` of `manifest.json`.\n\n"
        f"{markdown_table(('text policy', 'may be published', 'is shown here', 'articles'), rows)}\n{verdict}\n"
    )


def _holders(articles: Sequence[Shown]) -> str:
    groups: defaultdict[tuple[str, str, str], list[Shown]] = defaultdict(list)
    for each in articles:
        groups[each.holder, each.licence, each.policy].append(each)
    rows = []
    for (holder, licence, policy), held in sorted(groups.items()):
        most = max(held, key=_share)
        longest = max(each.extent.longest for each in held)
        rows.append((holder, licence, f"`{policy}`", len(held), longest, most.extent.percent))
    head = ("holder", "licence of the words", "text policy", "articles", "longest run", "largest share of an article")
    return f"## Holders\n\n{markdown_table(head, rows)}"


def _quotations(found: Audit) -> str:
    said = (
        f"## Quotations\n\nOf an article of the text policy `quotes` at most {found.cap.longest} characters may be "
        f"shown in one run, and at most {found.cap.share}% of the article. All tables count together. Spans that "
        f"overlap, or have no more than {JOIN} characters between them, are one run. The share is that of the "
        "article's own text; links to other articles, boilerplate and repetitions on its page do not count. "
        "Characters are Unicode code points.\n"
    )
    quoted = sorted((each for each in found.articles if each.shows.is_capped), key=_most_first)
    if not quoted:
        return f"{said}\nNo article is shown by quotations here.\n"
    rows = [
        (f"`{each.article_id}`", each.holder, f"`{each.policy}`", each.extent.longest, each.extent.percent)
        for each in quoted[:WORST]
    ]
    more = f"\nAnd {len(quoted) - WORST} more, none of which shows a larger share.\n" if len(quoted) > WORST else ""
    return f"{said}\n{markdown_table(('article', 'holder', 'text policy', 'longest run', 'share'), rows)}{more}"


def _beyond(found: Audit) -> str:
    said = (
        "## Beyond the text policy\n\nWhoever holds copies of the articles may build a folder that shows more words "
        "than the text policies allow, for use at home. Such a folder is not publishable, and handing it on would "
        "publish the words of others without their leave.\n"
    )
    reasons = []
    for each in found.articles:
        why = []
        if each.is_beyond and not each.strays:
            why.append(f"shows {_WORDS[each.shows][1]}, and its text policy is `{each.policy}`")
        if each.strays:
            why.append(f"has words that no span accounts for, in {', '.join(each.strays)}")
        if over := each.over(found.cap):
            why.append(over.message.removesuffix("."))
        reasons += [f"- `{each.article_id}` {'; '.join(why)}."] if why else []
    return said + ("\n" + "\n".join(reasons) + "\n" if reasons else "\nThis folder is none of these.\n")


def _older(found: Audit) -> str:
    rows = [(f"`{each.article_id}`", each.older) for each in found.articles if each.older]
    if not rows:
        return ""
    spans = sum(each.older for each in found.articles)
    return (
        f"## Older fingerprints\n\nOf {spans} {'place' if spans == 1 else 'places'} whose words are not shown, the "
        "fingerprint is of the words alone: their text was missing when those of other places were keyed by their "
        "lines. Short words can be guessed "
        f"from it.\n\n{markdown_table(('article', 'places'), rows)}"
    )


def _withdrawn(terms: Terms) -> str:
    if not terms.withdrawn:
        return "## Withdrawn articles\n\nNo article has been withdrawn.\n"
    rows = [(f"`{each.id}`", each.date, each.reason) for each in sorted(terms.withdrawn, key=lambda each: each.id)]
    return (
        "## Withdrawn articles\n\nThese were part of the corpus once. Their words, labels and metadata are no longer "
        "in it. Whoever holds an earlier release is asked to stop using them.\n\n"
        f"{markdown_table(('article', 'withdrawn on', 'reason'), rows)}"
    )


def _removal(terms: Terms) -> str:
    whom = terms.contact or "the maintainers, as the card (`README.md`) names them"
    return (
        "## How to have an article taken out\n\n"
        f"Holders of rights, and people who are named in a row, write to {whom}. Name the article by its id, its "
        "address or its headline, and say what should go: its words, or all that is recorded of it. What is withdrawn "
        "is in no later release, its id stays on this page with the reason, and its text is recognised and refused "
        "when somebody adds it again. Earlier releases that were copied cannot be called back.\n"
    )


def _share(each: Shown) -> float:
    return each.extent.shown / each.extent.length if each.extent.length else 0.0


def _most_first(each: Shown) -> tuple[float, int, str]:
    return -_share(each), -each.extent.longest, each.article_id


__all__ = [
    "RIGHTS",
    "Audit",
    "Shown",
    "Terms",
    "Withdrawn",
    "audit",
    "audit_article",
    "make_rights",
    "make_terms",
    "read_terms",
]
