"""How far the annotators of a workspace agree, and what to look at first: weaknesses with their rules, and advice."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stancebank.agreement.advice import (
    Disagreement,
    MergeAdvice,
    SampleAdvice,
    advise_merging,
    advise_sample,
    find_disagreements,
)
from stancebank.agreement.compare import (
    CONDITION_FOUND,
    FOUND,
    NOTHING,
    SAME_AS,
    Difference,
    condition_fields,
    places,
    statement_fields,
    worded,
)
from stancebank.agreement.figures import AgreementReport, Occurrence
from stancebank.agreement.report import SAMPLES, measure_agreement
from stancebank.agreement.weaknesses import Weakness, find_annotators, find_fields, find_values
from stancebank.annotate.interface_settings import Interface, load_interface
from stancebank.annotate.practice import rules_of
from stancebank.corpus.store import Store, annotator_of, article_of
from stancebank.errors import InputError, list_some
from stancebank.model import ArticleReadings, Bounds, Statement
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RuledWeakness:
    """A weakness, and the rules of the guidelines that should decide there, such as ``G-403``; empty where none do."""

    weakness: Weakness
    rules: str


@dataclass(frozen=True, slots=True)
class ShownDisagreement:
    """A disagreement as people read it.

    words: of the statement; None where the text is not at hand. answers: by question, what each annotator says, words
    in the place of offsets where the text is at hand. rules: by question, those that decide there; "" for none.
    """

    disagreement: Disagreement
    words: str | None
    answers: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Study:
    """How far annotators agree, and what follows. weaknesses: what stands out, the most important kind first.

    left_out: readings that are not of the present text of their articles, as ``annotator/article``. alone: how many
    articles only one of the annotators has read.
    """

    report: AgreementReport
    weaknesses: tuple[RuledWeakness, ...]
    merges: tuple[MergeAdvice, ...]
    samples: tuple[SampleAdvice, ...]
    disagreements: tuple[ShownDisagreement, ...]
    left_out: tuple[str, ...]
    alone: int


def study_agreement(
    workspace: Workspace, annotators: Sequence[str] = (), articles: Collection[str] = (), samples: int = SAMPLES
) -> Study:
    """Measure how far annotators agree, and find what to look at first.

    annotators: their names; none means all people. articles: their ids; none means all that two annotators have read.
    samples: how many an interval rests on. Raises InputError where there is nothing to compare.
    """
    store, scheme = workspace.store, workspace.scheme
    paths = _paths(store)
    _require_known(store, paths, annotators, articles)

    def readings(without: Collection[str] = ()) -> Iterator[ArticleReadings]:
        for each in store.readings(annotators):
            if articles and each.article_id not in articles:
                continue
            kept = tuple(document for document in each.documents if document.annotator not in without)
            if len(kept) > 1:
                yield replace(each, documents=kept) if without else each

    seen: dict[str, set[str]] = {}
    report = measure_agreement(_noting(readings(), seen), scheme, samples=samples)
    mine = {
        article: names & set(annotators) if annotators else names
        for article, names in paths.items()
        if not articles or article in articles
    }
    left_out = tuple(_left_out(store, mine, seen))
    if not report.articles:
        raise InputError(_nothing_said(annotators, mine, left_out))
    interface, at = load_interface(workspace), ReadPlaces(workspace)
    return Study(
        report=report,
        weaknesses=tuple(_weaknesses(report, readings, interface, samples)),
        merges=tuple(advise_merging(report)),
        samples=tuple(advise_sample(report)),
        disagreements=tuple(_show(each, at, interface) for each in find_disagreements(report)),
        left_out=left_out,
        alone=sum(len(names) == 1 for names in mine.values()),
    )


def closed_questions(scheme: Scheme) -> frozenset[str]:
    """Return the questions whose answers are of a list, as people read their names: of values, or of targets."""
    own = {each.title for each in scheme.fields if each.kind in ("vocabulary", "target") and each.compared}
    return frozenset(own | {"target"} | ({"role"} if scheme.has_conditions else set()))


def _weaknesses(
    report: AgreementReport,
    readings: Callable[[Collection[str]], Iterator[ArticleReadings]],
    interface: Interface,
    samples: int,
) -> Iterator[RuledWeakness]:
    """Yield what stands out: values and questions as the annotators see them who are not careless."""
    scheme = interface.controls.scheme
    careless = find_annotators(report)
    for each in careless:
        yield RuledWeakness(each, "")
    names = {name for each in careless for name in each.names}
    rest = measure_agreement(readings(names), scheme, samples=samples) if names else report
    confused = find_values(rest, closed_questions(scheme))
    for each in (*confused, *find_fields(rest, confused)):
        yield RuledWeakness(each, rules_of(interface, each.field, each.names))


def _paths(store: Store) -> dict[str, set[str]]:
    """Return who has a document of each article, gold apart."""
    found: dict[str, set[str]] = {}
    for name in store.document_names():
        if (annotator := annotator_of(name)) is not None:
            found.setdefault(article_of(name), set()).add(annotator)
    return found


def _require_known(
    store: Store, paths: Mapping[str, Collection[str]], annotators: Sequence[str], articles: Collection[str]
) -> None:
    names = sorted({name for each in paths.values() for name in each})
    faults = []
    if unknown := sorted(set(annotators) - set(names)):
        is_gold = " Gold is no annotator: `stancebank annotate compare NAME gold` compares with it." * (
            "gold" in unknown
        )
        hint = f"there are {list_some(names, 10)}." if names else "`stancebank annotate pull` or `import` brings them."
        faults.append(f"No annotator is called {list_some(unknown)}.{is_gold}\nHint: {hint}")
    if unknown := sorted(set(articles) - set(store.article_ids())):
        faults.append(f"There is no article {list_some(unknown)}.\nHint: `stancebank corpus list` lists them.")
    if len(set(annotators)) == 1 and not faults:
        faults.append("One annotator has nobody to agree with.\nHint: name two or more, or none for all.")
    if faults:
        raise InputError("\n".join(faults))


def _noting(readings: Iterator[ArticleReadings], seen: dict[str, set[str]]) -> Iterator[ArticleReadings]:
    for each in readings:
        seen[each.article_id] = set(each.annotators)
        yield each


def _left_out(store: Store, paths: Mapping[str, set[str]], seen: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the readings that would have counted if they were of the present text."""
    known = set(store.article_ids())
    for article, names in sorted(paths.items()):
        missing = names - seen.get(article, set())
        if len(names) < 2 or not missing or article not in known:
            continue
        text = store.article(article).text_sha256
        for name in sorted(missing):
            if store.document(store.document_name(article, name)).text_sha256 != text:
                yield f"{name}/{article}"


def _nothing_said(annotators: Sequence[str], paths: Mapping[str, Collection[str]], left_out: Sequence[str]) -> str:
    if left_out:
        return (
            f"No article has two readings of its present text; of an earlier one: {list_some(left_out)}.\n"
            "Hint: run `stancebank check`, which says what to do with them."
        )
    who = f"{list_some(sorted(set(annotators)))} have" if annotators else "annotators have"
    names = sorted({name for each in paths.values() for name in each})
    if len(names) < 2 and not annotators:
        said = f"{names[0]} alone has readings here" if names else "There are no readings here"
        return f"{said}; agreement needs two annotators.\nHint: `stancebank help labelling` says how readings get here."
    return (
        f"There is no article that two {who} read.\n"
        "Hint: models do not count unless they are named; `stancebank status` says who has read how many articles."
    )


class ReadPlaces:
    """What stands at places of articles, and what annotators answered there; each file is read once."""

    def __init__(self, workspace: Workspace) -> None:
        self._store, self._scheme = workspace.store, workspace.scheme
        self._texts: dict[str, str | None] = {}
        self._statements: dict[tuple[str, str], dict[str, Statement]] = {}

    def words(self, article_id: str, begin: int, end: int) -> str | None:
        """Return words; None where the text is not at hand."""
        text = self._text(article_id)
        return None if text is None else text[begin:end]

    def answers(self, field: str, where: Disagreement | Occurrence) -> dict[str, str]:
        """Return what each annotator says to a question, as `compare` reads it; of conditions, that of those there."""
        return {
            name: _answer(
                field,
                None if own is None else self._of(where.article_id, name).get(own),
                (where.begin, where.end),
                self._scheme,
            )
            for name, own in sorted(where.statements.items())
        }

    def worded(self, field: str, article_id: str, answers: Mapping[str, str]) -> dict[str, str]:
        """Return answers with words in the place of offsets, where the text is at hand."""
        text = self._text(article_id)
        return {
            name: worded(Difference(article_id, field, None, None, each, ""), text, self._scheme)[0]
            for name, each in answers.items()
        }

    def _text(self, article_id: str) -> str | None:
        if article_id not in self._texts:
            self._texts[article_id] = self._store.text(self._store.article(article_id))
        return self._texts[article_id]

    def _of(self, article_id: str, annotator: str) -> dict[str, Statement]:
        key = article_id, annotator
        if key not in self._statements:
            document = self._store.document(self._store.document_name(article_id, annotator))
            self._statements[key] = {each.id: each for each in document.statements}
        return self._statements[key]


def _show(found: Disagreement, places: ReadPlaces, interface: Interface) -> ShownDisagreement:
    answers, rules = {}, {}
    for field in found.fields:
        said = places.answers(field, found)
        rules[field] = rules_of(interface, field, set(said.values()))
        answers[field] = places.worded(field, found.article_id, said)
    return ShownDisagreement(found, places.words(found.article_id, found.begin, found.end), answers, rules)


def _answer(field: str, statement: Statement | None, place: Bounds, scheme: Scheme) -> str:
    """Return what a statement says to a question, that of conditions in the order of the text."""
    if statement is None:
        return NOTHING
    if field == FOUND:
        return f"{scheme.label.text(statement)} {places(statement.content)}"
    if field == SAME_AS:
        return statement.same_as or NOTHING
    if each := statement_fields(scheme).get(field):
        return each.read(statement)
    begin, end = place
    here = [each for each in statement.conditions if each.spans[0].begin < end and begin < each.spans[-1].end]
    conditions = sorted(here, key=lambda each: each.spans[0].begin)
    if field == CONDITION_FOUND:
        return " + ".join(places(each.spans) for each in conditions) or NOTHING
    if own := condition_fields(scheme).get(field):
        return " + ".join(own.read(each) for each in conditions) or NOTHING
    return NOTHING
