"""Which article next: the queue of those that nobody has annotated, the most worth reading first, with the reasons.

An article is worth reading for two things, each from 0 to 1, and the mean of them is its score. **Uncertainty** is the
mean entropy of its suggested statements, in bits: 1 where each is as probable as not, 0 where none is suggested. It is
taken for each statement and not for the article, or long articles would always come first (Settles and Craven, "An
analysis of active learning strategies for sequence labeling tasks", EMNLP 2008). An article without a suggestion counts
as half uncertain. **Novelty** is 1 - 1 / 2^n for n speakers, targets and outlets that neither what is annotated nor an
article before it in the queue has; without a suggestion, speakers and targets are what its words name of the registry.

Such a choice bends what is annotated, so a part of the places is drawn by lot from the whole queue; the same seed draws
the same articles. What is annotated counts as places, so that who asks for one article at a time gets as many by lot.
Reprints and near copies of what is annotated, or stands before them, come last.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count
from math import log2

from stancebank.annotate.assignment import read_by
from stancebank.annotate.lists import Spelled, find_names, spell
from stancebank.corpus.anchoring import read_statements, require_valid
from stancebank.corpus.assignments import ASSIGNMENTS, read_assignments
from stancebank.corpus.duplicates import find_duplicates
from stancebank.corpus.registry import current_ids, spellings
from stancebank.corpus.store import SUGGESTIONS, Store
from stancebank.corpus.suggestions import read_suggestion, suggested_articles, suggestion_names
from stancebank.errors import InputError, list_some
from stancebank.model import Article, is_of_people
from stancebank.schema.fields import Scheme
from stancebank.text import fold
from stancebank.workspace import Workspace

SHARE = 20
"""Percent of the places that are drawn by lot."""

UNKNOWN = 0.5
"""The uncertainty of an article of which no engine has said anything."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An article that is to be read. readers: who of those that it is assigned to has not read it.

    statements: how many are suggested, None where the article has no suggestion; uncertainty: their mean entropy in
    bits, None where it is not known. speakers, targets: ids that are suggested, or that its words name. outlet: ""
    where it is not known. reprint_of: the article whose text it reprints, or "".
    """

    article_id: str
    readers: tuple[str, ...] = ()
    statements: int | None = None
    uncertainty: float | None = None
    speakers: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    outlet: str = ""
    reprint_of: str = ""


@dataclass(slots=True)
class Covered:
    """What has been read, or will be: ids of speakers and targets, and outlets, folded."""

    speakers: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    outlets: set[str] = field(default_factory=set)

    def add(self, article: Waiting) -> None:
        """Count an article among what is read."""
        self.speakers |= article.speakers
        self.targets |= article.targets
        self.outlets.add(fold(article.outlet))

    def new_in(self, article: Waiting) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """Return the speakers, the targets and the outlet of an article that are new."""
        outlet = article.outlet if fold(article.outlet) not in self.outlets else ""
        return tuple(sorted(article.speakers - self.speakers)), tuple(sorted(article.targets - self.targets)), outlet


@dataclass(frozen=True, slots=True)
class Queued:
    """An article at its place in the queue, and why it stands there.

    by_lot: whether it was drawn. new_speakers, new_targets, new_outlet: what neither the annotated articles nor those
    before it have. copy_of: which of them it reprints or nearly repeats, or ""; likeness: how much, as
    `corpus.duplicates` measures it, None where that was recorded or goes by way of a third article.
    """

    article: Waiting
    by_lot: bool = False
    new_speakers: tuple[str, ...] = ()
    new_targets: tuple[str, ...] = ()
    new_outlet: str = ""
    copy_of: str = ""
    likeness: float | None = None

    @property
    def novelty(self) -> float:
        """From 0 to 1."""
        return 1 - 0.5 ** (len(self.new_speakers) + len(self.new_targets) + bool(self.new_outlet))

    @property
    def score(self) -> float:
        """From 0 to 1."""
        uncertainty = self.article.uncertainty
        return ((UNKNOWN if uncertainty is None else uncertainty) + self.novelty) / 2

    @property
    def because(self) -> tuple[str, ...]:
        """The reasons as words."""
        return tuple(self._reasons())

    def _reasons(self) -> Iterator[str]:
        if self.copy_of:
            alike = "" if self.likeness is None else f" ({self.likeness:.2f})"
            is_reprint = self.article.reprint_of == self.copy_of
            yield f"last: {'a reprint of' if is_reprint else 'nearly the text of'} {self.copy_of}{alike}"
        if self.by_lot:
            yield "by lot"
        number = self.article.statements
        if number == 0:
            yield "no statement suggested"
        elif self.article.uncertainty is not None:
            yield f"uncertainty {self.article.uncertainty:.2f}, {number} suggested"
        is_suggested = number is not None
        if self.new_speakers:
            yield f"{'new speakers' if is_suggested else 'names without a statement'}: {list_some(self.new_speakers)}"
        if self.new_targets:
            yield f"{'new targets' if is_suggested else 'names of new targets'}: {list_some(self.new_targets)}"
        if self.new_outlet:
            yield f"new outlet: {self.new_outlet}"
        if not (self.copy_of or self.novelty):
            yield "nothing new"
        if self.article.readers:
            yield f"for {', '.join(self.article.readers)}"


@dataclass(frozen=True, slots=True)
class Likenesses:
    """Which articles are alike. clusters: groups of ids; pairs: of the likeness of two ids, in either order."""

    clusters: Sequence[Collection[str]] = ()
    pairs: Mapping[frozenset[str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """The whole queue. suggestions: the name of those that were used, or "". annotated: ids of what is read.

    without_words: articles that would be in the queue, but their words are not at hand. outdated: those whose
    suggestion is of another text, and was not used.
    """

    queue: tuple[Queued, ...]
    suggestions: str
    annotated: tuple[str, ...]
    without_words: tuple[str, ...]
    outdated: tuple[str, ...]


def put_in_order(
    waiting: Iterable[Waiting],
    annotated: Collection[str],
    covered: Covered,
    alike: Likenesses,
    *,
    done: int = 0,
    share: int = SHARE,
    seed: str = "",
) -> Iterator[Queued]:
    """Yield the articles in the order in which to read them; in which order they are given means nothing.

    annotated: ids of what is read, some of which may wait for another reader. covered: what those are of; it grows.
    done: places before the first one. share: percent of the places that are drawn.
    """
    queue = _Queue(waiting, annotated, covered, alike, seed)
    for place in count(done + 1):
        by_lot = place * share // 100 > (place - 1) * share // 100
        name = queue.draw() if by_lot else queue.best()
        if name is None:
            break
        yield queue.take(name, by_lot=by_lot)
    yield from queue.copies()


class _Queue:
    """The articles that have no place yet."""

    def __init__(
        self,
        waiting: Iterable[Waiting],
        annotated: Iterable[str],
        covered: Covered,
        alike: Likenesses,
        seed: str,
    ) -> None:
        self.left = {each.article_id: each for each in waiting}
        self.covered, self.alike = covered, alike
        self._cluster = {name: number for number, names in enumerate(alike.clusters) for name in names}
        self._before: defaultdict[int, list[str]] = defaultdict(list)
        for name in sorted(annotated):
            self._note(name)
        self._lots = sorted(self.left, key=lambda name: (_lot(seed, name), name))
        rank = {name: place for place, name in enumerate(self._lots)}
        self._heap = [(-self._queued(each).score, rank[name], name) for name, each in self.left.items()]
        heapify(self._heap)
        self._lots.reverse()
        self._last: dict[str, Waiting] = {}

    def draw(self) -> str | None:
        """Return an article that is drawn by lot; None where none is left."""
        while self._lots:
            name = self._lots.pop()
            if self._may_come(name):
                return name
        return None

    def best(self) -> str | None:
        """Return the article with the highest score; None where none is left."""
        while self._heap:
            said, rank, name = heappop(self._heap)
            if not self._may_come(name):
                continue
            score = self._queued(self.left[name]).score
            if score >= -said:
                return name
            heappush(self._heap, (-score, rank, name))  # what was new in it has come since, in another one
        return None

    def take(self, name: str, *, by_lot: bool) -> Queued:
        """Give an article the next place."""
        found = self._queued(self.left.pop(name), by_lot=by_lot)
        self.covered.add(found.article)
        self._note(name)
        return found

    def copies(self) -> Iterator[Queued]:
        """Yield what comes last, those that are least alike first."""
        found = []
        for name, article in self._last.items():
            others = self._others(name) or [article.reprint_of]
            likeness = {other: self.alike.pairs.get(frozenset((name, other)), -1.0) for other in others}
            best = max(others, key=lambda other: (other == article.reprint_of, likeness[other]))
            found.append(Queued(article, copy_of=best, likeness=likeness[best] if likeness[best] >= 0 else None))
        yield from sorted(found, key=lambda each: (each.likeness or 1.0, each.article.article_id))

    def _note(self, name: str) -> None:
        if name in self._cluster:
            self._before[self._cluster[name]].append(name)

    def _others(self, name: str) -> list[str]:
        """Return which articles that are read, or have a place, an article is like."""
        before = self._before[self._cluster[name]] if name in self._cluster else []
        return [other for other in before if other != name]

    def _may_come(self, name: str) -> bool:
        """Whether an article is left and no copy; one that is a copy is put behind all others."""
        article = self.left.get(name)
        if article is None:
            return False
        if self._others(name) or article.reprint_of in self.left:
            self._last[name] = self.left.pop(name)
            return False
        return True

    def _queued(self, article: Waiting, *, by_lot: bool = False) -> Queued:
        return Queued(article, by_lot, *self.covered.new_in(article))


def _lot(seed: str, article_id: str) -> bytes:
    return hashlib.sha256(f"next\0{seed}\0{article_id}".encode(errors="surrogatepass")).digest()


def entropy(probability: float) -> float:
    """Return the entropy of a statement that is right with some probability, in bits."""
    parts = (probability, 1 - probability)
    return sum(-each * log2(each) for each in parts if each > 0)


def read_order(
    workspace: Workspace, name: str | None = None, *, annotator: str | None = None, share: int = SHARE, seed: str = ""
) -> Order:
    """Return the queue of a workspace: articles that nobody has read, or not everybody to whom they are assigned.

    name: of the suggestions to use; None for the only ones there are, if any. annotator: only what is assigned to them.
    Raises InputError where there are several and none is named, none of that name, or nothing is assigned to them.
    """
    store, scheme = workspace.store, workspace.scheme
    name = _choose(store, name)
    articles = {each.id: each for each in store.articles()}
    read = read_by(store)
    gold = set(store.gold_ids())
    annotated = sorted((read.keys() | gold) & articles.keys())
    open_ = _open(store, read, annotator)
    wanted = [each for each in articles if each in open_ or not (annotator or each in annotated)]
    registry = _Registry.of(store)
    suggested = {*suggested_articles(store, name)} if name else set()
    waiting, without_words, outdated = [], [], []
    for article_id in wanted:
        article = articles[article_id]
        text = store.text(article)
        if text is None:
            without_words.append(article_id)
            continue
        readers = tuple(sorted(open_.get(article_id, ())))
        value = read_suggestion(store, name, article_id) if article_id in suggested else None
        if value is not None and value.get("text_sha256") != article.text_sha256:
            outdated.append(article_id)
            value = None
        if value is None and article_id in annotated:  # what its words name and nobody marked is no statement
            waiting.append(Waiting(article_id, readers, outlet=_outlet(article), reprint_of=article.reprint_of or ""))
        elif value is None:
            waiting.append(registry.unread(article, text, readers, scheme))
        else:
            require_valid(value, scheme, "suggestion", f"{SUGGESTIONS}/{name}/{article_id}.json", "make it again.")
            waiting.append(registry.suggested(article, value, readers, scheme))
    found = find_duplicates(store) if waiting else None
    alike = Likenesses()
    if found is not None:
        alike = Likenesses(found.clusters, {frozenset((each.one, each.other)): each.likeness for each in found.pairs})
    covered = _covered(store, articles, annotated, registry)
    done = annotated if annotator is None else sorted(each for each in annotated if annotator in read.get(each, ()))
    queue = put_in_order(waiting, annotated, covered, alike, done=len(done), share=share, seed=seed)
    return Order(tuple(queue), name, tuple(annotated), tuple(without_words), tuple(outdated))


def _choose(store: Store, name: str | None) -> str:
    """Return the name of the suggestions to use; "" where there are none."""
    names = suggestion_names(store)
    if name is None and len(names) > 1:
        raise InputError(f"There are suggestions of {', '.join(names)}.\nHint: choose with --name.")
    if name is not None and name not in names:
        hint = f"there are some of {', '.join(names)}" if names else "run `stancebank suggest --engine rules`"
        raise InputError(f"There are no suggestions {name!r}.\nHint: {hint}.")
    return name or "".join(names)


def _open(store: Store, read: Mapping[str, Collection[str]], annotator: str | None) -> dict[str, set[str]]:
    """Return who has yet to read each article that is assigned. annotator: what is assigned to them alone."""
    lines = read_assignments(store)
    if annotator is not None and annotator not in {each.annotator for each in lines}:
        raise InputError(
            f"{ASSIGNMENTS} has no articles for {annotator}.\n"
            f"Hint: run `stancebank annotate assign --annotator {annotator}` first."
        )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in lines:
        if each.annotator not in read.get(each.article_id, ()) and annotator in (None, each.annotator):
            found[each.article_id].add(each.annotator)
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Registry:
    """The registries: which id stands for each redirected one, and the names that a text is searched for."""

    entities: Mapping[str, str]
    targets: Mapping[str, str]
    spelled_entities: tuple[Spelled, ...]
    spelled_targets: tuple[Spelled, ...]

    @classmethod
    def of(cls, store: Store) -> "_Registry":
        """Read them."""
        entities, targets = store.entities(), store.targets()
        named = {each.id for each in targets.targets if each.use in ("target", "both")}
        called = {name: words for name, words in spellings(targets).items() if name in named}
        return cls(current_ids(entities), current_ids(targets), tuple(spell(spellings(entities))), tuple(spell(called)))

    def suggested(
        self, article: Article, value: Mapping[str, object], readers: tuple[str, ...], scheme: Scheme
    ) -> Waiting:
        """Return an article with what is suggested for it."""
        said = read_statements(dict(value), scheme)
        sure = [each.confidence for each in said if each.confidence is not None]
        speakers = {each.speaker.entity for each in said if each.speaker.entity}
        return Waiting(
            article.id,
            readers,
            len(said),
            sum(map(entropy, sure)) / len(sure) if sure else None if said else 0.0,
            frozenset(self.entities.get(each, each) for each in speakers),
            frozenset(self.targets.get(each.target.id, each.target.id) for each in said),
            _outlet(article),
            article.reprint_of or "",
        )

    def unread(self, article: Article, text: str, readers: tuple[str, ...], scheme: Scheme) -> Waiting:
        """Return an article with what its words name of the registries, in the zones in which statements may be."""
        zones = scheme.vocabularies.annotated_zones()
        words = "\n".join(text[each.begin : each.end] for each in article.zones if each.zone in zones)
        speakers, targets = find_names(words, self.spelled_entities), find_names(words, self.spelled_targets)
        named = frozenset(speakers), frozenset(targets)
        return Waiting(article.id, readers, None, None, *named, _outlet(article), article.reprint_of or "")


def _covered(store: Store, articles: Mapping[str, Article], annotated: Iterable[str], registry: _Registry) -> Covered:
    """Return what people have annotated: whose statements, on what, of which outlets."""
    covered = Covered(outlets={fold(_outlet(articles[name])) for name in annotated} | {""})
    for document in store.all_documents():
        if document.gold is None and not is_of_people(document.origin):
            continue
        for each in document.statements:
            covered.speakers.add(registry.entities.get(each.speaker.entity, each.speaker.entity))
            covered.targets.add(registry.targets.get(each.target.id, each.target.id))
    return covered


def _outlet(article: Article) -> str:
    return article.outlet.value if article.outlet else ""
