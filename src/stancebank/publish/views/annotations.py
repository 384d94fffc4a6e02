"""The view of annotations: what each annotator said, before it became gold."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import ARTICLE, CONDITION, READING, RIGHTS
from stancebank.publish.views.statements import STATEMENT_FLAT, STATEMENT_LISTS, STATEMENT_SPANS, VIA

_ORIGIN, _ANNOTATOR, _, *_VERSIONS = READING

_SAID = tuple(
    column
    for column in STATEMENT_FLAT
    if column not in ARTICLE + RIGHTS + READING and column.name not in ("statement_id", "same_as")
)
"""What a statement says, without what it repeats of its article and its reading."""

_CONDITION = (
    Column("condition_id", "string", "Id of the condition in this reading."),
    *CONDITION[1:],
)

ANNOTATIONS = View(
    "annotations",
    "One row a statement that an annotator found, or an article in which one found none; gold was made of such rows.",
    (
        Column(
            "annotation_id",
            "string",
            "Id of the row: annotator, article and the annotator's own id of the statement; the last is missing where "
            "nothing was found.",
            refers=("annotations",),
        ),
        _ANNOTATOR,
        _ORIGIN,
        ARTICLE[0],
        Column(
            "gold_statement_id",
            "string",
            "Id of the gold statement that it is aligned with, by content; null where gold has none.",
            refers=("statements",),
        ),
        Column(
            "same_as",
            "string",
            "Id of the row of the same reading that says the same most fully; null if this is it.",
            refers=("annotations",),
        ),
        Column("nothing_to_annotate", "bool", "The annotator read the article and found no statement."),
        *ARTICLE[1:],
        *_SAID,
        *RIGHTS,
        Column("gold_method", "string", "How the gold reading of the article was made."),
        *_VERSIONS,
        *STATEMENT_LISTS,
        VIA,
        Column("conditions", ListOf(Struct(_CONDITION)), "What the position depends on, in the order of annotation."),
        *STATEMENT_SPANS,
    ),
)
