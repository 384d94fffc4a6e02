"""The papers of a release: how it is deposited, cited, announced and described, in the vocabularies of others."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

from stancebank.corpus.cleaning import Source
from stancebank.corpus.leaks import make_guard
from stancebank.corpus.sources import read_sources
from stancebank.publish.build import Recipe, WorkspaceFiles, build, fill_folder, read_to_publish
from stancebank.publish.card.citing import Author, cite_dataset, read_dataset
from stancebank.publish.card.deposit import spdx_id
from stancebank.publish.hydrate import hydrate_folder
from stancebank.publish.layout import LAYOUT, PAPERS
from stancebank.publish.release import gate
from stancebank.publish.release.secrets import Machine
from stancebank.publish.tables import tables
from stancebank.publish.verification import Verified, Wanted, verify
from stancebank.records import read_json
from stancebank.workspace import Workspace, open_workspace
from tests.conftest import Run, lay_first
from tests.frozen.forging import seal
from tests.publish.builds import CHANGELOG, ENVOY, lay_toy, withhold
from tests.publish.release.releases import commit, lay_committed, make
from tests.publish.test_publishable import change

ALONE = Wanted(readers=())
CITED = """cff-version: 1.2.0
title: River tools
message: Please cite the tools.
authors:
  - name: The river people
version: 9.9.9
date-released: 2030-01-01
license: Apache-2.0
repository-code: https://code.sorne.example/river
references:
  - type: book
    title: Rivers
    authors: [{family-names: Felk, given-names: Anna}]
    doi: 10.5555/rivers
  - type: data
    title: Voices on the river
    authors:
      - family-names: Marrow
        given-names: Ilse
        name-particle: van
        orcid: https://orcid.org/0000-0002-1825-0097
        affiliation: University of Sorne
      - name: The river group
    version: 0.0.1
    date-released: 2031-01-01
    license: CC-BY-4.0
    notes: Who says what about a river.
    url: https://river.sorne.example
"""
MARROW = Author("Ilse", "van Marrow", "Ilse", "0000-0002-1825-0097", "University of Sorne")


def make_release(
    workspace: Workspace, out: Path, citation: str | bytes | None = CITED, rows_per_file: int = 20
) -> Path:
    """Fill a folder as a release does, with the CITATION.cff of a workspace."""
    if citation is not None:
        data = citation if isinstance(citation, bytes) else citation.encode()
        (workspace.root / "CITATION.cff").write_bytes(data)
    about = {"trees": dict.fromkeys(("annotate", "corpus", "schema"), "1" * 40), "waived": []}
    content = WorkspaceFiles(workspace.root)
    out.mkdir()
    recipe = Recipe(content, is_release=True, history=CHANGELOG, about=about, rows_per_file=rows_per_file)
    fill_folder(out, workspace, read_to_publish(workspace, None), recipe)
    return out.resolve()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return lay_toy(tmp_path / "toy")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the toy, in files of few rows."""
    place = tmp_path_factory.mktemp("papers")
    return make_release(lay_toy(place / "toy"), place / "release", rows_per_file=5)


@pytest.fixture
def folder(release: Path, tmp_path: Path) -> Path:
    """A copy of the release."""
    return Path(shutil.copytree(release, tmp_path / "folder"))


def codes(found: Verified) -> set[tuple[str, str]]:
    return {(each.code, each.file) for each in found.errors}


# CITATION.cff


CITATIONS = [
    CITED,
    "cff-version: 1.2.0\nmessage: M\ntitle: A\nauthors: [{name: B}]\npreferred-citation: {type: article, title: C}\n",
    "cff-version: 1.2.0\nmessage: M\ntype: dataset\ntitle: A\nauthors: [{name: B}]\nversion: 1.2.0\n"
    "date-released: 2029-01-01\nreferences: [{type: data, title: Another}]\ncommit: abc\n",
    "title: A\npreferred-citation: {type: dataset, title: D, year: 2030, version: 1.0}\nreferences: [5]\n",
    "title: &a [x]\nabstract: *a\n",
    "",
    "[1]",
    "a: [",
    "x" * 30_000,
    "references: &a [{b: *a}]",
]


@pytest.mark.parametrize("day", [None, "2031-03-01"])
@pytest.mark.parametrize("text", CITATIONS)
def test_what_is_adapted_is_not_changed_by_being_adapted_again(text: str, day: str | None) -> None:
    once = cite_dataset(text, "1.2.0", day)
    assert cite_dataset(once, "1.2.0", day) == once
    assert read_dataset(once).authors == read_dataset(text).authors


@pytest.mark.parametrize("text", CITATIONS[-5:])
def test_a_citation_file_that_cannot_be_read_stays_as_it_is(text: str) -> None:
    assert cite_dataset(text, "1.2.0", "2031-03-01") == text


def test_the_citation_file_of_a_release_is_of_the_dataset_in_this_version(release: Path) -> None:
    text = (release / "CITATION.cff").read_text("utf-8")
    found = yaml.safe_load(text)
    assert list(Draft7Validator(get_builtin_schema("vendor.citation-file-format")).iter_errors(found)) == []
    head = {key: found[key] for key in ("type", "title", "version", "date-released", "license", "abstract")}
    assert head == {
        "type": "dataset",
        "title": "Voices on the river",
        "version": "1.2.0",
        "date-released": "2031-03-01",
        "license": "CC-BY-4.0",
        "abstract": "Who says what about a river.",
    }
    assert [each["title"] for each in found["references"]] == ["River tools", "Rivers"]
    told = read_dataset(text)
    assert told.authors == (MARROW, Author("The river group"))
    assert told.related == ("https://code.sorne.example/river", "https://doi.org/10.5555/rivers")


def test_a_file_of_the_dataset_itself_gets_this_version_and_the_day_of_this_version() -> None:
    found = yaml.safe_load(cite_dataset(CITATIONS[2], "1.3.0", "2031-03-01"))
    assert (found["version"], found["date-released"], found["message"]) == ("1.3.0", "2031-03-01", "M")
    assert found["references"] == [{"type": "data", "title": "Another"}]
    assert "commit" not in found  # of what the file was written for
    assert "date-released" not in yaml.safe_load(cite_dataset(CITATIONS[2], "1.3.0", None))
    assert yaml.safe_load(cite_dataset(CITATIONS[2], "1.2.0", None))["date-released"] == "2029-01-01"


# The other papers


@pytest.mark.slow
def test_a_release_has_the_papers_and_a_build_has_none(release: Path, workspace: Workspace, tmp_path: Path) -> None:
    assert {path.name for path in release.iterdir()} >= PAPERS
    out = build(workspace, tmp_path / "out").out
    assert not {path.name for path in out.iterdir()} & PAPERS
    assert all(not entry.in_builds for entry in LAYOUT if entry.name in PAPERS)


@pytest.mark.slow
def test_datacite_json_is_valid_and_makes_up_no_identifier(release: Path) -> None:
    from datacite import schema45

    found = read_json(release / "datacite.json")
    assert list(schema45.validator.iter_errors(found)) == []
    assert schema45.tostring(found)  # as XML, which a registry takes, too
    assert not {"doi", "identifiers", "alternateIdentifiers", "url"} & found.keys()
    assert found["publisher"] == {"name": ":tba"}
    assert (found["publicationYear"], found["version"]) == ("2031", "1.2.0")
    assert [each["name"] for each in found["creators"]] == ["van Marrow, Ilse", "The river group"]
    assert found["creators"][0]["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"
    assert [each["nameType"] for each in found["creators"]] == ["Personal", "Organizational"]
    assert {"date": "2031-03-01", "dateType": "Issued"} in found["dates"]
    assert {"relatedIdentifier": "10.5555/rivers", "relatedIdentifierType": "DOI", "relationType": "References"} in (
        found["relatedIdentifiers"]
    )
    rows = read_json(release / "manifest.json")["tables"]["statements"]["rows"]
    assert f"{rows} rows of statements" in found["sizes"]


def test_zenodo_json_says_what_zenodo_asks_for(release: Path) -> None:
    found = read_json(release / ".zenodo.json")
    assert found["creators"] == [
        {"name": "van Marrow, Ilse", "affiliation": "University of Sorne", "orcid": "0000-0002-1825-0097"},
        {"name": "The river group"},
    ]
    told = {key: found[key] for key in ("title", "upload_type", "version", "access_right", "publication_date")}
    assert told == {
        "title": "Voices on the river",
        "upload_type": "dataset",
        "version": "1.2.0",
        "access_right": "open",
        "publication_date": "2031-03-01",
    }
    assert found["description"].startswith("<p>Who says what about a river.</p><p>Who takes which stance")
    assert {"identifier": "https://river.sorne.example", "relation": "isDocumentedBy"} in found["related_identifiers"]
    assert "doi" not in found


@pytest.mark.slow
def test_the_licence_of_a_deposit_gives_nobody_more_than_the_folder_does(workspace: Workspace, tmp_path: Path) -> None:
    for name in workspace.store.article_ids():
        change(workspace, name, rights={"licence": "CC-BY-4.0"})
    first = read_json(make_release(workspace, tmp_path / "first") / ".zenodo.json")
    assert (first["license"], first["access_right"]) == ("CC-BY-4.0", "open")
    change(workspace, ENVOY, rights={"licence": "LicenseRef-by-letter", "note": "Letter of 2031-02-01."})
    gated = read_json(make_release(workspace, tmp_path / "gated") / ".zenodo.json")
    assert (gated["license"], gated["access_right"]) == ("other-closed", "restricted")
    assert "RIGHTS.md" in gated["access_conditions"]
    (workspace.root / "LICENSE-DATA").unlink()
    bare = make_release(workspace, tmp_path / "bare")
    assert read_json(bare / ".zenodo.json")["license"] == "other-closed"
    assert "No licence of the annotations is recorded." in read_json(bare / ".zenodo.json")["notes"]
    assert read_json(bare / "croissant.json")["usageInfo"][0]["description"] == "No licence is recorded."


@pytest.mark.parametrize(
    ("licence", "found"),
    [("CC-BY-SA-4.0", "CC-BY-SA-4.0"), ("LicenseRef-x", ""), ("LICENSE", ""), ("public domain", ""), ("mit", "MIT")],
)
def test_only_licences_that_spdx_knows_have_its_ids(licence: str, found: str) -> None:
    assert spdx_id(licence) == found


def test_the_entry_of_a_bibliography_is_that_of_the_card(release: Path) -> None:
    entry = (release / "CITATION.bib").read_text("utf-8")
    assert f"```bibtex\n{entry}```" in (release / "README.md").read_text("utf-8")
    assert f"```bibtex\n{entry}```" in (release / "RELEASE_NOTE.md").read_text("utf-8")
    assert read_json(release / "croissant.json")["citeAs"] == entry
    assert re.fullmatch(r"@misc\{toy,\n(  \w+ += \{.+\},?\n)+\}\n", entry)


def test_the_note_of_a_release_can_be_pasted(release: Path) -> None:
    note = (release / "RELEASE_NOTE.md").read_text("utf-8")
    assert note.startswith("# Voices on the river 1.2.0\n")
    assert "## What changed\n\n- First.\n\n## What it holds\n" in note
    assert 'load_dataset("<org>/toy", "statements", revision="v1.2.0")' in note
    assert "stancebank publish verify hf://datasets/<org>/toy@1.2.0" in note


@pytest.mark.slow
def test_the_note_tells_of_errata_and_who_reported_them(tmp_path: Path, run: Run) -> None:
    root = tmp_path / "toy"
    lay_committed(root)
    (root / "CITATION.cff").write_text(CITED, "utf-8")
    report = ("publish", "errata", "report", f"{ENVOY}/s3", "--what", "The minister says it.", "--by", "A. Brann")
    assert run("-w", root, *report).returncode == 0
    assert run("-w", root, "publish", "errata", "settle", "e1", "--state", "fixed").returncode == 0
    commit(root)
    made = make(root, "1.2.0")
    assert [each.code for each in made.findings] == []
    note = (made.out / "RELEASE_NOTE.md").read_text("utf-8")
    assert "**Erratum e1**" in note
    assert "Reported by A. Brann." in note
    assert verify(made.out, ALONE).faults == []


@pytest.mark.slow
def test_datapackage_json_is_read_by_frictionless_and_says_what_the_rows_are(release: Path) -> None:
    from frictionless import Package

    found = read_json(release / "datapackage.json")
    report = Package.validate_descriptor(found)
    assert (report.valid, report.flatten(["message"])) == (True, [])
    package = Package.from_descriptor(str(release / "datapackage.json"))
    assert (package.name, package.version) == ("toy", "1.2.0")
    assert found["created"] == "2031-03-01T00:00:00Z"
    assert [each["title"] for each in found["contributors"]] == ["Ilse van Marrow", "The river group"]
    resources = {each["name"]: each for each in found["resources"]}
    fields = [field for each in resources.values() for field in each["schema"]["fields"]]
    assert sum("enum" in field.get("constraints", {}) for field in fields) > 20
    assert sum("categories" in field for field in fields) > 20
    assert list(resources) == [table.name for table in tables(lay_scheme(release)) if table.name in resources]
    assert isinstance(resources["statements"]["path"], list)  # rows in several files
    rows = {name: read_all(release, each) for name, each in resources.items()}
    for name, each in resources.items():
        paths = each["path"] if isinstance(each["path"], list) else [each["path"]]
        assert each["bytes"] == sum((release / path).stat().st_size for path in paths)
        schema = each["schema"]
        (key,) = schema["primaryKey"]
        assert len({row[key] for row in rows[name]}) == len(rows[name])
        assert [field["name"] for field in schema["fields"]] == list(rows[name][0])
        for field in schema["fields"]:
            held = [row[field["name"]] for row in rows[name] if row[field["name"]] is not None]
            kinds = {"string": str, "integer": int, "number": float, "boolean": bool, "array": list, "object": dict}
            assert all(type(value) is kinds[field["type"]] for value in held), (name, field["name"])
            limits = field.get("constraints", {})
            assert "enum" not in limits or set(held) <= {*limits["enum"]}
            assert "required" not in limits or len(held) == len(rows[name])
            labels = [label["value"] for label in field.get("categories", ())]
            assert not labels or set(held) <= {*labels}
        for link in schema.get("foreignKeys", ()):
            (column,), (other,) = link["fields"], link["reference"]["fields"]
            known = {row[other] for row in rows[link["reference"]["resource"]]}
            assert {row[column] for row in rows[name]} - {None} <= known, (name, column)
    assert sum(len(each["schema"].get("foreignKeys", ())) for each in resources.values()) > 20


def lay_scheme(release: Path) -> Any:
    from stancebank.schema.fields import load_scheme

    return load_scheme(release / "schema", read_json(release / "manifest.json")["schema_version"])


def read_all(release: Path, resource: dict[str, Any]) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    paths = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
    return [row for path in paths for row in pq.read_table(release / path).to_pylist()]


# Verification


@pytest.mark.slow
def test_a_release_with_papers_is_sound(release: Path) -> None:
    assert verify(release, ALONE).faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_paper_that_was_changed_or_is_gone_is_named(name: str, folder: Path) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data.replace(b"1.2.0", b"1.2.1"))
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("paper-differs", name)}
    (folder / name).unlink()
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("file-missing", name)}


@pytest.mark.slow
def test_a_release_of_an_earlier_toolkit_which_made_no_papers_is_sound(folder: Path) -> None:
    """It has the very CITATION.cff of its workspace."""
    for name in PAPERS:
        (folder / name).unlink()
    seal(folder)
    assert codes(verify(folder, ALONE)) == {("manifest-differs", "manifest.json")}
    (folder / "CITATION.cff").write_text(CITED, "utf-8")
    seal(folder)
    assert codes(verify(folder, ALONE)) == set()


@pytest.mark.slow
def test_a_citation_file_of_another_version_is_named(folder: Path) -> None:
    text = (folder / "CITATION.cff").read_text("utf-8")
    (folder / "CITATION.cff").write_text(text.replace("version: 1.2.0", "version: 1.2.1"), "utf-8")
    seal(folder)
    found = {(each.code, each.file, each.column) for each in verify(folder, ALONE).errors}
    assert ("manifest-differs", "manifest.json", "inputs CITATION.cff") in found
    (folder / "CITATION.cff").write_text(CITED, "utf-8")  # the original, which is of no version of the dataset
    seal(folder)
    found = {(each.code, each.file, each.column) for each in verify(folder, ALONE).errors}
    assert ("manifest-differs", "manifest.json", "inputs CITATION.cff") in found


@pytest.mark.slow
def test_the_first_edition_has_no_papers_and_the_citation_file_as_it_is(tmp_path: Path) -> None:
    workspace = open_workspace(lay_first(tmp_path / "first"))
    release = make_release(workspace, tmp_path / "release", CITED.encode() + b"# \xff\n")
    assert not {path.name for path in release.iterdir()} & PAPERS
    assert (release / "CITATION.cff").read_bytes() == CITED.encode() + b"# \xff\n"
    assert verify(release, ALONE).faults == []


@pytest.mark.slow
def test_a_release_that_got_its_words_is_no_longer_to_be_deposited(workspace: Workspace, tmp_path: Path) -> None:
    withhold(workspace, ENVOY)
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text is not None
    release = make_release(workspace, tmp_path / "release")
    (tmp_path / "envoy.txt").write_text(text, "utf-8")
    copies = [each for each in read_sources([tmp_path / "envoy.txt"]) if isinstance(each, Source)]
    out = hydrate_folder(release, copies, tmp_path / "out").out
    assert {path.name for path in out.iterdir()} & PAPERS == {"CITATION.bib", "datapackage.json"}
    assert (out / "CITATION.cff").read_bytes() == (release / "CITATION.cff").read_bytes()
    assert verify(out, ALONE).faults == []


# The gate


@pytest.mark.slow
@pytest.mark.parametrize("citation", [None, "cff-version: 1.2.0\ntitle: A\n", b"title: \xff\n", "a: ["])
def test_a_release_without_an_author_says_so_and_invents_none(tmp_path: Path, citation: str | bytes | None) -> None:
    root = tmp_path / "toy"
    lay_committed(root)
    (root / "CITATION.cff").unlink()
    if citation is not None:
        (root / "CITATION.cff").write_bytes(citation if isinstance(citation, bytes) else citation.encode())
    commit(root)
    made = make(root, "1.2.0")
    assert [(each.file, each.code, each.severity) for each in made.findings] == [
        ("CITATION.cff", "release-author", "warning")
    ]
    assert "creators" not in read_json(made.out / ".zenodo.json")
    assert "creators" not in read_json(made.out / "datacite.json")
    assert "creator" not in read_json(made.out / "croissant.json")
    assert "contributors" not in read_json(made.out / "datapackage.json")
    assert "author" not in (made.out / "CITATION.bib").read_text("utf-8")
    assert verify(made.out, ALONE).faults == []


@pytest.mark.slow
def test_addresses_secrets_and_words_are_searched_for_in_the_papers(workspace: Workspace, tmp_path: Path) -> None:
    text = workspace.store.text(workspace.store.article(ENVOY)) or ""
    words = max(text.splitlines(), key=len)
    withhold(workspace, ENVOY)
    said = f"ilse@river-group.co hf_{'a' * 34} {words}"
    release = make_release(workspace, tmp_path / "release", CITED.replace("Who says what about a river.", repr(said)))
    places = {"CITATION.cff", ".zenodo.json", "datacite.json", "RELEASE_NOTE.md"}
    found = {(each.file, each.code) for each in gate.check_leaks(release, Machine(), workspace.scheme)}
    assert found == {(name, code) for name in places for code in ("release-address", "release-secret")}
    guard = make_guard(workspace.store)
    assert {each.file for each in gate.check_stray_words(release, {}, guard, workspace.scheme)} == places
