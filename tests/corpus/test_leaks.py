"""The guard finds words however they are written, tells where, and commits nothing by which they could be read."""

import base64
import html
import json
import quopri
import random
import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, strategies
from tests.conftest import TOY, Run
from tests.publish.builds import ENVOY, HARVEST, MINISTER, withhold

from stancebank.check import check_workspace
from stancebank.corpus import decoding, leaks
from stancebank.corpus.copies import search_words
from stancebank.corpus.decoding import decode, is_text
from stancebank.corpus.leaks import Guard, Protected, make_guard, search_files
from stancebank.corpus.withdraw import LENGTH, STEP, make_withdrawal, run_hashes, run_words, sample_runs, shingles
from stancebank.model import Article, Withdrawal, Zone, from_builtins
from stancebank.records import read_json
from stancebank.workspace import Workspace

PERSIAN = (
    "سخنگوی دولت سوویا روز سه‌شنبه در شهر وستا گفت که کشتی‌های نورلند تا پایان ماه از رودخانهٔ سیل "
    "نخواهند گذشت و گفت‌وگوها در هتل کنار دریاچه ادامه خواهد یافت."
)
FRENCH = (
    "La porte-parole a déclaré mardi à Vesta que l’armée ne quitterait pas la vallée tant que le blocus "
    "de la rivière serait levé à moitié, et que les pêcheurs étaient prêts à négocier."
)
RUSSIAN = (
    "Представитель правительства Сувии заявил во вторник в Весте, что баржи Норланда не пройдут по реке Силь "
    "до конца месяца, а переговоры продолжатся в гостинице у озера."
)
CHINESE = "苏维亚政府发言人星期二在维斯塔表示，诺兰的驳船在月底之前不会通过锡尔河，会谈将在湖边的酒店继续进行。"
TEXTS = {"fa": PERSIAN, "fr": FRENCH, "ru": RUSSIAN, "zh": CHINESE}


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(Protected(_article_without_zones(name), text) for name, text in TEXTS.items())


def escaped(text: str) -> bytes:
    return json.dumps({"cells": [{"source": ["# Notes\n", text]}]}).encode()


SPELLINGS: dict[str, Callable[[str], str | bytes]] = {
    "as it is": str.encode,
    "decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "upper case": lambda text: text.upper().encode(),
    "json": escaped,
    "json in json": lambda text: escaped(escaped(text).decode()),
    "json, a word a line": lambda text: json.dumps(text.split(), indent=1).encode(),
    "string literal": lambda text: repr(text.encode("unicode_escape").decode()).encode(),
    "javascript": lambda text: "".join(f"\\u{{{ord(c):x}}}" if ord(c) > 127 else c for c in text).encode(),
    "decimal references": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(c):X};" if ord(c) > 127 else c for c in text).encode(),
    "references twice": lambda text: html.escape(text.encode("ascii", "xmlcharrefreplace").decode()).encode(),
    "markup within": lambda text: (
        "<p>" + " ".join(f"<b>{word}</b>" for word in text.split()).encode().decode() + "</p>"
    ),
    "an address": lambda text: f"https://norland.example/?q={quote(text)}".encode(),
    "quoted printable": lambda text: quopri.encodestring(text.encode()),
    "utf-8 with mark": lambda text: text.encode("utf-8-sig"),
    "utf-16 with mark": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-16-be with mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "utf-32-be": lambda text: text.encode("utf-32-be"),
    "utf-8 read as cp1252": lambda text: text.encode().decode("latin-1").encode(),
    "one bad byte": lambda text: text.encode() + b"\n\xff\n",
    "wrapped": lambda text: "\r\n> ".join(text.split()).encode(),
    "soft hyphens": lambda text: "".join(f"{c}\u00ad" if c.isalpha() else c for c in text).encode(),
    "zero width and bidi marks": lambda text: "".join(f"{c}\u200b\u2066" if c.isalpha() else c for c in text).encode(),
    "a table of tokens": lambda text: "\n".join(f"{n}\t{w}\t_\tNOUN\t0" for n, w in enumerate(text.split())),
    "a table with blanks": lambda text: "\n".join(f"{word} NNP B-NP O" for word in text.split()),
    "values of one key": lambda text: json.dumps([{"id": n, "text": w} for n, w in enumerate(text.split())], indent=1),
    "line numbers": lambda text: "\n".join(f"{n}: {' '.join(each)}" for n, each in enumerate(_by_three(text))),
    "subtitles": lambda text: "\n\n".join(
        f"{n}\n00:00:0{n % 10}.000 --> 00:00:09.000\n{' '.join(each)}" for n, each in enumerate(_by_three(text))
    ),
    "footnotes": lambda text: " ".join(f"{word}[{n}]" for n, word in enumerate(text.split())),
    "base64": lambda text: b"Attached:\n\n" + base64.encodebytes(text.encode()),
    "underscores": lambda text: f"__{text}__".encode(),
}


WORD_BY_WORD = (
    *("json, a word a line", "wrapped", "a table of tokens", "a table with blanks", "values of one key"),
    *("line numbers", "subtitles", "footnotes"),
)


def _by_three(text: str) -> list[list[str]]:
    words = text.split()
    return [words[place : place + 3] for place in range(0, len(words), 3)]


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_words_are_found_however_they_are_written(spelling: str, language: str, guard: Guard) -> None:
    if language == "zh" and spelling in WORD_BY_WORD:
        pytest.skip("there are no words to part")
    written = SPELLINGS[spelling](f"Before it. {TEXTS[language]} After it.")
    data = written if isinstance(written, bytes) else written.encode()
    found = search_files([("notes", data)], guard)
    assert {leak.article_id for leak in found.leaks} == {language}
    assert found.unread == ()
    assert search_files([("notes", b"Other words. " * 20)], guard).leaks == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *(("fr", each) for each in ("cp1252", "latin-1", "iso8859-15", "cp850", "mac-roman")),
        *(("ru", each) for each in ("cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic")),
        *(("fa", each) for each in ("cp1256",)),
        *(("zh", each) for each in ("gb18030", "gbk", "big5hkscs")),
    ],
)
def test_words_are_found_in_older_encodings(language: str, encoding: str, guard: Guard) -> None:
    text = TEXTS[language].replace("ی", "ي").replace("ٔ", "") if language == "fa" else TEXTS[language]
    if language == "fa":
        guard = Guard([Protected(_article_without_zones(language), text)])
    found = search_files([("notes", text.encode(encoding, "ignore"))], guard)
    assert [leak.article_id for leak in found.leaks] == [language]
    assert found.unread == ()


def _article_without_zones(name: str) -> Article:
    article = from_builtins(read_json(TOY / f"corpus/articles/{HARVEST}.json"), Article)
    return msgspec.structs.replace(article, zones=(), id=name)


def test_a_joiner_may_be_left_out_or_be_a_space(guard: Guard) -> None:
    for joiner in ("", " ", "\u200d"):
        assert guard.search(PERSIAN.replace("\u200c", joiner)), repr(joiner)


def test_eight_words_are_found_and_seven_are_not() -> None:
    chance = random.Random(3)
    words = [f"w{chance.randrange(10**6)}" for _ in range(400)]
    guard = Guard([Protected(_article_without_zones("a"), " ".join(words))])
    for place in range(len(words) - LENGTH + 1):
        run = words[place : place + LENGTH]
        assert guard.search("lo " + " ".join(run) + " behold") == {"a": LENGTH}
        assert guard.search("lo " + " ".join(run[1:]) + " behold " + run[0]) == {}


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, False),
        (b"PAR1" + bytes(range(256)) * 20, False),
        (b"\x1f\x8b\x08" + bytes(range(256)) * 20, False),
        (b"%PDF-1.7\n%abc\n", False),
        (b"", True),
        ("Déjà".encode("cp1252"), True),
        ("Words of a text.".encode("utf-16-le"), True),
        (CHINESE.encode("utf-16-be"), True),
        (b"\x1b[1mbold\x1b[0m\tlog\r\n\x0c", True),
    ],
)
def test_what_is_no_text_is_told(data: bytes, is_one: bool) -> None:
    assert is_text(data) is is_one
    assert search_files([("x", data)], Guard()).unread == (() if is_one else ("x",))


MACHINE = re.compile(  # these four say plainly what `decoding` looks for in less time
    r"(?:^[ \t]*"
    r'(?:"[^"\\\n]*": "[A-Za-z0-9.:]*(?:[-/_][A-Za-z0-9.:]*){0,6}"|'
    r'(?:"[^"\\\n]*": )?(?:-?[\d.]+|"(?:[0-9a-f]{16}|[0-9a-f]{64})"|true|false|null|[][{}]+))'
    r",?\n)+",
    re.MULTILINE,
)
NUMBERED = re.compile(r"^\s*\d+(?:[:.)|\t]|\s*$)|\[\d+\]|\d\s*-->\s*\d", re.MULTILINE)
VALUE = re.compile(r'"([^"\\\n]{1,40})"\s*:\s*"((?:[^"\\\n]|\\.){1,160})"')
BASE64 = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{60,}\s{0,2})+[A-Za-z0-9+/]*={0,2}")
PIECES = (
    ["\n", "\n", "  ", "1", "2\t", "[3]", "[4", "-->", " 5:", ".", "x", "\u00a0", "\u0663)"],
    ['"', '"', "\n", ": ", '": "', "key", "a-b_c/d.e", "\\", "\\n", '\\"', "12", "-3.5", "true", "[]", "{", "},", ",\n",
     "0123456789abcdef", "0123456789abcdef" * 4, "\u00e9", "\u2028",
     '"long": "' + "word " * 40 + '"', '"other": "' + "\\n" * 100 + '"'],
    ["QUJD" * 15, "QUJD", "+/", "\n", " ", "=", "==", "\u00e9", ".", "\ud800"],
)  # fmt: skip


@pytest.mark.slow
def test_what_may_hide_words_is_found_as_plain_patterns_find_it() -> None:
    chance = random.Random(1)
    counts = [0] * 5
    for number in range(3000):
        text = "".join(chance.choices(PIECES[number % 3], k=chance.randint(1, 30)))
        is_numbered = len(NUMBERED.findall(text)) >= 3
        values, runs = VALUE.findall(text), BASE64.findall(text)
        are_words = ["\\" in value or not re.search(r"[\d_-]", value) for _, value in values]
        assert decoding._is_numbered(text) is is_numbered, text
        assert decoding._short_values(text) == values, text
        assert list(decoding._long_runs(text)) == runs, text
        assert decoding._MACHINE.sub("", text) == MACHINE.sub("", text), text
        assert decoding._are_words([value for _, value in values]) is (sum(are_words) * 2 >= len(values)), text
        told = (is_numbered, values, runs, MACHINE.search(text), '"long": "' in text and bool(values))
        counts = [count + bool(each) for count, each in zip(counts, told, strict=True)]
    assert min(counts) > 20, counts


def test_the_readings_of_plain_text_are_one() -> None:
    assert list(decode(b"Plain words - of a text.\n")) == ["Plain words - of a text.\n"]


def lines_of(workspace: Workspace) -> list[str]:
    text = workspace.store.text(workspace.store.article(ENVOY))
    assert text
    return [line for line in text.split("\n") if len(line.split()) > 20]


def edit(path: Path, *keys: str | int, value: object) -> None:
    """Put a value into a JSON file, at its keys."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    inner = whole
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


Place = tuple[str, *tuple[str | int, ...]]
FIELDS: tuple[tuple[Place, ...], ...] = (
    (
        ("corpus/entities.json", "entities", 0, "aliases", 0),
        ("corpus/targets.json", "targets", 0, "definition"),
        (f"corpus/articles/{HARVEST}.json", "rights", "holder"),
        (f"corpus/gold/{MINISTER}.json", "statements", 0, "note"),
        ("schema/v2/vocabularies.json", "stance", "description"),
    ),
    (
        ("corpus/entities.json", "entities", 0, "name"),
        ("corpus/targets.json", "targets", 0, "name"),
        (f"corpus/articles/{HARVEST}.json", "rights", "note"),
        (f"corpus/gold/{MINISTER}.json", "statements", 0, "target", "scope"),
    ),
    (
        ("corpus/entities.json", "entities", 0, "roles", 0, "title"),
        (f"corpus/articles/{HARVEST}.json", "outlet", "value"),
    ),
)
"""Fields, one of a file at a time: of a file, an article is named once."""


@pytest.mark.slow
@pytest.mark.parametrize("fields", FIELDS, ids=["first", "second", "third"])
@pytest.mark.parametrize("is_in_git", [True, False])
def test_check_finds_a_withheld_line_in_every_field_that_people_fill(
    fields: tuple[Place, ...], is_in_git: bool, toy_workspace: Workspace
) -> None:
    withhold(toy_workspace, ENVOY)
    if is_in_git:
        git_init(toy_workspace.root)
    else:
        (toy_workspace.root / "sources/envoy.txt").unlink()
    before = leaks_of(toy_workspace)  # the toy's words are in its guidelines
    for name, *keys in fields:
        edit(toy_workspace.root / name, *keys, value=lines_of(toy_workspace)[0])
    wanted = [(name, "/" + "/".join(map(str, keys))) for name, *keys in fields]
    assert sorted(set(leaks_of(toy_workspace)) - set(before)) == sorted(wanted)


@pytest.mark.slow
def test_check_finds_a_withheld_line_in_every_file_that_git_would_commit(toy_workspace: Workspace) -> None:
    names = {
        *("DATASET_CARD.md", "CHANGELOG.md", "README.md", "CITATION.cff", "waivers.toml", "stancebank.toml"),
        *("annotate/GUIDELINES.md", "annotate/interface.toml", "annotate/labeling.xml", "annotate/languages/en.toml"),
        *("corpus/README.md", "notes/explore.ipynb", "predictions.jsonl", "build-log/out.html"),
    }
    withhold(toy_workspace, ENVOY)
    root = toy_workspace.root
    git_init(root)
    others = {file for file, _ in leaks_of(toy_workspace)} - names
    line = lines_of(toy_workspace)[0]
    for path in (root / name for name in names):
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        words = escaped(line).decode() if path.suffix == ".ipynb" else f"{before}\n# {line}\n"
        path.write_text(words, encoding="utf-8")
    assert {file for file, _ in leaks_of(toy_workspace)} == others | names
    (root / ".gitignore").write_text("".join(f"/{name}\n" for name in names), encoding="utf-8")
    assert {file for file, _ in leaks_of(toy_workspace)} == others


def leaks_of(workspace: Workspace) -> list[tuple[str, str]]:
    found = check_workspace(workspace).findings
    return [(each.file, each.pointer) for each in found if each.code == "text-leaked"]


def git_init(root: Path) -> None:
    import subprocess

    (root / "sources/envoy.txt").unlink()
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)


@pytest.mark.slow
def test_a_leak_can_be_waived_and_says_no_word(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY)
    git_init(toy_workspace.root)
    line = lines_of(toy_workspace)[0]
    (toy_workspace.root / "page.md").write_text(f"One.\n\n{line}\n", encoding="utf-8")
    (found,) = [each for each in check_workspace(toy_workspace).findings if each.file == "page.md"]
    assert found.message.startswith(f"line 3: {len(run_words(line))} words in a row are those of {ENVOY}")
    (toy_workspace.root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "text-leaked"\nfile = "page.md"\nreason = "The name of a treaty."\nuntil = 2999-01-01\n'
    )
    assert "page.md" not in {file for file, _ in leaks_of(toy_workspace)}


def test_words_that_a_free_text_has_too_are_no_leak(toy_workspace: Workspace) -> None:
    line = lines_of(toy_workspace)[0]
    article = toy_workspace.store.article(ENVOY)
    withhold(toy_workspace, ENVOY)
    assert make_guard(toy_workspace.store).search(line)
    guard = Guard([Protected(article, line + " And more.")], free=[f"As the agency reported: {line}"])
    assert guard.search(line) == {}
    assert guard.is_free(f"As the agency reported: {line}".encode())


def test_the_spans_that_a_policy_lets_be_shown_are_no_leak(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY, "quotes")
    store = toy_workspace.store
    gold, text = store.gold(ENVOY), store.text(store.article(ENVOY))
    assert gold
    assert text
    spans = [text[each.begin : each.end] for statement in gold.statements for each in statement.content]
    long = [each for each in spans if len(run_words(each)) >= LENGTH]
    assert long
    guard = make_guard(store)
    assert [each for each in long if guard.search(each)] == []
    assert all(guard.search(line) for line in lines_of(toy_workspace)[:1])


def test_a_headline_within_the_text_does_not_hide_what_is_around_it() -> None:
    article = _article_without_zones("a")
    words = [f"word{place}" for place in range(40)]
    text = " ".join(words)
    begin, end = text.index("word10"), text.index("word22")
    guard = Guard(
        [Protected(msgspec.structs.replace(article, zones=(Zone(begin=begin, end=end, zone="title"),)), text)]
    )
    assert guard.search(" ".join(words[10:22])) == {}
    assert guard.search(" ".join(words[:10])) == {"a": 10}
    assert guard.search(" ".join(words[22:])) == {"a": 18}


@pytest.mark.slow
def test_a_page_that_all_articles_share_costs_no_square() -> None:
    article = _article_without_zones("a")
    footer = " ".join(f"footer{place}" for place in range(60))
    texts = [f"{footer} {' '.join(f'w{number}x{place}' for place in range(100))} {footer}" for number in range(500)]
    page = f"{footer}\n" * 20
    for free, expected in (([], {"a": 60}), ([footer], {})):
        guard = Guard([Protected(article, text) for text in texts], free=free)
        begin = time.thread_time()
        assert guard.search(page) == expected
        assert time.thread_time() - begin < 10


# --- hashes that are committed


def words_of_lines(seed: int, lines: int) -> list[list[str]]:
    chance = random.Random(seed)
    pool = ["".join(chance.choices("bdfgklmnprst", k=2)) + "".join(chance.choices("aeiou", k=2)) for _ in range(3000)]
    return [chance.choices(pool, k=chance.randint(9, 60)) for _ in range(lines)]


def attack(lines: list[list[str]], hashes: set[str], runs: Callable[[list[str]], str], pool: list[str]) -> float:
    """Return the share of words known in the end, when the first seven of every line are: read on, word by word."""
    known = {(number, place) for number, line in enumerate(lines) for place in range(min(7, len(line)))}
    flat = [(number, place) for number, line in enumerate(lines) for place in range(len(line))]
    given = len(known)
    grown = True
    while grown:
        grown = False
        for start in range(len(flat) - LENGTH + 1):
            window = flat[start : start + LENGTH]
            lacking = [each for each in window if each not in known]
            if len(lacking) != 1:
                continue
            words = [lines[number][place] for number, place in window]
            hole = window.index(lacking[0])
            for guess in pool:
                words[hole] = guess
                if runs(words) in hashes:
                    if guess == lines[lacking[0][0]][lacking[0][1]]:
                        known.add(lacking[0])
                        grown = True
                    break
    return (len(known) - given) / len(flat)


def test_the_hashes_of_a_text_are_those_of_its_runs() -> None:
    words = run_words(f"{PERSIAN} {FRENCH} {CHINESE}")
    runs = [words[place : place + LENGTH] for place in range(len(words) - LENGTH + 1)]
    assert list(run_hashes(words)) == [each for run in runs for each in run_hashes(run)]
    assert list(run_hashes(words[:LENGTH])) == list(sample_runs(words[:LENGTH]))
    assert list(run_hashes(words[: LENGTH - 1])) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_knows_some_words_reads_hardly_any_more_from_a_withdrawal(seed: int) -> None:
    lines = words_of_lines(seed, 12)
    pool = sorted({word for line in lines for word in line})
    hashes = set(sample_runs([word for line in lines for word in line]))
    assert len(hashes) >= sum(map(len, lines)) // STEP - 1
    assert attack(lines, hashes, lambda words: next(run_hashes(words)), pool) <= 0.02
    dense = {each for line in lines for each in shingles(" ".join(line))}
    assert attack(lines, dense, lambda words: next(shingles(" ".join(words))), pool) > 0.5  # the attack is a real one


@pytest.mark.parametrize("length", [*range(8, 45), 400])
def test_every_run_of_nineteen_words_holds_a_sampled_one(length: int) -> None:
    words = [f"w{place}" for place in range(length)]
    hashes = set(sample_runs(words))
    assert hashes
    for place in range(length - 18):
        planted = ["lo", *words[place : place + LENGTH + STEP - 1], "behold"]
        assert not hashes.isdisjoint(run_hashes(planted)), place


def test_a_withdrawal_has_a_sample_only_and_an_earlier_one_is_still_read(toy_workspace: Workspace) -> None:
    article = toy_workspace.store.article(ENVOY)
    text = toy_workspace.store.text(article)
    assert text
    made = make_withdrawal(article, text, date="2031-05-02", reason="Asked.")
    assert 3 <= len(made.shingles) <= len(run_words(text)) // STEP + 1
    assert all(len(each) == 16 and each.endswith("0000") for each in made.shingles)
    earlier = msgspec.structs.replace(
        made, shingles=tuple(sorted({each for line in text.split("\n") for each in shingles(line)}))
    )
    assert len(earlier.shingles) > 5 * len(made.shingles)
    line = lines_of(toy_workspace)[0]
    for record in (made, earlier):
        guard = Guard((), [record])
        assert guard.search(f"Said in other places: {line} And so on.") == {ENVOY: LENGTH}
        assert guard.search("Words of nobody that are in no article of any paper at all, never.") == {}
        assert leaks_with(record, f"a\n{line}\n") == [("page.md", 2)]


def leaks_with(record: Withdrawal, text: str) -> list[tuple[str, int | None]]:
    return [(each.file, each.line) for each in search_files([("page.md", text.encode())], Guard((), [record])).leaks]


@pytest.mark.slow
def test_check_says_what_it_could_not_search(toy_workspace: Workspace, run: Run) -> None:
    withhold(toy_workspace, ENVOY)
    withhold(toy_workspace, MINISTER)
    git_init(toy_workspace.root)
    (toy_workspace.root / toy_workspace.store.text_name(toy_workspace.store.article(MINISTER))).unlink()
    (toy_workspace.root / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    done = run("-w", toy_workspace.root, "check")
    assert "Leaked words were not searched for the words of 1 article, which are not at hand.\n" in done.stderr
    assert "Leaked words were not searched in 1 file that cannot be read as text: a.png.\n" in done.stderr
    told = json.loads(run("-w", toy_workspace.root, "check", "--json").stdout)
    assert told["not_searched"] == {"articles": [MINISTER], "files": ["a.png"]}


@pytest.mark.slow
@given(strategies.text(strategies.characters(max_codepoint=127)))
def test_words_without_places_are_those_of_a_search(text: str) -> None:
    assert run_words(text) == [word.key for word in search_words(text)]


def test_letters_that_look_alike_hide_nothing(guard: Guard) -> None:
    assert guard.search(FRENCH.replace("a", "\u0430").replace("e", "\u0435")).keys() == {"fr"}


@pytest.mark.slow
def test_every_value_of_a_json_file_with_leaked_words_is_named(toy_workspace: Workspace) -> None:
    withhold(toy_workspace, ENVOY)
    git_init(toy_workspace.root)
    first, second = lines_of(toy_workspace)[:2]
    (toy_workspace.root / "page.json").write_text(json.dumps({"a": [first, "no"], "b": {"c": second}}))
    found = {each.pointer for each in check_workspace(toy_workspace).findings if each.file == "page.json"}
    assert found == {"/a/0", "/b/c"}
    waiver = (
        '[[waiver]]\ncode = "text-leaked"\nfile = "page.json"\npointer = "/a/0"\nreason = "x"\nuntil = 2999-01-01\n'
    )
    (toy_workspace.root / "waivers.toml").write_text(waiver)
    found = {each.pointer for each in check_workspace(toy_workspace).findings if each.file == "page.json"}
    assert found == {"/b/c"}


@pytest.mark.slow
def test_a_waived_phrase_is_no_leak_for_the_command_either(toy_workspace: Workspace, run: Run) -> None:
    withhold(toy_workspace, ENVOY)
    git_init(toy_workspace.root)
    first, second = lines_of(toy_workspace)[:2]
    page, other = toy_workspace.root / "page.md", toy_workspace.root / "other.md"
    page.write_text(f"{first}\n")
    other.write_text(f"{first}\n")
    command = ("-w", toy_workspace.root, "corpus", "leak-check", page, other)
    assert run(*command).returncode == 1
    (toy_workspace.root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "text-leaked"\nfile = "page.md"\nreason = "The name of a treaty."\nuntil = 2999-01-01\n'
    )
    assert run(*command).returncode == 0
    other.write_text(f"{second}\n")
    assert run(*command).returncode == 1


def test_what_is_passed_over_has_too_few_words_in_whatever_way_it_is_read() -> None:
    draw = random.Random(5)
    plain = ["word", "2", " ", "-", "_", "\n", "-\n"]
    others = ["é", "ﷺ", "家", "&#97; ", "\\u0020", "%20", "=20", "<p>", "&", "\\"]
    passed = 0
    for _ in range(2000):
        text = "".join(draw.choices(draw.choice((plain, plain + others)), k=draw.randrange(30)))
        most = max(max(len(run_words(each)), len(re.findall(r"\w+", each))) for each in decoding.resolve(text))
        if text.isascii() and leaks._TOO_FEW.fullmatch(text):
            passed += 1
            assert most < LENGTH, text
    assert passed > 500
    assert leaks._TOO_FEW.fullmatch("one two, three-four_six (seven)")
    assert not leaks._TOO_FEW.fullmatch("1 2 3 4 5 6 7 8")
