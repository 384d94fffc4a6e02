"""The views: which columns a published table has, in which order, of which type, and what each one means.

A view is a folder of the published dataset. Everything that depends on columns is made from these declarations: the
Arrow schema, the features, the tables in the card. Flat columns come first, lists of ids next, nested columns last.
"""

from dataclasses import dataclass

DEFAULT_VIEW = "statements"


@dataclass(frozen=True, slots=True)
class ListOf:
    """The type of a list. item: the type of what it holds."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class Struct:
    """The type of a group of named values."""

    fields: tuple["Column", ...]


Type = str | ListOf | Struct
"""A column's type: `string`, `int64` or `bool`, or a list or struct of such."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, type and meaning. words: it holds words of the article, and is null where these stay away."""

    name: str
    type: Type
    meaning: str
    words: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A table of the dataset."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


def type_name(kind: Type) -> str:
    """Return a type as people write it, such as ``list<struct<begin: int64, end: int64>>``."""
    if isinstance(kind, ListOf):
        return f"list<{type_name(kind.item)}>"
    if isinstance(kind, Struct):
        return "struct<" + ", ".join(f"{field.name}: {type_name(field.type)}" for field in kind.fields) + ">"
    return kind


_IDS = ListOf("string")

_SPAN = Struct(
    (
        Column("begin", "int64", "First code point of the stored text."),
        Column("end", "int64", "One past the last code point."),
        Column("fingerprint", "string", "First 16 hex digits of the SHA-256 of the folded words."),
    )
)

_SPANS = ListOf(_SPAN)

_CONDITION = (
    Column("condition_id", "string", "Id of the condition, never reused."),
    Column("role", "string", "How the statement depends on it."),
    Column("kind", "string", "Id of what has to hold, `unspecified`, or null for a waived one."),
    Column("kind_name", "string", "Name of what has to hold."),
    Column("obligors", _IDS, "Ids of those who must fulfil it; empty where that is not said."),
    Column("group", "int64", "Same number: must hold together; different numbers: alternatives."),
    Column("text", "string", "Words of the condition; several spans are joined by ` […] `.", words=True),
    Column("spans", _SPANS, "Where these words stand in the stored text."),
)

_ARTICLE = (
    Column("article_id", "string", "Id of the article, never reused."),
    Column("title", "string", "Headline, as bibliographic data."),
    Column("outlet", "string", "Who published the article."),
    Column("published", "string", "When it was published, as an EDTF date."),
    Column("language", "string", "Language of the article, as a BCP 47 tag."),
    Column("url", "string", "Where the article was read."),
    Column("event", "string", "Id of the event that the article reports on; articles on one event share it."),
)

_RIGHTS = (
    Column("rights_holder", "string", "Who holds the rights in the article's words."),
    Column("licence", "string", "Licence of the article's words, as an SPDX id or LicenseRef."),
    Column("text_policy", "string", "How much of the article's words may be published."),
)

_READING = (
    Column("origin", "string", "Who read it: `human`, `project`, `model:<name>` or `import:<where>`."),
    Column("annotator", "string", "Pseudonym of the annotator."),
    Column("gold_method", "string", "How the reading became gold."),
    Column("guideline_version", "string", "Edition of the guidelines that was followed."),
    Column("schema_version", "string", "Version of the annotation schema."),
    Column("dataset_version", "string", "Version of the dataset."),
)

_AGENCIES = Column("agencies", _IDS, "Agencies that the outlet credits, outermost first.")

_STATEMENT_FLAT = (
    Column("statement_id", "string", "Id of the statement, never reused."),
    _ARTICLE[0],
    Column("same_as", "string", "Id of the fullest statement in the article that says the same; null if this is it."),
    *_ARTICLE[1:],
    Column("zone", "string", "Part of the article in which the statement begins."),
    Column("speaker_id", "string", "Id of the entity whose position it is."),
    Column("speaker_name", "string", "Name of the speaker."),
    Column("speaker_kind", "string", "What kind of actor the speaker is."),
    Column("speaker_affiliation", "string", "Id of the entity that the speaker belongs to."),
    Column("stance", "string", "Position on the target."),
    Column("stance_id", "int64", "Place of the stance in its vocabulary, counted from 0; a class label."),
    Column("polarity", "string", "Side of the stance, derived from it."),
    Column("stance_label", "string", "Stance with `_conditional` behind it where the statement is conditional."),
    Column("conditional", "bool", "Whether the position depends on at least one condition; derived."),
    Column("force", "string", "How firmly the position is put."),
    Column("attribution", "string", "How the words are rendered."),
    Column("target_id", "string", "Id of the act or outcome that the position is about."),
    Column("target_name", "string", "Name of the target."),
    Column("target_root", "string", "Id of the root that the target stands under."),
    Column("target_scope", "string", "Limit of the target, in free text."),
    Column("n_conditions", "int64", "How many conditions of any role are annotated."),
    Column("said_on", "string", "When it was said, as an EDTF date."),
    Column("said_on_basis", "string", "What that date rests on."),
    Column("content", "string", "Words that carry the position; several spans are joined by ` […] `.", words=True),
    Column("speaker_mention", "string", "Words that mention the speaker.", words=True),
    Column("cue", "string", "Words that attribute the content.", words=True),
    Column("target_mention", "string", "Words that name the target.", words=True),
    Column("reason", "string", "Words of a ground given; several spans are joined by ` […] `.", words=True),
    Column("doubt", "bool", "Whether the annotator was in doubt."),
    *_RIGHTS,
    *_READING,
)

_STATEMENT_LISTS = (
    _AGENCIES,
    Column("target_parties", _IDS, "Ids of those who would take part, or act and be affected."),
    Column("target_mediators", _IDS, "Ids of those who would mediate."),
    Column("target_agents", _IDS, "Ids of those who would have to do it."),
)

_STATEMENT_SPANS = (
    Column("content_spans", _SPANS, "Where the content stands in the stored text."),
    Column("speaker_span", _SPAN, "Where the speaker is mentioned."),
    Column("cue_span", _SPAN, "Where the cue stands."),
    Column("target_span", _SPAN, "Where the target is named."),
    Column("reason_spans", _SPANS, "Where the reason stands."),
)

_VIA = Column(
    "via",
    ListOf(Struct((Column("entity_id", "string", "Id of the entity."), Column("name", "string", "Its name.")))),
    "Those between speaker and article, outermost first.",
)

STATEMENTS = View(
    "statements",
    "One row a statement: one speaker's position on one target, as one article reports it.",
    (
        *_STATEMENT_FLAT,
        *_STATEMENT_LISTS,
        _VIA,
        Column("conditions", ListOf(Struct(_CONDITION)), "What the position depends on, in the order of annotation."),
        *_STATEMENT_SPANS,
    ),
)

CONDITIONS = View(
    "conditions",
    "One row a condition of a statement, with all that is known of the statement.",
    (
        _CONDITION[0],
        _STATEMENT_FLAT[0],
        *(column for column in _CONDITION[1:] if isinstance(column.type, str)),
        *_STATEMENT_FLAT[1:],
        Column("obligors", _IDS, "Ids of those who must fulfil the condition; empty where that is not said."),
        Column("obligor_names", _IDS, "Their names."),
        *_STATEMENT_LISTS,
        _VIA,
        Column("spans", _SPANS, "Where the words of the condition stand in the stored text."),
        *_STATEMENT_SPANS,
    ),
)

METADATA_KEYS = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")

ARTICLES = View(
    "articles",
    "One row an article that was read to the end, also one without any statement.",
    (
        *_ARTICLE[:3],
        Column("author", "string", "Byline."),
        Column("place", "string", "Where the article was filed."),
        *_ARTICLE[3:],
        *_RIGHTS,
        Column("raw_sha256", "string", "SHA-256 of the source as it came in."),
        Column("text_sha256", "string", "SHA-256 of the stored text in UTF-8."),
        Column("length", "int64", "Length of the stored text in code points."),
        Column("nothing_to_annotate", "bool", "The article was read and holds no statement: a label, not a gap."),
        Column("n_statements", "int64", "How many statements it holds."),
        Column("n_unique", "int64", "How many of them do not repeat another one (no `same_as`)."),
        *_READING,
        Column("text", "string", "The stored text.", words=True),
        _AGENCIES,
        Column(
            "metadata_basis",
            Struct(tuple(Column(key, "string", f"What the value of `{key}` rests on.") for key in METADATA_KEYS)),
            "What each metadata value rests on: `found`, `given` or `inferred`; null where there is no value.",
        ),
        Column("lines", _SPANS, "Every line of the stored text that is not blank."),
        Column(
            "zones",
            ListOf(
                Struct((_SPAN.fields[0], _SPAN.fields[1], Column("zone", "string", "What the stretch of text is.")))
            ),
            "What each stretch of the stored text is.",
        ),
        Column(
            "statements",
            ListOf(
                Struct(
                    (
                        *(c for c in _STATEMENT_FLAT if c.name in ("statement_id", "same_as", "speaker_id", "stance")),
                        *(c for c in _STATEMENT_FLAT if c.name in ("stance_label", "target_id", "content")),
                        Column("conditions", ListOf(Struct(_CONDITION)), "What the position depends on."),
                        Column("content_spans", _SPANS, "Where the content stands in the stored text."),
                    )
                )
            ),
            "The statements of the article in short, in the order of the text.",
        ),
    ),
)

VIEWS: tuple[View, ...] = (STATEMENTS, CONDITIONS, ARTICLES)
"""All views, the default one first."""
