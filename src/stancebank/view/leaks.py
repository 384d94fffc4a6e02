"""What leaks between splits: ties of which articles lie in several splits, or in several folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.corpus.splits import NEAR_COPY, QUOTATION, REPRINT, Tie, find_shared_words
from stancebank.model import NO_SPLIT, Article, Placement, SplitRules
from stancebank.publish.layout import SPLIT_REPORT
from stancebank.publish.parquet import read_table
from stancebank.publish.published import table_files
from stancebank.publish.splitting import TEXT, Stated, find_quoted, find_row_ties, is_parted
from stancebank.publish.tables import CONDITIONS, STATEMENTS
from stancebank.records import read_json
from stancebank.view.collection import Collection

_NAMES = {
    TEXT: "one text",
    NEAR_COPY: "nearly one text",
    QUOTATION: "words in common",
    REPRINT: "reprints of {name}",
}


@dataclass(frozen=True, slots=True)
class Leaks:
    """What leaks. parted, parted_folds: as `splits.json` has `leaks` and `fold_leaks`. ties: how many there are with
    two articles or more; None where that is not told. compared: whether texts were compared for near copies, too.
    """

    parted: Sequence[Mapping[str, Any]]
    parted_folds: Sequence[Mapping[str, Any]]
    ties: int | None
    compared: bool


def find_leaks(collection: Collection, articles: Sequence[Article], placements: Mapping[str, Placement]) -> Leaks:
    """Find what leaks between splits and folds, without a comparison of texts.

    Of a release, its own report is read. Else the records are asked, and which positions and conditions of gold have
    words in common.
    """
    report = collection.folder / SPLIT_REPORT if collection.folder else None
    if report is not None and report.is_file():
        told = read_json(report)
        return Leaks(told["leaks"], told["fold_leaks"], None, told["texts"] is not None)
    ties = [tie for tie in _ties(collection, articles) if len(tie.members) > 1]
    splits = {name: each.split for name, each in placements.items()}
    folds = {name: each.fold for name, each in placements.items()}
    return Leaks(_parted(ties, splits), _parted(ties, folds), len(ties), compared=False)


def name_of(leak: Mapping[str, Any]) -> str:
    """Return in a few words what ties the articles of a leak."""
    kind, name = leak["kind"], leak["name"]
    return _NAMES.get(kind, "same {kind}: {name}").format(kind=kind.replace("_", " "), name=name)


def _ties(collection: Collection, articles: Sequence[Article]) -> list[Tie]:
    workspace = collection.workspace
    rules = (workspace.settings.splits if workspace else None) or SplitRules()
    columns = {*rules.group_by, "published", "event"} - {"published_year"}
    rows = [
        {
            "article_id": each.id,
            "reprint_of": each.reprint_of,
            "text_sha256": each.text_sha256,
            **{name: _value(each, name) for name in columns},
        }
        for each in articles
    ]
    return find_row_ties(rows, _quoted(collection, articles), Stated({}, rules.group_by, rules.quotation_events, None))


def _quoted(collection: Collection, articles: Sequence[Article]) -> dict[str, set[str]]:
    """Return the articles that have words of gold in common, by a name of these words."""
    if collection.workspace:
        groups = find_shared_words(collection.workspace.store, {each.id: each for each in articles})
        return {str(place): set(members) for place, members in enumerate(sorted(groups))}
    assert collection.folder is not None
    tables = {
        table: [row for file in table_files(collection.folder, table) for row in read_table(file).to_pylist()]
        for table in (STATEMENTS, CONDITIONS)
        if table == STATEMENTS or collection.scheme.has_conditions
    }
    return find_quoted(tables, collection.scheme)


def _value(article: Article, column: str) -> str | None:
    sourced = getattr(article, column)
    return str(sourced.value) if sourced else None


def _parted(ties: Sequence[Tie], places: Mapping[str, str | int | None]) -> list[dict[str, Any]]:
    """Return the ties that lie in several places, as a report on splits has them."""
    found = []
    for tie in ties:
        held = {name: places[name] for name in tie.members if places.get(name) not in (None, NO_SPLIT)}
        if is_parted(held.values()):
            found.append({"kind": tie.kind, "name": tie.name, "articles": held})
    return found
