"""The view of articles."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import AGENCIES, ARTICLE, CONDITION, PASSED_OVER, READING, RIGHTS, SPAN, SPANS
from stancebank.publish.views.statements import STATEMENT_FLAT

METADATA_KEYS = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")

ARTICLES = View(
    "articles",
    "One row an article that was read to the end, also one without any statement.",
    (
        *ARTICLE[:3],
        Column("author", "string", "Byline."),
        Column("place", "string", "Where the article was filed."),
        *ARTICLE[3:],
        *RIGHTS,
        Column("raw_sha256", "string", "SHA-256 of the source as it came in."),
        Column("text_sha256", "string", "SHA-256 of the stored text in UTF-8."),
        Column("length", "int64", "Length of the stored text in code points."),
        Column("nothing_to_annotate", "bool", "The article was read and holds no statement: a label, not a gap."),
        Column("n_statements", "int64", "How many statements it holds."),
        Column("n_unique", "int64", "How many of them do not repeat another one (no `same_as`)."),
        *READING,
        Column("text", "string", "The stored text.", words=True),
        AGENCIES,
        Column(
            "metadata_basis",
            Struct(tuple(Column(key, "string", f"What the value of `{key}` rests on.") for key in METADATA_KEYS)),
            "What each metadata value rests on: `found`, `given` or `inferred`; null where there is no value.",
        ),
        Column("lines", SPANS, "Every line of the stored text that is not blank."),
        Column(
            "zones",
            ListOf(Struct((SPAN.fields[0], SPAN.fields[1], Column("zone", "string", "What the stretch of text is.")))),
            "What each stretch of the stored text is.",
        ),
        Column(
            "statements",
            ListOf(
                Struct(
                    (
                        *(c for c in STATEMENT_FLAT if c.name in ("statement_id", "same_as", "speaker_id", "stance")),
                        *(c for c in STATEMENT_FLAT if c.name in ("stance_label", "target_id", "content")),
                        Column("conditions", ListOf(Struct(CONDITION)), "What the position depends on."),
                        Column("content_spans", SPANS, "Where the content stands in the stored text."),
                    )
                )
            ),
            "The statements of the article in short, in the order of the text.",
        ),
        Column(
            "passed_over",
            PASSED_OVER,
            "Words that look like a statement and are none: where they stand in the stored text, and why.",
        ),
    ),
)
