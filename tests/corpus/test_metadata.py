"""What is recorded of an article beside its words: more of the source's own, dates, languages, licences, authors."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run, lay_first
from tests.corpus.test_intake import add, record, tree

from stancebank.check.workspace import check_workspace
from stancebank.corpus.hydrate import hydrate_store
from stancebank.corpus.tags import read_language, read_licence
from stancebank.errors import ConflictError, InputError
from stancebank.text import sha256
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


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        *((each, each) for each in ("en", "de-AT", "zh-Hant-TW", "es-419", "sr-Latn", "ckb", "azb", "de-CH-1996")),
        *(("EN", "en"), ("en-gb", "en-GB"), ("ZH-hant-tw", "zh-Hant-TW"), ("en-GB-x-house", "en-GB-x-house")),
    ],
)
def test_a_language_is_a_known_tag_in_its_usual_spelling(words: str, stored: str) -> None:
    assert read_language(words, "a.txt") == stored


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "likely"),
    [
        *(
            ("english", "en"),
            ("Farsi", "fa"),
            ("Persian", "fa"),
            ("Deutsch", "de"),
            ("فارسی", "fa"),
            ("français", "fr"),
        ),
        *(("en-UK", "en-GB"), ("en_US", "en-US"), ("eng", "en"), ("ger", "de"), ("iw", "he"), ("en-XX", "en")),
        *(("xyz", None), ("e", None), ("en-", None), ("xx", None), ("no language", None)),
    ],
)
def test_another_language_is_refused_with_the_likely_tag(words: str, likely: str | None) -> None:
    with pytest.raises(InputError, match="no known BCP 47 tag") as caught:
        read_language(words, "a.txt")
    assert (f"Did you mean {likely!r}?" if likely else "Hint: give a BCP 47 tag") in str(caught.value)


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("LicenseRef-my-own", "LicenseRef-my-own"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://www.creativecommons.org/licenses/by-nc-sa/3.0/de/", "CC-BY-NC-SA-3.0-DE"),
        ("https://creativecommons.org/licenses/by/4.0/deed.de", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by-nd/4.0/legalcode", "CC-BY-ND-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
    ],
)
def test_a_licence_or_its_address_is_stored_as_spdx(words: str, stored: str) -> None:
    assert read_licence(words, "a.txt") == stored


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("CC BY-SA 4.0", "Did you mean CC-BY-SA-4.0?"),
        ("CC BY", "Did you mean CC-BY-4.0?"),
        ("cc by nc 4.0", "Did you mean CC-BY-NC-4.0?"),
        ("Creative Commons Attribution 4.0", "Did you mean CC-BY-4.0?"),
        ("Creative Commons Attribution-NonCommercial-NoDerivatives 3.0", "Did you mean CC-BY-NC-ND-3.0?"),
        ("Creative Commons Zero v1.0 Universal", "Did you mean CC0-1.0?"),
        ("CC0", "Did you mean CC0-1.0?"),
        ("Apache 2.0", "Did you mean Apache-2.0?"),
        ("© Norland Post", "Did you mean LicenseRef-all-rights-reserved?"),
        ("public domain", "Hint: CC0-1.0 if its holder has given up all rights, PDDL-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-public-domain"),
        ("https://norland-post.example/terms", "begins with LicenseRef-"),
        ("free", "begins with LicenseRef-"),
    ],
)
def test_another_licence_is_refused_with_the_likely_one(words: str, said: str) -> None:
    with pytest.raises(InputError, match="no SPDX id") as caught:
        read_licence(words, "a.txt")
    assert said in str(caught.value)


BODY = "The envoy came back to port on Monday.\n\nNobody was there, and nobody had been told of it.\n"


def test_a_title_beside_the_text_is_said_or_put_on_top(empty_root: Path, tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, text=BODY, title="Envoy back in port")
    said = run("-w", empty_root, "corpus", "add", file)
    name = "norland-post-undated-envoy-back-in-port"
    note = "title: 'Envoy back in port' does not stand in the text; --title-line puts it on top."
    assert (said.returncode, said.stdout) == (0, f"added  {name}\n")
    assert f"{name}, {note}" in said.stderr.splitlines()
    with pytest.raises(ConflictError, match="with another text"):
        add(empty_root, file, "--title-line")
    said = run("-w", empty_root, "corpus", "add", file, "--title-line", "--replace")
    assert (said.stdout, "does not stand" in said.stderr) == (f"replaced  {name}\n", False)
    value = record(empty_root)
    text = (empty_root / f"corpus/texts/{name}.txt").read_text()
    assert text == f"Envoy back in port\n\n{BODY}"
    assert value["zones"][0] == {"zone": "title", "begin": 0, "end": len("Envoy back in port")}
    assert value["title"] == {"value": "Envoy back in port", "basis": "given"}
    assert value["raw_sha256"] == sha256(BODY)
    before = tree(empty_root)
    assert add(empty_root, file, "--title-line") == (0, f"unchanged  {name}")
    assert tree(empty_root) == before
    assert not check_workspace(open_workspace(empty_root)).errors


def test_a_copy_with_the_title_beside_it_gives_the_words_back(empty_root: Path, tmp_path: Path) -> None:
    file = write(tmp_path, text=BODY, title="Envoy back in port")
    add(empty_root, file, "--title-line")
    (text,) = (empty_root / "corpus/texts").glob("*.txt")
    words = text.read_text()
    text.unlink()
    (tmp_path / "copies").mkdir()
    file.rename(tmp_path / "copies/copy.json")
    results, _ = hydrate_store(open_workspace(empty_root).store, tmp_path / "copies")
    assert [each.outcome for each in results] == ["verified"]
    assert text.read_text() == words


@pytest.mark.parametrize("title", ["Envoy back in port", "ENVOY  back in Port", "Envoy back in port!"])
def test_a_title_that_stands_in_the_text_is_not_doubled(title: str, empty_root: Path, tmp_path: Path) -> None:
    add(empty_root, write(tmp_path, title=title), "--title-line")
    (text,) = (empty_root / "corpus/texts").glob("*.txt")
    assert text.read_text() == TEXT


def test_zones_that_are_given_do_not_move_under_a_title(empty_root: Path, tmp_path: Path) -> None:
    zones = [{"zone": "caption", "lines": [1, 1]}]
    with pytest.raises(InputError, match=r"--title-line would move them\.\nHint: "):
        add(empty_root, write(tmp_path, text=BODY, title="Envoy back in port", zones=zones), "--title-line")
