"""What the tests of the second edition share."""

import shutil
from pathlib import Path

from stancebank.publish.tables import Table
from tests.conftest import REPO


def lay_other(root: Path) -> Path:
    """Lay the workspace of somebody else, whose scheme is of the first edition."""
    return Path(shutil.copytree(REPO / "tests" / "other_domain", root))


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]
