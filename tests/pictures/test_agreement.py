"""Pictures of agreement: cells are the figures of the report, lead to what is named, and the planted is the darkest."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from stancebank.agreement.compare import FOUND, WHOLE
from stancebank.agreement.figures import AgreementReport, Confusion, FieldAgreement, Figure, PairAgreement
from stancebank.agreement.report import measure_agreement
from stancebank.pictures.agreement import (
    MOST_ARTICLES,
    MOST_PAIRS,
    MOST_VALUES,
    draw_articles,
    draw_confusions,
    draw_pairs,
    rank_articles,
)
from stancebank.pictures.picture import Picture
from stancebank.schema.fields import load_scheme
from tests.agreement.planted import ALL_FOUR, draw_readings
from tests.conftest import OWN_SCHEMA

HOSTILE = '"><script>alert(1)</script> مرحبا ' + "x" * 80
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def report() -> AgreementReport:
    scheme = load_scheme(OWN_SCHEMA)
    return measure_agreement(draw_readings(scheme, ALL_FOUR, 1, articles=6), scheme, samples=0)


def cells(picture: Picture) -> dict[str, tuple[str, float | None]]:
    """By what is said of a cell: what is written in it, and how dark it is; None where it is hatched."""
    found = {}
    for each in ET.fromstring(picture.svg).iter():
        if "aria-label" in each.attrib and each.attrib.get("role") != "group":
            written = "".join(text.text or "" for text in each.iter(f"{SVG}text"))
            opacity = [rect.attrib["fill-opacity"] for rect in each.iter(f"{SVG}rect") if "fill-opacity" in rect.attrib]
            found[each.attrib["aria-label"]] = written, float(opacity[0]) if opacity else None
    return found


def stance_of(report: AgreementReport) -> FieldAgreement:
    return next(each for each in report.fields if each.name == "stance")


def test_cells_of_pairs_are_the_figures_of_the_report(report: AgreementReport) -> None:
    hrefs = {("stance", "careful-1", "careless"): "#there"}
    picture = draw_pairs(report, hrefs)
    assert picture is not None
    found = cells(picture)
    assert len(found) == len(report.fields) * 6
    for field in report.fields:
        for each in field.pairs:
            (said,) = [name for name in found if name.startswith(f"{field.name}, {each.one} and {each.other}: ")]
            written, dark = found[said]
            figure = each.kappa if each.kappa.value is not None else each.share
            if figure.value is None:
                assert (written, dark) == ("", None)
                assert said.endswith(figure.reason)
            else:
                assert written == (f"{figure.value:.2f}" if figure is each.kappa else f"{figure.value:.0%}")
                assert dark == pytest.approx(0.05 + 0.45 * (1 - max(0, figure.value)), abs=0.006)
    (link,) = ET.fromstring(picture.svg).iter(f"{SVG}a")
    assert link.attrib["href"] == "#there"
    assert "the two have answered no unit together" in picture.note  # of groups, which nobody made here
    assert "4 annotators" not in picture.caption
    assert "6 pairs of annotators, 6 articles" in picture.caption
    assert len(picture.table.rows) == sum(len(each.pairs) for each in report.fields)


def test_the_planted_confusion_is_the_darkest_cell_and_leads_to_its_cases(report: AgreementReport) -> None:
    stance = stance_of(report)
    hrefs = {(each.one, each.other): f"#c{number}" for number, each in enumerate(stance.confusions)}
    picture = draw_confusions(stance, hrefs)
    assert picture is not None
    found = cells(picture)
    assert {int(written) for written, _ in found.values()} == {each.count for each in stance.confusions}
    assert len(found) == len(stance.confusions)
    darkest, other, *_ = sorted(found.items(), key=lambda each: -(each[1][1] or 0))
    assert darkest[0].startswith("offer and open: ")
    assert (darkest[1][1] or 0) > (other[1][1] or 0)
    links = {each.attrib["aria-label"]: each.attrib["href"] for each in ET.fromstring(picture.svg).iter(f"{SVG}a")}
    assert links == {
        f"{each.one} and {each.other}: {each.count}": hrefs[each.one, each.other] for each in stance.confusions
    }
    assert f"{sum(each.count for each in stance.confusions)} pairs of answers" in picture.caption
    assert draw_confusions(replace(stance, confusions=()), {}) is None


def test_articles_come_from_the_worst_on(report: AgreementReport) -> None:
    groups = rank_articles(report)
    worth = [(each.shares[WHOLE].value or 0) * (each.shares[FOUND].value or 0) for each in groups]
    assert worth == sorted(worth)
    worst = groups[0].name
    hrefs = {each.name: f"#article-{each.name}" for each in groups}
    picture, again = (draw_articles(report, "stance", hrefs, {worst: HOSTILE}) for _ in range(2))
    assert picture is not None
    assert picture == again
    links = [each.attrib["href"] for each in ET.fromstring(picture.svg).iter(f"{SVG}a")]
    assert links == [*hrefs.values()]
    assert picture.table.rows[0][0] == HOSTILE
    assert "<script" not in picture.svg
    many = replace(report, by_article=tuple(replace(groups[0], name=f"a{number}") for number in range(40)))
    picture = draw_articles(many, "stance", {})
    assert picture is not None
    assert len(cells(picture)) == MOST_ARTICLES
    assert "The 25 with the least agreement are drawn; the table has 40." in picture.caption
    assert draw_articles(replace(report, by_article=()), "stance", {}) is None


def test_many_annotators_and_values_are_limited_and_the_table_has_all() -> None:
    share, none = Figure(0.5), Figure(None, reason="all answers are one value")
    names = [HOSTILE, *(f"reader-{number:02}" for number in range(9))]
    pairs = tuple(
        PairAgreement(one, other, 100 - place, share, none)
        for place, one in enumerate(names)
        for other in names[place + 1 :]
    )
    field = FieldAgreement("mood", 4, "nominal", 10, 20, share, none, none, pairs)
    report = AgreementReport(tuple(names), 3, {}, (field,), share)
    picture = draw_pairs(report, {})
    assert picture is not None
    assert len(cells(picture)) == MOST_PAIRS
    assert len(picture.table.rows) == 45
    assert "33 pairs with less in common are in the table alone." in picture.caption
    assert "<script" not in picture.svg
    assert draw_pairs(replace(report, fields=(replace(field, pairs=()),)), {}) is None
    confusions = tuple(Confusion(f"v{number}", f"v{number + 1}", 50 - number, ()) for number in range(30))
    drawn = draw_confusions(replace(field, confusions=confusions), {})
    assert drawn is not None
    assert len(cells(drawn)) == MOST_VALUES - 1
    assert "11 values that were confused less are in the table alone." in drawn.caption
    assert len(drawn.table.rows) == 30
