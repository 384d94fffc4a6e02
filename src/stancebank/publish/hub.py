"""What `datasets` is told about a build: the one door to that library.

`load_dataset` caches what it has read from a folder under a key that it makes of the card's `configs` and
`dataset_info`, not of the data. So `dataset_info` must change whenever a row does: its `description` names the content
hash of the view. Without it, a folder that was built again would give the rows of the first build.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.publish.parquet import arrow_schema
from stancebank.publish.tables import ListOf, Table

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
