"""What suggestions made of the readings of a workspace, and whether an engine may replace one of its annotators."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stancebank.agreement.influence import SuggestedReading, SuggestionStudy, measure_influence
from stancebank.agreement.replacing import EPSILON, EngineTrial, answer_units, may_replace
from stancebank.agreement.report import SAMPLES
from stancebank.annotate.sync.times import read_times
from stancebank.corpus.suggestions import (
    BegunLine,
    ShownLine,
    read_begun,
    read_shown,
    read_suggestion,
    suggested_articles,
    suggestion_names,
)
from stancebank.errors import InputError, list_some
from stancebank.model import ArticleReadings, Document, Statement, is_of_people
from stancebank.records import to_json
from stancebank.suggest.engine import Surroundings
from stancebank.suggest.following import UNKNOWN
from stancebank.suggest.run import kept
from stancebank.text import sha256
from stancebank.workspace import Workspace


def study_suggestions(
    workspace: Workspace, annotators: Collection[str] = (), articles: Collection[str] = (), samples: int = SAMPLES
) -> tuple[SuggestionStudy, ...]:
    """Measure how far suggestions pull people, by the name of the suggestions; nothing where none was ever shown.

    annotators, articles: which alone count; none means all. samples: how many an interval rests on. Raises
    WorkspaceError where a ledger cannot be read, and InputError where a file is no suggestion.
    """
    shown = read_shown(workspace.store)
    names = sorted({each.suggestion for each in shown if each.suggestion})
    return tuple(_study(_Gathering(workspace, annotators, articles), name, samples) for name in names)


def try_engine(
    workspace: Workspace,
    name: str,
    annotators: Collection[str] = (),
    articles: Collection[str] = (),
    epsilon: float = EPSILON,
) -> EngineTrial:
    """Test whether an engine may replace one of the annotators: see `stancebank.agreement.replacing`.

    name: of kept suggestions, or else of an annotator whose readings are a model's. Raises InputError where there is
    none of that name.
    """
    reader = _Gathering(workspace, annotators, articles)
    own = reader.engine(name)
    began = {(each.article_id, each.annotator) for each in read_shown(workspace.store) if each.suggestion}
    began |= {(each.article_id, each.annotator) for each in read_begun(workspace.store)}
    pulled = unread = 0
    found: list[tuple[ArticleReadings, Sequence[Statement]]] = []
    for readings in reader.readings():
        free = [
            each
            for each in readings.documents
            if not {(each.article_id, each.annotator), (each.article_id, "")} & began
        ]
        pulled += len(readings.documents) - len(free)
        suggested = own(readings.article_id) if len(free) > 1 else None
        if suggested is not None:
            found.append((replace(readings, documents=tuple(free)), suggested))
        else:
            unread += len(free) > 1
    units = answer_units(found, workspace.scheme)
    return EngineTrial(name, len(found), may_replace(units, epsilon), pulled, unread)


def _study(reader: "_Gathering", name: str, samples: int) -> SuggestionStudy:
    store = reader.workspace.store
    lines = {(each.article_id, each.annotator): each for each in read_shown(store) if each.suggestion in (name, "")}
    begun: defaultdict[tuple[str, str], list[BegunLine]] = defaultdict(list)
    for each in read_begun(store):
        if each.suggestion == name:
            begun[each.article_id, each.annotator].append(each)
    times = {
        (each.article_id, annotator): each.per_100_words
        for annotator, timed in read_times(reader.workspace).items()
        for each in timed
    }
    found: list[SuggestedReading] = []
    remade = untold = 0
    for document in reader.documents():
        key = document.article_id, document.annotator
        line = lines.get(key) or lines.get((document.article_id, ""))
        if line is None:
            continue
        suggested, is_same = reader.suggested(name, document, line)
        became = begun[key]
        is_told = bool(became) or (is_same and not suggested)
        if line.suggestion and (not is_told or any(each.changed == UNKNOWN for each in became)):
            untold += 1
            continue
        remade += not is_same
        found.append(
            SuggestedReading(
                document,
                is_shown=bool(line.suggestion),
                suggested=suggested if is_same else None,
                fates=tuple(tuple(each.changed.split()) if each.statement else None for each in became),
                seconds=times.get(key),
            )
        )
    influence = measure_influence(found, reader.workspace.scheme, samples=samples)
    engines = sorted({each.engine for each in lines.values() if each.suggestion and each.engine})
    return SuggestionStudy(name, tuple(engines), influence, remade, untold)


class _Gathering:
    """Reads what people made of articles, and what engines suggest for them."""

    def __init__(self, workspace: Workspace, annotators: Collection[str], articles: Collection[str]) -> None:
        store = workspace.store
        self.workspace = workspace
        self._annotators, self._articles = annotators, articles
        self._around = Surroundings(workspace, workspace.scheme, store.entities(), store.targets(), (), {})

    def documents(self) -> Iterator[Document]:
        """Yield the readings of people, of the present text of articles."""
        for each in self.readings(least=1):
            yield from each.documents

    def readings(self, least: int = 2) -> Iterator[ArticleReadings]:
        """Yield the readings of people by article, of at least so many of them."""
        for each in self.workspace.store.readings(self._annotators, least):
            people = tuple(one for one in each.documents if is_of_people(one.origin))
            if len(people) >= least and (not self._articles or each.article_id in self._articles):
                yield replace(each, documents=people)

    def suggested(self, name: str, document: Document, line: ShownLine) -> tuple[tuple[Statement, ...], bool]:
        """Return what is suggested for an article, and whether that is what was shown, or what might have been."""
        statements = self.of_article(name, document.article_id)
        if statements is None:
            return (), False
        value = read_suggestion(self.workspace.store, name, document.article_id)
        return statements, not line.sha256 or sha256(to_json(value)) == line.sha256

    def engine(self, name: str) -> "_Suggesting":
        """Return what gives the statements of an engine by article."""
        store = self.workspace.store
        if name in suggestion_names(store):
            return _Suggesting(self, name, frozenset(suggested_articles(store, name)))
        documents = {
            each.article_id: each
            for each in (store.documents(name) if name in store.annotators() else ())
            if not is_of_people(each.origin)
        }
        if documents:
            return _Suggesting(self, name, frozenset(), documents)
        known = suggestion_names(store)
        hint = f"there are {list_some(known)}." if known else "`stancebank suggest` makes suggestions."
        raise InputError(f"No engine {name!r} has read anything here.\nHint: {hint}")

    def of_article(self, name: str, article_id: str) -> tuple[Statement, ...] | None:
        """Return the statements of a kept suggestion; None where there is none of the present text."""
        article = self.workspace.store.article(article_id)
        source = self._around.source(article, self.workspace.store.text(article) or "")
        found = kept(self._around, name, source)
        return None if found is None else tuple(each for each in found.statements if each.content)


@dataclass(frozen=True, slots=True)
class _Suggesting:
    """What an engine says of articles. documents: its readings, where it is an annotator."""

    reader: _Gathering
    name: str
    articles: frozenset[str]
    documents: Mapping[str, Document] | None = None

    def __call__(self, article_id: str) -> tuple[Statement, ...] | None:
        """Return its statements; None where it has not read the article, or not its present text."""
        if self.documents is not None:
            found = self.documents.get(article_id)
            text = self.reader.workspace.store.article(article_id).text_sha256
            return found.statements if found is not None and found.text_sha256 == text else None
        return self.reader.of_article(self.name, article_id) if article_id in self.articles else None
