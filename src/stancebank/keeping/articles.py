"""Articles as a maintainer corrects them: their zones, their metadata, and the removal of one that nobody uses.

Each change is planned first, on records; nothing is written before it is known that all of it can be.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.state import PROJECTS, SyncState, count_labels
from stancebank.check.annotations import check_spans_blind
from stancebank.check.corpus import check_articles, check_reprints, check_same_texts
from stancebank.corpus.assignments import read_assignments, write_assignments
from stancebank.corpus.keys import METADATA_KEYS
from stancebank.corpus.metadata import RIGHTS, apply_zones, rights_values, sourced
from stancebank.corpus.origins import drop_from_origins
from stancebank.corpus.present import Present
from stancebank.corpus.reprints import find_first
from stancebank.corpus.samples import drop_from_samples
from stancebank.corpus.segment import join_zones
from stancebank.corpus.store import Store, annotator_of
from stancebank.corpus.suggestions import drop_from_suggestions
from stancebank.corpus.withdraw import holdings
from stancebank.errors import ConflictError, InputError, WorkspaceError
from stancebank.model import Article, Sourced, document_spans, to_builtins
from stancebank.publish.history import read_record, recorded_versions
from stancebank.records import find_files
from stancebank.schema.validate import validate
from stancebank.text import line_bounds, line_number
from stancebank.workspace import Workspace

REPRINT = "reprint_of"
EXTRA = "extra."
"""How a key of `Article.extra` begins, where people name it."""

EDITABLE = (*METADATA_KEYS, *RIGHTS, REPRINT)
"""The keys of an article that can be edited, beside those of `EXTRA`."""

_REPEATED = "agencies"
_NEEDED = ("outlet", "holder", "licence", "text_policy")


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """A record as it is and as it would be. text: the words, None where they are not at hand."""

    before: Article
    after: Article
    text: str | None

    @property
    def values(self) -> dict[str, tuple[Any, Any]]:
        """The values that change, old and new, as JSON holds them, by the keys that people give; zones as a whole."""
        old, new = _shown(self.before), _shown(self.after)
        return {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)}

    @property
    def leaves_public(self) -> bool:
        """Whether words that git may hold leave the folder of public texts."""
        policies = self.before.rights.text_policy, self.after.rights.text_policy
        return self.text is not None and policies[0].shows_all and not policies[1].shows_all


def _shown(article: Article) -> dict[str, Any]:
    value = to_builtins(article)
    rights = {key: value["rights"].get(field) for key, field in RIGHTS.items()}
    extra = {f"{EXTRA}{name}": held for name, held in value.get("extra", {}).items()}
    kept = {key: value.get(key) for key in (*METADATA_KEYS, REPRINT, "zones")}
    return {key: held for key, held in {**kept, **rights, **extra}.items() if held is not None}


def write_change(store: Store, change: ArticleChange) -> None:
    """Write a changed article; its words move where its text policy wants them."""
    if change.after == change.before:
        return
    if change.text is None:
        store.write_record(change.after)
    else:
        store.write_article(change.after, change.text)


def plan_zones(workspace: Workspace, article_id: str, zone: str, lines: Iterable[tuple[int, int]]) -> ArticleChange:
    """Decide what laying a zone over lines means; nothing is written.

    lines: first and last, counted from 1 in the stored text. Zones that only blank lines divide are joined, so that
    laying `body` over lines takes back what was laid there. Raises InputError where the words are not at hand or there
    are no such lines, ConflictError where annotated words would lie in a zone that is not annotated.
    """
    store = workspace.store
    article = store.article(article_id)
    text = store.text(article)
    if text is None:
        raise InputError(
            f"The words of {article_id} are not at hand, and lines are counted in them.\n"
            "Hint: run `stancebank corpus hydrate DIR` with your copy. Nothing was changed."
        )
    bounds = line_bounds(text)
    given: list[dict[str, Any]] = [{"zone": zone, "lines": [first, last]} for first, last in lines]
    for first, last in (each["lines"] for each in given):
        if not (1 <= first <= last <= len(bounds)):
            raise InputError(f"{article_id} has {len(bounds)} lines, and none {last}.\nNothing was changed.")
        if not text[bounds[first - 1][0] : bounds[last - 1][1]].strip():
            raise InputError(f"{article_id}: line {first} is blank.\nHint: `stancebank corpus show` numbers the lines.")
    zones = tuple(join_zones(text, apply_zones(article.zones, given, text, article_id)))
    after = replace(article, zones=zones)
    if left := _left_out(workspace, article, after, text):
        listing = "\n".join(f"  {each}" for each in left)
        raise ConflictError(
            f"Annotated words of {article_id} would lie in {zone}, which is not annotated:\n{listing}\n"
            "Hint: lay the zone over other lines, or correct these statements first. Nothing was changed."
        )
    return ArticleChange(article, after, text)


def _left_out(workspace: Workspace, before: Article, after: Article, text: str) -> list[str]:
    """Say which words of all documents on an article lie in a zone that is annotated before, and not after."""
    store, scheme = workspace.store, workspace.scheme
    found: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for file in store.names_of(before.id):
        document = store.document(file)
        was, now = (
            {each.pointer for each in check_spans_blind(file, document, one, scheme) if each.code == "span-zone"}
            for one in (before, after)
        )
        for pointer, span in document_spans(document):
            if pointer in now - was:
                _, _, place, key, *_ = pointer.split("/")  # those of what is no statement may lie anywhere
                name = document.statements[int(place)].id.rpartition("/")[2]
                found[file, name, line_number(text, span.begin)].append(key)
    return [
        f"{file}  {name}, line {line}: {', '.join(dict.fromkeys(keys))}" for (file, name, line), keys in found.items()
    ]


def plan_edit(workspace: Workspace, article_id: str, given: Iterable[tuple[str, str]]) -> ArticleChange:
    """Decide what new metadata of an article mean; nothing is written.

    given: keys of `EDITABLE`, or of one's own that begin with `EXTRA`, each with its value; "" clears it. `agencies`
    may be given several times. The basis of what is given is `given`; the id of the article stays. Raises InputError
    with all faults where a key or a value is none.
    """
    store = workspace.store
    article = store.article(article_id)
    values: dict[str, list[str]] = defaultdict(list)
    for key, value in given:
        values[key].append(value)
    faults: list[str] = []
    changed: dict[str, Any] = {}
    for key, each in sorted(values.items(), key=lambda pair: pair[0] != "language"):  # which dates are read in
        try:
            changed |= _edited(store, article, key, each, changed)
        except InputError as error:
            faults.append(str(error))
    after = replace(article, **changed)
    if not faults:
        file = store.article_name(article_id)
        wrong = validate(to_builtins(after), "article", workspace.schema_dir, file)
        faults += [f"{each.pointer}: {each.message}" for each in wrong]
    if not faults and after.reprint_of != article.reprint_of:
        faults += _reprint_faults(store, article, after)
    if faults:
        raise InputError("\n".join([*faults, "Nothing was changed."]))
    try:
        text = store.text(article)
    except WorkspaceError:  # the file holds other words; it stays where it is, and the check says so
        if after.rights.text_policy != article.rights.text_policy:
            raise
        text = None
    return ArticleChange(article, after, text)


def _reprint_faults(store: Store, before: Article, after: Article) -> list[str]:
    """Return what the check of all articles would find once this one is a reprint or none, and does not find now."""
    others = {f"corpus/articles/{each.id}.json": each for each in store.articles()}

    def found(article: Article) -> list[str]:
        articles = {**others, f"corpus/articles/{article.id}.json": article}
        findings = (*check_articles(articles), *check_same_texts(articles.items()), *check_reprints(store, articles))
        return [f"{each.file}  {each.message}" for each in findings]

    known = found(before)
    return [each for each in found(after) if each not in known]


def _edited(store: Store, article: Article, key: str, given: list[str], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an article that a key changes. changed: those that other keys have changed."""
    name, value = article.id, given[-1].strip()
    if key not in EDITABLE and not (key.startswith(EXTRA) and key != EXTRA):
        likely = get_close_matches(key, EDITABLE, 1)
        hint = f"Did you mean {likely[0]!r}?" if likely else f"There are: {', '.join(EDITABLE)}, and {EXTRA}NAME."
        raise InputError(f"{name}: there is no key {key!r}. {hint}")
    if len(given) > 1 and key != _REPEATED:
        raise InputError(f"{name}: {key} is given {len(given)} times.")
    if not value and key in _NEEDED:
        raise InputError(f"{name}: {key} cannot be cleared: every article has one.")
    if key == REPRINT:
        if not value:
            return {key: None}
        return {key: find_first(replace(article, reprint_of=store.article(value).id), name, Present(store))}
    if key.startswith(EXTRA):
        extra = dict(changed.get("extra", article.extra))
        extra.pop(key.removeprefix(EXTRA), None)
        return {"extra": extra | ({key.removeprefix(EXTRA): value} if value else {})}
    if key in RIGHTS:
        rights = changed.get("rights", article.rights)
        return {"rights": replace(rights, **rights_values({key: value}, name) if value else {RIGHTS[key]: None})}
    language = changed.get("language", article.language)
    said = {"language": language.value if language else None, key: given if key == _REPEATED else value}
    found: Sourced[Any] | None = sourced(said, key, name)
    return {key: found}


@dataclass(frozen=True, slots=True)
class ArticleRemoval:
    """What removing an article means. files: the names of what goes, the record last.

    tasks: those that Label Studio may still hold for it, as ``project/task``.
    """

    article_id: str
    files: tuple[str, ...]
    tasks: tuple[str, ...]


def plan_removals(workspace: Workspace, article_ids: Iterable[str]) -> list[ArticleRemoval]:
    """Decide what removing articles means; nothing is written.

    Raises InputError where there is no such article, ConflictError where one of them is annotated, in a release, or
    named by another article; it says all that stands in the way, of all articles.
    """
    store = workspace.store
    wanted = list(dict.fromkeys(article_ids))
    for each in wanted:
        store.article(each)
    going = set(wanted)
    reprints: dict[str, list[str]] = defaultdict(list)
    for article in store.articles():
        if article.reprint_of and article.id not in going:
            reprints[article.reprint_of].append(article.id)
    releases = released_ids(store.root, "articles")
    removals, faults, annotated = [], [], False
    for each in wanted:
        labels, tasks = _server_state(workspace, each)
        why = [
            *(f"{_reader(name)} ({name})" for name in store.names_of(each)),
            *labels,
        ]
        annotated = annotated or bool(why)
        why += [f"release {version} has it" for version, ids in releases.items() if each in ids]
        why += [f"{other} is a reprint of it" for other in reprints[each]]
        if why:
            faults.append("\n".join([f"{each} cannot be removed:", *(f"  {one}" for one in why)]))
        record = store.article_name(each)
        files = [name for name in holdings(store, each) if name != record]
        removals.append(ArticleRemoval(each, (*files, record), tasks))
    if faults:
        first = "remove the annotations first; or take it out for good, with a record: " if annotated else ""
        raise ConflictError(
            "\n".join(faults)
            + f"\nHint: {first}`stancebank corpus withdraw ID --reason TEXT`, which releases tell of. "
            "Nothing was removed."
        )
    return removals


def released_ids(root: Path, table: str) -> dict[str, frozenset[str]]:
    """Return the ids of the rows of a table in each recorded release, by version. root: of the workspace."""
    records = {version: read_record(root, version) for version in recorded_versions(root)}
    return {version: frozenset(held.held.rows.get(table, ())) for version, held in records.items() if held}


def _reader(name: str) -> str:
    annotator = annotator_of(name)
    return "it has a gold document" if annotator is None else f"{annotator} has annotated it"


def _server_state(workspace: Workspace, article_id: str) -> tuple[list[str], tuple[str, ...]]:
    """Say which labels of an article the state of push and pull knows, and return its tasks that have none."""
    labels, tasks = [], []
    for folder in sorted(path for path in (workspace.root / LOCAL / PROJECTS).glob("*") if path.is_dir()):
        state = SyncState(folder)
        claimed = {claim.annotator for _, claim in state.cursor.all() if claim.article_id == article_id}
        claimed |= {annotator for article, annotator in state.bases.all() if article == article_id}
        labels += [f"{name} has labels of it in Label Studio (project {folder.name})" for name in sorted(claimed)]
        for path in find_files(folder / "raw" / article_id, "*.json.gz"):
            number = int(path.name.partition(".")[0])
            task = state.raw.read(number)
            if not claimed and (task is None or count_labels(task)):
                labels.append(f"task {number} in Label Studio has labels of it (project {folder.name})")
            tasks.append(f"{folder.name}/{number}")
        if find_files(folder / "removed" / article_id, "*"):
            labels.append(f"labels that annotators deleted are kept of it (project {folder.name})")
    return labels, tuple(tasks)


def remove_articles(store: Store, removals: Iterable[ArticleRemoval]) -> None:
    """Remove articles: their lines in the ledgers, their words, then the record. Interrupted, run it again.

    Raises WorkspaceError, and removes nothing, where a file may not be removed.
    """
    removals = list(removals)
    store.require_removable(name for each in removals for name in each.files)
    placements = store.placements()
    going = {each.article_id for each in removals}
    if going & placements.keys():
        store.write_placements({name: each for name, each in placements.items() if name not in going})
    assignments = read_assignments(store)
    write_assignments(store, (each for each in assignments if each.article_id not in going))
    drop_from_suggestions(store, going)
    drop_from_origins(store, going)
    drop_from_samples(store, going)
    for each in removals:
        store.remove(each.files)
        for folder in {(store.root / name).parent for name in each.files}:
            if folder.name == each.article_id and not any(folder.iterdir()):
                folder.rmdir()


def listed_zones(article: Article, text: str | None) -> Iterator[dict[str, Any]]:
    """Yield the zones of an article with first and last line and their words; None for these without the text."""
    for zone in article.zones:
        words = None if text is None else " ".join(text[zone.begin : zone.end].split())
        lines = None if text is None else [line_number(text, zone.begin), line_number(text, zone.end - 1)]
        yield {"zone": zone.zone, "lines": lines, "begin": zone.begin, "end": zone.end, "words": words}
