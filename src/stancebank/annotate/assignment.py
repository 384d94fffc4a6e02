"""Who labels what, and who may decide where annotators disagree.

A plan adds lines to the ledger (`stancebank.corpus.assignments`), and takes none away: neither a new article nor a new
annotator moves what others have. What is divided is the work that is open: words that somebody is to read and has no
document of, in proportion to the shares. The largest articles are given first, each to the one who has least; where not
everybody may get an article, those that fewest may get come before.

Which articles several people read, a seeded hash decides, so that they are a random sample: the lowest hashes, as many
as are wanted. Their readers are chosen so that all pairs of annotators have articles in common, equally many as far as
the shares allow.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import msgspec

from stancebank.corpus.assignments import Assignment, read_assignments
from stancebank.corpus.store import Store, annotator_of, article_of
from stancebank.model import is_of_people
from stancebank.workspace import Workspace

Readers = Mapping[str, frozenset[str]]
"""By article id, the annotators who have read it."""


class _Origin(msgspec.Struct):
    """What of a document says whether a person made it."""

    origin: str = ""


def read_by(store: Store) -> dict[str, frozenset[str]]:
    """Return which people have a document of each article, whatever text it is of; models do not count."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in store.document_names():
        annotator = annotator_of(name)
        if annotator is not None and is_of_people(store.part(name, _Origin).origin):
            found[article_of(name)].add(annotator)
    return {article_id: frozenset(names) for article_id, names in found.items()}


def readers_of(store: Store) -> dict[str, frozenset[str]]:
    """Return who has a document of each article, or is to read it."""
    found = defaultdict(set, {article_id: set(names) for article_id, names in read_by(store).items()})
    for each in read_assignments(store):
        found[each.article_id].add(each.annotator)
    return {article_id: frozenset(names) for article_id, names in found.items()}


def may_adjudicate(article_id: str, name: str, readers: Readers) -> bool:
    """Whether somebody may decide on an article: nobody does on what they read themselves. readers: `readers_of`."""
    return name not in readers.get(article_id, frozenset())


def route(
    articles: Iterable[str],
    candidates: Collection[str],
    readers: Readers,
    words: Mapping[str, int],
    loads: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Return who decides on each article, evenly by words. Those on which no candidate may decide are left out.

    readers: `readers_of`. words: how many an article has, or what else its work is measured by. loads: what candidates
    have to do already, in the same unit. The order of articles and candidates means nothing.
    """
    load = Counter({name: (loads or {}).get(name, 0) for name in candidates})
    free = {each: [name for name in sorted(load) if may_adjudicate(each, name, readers)] for each in articles}
    found: dict[str, str] = {}
    for article_id in sorted(free, key=lambda each: (len(free[each]), -words.get(each, 0), each)):
        if free[article_id]:
            found[article_id] = min(free[article_id], key=load.__getitem__)
            load[found[article_id]] += words.get(article_id, 0)
    return dict(sorted(found.items()))


def count_article_words(store: Store) -> dict[str, int]:
    """Return the words of each article; where its text is not at hand, its characters divided by `LETTERS`."""
    found = {}
    for article in store.articles():
        text = store.text(article)
        found[article.id] = max(1, article.length // LETTERS if text is None else len(text.split()))
    return found


LETTERS = 6
"""Characters of a word with the space after it, where words cannot be counted."""


@dataclass(frozen=True, slots=True)
class AssignmentRules:
    """By what articles are assigned.

    shares: of the work, by annotator, relative to one another. overlap: percent of the articles that several people
    read. readers: how many read such an article; None for all annotators. moves: whose open articles go to whom.
    """

    shares: Mapping[str, int]
    overlap: int = 20
    readers: int | None = 2
    seed: str = ""
    moves: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssignmentPlan:
    """What assigning articles means.

    before: the lines as they are. added: new ones. removed: those that others have got (they are among the added).
    staying: open lines that were to move, and of which each of those who were to get them is a reader. short: articles
    that fewer people read than was wanted, since there is nobody else.
    """

    before: tuple[Assignment, ...]
    added: tuple[Assignment, ...]
    removed: tuple[Assignment, ...]
    staying: tuple[Assignment, ...]
    short: tuple[str, ...]

    @property
    def after(self) -> tuple[Assignment, ...]:
        """The lines as they will be."""
        return tuple(sorted({*self.before, *self.added} - set(self.removed)))


def plan_assignments(
    scope: Collection[str],
    counted: Collection[str],
    words: Mapping[str, int],
    before: Sequence[Assignment],
    read: Readers,
    rules: AssignmentRules,
) -> AssignmentPlan:
    """Decide who reads what. Pure.

    scope: articles that may get readers. counted: those of which the overlap is a part, and that may move. words: of
    all articles of the corpus. before: the ledger. read: `read_by`. The order of what is given means nothing.
    """
    dealing = _Dealing(words, before, read, rules)
    dealing.move(counted)
    dealing.overlap(scope, counted)
    dealing.fill(scope)
    return AssignmentPlan(
        tuple(before),
        tuple(sorted(dealing.added)),
        tuple(sorted(dealing.removed)),
        tuple(sorted(dealing.staying)),
        tuple(sorted(dealing.short)),
    )


@dataclass(frozen=True, slots=True)
class AssignmentState:
    """What a workspace says of who labels what.

    words: of all articles. lines: the ledger. read: `read_by`. gold: articles that have gold.
    """

    words: Mapping[str, int]
    lines: tuple[Assignment, ...]
    read: Readers
    gold: frozenset[str]

    def plan(
        self, rules: AssignmentRules, articles: Collection[str] = (), *, with_gold: bool = False
    ) -> AssignmentPlan:
        """Decide who reads what. articles: those alone; none means all that have no gold, or all. with_gold: all.

        The overlap is a part of the articles that may get readers and of those that have a line already.
        """
        scope = set(articles) or {each for each in self.words if with_gold or each not in self.gold}
        counted = scope if articles else scope | {each.article_id for each in self.lines} & self.words.keys()
        return plan_assignments(scope, counted, self.words, self.lines, self.read, rules)


def read_state(workspace: Workspace) -> AssignmentState:
    """Read who labels what. Raises WorkspaceError where the ledger cannot be read."""
    store = workspace.store
    gold = frozenset(store.gold_ids())
    return AssignmentState(count_article_words(store), read_assignments(store), read_by(store), gold)


class _Dealing:
    """The work that is given out, and who has how much of it."""

    def __init__(
        self, words: Mapping[str, int], before: Sequence[Assignment], read: Readers, rules: AssignmentRules
    ) -> None:
        self.words, self.before, self.read, self.rules = words, before, read, rules
        self.readers: defaultdict[str, set[str]] = defaultdict(set)
        for article_id, names in read.items():
            self.readers[article_id] |= names
        self.load: Counter[str] = Counter()
        for each in before:
            self.readers[each.article_id].add(each.annotator)
            if self._is_open(each):
                self.load[each.annotator] += words[each.article_id]
        self.pairs: Counter[tuple[str, str]] = Counter()
        for article_id in words:
            self.pairs.update(combinations(sorted(self.readers.get(article_id, ())), 2))
        self.added: list[Assignment] = []
        self.removed: list[Assignment] = []
        self.staying: list[Assignment] = []
        self.short: list[str] = []

    def move(self, articles: Collection[str]) -> None:
        """Give the open articles of those who give them up to others."""
        going = [
            each
            for each in self.before
            if each.annotator in self.rules.moves and each.article_id in articles and self._is_open(each)
        ]

        def takers(each: Assignment) -> list[str]:
            return [name for name in self.rules.moves[each.annotator] if name not in self.readers[each.article_id]]

        for each in sorted(going, key=lambda each: (len(takers(each)), -self.words[each.article_id], each)):
            free = takers(each)
            if not free:
                self.staying.append(each)
                continue
            self.removed.append(each)
            self.readers[each.article_id].remove(each.annotator)
            self.load[each.annotator] -= self.words[each.article_id]
            self.pairs.subtract(_pair(each.annotator, other) for other in self.readers[each.article_id])
            self._give(each.article_id, self._least(each.article_id, free), f"from:{each.annotator}")

    def overlap(self, scope: Collection[str], counted: Collection[str]) -> None:
        """Give articles to several people until as many have them as is wanted."""
        if not self.rules.shares:
            return
        wanted = (len(counted) * self.rules.overlap + 50) // 100
        has = sum(not self._missing(article_id) for article_id in counted)
        open_ = [article_id for article_id in scope if self._missing(article_id)]
        open_.sort(key=lambda each: (_hash(self.rules.seed, each), each))
        for article_id in sorted(open_[: max(0, wanted - has)], key=self._largest):
            while self._missing(article_id):
                free = [name for name in sorted(self.rules.shares) if name not in self.readers[article_id]]
                if not free:
                    self.short.append(article_id)
                    break
                if not self.readers[article_id] and len(free) > 1:
                    for name in min(combinations(free, 2), key=self._rarest):
                        self._give(article_id, name, "overlap")
                else:
                    beside = self.readers[article_id]
                    chosen = min(free, key=lambda name: self._beside(name, beside))
                    self._give(article_id, chosen, "overlap")

    def fill(self, scope: Collection[str]) -> None:
        """Give each article that nobody has to one person."""
        for article_id in sorted(scope, key=self._largest):
            if not self.readers[article_id] and self.rules.shares:
                self._give(article_id, self._least(article_id, sorted(self.rules.shares)), "share")

    def _is_open(self, each: Assignment) -> bool:
        return each.article_id in self.words and each.annotator not in self.read.get(each.article_id, frozenset())

    def _missing(self, article_id: str) -> int:
        """Return how many readers an article lacks to be one that several people read."""
        readers = self.readers[article_id]
        if self.rules.readers is None:
            return len(self.rules.shares.keys() - readers)
        return max(0, self.rules.readers - len(readers))

    def _largest(self, article_id: str) -> tuple[int, str]:
        return -self.words[article_id], article_id

    def _share(self, name: str) -> int:
        return self.rules.shares.get(name, 1)

    def _least(self, article_id: str, names: Iterable[str]) -> str:
        """Return who of some would have least to do, for their share, with one article more."""
        return min(names, key=lambda name: ((self.load[name] + self.words[article_id]) / self._share(name), name))

    def _rarest(self, pair: tuple[str, str]) -> tuple[float, float, tuple[str, str]]:
        shares = self._share(pair[0]), self._share(pair[1])
        loads = sum(self.load[name] / share for name, share in zip(pair, shares, strict=True))
        return self.pairs[pair] / (shares[0] * shares[1]), loads, pair

    def _beside(self, name: str, readers: Iterable[str]) -> tuple[float, float, str]:
        """Say how often somebody reads what some others read, and how much they have to do."""
        share = self._share(name)
        common = sum(self.pairs[_pair(name, other)] / (share * self._share(other)) for other in readers)
        return common, self.load[name] / share, name

    def _give(self, article_id: str, name: str, because: str) -> None:
        self.pairs.update(_pair(name, other) for other in self.readers[article_id])
        self.readers[article_id].add(name)
        self.load[name] += self.words[article_id]
        self.added.append(Assignment(article_id, name, because))


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _hash(seed: str, article_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{article_id}".encode(errors="surrogatepass")).digest()


Assigned = Mapping[str, frozenset[str]]
"""By annotator, the articles that they are to read."""


def assigned_articles(store: Store, sent: Collection[str] = ()) -> dict[str, frozenset[str]] | None:
    """Return the articles of each annotator that have a line; None where nobody has one.

    sent: those annotators whose documents are sent to a server, and of whom their articles belong to theirs, too.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for each in read_assignments(store):
        found[each.annotator].add(each.article_id)
    if not found:
        return None
    for file in store.document_names():
        name = annotator_of(file)
        if name is not None and name in sent and name in found:
            found[name].add(article_of(file))
    return {name: frozenset(articles) for name, articles in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class Workload:
    """What an annotator is to read: articles, those they have a document of, those that are left, and their words."""

    annotator: str
    assigned: int
    read: int
    left: int
    words: int
    words_left: int


def workloads(words: Mapping[str, int], lines: Iterable[Assignment], read: Readers) -> tuple[Workload, ...]:
    """Return the work of each annotator who has a line, by name. words: of all articles; lines of others do not count.

    read: `read_by`.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in lines:
        if each.article_id in words:
            found[each.annotator].append(each.article_id)
    told = []
    for name, articles in sorted(found.items()):
        left = [article_id for article_id in articles if name not in read.get(article_id, frozenset())]
        total, open_ = (sum(words[each] for each in some) for some in (articles, left))
        told.append(Workload(name, len(articles), len(articles) - len(left), len(left), total, open_))
    return tuple(told)


def count_pairs(lines: Iterable[Assignment], read: Readers, articles: Collection[str]) -> Counter[tuple[str, str]]:
    """Return how many articles every two annotators have in common, assigned or read."""
    readers = defaultdict(set, {article_id: set(names) for article_id, names in read.items()})
    for each in lines:
        readers[each.article_id].add(each.annotator)
    found: Counter[tuple[str, str]] = Counter()
    for article_id in sorted(readers.keys() & set(articles)):
        found.update(combinations(sorted(readers[article_id]), 2))
    return found
