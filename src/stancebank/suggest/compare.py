"""How good suggestions are: they are scored against gold, or one annotator, beside baselines and people.

Each article is scored as `stancebank publish score` does it (`stancebank.publish.score`), and counts are added up.
Intervals come of drawing articles with replacement; figures of two readers on the same articles are drawn together, so
that their difference has an interval of its own. The baselines are those of `stancebank.suggest.baselines`, which know
the gold of articles of other events alone. People are scored on the articles that they have read; an engine has to find
what is in all of them, so that one without suggestions counts as one in which it found nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stancebank.agreement.align import align, dice
from stancebank.agreement.coefficients import figures
from stancebank.agreement.figures import Figure
from stancebank.agreement.report import SAMPLES
from stancebank.agreement.sums import drawn_sums
from stancebank.corpus.anchoring import read_statements, require_valid
from stancebank.corpus.suggestions import read_shown, read_suggestion, suggested_articles, suggestion_names
from stancebank.errors import InputError, list_some
from stancebank.model import Document, Statement
from stancebank.publish.predictions import Prediction, place, read_predictions
from stancebank.publish.published import PublishedArticle
from stancebank.publish.score import (
    CONDITION,
    LEAST_DICE,
    LIKE,
    OVERLAP,
    ROLE,
    STATEMENT,
    Measure,
    score,
    statement_measures,
    together,
)
from stancebank.schema.fields import Scheme
from stancebank.suggest.baselines import BASELINES
from stancebank.suggest.calibration import Calibration, calibrate
from stancebank.suggest.engine import Engine, Surroundings
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import suggest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Kind = Literal["suggestions", "file", "engine", "baseline", "annotator", "two readings"]

GOLD = "gold"
SEED = 20
NOTHING_SAID = "there is nothing on either side"
NO_OUTLET = "outlet not known"
BLIND = "read without suggestions"


def headline(scheme: Scheme) -> tuple[str, ...]:
    """Return the names of the measures that are reported, of those of `stancebank.publish.score`."""
    joint = together(scheme)
    conditions = (CONDITION, ROLE) if scheme.has_conditions else ()
    return joint, f"{joint} {LIKE}", STATEMENT, f"{STATEMENT} {LIKE}", OVERLAP, *conditions


@dataclass(frozen=True, slots=True)
class ScoredMeasure:
    """The counts of a measure over some articles, and its F1 with the 95 % interval."""

    measure: Measure
    f1: Figure


@dataclass(frozen=True, slots=True)
class ScoredGroup:
    """The articles of one outlet, and the measures on them by name."""

    name: str
    articles: int
    measures: Mapping[str, ScoredMeasure]


@dataclass(frozen=True, slots=True)
class ReaderScore:
    """How well one reader finds what is in the articles of the reference.

    name: of the suggestions, the file, the annotator, or of two with " and " between; of a baseline, such as
    ``every sentence``. engines: name and
    version of those that made the suggestions. articles: ids of those that count. lacking: of these, those without a
    suggestion, and of_other_text those whose suggestion is of another text than the article's present one; nothing
    counts as found in either. Readings by people that are of another text do not count. unplaced: by article id, words
    that do not occur in it. by_outlet: in the order of their names. calibration: whether the content is found and
    alike, and whether speaker, target and label are right, too; empty for people and baselines.
    """

    name: str
    kind: Kind
    articles: tuple[str, ...]
    measures: Mapping[str, ScoredMeasure]
    engines: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    of_other_text: tuple[str, ...] = ()
    unplaced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_outlet: tuple[ScoredGroup, ...] = ()
    shown: tuple[str, ...] = ()
    blind: ScoredGroup | None = None
    calibration: tuple[Calibration, ...] = ()


@dataclass(frozen=True, slots=True)
class Lead:
    """By how much the F1 of one reader is above that of another, on the articles that count for both."""

    reader: str
    other: str
    measure: str
    articles: int
    difference: Figure


@dataclass(frozen=True, slots=True)
class SuggestionReport:
    """Readers of the same articles. against: `gold` or the annotator who is the reference.

    statements: of the reference. wordless: articles of the reference whose words are not at hand, which baselines
    cannot read. reference_of_other_text: articles whose reference is of another text; they do not count.
    without_reference: by reader, articles with a suggestion and without a reference, which do not count either.
    """

    against: str
    articles: tuple[str, ...]
    statements: int
    readers: tuple[ReaderScore, ...]
    leads: tuple[Lead, ...] = ()
    wordless: tuple[str, ...] = ()
    reference_of_other_text: tuple[str, ...] = ()
    without_reference: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Said = tuple[Statement, float | None]
"""A statement, and how sure its reader is of it."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a reader says: statements by article id, of the articles that count for it."""

    name: str
    kind: Kind
    said: Mapping[str, Sequence[Said]]
    engines: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    of_other_text: tuple[str, ...] = ()
    unplaced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()
    against: Mapping[str, Document] | None = None


def compare_suggestions(
    surroundings: Surroundings,
    names: Sequence[str] = (),
    against: str = GOLD,
    *,
    engines: Sequence[Engine] = (),
    samples: int = SAMPLES,
) -> SuggestionReport:
    """Score suggestions, and beside them the baselines and people.

    names: of kept suggestions, or files of predictions; all that are kept where it is empty. against: `gold`, or an
    annotator. engines: that are run now, and scored like kept suggestions. samples: for intervals; 0 for none. Raises
    InputError where there are no such suggestions, or no document of the reference.
    """
    return _Comparing(surroundings, against, samples).report(names, engines)


class _Comparing:
    """A comparison with one reference."""

    def __init__(self, surroundings: Surroundings, against: str, samples: int) -> None:
        self.surroundings, self.against, self.samples = surroundings, against, samples
        self.scheme, self.store = surroundings.scheme, surroundings.workspace.store
        self.names = headline(self.scheme)
        self.articles = {article.id: article for article in self.store.articles()}
        documents = list(self.store.documents(None if against == GOLD else against))
        if not documents and against == GOLD:
            raise InputError(
                "There is no gold.\nHint: `stancebank annotate promote` makes gold of a reading, and --against NAME "
                "takes the readings of an annotator."
            )
        if not documents:
            raise InputError(f"No document of {against!r}.\nHint: name a folder of corpus/annotations, or `gold`.")
        present = [each for each in documents if self._is_present(each)]
        self.stale = tuple(each.article_id for each in documents if not self._is_present(each))
        self.reference = {each.article_id: each for each in present}
        found = {name: self.store.text(self.articles[name]) for name in self.reference}
        self.texts = {name: text for name, text in found.items() if text is not None}
        self.shown = {
            line.article_id
            for line in read_shown(self.store)
            if line.suggestion and (against == GOLD or line.annotator in ("", against))
        }
        self.outlets = {
            name: each.outlet.value if each.outlet is not None else NO_OUTLET for name, each in self.articles.items()
        }

    def _is_present(self, document: Document) -> bool:
        article = self.articles.get(document.article_id)
        return article is not None and document.text_sha256 == article.text_sha256

    def report(self, names: Sequence[str], engines: Sequence[Engine]) -> SuggestionReport:
        readings = [
            *self._suggested(names, is_all=not names and not engines),
            *(self._run(each, "engine", each.record.name) for each in engines),
            *(
                self._run(make_engine(name, self.surroundings, {}), "baseline", title)
                for name, title in BASELINES.items()
            ),
            *self._people(),
        ]
        counts = [self._counts(each) for each in readings]
        leads = [
            lead
            for one, ours in zip(readings, counts, strict=True)
            for other, theirs in zip(readings, counts, strict=True)
            if one.kind in ("suggestions", "file", "engine") and other.kind == "baseline"
            for lead in self._leads(one, ours, other, theirs)
        ]
        return SuggestionReport(
            against=self.against,
            articles=tuple(self.reference),
            statements=sum(len(each.statements) for each in self.reference.values()),
            readers=tuple(self._scored(one, each) for one, each in zip(readings, counts, strict=True)),
            leads=tuple(leads),
            wordless=tuple(name for name in self.reference if name not in self.texts),
            reference_of_other_text=self.stale,
            without_reference={each.name: each.beyond for each in readings if each.beyond},
        )

    # Who reads what

    def _suggested(self, names: Sequence[str], *, is_all: bool) -> Iterator[_Reading]:
        kept = suggestion_names(self.store)
        for name in dict.fromkeys(kept if is_all else names):
            if name in kept:
                yield self._placed(name, "suggestions", self._kept(name))
            elif Path(name).is_file():
                yield self._placed(name, "file", read_predictions(Path(name), self.scheme))
            else:
                known = f"choose {', '.join(kept)}, or name a file" if kept else "`stancebank suggest` makes some"
                raise InputError(f"There are no suggestions {name!r}, and no such file.\nHint: {known}.")

    def _kept(self, name: str) -> dict[str, Prediction]:
        found = {}
        for article_id in suggested_articles(self.store, name):
            value = read_suggestion(self.store, name, article_id)
            where = f"corpus/suggestions/{name}/{article_id}.json"
            require_valid(value, self.scheme, "suggestion", where, "let the engine make it again.")
            if value is not None:
                said = read_statements(value, self.scheme)
                found[article_id] = Prediction(article_id, said, value.get("engine"), value.get("text_sha256"))
        return found

    def _placed(self, name: str, kind: Kind, predictions: Mapping[str, Prediction]) -> _Reading:
        """Place predictions in the articles of the reference."""
        if unknown := sorted(predictions.keys() - self.articles.keys()):
            raise InputError(
                f"{name} is about articles that the workspace does not have: {list_some(unknown)}.\n"
                "Hint: `stancebank corpus list` shows their ids."
            )
        names = self.surroundings.entity_names
        said: dict[str, list[Said]] = {}
        unplaced: dict[str, tuple[str, ...]] = {}
        lacking, other = [], []
        for article_id in self.reference:
            article, prediction = self.articles[article_id], predictions.get(article_id)
            said[article_id] = []
            if prediction is None:
                lacking.append(article_id)
            elif prediction.text_sha256 not in (None, article.text_sha256):
                other.append(article_id)
            else:
                text = self.texts.get(article_id)
                passages = [] if text is None else list(self.surroundings.source(article, text).passages)
                shown = PublishedArticle(text, article.length, passages=passages)
                found = place(prediction, shown, names, self.scheme)
                confidences = (each.confidence for each in prediction.statements)
                said[article_id] = list(zip(found.statements, confidences, strict=True))
                if found.unplaced:
                    unplaced[article_id] = found.unplaced
        records = [each.engine for each in predictions.values() if each.engine]
        made = dict.fromkeys(f"{each['name']} {each['version']}" for each in records)
        beyond = tuple(sorted(predictions.keys() - self.reference.keys()))
        return _Reading(name, kind, said, tuple(made), tuple(lacking), tuple(other), unplaced, beyond)

    def _run(self, engine: Engine, kind: Kind, name: str) -> _Reading:
        """Let an engine read the articles whose words are at hand."""
        sources = [self.surroundings.source(self.articles[name], text) for name, text in self.texts.items()]
        said: dict[str, list[Said]] = {}
        unplaced = {}
        for found in suggest(engine, self.surroundings, sources):
            confidences = [each.get("confidence") for each in found.value["statements"]]
            said[found.article_id] = list(zip(found.statements, confidences, strict=True))
            if found.unplaced:
                unplaced[found.article_id] = found.unplaced
        record = engine.record
        return _Reading(name, kind, said, (f"{record.name} {record.version}",), unplaced=unplaced)

    def _people(self) -> Iterator[_Reading]:
        """Yield each annotator against the reference and, where that is gold, each two against one another."""
        documents: dict[str, dict[str, Document]] = {}
        for reading in self.store.readings(least=1):
            for each in reading.documents:
                documents.setdefault(each.annotator, {})[each.article_id] = each
        for name in sorted(documents.keys() - {self.against}):
            if read := {one: each for one, each in documents[name].items() if one in self.reference}:
                yield _Reading(name, "annotator", _sure(read))
        if self.against == GOLD:
            for one, other in combinations(sorted(documents), 2):
                both = documents[one].keys() & documents[other].keys() & self.reference.keys()
                if both:
                    read = {name: documents[one][name] for name in sorted(both)}
                    yield _Reading(f"{one} and {other}", "two readings", _sure(read), against=documents[other])

    # What that is worth

    def _counts(self, reading: _Reading) -> dict[str, list[int]]:
        """Return by article what is right, predicted, in the reference and aligned, of one measure after the other."""
        against = reading.against or self.reference
        found = {}
        for article_id, said in reading.said.items():
            pair = [statement for statement, _ in said], against[article_id].statements
            measures = score([pair], self.scheme).measures
            chosen = (measures[name] for name in self.names)
            found[article_id] = [n for each in chosen for n in (each.right, each.predicted, each.gold, each.aligned)]
        return found

    def _scored(self, reading: _Reading, counts: Mapping[str, list[int]]) -> ReaderScore:
        outlets: dict[str, list[str]] = {}
        for article_id in counts:
            outlets.setdefault(self.outlets[article_id], []).append(article_id)
        groups = (
            ScoredGroup(name, len(each), self._measures({one: counts[one] for one in each}))
            for name, each in sorted(outlets.items())
        )
        is_engine = reading.kind in ("suggestions", "file", "engine")
        shown = tuple(name for name in counts if is_engine and name in self.shown)
        unshown = {name: each for name, each in counts.items() if name not in shown}
        return ReaderScore(
            name=reading.name,
            kind=reading.kind,
            articles=tuple(counts),
            measures=self._measures(counts),
            engines=reading.engines,
            lacking=reading.lacking,
            of_other_text=reading.of_other_text,
            unplaced=reading.unplaced,
            by_outlet=tuple(groups),
            shown=shown,
            blind=ScoredGroup(BLIND, len(unshown), self._measures(unshown)) if shown and unshown else None,
            calibration=self._calibration(reading) if is_engine else (),
        )

    def _drawn(self, counts: Iterable[Sequence[int]]) -> "tuple[Floats, Floats]":
        """Return the sums of counts, and the F1 of each measure: of all articles, and of samples of them."""
        import numpy as np

        table = np.array(list(counts), dtype=float).reshape(-1, 4 * len(self.names))
        sums = drawn_sums(range(len(table)), len(table), self.samples, SEED).of_articles(table)
        both = sums[:, 1::4] + sums[:, 2::4]
        f1 = np.divide(2 * sums[:, 0::4], both, out=np.full(both.shape, np.nan), where=both > 0)
        return sums, f1

    def _measures(self, counts: Mapping[str, list[int]]) -> dict[str, ScoredMeasure]:
        sums, f1 = self._drawn(counts.values())
        whole = [int(each) for each in sums[0]]
        return {
            name: ScoredMeasure(Measure(*whole[4 * number : 4 * number + 4]), figure)
            for number, (name, figure) in enumerate(
                zip(self.names, figures(f1, [NOTHING_SAID] * len(self.names)), strict=True)
            )
        }

    def _leads(
        self, one: _Reading, ours: Mapping[str, list[int]], other: _Reading, theirs: Mapping[str, list[int]]
    ) -> Iterator[Lead]:
        """Yield by how much one is above the other in speaker, target and label together, by both rules."""
        both = [name for name in ours if name in theirs]
        drawn = [self._drawn(each[name] for name in both)[1] for each in (ours, theirs)]
        found = figures(drawn[0] - drawn[1], [NOTHING_SAID] * len(self.names))
        for name, figure in zip(self.names[:2], found, strict=False):
            yield Lead(one.name, other.name, name, len(both), figure)

    def _calibration(self, reading: _Reading) -> tuple[Calibration, ...]:
        """Return how far the confidence of suggestions can be believed, of those that say any."""
        joint = together(self.scheme)
        value = statement_measures(self.scheme)[joint]
        found: list[tuple[float, bool]] = []
        wholly: list[tuple[float, bool]] = []
        for article_id, said in reading.said.items():
            predicted, gold = [each for each, _ in said], self.reference[article_id].statements
            partner = {
                one: gold[other]
                for one, other in align(predicted, gold, self.scheme)
                if one is not None and other is not None
            }
            for number, (statement, confidence) in enumerate(said):
                if confidence is not None:
                    other = partner.get(number)
                    is_found = other is not None and dice(statement.content, other.content) >= LEAST_DICE
                    found.append((confidence, is_found))
                    wholly.append((confidence, is_found and other is not None and value(statement) == value(other)))
        return calibrate(f"{STATEMENT} {LIKE}", found), calibrate(f"{joint} {LIKE}", wholly)


def _sure(documents: Mapping[str, Document]) -> dict[str, list[Said]]:
    return {name: [(each, None) for each in document.statements] for name, document in documents.items()}
