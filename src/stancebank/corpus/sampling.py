"""A random sample of articles, stratified: how many of each stratum, which ones, and with which probability.

What is drawn are **groups**: articles on one event, or with one text, of which one is enough. Of each group one member
is taken by lot; then groups are drawn within **strata**. Both lots are hashes of the seed and an id, the lowest first,
so that neither the order of the articles nor which others there are has a part in who comes before whom.

How many of the n wanted a stratum of N groups gets goes by a power of its size, n * N^q / sum(N^q): in proportion
(q = 1), equally (q = 0), or between both by the root (q = 1/2), which serves figures of each stratum and of the whole
(Bankier, "Power allocations: determining sample sizes for subnational areas", The American Statistician 42, 1988). Such
numbers are no whole ones. They are rounded up or down by one lot for all strata, so that their sum stays n and each
stratum gets on the average what it is due (systematic sampling; Madow, "On the theory of systematic sampling, II", The
Annals of Mathematical Statistics 20, 1949). So strata of which fewer than one article is due have a chance, too.

An article is drawn with the probability (due / N) / members of its group, and counts for 1 / probability articles of
the frame: sums weighted so are unbiased (Horvitz and Thompson, "A generalization of sampling without replacement from a
finite universe", Journal of the American Statistical Association 47, 1952; of two lots in a row, Särndal, Swensson and
Wretman, *Model Assisted Survey Sampling*, 1992, chapter 9).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, isqrt
from typing import Literal

from stancebank.corpus.registry import find_top
from stancebank.corpus.samples import SampledArticle, SampleStratum
from stancebank.errors import InputError, list_some
from stancebank.model import Article, TargetEntry
from stancebank.text import one_line

Allocation = Literal["proportional", "root", "equal"]
STRATA = ("outlet", "month", "year", "language", "target")
"""What strata can be made of. target: the root of the target that most of an article's passages name."""

UNKNOWN = "unknown"
JOINER = " / "
_ROOT_BITS = 40  # of a root's fraction, so that shares are the same on every machine


@dataclass(frozen=True, slots=True)
class FrameArticle:
    """An article that can be drawn. group: what names all of which one is enough; passages, targets: `Evidence`."""

    article_id: str
    stratum: str
    group: str
    passages: int = 0
    targets: tuple[str, ...] = ()


def stratum_of(article: Article, by: Iterable[str], targets: Sequence[str], registry: Mapping[str, TargetEntry]) -> str:
    """Return the name of an article's stratum. by: of `STRATA`. targets: what it names, the most frequent first."""
    return JOINER.join(_part(article, each, targets, registry) for each in by) or "all"


def _part(article: Article, what: str, targets: Sequence[str], registry: Mapping[str, TargetEntry]) -> str:
    if what == "outlet":
        return (article.outlet and one_line(article.outlet.value)) or UNKNOWN
    if what == "language":
        return article.language_tag or UNKNOWN
    if what == "target":
        return find_top(registry[targets[0]], registry).id if targets and targets[0] in registry else UNKNOWN
    told = article.published.value if article.published else ""
    month, year = told[:7], told[:4]
    is_year = year.isascii() and year.isdecimal() and len(year) == 4
    if what == "year" or not is_year:
        return year if is_year else UNKNOWN
    is_month = len(month) == 7 and month[4] == "-" and month[5:].isdecimal() and "01" <= month[5:] <= "12"
    return month if is_month else UNKNOWN


def allocate(
    sizes: Mapping[str, int], size: int, allocation: Allocation, given: Mapping[str, int]
) -> dict[str, Fraction]:
    """Return how many groups are due to each stratum, by its name and sorted; not yet whole numbers.

    sizes: groups of each stratum. size: how many in all; where there are fewer, all are due. given: strata with numbers
    of their own. Raises InputError where these cannot be.
    """
    if unknown := sorted(given.keys() - sizes.keys()):
        raise InputError(
            f"There is no stratum {unknown[0]!r}.\nHint: there are {list_some(sorted(sizes), 8) or 'none'}."
        )
    for name, number in sorted(given.items()):
        if number > sizes[name]:
            raise InputError(
                f"The stratum {name!r} has {sizes[name]} to draw from, and {number} were wanted.\n"
                "Hint: give it fewer, or leave it to the allocation."
            )
    if (total := sum(given.values())) > size:
        raise InputError(f"The strata that are given numbers get {total}, more than {size}.\nHint: raise --size.")
    due = {name: Fraction(number) for name, number in given.items()}
    left = Fraction(size - total)
    open_ = {name: _weight(number, allocation) for name, number in sizes.items() if name not in given}
    while open_:
        whole = sum(open_.values())
        full = [name for name, weight in open_.items() if left * weight >= sizes[name] * whole]
        if not full:
            due |= {name: left * weight / whole for name, weight in open_.items()}
            break
        for name in full:
            due[name] = Fraction(sizes[name])
            del open_[name]
        left = max(Fraction(0), left - sum(sizes[name] for name in full))
    return dict(sorted(due.items()))


def _weight(size: int, allocation: Allocation) -> int:
    if allocation == "equal":
        return 1
    return size if allocation == "proportional" else isqrt(size << (2 * _ROOT_BITS))


def round_up_or_down(due: Mapping[str, Fraction], seed: str) -> dict[str, int]:
    """Return whole numbers for what is due, of the same sum if that is whole; each is what is due on the average."""
    start = Fraction(_hash(seed, "round", ""), 1 << 64)
    reached, found = Fraction(0), {}
    for name, number in sorted(due.items()):
        found[name] = floor(reached + number + start) - floor(reached + start)
        reached += number
    return found


def draw(
    frame: Iterable[FrameArticle], size: int, allocation: Allocation, given: Mapping[str, int], seed: str
) -> tuple[tuple[SampleStratum, ...], tuple[SampledArticle, ...]]:
    """Draw a sample: return the strata by name, and the articles by id. The order of the frame means nothing."""
    groups: defaultdict[str, list[FrameArticle]] = defaultdict(list)
    articles: defaultdict[str, int] = defaultdict(int)
    for each in frame:
        groups[each.group].append(each)
        articles[each.stratum] += 1
    taken: defaultdict[str, list[tuple[FrameArticle, int]]] = defaultdict(list)
    for name in articles:
        taken[name] = []
    for members in groups.values():
        one = min(members, key=lambda each: (_hash(seed, "member", each.article_id), each.article_id))
        taken[one.stratum].append((one, len(members)))
    due = allocate({name: len(each) for name, each in taken.items()}, size, allocation, given)
    numbers = round_up_or_down(due, seed)
    strata, drawn = [], []
    for name, found in sorted(taken.items()):
        found.sort(key=lambda each: (_hash(seed, "draw", each[0].article_id), each[0].article_id))
        strata.append(
            SampleStratum(
                name=name, articles=articles[name], groups=len(found), due=float(due[name]), drawn=numbers[name]
            )
        )
        for one, many in found[: numbers[name]]:
            drawn.append(
                SampledArticle(
                    article_id=one.article_id,
                    stratum=name,
                    probability=float(due[name] / len(found) / many),
                    group_size=many,
                    passages=one.passages,
                    targets=one.targets,
                )
            )
    return tuple(strata), tuple(sorted(drawn, key=lambda each: each.article_id))


def _hash(seed: str, lot: str, name: str) -> int:
    """Return 64 bits that stand for an id in one lot, the same wherever and whenever they are asked for."""
    whole = f"sample\0{seed}\0{lot}\0{name}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(whole).digest()[:8], "big")
