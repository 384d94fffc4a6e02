"""Sources: what is read as an article, under which name, and what is refused before it is read."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from stancebank.corpus.cleaning import MAX_BYTES, Source
from stancebank.corpus.keys import known_metadata
from stancebank.corpus.sources import read_sources
from stancebank.errors import InputError

TEXT = "Envoy back in port\n\nThe envoy came back to Vesta on Monday.\n"
NEWS = (
    "The envoy, José Marrow, did not rule out a meeting, as the café owners of the coast had asked for. "
    "“We will sit down,” he told reporters in Vesta, “once the ships leave Norland’s river.”\n"
)


def read(*paths: Path) -> list[Source | InputError]:
    return list(read_sources(list(paths)))


def error(path: Path) -> str:
    (result,) = read(path)
    assert isinstance(result, InputError), result
    return str(result)


def test_a_folder_is_read_in_the_order_of_names_with_its_subfolders(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("b.txt", "A.TXT", "below/c.txt"):
        (tmp_path / name).write_text(TEXT)
    (tmp_path / "b.meta.json").write_text('{"outlet": "Norland Post"}')
    (tmp_path / "notes.md").write_text("no article")
    sources = [each for each in read(tmp_path) if isinstance(each, Source)]
    assert [Path(each.name).name for each in sources] == ["A.TXT", "b.txt", "c.txt"]
    assert [each.metadata for each in sources] == [{}, {"outlet": "Norland Post"}, {}]


def test_an_article_is_the_same_from_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "b.json").write_text(json.dumps({"text": TEXT, "url": "https://post.example/1"}))
    (tmp_path / "c.json").write_text(json.dumps([{"text": TEXT}, {"text": TEXT}]))
    (tmp_path / "d.jsonl").write_text(json.dumps({"text": TEXT}) + "\n\n" + json.dumps({"text": TEXT}))
    sources = [each for each in read(tmp_path) if isinstance(each, Source)]
    assert [each.name.removeprefix(f"{tmp_path}/") for each in sources] == [
        *("a.txt", "b.json", "c.json[0]", "c.json[1]", "d.jsonl:1", "d.jsonl:3")
    ]
    assert {(each.text, each.raw_sha256) for each in sources} == {(TEXT, sources[0].raw_sha256)}
    assert sources[1].metadata == {"url": "https://post.example/1"}


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1250"])
def test_a_paragraph_of_news_in_a_western_encoding_is_recognised(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(NEWS.encode(encoding, "ignore"))
    assert "It is likely cp1252: convert it" in error(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("data", "likely"),
    [
        (NEWS.encode("utf-16"), "UTF-16"),
        (NEWS.replace("é", "e").encode("utf-16-le"), "by its zero bytes, UTF-16LE"),
        ("Envoy back in port on Monday.".encode("utf-16-be"), "by its zero bytes, UTF-16BE"),
        (NEWS.encode("utf-32"), "UTF-32"),
    ],
)
def test_wide_encodings_are_recognised_with_and_without_a_byte_order_mark(
    data: bytes, likely: str, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert likely in error(tmp_path / "a.txt")
    assert "iconv -f" in error(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4 and nothing but ASCII", "is a binary file"),
        (rb"{\rtf1\ansi Envoy back}", "is a binary file"),
        (b"\n<!DOCTYPE html>\n<p>Envoy back</p>", "is HTML"),
        (b"\xef\xbb\xbf<html lang='en'>Envoy back", "is HTML"),
        ("🚢 🚢\n".encode(), "has no words"),
    ],
)
def test_what_only_looks_like_text_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert message in error(tmp_path / "a.txt")


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.jsonl", "a.TXT"])
def test_fifty_megabytes_are_refused_in_a_moment(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(50_000_000)
    before = time.thread_time()
    assert f"{MAX_BYTES:,}" in error(tmp_path / name)
    assert time.thread_time() - before < 1


def test_a_line_that_is_too_long_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b" " * (2 * MAX_BYTES + 5) + b"\n" + json.dumps({"text": TEXT}).encode())
    long, good = read(tmp_path / "a.jsonl")
    assert "a.jsonl:1 is longer" in str(long)
    assert isinstance(good, Source)
    assert good.name.endswith("a.jsonl:2")


def test_a_sidecar_is_held_to_the_same_rules(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    sidecar = tmp_path / "a.meta.json"
    for data, message in (
        (b"[]", "holds no metadata"),
        (b'{"text": "words"}', "it is for metadata"),
        (b'{"publishd": "2031"}', "did you mean 'published'?"),
        (b" " * (MAX_BYTES + 1), "an article has at most"),
    ):
        sidecar.write_bytes(data)
        assert "a.meta.json" in error(tmp_path / "a.txt")
        assert message in error(tmp_path / "a.txt")


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "is no file" in error(tmp_path / "a.txt")
    assert "holds no article" in error(tmp_path)
    assert "It has 1 no plain file (a.txt)." in error(tmp_path)


def test_a_file_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\n.txt")
    path.write_text(TEXT)
    (source,) = read(path)
    assert isinstance(source, Source)
    assert Path(source.name).name == "caf\ufffd\ufffd.txt"
    assert source.name.encode()


def test_a_key_without_a_likeness_is_answered_with_all_keys() -> None:
    with pytest.raises(InputError, match=r"'zzz'\. Known keys: text, html, title, outlet, agencies"):
        known_metadata({"zzz": 1}, "x")


LEFT = ("~$a.txt", "@eaDir/a.txt", "$RECYCLE.BIN/a.txt", "System Volume Information/a.txt", "lost+found/a.txt")


def test_what_a_system_leaves_in_a_folder_and_links_out_of_it_are_no_articles(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    for name in ("__MACOSX/._a.txt", "__MACOSX/c.txt", ".hidden/b.txt", "._a.txt", ".DS_Store", *LEFT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\x00\x05\x16\x07")
    (folder / "a.txt").write_text("The envoy of Keth spoke.\n", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("What lies elsewhere.\n", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "inside.txt").symlink_to(folder / "a.txt")
    found = list(read_sources([folder]))
    assert [each.name for each in found if not isinstance(each, InputError)] == [
        str(folder / "a.txt"),
        str(folder / "inside.txt"),
    ]
    assert len(found) == 2
    named = list(read_sources([folder / "._a.txt"]))
    assert len(named) == 1
    (tmp_path / "secret.json").write_text('{"title": "What lies elsewhere"}', encoding="utf-8")
    (folder / "a.meta.json").symlink_to(tmp_path / "secret.json")
    assert "is a link to another folder" in str(next(iter(read_sources([folder / "a.txt"]))))


def test_what_looks_broken_is_said_with_its_first_place() -> None:
    from stancebank.corpus.cleaning import broken_signs

    assert broken_signs("Plain words at “AT&T” & Co; naïve café, no&thing;\nSüß, «CAFÉ».") == []
    said = broken_signs("One.\nLost \ufffd.\nItâ€™s Ã©.\n&ldquo;No&rdquo; &#8220;\nco\u00adop\u200b.")
    assert [each.partition(",")[0] for each in said] == [
        "line 2: a character that was lost (U+FFFD)",
        "line 3: UTF-8 that was read as another encoding",
        "line 4: an HTML entity",
        "line 5: an invisible character",
    ]
    assert "3 times in all" in said[2]


def test_what_is_brought_to_the_stored_form_is_said_with_its_first_place(tmp_path: Path) -> None:
    raw = "\ufeffOne.\r\nTwo.\r\nCafe\u0301 and e\u0301clat.\rThe \u2126 mark."
    (tmp_path / "a.txt").write_bytes(raw.encode())
    (tmp_path / "b.json").write_text(json.dumps({"text": "Plain.\nWords."}))
    (tmp_path / "c.json").write_text(json.dumps({"text": "Lines.\r\nOf JSON."}))
    first, second, third = (each for each in read_sources([tmp_path]) if isinstance(each, Source))
    assert first.text == "One.\nTwo.\nCafé and éclat.\nThe Ω mark."
    assert first.changes == (
        "line 1: a byte order mark is left out",
        "line 1: a line end CRLF is stored as LF, 2 times in all",
        "line 3: a line end CR is stored as LF",
        "line 3: U+0065 U+0301 is stored as U+00E9 (NFC), 3 times in all",
    )
    assert second.changes == ()
    assert third.changes == ("line 1: a line end CRLF is stored as LF",)


def test_blanks_that_nobody_sees_are_said_and_kept() -> None:
    from stancebank.corpus.cleaning import broken_signs

    assert broken_signs("One two.\n\nThree\u00a0000.\n10\u202f000  \nEnd \n   \n") == [
        "line 3: a no-break space, U+00A0, 2 times in all",
        "line 4: a blank at the end of a line, U+0020, 2 times in all",
    ]


@pytest.mark.parametrize(("key", "said"), [("maintext", "'maintext'"), ("body_text", 'the key "text"')])
def test_words_under_the_key_of_another_tool_are_named(key: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({key: "The envoy said no.", "title": "No"}))
    (found,) = read_sources([tmp_path / "a.json"])
    assert said in str(found)


@pytest.mark.parametrize("sign", ["\u2028", "\u2029"])
def test_lines_of_json_lines_end_at_lf_alone_and_are_strict_utf8(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"text": f"{NEWS}{sign}{number}"}, ensure_ascii=False) for number in range(2)]
    for ends in ("\n", "\r\n"):
        path.write_bytes(ends.join(lines).encode())
        found = read(path)
        assert [each.text.strip()[-1] for each in found if isinstance(each, Source)] == ["0", "1"]
    path.write_bytes(f"{lines[0]}\n".encode() + lines[1].encode("cp1252", "ignore"))
    first, second = read(path)
    assert isinstance(first, Source)
    assert re.search(r"a\.jsonl:2 is not UTF-8: byte \d+ is 0x", str(second))
