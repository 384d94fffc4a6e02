"""Verification and hydration hold no rows, records or texts: with more articles they need hardly more memory."""

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from stancebank.corpus.cleaning import Source
from stancebank.corpus.sources import read_sources
from stancebank.publish.build import build
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.verification import Wanted, verify
from stancebank.workspace import Workspace
from tests.invented import lay_invented

pytestmark = pytest.mark.slow

FEW, MANY = 6, 18
AN_ARTICLE = 20_000
"""Bytes that an article may add to a peak: the ids of its 34 rows, its lines in the manifest and the card: some 9,000,
and up to 13,000 while few articles do not fill a group of rows. Its records alone take 32,000 on top."""


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    hold_few_rows(monkeypatch)


def hold_few_rows(patch: pytest.MonkeyPatch) -> None:
    """Hold few rows at once, so that already a few articles are more than what is held of a table."""
    patch.setattr("stancebank.publish.parquet.ROW_GROUP_SIZE", 4)
    patch.setattr("stancebank.publish.parquet.ROWS_AT_ONCE", 4)


Laid = tuple[Workspace, Path, list[Source]]


def lay(place: Path, articles: int) -> Laid:
    copies = place / f"copies-{articles}"
    workspace = lay_invented(place / str(articles), articles, readers=1, copies=copies)
    folder = build(workspace, place / f"built-{articles}").out
    return workspace, folder, [each for each in read_sources([copies]) if isinstance(each, Source)]


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Laid, Laid]:
    """A workspace of few articles and one of many, with their datasets and copies."""
    place = tmp_path_factory.mktemp("laid")
    with pytest.MonkeyPatch.context() as patch:
        hold_few_rows(patch)
        return lay(place, FEW), lay(place, MANY)


def peak_of(act: Callable[[], object]) -> int:
    """Return the most bytes held at once; cycles that wait for the collector, and so are not held, hardly count.

    What is alive before is put out of the collector's sight: the oldest cycles are only collected when objects have
    come to more than a quarter of all that are alive, so a worker that holds much would hardly ever collect them.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(400, 1, 1)
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*before)
        gc.unfreeze()


def grown(few: Callable[[], object], many: Callable[[], object]) -> float:
    """Return by how many bytes an article raises the peak."""
    many()  # what is loaded once, and what caches of a fixed size hold of these articles
    return (peak_of(many) - peak_of(few)) / (MANY - FEW)


def test_verification_holds_no_article(laid: tuple[Laid, Laid]) -> None:
    (few, a, _), (many, b, _) = laid
    alone = Wanted(readers=())
    assert verify(b, alone).is_sound
    assert grown(lambda: verify(a, alone), lambda: verify(b, alone)) < AN_ARTICLE
    against = grown(lambda: verify(a, Wanted(few, ())), lambda: verify(b, Wanted(many, ())))
    assert against < AN_ARTICLE


def test_hydration_holds_no_article_but_its_copy(laid: tuple[Laid, Laid], tmp_path: Path) -> None:
    (_, a, copies), (_, b, more) = laid
    few = lambda: hydrate_folder(a, copies, tmp_path / "few")  # noqa: E731
    many = lambda: hydrate_folder(b, more, tmp_path / "many")  # noqa: E731
    assert grown(few, many) < AN_ARTICLE
