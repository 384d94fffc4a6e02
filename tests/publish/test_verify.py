"""What `publish verify` proves of a folder, and what it cannot know."""

import copy
import json
import shutil
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stancebank.publish.build import Recipe, WorkspaceFiles, build, fill_folder, read_to_publish
from stancebank.publish.layout import MANIFEST, SUMS
from stancebank.publish.parquet import FileWriter, file_metadata
from stancebank.publish.tables import Column, ListOf, Struct
from stancebank.publish.verification import CHECKS, CODES, Verified, Wanted, readers, verify
from stancebank.publish.verification.verify import open_folder
from stancebank.records import file_sha256
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import REPO
from tests.frozen.forging import read_json, read_rows, seal, write_json, write_rows
from tests.publish.builds import ENVOY, HARVEST, MINISTER, change_flag, fill_release, lay_toy, withhold
from tests.publish.own import SCHEME, TABLES
from tests.publish.verifying import ALONE, codes

BY_TABLE = {table.name: table for table in TABLES}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return lay_toy(tmp_path_factory.mktemp("verify") / "toy")


@pytest.fixture(scope="module")
def built(workspace: Workspace) -> Path:
    return build(workspace, workspace.root.parent / "built").out


@pytest.fixture(scope="module")
def manifest(built: Path) -> dict[str, Any]:
    value: dict[str, Any] = read_json(built / MANIFEST)
    return value


def seal_as(folder: Path, manifest: dict[str, Any], **changes: Any) -> None:
    """Write a manifest with changes, and make the digests of files fit."""
    write_json(folder / MANIFEST, manifest | changes)
    seal(folder)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "folder"))


@pytest.mark.slow
@pytest.mark.parametrize("text", [None, "withheld", "quotes", "full"])
def test_what_a_build_writes_is_sound(workspace: Workspace, tmp_path: Path, text: Any) -> None:
    out = build(workspace, tmp_path / "out", text).out
    found = verify(out, Wanted(against=workspace, readers=()))
    assert codes(found) == {"record-missing"}
    assert found.is_sound
    assert found.done == ["files", "tables", "rows", "manifest", "card", "croissant", "workspace"]
    assert found.rows["statements"] == 13


@pytest.mark.slow
def test_mixed_policies_words_not_at_hand_and_words_beyond_the_policy_are_sound(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    settings = workspace.root / "stancebank.toml"
    settings.write_text(f"{settings.read_text()}\n[rights]\nlongest_quote = 400\nquoted_share = 90\n")
    workspace = open_workspace(workspace.root)
    withhold(workspace, ENVOY, "quotes")
    withhold(workspace, HARVEST, "quotes")
    withhold(workspace, MINISTER)
    assert codes(verify(build(workspace, tmp_path / "out").out, ALONE)) == set()
    assert codes(verify(build(workspace, tmp_path / "beyond", "full").out, ALONE)) == set()
    (workspace.root / f".stancebank/texts/{ENVOY}.txt").unlink()
    assert codes(verify(build(workspace, tmp_path / "lacking", "full").out, ALONE)) == set()


@pytest.mark.slow
def test_the_founding_corpus_and_the_sample_are_sound_also_in_many_files(tmp_path: Path) -> None:
    out = build(open_workspace(REPO), tmp_path / "founding", "withheld").out
    assert codes(verify(out, Wanted(against=open_workspace(REPO), readers=()))) <= {
        "record-missing",
        "record-differs",
    }  # a build is no release
    lay(sample_files(), tmp_path / "sample")
    sample = open_workspace(tmp_path / "sample")
    (tmp_path / "many").mkdir()
    recipe = Recipe(WorkspaceFiles(sample.root), rows_per_file=40)
    fill_folder(tmp_path / "many", sample, read_to_publish(sample, None), recipe)
    assert codes(verify(tmp_path / "many", ALONE)) == set()


@pytest.mark.slow
def test_a_label_that_was_changed_everywhere_shows_only_against_the_workspace(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    forged = lay_toy(tmp_path / "forged")
    change_flag(forged)
    out = build(forged, tmp_path / "out").out
    assert verify(out, ALONE).is_sound
    found = verify(out, Wanted(against=workspace, readers=()))
    assert {(each.code, each.row, each.column) for each in found.faults if each.file == "statements"} == {
        ("source-differs", f"{ENVOY}/s2", "uncertain")
    }
    assert any(each.file == MANIFEST and "corpus/gold" in each.column for each in found.faults)


@pytest.mark.slow
def test_the_record_of_a_version_tells_a_folder_that_was_made_anew(workspace: Workspace, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(workspace.root, tmp_path / "mine"))
    out = build(open_workspace(mine), tmp_path / "out").out
    record = mine / "corpus/releases/1.2.0"
    record.mkdir(parents=True)
    for name in (SUMS, MANIFEST):
        shutil.copy(out / name, record / name)
    assert verify(out, Wanted(against=open_workspace(mine), readers=())).faults == []
    (record / SUMS).write_text("", encoding="utf-8")
    found = verify(out, Wanted(against=open_workspace(mine), readers=()))
    assert [(each.code, each.file) for each in found.errors] == [("record-differs", SUMS)]
    assert "it is that of a build" in found.errors[0].message


@pytest.mark.slow
def test_words_in_other_letters_show_against_a_workspace_that_has_them(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    out = build(workspace, tmp_path / "out", "quotes").out

    def shout(value: Any) -> Any:
        if isinstance(value, list):
            return [shout(each) for each in value]
        if not isinstance(value, dict):
            return value
        own = words - (set() if "stance" in value else {"reason"})  # else it is the one of a passage without statements
        return {
            key: each.upper() if key in own and isinstance(each, str) else shout(each) for key, each in value.items()
        }

    words = {"content", "speaker_mention", "cue", "target_mention", "reason", "text"}
    for table in ("statements", "conditions", "articles", "annotations"):
        write_rows(out, table, shout(read_rows(out, table)))
    faults = verify(out, Wanted(against=workspace, readers=())).errors
    assert ("source-differs", "statements", "content") in {(each.code, each.file, each.column) for each in faults}


def test_every_check_and_code_is_described() -> None:
    page = (REPO / "docs/verifying.md").read_text(encoding="utf-8")
    for code in CODES:
        assert f"| `{code}` |" in page
    for check in CHECKS:
        assert f"`{check}`" in page


@pytest.mark.slow
@pytest.mark.parametrize("table", [table.name for table in TABLES])
def test_no_value_that_follows_from_others_can_be_changed(built: Path, table: str, tmp_path: Path) -> None:
    """Each column but the declared sources, nested ones too; a new column without a check fails here."""
    sound = read_rows(built, table)
    for names, row, path in places_with_values(table, sound):
        if is_stated(BY_TABLE[table].columns, names):
            continue
        rows = copy.deepcopy(sound)
        holder: Any = rows[row]
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = another(holder[path[-1]])
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(built, out)
        write_rows(out, table, rows)
        found, _ = open_folder(out.resolve())  # the rows alone: no paper has to give it away
        assert {each.file for each in found.errors} & BY_TABLE.keys(), names


def is_stated(columns: tuple[Column, ...], names: tuple[str, ...]) -> bool:
    """Whether a column, nested as the names say, holds what a record states, so that no other value gives it away."""
    column = next(each for each in columns if each.name == names[0])
    if column.states is not None or len(names) == 1:
        return column.states is not None
    assert isinstance(column.item, Struct)
    return is_stated(column.item.fields, names[1:])


def places_with_values(table: str, rows: list[dict[str, Any]]) -> list[tuple[tuple[str, ...], int, tuple[Any, ...]]]:
    """Return each column of a table, nested ones too, with the first row and path that has a value there."""
    found: dict[tuple[str, ...], tuple[int, tuple[Any, ...]]] = {}

    def walk(columns: tuple[Column, ...], value: dict[str, Any], row: int, path: tuple[Any, ...]) -> None:
        for column in columns:
            held, there = value[column.name], (*path, column.name)
            item = column.type.item if isinstance(column.type, ListOf) else column.type
            if isinstance(item, Struct):
                for place, each in enumerate(held or ()) if isinstance(held, list) else [(None, held)]:
                    if each is not None:
                        walk(item.fields, each, row, there if place is None else (*there, place))
            elif held is not None and held != []:
                found.setdefault(tuple(part for part in there if isinstance(part, str)), (row, there))

    for number, row in enumerate(rows):
        walk(BY_TABLE[table].columns, row, number, ())
    return [(names, *place) for names, place in found.items()]


def another(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, list):
        return [another(value[0]), *value[1:]]
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def test_an_unknown_schema_and_another_toolkit_are_named(folder: Path, manifest: dict[str, Any]) -> None:
    def told(**changes: str) -> Verified:
        seal_as(folder, manifest, **changes)
        return verify(folder, ALONE)

    assert codes(told(schema_version="v99")) == {"schema-differs"}
    assert codes(told(toolkit_version="99.0")) == {"toolkit-differs"}
    assert told(toolkit_version="99.0").is_sound


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("CITATION.cff", b"cff-version: 1.2.0\n", "file-foreign"),
        ("splits.csv", b"article_id,split\n", "file-missing"),
        ("CHANGELOG.md", b"# More\n", "file-missing"),
        ("LICENSE", None, "file-missing"),
        ("GUIDELINES.md", None, "file-missing"),
    ],
)
def test_a_paper_that_does_not_belong_there_or_is_gone_is_named(
    folder: Path, name: str, content: bytes | None, code: str
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    seal(folder)
    assert code in codes(verify(folder, ALONE))


@pytest.mark.slow
def test_a_release_has_all_papers_of_a_release(workspace: Workspace, tmp_path: Path) -> None:
    release = fill_release(workspace, tmp_path / "release")
    assert verify(release, ALONE).faults == []
    release = fill_release(workspace, tmp_path / "without", changelog=None)
    assert verify(release, ALONE).faults == []  # a workspace need not have one
    (release / "splits.csv").unlink()
    seal(release)
    assert {(each.file, each.code) for each in verify(release, ALONE).errors} == {("splits.csv", "file-missing")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "column", "code"), [("targets", "parent", "row-invalid"), ("entities", "part_of", "row-invalid")]
)
def test_registries_that_go_round_in_circles_are_named(
    built: Path, folder: Path, table: str, column: str, code: str
) -> None:
    key = BY_TABLE[table].key
    one, other = (row[key] for row in read_rows(built, table)[:2])
    for above in ({one: one}, {one: other, other: one}):
        rows = read_rows(built, table)
        for row in rows:
            row[column] = above.get(row[key], row[column])
        write_rows(folder, table, rows)
        found = verify(folder, ALONE).errors
        assert {(each.file, each.column, each.code) for each in found} == {(table, column, code)}


@pytest.mark.slow
def test_files_of_other_splits_other_digits_or_no_rows_are_named(folder: Path, manifest: dict[str, Any]) -> None:
    path = folder / "targets/train-00000-of-00001.parquet"
    for name in ("test-00000-of-00001.parquet", "train-٠٠٠٠٠-of-00001.parquet"):
        path = path.rename(path.with_name(name))
        seal(folder)
        assert codes(verify(folder, ALONE)) >= {"file-foreign"}
    path = path.rename(path.with_name("train-00000-of-00002.parquet"))
    about = file_metadata(BY_TABLE["targets"], SCHEME, manifest["dataset_version"])
    writer = FileWriter(BY_TABLE["targets"], path.with_name("train-00001-of-00002.parquet"), about)
    writer.close()
    seal(folder)
    named = {(each.code, each.file) for each in verify(folder, ALONE).errors}
    assert ("table-files", "targets/train-00001-of-00002.parquet") in named


@pytest.mark.slow
def test_a_header_whose_lines_end_otherwise_is_named(folder: Path) -> None:
    head, rest = (folder / "README.md").read_bytes().removeprefix(b"---\n").split(b"---\n", 1)
    (folder / "README.md").write_bytes(b"---\n" + head.replace(b"\n", b"\r\n", 3) + b"---\n" + rest)
    seal(folder)
    assert codes(verify(folder, ALONE)) == {"card-header"}


@pytest.mark.slow
def test_inputs_and_terms_are_held_against_the_workspace(
    folder: Path, workspace: Workspace, manifest: dict[str, Any]
) -> None:
    def told(**changes: Any) -> set[tuple[str, str]]:
        seal_as(folder, manifest, **changes)
        found = verify(folder, Wanted(against=workspace, readers=())).errors
        assert {each.file for each in found} <= {MANIFEST, "RIGHTS.md", "croissant.json"}  # it has the terms, too
        return {(each.code, each.column) for each in found}

    inputs = manifest["inputs"]
    assert told() == set()
    fewer = {name: each for name, each in inputs.items() if name != "DATASET_CARD.md"}
    assert told(inputs=fewer) == {("source-differs", "inputs DATASET_CARD.md")}
    for name in ("x\0y", "x" * 5000, "../../etc/passwd", ""):
        assert told(inputs=inputs | {name: "0" * 64}) == {("source-differs", f"inputs {name[:120]}")}
    fewer = {name: each for name, each in inputs.items() if name != "stancebank.toml"}
    assert ("manifest-differs", "inputs stancebank.toml") in told(inputs=fewer)
    assert ("source-differs", "rights") in told(rights=manifest["rights"] | {"contact": "more@norland.example"})
    seal_as(folder, {key: value for key, value in manifest.items() if key != "rights"})
    assert {(each.code, each.column) for each in verify(folder, Wanted(against=workspace, readers=())).errors} == {
        ("manifest-form", "rights"),
        ("source-differs", "rights"),
    }


@pytest.mark.slow
def test_a_reader_that_is_not_installed_is_named_and_fails_where_it_is_required(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", version)
    found = verify(built, Wanted(readers=("polars",)))
    assert (codes(found), found.is_sound) == ({"reader-missing"}, True)
    found = verify(built, Wanted(readers=("polars",), require_readers=True))
    assert (codes(found), found.is_sound) == ({"reader-failed"}, False)


@pytest.mark.slow
def test_every_reader_sees_the_same_rows(built: Path) -> None:
    found = verify(built, Wanted(require_readers=True))
    assert found.faults == []
    assert set(found.tried) == set(readers.READERS)


@pytest.mark.slow
def test_a_reader_whose_threads_abort_python_at_its_end_has_read_all(built: Path) -> None:
    start = "import atexit, os, runpy, sys; atexit.register(os.abort); sys.argv = sys.argv[1:]"
    code = f"{start}; runpy.run_path(sys.argv[0], run_name='__main__')"
    tables = {"targets": [[str(built / "targets/train-00000-of-00001.parquet")], {}]}
    asked = json.dumps({"reader": "polars", "folder": str(built), "tables": tables})
    opening = str(Path(readers.__file__).parent / "opening.py")
    done = subprocess.run([sys.executable, "-c", code, opening, asked], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found, wanted = json.loads(done.stdout)["targets"]
    assert found == wanted


@pytest.mark.slow
def test_a_reader_that_takes_too_long_for_so_many_rows_is_named(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "LONGEST", 0.01)
    monkeypatch.setattr(readers, "LONGEST_ROW", 0.0)
    found = verify(built, Wanted(readers=("polars", "pandas")))
    assert [(each.file, each.code) for each in found.errors] == [
        ("pandas", "reader-failed"),
        ("polars", "reader-failed"),
    ]


@pytest.mark.slow
def test_a_reader_that_sees_other_rows_or_none_is_named(folder: Path) -> None:
    _, opened = open_folder(folder)
    assert opened is not None
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("path: entities/", "path: targets/"), encoding="utf-8")
    faults, _ = readers.check_readers(opened, ("datasets",))
    assert [(each.file, each.code) for each in faults] == [("entities", "reader-differs")]
    (folder / "croissant.json").unlink()
    faults, _ = readers.check_readers(opened, ("mlcroissant", "polars"))
    assert [(each.file, each.code) for each in faults] == [("mlcroissant", "reader-failed")]
    shutil.copy(folder / "passages/train-00000-of-00001.parquet", folder / "passages/train-00001-of-00002.parquet")
    card.write_text(text.replace("path: passages/train-00000-of-00001", "path: passages/*"), encoding="utf-8")
    faults, _ = readers.check_readers(opened, ("datasets, streaming",))
    assert [(each.file, each.code) for each in faults] == [("passages", "reader-differs")]


END = "<!-- /computed -->\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "false",
    [
        " <!-- computed:agreement -->\nkappa 0.97\n <!-- /computed -->\n",
        "<!-- computed:agreement --> \nkappa 0.97\n<!-- /computed --> \n",
        "More: <!-- computed:counts -->kappa 0.97<!-- /computed -->\n",
        "<!--computed:counts-->\nkappa 0.97\n<!--/computed-->\n",
        "<!-- Computed:counts -->\nkappa 0.97\n<!-- /Computed -->\n",
        "<!--\ncomputed:counts -->\nkappa 0.97\n",
        "<!-- computed:counts -->\r\nkappa 0.97\r\n<!-- /computed -->\r\n",
        "<!-- /computed -->\n",
        "<!-- computed:moon -->\n<!-- /computed -->\n",
        "<!-- computed:counts -->\n",
    ],
)
def test_what_only_looks_like_a_marker_of_the_card_is_named(folder: Path, false: str) -> None:
    text = (folder / "README.md").read_bytes().decode()
    head, first, rest = text.partition(END)
    for made in (f"{text}{false}", f"{head}{first}{false}{rest}"):
        (folder / "README.md").write_bytes(made.encode())
        seal(folder)
        assert codes(verify(folder, ALONE)) == {"card-form"}


@pytest.mark.slow
def test_text_behind_an_end_that_is_none_belongs_to_the_computed_part(folder: Path) -> None:
    text = (folder / "README.md").read_bytes().decode()
    last = text.rindex(END)
    for end in ("<!-- /computed --> \n", " <!-- /computed -->\n", "<!--/computed-->\n"):
        made = f"{text[:last]}{end}kappa 0.97 on 5,000,000 rows. Licence: CC0.\n{text[last:]}"
        (folder / "README.md").write_bytes(made.encode())
        seal(folder)
        assert codes(verify(folder, ALONE)) == {"card-block"}


@pytest.mark.slow
def test_what_people_write_in_the_card_is_theirs(folder: Path) -> None:
    text = (folder / "README.md").read_bytes().decode()
    more = "\nWe read 三千 articles, 5,000 of them <!-- a remark --> twice; what is computed: all else.\n"
    (folder / "README.md").write_bytes(f"{text}{more}".encode())
    seal(folder)
    assert codes(verify(folder, ALONE)) == set()


@pytest.mark.slow
def test_a_name_that_looks_like_a_marker_leaves_an_honest_folder_sound(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    article = workspace.store.article(ENVOY)
    text = workspace.store.text(article)
    assert text is not None
    assert article.outlet is not None
    for name in ("<!-- /computed -->", "<!-- computed:counts -->", "a <!-- b"):
        outlet = msgspec.structs.replace(article.outlet, value=name)
        workspace.store.write_article(msgspec.structs.replace(article, outlet=outlet), text)
        assert codes(verify(build(workspace, tmp_path / "out").out, ALONE)) == set()


@pytest.mark.slow
def test_a_card_of_many_markers_takes_time_in_proportion_to_it(folder: Path) -> None:
    text = (folder / "README.md").read_bytes().decode()
    for more in ("<!-- computed:counts -->\n" * 32_000, f"<!-- computed:fields -->\n{END}" * 16_000, "<!-" * 300_000):
        (folder / "README.md").write_bytes(f"{text}{more}".encode())
        seal(folder)
        started = time.thread_time()
        found = verify(folder, ALONE)
        assert time.thread_time() - started < 10  # it was 189 s
        assert "check-failed" not in codes(found)
        assert len(found.faults) <= 210


@pytest.mark.slow
def test_numbers_of_another_type_are_other_values(folder: Path, manifest: dict[str, Any]) -> None:
    def told(**changes: Any) -> set[tuple[str, str]]:
        seal_as(folder, manifest, **changes)
        return {(each.code, each.column) for each in verify(folder, ALONE).errors}

    tables, rights = manifest["tables"], manifest["rights"]
    assert told() == set()
    assert told(publishable=1) == {("manifest-differs", "publishable")}
    assert told(publishable=1.0) == {("manifest-differs", "publishable")}
    rows = tables | {"statements": tables["statements"] | {"rows": 13.0}}
    assert told(tables=rows) == {("manifest-differs", "tables/statements/rows")}
    assert told(rights=rights | {"longest_quote": float(rights["longest_quote"])}) == {("manifest-form", "rights")}
    assert told(rights=rights | {"quoted_share": True}) == {("manifest-form", "rights")}


@pytest.mark.slow
def test_a_withdrawal_that_was_invented_is_named(folder: Path, manifest: dict[str, Any]) -> None:
    for name in ("norland-post-2031-01-01-nothing", ENVOY):
        gone = {"id": name, "date": "2031-03-01", "reason": "Asked for."}
        seal_as(folder, manifest, rights=manifest["rights"] | {"withdrawn": [gone]})
        faults = [each for each in verify(folder, ALONE).errors if each.file == MANIFEST]
        assert {each.column for each in faults} >= {f"rights/withdrawn {name}"}


def run_git(root: Path, *arguments: str) -> None:
    about = ("-c", "user.name=Ada", "-c", "user.email=ada@norland.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *about, *arguments], check=True, capture_output=True)


@pytest.mark.slow
def test_a_release_is_held_against_its_record_and_never_against_a_workspace_that_has_moved_on(tmp_path: Path) -> None:
    workspace = lay_toy(tmp_path / "toy")
    root = workspace.root
    out = build(workspace, tmp_path / "out").out
    run_git(root, "init", "-q")
    record = root / "corpus/releases/1.2.0"
    record.mkdir(parents=True)
    for name in (SUMS, MANIFEST):
        shutil.copy(out / name, record / name)
    run_git(root, "add", "-A")
    run_git(root, "commit", "-q", "-m", "Release 1.2.0")
    run_git(root, "tag", "data-v1.2.0")
    change_flag(workspace)  # at the same version

    def told() -> set[str]:
        return codes(verify(out, Wanted(against=open_workspace(root), readers=())))

    assert told() == set()
    (record / SUMS).write_text("", encoding="utf-8")  # what counts was committed
    assert told() == set()
    settings = root / "stancebank.toml"
    settings.write_text(settings.read_text().replace('version = "1.2.0"', 'version = "1.3.0"'))
    shutil.rmtree(record)
    run_git(root, "commit", "-q", "-a", "-m", "Forget")
    assert told() == set()  # the tag has it
    forged = Path(shutil.copytree(out, tmp_path / "forged"))
    with (forged / "GUIDELINES.md").open("ab") as file:
        file.write(b"More.\n")
    seal(forged)
    held = read_json(forged / MANIFEST)
    changed = {"annotate/GUIDELINES.md": file_sha256(forged / "GUIDELINES.md")}
    seal_as(forged, held, inputs=held["inputs"] | changed)
    found = verify(forged, Wanted(against=open_workspace(root), readers=()))
    assert {each.file for each in found.errors if each.code == "record-differs"} == {SUMS, MANIFEST}
    assert "source-differs" not in codes(found)
    run_git(root, "tag", "-d", "data-v1.2.0")
    assert told() == {"not-compared"}
    found = verify(out, Wanted(against=open_workspace(root), readers=()))
    assert (found.is_sound, found.is_compared) == (True, False)
