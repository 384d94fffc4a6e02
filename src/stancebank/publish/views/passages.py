"""The view of passages."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import (
    AGENCIES,
    ARTICLE,
    CONDITION,
    IDS,
    PASSED_OVER,
    READING,
    RIGHTS,
    SPAN,
    SPANS,
)
from stancebank.publish.views.statements import STATEMENT_FLAT

PASSAGE = (
    Column(
        "passage_id",
        "string",
        "Id of the passage: `<article id>/p<line>`, with `.2`, `.3` and so on where zones share a line.",
        refers=("passages",),
    ),
    *ARTICLE,
    Column("line", "int64", "Line of the stored text that holds it, counted from 1, blank ones included."),
    Column("zone", "string", "Part of the article that the passage belongs to."),
    Column("begin", "int64", "First code point of the passage in the stored text."),
    Column("end", "int64", "One past its last code point in the stored text."),
    Column("fingerprint", "string", SPAN.fields[2].meaning),
    Column("text", "string", "The passage.", words=True),
    Column("has_statement", "bool", "Whether content of a statement begins in it; a passage without is a negative."),
)

STATEMENT_IN_SHORT = tuple(
    column
    for column in STATEMENT_FLAT
    if column.name
    in (
        *("statement_id", "same_as", "speaker_id", "speaker_name", "stance", "polarity", "stance_label"),
        *("conditional", "force", "attribution", "target_id", "target_name", "content"),
    )
)

PASSAGES = View(
    "passages",
    "One row a paragraph of the annotated zones, with its statements, or with none: then it is a negative, and a hard "
    "one where words were passed over.",
    (
        *PASSAGE,
        Column("n_statements", "int64", "How many statements have content that begins in it."),
        *RIGHTS,
        *READING,
        AGENCIES,
        Column("statement_ids", IDS, "Ids of these statements, in the order of the text.", refers=("statements",)),
        Column("stance_labels", IDS, "Their stance labels, in the same order."),
        Column("target_ids", IDS, "Ids of their targets, in the same order.", refers=("targets",)),
        Column(
            "passed_over_reasons",
            IDS,
            "Why words in it that look like a statement are none, one reason each, in the order of the text.",
        ),
        Column(
            "statements",
            ListOf(
                Struct(
                    (
                        *STATEMENT_IN_SHORT,
                        Column(
                            "content_parts",
                            ListOf("int64"),
                            "Which of the content's spans begin in this passage, counted from 1.",
                        ),
                        Column("n_content_parts", "int64", "How many spans the content has, in whatever passage."),
                        Column("content_spans", SPANS, "Where the whole content stands in the stored text."),
                        Column("conditions", ListOf(Struct(CONDITION)), "What the position depends on."),
                    )
                )
            ),
            "The statements in short; one whose content lies in several passages stands with each of them.",
        ),
        Column(
            "passed_over",
            PASSED_OVER,
            "The words passed over, and where they stand in the stored text.",
        ),
    ),
    whole_text=True,
)
