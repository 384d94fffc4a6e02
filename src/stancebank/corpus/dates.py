"""Dates of publication, as people and newspapers write them, read without a guess: as an EDTF day, month or year.

`dateparser` knows the words of the languages; convertdate and hijridate know the calendars. All three are loaded only
where a date is not ISO 8601. What may mean two days is refused with both.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from stancebank.errors import InputError, shorten

_EDTF = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?")
_TIME = (
    r"(?:[,T\s]+(?:um |at |à |a las )?\d{1,2}[:.h]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?"
    r"(?:\s?(?:Uhr|h|[ap]\.?m\.?|[A-Z]{1,4}|[+-]\d\d:?\d\d))*)?"
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})\s?([./-])\s?(?P<month>\d{{1,2}})\s?\2\s?(?P<day>\d{{1,2}})\.?{_TIME}")
_FIRST_YEAR = 1600  # the first newspapers are of 1605
_AHEAD = 100
_RECENT = 25  # years in which a date that two calendars have is likelier
_SOLAR = ("fa", "prs", "tg", "ckb", "lrc", "mzn", "azb")
"""Languages in which a year from 1250 to 1499 is of the Persian calendar."""


def read_date(words: str, language: str | None, name: str) -> str:
    """Return a date as an EDTF day, month or year. language: of the article, as a BCP 47 tag.

    Raises InputError where it is none, is not of the years of news, or may be two, with the likely ones.
    """
    plain = " ".join("".join(map(_ascii_digit, words)).split())
    if match := _EDTF.fullmatch(plain):
        return _checked(match, words, language, name)
    if found := _iso(plain):
        return _checked_year(found, words, name)
    if match := _YEAR_FIRST.fullmatch(plain):
        return _checked(match, words, language, name)
    readings = sorted(set(_readings(plain, language)))
    if len(readings) > 1 and (order := _sure_order(language)):
        readings = sorted(set(_parse(plain, _base(language), order)))
    if len(readings) > 1:
        raise InputError(
            f"{name}: published is {words!r}, which may be {' or '.join(readings)}.\n"
            "Hint: give it as one of these, or the language with its region, such as en-GB."
        )
    if not readings:
        raise InputError(
            f"{name}: published is {shorten(repr(words))}, not like 2031-02-11, 2031-02 or 2031.\n"
            f"Hint: give it so, or in words of the article's language with the year in four digits; {_told(language)}."
        )
    return _checked_year(readings[0], words, name)


def _told(language: str | None) -> str:
    return f"the language is {language}" if language else "the language is not given"


def _ascii_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() and not character.isascii() else character


def _base(language: str | None) -> str:
    return (language or "en").partition("-")[0].lower()


def _iso(plain: str) -> str | None:
    """Return the day of a time in ISO 8601, or in the form of mail headers."""
    from email.utils import parsedate_to_datetime

    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(plain)
        except (ValueError, TypeError, IndexError):
            continue
        if str(found.year) in plain:
            return found.date().isoformat()
    return None


def _checked(match: re.Match[str], words: str, language: str | None, name: str) -> str:
    """Return a date that is told by year, month and day, if the calendar has it."""
    year, month, day = (int(match[part]) if match[part] else None for part in ("year", "month", "day"))
    assert year is not None
    if 1250 <= year <= 1499 and month and day and _base(language) in _SOLAR:
        if found := _from_persian(year, month, day):
            return _checked_year(found.isoformat(), words, name)
    elif find_day(year, 1 if month is None else month, 1 if day is None else day) is None:
        if likely := _other_calendar(year, month, day):
            raise InputError(f"{name}: published is {words!r}. {likely}")
        raise InputError(f"{name}: published is {words!r}, a date that the calendar does not have.\nHint: correct it.")
    parts = [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    if not is_plausible(year):
        raise InputError(
            f"{name}: published is {words!r}; news is of {_FIRST_YEAR} to {date.today().year + _AHEAD}.\n"
            f"Hint: give the date in the Gregorian calendar, or none. {_other_calendar(year, month, day)}".rstrip()
        )
    return "-".join(parts)


def _checked_year(found: str, words: str, name: str) -> str:
    if not is_plausible(int(found[:4])):
        raise InputError(
            f"{name}: published is {words!r}, or {found}; news is of {_FIRST_YEAR} to {date.today().year + _AHEAD}.\n"
            "Hint: correct it, or give none."
        )
    return found


def is_plausible(year: int) -> bool:
    """Whether news may be of a year."""
    return _FIRST_YEAR <= year <= date.today().year + _AHEAD


def _readings(plain: str, language: str | None) -> Iterator[str]:
    """Yield what words may mean: in the calendars of their script, in the language, else in English."""
    if re.search(r"[\u0600-\u06ff]", plain) and re.search(r"(?<!\d)1[234]\d\d(?!\d)", plain):
        found = _in_calendars(plain)
        if found:
            yield found
        return
    for base in dict.fromkeys((_base(language), "en")):
        mine = [each for order in ("DMY", "MDY") for each in _parse(plain, base, order)]
        if mine:
            yield from mine
            return


def _parse(plain: str, base: str, order: str) -> Iterator[str]:
    """Yield what `dateparser` reads, if it stands there: the year in four digits, and the day."""
    from dateparser.conf import SettingValidationError
    from dateparser.date import DateDataParser

    numbers = {int(each) for each in re.findall(r"\d+", plain)}
    for parts in (["day", "month", "year"], ["month", "year"]):
        settings = {
            "PARSERS": ["absolute-time"],
            "STRICT_PARSING": len(parts) == 3,
            "REQUIRE_PARTS": parts,
            "DATE_ORDER": order,
            "PREFER_LOCALE_DATE_ORDER": False,
            "RETURN_AS_TIMEZONE_AWARE": False,
        }
        try:
            data = DateDataParser(languages=[base], settings=settings).get_date_data(plain)
        except (ValueError, SettingValidationError):
            return
        found = data.date_obj
        if found is None or not re.search(rf"(?<!\d){found.year:04}(?!\d)", plain):
            continue
        if len(parts) == 3 and found.day in numbers:
            yield found.date().isoformat()
            return
        if len(parts) == 2 and data.period == "month" and len(numbers) == 1:
            yield f"{found.year:04}-{found.month:02}"


@lru_cache(maxsize=32)
def _sure_order(language: str | None) -> str | None:
    """Return in which order a language writes day and month in digits, if all its regions do so; else None."""
    from babel.core import get_global
    from dateparser.data.languages_info import language_locale_dict
    from dateparser.languages.loader import default_loader

    if language is None:
        return None
    base = _base(language)
    locales = language_locale_dict.get(base, [])
    wanted = [language] if language in locales else [base, *locales]
    if language == f"{base}-{get_global('likely_subtags').get(base, '').rpartition('_')[2]}":
        wanted = [base]  # the language alone has the order of its likeliest region
    try:
        orders = {str(default_loader.get_locale(each).info.get("date_order", "")) for each in wanted}
    except (ValueError, KeyError, AttributeError):
        return None
    orders = {order for order in orders if order.endswith("Y")}  # the others begin with the year
    return orders.pop() if len(orders) == 1 else None


# Calendars.


class _Persian:
    """The Persian calendar of convertdate, which works out every equinox anew: each year is asked for once."""

    @staticmethod
    def month_length(year: int, month: int) -> int:
        if month < 12:
            return 31 if month < 7 else 30
        return 30 if (_new_year(year + 1) - _new_year(year)).days == 366 else 29

    @classmethod
    def to_gregorian(cls, year: int, month: int, day: int) -> tuple[int, int, int]:
        if not (1 <= month <= 12 and 1 <= day <= cls.month_length(year, month)):
            raise ValueError("no such day")
        before = 31 * (month - 1) if month < 7 else 30 * (month - 7) + 186
        found = _new_year(year) + timedelta(days=before + day - 1)
        return found.year, found.month, found.day

    @staticmethod
    def from_gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
        found = date(year, month, day)
        mine = year - 621 if found >= _new_year(year - 621) else year - 622
        passed = (found - _new_year(mine)).days
        return (
            (mine, passed // 31 + 1, passed % 31 + 1)
            if passed < 186
            else (
                mine,
                (passed - 186) // 30 + 7,
                (passed - 186) % 30 + 1,
            )
        )


@lru_cache(maxsize=512)
def _new_year(year: int) -> date:
    from convertdate import persian

    return date(*persian.to_gregorian(year, 1, 1))


def _in_calendars(plain: str) -> str | None:
    """Return the day that words mean in the Persian or the Islamic calendar, if they name all of it."""
    from dateparser.calendars import CalendarBase
    from dateparser.calendars.hijri import HijriCalendar
    from dateparser.calendars.jalali_parser import jalali_parser
    from hijridate import Gregorian

    class Solar(jalali_parser):  # type: ignore[misc]
        calendar_converter = _Persian

    class SolarCalendar(CalendarBase):  # type: ignore[misc]
        parser = Solar

    numbers = [int(each) for each in re.findall(r"\d+", plain)]
    for calendar in (SolarCalendar, HijriCalendar):
        data = calendar(plain).get_date()
        if data is None or data.date_obj is None or not {"year", "month", "day"} <= set(data.parts):
            continue
        found: date = data.date_obj.date()
        try:
            year, _, day = (
                _Persian.from_gregorian(found.year, found.month, found.day)
                if calendar is SolarCalendar
                else Gregorian(found.year, found.month, found.day).to_hijri().datetuple()
            )
        except (ValueError, OverflowError):
            continue
        if sorted((day, year)) == sorted(numbers[:2]):
            return found.isoformat()
    return None


def _from_persian(year: int, month: int, day: int) -> date | None:
    try:
        return date(*_Persian.to_gregorian(year, month, day))
    except ValueError:
        return None


def _from_islamic(year: int, month: int, day: int) -> date | None:
    """Return a day of the Islamic calendar of Umm al-Qura; before 1343 by its tables. A sighted moon may differ."""
    from convertdate import islamic
    from hijridate import Hijri

    try:
        return date(*Hijri(year, month, day).to_gregorian().datetuple())
    except (ValueError, OverflowError):
        return date(*islamic.to_gregorian(year, month, day)) if year < 1343 else None


def _other_calendar(year: int, month: int | None, day: int | None) -> str:
    """Say which date it is in other calendars that news is dated by, if it is a likely one of them; "" if of none."""
    found: dict[str, date | None] = {}
    when = year, month or 1, day or 1
    if 1250 <= year <= 1499 and 1 <= when[1] <= 12 and 1 <= when[2] <= 31:
        found["the Persian calendar"] = _from_persian(*when)
        if when[2] <= 30:
            found["the Islamic calendar, within a day or two,"] = _from_islamic(*when)
    elif 2400 <= year <= 2700:
        found["the Buddhist era"] = find_day(year - 543, *when[1:])
    elif 1 <= year <= 150:
        found["the calendar of the Republic of China"] = find_day(year + 1911, *when[1:])
    now = date.today().year
    likely = {name: each for name, each in found.items() if each and now - _RECENT <= each.year <= now + 1} or found
    told = [
        f"in {name} it is {'-'.join(each.isoformat().split('-')[: 3 if day else 1])}"
        for name, each in likely.items()
        if each
    ]
    return f"I{'; '.join(told)[1:]}." if told else ""


def find_day(year: int, month: int, day: int) -> date | None:
    """Return a day of the Gregorian calendar; None where it has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
