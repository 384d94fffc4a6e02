"""A study of agreement as people and programs read it: sentences, JSON, and a page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from stancebank.agreement.advice import MergeAdvice, SampleAdvice
from stancebank.agreement.compare import NOTHING
from stancebank.agreement.figures import AgreementReport, Confusion, FieldAgreement, Figure, GroupAgreement, Occurrence
from stancebank.agreement.influence import SuggestionStudy
from stancebank.annotate.agreement import ReadPlaces, RuledWeakness, Study, closed_questions
from stancebank.annotate.agreement_cases import (
    MOST_PLACES,
    MOST_SHOWN,
    AgreementCase,
    by_article,
    by_pair,
    find_cases,
    first_places,
)
from stancebank.annotate.influence_report import ASSUMPTION, not_measured, say_readings, tables_of, to_values
from stancebank.annotate.practice import rules_of
from stancebank.pictures.agreement import MOST_ARTICLES, draw_articles, draw_confusions, draw_pairs, rank_articles
from stancebank.pictures.cases import Case, Cases, brief, list_cases
from stancebank.pictures.page import environment, make_page
from stancebank.schema.fields import Scheme

if TYPE_CHECKING:
    from stancebank.annotate.interface_settings import Interface
    from stancebank.workspace import Workspace

NOTHING_STANDS_OUT = "Nothing stands out beyond chance."

MOST_CONFUSED = 10
"""Pairs of values that are listed as the most confused."""


def say_weakness(found: RuledWeakness) -> str:
    """Return what stands out, as a sentence that names it first."""
    each = found.weakness
    if each.kind == "annotator":
        return (
            f"{each.names[0]} differs from the others in {each.share:.0%} of the answers; "
            f"they differ from one another in {each.usual:.0%}."
        )
    if each.kind == "values":
        rules = f" {_parts(found.rules)}." if found.rules else ""
        return (
            f"{each.names[0]} and {each.names[1]} ({each.field}) are taken for each other: {each.share:.0%} of the "
            f"differences in {each.field} are between these two; chance would give {each.usual:.0%}.{rules}"
        )
    rules = f"{found.rules} ({each.field})" if found.rules else f"The question {each.field}"
    many = "leave" if "," in found.rules or " to " in found.rules else "leaves"
    return (
        f"{rules} {many} open what to answer: {each.share:.0%} of the answers differ; in the other questions "
        f"{each.usual:.0%} is usual."
    )


def _parts(rules: str) -> str:
    return f"{rules} should part them"


def say_merge(each: MergeAdvice) -> str:
    """Return an advice as a sentence."""
    return f"{each.field}: {each.one} and {each.other} merged would give {each.merged:.2f} instead of {each.alpha:.2f}."


def say_sample(each: SampleAdvice, articles: int) -> str:
    """Return an advice as a sentence. articles: how many there are."""
    if each.more is None or each.half_width is None:
        return f"{each.field}: it cannot be said how many more articles would do, since {each.reason}."
    if not each.more:
        return f"{each.field}: alpha is known to ± {each.half_width:.2f} by {articles} articles, which will do."
    noun = "article" if each.more == 1 else "articles"
    return (
        f"{each.field}: {each.more} more doubly annotated {noun} for ± {each.wanted:.2f}; "
        f"alpha is known to ± {each.half_width:.2f} by {articles}."
    )


def samples_to_tell(study: Study, scheme: Scheme) -> list[SampleAdvice]:
    """Return the advices on the label and on the question whose interval is widest, if that is another one."""
    label = [each for each in study.samples if each.field == scheme.label.title]
    others = [each for each in study.samples if each.more and each not in label]
    return label + sorted(others, key=lambda each: -(each.more or 0))[:1]


def confused_values(report: AgreementReport, closed: Iterable[str]) -> list[tuple[FieldAgreement, Confusion]]:
    """Return the most frequent confusions of questions whose answers are of a list, the most frequent first."""
    names = set(closed)
    pairs = [(field, each) for field in report.fields if field.name in names for each in field.confusions]
    return sorted(pairs, key=lambda pair: (-pair[1].count, pair[0].level, pair[0].name, pair[1].one))[:MOST_CONFUSED]


def shown(figure: Figure, *, percent: bool = False) -> str:
    """Return the value of a figure as people read it; a dash where it is not defined."""
    if figure.value is None:
        return NOTHING
    return f"{figure.value:.1%}" if percent else f"{figure.value:.2f}"


def shown_interval(figure: Figure) -> str:
    """Return the interval of a figure as people read it; a dash where there is none."""
    return NOTHING if figure.low is None or figure.high is None else f"{figure.low:.2f} to {figure.high:.2f}"


def alike(answers: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return the answers of annotators, each with all who give it."""
    found: dict[str, list[str]] = {}
    for name, said in answers.items():
        found.setdefault(said, []).append(name)
    return list(found.items())


def say_answers(answers: Mapping[str, str]) -> str:
    """Return the answers of annotators on one line."""
    return "; ".join(f"{', '.join(names)} {said}" for said, names in alike(answers))


def undefined(report: AgreementReport) -> dict[str, list[str]]:
    """Return why figures of questions are not defined, each reason with the questions."""
    found: dict[str, list[str]] = {}
    for field in report.fields:
        for name, figure in (("share", field.share), ("kappa", field.kappa), ("alpha", field.alpha)):
            if figure.value is None and figure.reason:
                names = found.setdefault(figure.reason, [])
                if name == "alpha" and f"kappa of {field.name}" in names:
                    names[names.index(f"kappa of {field.name}")] = field.name
                else:
                    names.append(f"{name} of {field.name}")
    return found


def to_value(study: Study, suggestions: Sequence[SuggestionStudy] = ()) -> dict[str, Any]:
    """Return a study as JSON holds it. suggestions: what they make of readings, where any were shown."""
    return {
        "first": [
            asdict(each.weakness) | {"rules": each.rules, "said": say_weakness(each)} for each in study.weaknesses
        ],
        "report": asdict(study.report),
        "merges": [asdict(each) for each in study.merges],
        "samples": [asdict(each) for each in study.samples],
        "disagreements": [
            asdict(each.disagreement) | {"words": each.words, "answers": each.answers, "rules": each.rules}
            for each in study.disagreements
        ],
        "left_out": list(study.left_out),
        "alone": study.alone,
        **({"suggestions": to_values(suggestions)} if suggestions else {}),
    }


@cache
def _filters() -> None:
    """Give the environment of pages the filters of this one."""
    filters = environment().filters
    filters |= {"interval": shown_interval, "figure": shown, "alike": alike}
    filters["percent"] = partial(shown, percent=True)


def to_page(study: Study, workspace: "Workspace", suggestions: Sequence[SuggestionStudy] = ()) -> str:
    """Return a study as one HTML page that needs no network. It holds words of the articles whose texts are at hand.

    suggestions: as for `to_value`.
    """
    from stancebank.annotate.interface_settings import load_interface

    report, interface = study.report, load_interface(workspace)
    label, places = workspace.scheme.label.title, ReadPlaces(workspace)
    cases = find_cases(report, places)
    pairs = {
        key: list_cases(f"p{number}", f"{key[0]}: {key[1]} and {key[2]}", (_case(each, places) for each in held))
        for number, (key, held) in enumerate(by_pair(report, cases).items())
    }
    by_id = by_article(cases)
    worst = [each.name for each in rank_articles(report)[:MOST_ARTICLES] if each.name in by_id]
    articles = {
        name: list_cases(f"a{number}", name, (_case(each, places, with_field=True) for each in by_id[name]))
        for number, name in enumerate(worst)
    }
    _filters()
    return make_page(
        "agreement.html",
        parts=("agreement",),
        title=f"Agreement: {workspace.settings.pretty_name}",
        report=report,
        label=label,
        first=[(each.weakness.kind, say_weakness(each)) for each in study.weaknesses],
        nothing=NOTHING_STANDS_OUT,
        undefined=undefined(report),
        pairs=draw_pairs(report, _pair_hrefs(report, pairs)),
        pair_cases=list(pairs.values()),
        articles=draw_articles(report, label, {name: each.href for name, each in articles.items()}),
        article_cases=list(articles.values()),
        confused=[
            {
                "field": field.name,
                "one": each.one,
                "other": each.other,
                "count": each.count,
                "rules": rules_of(interface, field.name, (each.one, each.other)),
            }
            for field, each in confused_values(report, closed_questions(workspace.scheme))
        ],
        questions=[_question(each, number, places, interface) for number, each in enumerate(report.fields)],
        disagreements=study.disagreements,
        merges=[say_merge(each) for each in study.merges],
        samples=[say_sample(each, report.articles) for each in samples_to_tell(study, workspace.scheme)],
        groups=[
            (title, list(_groups(groups, label)))
            for title, groups in (
                ("version of the guidelines", report.by_guidelines),
                ("month", report.by_month),
                ("article", report.by_article),
            )
            if len(groups) > 1
        ],
        left_out=study.left_out,
        alone=study.alone,
        suggestions=[(each, say_readings(each), list(tables_of(each)), not_measured(each)) for each in suggestions],
        assumption=ASSUMPTION,
    )


def _pair_hrefs(
    report: AgreementReport, pairs: Mapping[tuple[str, str, str], Cases]
) -> dict[tuple[str, str, str], str]:
    """Return where the cells lead to: to their cases, or, without places of these, to the question."""
    found = {}
    for number, field in enumerate(report.fields):
        for each in field.pairs:
            key = field.name, each.one, each.other
            found[key] = pairs[key].href if key in pairs else f"#q{number}"
    return found


def _case(case: AgreementCase, at: ReadPlaces, *, with_field: bool = False) -> Case:
    own = case.occurrence
    return Case(
        words=brief(at.words(own.article_id, own.begin, own.end)),
        said=f"{case.field}: {case.say()}" if with_field else case.say(),
        article=f"{own.article_id}, {own.begin}–{own.end}",
        href=f"#q{case.number}-{case.confusion}-{case.place}",
    )


def _question(field: FieldAgreement, number: int, at: ReadPlaces, interface: "Interface") -> dict[str, Any]:
    """Return what the page shows of a question beyond the table of all."""
    names = {(each.one, each.other): f"q{number}-{place}" for place, each in enumerate(field.confusions[:MOST_SHOWN])}
    picture = None
    if len(field.values) > 1:
        hrefs = {pair: f"#{name}" for pair, name in names.items()}
        picture = draw_confusions(field, hrefs, name=f"confusions-{number}")
    return {
        "id": f"q{number}",
        "field": field,
        "picture": picture,
        "confusions": [
            {
                "id": names[each.one, each.other],
                "one": each.one,
                "other": each.other,
                "count": each.count,
                "rules": rules_of(interface, field.name, (each.one, each.other)),
                "places": [
                    {"id": f"{names[each.one, each.other]}-{which}", **_place(field.name, place, at)}
                    for which, place in enumerate(first_places(each))
                ],
                "more": max(0, len(each.places) - MOST_PLACES),
            }
            for each in field.confusions[:MOST_SHOWN]
        ],
        "more": max(0, len(field.confusions) - MOST_SHOWN),
    }


def _place(field: str, place: Occurrence, at: ReadPlaces) -> dict[str, Any]:
    answers = at.answers(field, place)
    return {
        "article_id": place.article_id,
        "begin": place.begin,
        "end": place.end,
        "words": at.words(place.article_id, place.begin, place.end),
        "answers": alike(at.worded(field, place.article_id, answers)),
    }


def _groups(groups: Iterable[GroupAgreement], label: str) -> Iterator[tuple[GroupAgreement, Figure, Figure, Figure]]:
    """Yield groups with the shares of statements found and of the label, and the alpha of the label."""
    none = Figure(None)
    for each in groups:
        found = each.shares.get("statement", none)
        yield each, found, each.shares.get(label, none), each.alphas.get(label, none)
