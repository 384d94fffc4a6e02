"""What suggestions make of readings, as tables and sentences that a terminal and a page show."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stancebank.agreement.compare import NOTHING
from stancebank.agreement.figures import Figure
from stancebank.agreement.influence import Contrast, SuggestionStudy
from stancebank.agreement.replacing import ENOUGH, RATE, EngineTrial
from stancebank.pictures.picture import count

ASSUMPTION = (
    "Which tasks are left without suggestions is drawn by chance, so the differences are what suggestions make; that "
    "holds as long as what an annotator saw in one article does not change how they read another."
)


@dataclass(frozen=True, slots=True)
class ToldTable:
    """A table as people read it. numbers: how many columns at its end hold numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int


def say_readings(study: SuggestionStudy) -> str:
    """Return which readings a study rests on, as sentences."""
    own = study.influence
    said = (
        f"{count(own.seen, 'reading')} of {count(own.seen_articles, 'article')} began with suggestions of "
        f"{', '.join(study.engines) or study.name}, {count(own.unseen, 'reading')} of "
        f"{count(own.unseen_articles, 'article')} with none on purpose."
    )
    if study.remade:
        said += f" Of {count(study.remade, 'reading')} the suggestions were made again since, and are not at hand."
    if study.untold:
        more = count(study.untold, "more reading")
        said += f" Of the suggestions of {more} it is not known what became; a pull may tell."
    return said


def tables_of(study: SuggestionStudy) -> Iterator[ToldTable]:
    """Yield the tables of a study that have a figure; what is in none of them, `not_measured` says."""
    own = study.influence
    if any(each.share.value is not None for each in own.fates):
        rows = [(each.name, str(each.count), *_share(each.share)) for each in own.fates]
        rows += [(f"edited: {each.name}", str(each.count), *_share(each.share)) for each in own.changed]
        yield ToldTable(
            f"What became of {count(own.suggested, 'suggestion')}", ("", "count", "share", "95 %"), tuple(rows), 3
        )
    head = ("", "with", "without", "difference", "95 %")
    if measured := [each for each in own.with_suggestions if each.difference.value is not None]:
        rows = [(*_contrast(each), *_share(each.followed or Figure(None))) for each in measured]
        yield ToldTable("Agreement with the suggestions (F1)", (*head, "followed", "95 %"), tuple(rows), 6)
    if measured := [each for each in own.with_others if each.difference.value is not None]:
        yield ToldTable("Agreement of annotators", head, tuple(map(_contrast, measured)), 4)
    if own.time.difference.value is not None:
        seconds = (
            f"{each.value:.0f}" if each.value is not None else NOTHING for each in (own.time.seen, own.time.unseen)
        )
        factor = own.time.difference
        row = (own.time.name, *seconds, f"× {factor.value:.2f}", _interval(factor, "{:.2f}"))
        yield ToldTable("Time", head, (row,), 4)


def not_measured(study: SuggestionStudy) -> list[tuple[str, str]]:
    """Return what was not measured, and what is missing."""
    own = study.influence
    told = [
        ("what became of suggestions", [each.share for each in own.fates]),
        ("agreement with the suggestions", [each.difference for each in own.with_suggestions]),
        ("agreement of annotators with suggestions and without", [each.difference for each in own.with_others]),
        ("time with suggestions and without", [own.time.difference]),
    ]
    return [(what, figures[0].reason) for what, figures in told if all(each.value is None for each in figures)]


def say_trial(trial: EngineTrial) -> str:
    """Return whether an engine may replace an annotator, as a sentence."""
    found = trial.replacement
    if found.may_replace is None or found.winning_rate is None or found.advantage is None:
        return f"Not applicable: {found.reason}."
    won = sum(each.won for each in found.contests)
    tested = sum(each.p is not None for each in found.contests)
    verdict = "may replace one of these annotators" if found.may_replace else "may not replace one of these annotators"
    return (
        f"{trial.name} {verdict}: it wins against {won} of {tested} (winning rate {found.winning_rate:.2f}; "
        f"{ENOUGH} is enough), if a person costs {found.epsilon:g} more. In {found.advantage:.0%} of the units it is "
        "as close to the others as the person is, or closer."
    )


def say_basis(trial: EngineTrial) -> str:
    """Return what a trial rests on, as sentences."""
    said = (
        f"{count(trial.replacement.units, 'unit')} of {count(trial.articles, 'article')}; false rejections {RATE:.0%}."
    )
    if trial.pulled:
        said += f" {count(trial.pulled, 'reading')} that began with suggestions {_are(trial.pulled)} left out."
    if trial.unread:
        said += f" {count(trial.unread, 'article')} {_are(trial.unread)} left out that {trial.name} has not read."
    return said


def trial_table(trial: EngineTrial) -> ToldTable:
    """Return the engine against each annotator."""
    rows = tuple(
        (
            each.annotator,
            str(each.units),
            f"{each.engine:.1%}",
            f"{each.person:.1%}",
            NOTHING if each.p is None else f"{each.p:.4f}",
            NOTHING if trial.replacement.may_replace is None else "yes" if each.won else "no",
        )
        for each in trial.replacement.contests
    )
    return ToldTable("Left out in turn", ("annotator", "units", "engine", "person", "p", "won"), rows, 5)


def to_values(studies: Iterable[SuggestionStudy]) -> list[dict[str, Any]]:
    """Return studies as JSON holds them."""
    return [asdict(each) for each in studies]


def _contrast(each: Contrast) -> tuple[str, ...]:
    points = "{:+.3f}"
    difference = NOTHING if each.difference.value is None else points.format(each.difference.value)
    return (
        each.name,
        *(_number(one) for one in (each.seen, each.unseen)),
        difference,
        _interval(each.difference, points),
    )


def _share(figure: Figure) -> Sequence[str]:
    return (NOTHING if figure.value is None else f"{figure.value:.1%}", _interval(figure, "{:.1%}"))


def _number(figure: Figure) -> str:
    return NOTHING if figure.value is None else f"{figure.value:.3f}"


def _interval(figure: Figure, form: str) -> str:
    if figure.low is None or figure.high is None:
        return NOTHING
    return f"{form.format(figure.low)} to {form.format(figure.high)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
