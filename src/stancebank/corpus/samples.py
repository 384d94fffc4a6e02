"""Plans of samples: `corpus/samples/NAME.json`, in git, each with what it was drawn from, how, and which articles.

A plan has no words of an article. One that is kept does not change: it says how articles came to be annotated, and the
probabilities by which what is found in them can be told of all.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from stancebank.corpus.store import SAMPLES, Store, is_id
from stancebank.errors import InputError, WorkspaceError, list_some
from stancebank.model import Record, to_builtins
from stancebank.records import find_files, from_json, to_json, write_text


class SampleStratum(Record, frozen=True, kw_only=True, omit_defaults=False):
    """A part of the frame. articles: in it. groups: of which one member was taken by lot, and that one is in it.

    due: how many are drawn on the average; drawn: how many were.
    """

    name: str
    articles: int
    groups: int
    due: float
    drawn: int


class SampledArticle(Record, frozen=True, kw_only=True, omit_defaults=False):
    """An article that was drawn. probability: that it was, of all articles of the frame; 1 / probability is its weight.

    group_size: articles of the frame that it stands for, itself among them. passages: how many of its passages name a
    target and attribute words; targets: which ones, the most frequent first.
    """

    article_id: str
    stratum: str
    probability: float
    group_size: int = 1
    passages: int = 0
    targets: tuple[str, ...] = ()


class SampleFrame(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What a sample was drawn from, as the workspace was at that moment.

    corpus: articles of the workspace, and corpus_sha256 of their ids, sorted, a line each. filters: which of them were
    asked for, by option. outside: those that the filters leave out; annotated: those that somebody has read, is to read
    or that an earlier plan has, and others of their groups; without_words: whose texts were not at hand; without_cues:
    in which too few passages name a target and attribute words. articles, groups: that are left, and sha256 of their
    ids.
    """

    corpus: int
    corpus_sha256: str
    filters: dict[str, str] = msgspec.field(default_factory=dict)
    outside: int = 0
    annotated: int = 0
    without_words: int = 0
    without_cues: int = 0
    articles: int
    groups: int
    sha256: str


class SamplePlan(Record, frozen=True, kw_only=True, omit_defaults=False):
    """A plan of a sample.

    size: how many articles were wanted. by: what strata are made of, in this order. allocation: how the size was
    divided; given: strata with numbers of their own. one_per: what is one group: event, text or article. least:
    passages that an article has at least.
    """

    name: str
    seed: str
    size: int
    by: tuple[str, ...] = ()
    allocation: str = "proportional"
    given: dict[str, int] = msgspec.field(default_factory=dict)
    one_per: str = "event"
    least: int = 1
    frame: SampleFrame
    strata: tuple[SampleStratum, ...]
    drawn: tuple[SampledArticle, ...]

    @property
    def weights(self) -> dict[str, float]:
        """For how many articles of the frame each drawn one stands, by its id."""
        return {each.article_id: 1 / each.probability for each in self.drawn}


def sample_path(store: Store, name: str) -> Path:
    """Return where a plan is kept. Raises InputError where the name cannot be that of a file."""
    if not is_id(name):
        raise InputError(
            f"{name!r} cannot be the name of a sample.\nHint: use small letters, digits and hyphens, such as spring."
        )
    return store.root / SAMPLES / f"{name}.json"


def sample_names(store: Store) -> list[str]:
    """Return the names of the plans that are kept."""
    return sorted(path.stem for path in find_files(store.root / SAMPLES, "*.json"))


def read_sample(store: Store, name: str) -> SamplePlan:
    """Return a plan. Raises InputError where there is none, WorkspaceError where it cannot be read."""
    path = sample_path(store, name)
    if not path.is_file():
        known = sample_names(store)
        hint = f"there are {list_some(known, 5)}" if known else f"draw one: `stancebank corpus sample --plan {name}`"
        raise InputError(f"There is no sample {name!r}.\nHint: {hint}.")
    plan, why = judge_sample(path.read_bytes(), name)
    if plan is None or why:
        raise WorkspaceError(
            f"{SAMPLES}/{name}.json {why}\nHint: `git diff {SAMPLES}/{name}.json` shows what was edited."
        )
    return plan


def judge_sample(data: bytes, name: str) -> tuple[SamplePlan | None, str]:
    """Read a plan, and say what is wrong with it; "" for nothing. name: that of its file."""
    try:
        plan = msgspec.convert(from_json(data, f"{name}.json"), SamplePlan)
    except (InputError, msgspec.ValidationError) as error:
        return None, f"cannot be read: {error}"
    if plan.name != name:
        return plan, f"says that it is the sample {plan.name!r}."
    strata = {each.name: each for each in plan.strata}
    counted = dict.fromkeys(strata, 0)
    seen = set()
    for each in plan.drawn:
        if each.article_id in seen or not is_id(each.article_id):
            return plan, f"has {each.article_id!r} twice." if each.article_id in seen else "has a name that is no id."
        seen.add(each.article_id)
        stratum = strata.get(each.stratum)
        if stratum is None:
            return plan, f"has {each.article_id} in a stratum that it does not tell of."
        counted[each.stratum] += 1
        due = stratum.due / (max(1, stratum.groups) * max(1, each.group_size))
        if not 0 < each.probability <= 1 or abs(each.probability - due) > 1e-9:
            return plan, f"has another probability of {each.article_id} than its stratum gives."
    over = next((name for name, number in counted.items() if number > strata[name].drawn), None)
    return plan, "" if over is None else f"has more articles of the stratum {over!r} than were drawn."


def read_samples(store: Store) -> Iterator[SamplePlan]:
    """Yield the plans that are kept, by name."""
    return (read_sample(store, name) for name in sample_names(store))


def write_sample(store: Store, plan: SamplePlan) -> bool:
    """Keep a plan. Return whether anything changed."""
    return write_text(sample_path(store, plan.name), to_json(to_builtins(plan)))


def drop_from_samples(store: Store, articles: Collection[str]) -> None:
    """Remove the lines of articles that are no longer there from all plans. How many were drawn stays."""
    for plan in read_samples(store):
        kept = tuple(each for each in plan.drawn if each.article_id not in articles)
        if len(kept) != len(plan.drawn):
            write_sample(store, msgspec.structs.replace(plan, drawn=kept))
