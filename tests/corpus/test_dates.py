"""Dates as newspapers write them: read in the article's language, never guessed, and stored as EDTF."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import TOY, examples, lay_workspace

from stancebank.cli import stancebank
from stancebank.corpus.dates import _Persian, read_date
from stancebank.errors import InputError


@pytest.mark.parametrize(
    ("words", "language", "stored"),
    [
        ("3. April 2032", "de", "2032-04-03"),
        ("Samstag, 3. Apr. 2032, 14.30 Uhr", "de-AT", "2032-04-03"),
        ("03.04.2032", "de", "2032-04-03"),
        ("3.4.2032 14:30", "de", "2032-04-03"),
        ("1er avril 2032", "fr", "2032-04-01"),
        ("avril 2032", "fr", "2032-04"),
        ("3 de abril de 2032", "es", "2032-04-03"),
        ("03/04/2032", "es-MX", "2032-04-03"),
        ("April 3rd, 2032", "en", "2032-04-03"),
        ("03/04/2032", "en-GB", "2032-04-03"),
        ("03/04/2032", "en-US", "2032-03-04"),
        ("13/04/2032", "en", "2032-04-13"),
        ("04/13/2032", "en", "2032-04-13"),
        ("04/04/2032", "en", "2032-04-04"),
        ("2032/04/03", "en", "2032-04-03"),
        ("2032-04-03T23:30:00+02:00", "en", "2032-04-03"),
        ("2032-04-03 10:00", None, "2032-04-03"),
        ("Sat, 03 Apr 2032 23:30:00 GMT", None, "2032-04-03"),
        ("3 April 2032", None, "2032-04-03"),
        ("April 3, 2032", "de", "2032-04-03"),
        ("3 апреля 2032", "ru", "2032-04-03"),
        ("2032年4月3日", "zh", "2032-04-03"),
        ("۱۲ فروردین ۱۴۰۳", "fa", "2024-03-31"),
        ("دوشنبه 12 فروردین 1403", "fa", "2024-03-31"),
        ("30 اسفند 1403", "fa", "2025-03-20"),
        ("۱۴۰۳/۰۱/۱۲", "fa", "2024-03-31"),
        ("1403-11-23", "fa", "2025-02-11"),
        ("3 آوریل 2032", "fa", "2032-04-03"),
        ("١٧ رمضان ١٤٤٥", "ar", "2024-03-27"),
        ("3 أبريل 2032", "ar", "2032-04-03"),
        ("2032", "en", "2032"),
        ("1605-07", "de", "1605-07"),
    ],
)
def test_a_date_in_words_is_read_in_the_language(words: str, language: str | None, stored: str) -> None:
    assert read_date(words, language, "a.txt") == stored


@pytest.mark.parametrize(
    ("words", "language"),
    [
        *((each, "en") for each in ("yesterday", "today", "2 weeks ago", "April 3", "3 April 32", "03/04/32")),
        *((each, "en") for each in ("31 February 2032", "3 April 2032 and more", "today, 3 April 2032", "1928534400")),
        *((each, "de") for each in ("gestern", "heute, 3. April 2032", "vor 3 Tagen", "3. April", "irgendwann 2032")),
        *((each, "fa") for each in ("31 مهر 1403", "30 اسفند 1404", "12 فروردین", "دیروز")),
        *((each, "ar") for each in ("31 رمضان 1445", "رمضان 1445")),
        ("3 avril 2032", "de"),
        ("3 avril 2032", None),
    ],
)
def test_what_is_no_whole_date_is_refused(words: str, language: str | None) -> None:
    with pytest.raises(InputError, match=r"not like 2031-02-11.*\nHint: "):
        read_date(words, language, "a.txt")


@pytest.mark.slow
@pytest.mark.parametrize("words", ["03/04/2032", "3.4.2032", "03-04-2032 10:00", "Mon 3 4 2032"])
@pytest.mark.parametrize("language", ["en", None])
def test_a_date_that_may_be_two_is_refused_with_both(words: str, language: str | None) -> None:
    with pytest.raises(InputError, match="which may be 2032-03-04 or 2032-04-03") as caught:
        read_date(words, language, "a.txt")
    assert "Hint: " in str(caught.value)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_day_of_the_persian_calendar_comes_back(day: date) -> None:
    year, month, number = _Persian.from_gregorian(day.year, day.month, day.day)
    assert date(*_Persian.to_gregorian(year, month, number)) == day
    assert 1 <= number <= _Persian.month_length(year, month)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.sampled_from(["de", "fr", "es-ES", "en-GB", "it", "pt"]))
def test_digits_in_the_order_of_a_language_are_that_day(day: date, language: str) -> None:
    assert read_date(day.strftime("%d.%m.%Y"), language, "a.txt") == day.isoformat()
    assert read_date(day.isoformat(), language, "a.txt") == day.isoformat()


def test_what_was_written_is_said_where_it_is_stored_otherwise(tmp_path: Path) -> None:
    root = lay_workspace(TOY, tmp_path / "w")
    lines: list[dict[str, object]] = [
        {"text": "Das Wehr von Keth hält.", "language": "de", "published": "3. April 2032", "slug": "one"},
        {"text": "Das Wehr von Keth hält heute.", "language": "de", "published": "2032-04-04", "slug": "two"},
        {
            "text": "Das Wehr von Keth hält noch.",
            "language": "DE-at",
            "published": {"value": "5. April 2032", "basis": "inferred"},
            "licence": "https://creativecommons.org/licenses/by/4.0/",
            "slug": "three",
        },
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"outlet": "Keth Bote", **each}) + "\n" for each in lines))
    result = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "add", str(tmp_path / "a.jsonl")])
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if "is stored as" in line] == [
        "keth-bote-2032-04-03-one, published: '3. April 2032' is stored as 2032-04-03.",
        "keth-bote-2032-04-05-three, published: '5. April 2032' is stored as 2032-04-05.",
        "keth-bote-2032-04-05-three, language: 'DE-at' is stored as de-AT.",
        "keth-bote-2032-04-05-three, licence: 'https://creativecommons.org/licenses/by/4.0/' is stored as CC-BY-4.0.",
    ]
    record = json.loads((root / "corpus/articles/keth-bote-2032-04-05-three.json").read_text())
    assert record["published"] == {"value": "2032-04-05", "basis": "inferred"}
    assert record["language"]["value"] == "de-AT"
    again = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "add", str(tmp_path / "a.jsonl")])
    assert {line.split()[0] for line in again.stdout.splitlines()} == {"unchanged"}


def test_the_language_of_the_workspace_settles_the_order(tmp_path: Path) -> None:
    root = lay_workspace(TOY, tmp_path / "w")
    settings_file = root / "stancebank.toml"
    settings_file.write_text(settings_file.read_text().replace('language = "en"', 'language = "de"'))
    (tmp_path / "a.txt").write_text("Das Wehr von Keth hält.")
    options = ["--outlet", "Keth Bote", "--published", "03.04.2032", "--slug", "weir"]
    for action in ("added", "unchanged"):
        result = CliRunner().invoke(stancebank, ["-w", str(root), "corpus", "add", str(tmp_path / "a.txt"), *options])
        assert result.stdout == f"{action}  keth-bote-2032-04-03-weir\n"


@pytest.mark.slow
def test_a_date_in_the_standard_form_loads_no_library(tmp_path: Path) -> None:
    code = (
        "import sys; from stancebank.corpus.dates import read_date; from stancebank.corpus.tags import read_language\n"
        "import stancebank.check.workspace, stancebank.corpus.ingest\n"
        "read_date('2032-04-03', 'en', ''); read_language('en', '')\n"
        "print(*{'dateparser', 'babel', 'convertdate', 'hijridate'} & sys.modules.keys())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "\n"
