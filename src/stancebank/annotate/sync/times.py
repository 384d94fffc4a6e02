"""How long annotations took, as the tasks say that the last pull kept, and which of them took too little.

A server counts the seconds that an annotation was open, breaks included. It knows none of documents that were imported.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from statistics import median

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.sync.state import PROJECTS, SyncState
from stancebank.workspace import Workspace

FASTEST = 900
"""Words a minute that nobody reads who understands them: silent reading is at 238 (Brysbaert 2019, JML 109:104047)."""

LEAST_TIMED = 8
"""Articles with a known time, before one of them is compared with the others of the same annotator."""

_FAR = 3.5  # of the modified z-score (Iglewicz and Hoaglin 1993), above which a value is called an outlier


@dataclass(frozen=True, slots=True)
class TimedReading:
    """How long an annotator took for an article. words: of its text."""

    article_id: str
    seconds: float
    words: int

    @property
    def per_100_words(self) -> float:
        """The seconds for 100 words."""
        return 100 * self.seconds / self.words

    @property
    def words_a_minute(self) -> float:
        """The words that were read and annotated in a minute."""
        return 60 * self.words / self.seconds


@dataclass(frozen=True, slots=True)
class TooFast:
    """A reading that took too little time, and why that is too little."""

    reading: TimedReading
    why: str


def read_times(workspace: Workspace) -> Mapping[str, Sequence[TimedReading]]:
    """Return by annotator how long their annotations took, by article; nothing where no pull kept a task."""
    found: dict[str, dict[str, TimedReading]] = {}
    for folder in sorted((workspace.root / LOCAL / PROJECTS).glob("*/")):
        for annotator, reading in _of_project(SyncState(folder)):
            found.setdefault(annotator, {})[reading.article_id] = reading
    return {name: [each for _, each in sorted(of_articles.items())] for name, of_articles in sorted(found.items())}


def _of_project(state: SyncState) -> Iterator[tuple[str, TimedReading]]:
    for (article_id, annotator), (number, claim) in sorted(state.cursor.newest(state.bases).items()):
        task = state.raw.read(number)
        if task is None:
            continue
        words = len(str(task["data"].get("text") or "").split())
        for annotation in task.get("annotations") or ():
            seconds = annotation.get("lead_time")
            if annotation.get("id") == claim.annotation and isinstance(seconds, int | float) and seconds > 0 and words:
                yield annotator, TimedReading(article_id, float(seconds), words)


def find_too_fast(readings: Sequence[TimedReading]) -> list[TooFast]:
    """Return the readings of one annotator that took too little time, the fastest first.

    Too fast is what nobody can read, and what took less than half of the annotator's own median for 100 words and is
    an outlier by the median of absolute deviations, in logarithms of times.
    """
    found = []
    usual = median(each.per_100_words for each in readings) if readings else 0.0
    logs = [log(each.per_100_words) for each in readings]
    spread = median(abs(each - median(logs)) for each in logs) if logs else 0.0
    for each, logarithm in zip(readings, logs, strict=True):
        if each.words_a_minute > FASTEST:
            found.append(TooFast(each, f"{each.words_a_minute:.0f} words a minute"))
        elif len(readings) >= LEAST_TIMED and each.per_100_words < usual / 2:
            far = 0.6745 * (log(usual) - logarithm) / spread if spread else _FAR + 1
            if far > _FAR:
                why = f"{each.per_100_words:.0f} s for 100 words; their median is {usual:.0f} s"
                found.append(TooFast(each, why))
    return sorted(found, key=lambda each: (each.reading.per_100_words, each.reading.article_id))
