"""What a release says of its splits: which articles belong together, what leaks, and what a test set asks of a model.

All of it is computed from rows, so that whoever has the folder can make it again. Two things are stated, since rows do
not tell them: why the ledger keeps an article out of all splits, and what a comparison of the texts at hand found.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Any

import msgspec

from stancebank.corpus.duplicates import QUOTED, THRESHOLD, join
from stancebank.corpus.splits import NEAR_COPY, QUOTATION, REPRINT, UNSEEN, Tie, find_largest, find_links, find_ties
from stancebank.model import GROUP_COLUMNS, NO_SPLIT, SPLITS, SplitRules
from stancebank.publish.gold import GAP
from stancebank.publish.parquet import Written
from stancebank.publish.tables import ARTICLES, CONDITIONS, STATEMENTS, Row
from stancebank.publish.tables.fields import bounds, party_columns
from stancebank.schema.fields import Scheme
from stancebank.search import count_words
from stancebank.workspace import Workspace

TRAIN, *HELD_OUT = SPLITS
"""The split that models learn from, and those that they are tried on."""

TEST = HELD_OUT[-1]

TEXT = "text"
"""The kind of a tie of articles with one text, by its SHA-256; the other kinds are those of `corpus.splits`."""

_SHOWN = ("article_id", "event", "reprint_of", "text_sha256", "published", "split", "fold")

Ids = tuple[str, ...]
"""Ids of articles, sorted."""


class Compared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a comparison of the texts at hand found among the articles that are in a split.

    articles: how many texts were compared; missing: articles whose text was not at hand. threshold: how alike near
    copies are at least, see `corpus.duplicates`. near_copies, quotations: groups of articles that are such, or that
    have a quotation in common.
    """

    articles: int
    missing: Ids
    threshold: float
    near_copies: tuple[Ids, ...]
    quotations: tuple[Ids, ...]


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What rows do not tell of splits.

    because: why an article is in none, by its id. group_by, quotation_events: as `SplitRules` has them. texts: None
    where there is one split alone.
    """

    because: dict[str, str]
    group_by: tuple[str, ...]
    quotation_events: int
    texts: Compared | None


def is_parted(places: Iterable[str | int | None]) -> bool:
    """Whether articles are in two splits, or in two folds, at least; `NO_SPLIT` is none. places: theirs."""
    return len({*places} - {None, NO_SPLIT}) > 1


def state_splits(workspace: Workspace, ids: Set[str], told: Stated | None = None) -> Stated:
    """Return what rows do not tell of the splits of some articles. ids: theirs.

    told: what was stated of them by a run whose comparison of texts is kept: not every machine has all texts. None: the
    texts at hand are compared.
    """
    rules = workspace.settings.splits or SplitRules()
    known = workspace.store.placements() if workspace.scheme.edition >= 2 else {}
    placed = {name: known[name] for name in ids & known.keys() if known[name].split != NO_SPLIT}
    none = sorted(ids - placed.keys()) if known else []
    parts = any(map(is_parted, zip(*((each.split, each.fold) for each in placed.values()), strict=True)))
    because = {name: known[name].because if name in known else "" for name in none}
    texts = told.texts if told else _compare(workspace, placed.keys(), rules) if parts else None
    return Stated(because, rules.group_by, rules.quotation_events, texts)


def _compare(workspace: Workspace, placed: Set[str], rules: SplitRules) -> Compared:
    found = find_ties(workspace.store, rules)
    held: dict[str, set[Ids]] = {NEAR_COPY: set(), QUOTATION: set()}
    for tie in found.ties:
        if tie.kind in held and len(members := placed & set(tie.members)) > 1:
            held[tie.kind].add(tuple(sorted(members)))
    missing = tuple(sorted(placed & set(found.missing)))
    near, quoted = (tuple(sorted(held[kind])) for kind in (NEAR_COPY, QUOTATION))
    return Compared(len(placed) - len(missing), missing, THRESHOLD, near, quoted)


def read_stated(value: object) -> Stated:
    """Return what a manifest states of splits. Raises msgspec.ValidationError where the value is no such."""
    return msgspec.convert(value, Stated)


def check_stated(stated: Stated, rows: Mapping[str, Iterable[Row]]) -> Iterator[str]:
    """Say what is stated of splits that the rows contradict, a sentence each."""
    articles = list(_rows(rows, ARTICLES, ("article_id", "split", "fold")))
    splits = {row["article_id"]: row["split"] for row in articles}
    placed = {name for name, split in splits.items() if split not in (None, NO_SPLIT)}
    parts = _why_not(articles) is None
    if stated.because.keys() != {name for name, split in splits.items() if split == NO_SPLIT}:
        yield "`because` does not name the articles that are in no split."
    if not set(stated.group_by) <= set(GROUP_COLUMNS) or stated.quotation_events < 0:
        yield "`group_by` or `quotation_events` is not what settings can say."
    if (texts := stated.texts) is None or not parts:
        if texts is not None or parts:
            yield "`texts` is null where there is one split alone and no second fold, and nowhere else."
        return
    if not set(texts.missing) <= placed or texts.articles + len(texts.missing) != len(placed):
        yield "`articles` and `missing` are not the articles that are in a split."
    for name, groups in (("near_copies", texts.near_copies), ("quotations", texts.quotations)):
        if any(len(each) < 2 or not set(each) <= placed for each in groups):
            yield f"`{name}` has a group that is not of articles in a split."
        if list(groups) != sorted({tuple(sorted(set(each))) for each in groups}):
            yield f"`{name}` is not sorted."


def make_report(rows: Mapping[str, Iterable[Row]], scheme: Scheme, stated: Stated) -> dict[str, Any]:
    """Return what splits.json holds, as JSON takes it. rows: of a folder's tables, by name."""
    articles = list(
        _rows(rows, ARTICLES, dict.fromkeys((*_SHOWN, *(each for each in stated.group_by if each != _YEAR))))
    )
    statements = list(_rows(rows, STATEMENTS, _statement_columns(scheme)))
    splits: dict[str, str | None] = {row["article_id"]: row["split"] for row in articles}
    folds: dict[str, int | None] = {row["article_id"]: row["fold"] for row in articles}
    ties = find_row_ties(articles, find_quoted(rows, scheme), stated)
    kept = [
        Tie(tie.kind, tie.name, tuple(each for each in tie.members if splits.get(each) != NO_SPLIT)) for tie in ties
    ]
    largest, why_not = find_largest(kept), _why_not(articles)
    report: dict[str, Any] = {
        "applicable": why_not is None,
        "not_applicable_because": why_not,
        "splits": _counts(articles, statements, "split"),
        "folds": _counts(articles, statements, "fold"),
        "largest_group": {
            "articles": list(largest.members) if largest else sorted(splits)[:1],
            "ties": dict(largest.ties) if largest else {},
        },
        "leaks": [_say_tie(tie, splits) for tie in kept if is_parted(splits[each] for each in tie.members)],
        "fold_leaks": [_say_tie(tie, folds) for tie in kept if is_parted(folds[each] for each in tie.members)],
        "none": [
            {
                "article_id": name,
                "because": stated.because.get(name, ""),
                "ties": [_say_tie(tie, splits) for tie in ties if name in tie.members],
            }
            for name, split in sorted(splits.items())
            if split == NO_SPLIT
        ],
        "texts": msgspec.to_builtins(stated.texts),
        "challenges": {},
    }
    if is_parted(splits.values()) and TRAIN in splits.values():
        report["challenges"] = _challenges(articles, statements, splits, scheme)
    return report


def _rows(rows: Mapping[str, Iterable[Row]], table: str, names: Iterable[str]) -> Iterable[Row]:
    held = rows.get(table, ())
    return held.of(names) if isinstance(held, Written) else held


def _why_not(articles: Sequence[Row]) -> str | None:
    """Say why nothing can leak between splits or folds; None where something can."""
    placed = [row for row in articles if row["split"] != NO_SPLIT]
    if any(is_parted(row[column] for row in placed) for column in ("split", "fold")):
        return None
    held = sorted({row["split"] for row in placed} - {None})
    return f"Every article that is in a split is in {held[0]}." if held else "No article is in a split."


def _counts(articles: Iterable[Row], statements: Iterable[Row], column: str) -> dict[str, dict[str, int]]:
    """Return how many articles and statements have each value of a column, by the value; null is none."""
    values = {row["article_id"]: row[column] for row in articles}
    of_articles, of_statements = Counter(values.values()), Counter(values[row["article_id"]] for row in statements)
    return {
        str(value): {"articles": count, "statements": of_statements[value]}
        for value, count in of_articles.items()
        if value is not None
    }


def _say_tie(tie: Tie, places: Mapping[str, str | int | None]) -> dict[str, Any]:
    return {"kind": tie.kind, "name": tie.name, "articles": {each: places.get(each) for each in tie.members}}


# What articles share.

_YEAR = "published_year"


def find_row_ties(articles: Sequence[Row], quoted: Mapping[str, Set[str]], stated: Stated) -> list[Tie]:
    """Return what ties articles, sorted: what their rows share, and what is stated of their texts.

    quoted: ids of articles by the fingerprint of words that they quote. Of an article that was reprinted and is not
    among these there is no row; it ties those that are its reprints.
    """
    shared: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    names = {row["article_id"] for row in articles}
    for row in articles:
        shared[TEXT, row["text_sha256"]].add(row["article_id"])
        for column in stated.group_by:
            if (value := _value(row, column)) is not None:
                shared[column, value].add(row["article_id"])
        if row["reprint_of"]:
            shared[REPRINT, row["reprint_of"]] |= {row["article_id"]} | names.intersection((row["reprint_of"],))
    found = {Tie(kind, name, tuple(sorted(members))) for (kind, name), members in shared.items() if len(members) > 1}
    texts = stated.texts
    found |= {Tie(NEAR_COPY, each[0], each) for each in (texts.near_copies if texts else ())}
    group_of = {name: group[0] for group in join(find_links(found)) for name in group}
    quotations = {}
    for words, members in quoted.items():
        if len(members) > 1 and len({group_of.get(each, each) for each in members}) <= stated.quotation_events:
            quotations[tuple(sorted(members))] = words
    for each in texts.quotations if texts else ():
        quotations.setdefault(each, each[0])
    found |= {Tie(QUOTATION, name, members) for members, name in quotations.items()}
    return sorted(found, key=lambda tie: (tie.kind, tie.members, tie.name))


def _value(row: Row, column: str) -> str | None:
    value: str | None = row["published"] and row["published"][:4] if column == _YEAR else row[column]
    return value or None


def find_quoted(rows: Mapping[str, Iterable[Row]], scheme: Scheme) -> dict[str, set[str]]:
    """Return the articles that have some words as a position or a condition, by the fingerprint of the words.

    Only those of `QUOTED` words: of words that are not shown, their length stands for their number.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    conditions = ((CONDITIONS, "text", "spans"),) if scheme.has_conditions else ()
    for table, words, places in ((STATEMENTS, "content", "content_spans"), *conditions):
        for row in _rows(rows, table, ("article_id", words, places)):
            parts = row[words].split(GAP) if row[words] else []
            shown = parts if len(parts) == len(row[places]) else [None] * len(row[places])
            for part, place in zip(shown, row[places], strict=True):
                begin, end = bounds(place)
                if count_words(part) >= QUOTED if part is not None else end - begin >= UNSEEN:
                    found[place["fingerprint"]].add(row["article_id"])
    return found


# What a test set asks of a model.


def conflict_column(scheme: Scheme) -> str | None:
    """Return the column of those who are in conflict: states behind parties, else parties; None for the event."""
    of_states = party_columns(scheme).lists
    if of_states:
        return of_states[0].name
    field = scheme.parties
    return str(field.column) if field is not None and field.level != "condition" else None


def _statement_columns(scheme: Scheme) -> tuple[str, ...]:
    column = conflict_column(scheme)
    return ("statement_id", "article_id", "speaker_id", "target_id", *([column] if column else []))


def _challenges(
    articles: Sequence[Row], statements: Iterable[Row], splits: Mapping[str, str | None], scheme: Scheme
) -> dict[str, dict[str, Any]]:
    """Return the ids of the statements of validation and test that are unlike all of train, by what they are unlike in.

    A conflict is told by those who take part: one with two parties or more is unlike all where no two of its parties
    stand together in train, one with a single party where that one stands nowhere there. Of statements without parties
    it is not known. Later than train is what was published after the last day that an article of train can be of; an
    article without a date is not in it, and those of train are left out, and counted.
    """
    column = conflict_column(scheme)
    by_article = {row["article_id"]: row for row in articles}
    speakers: set[str] = set()
    targets: set[str] = set()
    conflicts: set[Ids] = set()
    held: list[Row] = []
    for row in statements:
        if splits[row["article_id"]] == TRAIN:
            speakers.add(row["speaker_id"])
            targets.add(row["target_id"])
            conflicts |= _conflicts(row, by_article, column)
        elif splits[row["article_id"]] in HELD_OUT:
            held.append(row)
    if column is None:
        conflicts |= {(row["event"],) for row in articles if row["split"] == TRAIN}
    dates = [row["published"] for row in articles if row["split"] == TRAIN and row["published"]]
    last = max(map(_latest, dates), default=None)

    def is_of_another_conflict(row: Row) -> bool:
        found = _conflicts(row, by_article, column)
        pairs = {each for each in found if len(each) == 2} or found
        return bool(pairs) and conflicts.isdisjoint(pairs)

    def is_later(row: Row) -> bool:
        published = by_article[row["article_id"]]["published"]
        return bool(last and published and _earliest(published) > last)

    def chosen(belongs: Callable[[Row], bool]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {split: [] for split in HELD_OUT}
        for row in filter(belongs, held):
            found[splits[row["article_id"]] or ""].append(row["statement_id"])
        return {split: sorted(names) for split, names in found.items()}

    undated = Counter(row["split"] for row in articles if not row["published"])
    return {
        "unseen-speaker": {"by": "speaker_id", **chosen(lambda row: row["speaker_id"] not in speakers)},
        "unseen-target": {"by": "target_id", **chosen(lambda row: row["target_id"] not in targets)},
        "unseen-conflict": {"by": column or "event", **chosen(is_of_another_conflict)},
        "future": {
            "by": "published",
            "after": last,
            "undated_articles": {name: undated[name] for name in SPLITS if undated[name]},
            **chosen(is_later),
        },
    }


def _conflicts(row: Row, articles: Mapping[str, Row], column: str | None) -> set[Ids]:
    """Return who is in conflict by a statement: each party, and every two of them; by events, the event alone."""
    if column is None:
        event = articles[row["article_id"]]["event"]
        return {(event,)} if event else set()
    parties = sorted(set(row[column] or ()))  # null where it waits for an answer
    return {*((each,) for each in parties), *combinations(parties, 2)}


def _earliest(date: str) -> str:
    """Return the first day that an EDTF day, month or year can be."""
    return f"{date}-01-01"[:10]


def _latest(date: str) -> str:
    """Return the last day that an EDTF day, month or year can be."""
    return f"{date}-12-31"[:10] if len(date) == 4 else f"{date}-31"[:10]


# What is said of it in a line.


def say_leak(leak: Mapping[str, Any]) -> str:
    """Say which articles of which splits or folds a leak of a report ties, and by what."""
    by_place: defaultdict[str | int | None, list[str]] = defaultdict(list)
    for name, place in sorted(leak["articles"].items()):
        by_place[place].append(name)
    some = " and ".join(
        names[0]
        + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        + (f" ({place})" if isinstance(place, str) else f" (fold {place})")
        for place, names in sorted(by_place.items(), key=lambda each: _order(each[0]))
        if place is not None
    )
    said = {
        NEAR_COPY: "have nearly one text",
        QUOTATION: f"have words in common, {QUOTED} or more in a row",
        REPRINT: f"are copies of one article, {leak['name']}",
        TEXT: "have one text",
    }
    what = said.get(leak["kind"], f"have one {leak['kind']}, {leak['name']}")
    return f"{some} {what}."


def _order(place: str | int | None) -> int:
    return SPLITS.index(place) if isinstance(place, str) else -1 if place is None else place


def say_report(report: Mapping[str, Any]) -> str:
    """Say a report in one line."""
    if not report["applicable"]:
        return f"Leaks between splits: not applicable. {report['not_applicable_because']}"
    splits, folds = report["splits"], report["folds"]
    leaks = str(len(report["leaks"]) or "none")
    leaks += f", between folds: {len(report['fold_leaks']) or 'none'}" if folds else ""
    counts = ", ".join(f"{name} {splits[name]['articles']}" for name in (*SPLITS, NO_SPLIT) if name in splits)
    sets = ", ".join(f"{name} {len(each[TEST])}" for name, each in sorted(report["challenges"].items()))
    return (
        f"Leaks between splits: {leaks} (articles: {counts}; the largest group: "
        f"{len(report['largest_group']['articles'])}).{f' Statements of {TEST}: {sets}.' if sets else ''}"
    )
