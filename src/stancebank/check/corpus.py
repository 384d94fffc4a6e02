"""Articles, registries and withdrawals.

Article records and stored texts: do they describe one another? The registries: one entry an actor and an act, no name
on two of them, no circles, redirects that lead somewhere. Withdrawn articles: do they stay away?
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from stancebank.corpus.assignments import ASSIGNMENTS, read_assignments
from stancebank.corpus.registry import current_ids, entries, follow, leads_back, resolve_entity, resolve_target
from stancebank.corpus.store import LEDGER, LOCAL_WITHDRAWN, WITHDRAWN, Store
from stancebank.corpus.withdraw import Known, Memory, holdings
from stancebank.errors import Finding, InputError, WorkspaceError, line_ends
from stancebank.git import GitError, left_out_files, removed_files, why_unasked
from stancebank.model import (
    Article,
    Cap,
    Document,
    Entity,
    EntityRegistry,
    Extent,
    Placement,
    TargetRegistry,
    Withdrawal,
    from_builtins,
    measure,
    own_length,
    quoted_spans,
)
from stancebank.records import find_files, read_json
from stancebank.search import search_fold
from stancebank.text import are_ascending, is_of_words, line_number, one_line, sha256

if TYPE_CHECKING:
    from rapidfuzz.distance import Editop

    from stancebank.corpus.splits import Tie


class KnownArticle(Protocol):
    """What rules over many articles need of each: an article has it, and so have the facts that are kept of one."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def text_sha256(self) -> str:
        """The SHA-256 of its text."""
        ...

    @property
    def reprint_of(self) -> str | None:
        """The article that it reprints."""
        ...

    @property
    def first_id(self) -> str:
        """The article that its text appeared as first."""
        ...


def check_same_texts(articles: Iterable[tuple[str, KnownArticle]]) -> Iterator[Finding]:
    """Check that no text is there twice. articles: each with its path in the workspace."""
    by_text: dict[bytes, tuple[str, str]] = {}
    for file, article in articles:
        key = bytes.fromhex(article.text_sha256)
        other, first_id = by_text.setdefault(key, (file, article.first_id))
        if other != file and first_id != article.first_id:
            yield Finding(file, "/text_sha256", "article-twice", f"{other} holds the same text.")


def check_articles(articles: Mapping[str, Article]) -> Iterator[Finding]:
    """Check the records themselves, each of its own. articles: by their path in the workspace."""
    for file, article in articles.items():
        if file != f"corpus/articles/{article.id}.json":
            yield Finding(file, "/id", "article-id", f"the id is {article.id!r}.")
        if not are_ascending([(line.begin, line.end) for line in article.lines], article.length):
            yield Finding(file, "/lines", "lines-differ", "they overlap, are out of order or leave the text.")
        for place, (before, after) in enumerate(pairwise(article.zones)):
            if before.end > after.begin:
                yield Finding(
                    file,
                    f"/zones/{place + 1}",
                    "zone-order",
                    f"{after.begin} is before {before.end}, where the zone above ends.",
                )
        for place, zone in enumerate(article.zones):
            if not are_ascending([(zone.begin, zone.end)], article.length):
                yield Finding(
                    file,
                    f"/zones/{place}",
                    "zone-order",
                    f"[{zone.begin}, {zone.end}) is no stretch of {article.length} characters.",
                )


def check_reprints(store: Store, articles: Mapping[str, KnownArticle]) -> Iterator[Finding]:
    """Check that each reprint names the article that had its text first. articles: by their path in the workspace."""
    if all(article.reprint_of is None for article in articles.values()):
        return
    of_id = {article.id: article for article in articles.values()}
    for file, article in articles.items():
        if (name := article.reprint_of) is None:
            continue
        if name == article.id:
            yield Finding(file, "/reprint_of", "reprint-chain", "it names the article itself.")
        elif (first := of_id.get(name)) and first.reprint_of:
            yield Finding(
                file, "/reprint_of", "reprint-chain", f"{name!r} is itself a reprint of {first.reprint_of!r}."
            )
        elif first is None and not store.has_article(name):  # else a finding of its own
            yield Finding(file, "/reprint_of", "reprint-unknown", f"there is no article {name!r}.")


def check_splits(
    placements: Mapping[str, Placement],
    articles: Mapping[str, str],
    gold: Collection[str],
    gone: Collection[str],
    ties: Iterable["Tie"],
) -> Iterator[Finding]:
    """Check the ledger of splits by the records alone, without texts.

    articles: the paths of their records, by id. gold: ids of articles that have a gold document; gone: of those that
    were withdrawn. ties: what keeps articles in one split.
    """
    from stancebank.corpus.splits import find_parted

    for name in sorted(gold - placements.keys() & articles.keys()):
        yield Finding(articles[name], "", "split-missing", f"{LEDGER} has no line of it.")
    for name in sorted(placements.keys() - articles.keys() - set(gone)):
        yield Finding(LEDGER, "", "split-unknown", f"there is no article {name!r}.")
    for tie, parts in find_parted(ties, placements):
        told = ", ".join(f"{names[0]} is in {split}" for split, names in parts.items())
        yield Finding(LEDGER, "", "split-leak", f"{tie.kind} {one_line(tie.name)!r}: {told}.")


def check_assignments(store: Store, known: Collection[str]) -> Iterator[Finding]:
    """Check the ledger of who labels what, if there is one. known: articles that it may name."""
    if not (store.root / ASSIGNMENTS).is_file():
        return
    try:
        lines = read_assignments(store)
    except WorkspaceError as error:
        told = one_line(str(error).partition("\nHint:")[0])
        yield Finding(ASSIGNMENTS, "", "assignment-invalid", f"{told.rstrip('.')}.")
        return
    for name in sorted({each.article_id for each in lines}.difference(known)):
        yield Finding(ASSIGNMENTS, "", "assignment-unknown", f"there is no article {name!r}.")


def check_text(file: str, article: Article, text: str) -> Iterator[Finding]:
    """Check a record against its text, which is known to be the one it was made of."""
    recorded = [(line.begin, line.end, line.fingerprint) for line in article.lines]
    if len(text) != article.length:
        yield Finding(file, "/length", "lines-differ", f"the text has {len(text)} characters, not {article.length}.")
    for place, (begin, end, recorded_fingerprint) in enumerate(recorded):
        if "\n" in text[begin:end] or not is_of_words(recorded_fingerprint, text[begin:end]):
            yield Finding(file, f"/lines/{place}", "lines-differ", f"text[{begin}:{end}] is another line.")
    covered = bytearray(len(text))
    for begin, end, _ in recorded:
        covered[begin:end] = b"\1" * len(covered[begin:end])
    if next(_bare(text, covered), None) is not None:
        yield Finding(file, "/lines", "lines-differ", "a line of the text is missing.")
    zoned = bytearray(len(text))
    for zone in article.zones:
        zoned[zone.begin : zone.end] = b"\1" * len(zoned[zone.begin : zone.end])
    if (bare := next(_bare(text, zoned), None)) is not None:
        yield Finding(file, "/zones", "zone-gap", f"line {line_number(text, bare)}, offset {bare} is in none.")


def _bare(text: str, covered: bytearray) -> Iterator[int]:
    """Yield the first place of each stretch that nothing covers at which there is more than white space."""
    begin = covered.find(0)
    while begin >= 0:
        end = covered.find(1, begin)
        gap = text[begin : end if end >= 0 else len(text)]
        if gap and not gap.isspace():
            yield begin + len(gap) - len(gap.lstrip())
        begin = covered.find(0, end) if end >= 0 else -1


def read_text(name: str, data: bytes, article: Article) -> tuple[str | None, Finding | None]:
    """Return the text of a record if it is right, else what is wrong with it. name: of its file, which holds data."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None, Finding(name, "", "text-changed", "it is not UTF-8.")
    found = hashlib.sha256(data).hexdigest()
    if found == article.text_sha256:
        return text, None
    if sha256(text.replace("\r\n", "\n")) == article.text_sha256:
        return None, line_ends(name)
    return None, Finding(name, "", "text-changed", f"its SHA-256 begins {found[:12]}, not {article.text_sha256[:12]}.")


# spellings of one sound, brought to one letter; longer ones first
_SPELLINGS = (
    *(("shch", "s"), ("tsch", "c"), ("tch", "c"), ("dzh", "j"), ("kh", "k"), ("gh", "g"), ("ch", "c")),
    *(("sh", "s"), ("zh", "j"), ("dj", "j"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("ck", "k"), ("x", "ks")),
    *(("q", "g"), ("w", "v"), ("e", "i"), ("y", "i"), ("o", "u")),
)
_LETTER = dict(_SPELLINGS)
_SPELLING = re.compile("|".join(_LETTER))
_DOUBLED = re.compile(r"(.)\1+")

_VOWELS = frozenset("aiu")
_SILENT = _VOWELS | {"h"}  # what may be missing inside a word
_SWAPS = frozenset(map(frozenset, ("ai", "ij", "gk", "ck", "cs", "fv")))  # never a for u: Hasan is not Husain
_BONES = str.maketrans("gcsv", "kkkf", "aiujh")  # what no swap changes: whoever differs there is not alike
_LETTERS_PER_CHANGE = 4

_TITLE = re.compile(
    r"(?:(?:mr|mrs|ms|dr|prof|professor|sir|lord|lady|king|queen|prince|princess|president|minister|premier|ambassador"
    r"|envoy|senator|general|brigadier|major|colonel|admiral|captain|commander|ayatollah|imam|sheikh|s[ae]yy?[ei]d)"
    r"\W+)+(?=\w)"
)


@dataclass(frozen=True, slots=True)
class SimilarNames:
    """Two entities with names that are alike. place: of the later one in the registry."""

    place: int
    entity: str
    name: str
    other: str
    other_name: str


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of an entity, and its words in plain letters. weak: whether a person has a fuller one."""

    place: int
    entity: Entity
    name: str
    words: tuple[str, ...]
    weak: bool


def alike(entities: Iterable[Entity], persons: Collection[str]) -> Iterator[SimilarNames]:
    """Yield every two entities of one kind that likely are one, each pair once; names that fold alike do not count.

    persons: the kinds of entities that are persons, whose titles do not count.
    """
    shelves: defaultdict[tuple[str, str], list[_Name]] = defaultdict(list)
    for place, entity in enumerate(entities):
        for name in _names(place, entity, entity.kind in persons):
            bones = "".join(_spelled(word).translate(_BONES) for word in name.words)
            shelves[entity.kind, bones].append(name)
    seen: set[tuple[int, int]] = set()
    for shelf in shelves.values():
        for one, other in combinations(shelf, 2):
            pair = one.place, other.place
            if one.place == other.place or pair in seen or (one.weak and other.weak):
                continue
            if search_fold(one.name) != search_fold(other.name) and _are_alike(one.words, other.words):
                seen.add(pair)
                yield SimilarNames(other.place, other.entity.id, other.name, one.entity.id, one.name)


def _are_alike(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether two names likely are transliterations of one, word by word, or as one word each."""
    if len(words) != len(others):
        return _spelled("".join(words)) == _spelled("".join(others))
    return bool(words) and all(
        _is_variant(_spelled(one), _spelled(two)) for one, two in zip(words, others, strict=True)
    )


def _is_variant(one: str, other: str) -> bool:
    """Whether a word differs from another in few letters, each of which transliterations swap or leave out."""
    from rapidfuzz.distance import Levenshtein

    if one == other:
        return True
    allowed = min(len(one), len(other)) // _LETTERS_PER_CHANGE
    if Levenshtein.distance(one, other, score_cutoff=allowed) > allowed:
        return False
    return all(_is_swap(one, edit, other) for edit in Levenshtein.editops(one, other))


def _is_swap(one: str, edit: "Editop", other: str) -> bool:
    if edit.tag == "replace":
        last = edit.src_pos == len(one) - 1 and one[edit.src_pos] in _VOWELS
        return not last and frozenset((one[edit.src_pos], other[edit.dest_pos])) in _SWAPS
    word, place = (one, edit.src_pos) if edit.tag == "delete" else (other, edit.dest_pos)
    if place == len(word) - 1:
        return word[place] == "h"  # a vowel at the end tells Orlova from Orlov
    return word[place] in _SILENT or (place == 0 and word[place] == "j")


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in plain letters and digits."""
    plain = "".join(
        each for each in unicodedata.normalize("NFKD", search_fold(name)) if not unicodedata.combining(each)
    )
    return tuple(re.findall(r"[^\W_]+", plain))


def _spelled(word: str) -> str:
    word = re.sub(r"ij$", "i", word)
    return _DOUBLED.sub(r"\1", _SPELLING.sub(lambda match: _LETTER[match[0]], word))


def _names(place: int, entity: Entity, is_person: bool) -> list[_Name]:
    """The names of an entity; those of a person without titles."""
    found = []
    for name in (entity.name, *entity.aliases):
        plain = search_fold(name)
        title = _TITLE.match(plain) if is_person else None
        words = _words(plain[title.end() :] if title else plain)
        if words:
            found.append((name, words))
    is_full = is_person and any(len(words) > 1 for _, words in found)
    return [_Name(place, entity, name, words, is_full and len(words) == 1) for name, words in found]


ENTITIES = "corpus/entities.json"
TARGETS = "corpus/targets.json"


def check_entities(registry: EntityRegistry, used: set[str], persons: Collection[str] | None) -> Iterator[Finding]:
    """Check the entity registry. used: the ids that documents refer to; none, and nothing is called unused.

    persons: the kinds of entities that are persons, for `alike`; None: names are not compared in pairs, which takes
    its time where a foreign registry has thousands.
    """
    yield from _check_redirects(ENTITIES, registry)
    now = current_ids(registry)
    known = {entity.id: entity for entity in registry.entities}
    parts = {entity.id: resolve_entity(entity, now).part_of for entity in registry.entities}
    owners: dict[str, str] = {}
    used = {now.get(name, name) for name in used}
    needed = set(used)
    for place, entity in enumerate(registry.entities):
        if known[entity.id] is not entity:
            yield Finding(ENTITIES, f"/entities/{place}/id", "entity-twice", f"{entity.id!r} occurs twice.")
            continue
        for key in ("part_of", "affiliation"):
            other = getattr(entity, key)
            if other is not None:
                yield from check_id("entity", ENTITIES, f"/entities/{place}/{key}", other, known.keys() | now, now)
                if entity.id in used:
                    needed.add(now.get(other, other))
        if leads_back(entity.id, parts):
            yield Finding(ENTITIES, f"/entities/{place}/part_of", "entity-circle", f"{entity.id!r} is part of itself.")
        names = [("name", entity.name), *((f"aliases/{n}", alias) for n, alias in enumerate(entity.aliases))]
        for key, name in names:
            owner = owners.setdefault(search_fold(name), entity.id)
            if owner != entity.id:
                pointer = f"/entities/{place}/{key}"
                yield Finding(ENTITIES, pointer, "alias-shared", f"{name!r} is also a name of {owner!r}.")
    for pair in alike(registry.entities, persons) if persons is not None else ():
        message = f"{pair.name!r} reads like {pair.other_name!r}, a name of {pair.other!r}."
        yield Finding(ENTITIES, f"/entities/{pair.place}", "entity-alike", f"{pair.entity!r}: {message}")
    needed |= _above(needed, parts)
    for place, entity in enumerate(registry.entities):
        if used and entity.id not in needed:
            yield Finding(ENTITIES, f"/entities/{place}", "entity-unused", f"nothing refers to {entity.id!r}.")


def check_targets(registry: TargetRegistry) -> Iterator[Finding]:
    """Check the target registry."""
    yield from _check_redirects(TARGETS, registry)
    now = current_ids(registry)
    parents = {target.id: resolve_target(target, now).parent for target in registry.targets}
    count = Counter(target.id for target in registry.targets)
    for place, target in enumerate(registry.targets):
        pointer = f"/targets/{place}"
        if count[target.id] > 1:
            yield Finding(TARGETS, f"{pointer}/id", "target-twice", f"{target.id!r} occurs twice.")
        if target.parent is not None:
            yield from check_id("target", TARGETS, f"{pointer}/parent", target.parent, parents.keys() | now, now)
        if leads_back(target.id, parents):
            yield Finding(TARGETS, f"{pointer}/parent", "target-circle", f"{target.id!r} is above itself.")


def check_id(
    what: str, file: str, pointer: str, name: str, known: Collection[str], now: Mapping[str, str]
) -> Iterator[Finding]:
    """Check one reference to a registry.

    what: entity or target. known: every id that stands for an entry. now: those that do so by a redirect, and the id
    that they lead to.
    """
    if name in now:
        message = f"{name!r} is now {now[name]!r}: `stancebank corpus {what} merge {name} {now[name]}` rewrites it."
        yield Finding(file, pointer, f"{what}-redirected", message)
    elif name not in known:
        yield Finding(file, pointer, f"{what}-unknown", f"{name!r} is not registered.")


def _check_redirects(file: str, registry: EntityRegistry | TargetRegistry) -> Iterator[Finding]:
    live = {entry.id for entry in entries(registry)}
    for name, led in registry.redirects.items():
        pointer = f"/redirects/{name}"
        if name in live:
            yield Finding(file, pointer, "redirect-live", f"{name!r} is an entry, and leads to {led!r}.")
        elif follow(name, registry.redirects, live) is None:
            if leads_back(name, dict(registry.redirects)):
                yield Finding(file, pointer, "redirect-circle", f"{name!r} leads back to itself.")
            else:
                yield Finding(file, pointer, "redirect-unknown", f"{name!r} leads to {led!r}, which leads to no entry.")


def _above(ids: set[str], above: dict[str, str | None]) -> set[str]:
    found: set[str] = set()
    for start in ids:
        current = above.get(start)
        while current is not None and current not in found:
            found.add(current)
            current = above.get(current)
    return found


def check_withdrawals(store: Store, withdrawals: Mapping[str, Withdrawal]) -> Iterator[Finding]:
    """Check that what was withdrawn stays away. withdrawals: by their path in the workspace."""
    root = store.root
    for file, withdrawal in withdrawals.items():
        if file != f"{WITHDRAWN}/{withdrawal.id}.json":
            yield Finding(file, "/id", "article-id", f"the id is {withdrawal.id!r}.")
    copies = dict(local_copies(root, withdrawals))
    for file in copies:
        yield Finding(file, "", "withdrawal-lost", f"{WITHDRAWN}/{file.rpartition('/')[2]} is gone.")
    known_gone = {file.rpartition("/")[2] for file in copies}
    try:
        removed = removed_files(root, WITHDRAWN)
    except GitError:  # a finding of its own: `check_history`
        removed = frozenset()
    for file in sorted(removed):
        if file.endswith(".json") and file.rpartition("/")[2] not in known_gone:
            yield Finding(file, "", "withdrawal-lost", "it is in the history of git, and is missing.")
    yield from _returned(store, (each for each in (*withdrawals.values(), *copies.values()) if each.lifted is None))


def recognise(file: str, article: Article, text: str | None, memory: Memory) -> Finding | None:
    """Return that an article is, or is like, one that was withdrawn. text: of it, where it is at hand."""
    if any(each.id == article.id for each in memory.withdrawals):  # which has a finding of its own
        return None
    known = memory.know_record(article) or (memory.know_text(text) if text is not None else None)
    return _likeness(file, known) if known else None


def check_history(root: Path) -> Iterator[Finding]:
    """Find out what of a workspace git cannot show: earlier records, and files that a sparse checkout leaves out."""
    if reason := why_unasked(root):
        yield Finding("corpus", "", "history-unread", f"Lost withdrawals were not looked for: {reason}.")
        return
    with suppress(GitError):
        if left_out := left_out_files(root):
            few = f"{len(left_out)} files of the workspace, such as {left_out[0]}"
            yield Finding("corpus", "", "history-unread", f"the checkout is sparse and leaves out {few}.")


def local_copies(root: Path, withdrawals: Mapping[str, Withdrawal]) -> Iterator[tuple[str, Withdrawal]]:
    """Yield the records of withdrawals that only the local store has."""
    for path in find_files(root / LOCAL_WITHDRAWN, "*.json"):
        if f"{WITHDRAWN}/{path.name}" in withdrawals or (root / WITHDRAWN / path.name).exists():
            continue
        try:
            yield f"{LOCAL_WITHDRAWN}/{path.name}", from_builtins(read_json(path, whole=True), Withdrawal)
        except (InputError, msgspec.ValidationError):
            continue


def _returned(store: Store, withdrawals: Iterable[Withdrawal]) -> Iterator[Finding]:
    for withdrawal in withdrawals:
        for name in holdings(store, withdrawal.id):
            yield Finding(
                name,
                "",
                "withdrawn-returned",
                f"{withdrawal.id} was withdrawn on {withdrawal.date}: {one_line(withdrawal.reason).rstrip('.')}.",
            )


def _likeness(file: str, known: Known) -> Finding:
    withdrawal = known.withdrawal
    return Finding(
        file,
        "",
        "withdrawn-returned" if known.is_same else "withdrawn-alike",
        f"{known.how}: {withdrawal.id} was withdrawn on {withdrawal.date}.",
    )


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
