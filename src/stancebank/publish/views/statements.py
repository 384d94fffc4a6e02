"""The views of statements and of their conditions."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import (
    AGENCIES,
    ARTICLE,
    CONDITION,
    ENTITIES,
    IDS,
    READING,
    RIGHTS,
    SPAN,
    SPANS,
    TARGETS,
)

STATEMENT_FLAT = (
    Column("statement_id", "string", "Id of the statement, never reused.", refers=("statements",)),
    ARTICLE[0],
    Column(
        "same_as",
        "string",
        "Id of the fullest statement in the article that says the same; null if this is it.",
        refers=("statements",),
    ),
    *ARTICLE[1:],
    Column("zone", "string", "Part of the article in which the statement begins."),
    Column("speaker_id", "string", "Id of the entity whose position it is.", refers=ENTITIES),
    Column("speaker_name", "string", "Name of the speaker."),
    Column("speaker_kind", "string", "What kind of actor the speaker is."),
    Column("speaker_affiliation", "string", "Id of the entity that the speaker belongs to.", refers=ENTITIES),
    Column("stance", "string", "Position on the target."),
    Column("stance_id", "int64", "Place of the stance in its vocabulary, counted from 0; a class label."),
    Column("polarity", "string", "Side of the stance, derived from it."),
    Column("stance_label", "string", "Stance with `_conditional` behind it where the statement is conditional."),
    Column("conditional", "bool", "Whether the position depends on at least one condition; derived."),
    Column("force", "string", "How firmly the position is put."),
    Column("attribution", "string", "How the words are rendered."),
    Column("target_id", "string", "Id of the act or outcome that the position is about.", refers=TARGETS),
    Column("target_name", "string", "Name of the target."),
    Column("target_root", "string", "Id of the root that the target stands under.", refers=TARGETS),
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
    *RIGHTS,
    *READING,
)

STATEMENT_LISTS = (
    AGENCIES,
    Column("target_parties", IDS, "Ids of those who would take part, or act and be affected.", refers=ENTITIES),
    Column("target_mediators", IDS, "Ids of those who would mediate.", refers=ENTITIES),
    Column("target_agents", IDS, "Ids of those who would have to do it.", refers=ENTITIES),
)

STATEMENT_SPANS = (
    Column("content_spans", SPANS, "Where the content stands in the stored text."),
    Column("speaker_span", SPAN, "Where the speaker is mentioned."),
    Column("cue_span", SPAN, "Where the cue stands."),
    Column("target_span", SPAN, "Where the target is named."),
    Column("reason_spans", SPANS, "Where the reason stands."),
)

VIA = Column(
    "via",
    ListOf(
        Struct(
            (
                Column("entity_id", "string", "Id of the entity.", refers=ENTITIES),
                Column("name", "string", "Its name."),
                Column("span", SPAN, "Where it is mentioned."),
            )
        )
    ),
    "Those between speaker and article, outermost first.",
)

STATEMENTS = View(
    "statements",
    "One row a statement: one speaker's position on one target, as one article reports it.",
    (
        *STATEMENT_FLAT,
        *STATEMENT_LISTS,
        VIA,
        Column("conditions", ListOf(Struct(CONDITION)), "What the position depends on, in the order of annotation."),
        *STATEMENT_SPANS,
    ),
)

CONDITIONS = View(
    "conditions",
    "One row a condition of a statement, with all that is known of the statement.",
    (
        CONDITION[0],
        STATEMENT_FLAT[0],
        *(column for column in CONDITION[1:] if isinstance(column.type, str)),
        *STATEMENT_FLAT[1:],
        Column("obligors", IDS, "Ids of those who must fulfil the condition; empty if unsaid.", refers=ENTITIES),
        Column("obligor_names", IDS, "Their names."),
        *STATEMENT_LISTS,
        VIA,
        Column("spans", SPANS, "Where the words of the condition stand in the stored text."),
        *STATEMENT_SPANS,
    ),
)
