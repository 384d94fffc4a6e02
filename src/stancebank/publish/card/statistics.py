"""What the computed parts of a dataset card are made of: rows, and what is counted in them."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, groupby
from typing import Any

from stancebank.agreement.compare import Comparison, compare
from stancebank.model import TextPolicy, split_order
from stancebank.publish.gold import ArticleAnnotation, RowContext
from stancebank.publish.tables import (
    ANNOTATIONS,
    ARTICLES,
    CONDITIONS,
    ENTITIES,
    PASSAGES,
    STATEMENTS,
    TARGETS,
    TOKENS,
    Row,
    find_table,
    in_order,
)
from stancebank.publish.tables.annotations import Judged, Judging, judged_columns
from stancebank.publish.tables.fields import bounds
from stancebank.publish.tables.text import span_labels
from stancebank.schema.fields import Field, Scheme
from stancebank.text import escape_hidden

SMALL = 1000
"""With fewer statements than these, repetitions left out, the card says that the corpus is too small to be split."""


@dataclass(frozen=True, slots=True)
class PairOfReaders:
    """Two annotators who have read at least one article both.

    articles: how many; origins: of their documents; found: the tallies, without the differences.
    """

    one: str
    other: str
    articles: int
    origins: frozenset[str]
    found: Comparison


@dataclass(slots=True)
class Agreement:
    """How often every two annotators agree, counted article by article; no document is held."""

    scheme: Scheme
    counts: dict[tuple[str, str], PairOfReaders] = field(default_factory=dict)

    def add(self, annotated: ArticleAnnotation) -> None:
        """Count an article, once: every two annotators who have read it, in one text. No words are read."""
        documents = [in_order(replace(annotated, document=each)).document for each in annotated.others]
        for one, other in combinations(sorted(documents, key=lambda each: each.annotator), 2):
            names = one.annotator, other.annotator
            before = self.counts.get(names, PairOfReaders(*names, 0, frozenset(), Comparison()))
            found = compare([(one, other)], self.scheme)
            found.differences.clear()  # there may be thousands, and nobody asks for them
            before.found.merge(found)
            origins = before.origins | {one.origin, other.origin}
            self.counts[names] = replace(before, articles=before.articles + 1, origins=origins)

    def pairs(self) -> tuple[PairOfReaders, ...]:
        """Return what was counted, by the names of the two."""
        return tuple(self.counts[names] for names in sorted(self.counts))


def compare_readers(annotated: Iterable[ArticleAnnotation], scheme: Scheme) -> tuple[PairOfReaders, ...]:
    """Compare every two annotators over the published articles that both have read."""
    agreement = Agreement(scheme)
    for each in annotated:
        agreement.add(each)
    return agreement.pairs()


_COLUMNS: dict[str, tuple[str, ...]] = {
    STATEMENTS: (
        *("statement_id", "same_as", "conditional", "speaker_id", "speaker_kind", "speaker_name", "split"),
        *("target_root", "target_id", "target_name"),
        *("contested", "ambiguity", "suggested_by"),
    ),
    CONDITIONS: ("statement_id", "role", "split"),
    ARTICLES: (
        *("article_id", "title", "author", "place", "outlet", "published", "language", "url", "event", "split", "fold"),
        *("reprint_of", "extra"),
        *("rights_holder", "licence", "text_policy"),
        *("origin", "annotator", "gold_method", "guideline_version", "nothing_to_annotate", "n_statements"),
    ),
    ANNOTATIONS: ("annotation_id", "annotator", "article_id", "origin", "gold_statement_id", "same_as"),
    ENTITIES: ("entity_id",),
    TARGETS: ("target_id",),
    PASSAGES: ("article_id",),
    TOKENS: ("spans",),
}


def card_columns(name: str, scheme: Scheme) -> tuple[str, ...] | None:
    """Return the columns of a table that the card is made of; None for all, where the scheme lacks the table too."""
    if name not in _COLUMNS or (name == CONDITIONS and not scheme.has_conditions):
        return None
    wanted = {*_COLUMNS[name], *said_columns(name, scheme)}
    if name == ARTICLES:
        wanted |= {*place_columns(scheme)}
    if name == STATEMENTS:
        wanted |= {str(scheme.label.column), "text_policy", *value_columns(scheme), *main_columns(scheme)}
    if name == ANNOTATIONS and scheme.edition >= 2:
        wanted |= {*judged_columns(scheme).values()}
    if name == CONDITIONS:
        wanted |= {str(field.column) for field in counted_fields(scheme)}
    return tuple(column.name for column in find_table(scheme, name).columns if column.name in wanted)


def said_columns(name: str, scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of a table that hold what people wrote: words of articles and free text."""
    if name == ARTICLES:
        return ("title", "author", "place", "extra")
    level = {STATEMENTS: ("statement", "target"), CONDITIONS: ("condition",)}.get(name, ())
    free = {field.column for field in scheme.fields if field.level in level and field.kind == "text"}
    if not level or (name == CONDITIONS and not scheme.has_conditions):
        return ()
    columns = find_table(scheme, name).columns
    mine = {column.name for column in find_table(scheme, STATEMENTS).columns} if name == CONDITIONS else set()
    return tuple(column.name for column in columns if (column.words or column.name in free) and column.name not in mine)


def place_columns(scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of the table `articles` that say what was read and not marked.

    They hold most of a row, so that nothing but `Unmarked` is kept of them. A card of the first edition counts none.
    """
    if scheme.edition < 2:
        return ()
    return ("lines", "zones", "statements", *((scheme.non_statements_key,) if scheme.non_statements else ()))


def value_columns(scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of the table `statements` that the card counts by their values: closed lists and flags."""
    levels = ("statement", "target")
    fields = [each for each in scheme.fields if each.level in levels and each.column and not each.is_label]
    return tuple(str(each.column) for kind in ("vocabulary", "flag") for each in fields if each.kind == kind)


def main_columns(scheme: Scheme) -> tuple[str, ...]:
    """Return the columns of the table `statements` that matter most, in the order in which they are best read."""
    label = str(scheme.label.column)
    of_targets = [str(each.column) for each in scheme.of("target") if each.column and each.kind != "span"]
    names = (
        *("speaker_name", f"{label}_label", label, "polarity", "conditional", "target_name", "conditions"),
        *("content", *of_targets, *value_columns(scheme)),
        *("outlet", "published", "url", "event"),
        *(
            "statement_id",
            "article_id",
            "same_as",
            "cluster_id",
            "speaker_id",
            f"{label}_id",
            "target_id",
            "content_spans",
        ),
    )
    held = {column.name for column in find_table(scheme, STATEMENTS).columns}
    return tuple(name for name in dict.fromkeys(names) if name in held)


def counted_fields(scheme: Scheme) -> tuple[Field, ...]:
    """Return the fields of conditions that the card counts by their values: closed lists and single ids."""
    kinds = ("vocabulary", "target", "entity")
    return tuple(field for field in scheme.of("condition") if field.kind in kinds and field.column is not None)


@dataclass(frozen=True, slots=True)
class Built:
    """What a folder shows of the articles' words. text: as asked for; the others: ids of articles, see `Readings`.

    blocked: codes of what the gate of a release would find in it, sorted; a folder of the first edition tells none.
    """

    text: TextPolicy | None
    showing: tuple[str, ...]
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]
    blocked: tuple[str, ...] = ()

    @property
    def publishable(self) -> bool:
        """Whether the folder may be handed on."""
        return not self.beyond and not self.blocked


@dataclass(slots=True)
class StatementCounts:
    """What one pass over the statements tells: how often there is what, in all of them and in those that repeat none.

    labels: by label and whether it is conditional. targets: by root and id. speakers: by id. target_names,
    speaker_names, speaker_kinds: by id. repeated: ids of those that repeat another one. addresses: of e-mail, in what
    people wrote. splits, unique_splits: by split, where there are such. values: by column, how often each value occurs;
    columns: those that are counted so. judged: how many several annotators have judged, of those that repeat none;
    contested: over how many of these they stayed divided, by their ambiguity. suggested: how many began as a
    suggestion, by whose. typical: the first of the rows that show most of what a row can say; None where there are no
    rows.
    """

    columns: tuple[str, ...] = ()

    labels: Counter[tuple[str, bool]] = field(default_factory=Counter)
    unique_labels: Counter[tuple[str, bool]] = field(default_factory=Counter)
    targets: Counter[tuple[str, str]] = field(default_factory=Counter)
    unique_targets: Counter[tuple[str, str]] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    unique_speakers: Counter[str] = field(default_factory=Counter)
    target_names: dict[str, str] = field(default_factory=dict)
    speaker_names: dict[str, str] = field(default_factory=dict)
    speaker_kinds: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    splits: Counter[str] = field(default_factory=Counter)
    unique_splits: Counter[str] = field(default_factory=Counter)
    addresses: int = 0
    judged: int = 0
    contested: Counter[str | None] = field(default_factory=Counter)
    suggested: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str | bool | None]] = field(init=False)
    typical: Row | None = None

    def __post_init__(self) -> None:
        self.values = {name: Counter() for name in self.columns}

    def add(self, row: Row, label: str, said: Sequence[str]) -> None:
        """Count a row. label: its column; said: those that hold what people wrote."""
        labelled = row[label], row.get("conditional", False)
        target, speaker = (row["target_root"], row["target_id"]), row["speaker_id"]
        self.labels[labelled] += 1
        self.targets[target] += 1
        self.speakers[speaker] += 1
        if split := row.get("split"):
            self.splits[split] += 1
            self.unique_splits[split] += row.get("same_as") is None
        if row.get("same_as") is None:
            self.unique_labels[labelled] += 1
            self.unique_targets[target] += 1
            self.unique_speakers[speaker] += 1
            if row.get("contested") is not None:
                self.judged += 1
                self.contested[row["ambiguity"]] += row["contested"]
        else:
            self.repeated.add(row["statement_id"])
        if by := row.get("suggested_by"):
            self.suggested[by] += 1
        self.target_names[row["target_id"]] = row["target_name"]
        self.speaker_names[speaker] = row["speaker_name"]
        self.speaker_kinds[speaker] = row["speaker_kind"]
        self.addresses += count_addresses(row, said)
        for name in self.columns:
            self.values[name][row[name]] += 1


def _merits(row: Row, flags: Sequence[str], unnamed: Set[str]) -> tuple[bool, ...]:
    """Return what makes a row a good example: no repetition, conditions, no flag, a name, and where it stands."""
    return (
        row.get("same_as") is None,
        bool(row.get("conditional")),
        not any(row[flag] for flag in flags),
        row["speaker_kind"] not in unnamed,
        bool(row["outlet"] and row["published"]),
    )


@dataclass(slots=True)
class ConditionCounts:
    """What one pass over the conditions tells. addresses: of e-mail, in what people wrote.

    values: how often they have which values of `columns`, and whether their statement repeats none. splits: by split,
    where there are such.
    """

    columns: tuple[str, ...]
    splits: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[bool, tuple[str | None, ...]]] = field(default_factory=Counter)
    addresses: int = 0

    def of(self, column: str, *, unique: bool = False) -> Counter[str | None]:
        """Return how often each value of a column occurs. unique: with statements that repeat none."""
        found: Counter[str | None] = Counter()
        for (is_unique, values), count in self.values.items():
            if is_unique or not unique:
                found[values[self.columns.index(column)]] += count
        return found


class Counting:
    """Counts rows of statements and of conditions, one by one; those of statements come before their conditions."""

    def __init__(self, context: RowContext) -> None:
        scheme = context.scheme
        self.statements = StatementCounts(value_columns(scheme))
        self.conditions = ConditionCounts(("role", *(str(each.column) for each in counted_fields(scheme))))
        self._label = str(scheme.label.column)
        self._said = {name: said_columns(name, scheme) for name in (STATEMENTS, CONDITIONS)}
        self._flags = [str(each.column) for each in scheme.of("statement") if each.kind == "flag" and each.column]
        self._unnamed = context.vocabularies.unnamed()
        self._best: tuple[bool, ...] = ()

    def add_statement(self, row: Row) -> None:
        """Count a row of the table `statements`."""
        self.statements.add(row, self._label, self._said[STATEMENTS])
        merits = _merits(row, self._flags, self._unnamed)
        if merits > self._best:  # more than nothing is the first of them
            self._best, self.statements.typical = merits, row

    def add_condition(self, row: Row) -> None:
        """Count a row of the table `conditions`."""
        found = self.conditions
        is_unique = row["statement_id"] not in self.statements.repeated
        found.values[is_unique, tuple(row[name] for name in found.columns)] += 1
        found.addresses += count_addresses(row, self._said[CONDITIONS])
        if split := row.get("split"):
            found.splits[split] += 1


@dataclass(frozen=True, slots=True)
class Unmarked:
    """What was read in an article and not marked.

    lines: those of annotated zones, in the parts that lie in one zone. without: how many of them no content begins in.
    reasons: why words that look like a statement are none, one each.
    """

    lines: int
    without: int
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, row: Row, scheme: Scheme) -> "Unmarked":
        """Count in a row of the table `articles`."""
        annotated = scheme.vocabularies.annotated_zones()
        begins = sorted(bounds(span)[0] for each in row["statements"] for span in each["content_spans"])
        parts = list(_in_zones(row["lines"], row["zones"], annotated))
        without = sum(bisect_left(begins, begin) == bisect_left(begins, end) for begin, end in parts)
        passed = row[scheme.non_statements_key] if scheme.non_statements else ()
        return cls(len(parts), without, tuple(each["reason"] for each in passed))


def _in_zones(lines: Iterable[Row], zones: Iterable[Row], annotated: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield the parts of lines that lie in annotated zones; neighbours of one kind count as one zone.

    Rows of somebody else's folder may overlap: what an earlier line or zone has, a later one has not, so that there
    are never more parts than lines and zones.
    """
    stretches: list[tuple[int, int, str]] = []
    for zone in sorted(zones, key=bounds):
        begin, end = bounds(zone)
        before = stretches[-1] if stretches else (0, 0, "")
        if before[1:] == (begin, zone["zone"]):
            stretches[-1] = (before[0], end, before[2])
        elif end > before[1]:
            stretches.append((max(begin, before[1]), end, zone["zone"]))
    place = done = 0
    for begin, end in sorted(map(bounds, lines)):
        begin = max(begin, done)
        done = max(end, done)
        while place < len(stretches) and stretches[place][1] <= begin:
            place += 1
        near = place
        while near < len(stretches) and stretches[near][0] < end:
            first, last, zone_of = stretches[near]
            if zone_of in annotated and max(first, begin) < min(last, end):
                yield max(first, begin), min(last, end)
            near += 1


_UNMARKED = "unmarked"
"""The key under which a row of an article that was counted holds what it says, in the place of `place_columns`."""


def _counted(row: Row, scheme: Scheme) -> Row:
    places = place_columns(scheme)
    if not places or _UNMARKED in row:
        return row
    return {**{name: held for name, held in row.items() if name not in places}, _UNMARKED: Unmarked.of(row, scheme)}


@dataclass(frozen=True)
class Facts:
    """What the blocks, and all else that a folder says of itself, are made of.

    rows: by table, of the columns of `card_columns` at least. built: None in a card that belongs to no folder. readers:
    annotators who read the same articles, compared two by two as folders of the first edition and of earlier toolkits
    have it; none in others. licence: the text of the data's licence, None where there is none. released:
    the day that the changelog of a release gives the version, None where it gives none. tags: what
    the dataset is about, beside what all are, as the workspace says. citation: CITATION.cff, None where there is none.
    has_preview: whether the folder has a preview.svg, which the card then shows. suggestions: what the manifest says of
    the engines whose suggestions people worked with; None where nothing is known of any.
    samples: what it says of the plans by which articles were drawn; None where there are none. counting: has counted
    all rows of statements and conditions, where somebody has gone over them already.
    """

    rows: Mapping[str, Sequence[Row]]
    context: RowContext
    name: str
    dataset_version: str
    schema_version: str
    built: Built | None
    readers: tuple[PairOfReaders, ...] = ()
    pretty_name: str = ""
    licence: str | None = None
    released: str | None = None
    tags: tuple[str, ...] = ()
    citation: str | None = None
    has_preview: bool = False
    suggestions: Mapping[str, Any] | None = None
    samples: Mapping[str, Any] | None = None
    counting: Counting | None = None

    def but(self, **changes: Any) -> "Facts":
        """Return the same facts with other values of fields that nothing is counted from; what was counted is kept."""
        made = replace(self, **changes)
        vars(made).update({**vars(self), **changes})
        return made

    @property
    def statements(self) -> Sequence[Row]:
        """The rows of the table `statements`."""
        return self.rows.get("statements", ())

    @cached_property
    def _counts(self) -> Counting:
        if self.counting:
            return self.counting
        found = Counting(self.context)
        for row in self.statements:
            found.add_statement(row)
        for row in self.conditions:
            found.add_condition(row)
        return found

    @property
    def counted(self) -> StatementCounts:
        """What the statements tell."""
        return self._counts.statements

    @property
    def counted_conditions(self) -> ConditionCounts:
        """What the conditions tell."""
        return self._counts.conditions

    @property
    def n_unique(self) -> int:
        """How many statements do not repeat another one."""
        return len(self.statements) - len(self.counted.repeated)

    @property
    def is_drawn(self) -> bool:
        """Whether a release of these rows has a picture: of the second edition, with a statement in it."""
        return self.context.scheme.edition >= 2 and len(self.statements) > 0

    @cached_property
    def articles(self) -> Sequence[Row]:
        """The rows of the table `articles`, read once, without `place_columns`."""
        return tuple(_counted(row, self.context.scheme) for row in self.rows["articles"])

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The splits that articles are in, in the order of the rows; none where there are no splits."""
        return tuple(sorted({row["split"] for row in self.articles if row.get("split")}, key=split_order))

    @property
    def unmarked(self) -> Sequence[Unmarked]:
        """What was read and not marked, article by article; nothing in the first edition."""
        return tuple(row[_UNMARKED] for row in self.articles if _UNMARKED in row)

    @cached_property
    def _annotated(self) -> tuple[frozenset[tuple[str, str, str]], Judged | None]:
        """What one pass over the annotations tells: see `readings` and `judged`."""
        scheme = self.context.scheme
        readings: set[tuple[str, str, str]] = set()
        judging = Judging(self.counted.repeated, scheme) if scheme.edition >= 2 else None
        for _, rows in groupby(self.rows.get(ANNOTATIONS, ()), key=lambda row: row["article_id"]):
            of_article = list(rows)
            readings |= {(row["article_id"], row["annotator"], row["origin"]) for row in of_article}
            if judging:
                judging.add(of_article)
        return frozenset(readings), judging.result() if judging else None

    @property
    def readings(self) -> frozenset[tuple[str, str, str]]:
        """The readings of annotators in the table `annotations`: article, annotator and origin."""
        return self._annotated[0]

    @property
    def judged(self) -> Judged | None:
        """How far annotators agree; None where no article was read by two of them, and in the first edition."""
        return self._annotated[1]

    @cached_property
    def alignment(self) -> "dict[str, Alignment]":
        """How the spans fared in the table `tokens`; see `measure_alignment`."""
        return measure_alignment(self.tokens, self.context.scheme)

    @property
    def tokens(self) -> Sequence[Row]:
        """The rows of the table `tokens`."""
        return self.rows.get("tokens", ())

    @cached_property
    def n_whole(self) -> int:
        """How many articles show their whole text."""
        return len({row["article_id"] for row in self.rows.get("passages", ())})

    @property
    def conditions(self) -> Sequence[Row]:
        """The rows of the table `conditions`."""
        return self.rows.get("conditions", ())


def say_empty(facts: Facts) -> str:
    """Say in how many rows the words are null, and why; "" where there are none such, and for a workspace.

    Such as: ``content`` is null in 12 of 12 rows: the text policy of 6 articles is withheld.
    """
    built = facts.built
    if built is None:
        return ""
    reasons: Counter[str] = Counter()
    rows = 0
    showing, lacking = set(built.showing), set(built.lacking)
    for each in facts.articles:
        if each["article_id"] not in showing and each["n_statements"]:
            rows += each["n_statements"]
            withheld = each["text_policy"] == TextPolicy.WITHHELD and built.text is None
            reasons["lacking" if each["article_id"] in lacking else "withheld" if withheld else "text"] += 1
    why = {
        "withheld": "the text policy of {} is `withheld`",
        "lacking": "the text of {} was not at hand",
        "text": f"`--text {built.text}` left out the words of {{}}",
    }
    said = [told.format(_articles(reasons[name])) for name, told in why.items() if reasons[name]]
    return f"`content` is null in {rows} of {len(facts.statements)} rows: {', and '.join(said)}." if rows else ""


def say_blocked(codes: Iterable[str]) -> str:
    """Say what stands against handing on a folder. codes: of what the gate of a release finds in it."""
    return f"`stancebank publish release` would refuse its content ({', '.join(f'`{each}`' for each in codes)})"


def _articles(number: int) -> str:
    return f"{number} article{'' if number == 1 else 's'}"


def for_card(name: str, row: Row, scheme: Scheme) -> Row:
    """Return what the card needs of a row. name: of its table."""
    columns = card_columns(name, scheme)
    found = row if columns is None else {column: row[column] for column in columns}
    return _counted(found, scheme) if name == ARTICLES else found


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; a value that is None becomes an empty cell.

    No value leaves its cell: line ends become blanks, and no HTML begins in it.
    """
    lines = [list(head), ["---"] * len(head)]
    lines += [["" if cell is None else one_line(str(cell)).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


_HTML = re.compile(r"<(?=[!?]|/?(?:a|div|h[1-6]|iframe|img|p|script|span|style|svg)\b)", re.IGNORECASE)


def one_line(value: str) -> str:
    """Return a value on one line, with what is hidden in it shown, and no HTML that begins in it."""
    return _HTML.sub("&lt;", escape_hidden(re.sub(r"[\r\n\u2028\u2029]+", " ", value)))


_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def count_addresses(row: Mapping[str, str | None], columns: Sequence[str]) -> int:
    """Return how many addresses of e-mail columns of a row hold."""
    texts = (text for column in columns if (text := row.get(column)) and "@" in text)
    return sum(len(_ADDRESS.findall(text)) for text in texts)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the spans of a label fared; spans is exact + snapped + dropped.

    annotated: spans of statements and conditions. spans: distinct ones, since what coincides is one span. exact:
    tagged with their own bounds. snapped: tagged with those of the tokens that they touch, further out. dropped: in no
    layer. second: of the exact and snapped ones, those in layer 2.
    """

    annotated: int
    spans: int
    exact: int
    snapped: int
    second: int
    dropped: int


def measure_alignment(rows: Iterable[Row], scheme: Scheme) -> dict[str, Alignment]:
    """Return how the spans fared, by label and for `all` of them. rows: of the table `tokens`."""
    counts = {label: _Counts() for label in (*span_labels(scheme), "all")}
    for row in rows:
        for span in row["spans"]:
            for label in (span["label"], "all"):
                counts[label].add(span)
    return {label: each.result() for label, each in counts.items()}


class _Counts:
    def __init__(self) -> None:
        self.annotated = self.spans = self.tagged = self.exact = self.second = 0

    def add(self, span: Row) -> None:
        self.annotated += len(span["ids"])
        self.spans += 1
        if span["layer"] is not None:
            self.tagged += 1
            self.exact += span["exact"]
            self.second += span["layer"] == 2

    def result(self) -> Alignment:
        return Alignment(
            annotated=self.annotated,
            spans=self.spans,
            exact=self.exact,
            snapped=self.tagged - self.exact,
            second=self.second,
            dropped=self.spans - self.tagged,
        )
