"""What `datasets` is told about a build: the one door to that library.

`load_dataset` caches what it has read from a folder under a key that it makes of the card's `configs` and
`dataset_info`, not of the data. So `dataset_info` must change whenever a row does: its `description` names the content
hash of the view. Without it, a folder that was built again would give the rows of the first build.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.publish.card.statistics import Facts
from stancebank.publish.parquet import arrow_schema
from stancebank.publish.tables import CHAT, ListOf, Table

if TYPE_CHECKING:
    from datasets import Dataset, Features

SPLIT = "train"


@dataclass(frozen=True, slots=True)
class ViewFacts:
    """A view as it was written.

    files: relative to the folder, in the order of the rows; sizes, sha256: theirs, in bytes and in hex digits, in the
    same order. table_bytes: size of the rows in memory, once they are read.
    """

    view: Table
    files: tuple[str, ...]
    rows: int
    sizes: tuple[int, ...]
    table_bytes: int
    sha256: tuple[str, ...]
    content_hash: str

    @property
    def file_bytes(self) -> int:
        """The size of all files."""
        return sum(self.sizes)


def features(table: Table) -> "Features":
    """Return the features of a table."""
    from datasets import ClassLabel, Features, List

    found = Features.from_arrow_schema(arrow_schema(table))
    for column in table.columns:
        if column.classes:
            label = ClassLabel(names=list(column.classes))
            found[column.name] = List(label) if isinstance(column.type, ListOf) else label
    return found


def configs(views: Iterable[ViewFacts], version: str) -> list[dict[str, Any]]:
    """Return the `configs` of the card's header; the first view is the one that opens by default.

    version: of the dataset; a loaded dataset says it in ``info.version``.
    """
    found: list[dict[str, Any]] = []
    for each in views:
        head: dict[str, Any] = {"config_name": each.view.name}
        if not found:
            head["default"] = True
        path = each.files[0] if len(each.files) == 1 else list(each.files)
        found.append(head | {"version": version, "data_files": [{"split": SPLIT, "path": path}]})
    return found


def dataset_info(views: Iterable[ViewFacts], version: str) -> list[dict[str, Any]]:
    """Return the `dataset_info` of the card's header. version: of the dataset."""
    from datasets import DatasetInfo, SplitDict, SplitInfo
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    found = []
    for each in views:
        name = each.view.name
        splits = SplitDict()
        splits.add(SplitInfo(SPLIT, num_bytes=each.table_bytes, num_examples=each.rows))
        info = DatasetInfo(
            features=features(each.view),
            splits=splits,
            download_size=each.file_bytes,
            dataset_size=each.table_bytes,
        )
        card = DatasetCardData()
        DatasetInfosDict({name: info}).to_dataset_card_data(card)
        about = f"{each.view.meaning} Content sha256: {each.content_hash}"
        found.append({"config_name": name, "description": about, "version": version} | card["dataset_info"])
    return found


def load_table(folder: Path, table: str) -> "Dataset":
    """Open a table of a folder with `datasets`, as its users do. Raises ValueError where the folder lacks the table."""
    from datasets import load_dataset

    return load_dataset(str(folder), table, split=SPLIT)


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
