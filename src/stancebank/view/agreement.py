"""The section of a dossier on how far annotators agree. It says what they answered, and never how good anybody is."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from stancebank.agreement.report import measure_agreement
from stancebank.annotate.agreement import ReadPlaces, closed_questions
from stancebank.annotate.agreement_cases import (
    AgreementCase,
    by_pair,
    by_values,
    find_cases,
    questions_without_words,
)
from stancebank.model import Article, Span
from stancebank.pictures.agreement import draw_articles, draw_confusions, draw_pairs
from stancebank.pictures.cases import Case, Cases, brief, list_cases
from stancebank.view.collection import Collection, ShownArticle
from stancebank.view.listing import anchor_of
from stancebank.view.section import Section

T = TypeVar("T")

INTRO = (
    "What people answered who read the same article, before anything was decided. Models and gold do not count. "
    "A cell leads to its cases, and these to their articles."
)


def make_agreement(collection: Collection) -> Section | None:
    """Return the section on agreement. None for a published folder, and where no article has two readers."""
    workspace = collection.workspace
    if workspace is None:
        return None
    scheme, label = collection.scheme, collection.scheme.label.title
    report = measure_agreement(workspace.store.readings(), scheme, samples=0)
    if not report.articles:
        return None
    closed = questions_without_words(scheme, closed_questions(scheme))
    cases = find_cases(report, ReadPlaces(workspace), closed)
    maker = _CaseWords(collection)
    pairs = {
        key: list_cases(f"agreement-p{number}", f"{key[0]}: {key[1]} and {key[2]}", maker.cases(held))
        for number, (key, held) in enumerate(by_pair(report, cases).items())
    }
    of_label = [each for each in cases if each.field == label]
    values = {
        pair: list_cases(f"agreement-v{number}", f"{pair[0]} and {pair[1]}", maker.cases(held))
        for number, (pair, held) in enumerate(by_values(of_label, report).items())
    }
    articles = {each.name: f"#{anchor_of(each.name)}" for each in report.by_article}
    titles = {each: _title(collection.article(each)) for each in articles}
    field = next((each for each in report.fields if each.name == label), None)
    drawn = (
        draw_pairs(report, _hrefs(pairs)),
        draw_confusions(field, _hrefs(values)) if field else None,
        draw_articles(report, label, articles, titles),
    )
    pictures = tuple(each for each in drawn if each is not None)
    cases_of = {"agreement-pairs": tuple(pairs.values()), "agreement-confusions": tuple(values.values())}
    return Section("agreement", "Agreement", INTRO, pictures, cases_of)


def _hrefs(cases: Mapping[T, Cases]) -> dict[T, str]:
    return {key: each.href for key, each in cases.items()}


def _title(article: Article) -> str:
    return article.title.value if article.title else article.id


class _CaseWords:
    """Makes cases as a page shows them: with those of the words that it may show. Articles are read once."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._shown: dict[str, ShownArticle] = {}

    def cases(self, held: Iterable[AgreementCase]) -> list[Case]:
        """Return cases with their articles."""
        return [self._case(each) for each in held]

    def _case(self, case: AgreementCase) -> Case:
        own = case.occurrence
        if own.article_id not in self._shown:
            self._shown[own.article_id] = self._collection.shown(own.article_id)
        shown = self._shown[own.article_id]
        words = shown.span_words(Span(begin=own.begin, end=own.end, fingerprint=""))
        return Case(brief(words), case.say(), _title(shown.article), f"#{anchor_of(own.article_id)}")
