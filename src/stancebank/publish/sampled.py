"""Which articles of a dataset were drawn by a plan, as the plans of its workspace tell it."""

from collections.abc import Set
from typing import Any

from stancebank.corpus.samples import SamplePlan, read_samples
from stancebank.corpus.store import SAMPLES, Store

_NUMBERS = ("published", "drawn", "strata", "candidates", "groups", "corpus")
_WORDS = ("allocation", "one_per", "seed", "frame_sha256")


def tell_samples(store: Store, ids: Set[str]) -> dict[str, Any] | None:
    """Return what the manifest says of plans, by their names; None where none has one of these articles.

    published: how many of these articles the plan has; drawn: of how many. strata, by, allocation, one_per, seed: how.
    candidates, groups, frame_sha256: from which articles, in how many groups; corpus: of how many in all.
    """
    told = {}
    for plan in read_samples(store):
        if published := len(_published(plan, ids)):
            told[plan.name] = {
                "published": published,
                "drawn": sum(each.drawn for each in plan.strata),
                "strata": len(plan.strata),
                "by": list(plan.by),
                "allocation": plan.allocation,
                "one_per": plan.one_per,
                "seed": plan.seed,
                "candidates": plan.frame.articles,
                "groups": plan.frame.groups,
                "frame_sha256": plan.frame.sha256,
                "corpus": plan.frame.corpus,
            }
    return told or None


def sample_files(store: Store, ids: Set[str]) -> list[str]:
    """Return the plans that have one of some articles."""
    return [f"{SAMPLES}/{plan.name}.json" for plan in read_samples(store) if _published(plan, ids)]


def _published(plan: SamplePlan, ids: Set[str]) -> Set[str]:
    return {each.article_id for each in plan.drawn} & ids


def is_told(value: object) -> bool:
    """Whether a value is of the form that `tell_samples` returns; what of it is true, rows do not tell."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            isinstance(each, dict)
            and each.keys() == {*_NUMBERS, *_WORDS, "by"}
            and all(type(each[key]) is int and each[key] >= 0 for key in _NUMBERS)
            and all(isinstance(each[key], str) for key in _WORDS)
            and isinstance(each["by"], list)
            and all(isinstance(name, str) for name in each["by"])
            and 0 < each["published"] <= each["drawn"] <= each["groups"] <= each["candidates"] <= each["corpus"]
            for each in value.values()
        )
    )
