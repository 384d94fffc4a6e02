"""Articles from web archives: where each came from, what is broken, and a run that is killed and goes on."""

import csv
import gzip
import json
import os
import re
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.archives import DATE, HTML, Page, lay_archive, record
from tests.conftest import Run
from tests.killing import killed_at

from stancebank.corpus import harvest
from stancebank.corpus.archives import Broken, Capture, Left, read_archive
from stancebank.corpus.cleaning import Handed
from stancebank.corpus.extraction import extract, extract_here, pack_captures, unpack_extracted
from stancebank.corpus.harvest import Harvest
from stancebank.corpus.planning import Planner
from stancebank.corpus.warc import MAX_PAGE, ArchivePlace
from stancebank.errors import BusyError, InputError
from stancebank.records import read_json
from stancebank.workspace import open_workspace

POST = "https://norland-post.example"


def page(number: int, head: str = "", end: str = "") -> bytes:
    return (
        f"<!doctype html><html lang='en'><head><title>Notice {number}</title>{head}"
        "<meta property='og:site_name' content='Norland Post'>"
        f"<meta property='article:published_time' content='2031-02-{number % 28 + 1:02}'></head><body>"
        f"<h1>Notice {number} of the valley</h1>"
        f"<p>The envoy came back to port {number} on Monday, her ministry said.</p>"
        f"<p>No ship of Suvia may pass lock {number} before the garrisons have left the towers of the valley.{end}</p>"
        "</body></html>"
    ).encode()


def some(many: int) -> list[tuple[str, bytes]]:
    return [(f"{POST}/{number}", page(number)) for number in range(many)]


def add(run: Run, root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("-w", str(root), "corpus", "add", *map(str, arguments))


def ledger(root: Path) -> list[dict[str, str]]:
    lines = []
    for path in sorted(root.glob("corpus/archives/*/*.csv")):
        lines += list(csv.DictReader(path.read_text().splitlines()))
    return lines


def content(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in ("lock", ".gitignore")
    }


def read(data: bytes, begin: ArchivePlace | None = None) -> list[Capture | Left | Broken]:
    return list(read_archive(Handed("a.warc", BytesIO(data)), begin or ArchivePlace()))


def told(data: bytes) -> list[int | str]:
    """Return the number of each page that is read, and what is broken without its place."""
    found: list[int | str] = []
    for each in read(data):
        if isinstance(each, Capture):
            found.append(int(each.address.rpartition("/")[2]))
        elif isinstance(each, Broken):
            found.append(re.sub(r"^a\.warc:\d+(?: \(<urn:uuid:[\w-]*>?\))?: ", "", each.message.partition("\n")[0]))
    return found


@pytest.mark.slow
def test_pages_come_in_with_where_they_were_fetched_and_what_they_say_of_their_use(empty_root: Path, run: Run) -> None:
    archive = empty_root.parent / "crawl.warc.gz"
    licence = "https://creativecommons.org/licenses/by/4.0/"
    free = f"<link rel=license href='{licence}'><meta name=robots content='noarchive'>"
    with archive.open("wb") as file:
        file.write(record(f"{POST}/1?from=front", page(1, free)))
        place = file.tell()
        file.write(record(f"{POST}/2", page(2), [HTML, ("TDM-Reservation", "1"), ("TDM-Policy", f"{POST}/tdm")]))
        file.write(record(f"{POST}/gone", b"<html>gone", status="404 Not Found"))
        file.write(record(f"{POST}/a.png", b"\x89PNG", [("Content-Type", "image/png")]))
        file.write(record(f"{POST}/robots.txt", b"User-agent: *", [("Content-Type", "text/plain")]))
        file.write(record(f"{POST}/", b"<html><ul><li><a href=/1>Notice 1</a></ul>"))
    done = add(run, empty_root, archive, "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    first, second = (each["id"] for each in value["added"])
    assert (first, value["added"][1]["source"]) == (
        "norland-post-2031-02-02-notice-1-of-the-valley",
        f"{archive}:{place}",
    )
    (about,) = value["archives"]
    assert about["left"] == {"answer 404": 1, "image/png": 1, "a file for robots": 1, "page without an article": 1}
    assert about["reserved"] == {"tdm-reservation: 1": 1}
    assert (about["narrowed"], about["resumed"], about["actions"]) == (1, False, {"added": 2})
    article = read_json(empty_root / f"corpus/articles/{first}.json")
    assert article["url"] == {"value": f"{POST}/1?from=front", "basis": "found"}
    assert article["extraction"]["page_url"] == f"{POST}/1?from=front"
    rows = ledger(empty_root)
    assert [(each["article_id"], each["offset"], each["because"]) for each in rows] == [
        (first, "0", ""),
        (second, str(place), "tdm-reservation: 1"),
    ]
    assert {key: rows[0][key] for key in ("archive", "address", "fetched", "robots", "licences", "text_policy")} == {
        "archive": "crawl.warc.gz",
        "address": f"{POST}/1?from=front",
        "fetched": DATE,
        "robots": "noarchive",
        "licences": licence,
        "text_policy": "full",
    }
    assert rows[1]["tdm_policy"] == f"{POST}/tdm"
    assert "garrisons" not in "".join(path.read_text() for path in empty_root.glob("corpus/archives/*/*.csv"))
    checked = run("-w", str(empty_root), "check")
    assert (checked.returncode, "corpus/archives" in checked.stdout) == (0, False)
    again = add(run, empty_root, archive)
    assert "0 added, 2 unchanged" in again.stderr
    assert ledger(empty_root) == rows
    assert run("-w", str(empty_root), "corpus", "remove", first).returncode == 0
    assert ledger(empty_root) == rows[1:]


@pytest.mark.parametrize("hint", ["tdm", "noai"])
def test_a_page_that_reserves_mining_is_withheld_unless_somebody_says_otherwise(
    hint: str, empty_root: Path, run: Run
) -> None:
    head = "<meta name='tdm-reservation' content='1'>" if hint == "tdm" else ""
    more = [HTML, ("X-Robots-Tag", "otherbot: noai, nosnippet")] if hint == "noai" else [HTML]
    archive = lay_archive(empty_root.parent / "a.warc", [(f"{POST}/1", page(1, head), more), (f"{POST}/2", page(2))])
    done = add(run, empty_root, archive, "--text-policy", "full", "--licence", "CC-BY-4.0")
    assert done.returncode == 0, done.stderr
    assert "1 of them withheld for that" in done.stderr
    because = "tdm-reservation: 1" if hint == "tdm" else "robots: noai"
    assert [(each["text_policy"], each["because"]) for each in ledger(empty_root)] == [
        ("withheld", because),
        ("full", ""),
    ]
    assert len(list(empty_root.glob("corpus/texts/*.txt"))) == 1
    over = ("--text-policy", "full", "--licence", "CC-BY-4.0", "--ignore-reservations", "--update")
    assert add(run, empty_root, archive, *over).returncode == 0
    assert [(each["text_policy"], each["because"]) for each in ledger(empty_root)] == [
        ("full", f"{because} (overridden)"),
        ("full", ""),
    ]
    assert len(list(empty_root.glob("corpus/texts/*.txt"))) == 2


def changed(data: bytes, change: int) -> bytes:
    """Return a plain record whose length is another one."""
    found = re.search(rb"Content-Length: (\d+)", data)
    assert found
    return data[: found.start(1)] + str(int(found[1]) + change).encode() + data[found.end(1) :]


PLAIN = [record(*each, gzip=False) for each in some(4)]
PACKED = [record(*each) for each in some(4)]
BROKEN: dict[str, tuple[str, bytes, list[int | str]]] = {
    "cut off": ("gzip", b"".join(PACKED)[:-40], [0, 1, 2, "its gzip member is cut off."]),
    "cut off in its head": ("gzip", b"".join(PACKED[:3]) + PACKED[3][:5], [0, 1, 2, "its gzip member is cut off."]),
    "damaged": (
        "gzip",
        PACKED[0] + PACKED[1][:90] + b"\x5a" * 60 + PACKED[1][150:] + PACKED[2],
        [0, "its gzip member is damaged", 2],
    ),
    "between members": ("gzip", PACKED[0] + b"junk" + PACKED[1], [0, "bytes that are no gzip member", 1]),
    "plain and cut off": ("plain", b"".join(PLAIN)[:-40], [0, 1, 2, "it is to have"]),
    "plain and cut off in its head": ("plain", PLAIN[0] + PLAIN[1][:60], [0, "it ends in its head."]),
    "junk": ("plain", PLAIN[0] + b"no record\r\n" * 9 + PLAIN[1], [0, "bytes that are no WARC record", 1]),
    "too short": ("plain", PLAIN[0] + changed(PLAIN[1], -9) + PLAIN[2], [0, "it does not end where it should", 2]),
    "too long": ("plain", PLAIN[0] + changed(PLAIN[1], 9) + PLAIN[2], [0, "it does not end where it should", 2]),
    "over the next": (
        "plain",
        PLAIN[0] + changed(PLAIN[1], len(PLAIN[2]) + 9) + PLAIN[2] + PLAIN[3],
        [0, "it does not end where it should", 2, 3],
    ),
    "10 GB that are not there": ("plain", changed(PLAIN[0], 10**10) + PLAIN[1] + PLAIN[2], ["it is to have", 1, 2]),
    "no length": ("plain", PLAIN[0].replace(b"Content-Length", b"Content-Longth") + PLAIN[1], ["its head does not", 1]),
    "other bytes": ("plain", PLAIN[0].replace(b"envoy", b"enemy") + PLAIN[1], ["its bytes are not those of its", 1]),
    "all in one member": ("one", b"".join(PLAIN), [0, 1, 2, 3]),
    "broken in one member": ("one", PLAIN[0] + changed(PLAIN[1], 9) + PLAIN[2], [0, "it does not end", 2]),
    "no length in one member": ("one", changed(PLAIN[0], 10**10) + PLAIN[1], ["it is to have", 1]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_with_its_place_and_the_rest_is_read(name: str) -> None:
    form, data, expected = BROKEN[name]
    data = gzip.compress(data) if form == "one" else data
    found = told(data)
    assert len(found) == len(expected)
    assert all(
        one == other if isinstance(other, int) else str(one).startswith(other)
        for one, other in zip(found, expected, strict=True)
    )
    whole = read(data)
    for number, each in enumerate(whole[:-1]):  # wherever it is left, it goes on with the next
        assert read(data, each.after) == whole[number + 1 :]


def test_a_record_of_ten_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.warc"
    head, _, rest = PLAIN[0].partition(b"\r\n\r\n")
    head = re.sub(rb"WARC-(?:Block|Payload)-Digest: \S+\r\n", b"", head)
    large = re.sub(rb"Content-Length: \d+", b"Content-Length: 10000000000", head) + b"\r\n\r\n"
    with path.open("wb") as file:
        file.write(large + rest[:300])
        file.seek(len(large) + 10_000_000_000)
        file.write(b"\r\n\r\n" + PLAIN[1])
    broken, second = read_archive(Handed("large.warc", path))
    assert isinstance(broken, Broken)
    assert "it declares 10,000,000,000 bytes, and a page has at most 20,000,000" in broken.message
    assert isinstance(second, Capture)
    assert second.address.endswith("/1")


def packed_zeros(many: int) -> bytes:
    return gzip.compress(bytes(1_000_000) * many, 9)


@pytest.mark.slow
def test_bombs_are_not_unpacked() -> None:
    head = PLAIN[0].partition(b"\r\n\r\n")[0]
    head = re.sub(rb"WARC-(?:Block|Payload)-Digest: \S+\r\n", b"", head)
    member = gzip.compress(
        re.sub(rb"Content-Length: \d+", b"Content-Length: 19000000", head) + b"\r\n\r\n" + bytes(19_000_000)
    )
    served = record(f"{POST}/9", packed_zeros(21), [HTML, ("Content-Encoding", "gzip")])
    found = told(PACKED[0] + member + served + PACKED[1])
    assert [found[0], found[3]] == [0, 1]
    assert str(found[1]).startswith("its gzip member becomes more than 200 times as long")
    assert str(found[2]).startswith(f"its page becomes {MAX_PAGE + 1:,} bytes and more")


def wacz(path: Path, files: dict[str, bytes], packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def test_a_wacz_file_is_read_where_it_holds_its_archives_and_nowhere_else(empty_root: Path, run: Run) -> None:
    files = {
        "archive/b.warc.gz": PACKED[2] + PACKED[3][:-9],
        "archive/a.warc": b"".join(PLAIN[:2]),
        "../archive/c.warc": PLAIN[3],
        "archive/../../d.warc": PLAIN[3],
        "pages/pages.jsonl": b"{}",
        "archive/bomb.warc": PLAIN[0] + bytes(9_000_000),
    }
    path = wacz(empty_root.parent / "crawl.wacz", files, zipfile.ZIP_DEFLATED)
    done = add(run, empty_root, path, "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 1
    assert [each["source"].removeprefix(f"{path}/") for each in value["added"]] == [
        "archive/a.warc:0",
        f"archive/a.warc:{len(PLAIN[0])}",
        "archive/b.warc.gz:0",
    ]
    messages = sorted(each["message"] for each in value["faults"])
    assert [sum(part in each for each in messages) for part in ("leads out", "zip bomb", "cut off")] == [2, 1, 1]
    assert {each["archive"] for each in ledger(empty_root)} == {
        "crawl.wacz/archive/a.warc",
        "crawl.wacz/archive/b.warc.gz",
    }
    assert not list(empty_root.parent.rglob("*.warc"))
    stored = wacz(empty_root.parent / "stored.wacz", {"archive/a.warc": PLAIN[0], "archive/b.warc.gz": PACKED[1]})
    captures = list(read_archive(Handed("stored.wacz", stored)))
    assert [each.address for each in captures if isinstance(each, Capture)] == [f"{POST}/0", f"{POST}/1"]
    assert list(read_archive(Handed("stored.wacz", stored), captures[0].after)) == captures[1:]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.wacz", b"PK\x03\x04" + bytes(90), "likely cut off"),
        ("a.warc", b"", "is empty"),
        ("a.warc", b"<html>", "is no WARC file"),
        ("a.warc", b"\x28\xb5\x2f\xfd" + bytes(9), "Zstandard"),
    ],
)
def test_what_is_no_archive_is_refused(name: str, data: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list(read_archive(Handed(name, BytesIO(data))))


def test_a_zip_file_without_an_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no WARC file in archive/"):
        list(read_archive(Handed("a.wacz", wacz(tmp_path / "a.wacz", {"data/a.warc": PLAIN[0]}))))


def run_harvest(root: Path, archive: Path, **options: Any) -> list[harvest.Batch]:
    workspace = open_workspace(root)
    planner = Planner(workspace.store, {})
    return list(Harvest(workspace.store, Handed(archive.name, archive), planner, {}, {}, **options))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process that is forked and killed")
def test_a_run_that_is_killed_goes_on_where_it_was_and_writes_the_same(
    empty_root: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "_ROWS", 5)
    monkeypatch.setattr(Harvest.__init__, "__kwdefaults__", {**(Harvest.__init__.__kwdefaults__ or {}), "pages": 3})
    parts = [record(*each) for each in some(17)]
    archive = tmp_path / "crawl.warc.gz"
    archive.write_bytes(b"".join([*parts[:4], parts[4][:-9], b"junk", *parts[5:]]))
    counts, number = [], 1
    while killed_at(number, ("replace",), empty_root, "corpus", "add", archive):
        store = open_workspace(empty_root).store
        whole = list(store.articles())
        assert all(store.text(article) is not None for article in whole)
        counts.append(len(whole))
        number += 7
    assert counts == sorted(counts)
    assert len(counts) > 3
    assert 0 < counts[-1] <= 16 == len(open_workspace(empty_root).store.article_ids())
    rows = ledger(empty_root)
    assert len(rows) == len({each["article_id"] for each in rows}) == 16
    assert [int(each["offset"]) for each in rows] == sorted(int(each["offset"]) for each in rows)
    assert not list(empty_root.glob(".stancebank/archives/*"))
    before = content(empty_root)
    done = add(run, empty_root, archive)
    assert (done.returncode, "0 added, 16 unchanged" in done.stderr) == (1, True)
    assert content(empty_root) == before


@pytest.mark.slow
@pytest.mark.parametrize("full", [3, 14, 15])
def test_a_disk_that_is_full_in_the_middle_is_told_and_a_second_run_completes(
    full: int, empty_root: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Harvest.__init__, "__kwdefaults__", {**(Harvest.__init__.__kwdefaults__ or {}), "pages": 3})
    archive = lay_archive(tmp_path / "crawl.warc.gz", some(9))
    whole = tmp_path / "whole"
    shutil.copytree(empty_root, whole)
    assert add(run, whole, archive).returncode == 0
    left, reach_disk = full, os.fsync

    def fsync(file: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        reach_disk(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        done = add(run, empty_root, archive)
    assert (done.returncode, done.stderr.count("Hint: ")) == (3, 1)
    assert "No space left on device.\nHint: check the disk, its space" in done.stderr
    store = open_workspace(empty_root).store
    assert len(found := list(store.articles())) < 9
    assert all(store.text(article) is not None for article in found)
    assert not list(empty_root.rglob("*.part"))
    assert add(run, empty_root, archive).returncode == 0
    assert content(empty_root) == content(whole)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="two processes that are forked")
def test_of_two_runs_at_once_one_waits_or_is_told_and_nothing_is_there_twice(
    empty_root: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = lay_archive(tmp_path / "crawl.warc.gz", some(9))
    whole = tmp_path / "whole"
    shutil.copytree(empty_root, whole)
    add(run, whole, archive)
    children = []
    for _ in range(2):
        children.append(os.fork())
        if not children[-1]:
            try:
                os._exit(add(run, empty_root, archive).returncode)
            finally:
                os._exit(70)
    assert [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children] == [0, 0]
    assert content(empty_root) == content(whole)
    monkeypatch.setattr("stancebank.corpus.store.PATIENCE", 0.05)
    with open_workspace(empty_root).store.alone("stancebank corpus add"):
        told = add(run, empty_root, archive)
    assert told.returncode == BusyError.exit_code
    assert re.fullmatch(
        r"stancebank: `stancebank corpus add` \(process \d+\) is writing in this workspace\.\n"
        r"Hint: wait until it is done\. Nothing was changed\.\n",
        told.stderr,
    )
    assert content(empty_root) == content(whole)


def test_a_run_that_goes_on_reports_all_of_it(empty_root: Path, tmp_path: Path, run: Run) -> None:
    archive = tmp_path / "crawl.warc.gz"
    archive.write_bytes(PACKED[0][:-9] + b"".join(PACKED[1:]))
    workspace = open_workspace(empty_root)
    planner, settings = Planner(workspace.store, {}), workspace.settings.corpus
    next(iter(Harvest(workspace.store, Handed(str(archive), archive), planner, {}, settings, pages=2)))
    assert len(list(empty_root.glob("corpus/articles/*.json"))) == 2
    done = add(run, empty_root, archive, "--json")
    value = json.loads(done.stdout)
    assert (done.returncode, len(value["added"]), len(value["faults"])) == (1, 1, 1)
    assert value["archives"][0]["actions"] == {"added": 3}
    assert value["archives"][0]["resumed"] is True
    assert "damaged" in value["faults"][0]["message"]


@pytest.mark.slow
def test_neither_batches_nor_workers_change_what_is_written(empty_root: Path, tmp_path: Path) -> None:
    reprint = page(1).replace(b"Norland Post", b"Suvia Courier")
    twice = [(f"{POST}/1-again", page(1)), ("https://suvia-courier.example/1", reprint), (f"{POST}/2", page(2))]
    archive = lay_archive(tmp_path / "crawl.warc.gz", [*some(7), *twice])
    made = []
    for number, options in enumerate(({"pages": 100}, {"pages": 1}, {"pages": 3, "workers": 2})):
        root = tmp_path / str(number)
        shutil.copytree(empty_root, root)
        run_harvest(root, archive, **options)
        made.append(content(root))
    assert made[0] == made[1] == made[2]
    records = {name: data for name, data in made[0].items() if name.startswith("corpus/articles/")}
    assert len(records) == 8
    assert [name for name, data in records.items() if b'"reprint_of"' in data] == [
        "corpus/articles/suvia-courier-2031-02-02-notice-1-of-the-valley.json"
    ]


@pytest.mark.slow
def test_pages_come_out_here_as_the_stage_makes_them_elsewhere() -> None:
    pages = [record(f"{POST}/{number}", page(number, "<meta name='robots' content='noai'>")) for number in range(2)]
    others = [
        b"<html><p>No article.</p></html>",
        "<html><p>D\u00e9j\u00e0".encode("latin-1"),
        page(3, end="&#xD800;\x00"),
    ]
    plain = [(b"Plain words. " * 20, [("Content-Type", "text/plain"), ("TDM-Reservation", "1")]), (b"Few.", None)]
    data = b"".join([*pages, *(record(POST, *each) for each in plain), *(record(POST, each) for each in others)])
    captures = [each for each in read(data) if isinstance(each, Capture)]
    for fast in (False, True):
        made = list(extract_here(captures, fast=fast))
        assert made == list(unpack_extracted(extract(pack_captures(captures), {"fast": fast})))
        assert [bool(each.source) for each in made] == [True] * 3 + [False] * 3 + [True]


def test_a_dry_run_writes_nothing(empty_root: Path, tmp_path: Path, run: Run) -> None:
    before = content(empty_root)
    done = add(run, empty_root, lay_archive(tmp_path / "crawl.warc.gz", some(3)), "--dry-run")
    assert (done.returncode, "3 added" in done.stderr, content(empty_root) == before) == (0, True, True)


def test_encodings_are_read_as_served_and_mojibake_is_told_and_kept(empty_root: Path, tmp_path: Path, run: Run) -> None:
    western = page(1, end=" The café stays.").decode()
    pages: list[Page] = [
        (f"{POST}/header", western.encode("cp1252"), [("Content-Type", "text/html; charset=ISO-8859-1")]),
        (f"{POST}/wrong", page(2, end=" The café stays."), [("Content-Type", "text/html; charset=ISO-8859-1")]),
        (f"{POST}/mixed", page(3, end=" The café ").replace(b"</p></body>", b"and the na\xefve</p></body>")),
        (f"{POST}/mojibake", page(4, end=" The cafÃ© of Vesta stays.")),
    ]
    done = add(run, empty_root, lay_archive(tmp_path / "a.warc", pages), "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 1
    (fault,) = value["faults"]
    assert "is in none of the encodings that are said of it: utf-8." in fault["message"]
    texts = {path.stem: path.read_text() for path in empty_root.glob("corpus/texts/*.txt")}
    assert ["café" in texts[each["id"]] for each in value["added"]] == [True, True, False]
    assert "cafÃ©" in texts[value["added"][2]["id"]]
    notes = [each["note"] for each in value["notes"]]
    assert "its encoding is said to be iso-8859-1, and its bytes are utf-8." in notes
    told = "line 5: UTF-8 that was read as another encoding, 'Ã©'; ftfy would mend 'cafÃ©' to 'café'."
    assert f"{told} The text is kept as it is." in notes


def test_fast_extraction_says_who_took_the_text_out(empty_root: Path, tmp_path: Path, run: Run) -> None:
    done = add(run, empty_root, lay_archive(tmp_path / "a.warc", some(2)), "--fast")
    assert done.returncode == 0, done.stderr
    (first, _) = sorted(empty_root.glob("corpus/articles/*.json"))
    value = read_json(first)
    assert value["extraction"]["extractor"] == "resiliparse"
    assert (value["title"]["value"], value["published"]["value"]) == ("Notice 0 of the valley", "2031-02-01")
    assert (empty_root / f"corpus/texts/{first.stem}.txt").read_text() == (
        "Notice 0 of the valley\n\nThe envoy came back to port 0 on Monday, her ministry said.\n\n"
        "No ship of Suvia may pass lock 0 before the garrisons have left the towers of the valley.\n"
    )


def test_a_folder_of_archives_is_read_and_its_words_come_back_by_hydration(
    empty_root: Path, tmp_path: Path, run: Run
) -> None:
    folder = tmp_path / "crawls"
    folder.mkdir()
    lay_archive(folder / "b.warc.gz", some(1))
    lay_archive(folder / "a.warc", some(2)[1:])
    (folder / "0.warc").touch()
    refused = add(run, empty_root, folder / "0.warc", folder / "b.warc.gz", "--dry-run")
    assert (refused.returncode, "0.warc is empty" in refused.stderr, "1 added" in refused.stderr) == (1, True, True)
    (folder / "0.warc").unlink()
    (folder / "c.txt").write_text("A plain notice\n\nThe ferry sails at noon, the captain said on Monday.\n")
    done = add(run, empty_root, folder, "--outlet", "Norland Post", "--text-policy", "withheld")
    assert done.returncode == 0, done.stderr
    assert len(list(empty_root.glob("corpus/articles/*.json"))) == 3
    texts = content(empty_root / ".stancebank/texts")
    for path in empty_root.glob(".stancebank/texts/*.txt"):
        path.unlink()
    assert run("-w", str(empty_root), "corpus", "hydrate", str(folder)).returncode == 0
    assert content(empty_root / ".stancebank/texts") == texts
