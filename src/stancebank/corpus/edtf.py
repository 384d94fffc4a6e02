"""Dates as EDTF (ISO 8601-2:2019, levels 0 and 1, and of level 2 what news needs), read as stretches of days.

A date may be a year, a month or a day; ``X`` stands for a digit that is not known, ``~`` for approximately, ``?`` for
uncertain, ``%`` for both, wherever they stand; ``/`` is between the ends of an interval, and ``..`` or nothing is an
end that is open or not known. In the place of a month there may be a season, a quarter, a third or a half of a year.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_DATE = re.compile(r"(?P<year>[0-9][0-9X]{3})(?:-(?P<month>[0-9X]{2})(?:-(?P<day>[0-9X]{2})(?:T[0-9:.+\-Z]+)?)?)?")
_MARKS = str.maketrans("", "", "?~%")
_SEASONS = range(21, 33)
_PARTS = {
    **{33 + each: (3 * each + 1, 3 * each + 3) for each in range(4)},
    **{37 + each: (4 * each + 1, 4 * each + 4) for each in range(3)},
    **{40 + each: (6 * each + 1, 6 * each + 6) for each in range(2)},
}
"""Quarters, thirds and halves of a year: the first and the last month of each."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days that a date can be of. begin, end: the first and the last of them; None where that end is open.

    approximate, uncertain: as the date says of itself, or of a part of it.
    """

    begin: date | None
    end: date | None
    approximate: bool = False
    uncertain: bool = False

    @property
    def is_day(self) -> bool:
        """Whether it is one single day."""
        return self.begin is not None and self.begin == self.end


def read_edtf(value: str) -> Stretch | None:
    """Return the days that an EDTF date can be of.

    None where it has no year, not even its first digit, ends before it begins, is not of the calendar of the years 1 to
    9999, or is of no form that this module reads. A season is the whole of its year, approximately: which months it
    has depends on where it was said.
    """
    begin, slash, end = value.partition("/")
    ends = [_read(each) for each in ((begin, end) if slash else (begin,))]
    if any(each is None for each in ends):
        return None
    first, last = ends[0], ends[-1]
    assert first is not None
    assert last is not None
    if (first.begin is None and last.end is None) or (first.begin and last.end and first.begin > last.end):
        return None
    return Stretch(
        first.begin,
        last.end,
        any(each.approximate for each in (first, last)),
        any(each.uncertain for each in (first, last)),
    )


def _read(words: str) -> Stretch | None:
    """Return one end of an interval, or a date that is none; None where it is neither."""
    if words in ("", ".."):
        return Stretch(None, None)
    match = _DATE.fullmatch(words.translate(_MARKS))
    if match is None:
        return None
    years, month = _range(match["year"]), match["month"] or "XX"
    approximate = any(each in words for each in "~%")
    if month.isdigit() and int(month) in _SEASONS:
        months, approximate = (1, 12), True
    elif month.isdigit() and int(month) in _PARTS:
        months = _PARTS[int(month)]
    else:
        low, high = _range(month)
        months = max(low, 1), min(high, 12)
    low, high = _range(match["day"] or "XX")
    days = max(low, 1), min(high, 31)
    first = next(_days(range(max(years[0], 1), years[1] + 1), range(months[0], months[1] + 1), days), None)
    last = next(_days(range(years[1], max(years[0], 1) - 1, -1), range(months[1], months[0] - 1, -1), days), None)
    if first is None or last is None:
        return None
    return Stretch(first[0], last[1], approximate, any(each in words for each in "?%"))


def _days(years: range, months: range, days: tuple[int, int]) -> Iterator[tuple[date, date]]:
    """Yield the first and the last day of each month that has such days. days: the least and the greatest."""
    for year in years:
        for month in months:
            if days[0] <= min(days[1], length := monthrange(year, month)[1]):
                yield date(year, month, days[0]), date(year, month, min(days[1], length))


def _range(digits: str) -> tuple[int, int]:
    """Return the least and the greatest number that digits may be, ``X`` being any."""
    return int(digits.replace("X", "0")), int(digits.replace("X", "9"))
