"""Where in a workspace words or labels of an article lie: what a withdrawal removes, and may not find again."""

from collections.abc import Iterator
from pathlib import Path

HOLDINGS = (
    "corpus/articles/{id}.json",
    "corpus/texts/{id}.txt",
    "corpus/gold/{id}.json",
    "corpus/annotations/*/{id}.json",
    ".stancebank/texts/{id}.txt",
)
"""Patterns of the files that belong to one article. Whatever keeps more of one adds its place here."""


def holdings(root: Path, article_id: str) -> Iterator[Path]:
    """Yield the files of an article that lie in a workspace, in the order of `HOLDINGS`. article_id: a valid id."""
    for pattern in HOLDINGS:
        yield from sorted(path for path in root.glob(pattern.format(id=article_id)) if not path.is_dir())
