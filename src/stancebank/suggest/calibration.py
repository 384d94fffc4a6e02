"""Calibration: of suggestions that say 80 %, are 80 of 100 right?

The Brier score is the mean squared difference between what a suggestion says and what is so, 1 or 0 (G. W. Brier,
"Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950). The expected
calibration error puts suggestions into ten bins of equal width, and is the mean distance between what a bin says and
which share of it is right, by how many are in it (C. Guo and others, "On Calibration of Modern Neural Networks", ICML
2017). With few suggestions it is above 0 by chance alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BINS = 10
LEAST_SUGGESTIONS = 50
"""With fewer suggestions than this that say how sure they are, nothing is measured."""

NONE_SAYS = "no suggestion says how sure it is"


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """Suggestions whose confidence is at least low and below high; the last bin holds 1, too.

    confidence: their mean. right: how many are.
    """

    low: float
    high: float
    suggestions: int
    confidence: float
    right: int

    @property
    def share(self) -> float:
        """The share that is right."""
        return self.right / self.suggestions


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far the confidence of suggestions can be believed. event: what is right where a suggestion is right.

    suggestions: how many say how sure they are; right: of these. bins: those that hold any. brier, error: the Brier
    score and the expected calibration error, None where it is not measured, and then reason says why. constant: the
    Brier score of always saying the share that is right; a confidence that tells nothing is no better.
    """

    event: str
    suggestions: int
    right: int
    bins: tuple[ConfidenceBin, ...] = ()
    brier: float | None = None
    error: float | None = None
    constant: float | None = None
    reason: str = ""

    def to_value(self) -> dict[str, Any]:
        """Return what JSON holds of it."""
        return {
            "event": self.event,
            "suggestions": self.suggestions,
            "right": self.right,
            "brier": _rounded(self.brier),
            "brier_of_constant": _rounded(self.constant),
            "expected_calibration_error": _rounded(self.error),
            "not_measured": self.reason or None,
            "bins": [
                {
                    "low": each.low,
                    "high": each.high,
                    "suggestions": each.suggestions,
                    "confidence": _rounded(each.confidence),
                    "right": each.right,
                }
                for each in self.bins
            ],
        }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def calibrate(event: str, said: Sequence[tuple[float, bool]]) -> Calibration:
    """Return the calibration of suggestions. said: of each, its confidence from 0 to 1, and whether it is right."""
    many, right = len(said), sum(is_right for _, is_right in said)
    if many < LEAST_SUGGESTIONS:
        few = f"{many} suggestions say how sure they are, fewer than {LEAST_SUGGESTIONS}"
        return Calibration(event, many, right, reason=few if many else NONE_SAYS)
    members: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for confidence, is_right in said:
        members[min(int(confidence * BINS), BINS - 1)].append((confidence, is_right))
    bins = tuple(
        ConfidenceBin(
            number / BINS,
            (number + 1) / BINS,
            len(each),
            sum(confidence for confidence, _ in each) / len(each),
            sum(is_right for _, is_right in each),
        )
        for number, each in enumerate(members)
        if each
    )
    return Calibration(
        event,
        many,
        right,
        bins,
        brier=sum((confidence - is_right) ** 2 for confidence, is_right in said) / many,
        error=sum(abs(each.confidence - each.share) * each.suggestions for each in bins) / many,
        constant=right / many * (1 - right / many),
    )
