"""How far suggestions pull people: what became of them, and what people do with them and without.

Which tasks begin without suggestions is drawn by chance, and who works on them does not choose. So the two kinds of
tasks differ in nothing but the suggestions, and the difference of any figure of the two is what suggestions make of it:
an unbiased estimate, but for what ratios of sums are biased by, which vanishes with the number of articles. That holds
if the draw was kept to, and if what an annotator saw in one article does not change how they read another: who learns
from suggestions also reads like them where there are none, and then the pull is larger than the figure.

Intervals are of articles drawn with replacement, as in `stancebank.agreement.coefficients`, expanded for few articles.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from stancebank.agreement import coefficients as of
from stancebank.agreement.align import align
from stancebank.agreement.coefficients import LEAST_ARTICLES, draw
from stancebank.agreement.compare import FOUND, WHOLE, statement_fields
from stancebank.agreement.figures import Figure
from stancebank.agreement.report import SAMPLES, Measuring
from stancebank.agreement.student import expanded_tail
from stancebank.agreement.sums import drawn_sums
from stancebank.model import ArticleReadings, Document, Statement
from stancebank.schema.fields import Scheme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stancebank.agreement.sums import Floats

UNCHANGED, EDITED, REMOVED, ADDED = "accepted unchanged", "edited", "taken away", "added by people"
"""What becomes of a suggested statement, and a statement that none began."""

ALL_AGREE = "without suggestions nobody differs from them, so that nothing could follow"


@dataclass(frozen=True, slots=True)
class SuggestedReading:
    """What an annotator made of an article, and what an engine suggests for it.

    is_shown: whether the task began with the suggestions; False where it was left without any on purpose. suggested:
    the statements; None where they are not at hand as they were shown. fates: of each suggestion that was shown, what
    was changed in it, nothing where it was accepted as it was; None where it was taken away. seconds: for 100 words;
    None where that is not known.
    """

    document: Document
    is_shown: bool
    suggested: tuple[Statement, ...] | None = None
    fates: tuple[tuple[str, ...] | None, ...] = ()
    seconds: float | None = None

    @property
    def article_id(self) -> str:
        """Of what it is a reading."""
        return self.document.article_id


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of suggestions. share: of all suggestions; of what was added, of all statements of the readings."""

    name: str
    count: int
    share: Figure


@dataclass(frozen=True, slots=True)
class Contrast:
    """A figure with suggestions and without, and the difference: with, less without.

    followed: of what differs from the suggestions where people do not see them, the share that follows them where they
    do; of agreement with suggestions alone.
    """

    name: str
    seen: Figure
    unseen: Figure
    difference: Figure
    followed: Figure | None = None


@dataclass(frozen=True, slots=True)
class Influence:
    """How far suggestions pull people. A figure that was not measured says why.

    seen, unseen: readings with suggestions and without, of how many articles. suggested: statements that were shown.
    changed: which fields of suggestions were edited. with_suggestions: how far people agree with the suggestions, F1 of
    statements. with_others: how far those who saw them agree with one another, and those who did not. time: seconds for
    100 words, geometric means; the difference is a ratio here, each annotator compared with themselves.
    """

    seen: int
    unseen: int
    seen_articles: int
    unseen_articles: int
    suggested: int
    fates: tuple[Fate, ...]
    changed: tuple[Fate, ...]
    with_suggestions: tuple[Contrast, ...]
    with_others: tuple[Contrast, ...]
    time: Contrast


@dataclass(frozen=True, slots=True)
class SuggestionStudy:
    """How far the suggestions of one name pull people.

    engines: ids of the ledger of engines, of those whose suggestions were shown. remade: readings whose suggestions are
    not at hand as they were shown, since they were made again; they count in what became of suggestions alone. untold:
    readings of tasks that began with suggestions, of which it is not known what became of these; they count nowhere.
    """

    name: str
    engines: tuple[str, ...]
    influence: Influence
    remade: int = 0
    untold: int = 0


def measure_influence(
    readings: Sequence[SuggestedReading], scheme: Scheme, *, samples: int = SAMPLES, seed: int = 20
) -> Influence:
    """Measure how far suggestions of one engine pull people. samples, seed: as for `measure_agreement`."""
    seen = [each for each in readings if each.is_shown]
    unseen = [each for each in readings if not each.is_shown]
    fates, changed = _fates(seen, samples, seed)
    return Influence(
        seen=len(seen),
        unseen=len(unseen),
        seen_articles=_articles(seen),
        unseen_articles=_articles(unseen),
        suggested=sum(len(each.fates) for each in seen),
        fates=tuple(fates),
        changed=tuple(changed),
        with_suggestions=tuple(_with_suggestions(readings, scheme, samples, seed)),
        with_others=tuple(_with_others(seen, unseen, scheme, samples, seed)),
        time=_time(readings, samples, seed),
    )


def _articles(readings: Iterable[SuggestedReading]) -> int:
    return len({each.article_id for each in readings})


def _few(seen: int, unseen: int, read: str = "read") -> str:
    """Return what is missing, where it is; counts of articles."""
    if min(seen, unseen) >= LEAST_ARTICLES:
        return ""
    return f"{seen} articles were {read} with suggestions and {unseen} without; {LEAST_ARTICLES} of each are needed"


def _fates(readings: Sequence[SuggestedReading], samples: int, seed: int) -> tuple[list[Fate], list[Fate]]:
    """Return what became of suggestions, and which fields were edited, the most frequent first."""
    names = sorted({name for each in readings for fate in each.fates for name in fate or ()})
    head = (UNCHANGED, EDITED, REMOVED, ADDED)
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in readings:
        row = rows[each.article_id]
        kept = [fate for fate in each.fates if fate is not None]
        row["suggested"] += len(each.fates)
        row["statements"] += len(each.document.statements)
        row[UNCHANGED] += sum(not fate for fate in kept)
        row[EDITED] += sum(bool(fate) for fate in kept)
        row[REMOVED] += len(each.fates) - len(kept)
        row[ADDED] += max(0, len(each.document.statements) - len(kept))
        row.update(f"field {name}" for fate in kept for name in fate)
    missing = ""
    if len(rows) < LEAST_ARTICLES:
        missing = f"{len(rows)} articles were read with suggestions; {LEAST_ARTICLES} are needed"
    keys = [*head, *(f"field {name}" for name in names)]
    below = ["statements" if key == ADDED else "suggested" for key in keys]
    figures = _ratios(
        [
            (key, [row[key] for row in rows.values()], [row[base] for row in rows.values()])
            for key, base in zip(keys, below, strict=True)
        ],
        missing,
        samples,
        seed,
    )
    found = [
        Fate(key.removeprefix("field "), sum(row[key] for row in rows.values()), figure)
        for key, figure in zip(keys, figures, strict=True)
    ]
    changed = sorted(found[len(head) :], key=lambda each: (-each.count, each.name))
    return found[: len(head)], changed


def _ratios(
    of_articles: Sequence[tuple[str, Sequence[int], Sequence[int]]], missing: str, samples: int, seed: int
) -> list[Figure]:
    """Return shares, each of what every article has, and has of all."""
    import numpy as np

    if missing:
        return [Figure(None, reason=missing)] * len(of_articles)
    count = len(of_articles[0][1])
    sets = draw(count, samples, seed)
    above, below = (sets @ np.array([each[place] for each in of_articles], dtype=float).T for place in (1, 2))
    reasons = ["nothing was suggested" if key != ADDED else "no statement was found" for key, *_ in of_articles]
    return of.figures(of.share(above, below), reasons, expanded_tail(count))


def _with_suggestions(
    readings: Sequence[SuggestedReading], scheme: Scheme, samples: int, seed: int
) -> "list[Contrast]":
    """Return how far people agree with suggestions that they saw, and with those that they did not see."""
    import numpy as np

    names = (FOUND, f"speaker + target + {scheme.label.title}", WHOLE)
    sums: defaultdict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros((2, 1 + len(names))))
    held: dict[bool, set[str]] = {True: set(), False: set()}
    for each in readings:
        if each.suggested is not None:
            sums[each.article_id][0 if each.is_shown else 1] += _agreeing(each.document, each.suggested, scheme)
            held[each.is_shown].add(each.article_id)
    if missing := _few(len(held[True]), len(held[False])):
        none = Figure(None, reason=missing)
        return [Contrast(name, none, none, none, none) for name in names]
    drawn = np.tensordot(draw(len(sums), samples, seed), np.stack(list(sums.values())), 1).astype(float)
    shares = of.share(2 * drawn[:, :, 1:], drawn[:, :, :1])
    tail = expanded_tail(min(map(len, held.values())))
    found = []
    for number, name in enumerate(names):
        seen, unseen = shares[:, 0, number], shares[:, 1, number]
        found.append(_contrast(name, seen, unseen, tail, of.share(seen - unseen, 1 - unseen)))
    return found


def _agreeing(document: Document, suggested: Sequence[Statement], scheme: Scheme) -> "list[float]":
    """Return how many statements both have, and in how many they agree: found, in the frame, in all names."""
    fields = statement_fields(scheme)
    frame = [fields[name] for name in ("speaker", "target", scheme.label.title)]
    every = [each for each in fields.values() if each.is_name]
    found = [0.0] * 4
    for pair in align(document.statements, suggested, scheme):
        one = None if pair.one is None else document.statements[pair.one]
        other = None if pair.other is None else suggested[pair.other]
        if all(each is None or each.same_as for each in (one, other)):
            continue
        found[0] += (one is not None) + (other is not None)
        if one is not None and other is not None:
            found[1] += 1
            found[2] += all(each.read(one) == each.read(other) for each in frame)
            found[3] += all(each.read(one) == each.read(other) for each in every)
    return found


def _contrast(
    name: str,
    seen: "Floats",
    unseen: "Floats",
    tail: float,
    followed: "Floats | None" = None,
    reason: str = of.NO_ANSWERS,
) -> Contrast:
    import numpy as np

    columns = [seen, unseen, seen - unseen, *([] if followed is None else [followed])]
    figures = of.figures(np.column_stack(columns), [reason] * 3 + [ALL_AGREE] * (len(columns) - 3), tail)
    return Contrast(name, *figures)


def _with_others(
    seen: Sequence[SuggestedReading], unseen: Sequence[SuggestedReading], scheme: Scheme, samples: int, seed: int
) -> list[Contrast]:
    """Return how far those agree who saw suggestions, and those who did not."""
    label = scheme.label.title
    names = (FOUND, label, f"alpha of {label}")
    together = [_together(each) for each in (seen, unseen)]
    if missing := _few(len(together[0]), len(together[1]), "read by two or more"):
        none = Figure(None, reason=missing)
        return [Contrast(name, none, none, none) for name in names]
    tail = expanded_tail(min(map(len, together)))
    of_seen, of_unseen = (_sampled(each, scheme, samples, seed + place) for place, each in enumerate(together))
    reasons = (of.NO_ANSWERS, of.NO_ANSWERS, of.ONE_VALUE)
    return [
        _contrast(name, one, other, tail, reason=reason)
        for name, one, other, reason in zip(names, of_seen, of_unseen, reasons, strict=True)
    ]


def _together(readings: Sequence[SuggestedReading]) -> list[ArticleReadings]:
    """Return the readings by article, of those that several have read."""
    by_article: defaultdict[str, list[Document]] = defaultdict(list)
    for each in readings:
        by_article[each.article_id].append(each.document)
    return [
        ArticleReadings(name, tuple(sorted(documents, key=lambda each: each.annotator)))
        for name, documents in sorted(by_article.items())
        if len(documents) > 1
    ]


def _sampled(readings: Sequence[ArticleReadings], scheme: Scheme, samples: int, seed: int) -> "list[Floats]":
    """Return F1 of statements, share and alpha of the label: of all articles, and of each sample."""
    measuring = Measuring(scheme)
    for each in readings:
        measuring.add(each)
    label = next(each for each in measuring.statements.questions if each.name == scheme.label.title)
    read, sums = measuring.read(), drawn_sums(range(len(readings)), len(readings), samples, seed)
    of_found, of_label = measuring.found.measured(read), label.measured(read)
    of_found.sums = of_label.sums = sums
    return [of_found.shares(), of_label.shares(), of_label.alphas()]


def _time(readings: Sequence[SuggestedReading], samples: int, seed: int) -> Contrast:
    """Return seconds for 100 words, and by which factor suggestions change them for one and the same annotator."""
    import numpy as np

    timed = [each for each in readings if each.seconds]
    shown = np.array([each.is_shown for each in timed], dtype=bool)
    held = [_articles(each for each in timed if each.is_shown is kind) for kind in (True, False)]
    if missing := _few(held[0], held[1], "read in a known time"):
        none = Figure(None, reason=missing)
        return Contrast("seconds for 100 words", none, none, none)
    articles = {name: number for number, name in enumerate(dict.fromkeys(each.article_id for each in timed))}
    people = {name: number for number, name in enumerate(dict.fromkeys(each.document.annotator for each in timed))}
    drawn = draw(len(articles), samples, seed)[:, [articles[each.article_id] for each in timed]]
    logs = np.array([log(each.seconds or 1.0) for each in timed])
    is_of = np.zeros((len(timed), len(people)))
    is_of[np.arange(len(timed)), [people[each.document.annotator] for each in timed]] = 1
    counts, totals = [], []
    for kind in (shown, ~shown):
        counts.append(drawn @ (is_of * kind[:, None]))
        totals.append(drawn @ (is_of * (kind * logs)[:, None]))
    means = [of.share(total.sum(1), count.sum(1)) for total, count in zip(totals, counts, strict=True)]
    weights = np.nan_to_num(of.share(counts[0] * counts[1], counts[0] + counts[1]))
    apart = np.nan_to_num(of.share(totals[0], counts[0]) - of.share(totals[1], counts[1]))
    ratio = of.share((weights * apart).sum(1), weights.sum(1))
    values = np.exp(np.column_stack([*means, ratio]))
    reasons = ["no time is known", "no time is known", "nobody has a known time for both"]
    return Contrast("seconds for 100 words", *of.figures(values, reasons, expanded_tail(min(held))))
