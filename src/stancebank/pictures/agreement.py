"""Pictures of how far annotators agree: questions by pair, values that are confused, articles from the worst on.

In all of them a darker cell is one to look at: it stands for more disagreement. Every number is written, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from stancebank.agreement.compare import FOUND, NOTHING, WHOLE
from stancebank.agreement.figures import AgreementReport, FieldAgreement, Figure, GroupAgreement, PairAgreement
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.picture import count as _count
from stancebank.pictures.svg import Drawing, number, text_width

COLOUR = "v0"
"""Of disagreement."""

MOST_PAIRS = 12
"""Pairs of annotators that have a column, those that answered most together."""
MOST_VALUES = 20
"""Values that have a row, those that were confused most."""
MOST_ARTICLES = 25
"""Articles that have a row, those that agree least."""

_ROW = 26
_NAMES = 190
"""The widest names of rows, in px."""
_CELL = 46
"""The width of a cell of confusions, in px."""
_PALEST, _DARKEST = 0.05, 0.5
"""Opacities of the colour; ink on the darkest has a contrast of 4.5 : 1 to it in light and dark."""

Pair = tuple[str, str]


def draw_pairs(
    report: AgreementReport, hrefs: Mapping[tuple[str, str, str], str], *, name: str = "agreement-pairs"
) -> Picture | None:
    """Draw a matrix of questions and pairs of annotators. None where no two have an article in common.

    hrefs: by question and both annotators, as `PairAgreement` names them, where the cell leads to.
    """
    pairs = _most_together(report)
    if not pairs:
        return None
    shown = pairs[:MOST_PAIRS]
    left = min(_NAMES, max(text_width(each.name) for each in report.fields)) + 14
    wide = max(64.0, min(132.0, (900 - left) / len(shown)))
    title = "Agreement by question and pair of annotators"
    drawing = Drawing(title, left + wide * len(shown))
    top = 82.0
    _draw_scale(drawing, 1.0, "1: always the same", "0 or less: as by chance, or never")
    for place, pair in enumerate(shown):
        for line, who in enumerate(pair):
            drawing.text(
                left + wide * (place + 0.5), top - 24 + 16 * line, who, size=11, anchor="middle", width=wide - 8
            )
    reasons: set[str] = set()
    for row, field in enumerate(report.fields):
        y = top + row * _ROW
        drawing.text(0, y + 17, field.name, width=left - 12)
        found = {(each.one, each.other): each for each in field.pairs}
        for place, pair in enumerate(shown):
            x = left + wide * place
            each = found.get(pair)
            figure, said = _figure_of(each)
            label = f"{field.name}, {pair[0]} and {pair[1]}: {said}"
            with _leading(drawing, hrefs.get((field.name, *pair)), label):
                if figure is None:
                    reasons.add(_why(each))
                    _hatch(drawing, x + 1, y + 1, wide - 2, _ROW - 2)
                else:
                    assert figure.value is not None
                    _cell(drawing, x + 1, y + 1, wide - 2, _ROW - 2, 1 - max(0.0, figure.value))
                    drawing.text(x + wide / 2, y + 17, _written(each), anchor="middle")
    drawing.height = top + _ROW * len(report.fields) + 2
    parts = [
        f"{_count(len(report.fields), 'question')}, {_count(len(pairs), 'pair')} of annotators, "
        f"{_count(report.articles, 'article')} that at least two of them read. Cohen’s κ, or, with %, the share of "
        "equal answers where nothing corrects for chance. The darker a cell, the less they agree."
    ]
    if len(pairs) > len(shown):
        parts.append(f"{len(pairs) - len(shown)} pairs with less in common are in the table alone.")
    note = f"Hatched is not defined: {'; '.join(sorted(reasons))}." if reasons else ""
    return Picture(name, title, " ".join(parts), drawing.svg(), _pairs_table(report), note=note)


def draw_confusions(
    field: FieldAgreement, hrefs: Mapping[Pair, str], *, name: str = "agreement-confusions"
) -> Picture | None:
    """Draw which values were given for one statement: a triangle of all pairs of them. None where nobody differs.

    hrefs: by both values, as `Confusion` names them, where the cell leads to.
    """
    counts = {(each.one, each.other): each.count for each in field.confusions}
    if not counts:
        return None
    values = _values(field, counts)
    shown = values[:MOST_VALUES]
    shares = {each.value: each.share for each in field.values}
    most = max(counts.values())
    left = min(_NAMES, max(map(text_width, shown))) + 14
    title = f"Confusions of {field.name}"
    drawing = Drawing(title, 0)
    _draw_scale(drawing, float(most), "1", f"{most}: most often taken for each other", is_count=True)
    top = 46.0
    for row, value in enumerate(shown):
        y = top + row * _ROW
        if row:
            drawing.text(0, y + 17, value, width=left - 12)
        for column, other in enumerate(shown[:row]):
            x = left + column * _CELL
            pair = (value, other) if (value, other) in counts else (other, value)
            count = counts.get(pair, 0)
            if not count:
                drawing.rect(x + 1, y + 1, _CELL - 2, _ROW - 2, "f-soft")
                continue
            with _leading(drawing, hrefs.get(pair), f"{pair[0]} and {pair[1]}: {count}"):
                _cell(drawing, x + 1, y + 1, _CELL - 2, _ROW - 2, count / most)
                drawing.text(x + _CELL / 2, y + 17, f"{count:,}", anchor="middle")
        x = left + row * _CELL
        share = shares.get(value)
        written = f"{share.value:.0%}" if share is not None and share.value is not None else NOTHING
        drawing.rect(x + 1.5, y + 1.5, _CELL - 3, _ROW - 3, "s-line none")
        drawing.text(x + _CELL / 2, y + 17, written, "f-quiet", size=11, anchor="middle")
        drawing.text(x + _CELL + 8, y + 17, value, width=_NAMES)
        drawing.width = max(drawing.width, x + _CELL + 8 + min(_NAMES, text_width(value)) + 4)
    drawing.height = top + _ROW * len(shown) + 2
    parts = [
        f"{_count(sum(counts.values()), 'pair')} of answers that differ, on {_count(field.units, 'unit')} with two "
        "answers at least. A cell stands below one value and to the right of the other; on the "
        "diagonal is the share of the answers beside a value that are the same."
    ]
    if len(values) > len(shown):
        parts.append(f"{len(values) - len(shown)} values that were confused less are in the table alone.")
    return Picture(name, title, " ".join(parts), drawing.svg(), _confusions_table(field, hrefs))


def draw_articles(
    report: AgreementReport,
    label: str,
    hrefs: Mapping[str, str],
    titles: Mapping[str, str] | None = None,
    *,
    name: str = "agreement-articles",
) -> Picture | None:
    """Draw the articles in which annotators agree least, from the worst on. None where there are none with statements.

    label: the name of the label. hrefs: by id, where the article leads to. titles: by id, what it is called, if not
    its id.
    """
    groups = rank_articles(report)
    if not groups:
        return None
    shown = groups[:MOST_ARTICLES]
    names = {each.name: (titles or {}).get(each.name) or each.name for each in groups}
    left = min(300.0, max(text_width(names[each.name]) for each in shown)) + 14
    wide, right = 360.0, 96.0
    title = "Articles, from the least agreement on"
    drawing = Drawing(title, left + wide + right)
    dots = ((FOUND, "v1", "statements found by both (F1)"), (label, COLOUR, f"{label} the same"))
    _draw_dots_legend(drawing, dots)
    top = 66.0
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = left + wide * share
        drawing.line(x, top, x, top + _ROW * len(shown), "s-line")
        drawing.text(x, top - 8, f"{share:.0%}", "f-quiet", size=11, anchor="middle")
    for row, each in enumerate(shown):
        y = top + row * _ROW
        shares = {kind: each.shares.get(kind) for kind in (FOUND, label, WHOLE)}
        said = "; ".join(
            f"{words} {_percent(shares[kind])}"
            for kind, words in ((WHOLE, "the same in everything"), (FOUND, "found"), (label, label))
        )
        with _leading(drawing, hrefs.get(each.name), f"{names[each.name]}: {said}"):
            drawing.rect(0, y, drawing.width, _ROW, "none", pointer_events="all")
            drawing.text(0, y + 17, names[each.name], width=left - 12)
            whole = shares[WHOLE]
            if whole is not None and whole.value is not None:
                drawing.rect(left, y + 6, max(1.0, wide * whole.value), _ROW - 12, "f-edge", fill_opacity=0.35)
            for kind, colour, _ in dots:
                figure = shares[kind]
                if figure is not None and figure.value is not None:
                    _dot(drawing, left + wide * figure.value, y + _ROW / 2, colour)
            drawing.text(left + wide + right, y + 17, _count(each.units, "statement"), "f-quiet", size=11, anchor="end")
    drawing.height = top + _ROW * len(shown) + 2
    parts = [
        f"{_count(len(groups), 'article')} with statements that at least two annotators read. First come those in "
        "which the fewest statements were found by both and read the same in everything. A bar is the share of those "
        "found by both that are the same in everything."
    ]
    if len(groups) > len(shown):
        parts.append(f"The {len(shown)} with the least agreement are drawn; the table has {len(groups)}.")
    table = PictureTable(
        ("article", "statements", "the same in everything", "statements found (F1)", f"{label} the same"),
        [
            [names[each.name], str(each.units), *(_percent(each.shares.get(kind)) for kind in (WHOLE, FOUND, label))]
            for each in groups
        ],
        frozenset({1, 2, 3, 4}),
        tuple((row, 0, hrefs[each.name]) for row, each in enumerate(groups) if each.name in hrefs),
    )
    return Picture(name, title, " ".join(parts), drawing.svg(), table)


def rank_articles(report: AgreementReport) -> list[GroupAgreement]:
    """Return the articles with statements, those in which annotators agree least first."""

    def worth(each: GroupAgreement) -> tuple[float, float, str]:
        shares = [each.shares.get(kind) for kind in (WHOLE, FOUND)]
        whole, found = (1.0 if one is None or one.value is None else one.value for one in shares)
        return whole * found, found, each.name

    return sorted((each for each in report.by_article if each.units), key=worth)


def _most_together(report: AgreementReport) -> list[Pair]:
    """Return the pairs, by name if all have a column, else those with the most answers in common first."""
    units: dict[Pair, int] = {}
    for field in report.fields:
        for each in field.pairs:
            units[each.one, each.other] = units.get((each.one, each.other), 0) + each.units
    names = sorted(units)
    return names if len(names) <= MOST_PAIRS else sorted(names, key=lambda pair: (-units[pair], pair))


def _values(field: FieldAgreement, counts: Mapping[Pair, int]) -> list[str]:
    """Return all values: those that were confused, the most often confused first, then the others."""
    often: dict[str, int] = {}
    for pair, count in counts.items():
        for value in pair:
            often[value] = often.get(value, 0) + count
    return sorted(often, key=lambda each: (-often[each], each)) + [
        each.value for each in field.values if each.value not in often
    ]


def _figure_of(pair: PairAgreement | None) -> tuple[Figure | None, str]:
    """Return the figure of a cell, κ if it is defined, and what is said of it."""
    if pair is None:
        return None, _why(pair)
    if pair.kappa.value is not None:
        return pair.kappa, f"κ {pair.kappa.value:.2f}, {_percent(pair.share)} the same, {_count(pair.units, 'unit')}"
    if pair.share.value is not None:
        return pair.share, f"{_percent(pair.share)} the same, {_count(pair.units, 'unit')}; no κ: {pair.kappa.reason}"
    return None, _why(pair)


def _why(pair: PairAgreement | None) -> str:
    return pair.share.reason if pair is not None else "the two have nothing in common"


def _written(pair: PairAgreement | None) -> str:
    if pair is None:
        return NOTHING
    return f"{pair.kappa.value:.2f}" if pair.kappa.value is not None else _percent(pair.share)


def _pairs_table(report: AgreementReport) -> PictureTable:
    rows = [
        [
            *(field.name, each.one, each.other, str(each.units), _percent(each.share)),
            *(f"{each.kappa.value:.2f}" if each.kappa.value is not None else NOTHING,),
            *(each.share.reason or each.kappa.reason,),
        ]
        for field in report.fields
        for each in field.pairs
    ]
    head = ("question", "one", "other", "units", "share", "κ", "why it is not defined")
    return PictureTable(head, rows, frozenset({3, 4, 5}))


def _confusions_table(field: FieldAgreement, hrefs: Mapping[Pair, str]) -> PictureTable:
    rows = [[each.one, each.other, str(each.count)] for each in field.confusions]
    links = tuple(
        (row, 2, href) for row, each in enumerate(field.confusions) if (href := hrefs.get((each.one, each.other)))
    )
    return PictureTable(("one", "other", "pairs of answers"), rows, frozenset({2}), links)


@contextmanager
def _leading(drawing: Drawing, href: str | None, label: str) -> Iterator[None]:
    """Let a cell lead to its cases; where it has none, let it say what it is."""
    if href:
        with drawing.link(href, label):
            yield
    else:
        with drawing.group(role="img", aria_label=label):
            drawing.tooltip(label)
            yield


def _cell(drawing: Drawing, x: float, y: float, width: float, height: float, share: float) -> None:
    opacity = _PALEST + (_DARKEST - _PALEST) * min(1.0, max(0.0, share))
    drawing.rect(x, y, width, height, f"f-{COLOUR}", fill_opacity=opacity)


def _hatch(drawing: Drawing, x: float, y: float, width: float, height: float) -> None:
    """Hatch a cell. The lines are drawn one by one: a pattern needs an id, which must be unique in a page."""
    drawing.rect(x, y, width, height, "f-soft")
    parts = []
    along = 6.0
    while along < width + height:
        x1, y1 = x + min(along, width), y + max(0.0, along - width)
        x2, y2 = x + max(0.0, along - height), y + min(along, height)
        parts.append(f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}")
        along += 8
    drawing.path("".join(parts), "s-line none")


def _draw_scale(drawing: Drawing, most: float, palest: str, darkest: str, *, is_count: bool = False) -> None:
    """Draw what the colour means: five steps, from the palest to the darkest."""
    drawing.text(0, 16, palest, "f-quiet", size=11)
    x = text_width(palest, 11) + 8
    for step in range(5):
        _cell(drawing, x + step * 20, 4, 20, 16, (1 / most if is_count else 0) * (1 - step / 4) + step / 4)
    drawing.text(x + 108, 16, darkest, "f-quiet", size=11)
    drawing.width = max(drawing.width, x + 112 + text_width(darkest, 11))


def _draw_dots_legend(drawing: Drawing, dots: Sequence[tuple[str, str, str]]) -> None:
    x = 0.0
    drawing.rect(x, 6, 18, 12, "f-edge", fill_opacity=0.35)
    x = _legend_text(drawing, x + 24, "the same in everything")
    for _, colour, words in dots:
        _dot(drawing, x + 6, 12, colour)
        x = _legend_text(drawing, x + 18, words)
    drawing.width = max(drawing.width, x)


def _legend_text(drawing: Drawing, x: float, words: str) -> float:
    drawing.text(x, 16, words, width=260)
    return x + min(260, text_width(words)) + 18


def _dot(drawing: Drawing, x: float, y: float, colour: str) -> None:
    if colour == COLOUR:
        drawing.path(f"M{number(x)} {number(y - 6)}L{number(x + 6)} {number(y)}L{number(x)} {number(y + 6)}"
                     f"L{number(x - 6)} {number(y)}Z", f"f-{colour}")  # fmt: skip
    else:
        drawing.circle(x, y, 5, f"s-{colour} hollow", stroke_width=2)


def _percent(figure: Figure | None) -> str:
    return NOTHING if figure is None or figure.value is None else f"{figure.value:.0%}"
