"""What a build writes, and the records that it is made of, are what they were in release 0.1.0."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from stancebank.records import to_json
from tests.conftest import TOY
from tests.frozen.command import require
from tests.frozen.snapshots import compare, is_recording, read_value
from tests.frozen.workspaces import WORKSPACES, digests

SLOW = pytest.mark.slow
NAMES = ["toy", "first", "other", "minimal", *(pytest.param(name, marks=SLOW) for name in ("sample", "founding"))]


def build(name: str, folder: Path, *options: str) -> Path:
    root = WORKSPACES[name](folder / name)
    require("publish", "build", "--out", folder / "out", *options, cwd=root)
    return folder / "out"


def hashes(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the content hash of each table, of whatever edition."""
    return {
        table: entry["content_hash"] for table, entry in manifest["tables" if "tables" in manifest else "views"].items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_a_build_has_its_frozen_rows_and_its_files_their_bytes(name: str, tmp_path: Path) -> None:
    out = build(name, tmp_path)
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    made = {key: manifest[key] for key in ("pyarrow_version", "toolkit_version")}
    compare(
        f"builds/{name}",
        {"tables": hashes(manifest)},
    )
    if not is_recording():
        frozen = read_value(f"builds/{name}-files")
        if {key: frozen[key] for key in made} != made:
            return  # the bytes of a file depend on these versions; the rows, compared above, do not
    compare(f"builds/{name}-files", {"files": digests(out, "*.parquet"), **made})


@pytest.mark.slow
@pytest.mark.parametrize("text", ["withheld", "quotes"])
@pytest.mark.parametrize("name", ["toy", "first"])
def test_a_build_of_a_stricter_text_policy_has_its_frozen_rows(name: str, text: str, tmp_path: Path) -> None:
    out = build(name, tmp_path, "--text", text)
    manifest = json.loads((out / "manifest.json").read_bytes())
    compare(f"builds/{name}-{text}", hashes(manifest))


@pytest.mark.parametrize("name", WORKSPACES)
def test_the_records_of_a_workspace_have_their_frozen_bytes(name: str, tmp_path: Path) -> None:
    root = WORKSPACES[name](tmp_path / name)
    found = digests(root / "corpus", "*.json")
    compare(f"records/{name}", {path: each for path, each in found.items() if not path.startswith("releases/")})


@pytest.mark.parametrize("name", ["toy", pytest.param("sample", marks=SLOW)])
def test_a_document_that_is_quoted_and_imported_is_the_same_file(name: str, tmp_path: Path) -> None:
    root = WORKSPACES[name](tmp_path / name)
    quoted = tmp_path / "quoted.json"
    for path in sorted([*root.glob("corpus/gold/*.json"), *root.glob("corpus/annotations/*/*.json")]):
        before = path.read_bytes()
        value = json.loads(before)
        whose = [] if "gold" in value else ["--annotator", value["annotator"]]
        quoted.write_text(require("annotate", "export", path.stem, *whose, cwd=root).out, "utf-8")
        path.write_text(json.dumps(value), "utf-8")  # in another form, so that it has to be written
        how = ["--gold", value["gold"]["method"]] if "gold" in value else []
        if "adjudicated" in how:  # whoever imports such gold has to say who decided, and why
            how += ["--by", "editor", "--reason", "read-again", "--replace"]
            told = {**value, "gold": {**value["gold"], "by": "editor", "reason": "read-again"}}
        require("annotate", "import", quoted, *how, cwd=root)
        if "adjudicated" in how:
            before = to_json({**told, "updated_at": json.loads(path.read_bytes())["updated_at"]}).encode()
        assert path.read_bytes() == before


def test_an_entry_that_is_added_leaves_the_rest_of_a_registry_as_it_was(tmp_path: Path) -> None:
    root = WORKSPACES["toy"](tmp_path / "toy")
    entity = ("entity", "add", "zo-vell", "--name", "Zo Vell", "--kind", "person")
    target = ("target", "add", "zero", "--name", "zero", "--definition", "Nothing at all.", "--use", "both")
    for kind, command in (("entities", entity), ("targets", target)):
        path = root / f"corpus/{kind}.json"
        before = json.loads(path.read_bytes())
        path.write_text(json.dumps(before), "utf-8")
        require("corpus", *command, cwd=root)
        after = json.loads(path.read_bytes())
        added = [entry for entry in after[kind] if entry not in before[kind]]
        assert len(added) == 1
        before[kind] = sorted([*before[kind], *added], key=lambda entry: entry["id"])
        assert path.read_text("utf-8") == json.dumps(before, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    compare("records/added", digests(root / "corpus", "*.json"))


def test_sources_become_their_frozen_articles_and_texts(tmp_path: Path) -> None:
    root = WORKSPACES["toy"](tmp_path / "toy")
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder)
    require("corpus", "add", *sorted((TOY / "sources").glob("*.txt")), "--outlet", "Norland Post", cwd=root)
    articles = {}
    for path in sorted((root / "corpus/articles").glob("*.json")):
        articles[path.stem] = {
            key: value for key, value in json.loads(path.read_bytes()).items() if "retrieved" not in key
        }
        text = json.dumps(json.loads(path.read_bytes()), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        assert path.read_text("utf-8") == text
    compare("records/sources", {"articles": articles, "texts": digests(root / "corpus/texts", "*.txt")})
