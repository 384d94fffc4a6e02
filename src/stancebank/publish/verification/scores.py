"""The scores of baselines that a release tells, computed again, and compared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stancebank.errors import InputError
from stancebank.publish.baselines import BASELINES as NAMES
from stancebank.publish.baselines import LIBRARY, LabelScore, Trial, make_value, read_trials
from stancebank.publish.layout import BASELINES
from stancebank.publish.verification.faults import Fault
from stancebank.publish.verification.papers import ReadFolder, first_difference
from stancebank.records import from_json, to_json


def check_baselines(folder: ReadFolder) -> Iterator[Fault]:
    """Score the baselines again, and compare; without scikit-learn all but the linear model."""
    digests, found = folder.files.digests, folder.files.text(BASELINES)
    is_release = "trees" in folder.whole.stated and folder.facts.splits
    trials = read_trials(folder.rows, folder.facts.context.scheme) if is_release else []
    if not trials:
        if BASELINES in digests:
            yield Fault(BASELINES, "", "", "file-foreign", "no other file of the folder requires it.")
        return
    if found is None:
        if BASELINES not in digests:
            yield Fault(BASELINES, "", "", "file-missing", "a release with splits has it.")
        return
    try:
        told = from_json(found.encode(), BASELINES)
    except InputError as error:
        yield Fault(BASELINES, "", "", "baselines-differ", str(error))
        return
    wanted, is_whole = remake(told, trials)
    if to_json(wanted) != found:
        place = first_difference("", told, wanted).lstrip("/")
        yield Fault(BASELINES, "", place, "baselines-differ", "it is not what the rows make it.")
    elif not is_whole:
        message = "scikit-learn is not installed; the scores of `linear` were not computed again."
        yield Fault(BASELINES, "", "", "baselines-unchecked", message)


def remake(found: object, trials: Sequence[Trial]) -> tuple[dict[str, Any], bool]:
    """Return what a file of baselines should hold, and whether `linear` was computed again for it.

    found: what the file holds, whatever that is. Its scores of `linear` stand where another version of a library, or
    another processor, may have come to them: where no more than one prediction in a hundred is another, at least one.
    Without scikit-learn any that are possible stand.
    """
    try:
        value, is_whole = make_value(trials), True
    except InputError:
        value, is_whole = make_value(trials, [name for name in NAMES if name != "linear"]), False
    told = _get(found, "library")
    if isinstance(told, str) and told.startswith(f"{LIBRARY} ") and len(told) < 40 and told.isprintable():
        value["library"] = told
    elif not is_whole:
        value["library"] = LIBRARY
    for name, trial in value["trials"].items():
        held = trial["scores"].setdefault("linear", {})
        for kind in ("split", "random_split"):
            theirs = _get(found, "trials", name, "scores", "linear", kind)
            right, macro_f1 = _get(theirs, "right"), _get(theirs, "macro_f1")
            n = trial["statements"]
            if _may_be(right, macro_f1, n, held.get(kind)):
                held[kind] = LabelScore(n, right, macro_f1).value()
            else:
                held.setdefault(kind, LabelScore(n, 0, 0.0).value())  # which differs from what cannot be
    return value, is_whole


def _get(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _may_be(right: object, macro_f1: object, n: int, mine: Mapping[str, Any] | None) -> bool:
    """Whether a score that is told may stand. mine: that which was computed here, if any."""
    if type(right) is not int or type(macro_f1) is not float or not (0 <= right <= n and 0 <= macro_f1 <= 1):
        return False
    if mine is None:
        return True
    is_near: bool = abs(right - mine["right"]) <= max(1, n // 100) and abs(macro_f1 - mine["macro_f1"]) <= NEAR
    return is_near


NEAR = 0.05
"""By how much the mean F1 may differ where one prediction in a hundred does: labels may be rare."""
