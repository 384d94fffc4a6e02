"""The table of annotations: what each annotator said, before it became gold, and how far they agree in it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from stancebank.agreement.align import align
from stancebank.agreement.figures import Figure
from stancebank.model import Document, Statement, is_of_people
from stancebank.publish.gold import ArticleAnnotation, RowContext, annotation_name
from stancebank.publish.tables.columns import (
    AGENCIES,
    ANNOTATOR,
    ARTICLE,
    ARTICLE_ID,
    DATASET_VERSION,
    GUIDELINE_VERSION,
    ORIGIN,
    READING,
    RIGHTS,
    SCHEMA_VERSION,
    ArticleSource,
    Column,
    ListOf,
    Row,
    Struct,
    Table,
    copied,
    derived,
    fill,
    with_fields,
)
from stancebank.publish.tables.fields import Judgement, split_columns
from stancebank.publish.tables.statements import (
    STATEMENTS,
    in_order,
    statement_columns,
    statement_sources,
)
from stancebank.schema.fields import Scheme

ANNOTATIONS = "annotations"


@dataclass(frozen=True)
class AnnotationSource(ArticleSource):
    """What a row of an annotator's statement is filled from, or of an article in which one found none.

    annotated: with the annotator's document. row: what the statement's row of the table `statements` would be; of an
    article without statements, with nothing in it. gold_id: of the gold statement aligned with it, if any.
    """

    row: Row
    gold_id: str | None
    gold_method: str | None


def annotation_table(scheme: Scheme) -> Table:
    """Return the table `annotations`."""
    statement = statement_columns(scheme)
    elsewhere = {"statement_id", "same_as", *(column.name for column in (*ARTICLE, *RIGHTS, *READING))}
    first = Column(
        "annotation_id",
        "string",
        "Id of the row: annotator, article and the annotator's own id of the statement; the last is missing where "
        "nothing was found.",
        lambda source: source.row["statement_id"],
        states="statement/id",
        refers=(ANNOTATIONS,),
    )
    gold_id = Column(
        "gold_statement_id",
        "string",
        "Id of the gold statement that it is aligned with, by content; null where gold has none.",
        lambda source: source.gold_id,
        repeats=True,
        refers=(STATEMENTS,),
    )
    same_as = Column(
        "same_as",
        "string",
        "Id of the row of the same reading that says the same most fully; null if this is it.",
        lambda source: source.row["same_as"],
        states="statement/same_as",
        optional=True,
        refers=(ANNOTATIONS,),
    )
    nothing = Column(
        "nothing_to_annotate",
        "bool",
        "The annotator read the article and found no statement.",
        lambda source: source.annotated.document.nothing_to_annotate,
        states="document/nothing_to_annotate",
    )
    method = Column(
        "gold_method",
        "string",
        "How the gold reading of the article was made.",
        lambda source: source.gold_method,
        is_label=False,
        vocabulary="gold_method",
    )
    elsewhere |= {f"{name}_id" for name in elsewhere} | statement.of_gold
    said, lists, mentions = (
        [column for column in columns if column.name not in elsewhere]
        for columns in (statement.flat, statement.lists, statement.mentions)
    )
    return Table(
        ANNOTATIONS,
        "One row a statement that an annotator found, or an article in which one found none; gold was made of such "
        "rows.",
        (
            first,
            ANNOTATOR,
            ORIGIN,
            *derived((ARTICLE_ID,)),
            gold_id,
            *((same_as,) if scheme.has_repetitions else ()),
            nothing,
            *derived(ARTICLE[1:]),
            *_from_row(said),
            *derived(RIGHTS),
            method,
            GUIDELINE_VERSION,
            *derived((SCHEMA_VERSION, DATASET_VERSION)),
            *_from_row(lists),
            *_from_row(mentions),
            *map(_in_reading, _from_row(statement.conditions)),
            *_from_row(statement.spans),
        ),
    )


def _from_row(columns: Iterable[Column]) -> Iterator[Column]:
    """Yield columns that state what they do in their own table, and are filled from a row at hand."""
    columns = tuple(columns)
    return (
        replace(column, get=taken.get, of_article=False, is_copied=True)
        for column, taken in zip(columns, copied(columns), strict=True)
    )


def _in_reading(conditions: Column) -> Column:
    """Return the column of conditions with ids that are those of an annotator."""
    kind = conditions.item
    assert isinstance(kind, Struct)
    first, *rest = kind.fields
    own = replace(first, meaning="Id of the condition in this reading.", refers=())
    return with_fields(conditions, (own, *rest))


@dataclass(frozen=True, slots=True)
class AlignedReading:
    """An annotator's reading beside gold.

    annotated: the article with this reading as its document: statements in the order of the rows, with the ids of rows.
    local: the document with the annotator's own ids. partners: by the place of a statement, the gold one that it is
    aligned with.
    """

    annotated: ArticleAnnotation
    local: Document
    partners: Mapping[int, Statement]


def align_with_gold(annotated: ArticleAnnotation, scheme: Scheme) -> tuple[AlignedReading, ...]:
    """Align each reading of an article with gold, by annotator. annotated: with its statements in the order of rows."""
    gold = annotated.document.statements
    found = []
    for document in sorted(annotated.others, key=lambda each: each.annotator):
        other = in_order(replace(annotated, document=_named(document)))
        pairs = align(gold, other.document.statements, scheme) if document.statements else ()
        partners = {pair.other: gold[pair.one] for pair in pairs if pair.one is not None and pair.other is not None}
        found.append(AlignedReading(other, document, partners))
    return tuple(found)


def judge(annotated: ArticleAnnotation, readings: Iterable[AlignedReading], scheme: Scheme) -> dict[str, Judgement]:
    """Return what annotators make of each gold statement, by its id; nothing where fewer than two read the article.

    A reading by a model is none of an annotator.
    """
    people = [each for each in readings if is_of_people(each.local.origin)]
    if len(people) < 2 or not annotated.is_judged:
        return {}
    chosen: dict[str, list[str | None]] = {each.id: [] for each in annotated.document.statements}
    for reading in people:
        for place, gold in reading.partners.items():
            chosen[gold.id].append(scheme.label.text(reading.annotated.document.statements[place]))
    return {name: Judgement(len(people), tuple(labels)) for name, labels in chosen.items()}


def annotation_sources(
    annotated: ArticleAnnotation, readings: Iterable[AlignedReading], context: RowContext
) -> Iterator[AnnotationSource]:
    """Yield what rows of the table `annotations` are filled from, by annotator, then place in the text, then id.

    readings: as `align_with_gold` returns them.
    """
    gold = annotated.document.gold
    method = gold.method if gold else None
    for reading in readings:
        other, document = reading.annotated, reading.local
        if not document.statements:
            columns = statement_columns(context.scheme).all
            empty: Row = {column.name: [] if isinstance(column.type, ListOf) else None for column in columns}
            about = (*ARTICLE, AGENCIES, *RIGHTS, *READING, *split_columns(context.scheme))
            known = fill(about, ArticleSource(other, context))
            row = empty | known | {"statement_id": annotation_name(document, ""), "same_as": None}
            yield AnnotationSource(other, context, row, None, method)
            continue
        for place, statement in enumerate(statement_sources(other, context)):
            partner = reading.partners.get(place)
            yield AnnotationSource(other, context, statement.row, partner.id if partner else None, method)


def _named(document: Document) -> Document:
    """Return a document with ids that no other document has: annotator, article and the id within the document."""
    statements = tuple(
        msgspec.structs.replace(
            each,
            id=annotation_name(document, each.id),
            same_as=each.same_as and annotation_name(document, each.same_as),
            conditions=tuple(
                msgspec.structs.replace(condition, id=annotation_name(document, condition.id))
                for condition in each.conditions
            ),
        )
        for each in document.statements
    )
    return msgspec.structs.replace(document, statements=statements)


# How far annotators agree, as rows tell it.

SAMPLES, SEED = 1000, 1
"""How often articles are drawn for an interval, and the seed; whoever counts again must get the same figures."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How far the annotators of a dataset agree.

    annotators, origins: of the readings that are counted; readings by models are not. articles: how many at least two
    of them have read. statements: how many they found, where one that gold has counts once. found: the F1 of one
    reading against another. fields: by name, how many statements were answered by at least two, the share of two
    answers that are the same, and Krippendorff's alpha.
    """

    annotators: tuple[str, ...]
    origins: frozenset[str]
    articles: int
    statements: int
    found: Figure
    fields: Mapping[str, tuple[int, Figure, Figure]]


def judged_columns(scheme: Scheme) -> dict[str, str]:
    """Return the columns of the table `annotations` that annotators are compared in, by what they are called."""
    return {
        "speaker": "speaker_id",
        "target": "target_id",
        scheme.label.title: str(scheme.label.column),
        **({"conditional": "conditional"} if scheme.has_conditions else {}),
    }


class Judging:
    """Counts how far annotators agree, article by article; no row is held.

    repeated: ids of gold statements that repeat another one. These are left out, and what an annotator calls a
    repetition where gold has nothing. What gold has nothing of was found by one annotator alone.
    """

    def __init__(self, repeated: Set[str], scheme: Scheme) -> None:
        self._repeated, self._columns = repeated, judged_columns(scheme)
        self._annotators: set[str] = set()
        self._origins: set[str] = set()
        self._statements = 0
        self._found: list[tuple[float, float]] = []
        self._tallies = {name: _Tally() for name in self._columns}

    def add(self, rows: Iterable[Row]) -> None:
        """Count an article. rows: its own of the table `annotations`."""
        read = [row for row in rows if is_of_people(row["origin"])]
        numbers = {row["annotator"]: 0 for row in read}
        if len(numbers) < 2:
            return
        self._annotators |= numbers.keys()
        self._origins |= {row["origin"] for row in read}
        units: defaultdict[str, list[Row]] = defaultdict(list)
        for row in read:
            gold = row["gold_statement_id"]
            is_none = gold is None and (row.get("same_as") is not None or row["speaker_id"] is None)
            if not is_none and gold not in self._repeated:
                numbers[row["annotator"]] += 1
                units[gold or row["annotation_id"]].append(row)
        both = sum(len(unit) * (len(unit) - 1) for unit in units.values())
        self._found.append((both, (len(numbers) - 1) * sum(numbers.values())))
        self._statements += len(units)
        for name, column in self._columns.items():
            self._tallies[name].add([row[column] for row in unit] for unit in units.values())

    def result(self) -> Judged | None:
        """Return what was counted; None where no article was read by two annotators."""
        if not self._found:
            return None
        from stancebank.agreement import coefficients

        sets = coefficients.draw(len(self._found), SAMPLES, SEED)
        return Judged(
            tuple(sorted(self._annotators)),
            frozenset(self._origins),
            len(self._found),
            self._statements,
            _share(self._found, sets, NOTHING_FOUND),
            {name: (tally.units, *tally.figures(sets)) for name, tally in self._tallies.items()},
        )


NOTHING_FOUND = "nobody found a statement"


def _share(counts: Sequence[tuple[float, float]], sets: Any, reason: str) -> Figure:
    """Return a share. counts: by article, what agrees and what was compared; sets: see `coefficients.draw`."""
    import numpy as np

    from stancebank.agreement import coefficients

    agreed, compared = sets @ np.array(counts, dtype=float)[:, 0], sets @ np.array(counts, dtype=float)[:, 1]
    (found,) = coefficients.figures(coefficients.share(agreed, compared)[:, None], (reason,))
    return found


class _Tally:
    """The answers to one question, article by article; no row is held."""

    def __init__(self) -> None:
        self.units = 0
        self._pairs: list[tuple[float, float]] = []  # by article: of two answers that are the same, and of all
        self._same: list[float] = []  # by article: the sum of the diagonal of the coincidence matrix
        self._codes: dict[object, int] = {}
        self._given: list[tuple[int, int, int]] = []  # article, value, how often it was given

    def add(self, units: Iterable[Sequence[object]]) -> None:
        """Count an article. units: the answers to each; None is no answer."""
        pairs = same_pairs = same = 0.0
        given: Counter[object] = Counter()
        for unit in units:
            counts = Counter(answer for answer in unit if answer is not None)
            if (answers := counts.total()) > 1:
                self.units += 1
                alike = sum(count * (count - 1) for count in counts.values())
                pairs += answers * (answers - 1)
                same_pairs += alike
                same += alike / (answers - 1)
                given.update(counts)
        article = len(self._pairs)
        self._pairs.append((same_pairs, pairs))
        self._same.append(same)
        for value, count in given.items():
            self._given.append((article, self._codes.setdefault(value, len(self._codes)), count))

    def figures(self, sets: Any) -> tuple[Figure, Figure]:
        """Return the share and Krippendorff's alpha. sets: see `coefficients.draw`."""
        import numpy as np

        from stancebank.agreement import coefficients

        articles, values, counts = np.array(self._given, dtype=np.int64).reshape(-1, 3).T

        def given(times: Any) -> Any:  # a set at a time: there may be as many values as there are speakers
            return np.bincount(values, weights=counts * times[articles], minlength=1)

        answers = [(each.sum(), (each * each).sum()) for each in map(given, sets)]
        every, squares = np.array(answers).T
        alphas = coefficients.nominal_alpha(every, sets @ np.array(self._same), squares)
        reason = coefficients.ONE_VALUE if self.units else coefficients.NO_ANSWERS
        (alpha,) = coefficients.figures(alphas[:, None], (reason,))
        return _share(self._pairs, sets, coefficients.NO_ANSWERS), alpha
