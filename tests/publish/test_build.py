import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stancebank.check.workspace import check_workspace
from stancebank.errors import InputError
from stancebank.publish.build import build
from stancebank.publish.parquet import FEATURES, arrow_schema, content_hash, features_value, read_table
from stancebank.records import file_sha256
from stancebank.schema.fields import MIGRATION
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import OWN_SCHEMA, Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, change_flag, contents, lay_toy, withhold
from tests.publish.own import ANNOTATIONS, ENTITIES, TABLES, TARGETS

FILE = "train-00000-of-00001.parquet"

MOVED_CLOCK = """
import pyarrow.parquet, datasets, yaml
import datetime, time
real, shift = time.time, 40 * 365 * 86400
time.time = lambda: real() + shift
time.time_ns = lambda: int((real() + shift) * 1e9)
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)
datetime.datetime = Later
"""

BUILD = """
import sys
from pathlib import Path
from stancebank.publish.build import build
from stancebank.workspace import open_workspace
{before}
build(open_workspace(Path(sys.argv[1])), Path(sys.argv[2]))
"""

KILL = """
import os, signal
import stancebank.publish.build as b, stancebank.publish.layout as l
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
l.make_readme = lambda *_: "card"  # spares each of these processes a slow import
"""

POINTS = {
    "while the first table is written": "b.TableWriter.close = die",
    "before the card is written": "l.make_readme = die",
    "before the files reach the disk": "l._sync = die",
    "before the folders change places": "l._swap = die",
    "between the two renames": (
        "real = Path.rename\nPath.rename = lambda self, other: die() if '.part-' in self.name else real(self, other)"
    ),
    "before the old folder is removed": "l.shutil.rmtree = die",
}


def start(script: str, *arguments: object, cwd: Path | None = None, **env: str) -> subprocess.Popen[str]:
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH")}
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=cwd,
        env={**kept, **env},
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> int:
    _, said = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


def manifest_of(out: Path) -> Any:
    return json.loads((out / "manifest.json").read_bytes())


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def runs(text: str, length: int = 5) -> set[str]:
    found = set()
    for line in text.split("\n"):
        words = re.findall(r"\w+", line.lower())
        found |= {" ".join(words[place : place + length]) for place in range(len(words) - length + 1)}
    return found


@pytest.mark.slow
def test_a_build_has_the_same_bytes_wherever_and_whenever_it_runs(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "workspace"
    for path in sorted(workspace.root.rglob("*"), reverse=True):
        if path.is_file():
            copy = other / path.relative_to(workspace.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            os.utime(copy, (1, 1))
    homes = [tmp_path / name for name in ("home-a", "home-b")]
    for home in homes:
        home.mkdir()
    first = start(
        BUILD.format(before=""),
        workspace.root,
        tmp_path / "a",
        cwd=homes[0],
        HOME=str(homes[0]),
        TZ="UTC",
        LANG="C.UTF-8",
        PYTHONHASHSEED="1",
        OMP_NUM_THREADS="1",
        ARROW_IO_THREADS="1",
    )
    second = start(
        MOVED_CLOCK + "import os; os.umask(0o077)\n" + BUILD.format(before=""),
        other,
        "../b",
        cwd=homes[1],
        HOME=str(homes[1]),
        TZ="Asia/Kathmandu",
        LANG="C",
        LC_ALL="C",
        PYTHONHASHSEED="2",
        OMP_NUM_THREADS="7",
        ARROW_IO_THREADS="5",
    )
    assert finish(first) == finish(second) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) == 18


@pytest.mark.slow
def test_a_file_says_its_versions_and_table_and_features_and_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    build(workspace, tmp_path / "out")
    for table in TABLES:
        with pq.ParquetFile(tmp_path / "out" / table.name / FILE) as file:
            said = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
            assert json.loads(said.pop(FEATURES)) == {"info": {"features": features_value(table)}}
            assert said == {"dataset_version": "1.2.0", "schema_version": OWN_SCHEMA.name, "table": table.name}
            assert file.schema_arrow.remove_metadata().equals(arrow_schema(table))
            assert file.metadata.row_group(0).column(0).compression == "ZSTD"
            assert file.metadata.row_group(0).column(0).has_offset_index


@pytest.mark.slow
def test_the_manifest_names_what_was_made_and_of_what(workspace: Workspace, tmp_path: Path) -> None:
    result = build(workspace, tmp_path / "out")
    manifest = manifest_of(tmp_path / "out")
    assert {name: each["rows"] for name, each in manifest["tables"].items()} == result.rows
    for table in TABLES:
        path = tmp_path / "out" / table.name / FILE
        told = manifest["tables"][table.name]
        assert told["sha256"] == file_sha256(path)
        assert told["bytes"] == path.stat().st_size
        assert told["content_hash"] == content_hash(table, read_table(path))
    assert manifest["inputs"][f"corpus/gold/{ENVOY}.json"]
    assert all(file_sha256(workspace.root / path) == told for path, told in manifest["inputs"].items())
    assert set(manifest["files"]) == set(contents(tmp_path / "out")) - {"manifest.json", "SHA256SUMS"}
    assert (tmp_path / "out/LICENSE").read_bytes() == (workspace.root / "LICENSE-DATA").read_bytes()
    assert (tmp_path / "out/GUIDELINES.md").is_file()


def test_a_view_without_rows_is_not_written(workspace: Workspace, tmp_path: Path) -> None:
    for article_id in workspace.store.article_ids():
        if article_id != HARVEST:
            (workspace.root / workspace.store.document_name(article_id, None)).unlink()
    result = build(workspace, tmp_path / "out")
    registries = {"entities": 16, "targets": 16}
    assert result.rows == {"articles": 1, "annotations": 1, **registries, "passages": 7, "tokens": 7, "chat": 1}
    assert not (tmp_path / "out/statements").exists()
    assert "config_name: statements" not in (tmp_path / "out/README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_an_article_that_does_not_show_its_whole_text_is_left_out_of_the_views_that_need_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    withhold(workspace, ENVOY)
    withhold(workspace, HARVEST, "quotes")
    parts = "".join(f"<!-- computed:{name} -->\n<!-- /computed -->\n" for name in ("load", "words", "splits"))
    (workspace.root / "DATASET_CARD.md").write_text(parts, encoding="utf-8")
    build(workspace, tmp_path / "out")
    for table in TABLES:
        if table in (ANNOTATIONS, ENTITIES, TARGETS):
            continue
        ids = {row["article_id"] for row in read_table(tmp_path / "out" / table.name / FILE).to_pylist()}
        assert ids & {ENVOY, HARVEST} == (set() if table.whole_text else ids - {MINISTER})
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "have rows of the 1 of 3 articles that show their whole text." in card
    assert "`stancebank publish hydrate FOLDER COPIES --out DIR`" in card
    assert "1 of 3 articles show it here; the others are left out. Whoever holds copies of the articles puts" in card
    assert "`stancebank corpus hydrate DIR`" in card.split("1 of 3 articles show it here")[1][:200]


@pytest.mark.slow
def test_the_manifest_and_the_page_of_columns_tell_what_is_lost_between_spans_and_tags(
    workspace: Workspace, tmp_path: Path
) -> None:
    build(workspace, tmp_path / "out")
    told = manifest_of(tmp_path / "out")["alignment"]
    lossless = {"snapped": 0, "dropped": 0, "second": 0}
    assert told["all"] == {"annotated": 64, "spans": 61, "exact": 61, **lossless}
    assert told["content"] == {"annotated": 16, "spans": 15, "exact": 15, **lossless}
    page = (tmp_path / "out/COLUMNS.md").read_text(encoding="utf-8")
    assert "| `condition` | 12 | 11 | 11 | 0 | 0 | 0 |\n| all | 64 | 61 | 61 | 0 | 0 | 0 |" in page
    build(workspace, tmp_path / "withheld", "withheld")
    assert "alignment" not in manifest_of(tmp_path / "withheld")


@pytest.mark.slow
def test_the_form_of_the_answers_lies_beside_them(workspace: Workspace, tmp_path: Path) -> None:
    build(workspace, tmp_path / "out")
    there = (tmp_path / "out/prediction.schema.json").read_bytes()
    assert there == (workspace.schema_dir / "prediction.schema.json").read_bytes()


def test_a_workspace_without_gold_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    shutil.rmtree(workspace.root / "corpus/gold")
    with pytest.raises(InputError, match="nothing to publish"):
        build(workspace, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_build_does_not_depend_on_how_its_scheme_came_about_and_a_check_looks_at_that_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.schema_dir / MIGRATION).write_text("steps = 1\n")
    assert build(workspace, tmp_path / "out").publishable
    assert {each.code for each in check_workspace(workspace).errors} == {"migration-invalid"}


def test_a_workspace_with_errors_is_refused_and_the_errors_are_named(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.root / workspace.store.document_name(ENVOY, None)
    path.write_text(path.read_text(encoding="utf-8").replace('"ilse-marrow"', '"ilse-narrow"'), encoding="utf-8")
    with pytest.raises(InputError, match="entity-unknown"):
        build(workspace, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", [".", "corpus", "corpus/release", f"schema/{OWN_SCHEMA.name}/x", "annotate"])
def test_a_place_of_the_workspaces_own_content_is_refused(workspace: Workspace, place: str) -> None:
    before = contents(workspace.root)
    with pytest.raises(InputError, match="own content"):
        build(workspace, workspace.root / place)
    assert contents(workspace.root) == before


@pytest.mark.parametrize("held", ["thesis.txt", "manifest.json", ".git"])
def test_a_folder_that_no_build_made_is_not_replaced(workspace: Workspace, tmp_path: Path, held: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / held).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="was not made by"):
        build(workspace, tmp_path / "out")
    assert contents(tmp_path / "out") == {held: b"{}"}


@pytest.mark.slow
@pytest.mark.parametrize("added", ["notes.txt", ".git/HEAD", "statements/more.parquet"])
def test_a_build_to_which_something_was_added_is_not_replaced(workspace: Workspace, tmp_path: Path, added: str) -> None:
    build(workspace, tmp_path / "out")
    (tmp_path / "out" / added).parent.mkdir(exist_ok=True)
    (tmp_path / "out" / added).write_text("mine", encoding="utf-8")
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match="move it away"):
        build(workspace, tmp_path / "out")
    assert contents(tmp_path / "out") == before


@pytest.mark.slow
def test_an_empty_folder_and_an_earlier_build_are_replaced(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    build(workspace, tmp_path / "out")
    first = contents(tmp_path / "out")
    change_flag(workspace)
    build(workspace, tmp_path / "out")
    assert contents(tmp_path / "out").keys() == first.keys()
    assert contents(tmp_path / "out") != first
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_a_killed_build_leaves_a_whole_folder_and_the_next_one_succeeds(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    places = [tmp_path / f"place-{number}" for number in range(len(POINTS))]
    for place in places:
        build(workspace, place / "out") if place is places[0] else shutil.copytree(places[0], place)
    old = contents(places[0] / "out")
    change_flag(workspace)
    build(workspace, tmp_path / "new")
    new = contents(tmp_path / "new")
    assert old != new
    started = [
        start(BUILD.format(before=KILL + code), workspace.root, place / "out")
        for place, code in zip(places, POINTS.values(), strict=True)
    ]
    assert [finish(process) for process in started] == [-signal.SIGKILL] * len(POINTS)
    for place, point in zip(places, POINTS, strict=True):
        there = contents(place / (".out.old" if "two renames" in point else "out"))
        if "removed" in point:
            assert there.keys() == new.keys()
            assert all(data == new[name] for name, data in there.items() if name.endswith(".parquet"))
        else:
            assert there == old, point
        build(workspace, place / "out")
        assert contents(place / "out") == new, point
        assert [path.name for path in place.iterdir()] == ["out"], point


@pytest.mark.slow
def test_a_build_that_fails_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "place").mkdir()
    monkeypatch.setattr("stancebank.publish.layout.make_readme", fail)
    with pytest.raises(OSError, match="No space"):
        build(workspace, tmp_path / "place" / "out")
    assert not list((tmp_path / "place").iterdir())


@pytest.mark.slow
def test_a_withheld_build_holds_no_word_of_any_text(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "annotate/GUIDELINES.md").unlink()  # it takes its examples from the invented articles
    build(workspace, tmp_path / "out", "withheld")
    words, headlines = set(), set()
    for article in workspace.store.articles():
        words |= runs(workspace.store.text(article) or "")
        headlines |= runs(article.title.value if article.title else "")
    words -= headlines
    assert len(words) > 300
    for name, data in contents(tmp_path / "out").items():
        assert not runs(data.decode("utf-8", "replace")) & words, name
    assert not (tmp_path / "out/prediction.schema.json").exists()
    for table in TABLES:
        if table.whole_text:
            assert not (tmp_path / "out" / table.name).exists()
            continue
        for row in read_table(tmp_path / "out" / table.name / FILE).to_pylist():
            for string in strings_in(row):
                assert not runs(string) & words, table.name
    shown = build(workspace, tmp_path / "shown")
    found = set().union(*(runs(each) for each in strings_in(read_table(shown.out / "articles" / FILE).to_pylist())))
    assert words <= found


@pytest.mark.slow
def test_words_beyond_the_text_policy_make_a_folder_not_publishable(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, ENVOY)
    withhold(workspace, HARVEST, "quotes")
    allowed = build(workspace, tmp_path / "allowed")
    assert allowed.publishable
    assert manifest_of(tmp_path / "allowed")["publishable"] is True
    assert "Not for publication" not in (tmp_path / "allowed/README.md").read_text(encoding="utf-8")
    result = build(workspace, tmp_path / "out", "full")
    assert result.beyond == (HARVEST, ENVOY)
    manifest = manifest_of(tmp_path / "out")
    assert (manifest["publishable"], manifest["exceeds_policy"]) == (False, [HARVEST, ENVOY])
    assert (tmp_path / "out/.gitignore").read_bytes() == b"*\n"
    card = (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert "**Not for publication.**" in card
    assert ENVOY in card.split("**Not for publication.**")[1][:400]
    assert "license: other" in card
    texts = {row["article_id"]: row["text"] for row in read_table(tmp_path / "out/articles" / FILE).to_pylist()}
    assert all(texts.values())


@pytest.mark.slow
def test_words_that_are_wanted_and_not_at_hand_are_counted(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, ENVOY)
    (workspace.root / f".stancebank/texts/{ENVOY}.txt").unlink()
    result = build(workspace, tmp_path / "out", "full")
    assert (result.lacking, result.publishable) == ((ENVOY,), True)
    assert manifest_of(tmp_path / "out")["text_missing"] == [ENVOY]


@pytest.mark.slow
def test_the_command_prints_what_it_built(workspace: Workspace, tmp_path: Path, run: Run) -> None:
    done = run("-w", workspace.root, "publish", "build", "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    rest = {"annotations": 13, "entities": 16, "targets": 16, "passages": 22, "tokens": 22, "chat": 3}
    assert json.loads(done.stdout)["rows"] == {"statements": 13, "conditions": 12, "articles": 3} | rest
    assert open_workspace(workspace.root).settings.version == "1.2.0"
    assert "Not written" not in done.stderr
    done = run("-w", workspace.root, "publish", "build", "--out", tmp_path / "out", "--text", "quotes")
    assert "Not written, since no article shows its whole text: passages, tokens, chat." in done.stderr
