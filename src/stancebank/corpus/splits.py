"""Articles are assigned to splits, once and for all, so that no two that belong together are in different ones.

What belongs together is told by **ties**: articles with one value of a column by which the settings group them (events,
unless they say otherwise), an article and its reprints, near copies, and articles that have one quotation of eight
words or more, be it in quotation marks, or a position or a condition of their gold. The ledger (`store.LEDGER`) keeps
what was decided, and how:

- A new article joins the split of those that it is tied to, over however many other new ones.
- Where none of them has a split yet, a hash decides, of the seed and of what the group is called: by its event, else by
  its first article that is no reprint. So neither the order of the articles nor which others there are has a part in
  it, and a group that is alone gets the same split in every run.
- An article that is tied to articles of several splits **bridges** them. It gets none, and then ties nothing. Where
  only a chain of new articles leads from one split to another, the split to which most of the chain is tied keeps it,
  and those that are tied to another one get none.

Folds are told in the same way, with one difference. A hash would fill few groups into folds unevenly; so new groups,
the largest first, go to the fold that has the fewest articles in the ledger, and of several to the one that a hash
picks. That is as stable, since the ledger keeps it, and does not depend on the order of the articles of a run; but on
what came in earlier runs.
"""

import hashlib
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancebank.corpus.copies import search_keys
from stancebank.corpus.duplicates import QUOTED, Alike, find_duplicates, join
from stancebank.corpus.store import Store
from stancebank.errors import InputError
from stancebank.model import NO_SPLIT, SPLITS, Article, Placement, SplitRules
from stancebank.search import count_words
from stancebank.text import one_line

REPRINT, NEAR_COPY, QUOTATION = "reprint", "near-copy", "quotation"
KINDS = (REPRINT, NEAR_COPY, QUOTATION)
"""The kinds of ties beside the columns that articles are grouped by."""

UNSEEN = 5 * QUOTED
"""Code points of words that are not at hand, from which on they count as a quotation of `QUOTED` words."""

BRIDGE = "bridge:"
"""How the reason begins why an article has no split."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What keeps articles in one split.

    kind: a column of `model.GROUP_COLUMNS`, or one of `KINDS`. name: the value of the column; the article that was
    reprinted; of the others, the first article. members: ids, sorted; the one that was reprinted may have no record.
    """

    kind: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties the articles of a corpus.

    missing: articles whose texts are not at hand, and could not be compared. wide: groups of articles with a quotation
    that ties nothing, since it is in too many events.
    """

    ties: tuple[Tie, ...]
    missing: tuple[str, ...] = ()
    wide: int = 0


@dataclass(frozen=True, slots=True)
class Component:
    """Articles that ties join, however far apart. ties: how many there are of each kind, by kind."""

    members: tuple[str, ...]
    ties: Mapping[str, int]


def record_ties(articles: Iterable[Article], group_by: Sequence[str]) -> Iterator[Tie]:
    """Yield the ties that records tell, without any text: those of columns, of single articles too, and reprints."""
    return join_columns(((each.id, each.reprint_of, column_values(each, group_by)) for each in articles), group_by)


def join_columns(
    articles: Iterable[tuple[str, str | None, Sequence[str | None]]], group_by: Sequence[str]
) -> Iterator[Tie]:
    """Yield the ties of `record_ties`. articles: each its id, what it reprints, and its values of the columns."""
    columns: list[defaultdict[str, list[str]]] = [defaultdict(list) for _ in group_by]
    reprints: defaultdict[str, set[str]] = defaultdict(set)
    for name, reprinted, values in articles:
        for groups, value in zip(columns, values, strict=True):
            if value is not None:
                groups[value].append(name)
        if reprinted:
            reprints[reprinted] |= {reprinted, name}
    for column, groups in zip(group_by, columns, strict=True):
        yield from (Tie(column, value, tuple(sorted(names))) for value, names in sorted(groups.items()))
    yield from (Tie(REPRINT, name, tuple(sorted(names))) for name, names in sorted(reprints.items()))


def column_values(article: Article, group_by: Sequence[str]) -> tuple[str | None, ...]:
    """Return the values of an article in columns by which articles are grouped."""
    return tuple(_value(article, column) for column in group_by)


def _value(article: Article, column: str) -> str | None:
    if column == "published_year":
        year = re.match("[0-9]{4}", article.published.value) if article.published else None
        return year[0] if year else None
    sourced = getattr(article, column)
    return str(sourced.value) if sourced else None


def find_ties(store: Store, rules: SplitRules) -> Ties:
    """Find what ties the articles of a corpus, by their records and by the texts that are at hand."""
    found = find_duplicates(store)
    articles = {article.id: article for article in store.articles()}
    ties = [*record_ties(articles.values(), rules.group_by), *_near_copies(found.pairs)]
    group_of = {name: group[0] for group in join(find_links(ties)) for name in group}
    quotations = {tuple(sorted(quoted.places)) for quoted in found.quoted} | find_shared_words(store, articles)
    wide = 0
    for names in sorted(quotations):
        if len({group_of.get(name, name) for name in names}) > rules.quotation_events:
            wide += 1
        else:
            ties.append(Tie(QUOTATION, names[0], names))
    return Ties(tuple(ties), found.missing, wide)


def find_shared_words(store: Store, articles: Mapping[str, Article]) -> set[tuple[str, ...]]:
    """Return the articles of whose gold positions or conditions have some words in common, `QUOTED` at least.

    Where a text is not at hand, its words are compared by their fingerprints, and their length stands for their number.
    """
    found: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for document in store.documents(None):
        article = articles.get(document.article_id)
        if article is None or article.text_sha256 != document.text_sha256:
            continue
        text = store.text(article)
        for statement in document.statements:
            for span in (*statement.content, *(span for each in statement.conditions for span in each.spans)):
                words = None if text is None else text[span.begin : span.end]
                if count_words(words) < QUOTED if words is not None else span.end - span.begin < UNSEEN:
                    continue
                found["", span.fingerprint].add(article.id)
                if words is not None:
                    found[tuple(search_keys(words))].add(article.id)
    return {tuple(sorted(names)) for names in found.values() if len(names) > 1}


def _near_copies(pairs: Sequence[Alike]) -> list[Tie]:
    """Return the ties of near copies. Of articles with the same words, which one pair names for all, each is tied."""
    equal = join((each.one, each.other) for each in pairs if each.likeness == 1)
    groups = {group[0]: group for group in equal}
    first = {name: group[0] for group in equal for name in group}
    found = {tuple(sorted({first.get(name, name) for name in (each.one, each.other)})) for each in pairs}
    members = (tuple(sorted(name for one in each for name in groups.get(one, (one,)))) for each in sorted(found))
    return [Tie(NEAR_COPY, each[0], each) for each in members]


def find_links(ties: Iterable[Tie]) -> Iterator[tuple[str, str]]:
    """Yield pairs of articles that join all that ties join."""
    return ((tie.members[0], name) for tie in ties for name in tie.members[1:])


def find_largest(ties: Iterable[Tie]) -> Component | None:
    """Return the largest component; None where no two articles are tied. It can be in one split only."""
    held = [tie for tie in ties if len(tie.members) > 1]
    components = join(find_links(held))
    if not components:
        return None
    members = set(components[0])
    return Component(components[0], Counter(tie.kind for tie in held if tie.members[0] in members))


def find_parted(
    ties: Iterable[Tie], placements: Mapping[str, Placement]
) -> Iterator[tuple[Tie, dict[str, tuple[str, ...]]]]:
    """Yield the ties whose articles are in several splits, with the articles by split; those in none do not count."""
    for tie in ties:
        parts: defaultdict[str, list[str]] = defaultdict(list)
        for name in tie.members:
            if (place := placements.get(name)) and place.split != NO_SPLIT:
                parts[place.split].append(name)
        if len(parts) > 1:
            yield tie, {split: tuple(parts[split]) for split in SPLITS if split in parts}


def assign(
    articles: Iterable[str], ties: Sequence[Tie], rules: SplitRules, known: Mapping[str, Placement]
) -> dict[str, Placement]:
    """Return where new articles are placed, by id and sorted. known: the ledger; what is in it is not assigned again.

    articles: ids. ties: of the new and the known ones, all of kinds that the rules group by or of `KINDS`. The order
    of either means nothing. The rules are those of this module.
    """
    ranks = {kind: rank for rank, kind in enumerate((*rules.group_by, *KINDS))}
    web = _Web(sorted(ties, key=lambda tie: (ranks[tie.kind], tie.name, tie.members)))
    new = set(articles) - known.keys()
    in_split = {name: SPLITS.index(each.split) for name, each in known.items() if each.split != NO_SPLIT}
    splits = web.settle(new, in_split, lambda groups: [_drawn(rules, name) for name, _ in groups])
    folds: dict[str, tuple[int | None, str]] = {}
    if rules.folds:
        in_fold = {name: each.fold for name, each in known.items() if name in in_split and each.fold is not None}
        placed = {name for name, (split, _) in splits.items() if split is not None}
        folds = web.settle(placed, in_fold, lambda groups: _filled(rules, groups, Counter(in_fold.values())))
    return {
        name: Placement(NO_SPLIT if split is None else SPLITS[split], folds.get(name, (None,))[0], because)
        for name, (split, because) in sorted(splits.items())
    }


def _hash(*parts: str) -> int:
    """Return 64 bits that stand for some texts, the same wherever and whenever they are asked for."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).digest()[:8], "big")


def _drawn(rules: SplitRules, name: str) -> int:
    """Return the split of a group by the shares, as its place in `SPLITS`. name: what the group is called."""
    place = _hash(rules.seed, "split", name) * sum(rules.shares) >> 64
    for split, share in enumerate(rules.shares):
        if place < share:
            return split
        place -= share
    raise AssertionError  # the place is below the sum


def _filled(rules: SplitRules, groups: Sequence["_Group"], sizes: Counter[int]) -> list[int]:
    """Return the folds of groups, each the one with the fewest articles by then. sizes: what the folds have.

    groups: the largest first.
    """
    folds: dict[str, int] = {}
    for name, members in groups:
        fold = min(range(rules.folds), key=lambda each: (sizes[each], _hash(rules.seed, "fold", name, str(each))))
        sizes[fold] += len(members)
        folds[name] = fold
    return [folds[name] for name, _ in groups]


_Group = tuple[str, tuple[str, ...]]
"""What a group without a value is called, and its articles."""

_Settled = dict[str, tuple[int | None, str]]
"""By article: its value, None for one that bridges two, and why."""


class _Web:
    """Ties, and how a value (a split, a fold) goes over them from article to article."""

    def __init__(self, ties: Sequence[Tie]) -> None:
        """ties: those of columns first; the first one of a group calls it."""
        self.ties = ties
        self.of: defaultdict[str, list[int]] = defaultdict(list)
        for place, tie in enumerate(ties):
            for name in tie.members:
                self.of[name].append(place)
        self.reprints = {name for tie in ties if tie.kind == REPRINT for name in tie.members if name != tie.name}

    def settle(
        self, new: set[str], known: Mapping[str, int], choose: Callable[[Sequence[_Group]], Sequence[int]]
    ) -> _Settled:
        """Give every new article a value. known: those of others. choose: gives groups theirs that are tied to none."""
        settled: _Settled = {}
        free: list[tuple[_Group, dict[str, str]]] = []
        anchors: list[dict[int, str]] = [{} for _ in self.ties]
        for found, tie in zip(anchors, self.ties, strict=True):
            for name in tie.members:
                if name in known:
                    found.setdefault(known[name], name)
        for component in self._components(new):
            near = {name: tied for name in component if (tied := self._tied(name, anchors))}
            bridges = {name for name, tied in near.items() if len(tied) > 1}
            settled |= {name: _bridging(near[name]) for name in bridges}
            pieces = list(self._components(set(component) - bridges))
            while pieces:
                piece = pieces.pop()
                votes = Counter(value for name in piece for value in near.get(name, ()))
                if len(votes) > 1:
                    most = min(votes, key=lambda each: (-votes[each], each))
                    between = self._between(piece, near, most)
                    settled |= {name: _bridging(tied) for name, tied in between.items()}
                    pieces += self._components(set(piece) - between.keys())
                elif votes:
                    (value,) = votes
                    starts = {name: near[name][value] for name in piece if name in near}
                    settled |= {name: (value, why) for name, why in self._reach(piece, starts).items()}
                else:
                    called, starts = self._call(piece)
                    free.append(((called, piece), self._reach(piece, starts)))
        free.sort(key=lambda each: (-len(each[0][1]), each[0]))
        chosen = choose([group for group, _ in free])
        for value, (_, reasons) in zip(chosen, free, strict=True):
            settled |= {name: (value, why) for name, why in reasons.items()}
        return settled

    def _between(
        self, group: Sequence[str], near: Mapping[str, Mapping[int, str]], most: int
    ) -> dict[str, dict[int, str]]:
        """Return the articles of a group between those that get a value and another one, with why by value.

        near: what articles are tied to, one value each. most: the value to which most of the group are tied.
        """
        away = {name for name in group if name in near and most not in near[name]}
        starts = {name: near[name][most] for name in group if most in near.get(name, ())}
        beside: dict[int, str] = {}
        for name in self._reach(set(group) - away, starts):
            for place in self.of[name]:
                beside.setdefault(place, name)
        found: dict[str, dict[int, str]] = {}
        for name in sorted(away):
            for place in self.of[name]:
                if place in beside:
                    found[name] = {**near[name], most: _because(self.ties[place], beside[place], name)}
                    break
        return found

    def _components(self, names: set[str]) -> tuple[tuple[str, ...], ...]:
        """Return the groups in which ties join some articles, those of one too; ties over others do not count."""
        places = {place for name in names for place in self.of[name]}
        members = ([name for name in self.ties[place].members if name in names] for place in places)
        links = [(held[0], name) for held in members for name in held[1:]]
        return join([*((name, name) for name in names), *links])

    def _tied(self, name: str, anchors: Sequence[Mapping[int, str]]) -> dict[int, str]:
        """Return the values that an article is tied to, each with why. anchors: of each tie, an article by value."""
        found: dict[int, str] = {}
        for place in self.of[name]:
            for value, source in anchors[place].items():
                found.setdefault(value, _because(self.ties[place], source, name))
        return found

    def _call(self, group: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Return what a group is called, and the articles by which it is, with why."""
        first = min((place for name in group for place in self.of[name]), default=None)
        if first is not None and self.ties[first].kind not in KINDS:
            tie = self.ties[first]
            inside = set(group)
            return f"{tie.kind}:{tie.name}", {name: _because(tie, name, name) for name in tie.members if name in inside}
        name = min((name for name in group if name not in self.reprints), default=group[0])
        return f"article:{name}", {name: "hash"}

    def _reach(self, group: Collection[str], starts: Mapping[str, str]) -> dict[str, str]:
        """Return why each article of a group has what some of it have. starts: these, with why."""
        inside = set(group)
        reached = dict(sorted(starts.items()))
        waiting, done = deque(reached), set[int]()
        while waiting:
            source = waiting.popleft()
            for place in self.of[source]:
                if place in done:
                    continue
                done.add(place)
                for name in self.ties[place].members:
                    if name in inside and name not in reached:
                        reached[name] = _because(self.ties[place], source, name)
                        waiting.append(name)
        return reached


def _because(tie: Tie, source: str, name: str) -> str:
    """Say by which tie an article has what another one has. source: the other one."""
    if tie.kind in (NEAR_COPY, QUOTATION) or (tie.kind == REPRINT and tie.name == name):
        return f"{tie.kind}:{source}"
    return f"{tie.kind}:{one_line(tie.name)}"


def _bridging(tied: Mapping[int, str]) -> tuple[None, str]:
    return None, BRIDGE + "+".join(dict.fromkeys(tied[value] for value in sorted(tied)))


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """What assigning the articles of a workspace means.

    kept: lines of the ledger that stay. added: new lines. moved: articles that had another line. dropped: ids of lines
    that go. between_folds: articles that are tied to several folds, and get none.
    """

    kept: Mapping[str, Placement]
    added: Mapping[str, Placement]
    moved: tuple[str, ...]
    dropped: tuple[str, ...]
    ties: Ties
    between_folds: tuple[str, ...]

    @property
    def placements(self) -> dict[str, Placement]:
        """The ledger as it will be."""
        return {**self.kept, **self.added}

    @property
    def largest(self) -> Component | None:
        """The largest component of the corpus."""
        return find_largest(self.ties.ties)

    @property
    def parted(self) -> list[tuple[Tie, dict[str, tuple[str, ...]]]]:
        """The ties whose articles are in several splits: what ties them came to be known after they were assigned."""
        return list(find_parted(self.ties.ties, self.placements))

    @property
    def bridging(self) -> dict[str, Placement]:
        """The new lines of articles that get no split."""
        return {name: each for name, each in self.added.items() if each.split == NO_SPLIT}


def plan_splits(store: Store, rules: SplitRules, *, again: bool = False, published: Collection[str] = ()) -> SplitPlan:
    """Decide where the articles of a workspace are placed; nothing is written.

    again: forget first where articles are placed that are not published. published: ids that a release has. Raises
    InputError where the scheme is of the first edition, whose rows have no splits.
    """
    if store.scheme.edition < 2:
        raise InputError(
            "The scheme of this workspace is of the first edition, whose rows tell of no splits.\n"
            "Hint: begin its next version with `stancebank schema next`, or run `stancebank schema migrate`."
        )
    before = store.placements()
    names = store.article_ids()
    kept = before
    if again:
        gone = {each.id for each in store.withdrawals()}
        kept = {name: each for name, each in before.items() if name in published or name in gone - set(names)}
    ties = find_ties(store, rules)
    added = assign(names, ties.ties, rules, kept)
    placements = {**kept, **added}
    return SplitPlan(
        kept,
        added,
        tuple(name for name, each in added.items() if before.get(name, each) != each),
        tuple(sorted(before.keys() - placements.keys())),
        ties,
        tuple(name for name, each in added.items() if rules.folds and each.fold is None and each.split != NO_SPLIT),
    )
