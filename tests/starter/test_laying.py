"""A new workspace is laid wholly or not at all, and never over somebody's files."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from tests.conftest import OWN_SCHEMA, REPO, Run

from stancebank.errors import ConflictError, InputError
from stancebank.schema.fields import EDITION, MIGRATION
from stancebank.schema.validate import newest_packed
from stancebank.starter.laying import PRIVATE, lay, plain_files, sample_files
from stancebank.workspace import open_workspace, without_id


@pytest.mark.slow
def test_a_laid_workspace_is_clean_and_takes_an_article(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "river talks"
    assert run("init", root).returncode == 0
    assert tomllib.loads((root / "stancebank.toml").read_text())["dataset"]["name"] == "river-talks"
    source = tmp_path / "envoy.txt"
    source.write_bytes((REPO / "tests/toy/sources/envoy.txt").read_bytes())
    assert run("-w", root, "corpus", "add", source, "--outlet", "Norland Post").returncode == 0
    subprocess.run(["git", "init", "--quiet", root], check=True)
    result = run("-w", root, "check")
    assert result.returncode == 0, result.stdout
    assert "1 article, 0 documents, 0 statements: 0 errors, 0 warnings." in result.stderr
    assert not list((root / "schema").rglob("examples"))


def test_the_schema_guidelines_and_interface_are_those_of_this_toolkit() -> None:
    files = plain_files("x")
    for name in (f"schema/{OWN_SCHEMA.name}/vocabularies.json", "annotate/GUIDELINES.md", "annotate/labeling.xml"):
        assert files[name].encode() == (REPO / name).read_bytes()
    schemas = {path.relative_to(REPO).as_posix() for path in OWN_SCHEMA.glob("*.json")}
    assert len(schemas) >= 5
    assert schemas == {name for name in files if name.startswith("schema/")}


@pytest.mark.parametrize("options", [(), ("--sample",)])
def test_only_the_newest_version_is_laid_and_no_way_from_an_older_one(
    options: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    assert run("init", tmp_path / "w", *options).returncode == 0
    assert [path.name for path in (tmp_path / "w/schema").iterdir()] == [newest_packed()] == [OWN_SCHEMA.name]
    assert list((tmp_path / "w").rglob(MIGRATION)) == []
    workspace = open_workspace(tmp_path / "w")
    assert (workspace.settings.schema, workspace.scheme.edition) == (newest_packed(), EDITION)
    assert "nothing has to be done" in run("-w", tmp_path / "w", "schema", "migrate").stderr


@pytest.mark.slow
def test_a_scheme_of_ones_own_in_a_new_workspace_goes_all_the_way(run: Run, tmp_path: Path) -> None:
    """Made, described, checked, at the desk, and built into a folder that is sound."""
    root = tmp_path / "w"

    def do(*arguments: object) -> str:
        done = run("-w", root, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert run("init", root).returncode == 0
    do("schema", "new", "--label", "stance=for,against", "--field", "certainty=low,high", "--role", "provided")
    do("schema", "write")
    do("schema", "check")
    scheme = open_workspace(root).scheme
    assert (scheme.version, scheme.edition) == (OWN_SCHEMA.name, EDITION)
    assert [path.name for path in (root / "schema").iterdir()] == [OWN_SCHEMA.name]
    assert "nothing has to be done" in run("-w", root, "schema", "migrate").stderr
    interface = do("annotate", "interface")
    assert 'value="against"' in interface
    assert "disapprove" not in interface
    source = tmp_path / "ferry.txt"
    source.write_text("The ferry\n\nThe harbour master said that the ferry will sail.\n", "utf-8")
    added = do("corpus", "add", source, "--outlet", "Keth Tribune", "--text-policy", "full", "--licence", "CC0-1.0")
    article = added.split()[-1]
    do("corpus", "entity", "add", "harbour-master", "--name", "The harbour master", "--kind", "person")
    do("corpus", "target", "add", "sail", "--name", "sail", "--definition", "The ferry sails.", "--use", "target")
    statement = {
        "id": "s1",
        "content": ["the ferry will sail"],
        "speaker": {"entity": "harbour-master", "mention": "The harbour master"},
        "stance": "for",
        "certainty": "high",
        "target": {"id": "sail"},
        "conditions": [],
    }
    value = {"article_id": article, "annotator": "r-1", "origin": "human", "guideline_version": "1.0"}
    (tmp_path / "reading.json").write_text(json.dumps(value | {"statements": [statement]}), "utf-8")
    do("annotate", "import", tmp_path / "reading.json", "--gold", "single")
    do("check")
    do("publish", "build", "--out", tmp_path / "built")
    do("publish", "verify", tmp_path / "built", "--no-readers")
    manifest = json.loads((tmp_path / "built/manifest.json").read_bytes())
    assert manifest["tables"]["statements"]["rows"] == 1


def test_laying_twice_writes_nothing_the_second_time(run: Run, tmp_path: Path) -> None:
    assert run("init", tmp_path / "a").returncode == 0
    again = run("init", tmp_path / "a")
    assert again.returncode == 0
    assert "is a complete workspace already" in again.stderr


def test_a_run_that_was_broken_off_leaves_no_workspace_and_the_next_one_completes_it(tmp_path: Path) -> None:
    files = plain_files("x")
    begun = [name for name in files if name != "stancebank.toml"][:5]
    for name in begun:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(files[name].encode())
    written = lay(files, tmp_path)
    assert written == len(files) - 5
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(files)


@pytest.mark.slow
def test_each_workspace_has_an_id_of_its_own_which_a_second_run_keeps(run: Run, tmp_path: Path) -> None:
    ids = []
    for name, options in (
        ("a", ["--name", "same"]),
        ("b", ["--name", "same"]),
        ("c", ["--sample"]),
        ("d", ["--sample"]),
    ):
        assert run("init", tmp_path / name, *options).returncode == 0
        before = (tmp_path / name / "stancebank.toml").read_bytes()
        ids.append(open_workspace(tmp_path / name).settings.id)
        result = run("init", tmp_path / name, *options)
        assert (result.returncode, "nothing was written" in result.stderr) == (0, True)
        assert (tmp_path / name / "stancebank.toml").read_bytes() == before
    assert len(set(ids)) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_a_workspace_of_an_earlier_version_is_complete_without_an_id(tmp_path: Path) -> None:
    files = plain_files("x")
    lay(files, tmp_path)
    settings = tmp_path / "stancebank.toml"
    settings.write_bytes(without_id(settings.read_bytes()))
    assert settings.read_text() == files["stancebank.toml"]
    assert lay(files, tmp_path) == 0
    assert open_workspace(tmp_path).settings.id == ""


@pytest.mark.slow
@pytest.mark.usefixtures("no_readers")
def test_the_id_is_in_nothing_that_is_published(run: Run, tmp_path: Path) -> None:
    folders = []
    for name in ("a", "b"):
        root = tmp_path / name
        lay(sample_files(), root)
        assert run("-w", root, "publish", "build", "--out", tmp_path / f"{name}-out").returncode == 0
        folder = tmp_path / f"{name}-out"
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*"))}
        assert not [path for path, data in found.items() if open_workspace(root).settings.id.encode() in data]
        folders.append(found)
    assert folders[0].keys() == folders[1].keys()
    told = [json.loads(each["manifest.json"])["inputs"] for each in folders]
    assert told[0] == told[1]
    assert run("publish", "verify", tmp_path / "a-out", "--workspace", tmp_path / "b").returncode == 0


def test_the_settings_are_written_last() -> None:
    calls: list[str] = []

    def record(path: Path, text: str) -> bool:
        calls.append(path.name)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stancebank.starter.laying.write_text", record)
        lay(plain_files("x"), Path("nowhere"))
    assert calls[-1] == "stancebank.toml"
    assert calls.count("stancebank.toml") == 1


def test_a_file_with_other_content_stops_it_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(ConflictError, match=r"other files of the same names: README\.md"):
        lay(plain_files("x"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_workspace_is_not_laid_over_another(run: Run, toy_root: Path) -> None:
    result = run("init", toy_root)
    assert result.returncode == 4
    assert "is a workspace already" in result.stderr


def test_a_file_in_the_place_of_the_folder_and_a_name_that_is_none_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        lay(plain_files("x"), tmp_path / "file")
    assert run("init", tmp_path / "...").returncode == 1
    assert run("init", tmp_path / "b", "--name", "No Name").returncode == 1
    assert run("init", tmp_path / "b", "--sample", "--name", "x").returncode == 2
    assert not (tmp_path / "b").exists()


def test_nothing_of_the_founding_corpus_is_laid() -> None:
    assert not [name for name in sample_files() if name.startswith(".stancebank")]
    founding = {path.stem for path in REPO.glob("corpus/articles/*.json")}
    assert not [name for name in sample_files() if Path(name).stem in founding]


@pytest.mark.parametrize("files", [plain_files("river-talks"), sample_files()], ids=["plain", "sample"])
def test_git_ignores_where_readings_with_words_are_and_nothing_that_was_laid(
    files: dict[str, str], tmp_path: Path
) -> None:
    lay(files, tmp_path)
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    names = (
        *("anna.json", "envoy.txt", "tasks.json", "predictions.jsonl", "readings/anna.json", "sources/envoy.html"),
        *("exports/project.json", ".stancebank/texts/a.txt"),
        *(
            "envoy.html",
            "envoy.htm",
            "envoy.xhtml",
            "envoy.mhtml",
            "envoy_files/frame.html",
            "a.csv",
            "a.tsv",
            "a.parquet",
        ),
    )
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} >= set(PRIVATE)
    assert set(PRIVATE) <= {name.partition("/")[0] for name in names}
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("Words.", encoding="utf-8")
    done = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=tmp_path, check=True, capture_output=True
    )
    assert sorted(done.stdout.decode().split("\0")[:-1]) == sorted(files)


def test_a_link_that_leads_out_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new/corpus").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError, match="has a link that leads out of it: corpus/"):
        lay(plain_files("river-talks"), tmp_path / "new")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_git_is_told_to_keep_line_ends() -> None:
    for files in (plain_files("river-talks"), sample_files()):
        assert "* text=auto eol=lf\n" in files[".gitattributes"]
