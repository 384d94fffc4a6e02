"""What is recorded of an article beside its words: more of the source's own, dates, languages, licences, authors."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import lay_first
from tests.corpus.test_intake import add, record, tree

from stancebank.check.workspace import check_workspace
from stancebank.errors import InputError
from stancebank.workspace import open_workspace

TEXT = "Envoy back in port\n\nThe envoy came back to port on Monday.\n"
PAGE: dict[str, Any] = {"extractor": "trafilatura", "version": "2.3.1", "page_sha256": "a" * 64}


def write(folder: Path, **metadata: Any) -> Path:
    file = folder / "envoy.json"
    file.write_text(json.dumps({"text": TEXT, "outlet": "Norland Post", **metadata}))
    return file


def test_a_source_gives_more_metadata_by_its_own_keys(empty_root: Path, tmp_path: Path) -> None:
    extra = {
        "Artikel-ID": 7,
        "score": 0.25,
        "paid": False,
        "tags": ["Łódź", " port "],
        "summary": "two\nlines",
        "blank": " ",
        "none": None,
        "no tags": [],
    }
    page = {**PAGE, "page_url": "https://norland-post.example/1"}
    assert add(empty_root, write(tmp_path, extra=extra, extraction=page))[1].startswith("added")
    values = record(empty_root)
    assert values["extraction"] == page
    assert values["extra"] == {
        "Artikel-ID": 7,
        "score": 0.25,
        "paid": False,
        "tags": ["Łódź", "port"],
        "summary": "two lines",
    }
    assert not check_workspace(open_workspace(empty_root)).errors


def test_what_a_source_does_not_say_is_not_in_the_record(empty_root: Path, tmp_path: Path) -> None:
    add(empty_root, write(tmp_path, extra={}, extraction=None, reprint_of=None))
    assert not {"extra", "extraction", "reprint_of"} & record(empty_root).keys()


def test_more_metadata_are_updated_like_any_other(empty_root: Path, tmp_path: Path) -> None:
    add(empty_root, write(tmp_path, extra={"desk": "Inland"}))
    before = tree(empty_root)
    assert add(empty_root, write(tmp_path, extra={"desk": "Ausland"}))[1].startswith("differs")
    assert tree(empty_root) == before
    assert add(empty_root, write(tmp_path))[1].startswith("unchanged")
    assert add(empty_root, write(tmp_path, extra={"desk": "Ausland"}), "--update")[1].startswith("updated")
    assert record(empty_root)["extra"] == {"desk": "Ausland"}


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"extra": {"meta": {"desk": "Inland"}}}, "extra/meta is {'desk': 'Inland'}"),
        ({"extra": {"pages": [1, 2]}}, "extra/pages is"),
        ({"extra": ["desk"]}, "extra is ['desk']"),
        ({"extra": {"long": "a" * 501}}, "extra/long"),
        ({"extra": {" desk": "Inland"}}, "extra"),
        ({"extraction": "trafilatura"}, "extraction is 'trafilatura'"),
        ({"extraction": {"extractor": "trafilatura", "version": "2.3.1"}}, "page_sha256"),
        ({"extraction": {**PAGE, "page_sha256": "a"}}, "/extraction/page_sha256"),
        ({"extraction": {**PAGE, "page_url": "ftp://norland-post.example"}}, "/extraction/page_url"),
    ],
)
def test_what_records_cannot_hold_is_refused(
    metadata: dict[str, Any], said: str, empty_root: Path, tmp_path: Path
) -> None:
    before = tree(empty_root)
    with pytest.raises(InputError, match="Hint: ") as caught:
        add(empty_root, write(tmp_path, **metadata))
    assert said in str(caught.value)
    assert tree(empty_root) == before


@pytest.mark.parametrize(
    "metadata", [{"extra": {"desk": "Inland"}}, {"extraction": PAGE}, {"reprint_of": "norland-post-undated-envoy"}]
)
def test_a_workspace_of_the_first_edition_has_no_place_for_them(metadata: dict[str, Any], tmp_path: Path) -> None:
    root = lay_first(tmp_path / "first")
    before = tree(root)
    with pytest.raises(InputError, match="Hint: `stancebank schema migrate`") as caught:
        add(root, write(tmp_path, **metadata))
    assert next(iter(metadata)) in str(caught.value)
    assert tree(root) == before
