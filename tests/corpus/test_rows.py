"""Files of many articles: tables, JSON and datasets, their columns, and what is said of a row that cannot be used."""

import datetime
import io
import json
import os
import shlex
import socket
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stancebank.corpus.cleaning import MAX_BYTES, Source, SourceError
from stancebank.corpus.keys import make_key_map
from stancebank.corpus.sources import ReadOptions, read_sources, told_skipped
from stancebank.errors import InputError

TEXT = 'Envoy back in port\n\nThe envoy came "back" to Vesta, on Monday.\n'
QUOTED = TEXT.replace('"', '""')


def read(path: Path | str, *options: str, **more: Any) -> list[Source | InputError]:
    """Read with the options of `corpus add`, as a shell divides them."""
    given: dict[str, list[str]] = {"--map": [], "--extra": [], "--ignore": []}
    words = shlex.split(" ".join(options))
    for option, value in zip(words[::2], words[1::2], strict=True):
        given[option].append(value)
    keys = make_key_map(given["--map"], given["--extra"], given["--ignore"])
    return list(read_sources([Path(path)], ReadOptions(keys, **more)))


def articles(found: list[Source | InputError]) -> list[Source]:
    assert not [str(each) for each in found if isinstance(each, InputError)]
    return [each for each in found if isinstance(each, Source)]


def fault(found: list[Source | InputError]) -> str:
    (each,) = found
    assert isinstance(each, SourceError), each
    return str(each)


def test_a_row_of_csv_keeps_its_line_ends_and_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        f'text,title,published\r\n"{QUOTED}",One,2031-02-11\r\n\r\n"{QUOTED}Mehr.",,\r\n', newline=""
    )
    one, two = articles(read(tmp_path / "a.csv"))
    assert (one.text, one.metadata) == (TEXT, {"title": "One", "published": "2031-02-11"})
    assert (two.text, two.metadata["title"]) == (f"{TEXT}Mehr.", None)
    assert [Path(each.name).name for each in (one, two)] == ["a.csv:1 (line 2)", "a.csv:2 (line 7)"]


@pytest.mark.parametrize(
    ("name", "delimiter", "start"),
    [("a.csv", ",", ""), ("a.csv", ";", ""), ("a.CSV", ";", "\ufeff"), ("a.csv", "\t", ""), ("a.tsv", "\t", "\ufeff")],
)
def test_the_delimiter_is_that_of_the_suffix_or_the_one_that_the_first_line_has(
    name: str, delimiter: str, start: str, tmp_path: Path
) -> None:
    outlet = "Norland, Post; Ltd" if delimiter == "\t" else '"Norland, Post; Ltd"'
    (tmp_path / name).write_text(f'{start}text{delimiter}outlet\n"{QUOTED}"{delimiter}{outlet}\n', "utf-8")
    (source,) = articles(read(tmp_path / name))
    assert source.metadata == {"outlet": "Norland, Post; Ltd"}
    assert source.text == TEXT


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"text,title\nEnvoy back,One\nEnvoy,back,Two\n", "a.csv:2 (line 3) has 3 fields; the first line names 2."),
        (b"text,title\nEnvoy back,One\nEnvoy\n", "a.csv:2 (line 3) has 1 field; the first line names 2."),
        (b'text,title\nEnvoy back,One\n"Envoy"s,Two\n', "a.csv, line 3: "),
        (b'text,title\nEnvoy back,One\n"Envoy,Two\n', "a.csv, line 3: unexpected end of data."),
        ("text,title\nEnvoy back,One\nCafé,Two\n".encode("cp1252"), "a.csv, line 3 is not UTF-8: byte 3 is 0xe9."),
        (b"text,title\nEnvoy back,One\n,Two\n", "a.csv:2 (line 3) is empty"),
        (b"text,title\nEnvoy back,One\nEnvoy\x07 off,Two\n", "a.csv:2 (line 3), line 1: U+0007"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_others_are_read(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    good, bad = read(tmp_path / "a.csv")
    assert isinstance(good, Source)
    assert isinstance(bad, SourceError)
    assert said in str(bad)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"text,title\n", "has no rows"),
        (b"text,text\na,b\n", "two columns are called 'text'"),
        ("text,title\na,b\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\x14", "is a workbook, no CSV"),
        (b"title,outlet\na,b\n", 'needs a column "text"; it has title, outlet.'),
        (b"x" * (MAX_BYTES + 1), "line 1 is longer than"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_once(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert said in fault(read(tmp_path / "a.csv"))


def test_columns_are_mapped_carried_along_and_dropped(tmp_path: Path) -> None:
    lines = f',body,"date, of print",source,section,words\n0,"{QUOTED}",2031-02-11,Norland Post,News,12\n'
    (tmp_path / "a.csv").write_text(lines)
    said = fault(read(tmp_path / "a.csv", "--map text=body"))
    assert "has the unknown columns 'column 1', 'date, of print', 'source' (did you mean 'outlet'?), 'section'" in said
    assert "Known keys: text, html, title, outlet" in said
    (source,) = articles(
        read(
            *(tmp_path / "a.csv", "--map text=body,outlet=source --map", "'\"published=date, of print\"'"),
            *("--extra section,words --ignore", "'column 1'"),
        )
    )
    assert source.metadata == {
        "outlet": "Norland Post",
        "published": "2031-02-11",
        "extra": {"section": "News", "words": "12"},
    }
    (source,) = articles(read(tmp_path / "a.csv", "--map text=body --extra section --ignore all"))
    assert source.metadata == {"extra": {"section": "News"}}
    (source,) = articles(read(tmp_path / "a.csv", "--map text=body --extra all --ignore words"))
    assert list(source.metadata["extra"]) == ["column 1", "date, of print", "source", "section"]


NEWS = "The envoy said Norland would not meet Suvia before the garrisons leave the upper valley."
SCRAPED: dict[str, dict[str, Any]] = {
    "fundus": {
        "title": "No talks",
        "authors": ["Ann Example"],
        "publishing_date": "2031-02-11",
        "topics": [],
        "text": NEWS,
    },
    "news-please": {
        "authors": ["Ann Example"],
        "date_download": "2031-02-12 08:00:00",
        "date_publish": "2031-02-11",
        "maintext": NEWS,
        "source_domain": "post.example",
        "title": "No talks",
        "url": "https://post.example/a",
    },
    "trafilatura": {
        "title": "No talks",
        "author": "Ann Example",
        "hostname": "post.example",
        "source-hostname": "Norland Post",
        "date": "2031-02-11",
        "raw_text": "The envoy",
        "text": NEWS,
        "source": "https://post.example/a",
        "id": None,
    },
    "cc_news": {
        "title": "No talks",
        "text": NEWS,
        "domain": "post.example",
        "date": "2031-02-11",
        "image_url": "",
        "url": "https://post.example/a",
        "authors": ["Ann Example"],
    },
    "sheet": {"Headline": "No talks", "Date": "2031-02-11", "Author": "Ann Example", "Content": NEWS, "No.": "7"},
}


@pytest.mark.parametrize("tool", SCRAPED)
@pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet"])
def test_the_line_that_an_error_prints_reads_what_another_tool_wrote(tool: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([SCRAPED[tool]]), path)
    else:
        path.write_text(json.dumps(SCRAPED[tool]))
    said = fault(read(path))
    line = said.split("Hint: `")[1].split("`")[0]
    (source,) = articles(read(path, line))
    assert source.text == NEWS
    assert source.metadata["author"] == "Ann Example"
    assert source.metadata["published"] == "2031-02-11"
    assert source.metadata["title"] == "No talks"
    assert source.metadata.get("outlet", "Norland Post") in ("Norland Post", "post.example")
    assert source.metadata.get("url", "https://post.example/a") == "https://post.example/a"
    assert ("outlet" in source.metadata) == (tool not in ("fundus", "sheet"))
    assert ("url" in source.metadata) == (tool not in ("fundus", "sheet"))


def test_a_column_that_is_nowhere_is_an_error_with_the_likely_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'Body,date\n"{QUOTED}",2031\n')
    said = fault(read(tmp_path / "a.csv", "--map text=body --ignore all"))
    assert "has no 'body', which --map names for the text. It has Body, date. Did you mean 'Body'?" in said
    good, bad = read(tmp_path / "a.csv", "--map text=Body,published=dat")
    assert isinstance(good, SourceError)  # its column date is unknown
    assert "--map published=dat: no source has 'dat'. There are: Body, date. Did you mean 'date'?" in str(bad)
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps({"text": TEXT, **more}) for more in ({}, {"date": "2031"})))
    assert len(articles(read(tmp_path / "b.jsonl", "--map published=date"))) == 2
    assert "no source has 'when'" in str(read(tmp_path / "b.jsonl", "--map published=when --ignore all")[-1])
    assert "--extra when: no source has 'when'" in str(read(tmp_path / "b.jsonl", "--extra when --ignore all")[-1])


def test_bad_lines_among_many_are_told_by_their_numbers_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"{TEXT} {number}"}).encode() for number in range(1500)]
    lines[122], lines[233], lines[1344] = lines[122][:-2], b'{"text": "Caf\xe9 of Vesta"}', b'{"text": 7}'
    lines.insert(1400, b"")
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    found = read(tmp_path / "a.jsonl")
    told = [str(each).rpartition("/")[2] for each in found if isinstance(each, SourceError)]
    assert told == [
        "a.jsonl:123 is not JSON: column 83: Invalid control character at.",
        "a.jsonl:234 is not UTF-8: byte 13 is 0xe9.",
        "a.jsonl:1345 is no article: it needs an object with the key \"text\"; 'text' is 7, which is no text.",
    ]
    rest = [each for each in found if isinstance(each, Source)]
    assert (len(rest), rest[-1].name.rpartition("/")[2]) == (1497, "a.jsonl:1501")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--map body=text", "our key comes first. Did you mean text=body?"),
        ("--map txet=body", "'txet' is no key of an article; keys are text, html, title, .*Did you mean 'text'?"),
        ("--map body", "is not like text=body"),
        ("--map text=a --map text=b", "text is given twice, as 'a' and as 'b'"),
        ("--map nowhere.toml", "--map nowhere.toml: it cannot be read"),
        ("--extra a,b --ignore b", "--extra and --ignore both name b"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        read(tmp_path, options)


def test_the_map_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.toml").write_text('text = "main text"\noutlet = "from, by"\n')
    Path("a.jsonl").write_text(json.dumps({"main text": TEXT, "from, by": "Norland Post"}))
    (source,) = articles(read("a.jsonl", "--map a.toml"))
    assert source.metadata == {"outlet": "Norland Post"}
    Path("a.toml").write_text('text = ["body"]\n')
    with pytest.raises(InputError, match="text is no text"):
        read("a.jsonl", "--map a.toml")


def test_a_key_that_holds_an_object_is_not_carried_along(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"text": TEXT, "body": {"a": 1}, "tags": ["x"], "n": 7, "e": ""}))
    assert "'body' holds an object" in fault(read(tmp_path / "a.json", "--extra all"))
    (source,) = articles(read(tmp_path / "a.json", "--extra all --ignore body"))
    assert source.metadata == {"extra": {"tags": ["x"], "n": 7}}


def test_a_table_of_parquet_gives_dates_numbers_and_lists_as_json_has_them(tmp_path: Path) -> None:
    table: dict[str, Any] = {
        "text": [TEXT.encode(), None, b"\xff\xfe\x00a"],
        "published": [datetime.datetime(2031, 2, 11), None, None],
        "agencies": [["Norland Press"], [], None],
        "seen": [datetime.datetime(2031, 2, 11, 8, 30, tzinfo=datetime.UTC), None, None],
        "score": [2.0, float("nan"), 0.5],
    }
    pq.write_table(pa.table(table), tmp_path / "a.parquet", row_group_size=1)
    one, two, three = read(tmp_path / "a.parquet", "--extra all")
    assert isinstance(one, Source)
    assert one.text == TEXT
    assert one.metadata == {
        "published": "2031-02-11",
        "agencies": ["Norland Press"],
        "extra": {"seen": "2031-02-11T08:30:00+00:00", "score": 2},
    }
    assert "a.parquet:2 is empty: it has no words" in str(two)
    assert "a.parquet:3 is not UTF-8" in str(three)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing more")
    assert "b.parquet cannot be read as Parquet" in fault(read(tmp_path / "b.parquet"))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.slow
@pytest.mark.usefixtures("no_network")
def test_a_dataset_is_read_as_it_was_saved_and_as_the_hub_has_it(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    part = Dataset.from_dict({"body": [TEXT, f"{TEXT}More."], "outlet": ["Norland Post", None]})
    part.select([1, 0]).save_to_disk(str(tmp_path / "one"))
    DatasetDict(train=part, test=part.select([1])).save_to_disk(str(tmp_path / "two"))
    for name in ("train", "test"):
        part.select([name == "test"]).to_parquet(str(tmp_path / f"hub/data/{name}-00000-of-00001.parquet"))

    def names(*given: Any, **more: Any) -> list[str]:
        return [each.name.removeprefix(f"{tmp_path}/") for each in articles(read(*given, "--map text=body", **more))]

    assert [each.text for each in articles(read(tmp_path / "one", "--map text=body"))] == [f"{TEXT}More.", TEXT]
    assert names(tmp_path / "two") == ["two[train]:1", "two[train]:2", "two[test]:1"]
    assert names(tmp_path / "two", split="test") == ["two[test]:1"]
    test, train = (f"hub/data/{name}-00000-of-00001.parquet:1" for name in ("test", "train"))
    assert names(tmp_path / "hub") == [test, train]
    assert names(tmp_path / "hub", split="test") == [test]
    assert len(names(tmp_path)) == 7
    for folder in ("hub", "two"):
        assert "has no split 'dev'. There are: train, test." in str(read(tmp_path / folder, split="dev")[0])
    (tmp_path / "one/state.json").write_text("{}")
    assert "cannot be read as a dataset" in fault(read(tmp_path / "one"))


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (json.dumps({"text": TEXT}), ["standard input"]),
        (f"\n{json.dumps({'text': TEXT})}\n{json.dumps({'text': TEXT})}\n", ["standard input:2", "standard input:3"]),
        (json.dumps([{"text": TEXT}], indent=1), ["standard input[0]"]),
        (json.dumps({"text": TEXT}, indent=1), ["standard input"]),
        ("PAR1", ["standard input:1"]),
    ],
)
def test_standard_input_is_read_in_the_format_that_it_shows(data: str, names: list[str]) -> None:
    raw = io.BytesIO(data.encode())
    if data == "PAR1":
        raw = io.BytesIO()
        pq.write_table(pa.table({"text": [TEXT]}), raw)
        raw.seek(0)
    assert [each.name for each in articles(read("-", stdin=raw))] == names


@pytest.mark.parametrize("data", [b"text,title\na,b\n", b"[Photo] Envoy back", b"{Envoy} back", b""])
def test_a_stream_that_may_be_anything_needs_a_format(data: bytes) -> None:
    assert "The format of standard input cannot be told.\nHint: pass --format txt|" in fault(
        read("-", stdin=io.BytesIO(data))
    )
    if b"Envoy" in data:
        (source,) = articles(read("-", stdin=io.BytesIO(data), format="txt"))
        assert source.text == data.decode()


def test_a_named_file_may_have_another_suffix(tmp_path: Path) -> None:
    (tmp_path / "export.dat").write_text(f'text\n"{QUOTED}"\n')
    assert "is not one of .txt" in fault(read(tmp_path / "export.dat"))
    assert articles(read(tmp_path / "export.dat", format="csv"))[0].text == TEXT


def test_a_folder_says_what_it_leaves_out_and_why(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    for name in ("a.txt", "b.pdf", "c.PDF", "d.pdf", "e.pdf", "f.docx", "LICENSE", ".hidden", "x.meta.json"):
        (folder / name).write_text(TEXT if name == "a.txt" else "{}")
    (folder / "a.meta.json").write_text("{}")
    (tmp_path / "z.txt").write_text(TEXT)
    (folder / "z.txt").symlink_to(tmp_path / "z.txt")
    os.mkfifo(folder / "p.txt")
    reading = ReadOptions()
    (source,) = articles(list(read_sources([folder], reading)))
    assert source.name.endswith("a.txt")
    assert told_skipped(reading.skipped) == (
        "4 .pdf (b.pdf, c.PDF, d.pdf, ...), 1 no suffix (LICENSE), 1 .docx (f.docx), 1 no plain file (p.txt), "
        "1 a link that leads out of the folder (z.txt), 1 metadata of no file (x.meta.json)"
    )
    (folder / "a.txt").unlink()
    assert "It has 4 .pdf (b.pdf" in str(read(folder)[0])


@pytest.mark.parametrize(("name", "hint"), [("a.xlsx", "CSV, in UTF-8"), ("a.zip", "unpack"), ("a.pdf", ".txt file")])
def test_a_file_of_another_kind_is_refused_with_what_to_do(name: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    assert hint in fault(read(tmp_path / name))


def test_what_is_no_json_on_a_line_is_named_by_its_column(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Envoy back"}\n{"text": }\n')
    assert "a.jsonl:2 is not JSON: column 10: " in str(read(tmp_path / "a.jsonl")[1])
