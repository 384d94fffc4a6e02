"""Which articles are worth an annotator's hour: the frame of a sample, and its plan.

The frame are articles that may hold statements (`stancebank.corpus.candidates`) and that nobody has annotated, is to
annotate or has planned to: neither they nor another article of their group, which would tell the same once more.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from stancebank.annotate.assignment import readers_of
from stancebank.corpus.candidates import Evidence, score_candidates
from stancebank.corpus.duplicates import find_duplicates, join
from stancebank.corpus.samples import SampleFrame, SamplePlan, read_samples, sample_path
from stancebank.corpus.sampling import STRATA, Allocation, FrameArticle, draw, stratum_of
from stancebank.corpus.splits import record_ties
from stancebank.corpus.store import Store, annotator_of, article_of
from stancebank.errors import InputError
from stancebank.model import Article
from stancebank.text import fold, sha256
from stancebank.workspace import Workspace

ONE_PER = ("event", "text", "article")
FILTERS = ("outlet", "language", "since", "until")
"""By what articles are let into a frame."""


@dataclass(frozen=True, slots=True)
class SampleRules:
    """How a sample is drawn; see `SamplePlan`. seed: None for the name of the plan."""

    size: int
    by: tuple[str, ...] = ()
    allocation: Allocation = "proportional"
    given: Mapping[str, int] = field(default_factory=dict)
    seed: str | None = None
    one_per: str = "event"
    least: int = 1
    filters: Mapping[str, str] = field(default_factory=dict)


def plan_sample(
    workspace: Workspace, name: str, rules: SampleRules, *, engine: str = "", workers: int = 1
) -> SamplePlan:
    """Draw a sample of the articles of a workspace; nothing is written. Neither time nor order have a part in it.

    name: of the plan; articles that a kept plan of this name has do not count as annotated, so that it can be drawn
    again while it is worked on. Raises InputError where nothing can be drawn.
    """
    store = workspace.store
    sample_path(store, name)  # raises where no plan can have the name
    if unknown := sorted({*rules.by} - {*STRATA}):
        raise InputError(f"Strata cannot be made of {unknown[0]!r}.\nHint: use {', '.join(STRATA)}.")
    registry = store.targets()
    roots = {each.id: each for each in registry.targets}
    groups = _groups(store, rules.one_per)
    taken = {groups.get(each, each) for each in _taken(store, name)}
    counts = dict.fromkeys(("outside", "annotated", "without_words", "without_cues"), 0)
    names: list[str] = []
    waiting: dict[str, Article] = {}

    def wanted() -> Iterator[tuple[Article, str]]:
        for article in store.articles():
            names.append(article.id)
            if not _passes(article, rules.filters):
                counts["outside"] += 1
            elif groups.get(article.id, article.id) in taken:
                counts["annotated"] += 1
            elif (text := store.text(article)) is None:
                counts["without_words"] += 1
            else:
                waiting[article.id] = article
                yield article, text

    frame: list[FrameArticle] = []
    zones = workspace.scheme.vocabularies.annotated_zones()
    for found in score_candidates(wanted(), registry, zones, workspace.root, engine=engine, workers=workers):
        article = waiting.pop(found.article_id)
        if found.passages < rules.least:
            counts["without_cues"] += 1
            continue
        stratum = stratum_of(article, rules.by, found.targets, roots)
        frame.append(_framed(found, stratum, groups.get(article.id, article.id)))
    if not frame:
        raise InputError(_say_empty(counts, rules))
    seed = name if rules.seed is None else rules.seed
    strata, drawn = draw(frame, rules.size, rules.allocation, rules.given, seed)
    return SamplePlan(
        name=name,
        seed=seed,
        size=rules.size,
        by=rules.by,
        allocation=rules.allocation,
        given=dict(sorted(rules.given.items())),
        one_per=rules.one_per,
        least=rules.least,
        frame=SampleFrame(
            corpus=len(names),
            corpus_sha256=_digest(names),
            filters=dict(sorted(rules.filters.items())),
            **counts,
            articles=len(frame),
            groups=sum(each.groups for each in strata),
            sha256=_digest([each.article_id for each in frame]),
        ),
        strata=strata,
        drawn=drawn,
    )


_NAMED = 5  # targets that a plan names of an article


def _framed(found: Evidence, stratum: str, group: str) -> FrameArticle:
    return FrameArticle(found.article_id, stratum, group, found.passages, found.targets[:_NAMED])


def _groups(store: Store, one_per: str) -> dict[str, str]:
    """Return the group of each article that is in one with others, by its id."""
    if one_per == "article":
        return {}
    if one_per not in ONE_PER:
        raise InputError(f"There is no group {one_per!r}.\nHint: use {', '.join(ONE_PER)}.")
    links = [(members[0], each) for members in find_duplicates(store).clusters for each in members]
    if one_per == "event":
        for tie in record_ties(store.articles(), ["event"]):
            links += [(tie.members[0], each) for each in tie.members[1:]]
    return {each: members[0] for members in join(links) for each in members}


def _taken(store: Store, name: str) -> Collection[str]:
    """Return the articles that somebody has annotated, is to annotate, or has planned to in another plan."""
    planned: set[str] = set()
    own: set[str] = set()
    for plan in read_samples(store):
        (own if plan.name == name else planned).update(each.article_id for each in plan.drawn)
    gold = {article_of(each) for each in store.document_names() if annotator_of(each) is None}
    return ({*readers_of(store), *gold} - own) | planned


def _passes(article: Article, filters: Mapping[str, str]) -> bool:
    """Whether the filters let an article in. One that does not say what a filter asks for is left out."""
    outlet, tag = article.outlet.value if article.outlet else "", article.language_tag.lower()
    day = article.published.value if article.published else ""
    wanted = filters.get("language", "").lower()
    return (
        ("outlet" not in filters or fold(outlet) == fold(filters["outlet"]))
        and (not wanted or tag == wanted or tag.startswith(f"{wanted}-"))
        and ("since" not in filters or day >= filters["since"])
        and ("until" not in filters or ("" < day[: len(filters["until"])] <= filters["until"]))
    )


def _say_empty(counts: Mapping[str, int], rules: SampleRules) -> str:
    if not sum(counts.values()):
        return "The workspace has no articles.\nHint: add some with `stancebank corpus add`."
    told = (
        f"{counts['annotated']} are annotated, assigned or planned, or on the same event as one that is; "
        f"{counts['without_words']} have no words at hand; in {counts['without_cues']} fewer than {rules.least} "
        f"passages name a target and attribute words; {counts['outside']} are outside the filters."
    )
    return (
        f"There is nothing to draw from: {told}\n"
        "Hint: `stancebank corpus hydrate DIR` brings words; --least 0 takes articles without such passages; "
        "--one-per article draws others on the same event."
    )


def _digest(names: list[str]) -> str:
    return sha256("".join(f"{name}\n" for name in sorted(names)))
