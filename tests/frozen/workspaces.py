"""The workspaces that frozen values are of: copies at dataset version 0.1.0, whatever version they have now.

Three follow the newest version of the toolkit's scheme. Of the first edition are the toy as the first toolkit left it,
with the values that it had then, and two that have schemes of somebody else.
"""

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import REPO, TOY, lay_first, lay_workspace
from tests.frozen.command import require

VERSION = "0.1.0"
ENVOY = "norland-post-2031-02-11-envoy"
MINISTER = "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"


def lay_toy(root: Path) -> Path:
    """Lay the toy workspace, with the licence of its data and the card's prose."""
    lay_workspace(TOY, root)
    for name in ("LICENSE-DATA", "DATASET_CARD.md"):
        shutil.copy(REPO / name, root / name)
    return _at_version(root)


def lay_first_toy(root: Path) -> Path:
    """Lay the toy as the first toolkit left it, in schema v1 of edition 1, with the same licence and prose."""
    lay_first(root)
    for name in ("LICENSE-DATA", "DATASET_CARD.md"):
        shutil.copy(REPO / name, root / name)
    return _at_version(root)


def lay_sample(root: Path) -> Path:
    """Lay the sample."""
    require("init", "--sample", root, cwd=root.parent)
    return _at_version(root)


def lay_founding(root: Path) -> Path:
    """Lay this repository's own content, which has no texts."""
    shutil.copytree(REPO / "corpus", root / "corpus")
    for folder in ("schema", "annotate"):
        shutil.copytree(REPO / folder, root / folder, ignore=shutil.ignore_patterns("examples"))
    for name in ("stancebank.toml", "LICENSE-DATA", "DATASET_CARD.md", "CHANGELOG.md", "CITATION.cff"):
        shutil.copy(REPO / name, root / name)
    return _at_version(root)


def _lay_test(name: str) -> Callable[[Path], Path]:
    """Return what lays a workspace of the tests."""
    return lambda root: _at_version(Path(shutil.copytree(REPO / "tests" / name, root)))


WORKSPACES: dict[str, Callable[[Path], Path]] = {
    "toy": lay_toy,
    "first": lay_first_toy,
    "sample": lay_sample,
    "founding": lay_founding,
    "other": _lay_test("other_domain"),
    "minimal": _lay_test("minimal"),
}


def _at_version(root: Path) -> Path:
    settings = root / "stancebank.toml"
    text, count = re.subn(r'(?m)^version = "[^"]*"', f'version = "{VERSION}"', settings.read_text("utf-8"))
    assert count == 1
    settings.write_text(text, "utf-8", newline="")
    return root


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(folder: Path, pattern: str) -> dict[str, str]:
    """Return the SHA-256 of the files of a folder that a pattern matches, by path."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob(pattern))}
