"""The header of a folder's card: what the Hub and `datasets` read of it. All of it is computed."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from stancebank.publish.facts import Facts
from stancebank.publish.hub import ViewFacts, configs, dataset_info
from stancebank.publish.tables import CHAT


def make_header(facts: Facts, views: Sequence[ViewFacts]) -> dict[str, Any]:
    """Return the header of a folder's card. views: as they were written."""
    languages = sorted({row["language"].partition("-")[0] for row in facts.articles if row["language"]})
    generation = ["text-generation"] if any(each.view.name == CHAT for each in views) else []
    return {
        **({"language": languages} if languages else {}),
        **_licence(facts),
        "pretty_name": facts.pretty_name,
        "size_categories": [_size(max(each.rows for each in views))],
        "task_categories": ["text-classification", "token-classification", *generation],
        "task_ids": ["multi-class-classification"],
        "annotations_creators": _creators({row["origin"] for row in facts.articles}),
        "language_creators": ["found"],
        "multilinguality": ["multilingual" if len(languages) > 1 else "monolingual"],
        "source_datasets": ["original"],
        "tags": [each.replace(" ", "-") for each in keywords(facts)],
        "configs": configs(views, facts.dataset_version),
        "dataset_info": dataset_info(views, facts.dataset_version),
    }


def keywords(facts: Facts) -> list[str]:
    """Return what the dataset is about, in a few words each."""
    conditions = ["conditions"] if facts.context.scheme.has_conditions else []
    return ["stance detection", "politics", "news", "quotation attribution", *conditions]


def is_cc_by(licence: str | None) -> bool:
    """Whether the text of a licence is that of Creative Commons, Attribution."""
    return licence is not None and re.search(r"^Attribution 4\.0 International$", licence, re.MULTILINE) is not None


def _licence(facts: Facts) -> dict[str, Any]:
    """Return the licence of the folder: that of the annotations alone, unless it shows words of articles."""
    if facts.licence is None:
        return {"license": "unknown"}
    if is_cc_by(facts.licence) and not (facts.built and facts.built.showing):
        return {"license": "cc-by-4.0"}
    name = "cc-by-4.0-for-annotations-words-of-their-holders" if is_cc_by(facts.licence) else "see-license"
    return {"license": "other", "license_name": name, "license_link": "LICENSE"}


def _creators(origins: set[str]) -> list[str]:
    """Return who made the annotations, in the terms of dataset cards."""
    found = set()
    for origin in origins:
        if origin == "human":
            found.add("expert-generated")
        elif origin == "project":
            found |= {"machine-generated", "other"}
        else:
            found.add("machine-generated" if origin.startswith("model:") else "found")
    return sorted(found)


def _size(rows: int) -> str:
    """Return the size category of dataset cards."""
    steps = ((1_000, "1K"), (10_000, "10K"), (100_000, "100K"), (1_000_000, "1M"))
    if rows < steps[0][0]:
        return "n<1K"
    return next((f"{low[1]}<n<{high[1]}" for low, high in pairwise(steps) if rows < high[0]), "n>1M")
