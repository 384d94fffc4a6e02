"""A comparison of suggestions as JSON holds it."""

from collections.abc import Mapping
from typing import Any

from stancebank.agreement.figures import Figure
from stancebank.suggest.compare import ReaderScore, ScoredMeasure, SuggestionReport

Json = dict[str, Any]


def to_value(report: SuggestionReport, *, by_outlet: bool = False) -> Json:
    """Return a report as JSON holds it. by_outlet: with the figures of each outlet."""
    return {
        "against": report.against,
        "articles": report.articles,
        "statements": report.statements,
        "without_words": report.wordless,
        "reference_of_other_text": report.reference_of_other_text,
        "without_reference": dict(report.without_reference),
        "scores": [_reader_value(each, by_outlet=by_outlet) for each in report.readers],
        "leads": [
            {
                "reader": each.reader,
                "over": each.other,
                "measure": each.measure,
                "articles": each.articles,
                **_figure_value("f1", each.difference),
            }
            for each in report.leads
        ],
    }


def _reader_value(reader: ReaderScore, *, by_outlet: bool) -> Json:
    outlets = [
        {"outlet": each.name, "articles": each.articles, "measures": _measures_value(each.measures)}
        for each in reader.by_outlet
    ]
    return {
        "name": reader.name,
        "kind": reader.kind,
        "engines": reader.engines,
        "articles": len(reader.articles),
        "without_suggestion": reader.lacking,
        "of_other_text": reader.of_other_text,
        "unplaced": dict(reader.unplaced),
        "measures": _measures_value(reader.measures),
        "shown": reader.shown,
        "blind": _measures_value(reader.blind.measures) if reader.blind else None,
        "calibration": [each.to_value() for each in reader.calibration],
        **({"by_outlet": outlets} if by_outlet else {}),
    }


def _measures_value(measures: Mapping[str, ScoredMeasure]) -> Json:
    def shown(share: float | None) -> float | None:
        return None if share is None else round(share, 4)

    return {
        name: {
            "right": each.measure.right,
            "predicted": each.measure.predicted,
            "gold": each.measure.gold,
            "precision": shown(each.measure.precision),
            "recall": shown(each.measure.recall),
            **_figure_value("f1", each.f1),
        }
        for name, each in measures.items()
    }


def _figure_value(name: str, figure: Figure) -> Json:
    found = {name: figure.value, "low": figure.low, "high": figure.high}
    return {key: None if each is None else round(each, 4) for key, each in found.items()}
