"""Adding many articles that is killed at any of its writes leaves whole articles, and the next run completes them."""

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.killing import killed_at

from stancebank.cli import stancebank
from stancebank.corpus import intake
from stancebank.corpus.recorded import INDEX
from stancebank.records import write_all
from stancebank.workspace import open_workspace

CALLS = ("replace", "unlink", "fsync", "chmod")
"""What the system is asked for by whoever writes articles."""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")


def content(root: Path) -> dict[str, bytes]:
    """Return all files but the index of records, which takes up a record once it is old enough."""
    files = (path for path in root.rglob("*") if path.is_file() and path != root / INDEX)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def sources(path: Path, many: int) -> Path:
    values = [
        {
            "text": f"Notice {number} of the valley\n\nThe envoy came back to port {number} on Monday.\n",
            "outlet": "Norland Post",
            "text_policy": "full" if number % 2 else "withheld",
        }
        for number in range(many)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in values))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("many", "stride"), [(300, 401), (120, 37)])
def test_adding_that_is_killed_leaves_whole_articles_and_can_be_run_again(
    many: int, stride: int, empty_root: Path, tmp_path: Path
) -> None:
    source = sources(tmp_path / "a.jsonl", many)
    counts, number = [], 1
    while killed_at(number, CALLS, empty_root, "corpus", "add", source):
        store = open_workspace(empty_root).store
        whole = list(store.articles())
        assert all(store.text(article) is not None for article in whole)
        counts.append(len(whole))
        number += stride
    assert counts == sorted(counts)  # each run goes on where the one before was killed
    assert len(counts) > 1
    assert counts[-1] < many == len(open_workspace(empty_root).store.article_ids())
    assert not list(empty_root.rglob("*.part"))
    before = content(empty_root)
    done = CliRunner().invoke(stancebank, ["-w", str(empty_root), "corpus", "add", str(source)])
    assert (done.exit_code, f"{many} unchanged" in done.stderr) == (0, True)
    assert content(empty_root) == before


def test_a_disk_that_is_full_leaves_none_of_the_files_that_were_to_be_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.txt").write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        write_all([(tmp_path / f"{name}.txt", b"new", False) for name in "abcdefgh"])
    assert content(tmp_path) == {"b.txt": b"old"}


def test_files_that_are_written_together_keep_their_order_and_their_permissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    real = os.replace

    def replace(one: Any, other: Any) -> None:
        taken.append(Path(other).name)
        real(one, other)

    monkeypatch.setattr(os, "replace", replace)
    (tmp_path / "c").write_text("same")
    (tmp_path / "d").write_text("old")
    (tmp_path / "d").chmod(0o640)
    told = write_all([(tmp_path / n, b"same" if n == "c" else n.encode(), n in "ae") for n in "edcbaf"])
    assert told == [True, True, False, True, True, True]
    assert taken == list("edbaf")
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in "aed"}
    assert modes == {"a": 0o600, "e": 0o600, "d": 0o640}
    assert {name: (tmp_path / name).read_text() for name in "abcdef"} == {**{n: n for n in "abdef"}, "c": "same"}


@pytest.mark.slow
def test_the_texts_of_a_large_table_are_not_in_memory_at_once(
    empty_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_IN_MEMORY", 100_000)
    monkeypatch.setattr(intake, "_BATCH", 4)
    paragraph = "The envoy of Norland came back to the port of Vesta. " * 95
    store = open_workspace(empty_root).store
    peaks = []
    for many in (1, 60):  # the first run loads what is loaded once
        texts = (f"Notice {many} {number}\n\n" + f"{paragraph}{number}\n\n" * 10 for number in range(many))
        with (tmp_path / "a.jsonl").open("w") as file:
            file.writelines(json.dumps({"text": each, "outlet": "Norland Post"}) + "\n" for each in texts)
        tracemalloc.start()
        with intake.Shelf() as shelf:
            intake.add(store, intake.plan_intake(store, [tmp_path / "a.jsonl"], {}, shelf))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / "a.jsonl").stat().st_size > 3_000_000
    assert peaks[1] < 1_500_000
    articles = list(store.articles())
    assert len(articles) == 61
    assert all(len(article.lines) == 11 and store.text(article) for article in articles)
