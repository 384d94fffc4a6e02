"""Where annotators differ: the cases that cells of pictures lead to, by pair of annotators, values, or article."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stancebank.agreement.compare import CONDITION_FOUND, FOUND, NOTHING
from stancebank.agreement.figures import AgreementReport, Confusion, Occurrence
from stancebank.annotate.agreement import ReadPlaces
from stancebank.schema.fields import Scheme

MOST_SHOWN, MOST_PLACES = 40, 20
"""Pairs of values of a question on a page, and places of each pair."""

_FOUND = (FOUND, CONDITION_FOUND)
_IS_THERE = {True: "found", False: "not found"}


@dataclass(frozen=True, slots=True)
class AgreementCase:
    """A place where annotators differ in a question.

    number, confusion, place: where it stands among the questions, their confusions, and the places of these. answers:
    by annotator; in questions of finding, ``found`` or ``not found``.
    """

    field: str
    number: int
    confusion: int
    place: int
    occurrence: Occurrence
    answers: Mapping[str, str]

    def say(self) -> str:
        """Say who answers what."""
        found: dict[str, list[str]] = {}
        for name, said in self.answers.items():
            found.setdefault(said, []).append(name)
        return "; ".join(f"{said}: {', '.join(names)}" for said, names in found.items())


def first_places(confusion: Confusion) -> list[Occurrence]:
    """Return the places of a confusion that a page has, by article."""
    return sorted(confusion.places, key=lambda each: (each.article_id, each.begin, each.end))[:MOST_PLACES]


def find_cases(report: AgreementReport, at: ReadPlaces, fields: Collection[str] | None = None) -> list[AgreementCase]:
    """Return the cases that a page has, in the order of the questions. fields: their names; None for all."""
    return list(_cases(report, at, fields))


def _cases(report: AgreementReport, at: ReadPlaces, fields: Collection[str] | None) -> Iterator[AgreementCase]:
    for number, field in enumerate(report.fields):
        if fields is not None and field.name not in fields:
            continue
        for which, confusion in enumerate(field.confusions[:MOST_SHOWN]):
            for place, each in enumerate(first_places(confusion)):
                said = at.answers(field.name, each)
                if field.name in _FOUND:
                    said = {name: _IS_THERE[answer != NOTHING] for name, answer in said.items()}
                yield AgreementCase(field.name, number, which, place, each, said)


def by_pair(report: AgreementReport, cases: Sequence[AgreementCase]) -> dict[tuple[str, str, str], list[AgreementCase]]:
    """Return cases by question and the two annotators who differ, as `PairAgreement` names them."""
    found: dict[tuple[str, str, str], list[AgreementCase]] = {}
    pairs = {field.name: [(each.one, each.other) for each in field.pairs] for field in report.fields}
    for case in cases:
        for one, other in pairs[case.field]:
            said = case.answers.get(one), case.answers.get(other)
            if None not in said and said[0] != said[1]:
                found.setdefault((case.field, one, other), []).append(case)
    return found


def by_article(cases: Sequence[AgreementCase]) -> dict[str, list[AgreementCase]]:
    """Return cases by their article."""
    found: dict[str, list[AgreementCase]] = {}
    for case in cases:
        found.setdefault(case.occurrence.article_id, []).append(case)
    return found


def by_values(cases: Sequence[AgreementCase], report: AgreementReport) -> dict[tuple[str, str], list[AgreementCase]]:
    """Return cases of one question by the two values, as `Confusion` names them."""
    found: dict[tuple[str, str], list[AgreementCase]] = {}
    for case in cases:
        confusion = report.fields[case.number].confusions[case.confusion]
        found.setdefault((confusion.one, confusion.other), []).append(case)
    return found


def questions_without_words(scheme: Scheme, closed: Collection[str]) -> frozenset[str]:
    """Return the questions whose answers hold no words of articles. closed: `closed_questions`."""
    return frozenset({*closed, "speaker", FOUND} | ({CONDITION_FOUND} if scheme.has_conditions else set()))
