"""Columns: what the tables of the dataset are declared with, and what is done by going through their declarations.

A column says once what it is called, of which type, what it means, how it is filled, and what of a record it states. So
rows are made of records (`fill`) and records of rows (`restore.reader`); words are audited, put back and left out of
digests by going through values in the one way there is (`walk`, `rebuild`, `prune`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from stancebank.publish.gold import ArticleAnnotation, RowContext
from stancebank.schema.fields import Scheme

Row = dict[str, Any]
"""A row, or a group of named values in one."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """The type of a list. item: the type of what it holds."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class Struct:
    """The type of a group of named values."""

    fields: tuple["Column", ...]


Type = str | ListOf | Struct
"""A column's type: `string`, `int64`, `float64` or `bool`, or a list or struct of such."""

Get = Callable[[Any], Any]
"""Makes the value of a column: of the source that its table is filled from, such as `ArticleSource`."""

TEXT = ""
"""What `Column.text_of` says of a column with words of the article itself, which no spans beside it account for."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, type and meaning, how it is filled and how it is read back.

    get: makes its value. states: what of a record it holds, as a path from the record, such as ``statement/target/id``;
    of a field within a group, from what the group holds. None where it follows from what other columns state, so that
    it can be made again and compared. optional: whether a record may say nothing there; then it is null. is_label:
    whether it is of what annotators and the registries say by ids, places and values; names and metadata are not.
    repeats: it only repeats or counts other rows, so that it changes although its row does not. text_of: the column
    beside it that says where its words are in the article, `TEXT` for the article's own text; such a column is null
    where words stay away. refers: the tables of which it holds keys; it is null, or empty, where there is nothing to
    refer to. vocabulary: the closed list that its values come from. classes: names of the values, in their order, where
    it holds class labels by number. renamed, redefined: its name and its meaning from the second edition of the frame
    on, where they are others. What lets many rows be filled at once: of_article: whether it is the same in all rows of
    an article; is_copied: whether it is taken from the row at hand; counts: the column beside it whose value it says by
    number.

    What follows from these: words: whether it holds words of the article. item: the type of what it holds, one by one;
    is_list: whether it may hold several. is_deep: whether it holds groups of values, and not words as a whole.
    """

    name: str
    type: Type
    meaning: str
    get: Get = field(default=lambda source: None, compare=False, repr=False)
    _: KW_ONLY
    states: str | None = None
    optional: bool = False
    is_label: bool = True
    repeats: bool = False
    text_of: str | None = None
    refers: tuple[str, ...] = ()
    vocabulary: str | None = None
    classes: tuple[str, ...] = ()
    renamed: str | None = None
    redefined: str | None = None
    of_article: bool = field(default=False, compare=False, repr=False)
    is_copied: bool = field(default=False, compare=False, repr=False)
    counts: str | None = field(default=None, compare=False, repr=False)
    # what follows is asked for every value of every row
    words: bool = field(init=False, compare=False, repr=False)
    item: "Type" = field(init=False, compare=False, repr=False)
    is_list: bool = field(init=False, compare=False, repr=False)
    is_deep: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        is_list = isinstance(self.type, ListOf)
        item = self.type.item if isinstance(self.type, ListOf) else self.type
        words = self.text_of is not None
        told = {"words": words, "item": item, "is_list": is_list, "is_deep": isinstance(item, Struct) and not words}
        for name, value in told.items():
            object.__setattr__(self, name, value)

    @property
    def is_flat(self) -> bool:
        """Whether it holds one value that is no group."""
        return isinstance(self.type, str)


@dataclass(frozen=True, eq=False)
class Table:
    """A table of the dataset. Its first column is its key: an id that no other row of the table has.

    whole_text: it has rows only of articles whose whole text is shown.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    whole_text: bool = False

    @property
    def key(self) -> str:
        """The name of the column that tells its rows apart."""
        return self.columns[0].name

    @cached_property
    def is_of_articles(self) -> bool:
        """Whether each of its rows belongs to an article."""
        return any(column.name == "article_id" for column in self.columns)

    @cached_property
    def filler(self) -> "Filler":
        """What makes its rows."""
        return Filler(self.columns)

    @cached_property
    def word_columns(self) -> tuple[Column, ...]:
        """The columns that hold words, and the groups that hold such."""
        return prune(self.columns, lambda column: column.words or isinstance(column.item, Struct))


def type_name(kind: Type) -> str:
    """Return a type as people write it, such as ``list<struct<begin: int64, end: int64>>``."""
    if isinstance(kind, ListOf):
        return f"list<{type_name(kind.item)}>"
    if isinstance(kind, Struct):
        return "struct<" + ", ".join(f"{field.name}: {type_name(field.type)}" for field in kind.fields) + ">"
    return kind


def fill(columns: Iterable[Column], source: object) -> Row:
    """Return the values of columns, made of what they are filled from."""
    return {column.name: column.get(source) for column in columns}


class Filler:
    """Fills columns as `fill` does, for many sources.

    What is the same in all rows of an article is made once for those that come one after the other, what is in the row
    at hand is taken from there, and what stands beside a value by number follows from it.
    """

    def __init__(self, columns: Iterable[Column]) -> None:
        every = tuple(columns)
        self._empty: Row = dict.fromkeys(column.name for column in every)  # so that a row has their order
        self._shared = tuple((each.name, each.get) for each in every if each.of_article)
        self._copied = tuple(each.name for each in every if each.is_copied)
        rest = [each for each in every if not each.of_article and not each.is_copied]
        counting = [each for each in rest if each.counts in self._empty]
        self._own = tuple((each.name, each.get) for each in rest if each not in counting)
        self._counted = tuple(
            (each.name, str(each.counts), {value: place for place, value in enumerate(each.classes)})
            for each in counting
        )
        self._known: tuple[object, object, Row] = (None, None, {})

    def __call__(self, source: Any) -> Row:
        """Return the values of the columns."""
        row = self._empty.copy()
        for name, get in self._own:
            row[name] = get(source)
        if self._copied:
            held = source.row
            for name in self._copied:
                row[name] = held[name]
        if self._shared:
            annotated, context, known = self._known
            if source.annotated is not annotated or source.context is not context:
                known = {name: get(source) for name, get in self._shared}
                self._known = source.annotated, source.context, known
            row.update(known)
        for name, of, places in self._counted:
            row[name] = places.get(row[of])
        return row


class Cell(NamedTuple):
    """A value within a row. path: of its column, such as ``conditions.text``; beside: the group or row with it."""

    path: str
    column: Column
    value: Any
    beside: Mapping[str, Any]


def walk(columns: Iterable[Column], value: Mapping[str, Any], above: str = "") -> Iterator[Cell]:
    """Yield the values of a row, however deep: those of columns without fields, those with words, and null groups."""
    for column in columns:
        held, path = value[column.name], above + column.name
        if held is None or not column.is_deep:
            yield Cell(path, column, held, value)
            continue
        fields = fields_of(column)
        for each in held if column.is_list else (held,):
            yield from walk(fields, each, f"{path}.")


def rebuild(columns: Iterable[Column], value: Mapping[str, Any], change: Callable[[Cell], Any]) -> Row:
    """Return a row with these columns only, and each value that `walk` yields as change returns it."""
    found: Row = {}
    for column in columns:
        held = value[column.name]
        if held is None or not column.is_deep:
            found[column.name] = change(Cell(column.name, column, held, value))
        elif column.is_list:
            found[column.name] = [rebuild(fields_of(column), each, change) for each in held]
        else:
            found[column.name] = rebuild(fields_of(column), held, change)
    return found


def cutter(columns: Iterable[Column], whole: Iterable[Column] = ()) -> Callable[[Row], Row]:
    """Return what makes of a row one with these columns only, as `rebuild` does that changes nothing.

    whole: the columns of the rows that come; what is as it is there is not copied.
    """
    columns, there = tuple(columns), {column.name: column for column in whole}
    if columns == tuple(there.values()):
        return lambda row: row
    names = tuple(column.name for column in columns)
    parted = (each for each in columns if each.is_deep and each != there.get(each.name))
    deep = [(each.name, cutter(fields_of(each)), each.is_list) for each in parted]

    def cut(row: Row) -> Row:
        found = {name: row[name] for name in names}
        for name, below, is_list in deep:
            if held := found[name]:
                found[name] = list(map(below, held)) if is_list else below(held)
        return found

    return cut


def fields_of(column: Column) -> tuple[Column, ...]:
    """Return the columns of the groups that a column holds; none where it holds no groups."""
    return column.item.fields if isinstance(column.item, Struct) else ()


def prune(columns: Iterable[Column], keep: Callable[[Column], bool]) -> tuple[Column, ...]:
    """Return the columns that are kept, however deep.

    A group that is not kept goes with all that it holds, and so does a group of which nothing is kept.
    """
    found = []
    for column in columns:
        if not keep(column):
            continue
        if column.words or not isinstance(column.item, Struct):
            found.append(column)
        elif fields := prune(column.item.fields, keep):
            found.append(with_fields(column, fields))
    return tuple(found)


def with_fields(column: Column, fields: tuple[Column, ...]) -> Column:
    """Return a column of groups with these fields."""
    kind = Struct(fields)
    return replace(column, type=ListOf(kind) if isinstance(column.type, ListOf) else kind)


def column_paths(columns: Iterable[Column], above: str = "") -> Iterator[tuple[str, Column]]:
    """Yield every column, however deep, with its path, such as ``conditions.text``; groups before what they hold."""
    for column in columns:
        path = f"{above}{column.name}"
        yield path, column
        if isinstance(column.item, Struct):
            yield from column_paths(column.item.fields, f"{path}.")


def derived(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns of a table in which they follow from another one, where they are stated."""
    return tuple(replace(each, states=None, optional=each.optional and each.states is None) for each in columns)


def copied(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return columns that are filled from a row at hand, the attribute `row` of what their table is filled from."""
    return tuple(
        replace(column, get=_copy(column.name), of_article=False, is_copied=True) for column in derived(columns)
    )


def _copy(name: str) -> Get:
    return lambda source: source.row[name]


def in_edition(table: Table, scheme: Scheme) -> Table:
    """Return a table as the edition of a scheme has it. table: with the names of the first edition."""
    return replace(table, columns=numbered(renamed(table.columns, scheme), scheme))


def renamed(columns: Iterable[Column], scheme: Scheme) -> tuple[Column, ...]:
    """Return columns with the names that they have in the edition of a scheme, however deep."""
    columns = tuple(columns)
    if scheme.edition < 2:
        return columns
    named = {column.name: column.renamed for column in columns if column.renamed}
    return tuple(_renamed(column, named) for column in columns)


def _renamed(column: Column, named: Mapping[str, str]) -> Column:
    """Return a column with its later name, and its fields with theirs. named: what is renamed beside it."""
    meaning = column.redefined or column.meaning
    for name, later in named.items():
        meaning = meaning.replace(f"`{name}`", f"`{later}`")
    found = replace(column, name=column.renamed or column.name, meaning=meaning, renamed=None, redefined=None)
    fields = fields_of(column)
    below = {field.name: field.renamed for field in fields if field.renamed}
    inside = tuple(_renamed(field, below) for field in fields)
    if inside != fields:
        made = column.get.with_fields(inside) if isinstance(column.get, Groups) else _renaming(column)
        found = with_fields(replace(found, get=made, is_copied=False), inside)
    return found


def _renaming(column: Column) -> Get:
    """Return what makes the value of a column, with the later names of its fields. column: as it was declared."""
    rekey, get = _rekeyer(column), column.get
    return lambda source: rekey(get(source))


def _rekeyer(column: Column) -> Callable[[Any], Any]:
    """Return what gives the values of a column the later names of their fields. column: as it was declared."""
    fields = fields_of(column)
    flat = [(field.renamed or field.name, field.name) for field in fields if not fields_of(field)]
    deep = [(field.renamed or field.name, field.name, _rekeyer(field)) for field in fields if fields_of(field)]

    def rekey(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, list):
            return [rekey(each) for each in value]
        found = {later: value[name] for later, name in flat}
        for later, name, below in deep:
            found[later] = below(value[name])
        return found

    return rekey


def numbered(columns: Iterable[Column], scheme: Scheme) -> tuple[Column, ...]:
    """Return columns, each value of a closed list with its class label beside it: ``force`` with ``force_id``.

    In the first edition only the label of the scheme has one. One that is there already is not added again.
    """
    columns = tuple(columns)
    if scheme.edition < 2:
        return columns
    there = {column.name for column in columns if column.classes}
    return tuple(
        each
        for column in columns
        for each in (column, *_numbers(column, scheme))
        if each is column or each.name not in there
    )


def _numbers(column: Column, scheme: Scheme) -> Iterator[Column]:
    if column.is_flat and column.vocabulary in scheme.vocabularies.by_name:
        yield number_column(column, f"value of `{column.name}`", tuple(scheme.vocabularies.values(column.vocabulary)))


def number_column(column: Column, title: str, values: Sequence[str]) -> Column:
    """Return the column of class labels beside one of values. title: what the value is called in a sentence."""
    places = {value: place for place, value in enumerate(values)}
    return Column(
        f"{column.name}_id",
        "int64",
        f"Place of the {title} in its vocabulary, counted from 0; a class label.",
        lambda source: places.get(column.get(source)),
        is_label=column.is_label,
        repeats=column.repeats,
        classes=tuple(values),
        of_article=column.of_article,
        counts=column.name,
    )


# What several tables share.


@dataclass(frozen=True)
class ArticleSource:
    """What rows of an article are filled from."""

    annotated: ArticleAnnotation
    context: RowContext


IDS = ListOf("string")


def groups_column(
    name: str,
    meaning: str,
    fields: tuple[Column, ...],
    get: Callable[[Any], Iterable[object]],
    states: str | None = None,
    **attributes: Any,
) -> Column:
    """Return a column of groups. get: returns what each of them is filled from; attributes: more of the column's."""
    return Column(name, ListOf(Struct(fields)), meaning, Groups(fields, get), states=states, **attributes)


class Groups:
    """Makes the groups of a column. get: returns what each of them is filled from."""

    def __init__(self, fields: tuple[Column, ...], get: Callable[[Any], Iterable[Any]]) -> None:
        self._filler, self._get = Filler(fields), get
        self._names = tuple(each.name for each in fields)

    def __call__(self, source: Any) -> Any:
        """Return the groups of a row."""
        filler = self._filler
        return [filler(each) for each in self._get(source)]

    def with_fields(self, fields: tuple[Column, ...]) -> "Groups":
        """Return what makes the same groups with other fields."""
        return type(self)(fields, self._get)


METADATA = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")
"""The metadata of an article's record, each of which says what it rests on."""


def metadata_column(key: str, meaning: str) -> Column:
    """Return a column of the metadata."""

    def get(source: ArticleSource) -> Any:
        sourced = getattr(source.annotated.article, key)
        return sourced.value if sourced else None

    return Column(
        key, "string", meaning, get, states=f"article/{key}/value", optional=True, is_label=False, of_article=True
    )


def _agencies(source: ArticleSource) -> list[str]:
    agencies = source.annotated.article.agencies
    return list(agencies.value) if agencies else []


ARTICLE_ID = Column(
    "article_id",
    "string",
    "Id of the article, never reused.",
    lambda source: source.annotated.article.id,
    states="article/id",
    refers=("articles",),
    of_article=True,
)

ARTICLE = (
    ARTICLE_ID,
    metadata_column("title", "Headline, as bibliographic data."),
    metadata_column("outlet", "Who published the article."),
    metadata_column("published", "When it was published, as an EDTF date."),
    metadata_column("language", "Language of the article, as a BCP 47 tag."),
    metadata_column("url", "Where the article was read."),
    metadata_column("event", "Id of the event that the article reports on; articles on one event share it."),
)

AGENCIES = Column(
    "agencies",
    IDS,
    "Agencies that the outlet credits, outermost first.",
    _agencies,
    states="article/agencies/value",
    is_label=False,
    of_article=True,
)


def _of_article(
    name: str, meaning: str, get: Get, states: str, *, optional: bool = False, vocabulary: str | None = None
) -> Column:
    """Return a column that says something of an article or of how it was annotated, and is no label."""
    return Column(
        name,
        "string",
        meaning,
        get,
        states=states,
        optional=optional,
        is_label=False,
        vocabulary=vocabulary,
        of_article=True,
    )


RIGHTS = (
    _of_article(
        "rights_holder",
        "Who holds the rights in the article's words.",
        lambda source: source.annotated.article.rights.holder,
        "article/rights/holder",
    ),
    _of_article(
        "licence",
        "Licence of the article's words, as an SPDX id or LicenseRef.",
        lambda source: source.annotated.article.rights.licence,
        "article/rights/licence",
    ),
    _of_article(
        "text_policy",
        "How much of the article's words may be published.",
        lambda source: str(source.annotated.article.rights.text_policy),
        "article/rights/text_policy",
        vocabulary="text_policy",
    ),
)

ORIGIN = _of_article(
    "origin",
    "Who read it: `human`, `project`, `model:<name>` or `import:<where>`.",
    lambda source: source.annotated.document.origin,
    "document/origin",
)

ANNOTATOR = _of_article(
    "annotator",
    "Pseudonym of the annotator.",
    lambda source: source.annotated.document.annotator,
    "document/annotator",
)

GOLD_METHOD = _of_article(
    "gold_method",
    "How the reading became gold.",
    lambda source: source.annotated.document.gold.method if source.annotated.document.gold else None,
    "document/gold/method",
    optional=True,
    vocabulary="gold_method",
)

GUIDELINE_VERSION = _of_article(
    "guideline_version",
    "Edition of the guidelines that was followed.",
    lambda source: source.annotated.document.guideline_version,
    "document/guideline_version",
)

SCHEMA_VERSION = _of_article(
    "schema_version",
    "Version of the annotation schema.",
    lambda source: source.annotated.document.schema_version,
    "document/schema_version",
)

DATASET_VERSION = Column(
    "dataset_version",
    "string",
    "Version of the dataset.",
    lambda source: source.context.dataset_version,
    repeats=True,
    of_article=True,
)

READING = (ORIGIN, ANNOTATOR, GOLD_METHOD, GUIDELINE_VERSION, SCHEMA_VERSION, DATASET_VERSION)
"""By whom and how an article was annotated."""
