"""Pictures of how far a labelling is: what each annotator has done and has left, when they read, and what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.picture import count as _count
from stancebank.pictures.svg import Drawing, text_width

_ROW, _BAR = 30, 14
_NAMES = 200
"""The widest names of rows, in px."""
_WIDE = 300
"""The longest bar, in px."""
MOST_PERIODS = 40
"""So many weeks have a column; of more, months or years have."""
MOST_READERS = 60
"""So many annotators have a row, those with most to do first; the table has all."""
NONE = "–"


@dataclass(frozen=True, slots=True)
class ReaderProgress:
    """How far an annotator is.

    assigned: articles that they are to read; None where nothing is assigned. done: of these those with a document here,
    or, where nothing is assigned, all with one. left, words_left: what is left of what is assigned. days: on which they
    read, as often as they did. seconds: for 100 words, the median; None where no time is known. conflicts: documents
    that were changed here and on the server.
    """

    annotator: str
    assigned: int | None
    done: int
    left: int
    words_left: int
    days: tuple[date, ...]
    seconds: float | None
    conflicts: int = 0

    @property
    def weekly(self) -> float | None:
        """Articles a week, over the weeks in which they read any; None where they read none."""
        weeks = {each.isocalendar()[:2] for each in self.days}
        return len(self.days) / len(weeks) if weeks else None

    @property
    def weeks_left(self) -> float | None:
        """The weeks of work that are left at this pace; None where there is nothing left, or no pace."""
        return self.left / self.weekly if self.left and self.weekly else None

    @property
    def hours_left(self) -> float | None:
        """The hours that the words left take; None where there is nothing left, or no time is known."""
        return self.words_left * self.seconds / 100 / 3600 if self.left and self.seconds is not None else None


def draw_progress(readers: Sequence[ReaderProgress], *, name: str = "progress-readers") -> Picture | None:
    """Draw a bar for each annotator: done of assigned, with pace and what is left. None where there is nobody."""
    if not readers:
        return None
    is_assigned = any(each.assigned is not None for each in readers)
    ordered = sorted(readers, key=lambda each: (-each.left, -(each.assigned or 0), -each.done, each.annotator))
    shown = ordered[:MOST_READERS]
    left = min(_NAMES, max(text_width(each.annotator) for each in shown)) + 14
    most = max(1, *(max(each.assigned or 0, each.done) for each in shown))
    title = "Progress by annotator"
    columns = [("done" if not is_assigned else "done of assigned", _done), ("pace", _pace)]
    columns += [("left", _left)] if is_assigned else []
    columns += [("conflicts", _conflicts)] if any(each.conflicts for each in shown) else []
    drawing = Drawing(title, 0)
    xs = [left + _WIDE + 18]
    for head, tell in columns:
        xs.append(xs[-1] + max(text_width(each) for each in (head, *map(tell, shown))) + 24)
    drawing.width = xs[-1] - 24
    top = 26.0
    for x, (head, _) in zip(xs, columns, strict=False):
        drawing.text(x, 14, head, "f-quiet", size=11)
    for row, each in enumerate(shown):
        y = top + row * _ROW
        told = ", ".join(f"{head} {tell(each)}" for head, tell in columns)
        with drawing.group(role="img", aria_label=f"{each.annotator}: {told}"):
            drawing.tooltip(f"{each.annotator}: {told}")
            drawing.text(0, y + 19, each.annotator, width=left - 12)
            if each.assigned is not None:
                wide = max(2.0, _WIDE * each.assigned / most)
                drawing.rect(left + 0.5, y + 8.5, wide - 1, _BAR - 1, "s-edge hollow")
            if each.done:
                drawing.rect(left, y + 8, max(2.0, _WIDE * each.done / most), _BAR, "f-v1")
            for x, (_, tell) in zip(xs, columns, strict=False):
                drawing.text(x, y + 19, tell(each))
    drawing.height = top + len(shown) * _ROW + 2
    parts = [_say_progress(readers, is_assigned=is_assigned)]
    if len(ordered) > len(shown):
        parts.append(f"{len(ordered) - len(shown)} annotators with less to do are in the table alone.")
    return Picture(name, title, " ".join(parts), drawing.svg(), _progress_table(ordered))


def draw_reading(readers: Sequence[ReaderProgress], *, name: str = "progress-weeks") -> Picture | None:
    """Draw when annotators read how much: a cell for each week, month or year. None where no day is known."""
    days = sorted(day for each in readers for day in each.days)
    if not days:
        return None
    unit, periods = _periods(days[0], days[-1])
    ordered = sorted((each for each in readers if each.days), key=lambda each: (-len(each.days), each.annotator))
    shown = ordered[:MOST_READERS]
    counts = {each.annotator: _counted(each.days, periods) for each in ordered}
    most = max(count for each in counts.values() for count in each)
    left = min(_NAMES, max(text_width(each.annotator) for each in shown)) + 14
    wide = max(26.0, min(56.0, 720 / len(periods)))
    title = f"Articles read by {unit}"
    drawing = Drawing(title, left + wide * len(periods) + 60)
    top = 30.0
    free = 0.0
    for place, begin in enumerate(periods):
        label = _label(begin, unit)
        x = left + wide * place
        if x >= free:
            drawing.text(x, 16, label, "f-quiet", size=11)
            drawing.line(x, 20, x, top - 2, "s-line")
            free = x + text_width(label, 11) + 10
            drawing.width = max(drawing.width, free)
    for row, each in enumerate(shown):
        y = top + row * _ROW
        drawing.text(0, y + 19, each.annotator, width=left - 12)
        for place, count in enumerate(counts[each.annotator]):
            x = left + wide * place
            if not count:
                drawing.rect(x + 1, y + 2, wide - 2, _ROW - 4, "f-soft")
                continue
            label = f"{each.annotator}, {unit} of {periods[place].isoformat()}: {_count(count, 'article')}"
            with drawing.group(role="img", aria_label=label):
                drawing.tooltip(label)
                drawing.rect(x + 1, y + 2, wide - 2, _ROW - 4, "f-v1", fill_opacity=0.1 + 0.35 * count / most)
                drawing.text(x + wide / 2, y + 19, str(count), anchor="middle")
        drawing.text(left + wide * len(periods) + 8, y + 19, f"{len(each.days)}", "f-quiet")
    drawing.height = top + len(shown) * _ROW + 2
    when = f"{days[0]} to {days[-1]}" if days[-1] > days[0] else f"all of {days[0]}"
    parts = [
        f"{_count(len(days), 'reading')} by {_count(len(ordered), 'annotator')}, {when}, by the day on which "
        f"each was begun. A {unit} is named by its first day; on the right is the sum."
    ]
    if len(ordered) > len(shown):
        parts.append(f"{len(ordered) - len(shown)} annotators who read less are in the table alone.")
    rows = [
        [each.annotator, begin.isoformat(), str(count)]
        for each in ordered
        for begin, count in zip(periods, counts[each.annotator], strict=True)
        if count
    ]
    table = PictureTable(("annotator", f"{unit} of", "articles"), rows, frozenset({2}))
    return Picture(name, title, " ".join(parts), drawing.svg(), table)


def draw_conflicts(
    counts: Mapping[str, int],
    hrefs: Mapping[str, str],
    *,
    open_: int,
    articles: int,
    deciders: Mapping[str, int],
    name: str = "progress-conflicts",
) -> Picture | None:
    """Draw what open conflicts are about. None where there are none.

    counts: by question, the conflicts in which readings differ in it. hrefs: by question, where the bar leads to.
    open_, articles: conflicts that are left, and their articles. deciders: by name, how many wait for them; those that
    wait for nobody named stand at "".
    """
    if not counts:
        return None
    ordered = sorted(counts, key=lambda each: (-counts[each], each))
    left = min(_NAMES, max(map(text_width, ordered))) + 14
    most = max(counts.values())
    title = "Open conflicts by question"
    drawing = Drawing(title, left + _WIDE + 20 + text_width(f"{most:,}"))
    for row, each in enumerate(ordered):
        y = row * 26.0
        label = f"{each}: {_count(counts[each], 'open conflict')}"
        with drawing.link(hrefs[each], label):
            drawing.rect(0, y, drawing.width, 26, "none", pointer_events="all")
            drawing.text(0, y + 17, each, width=left - 12)
            wide = max(2.0, _WIDE * counts[each] / most)
            drawing.rect(left, y + 6, wide, _BAR, "f-v0")
            drawing.text(left + wide + 8, y + 17, f"{counts[each]:,}")
    drawing.height = len(ordered) * 26 + 2
    caption = (
        f"{_count(open_, 'open conflict')} in {_count(articles, 'article')}: statements that annotators read "
        "differently and on which no decision is recorded. One can be about several questions. "
        f"{_say_deciders(deciders)}"
    )
    rows = [[each, str(counts[each])] for each in ordered]
    links = tuple((row, 1, hrefs[each]) for row, each in enumerate(ordered))
    table = PictureTable(("question", "open conflicts"), rows, frozenset({1}), links)
    return Picture(name, title, caption, drawing.svg(), table)


def _say_deciders(deciders: Mapping[str, int]) -> str:
    named = [f"{name} {count:,}" for name, count in sorted(deciders.items()) if name]
    if not named:
        return "Nobody is named to decide."
    rest = deciders.get("", 0)
    return f"To decide: {', '.join(named)}{f'; {rest:,} by nobody named' if rest else ''}."


def _done(each: ReaderProgress) -> str:
    return f"{each.done:,}" if each.assigned is None else f"{each.done:,} of {each.assigned:,}"


def _pace(each: ReaderProgress) -> str:
    return NONE if each.weekly is None else f"{each.weekly:.1f} a week"


def _left(each: ReaderProgress) -> str:
    if each.assigned is None:
        return NONE
    if not each.left:
        return "nothing"
    told = [_count(each.left, "article")]
    told += [f"{each.weeks_left:.1f} weeks"] if each.weeks_left is not None else []
    told += [f"{each.hours_left:.1f} h"] if each.hours_left is not None else []
    return ", ".join(told)


def _conflicts(each: ReaderProgress) -> str:
    return str(each.conflicts) if each.conflicts else NONE


def _say_progress(readers: Sequence[ReaderProgress], *, is_assigned: bool) -> str:
    done = sum(each.done for each in readers)
    if not is_assigned:
        return (
            f"{_count(done, 'reading')} by {_count(len(readers), 'annotator')}; no article is assigned to anybody, so "
            "that it is not known what is left. The pace counts the weeks in which somebody read."
        )
    done = sum(each.done for each in readers if each.assigned is not None)
    assigned = sum(each.assigned or 0 for each in readers)
    left = sum(each.left for each in readers)
    return (
        f"{done:,} of {_count(assigned, 'assigned reading')} done, {left:,} left. A bar is what is done, its outline "
        "what is assigned. The pace counts the weeks in which somebody read; hours are those that Label Studio "
        "measured, breaks included, as the last pull brought them."
    )


def _progress_table(readers: Sequence[ReaderProgress]) -> PictureTable:
    head = ("annotator", "assigned", "done", "left", "words left", "articles a week", "weeks left", "s per 100 words",
            "hours left", "conflicts with the server")  # fmt: skip
    rows = [
        [
            each.annotator,
            NONE if each.assigned is None else str(each.assigned),
            str(each.done),
            *((NONE, NONE) if each.assigned is None else (str(each.left), str(each.words_left))),
            *(NONE if value is None else f"{value:.1f}" for value in (each.weekly, each.weeks_left)),
            NONE if each.seconds is None else f"{each.seconds:.0f}",
            NONE if each.hours_left is None else f"{each.hours_left:.1f}",
            str(each.conflicts),
        ]
        for each in readers
    ]
    return PictureTable(head, rows, frozenset(range(1, len(head))))


def _periods(first: date, last: date) -> tuple[str, list[date]]:
    """Return what a column is, and the first days of all columns."""
    begin = first - timedelta(days=first.weekday())
    weeks = [begin + timedelta(weeks=each) for each in range((last - begin).days // 7 + 1)]
    if len(weeks) <= MOST_PERIODS:
        return "week", weeks
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count <= MOST_PERIODS:
        months = (first.year * 12 + first.month - 1 + each for each in range(count))
        return "month", [date(each // 12, each % 12 + 1, 1) for each in months]
    return "year", [date(each, 1, 1) for each in range(first.year, last.year + 1)]


def _counted(days: Sequence[date], periods: Sequence[date]) -> list[int]:
    """Return how many days lie in each period."""
    ends = [*(later for _, later in pairwise(periods)), date.max]
    return [sum(begin <= day < end for day in days) for begin, end in zip(periods, ends, strict=True)]


def _label(begin: date, unit: str) -> str:
    return begin.isoformat()[: {"week": 10, "month": 7, "year": 4}[unit]]
