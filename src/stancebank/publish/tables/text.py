"""The tables that need an article's whole text: its passages, and the tokens of these."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from operator import itemgetter

from stancebank.corpus.selectors import Passage
from stancebank.model import Bounds, Condition, Document, Span, Statement
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    IDS,
    READING,
    RIGHTS,
    TEXT,
    ArticleSource,
    Column,
    Get,
    ListOf,
    Row,
    Struct,
    Table,
    copied,
    derived,
    groups_column,
)
from stancebank.publish.tables.fields import SPAN, non_statements_column, split_columns
from stancebank.publish.tables.statements import StatementSource, label_columns, statement_columns, value_columns
from stancebank.schema.fields import Field, Scheme
from stancebank.text import fingerprint, folding_of, tokenise

LAYERS = (1, 2)
OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Placed:
    """A span among tokens.

    bounds: as given. tokens: first token and one past the last, snapped outward. is_exact: the bounds are those of
    tokens. layer: None where it fits in none.
    """

    bounds: Bounds
    tokens: Bounds
    is_exact: bool
    layer: int | None


def tag_names(label: str) -> tuple[str, ...]:
    """Return the tags of a label, in the order of their ids."""
    return OUTSIDE, f"B-{label}", f"I-{label}"


def place_spans(tokens: Sequence[Bounds], spans: Iterable[Bounds]) -> list[Placed]:
    """Place the spans of one label, in the order of the text; equal ones count as one.

    tokens: their ``(begin, end)``, ascending. spans: ``(begin, end)`` in the same text, each touching a token.
    """
    taken: dict[int, set[int]] = {layer: set() for layer in LAYERS}
    among = {bounds: snap(tokens, bounds) for bounds in set(spans)}
    placed = []
    for bounds in sorted(among, key=lambda each: (among[each][0] - among[each][1], *among[each], *each)):
        first, last = among[bounds]
        layer = next((layer for layer in LAYERS if taken[layer].isdisjoint(range(first, last))), None)
        if layer:
            taken[layer].update(range(first, last))
        is_exact = (tokens[first][0], tokens[last - 1][1]) == bounds
        placed.append(Placed(bounds, (first, last), is_exact, layer))
    return sorted(placed, key=lambda each: each.bounds)


def snap(tokens: Sequence[Bounds], bounds: Bounds) -> Bounds:
    """Return the first token that a stretch of text touches, and one past the last."""
    first = bisect_right(tokens, bounds[0], key=itemgetter(1))
    return first, bisect_left(tokens, bounds[1], lo=first, key=itemgetter(0))


def encode(label: str, layer: int, placed: Iterable[Placed], length: int) -> list[str]:
    """Return the tags of a layer. length: how many tokens there are."""
    outside, begins, goes_on = tag_names(label)
    tags = [outside] * length
    for each in placed:
        if each.layer == layer:
            first, last = each.tokens
            tags[first:last] = [begins] + [goes_on] * (last - first - 1)
    return tags


def decode(tags: Sequence[str]) -> list[Bounds]:
    """Return the spans of a layer: first token and one past the last, in order."""
    spans: list[Bounds] = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            spans.append((place, place + 1))
        elif tag.startswith("I-"):
            spans[-1] = (spans[-1][0], place + 1)
    return spans


PASSAGES, TOKENS = "passages", "tokens"


@dataclass(frozen=True)
class HeldStatement:
    """A statement in a passage. row: that of the table `statements`; parts: spans of its content that begin here."""

    row: Row
    statement: Statement
    parts: tuple[int, ...]


@dataclass(frozen=True)
class PassageSource(ArticleSource):
    """What a row of a passage is filled from.

    text, statements, labelled: of the whole article; statements in their order, labelled as `find_labelled` has it.
    """

    text: str
    passage: Passage
    statements: tuple[StatementSource, ...]
    labelled: Mapping[str, "Sequence[Labelled]"]

    @property
    def words(self) -> str:
        """The words of the passage."""
        return self.text[self.passage.begin : self.passage.end]

    @cached_property
    def held(self) -> tuple[HeldStatement, ...]:
        """The statements with content that begins in the passage."""
        found = []
        first, last = self.passage.begin, self.passage.end
        for each in self.statements:
            content = each.statement.content
            if parts := [number for number, span in enumerate(content, 1) if first <= span.begin < last]:
                found.append(HeldStatement(each.row, each.statement, tuple(parts)))
        return tuple(found)

    @cached_property
    def tokens(self) -> list[Bounds]:
        """The tokens of the passage, by their bounds in it."""
        return tokenise(self.words)

    @cached_property
    def tagged(self) -> dict[str, "Tagged"]:
        """The spans of each label that begin in the passage."""
        return {label: self._tag(label, spans) for label, spans in self.labelled.items()}

    def _tag(self, label: str, spans: "Sequence[Labelled]") -> "Tagged":
        owners: dict[Bounds, list[str]] = defaultdict(list)
        first = self.passage.begin
        here = bisect_left(spans, first, key=_begin)
        for span, owner in spans[here : bisect_left(spans, self.passage.end, lo=here, key=_begin)]:
            owners[span.begin - first, span.end - first].append(owner)
        placed = _place(self.tokens, list(owners), len(self.words)) if owners else []
        return Tagged(label, tuple(placed), owners)


@dataclass(frozen=True, slots=True)
class Tagged:
    """The spans of a label in a passage. owners: ids of the statements or conditions that each belongs to."""

    label: str
    placed: tuple[Placed, ...]
    owners: dict[Bounds, list[str]]


Labelled = tuple[Span, str]
"""A span of a document, with the id of the statement or condition that it belongs to."""

SpansOf = Callable[[Document], Iterator[Labelled]]
"""Yields spans of a document."""


def find_labelled(document: Document, scheme: Scheme) -> Mapping[str, Sequence[Labelled]]:
    """Return the spans of a document that are tagged, by their label, in the order in which they begin."""
    return {label: tuple(sorted(spans(document), key=_begin)) for label, spans in span_labels(scheme).items()}


def _begin(labelled: Labelled) -> int:
    return labelled[0].begin


@lru_cache(maxsize=32)
def span_labels(scheme: Scheme) -> dict[str, SpansOf]:
    """Return what is tagged, in the order of the columns, and how its spans are found.

    These are the words of the speaker, of the fields of the kind `span`, of the content, the target and the conditions.
    Fields of the kind `spans` are not tagged.
    """
    found = [field for field in scheme.fields if field.kind == "span" and field.column is not None]
    return {
        "speaker": _of_statements(lambda statement: (statement.speaker.span,)),
        **{str(field.column): _of_statements(field.spans) for field in found if field.level == "statement"},
        "content": _of_statements(lambda statement: statement.content),
        "target": _of_statements(lambda statement: (statement.target.span,)),
        **{str(field.column): _of_statements(_of_target(field)) for field in found if field.level == "target"},
        **({"condition": _of_conditions} if scheme.has_conditions else {}),
    }


def _of_target(field: Field) -> Callable[[Statement], Sequence[Span]]:
    return lambda statement: field.spans(statement.target)


def _of_statements(spans: Callable[[Statement], Sequence[Span | None]]) -> SpansOf:
    def find(document: Document) -> Iterator[Labelled]:
        for statement in document.statements:
            yield from ((span, statement.id) for span in spans(statement) if span)

    return find


def _of_conditions(document: Document) -> Iterator[Labelled]:
    held: Iterator[Condition] = (condition for each in document.statements for condition in each.conditions)
    return ((span, condition.id) for condition in held for span in condition.spans)


def _place(tokens: list[Bounds], spans: list[Bounds], length: int) -> list[Placed]:
    """Place spans; what runs out of the passage has no layer."""
    inside = place_spans(tokens, [span for span in spans if span[1] <= length])
    beyond = [Placed(span, snap(tokens, span), False, None) for span in spans if span[1] > length]
    return sorted(inside + beyond, key=lambda each: each.bounds)


PASSAGE = (
    Column(
        "passage_id",
        "string",
        "Id of the passage: `<article id>/p<line>`, with `.2`, `.3` and so on where zones share a line.",
        lambda source: source.passage.id,
        refers=("passages",),
    ),
    *derived(ARTICLE),
    Column(
        "line",
        "int64",
        "Line of the stored text that holds it, counted from 1, blank ones included.",
        lambda source: source.passage.line,
    ),
    Column(
        "zone",
        "string",
        "Part of the article that the passage belongs to.",
        lambda source: source.passage.zone,
        vocabulary="zone",
    ),
    Column(
        "begin",
        "int64",
        "First code point of the passage in the stored text.",
        lambda source: source.passage.begin,
        renamed="start",
    ),
    Column(
        "end",
        "int64",
        "One past its last code point in the stored text.",
        lambda source: source.passage.end,
        renamed="stop",
    ),
    Column(
        "fingerprint",
        "string",
        SPAN.fields[2].meaning,
        lambda source: fingerprint(source.words, folding_of(source.context.scheme.edition)),
        redefined="`p` and 16 hex digits of the SHA-256 of the folded words.",
    ),
    Column("text", "string", "The passage.", lambda source: source.words, text_of=TEXT),
    Column(
        "has_statement",
        "bool",
        "Whether content of a statement begins in it; a passage without is a negative.",
        lambda source: bool(source.held),
    ),
)


def passage_table(scheme: Scheme) -> Table:
    """Return the table `passages`."""
    label = scheme.label
    non_statements = non_statements_column(
        scheme,
        "The words passed over, and where they stand in the stored text.",
        lambda source: [each for each in source.annotated.document.non_statements if source.passage.begins(each.span)],
    )
    reasons = (
        Column(
            "passed_over_reasons" if scheme.edition < 2 else "non_statement_reasons",
            IDS,
            "Why words in it that look like a statement are none, one reason each, in the order of the text.",
            lambda source: [each["reason"] for each in non_statements.get(source)],
        ),
    )
    return Table(
        PASSAGES,
        "One row a paragraph of the annotated zones, with its statements, or with none: then it is a negative, and a "
        "hard one where words were passed over.",
        (
            *PASSAGE,
            *split_columns(scheme),
            Column(
                "n_statements",
                "int64",
                "How many statements have content that begins in it.",
                lambda source: len(source.held),
                repeats=True,
            ),
            *derived(RIGHTS),
            *derived(READING),
            *derived((AGENCIES,)),
            Column(
                "statement_ids",
                IDS,
                "Ids of these statements, in the order of the text.",
                lambda source: [each.statement.id for each in source.held],
                refers=("statements",),
            ),
            Column(
                f"{label.column}_labels",
                IDS,
                f"Their {label.title} labels, in the same order.",
                lambda source: [scheme.label_of(each.statement) for each in source.held],
            ),
            Column(
                "target_ids",
                IDS,
                "Ids of their targets, in the same order.",
                lambda source: [each.statement.target.id for each in source.held],
                refers=("targets",),
            ),
            *(reasons if scheme.non_statements else ()),
            _statements(scheme),
            *((non_statements,) if scheme.non_statements else ()),
        ),
        whole_text=True,
    )


def _statements(scheme: Scheme) -> Column:
    """Return the column of a passage's statements in short."""
    statement = statement_columns(scheme)
    labels = (*label_columns(scheme), *value_columns(scheme))
    names = {
        "statement_id",
        "same_as",
        "cluster_id",
        "speaker_id",
        "speaker_name",
        "target_id",
        "target_name",
        "content",
    }
    names |= {column.name for column in labels if not column.classes}
    (content_spans,) = copied(column for column in statement.spans if column.name == "content_spans")
    return groups_column(
        "statements",
        "The statements in short; one whose content lies in several passages stands with each of them.",
        (
            *statement.named(names),
            Column(
                "content_parts",
                ListOf("int64"),
                "Which of the content's spans begin in this passage, counted from 1.",
                lambda held: list(held.parts),
            ),
            Column(
                "n_content_parts",
                "int64",
                "How many spans the content has, in whatever passage.",
                lambda held: len(held.statement.content),
            ),
            replace(content_spans, meaning="Where the whole content stands in the stored text."),
            *(replace(each, meaning="What the position depends on.") for each in copied(statement.conditions)),
        ),
        lambda source: source.held,
        repeats=True,
    )


def tags_column(label: str, layer: int) -> str:
    """Return the name of the column that holds the tags of a label in a layer."""
    return f"{label}_tags" + f"_{layer}" * (layer > 1)


def tag_ids_column(label: str, layer: int) -> str:
    """Return the name of the column that holds the same tags as class labels."""
    return f"{label}_tag_ids" + f"_{layer}" * (layer > 1)


def _tags_of(label: str, layer: int) -> Get:
    return lambda source: encode(label, layer, source.tagged[label].placed, len(source.tokens))


def _tag_ids_of(label: str, layer: int) -> Get:
    def numbers(source: PassageSource) -> list[int]:
        found = [0] * len(source.tokens)
        for each in source.tagged[label].placed:
            if each.layer == layer:
                first, last = each.tokens
                found[first:last] = [1] + [2] * (last - first - 1)
        return found

    return numbers


def _tags(label: str, layer: int) -> Column:
    which = f"Tags of the tokens for `{label}`" if layer == 1 else f"Tags for what overlaps those of `{label}_tags`"
    meaning = f"{which}: {', '.join(f'`{tag}`' for tag in tag_names(label))}."
    return Column(tags_column(label, layer), IDS, meaning, _tags_of(label, layer))


def _tag_ids(label: str, layer: int) -> Column:
    name = tags_column(label, layer)
    meaning = f"The same as `{name}` by number, counted from 0; class labels."
    get = _tag_ids_of(label, layer)
    return Column(tag_ids_column(label, layer), ListOf("int64"), meaning, get, classes=tag_names(label))


def token_table(scheme: Scheme) -> Table:
    """Return the table `tokens`."""
    labels = tuple(span_labels(scheme))
    pairs = [(label, layer) for layer in LAYERS for label in labels]
    return Table(
        TOKENS,
        f"One row a passage, its tokens tagged in BIO for {', '.join(labels[:-1])} and {labels[-1]}, in two layers.",
        (
            *PASSAGE,
            *split_columns(scheme),
            Column("n_tokens", "int64", "How many tokens it has.", lambda source: len(source.tokens)),
            *derived(RIGHTS),
            *derived(READING),
            Column(
                "tokens",
                IDS,
                "The tokens.",
                _words_of_tokens,
                text_of=TEXT,
            ),
            *(_tags(label, layer) for label, layer in pairs),
            Column(
                "token_begins",
                ListOf("int64"),
                "First code point of each token in the passage; plus `begin`: in the article.",
                lambda source: [begin for begin, _ in source.tokens],
            ),
            Column(
                "token_ends",
                ListOf("int64"),
                "One past the last code point of each token in the passage.",
                lambda source: [end for _, end in source.tokens],
            ),
            *(_tag_ids(label, layer) for label, layer in pairs),
            _SPANS,
        ),
        whole_text=True,
    )


def _words_of_tokens(source: PassageSource) -> list[str]:
    words = source.words
    return [words[begin:end] for begin, end in source.tokens]


_SPANS = Column(
    "spans",
    ListOf(
        Struct(
            (
                Column("label", "string", "What the span is: one of the tagged labels."),
                Column("begin", "int64", "First code point in the passage.", renamed="start"),
                Column("end", "int64", "One past the last code point in the passage.", renamed="stop"),
                Column("first_token", "int64", "First token that it touches, counted from 0."),
                Column("last_token", "int64", "Last token that it touches."),
                Column("exact", "bool", "Whether it begins and ends where tokens do; else tags reach further."),
                Column("layer", "int64", "Layer in which it is tagged; null where it fits in none."),
                Column(
                    "ids",
                    IDS,
                    "Ids of the statements, or conditions, that it belongs to.",
                    refers=("statements", "conditions"),
                ),
            )
        )
    ),
    "Every span that begins in the passage, as annotated: the truth, of which tags are an image.",
    lambda source: [
        {
            "label": label,
            "begin": placed.bounds[0],
            "end": placed.bounds[1],
            "first_token": placed.tokens[0],
            "last_token": placed.tokens[1] - 1,
            "exact": placed.is_exact,
            "layer": placed.layer,
            "ids": tagged.owners[placed.bounds],
        }
        for label, tagged in source.tagged.items()
        for placed in tagged.placed
    ],
)
