"""Groups of columns that several views share."""

from stancebank.publish.views.columns import Column, ListOf, Struct

IDS = ListOf("string")

ENTITIES, TARGETS = ("entities",), ("targets",)
"""What columns refer to that hold ids of the registries."""

SPAN = Struct(
    (
        Column("begin", "int64", "First code point of the stored text."),
        Column("end", "int64", "One past the last code point."),
        Column("fingerprint", "string", "First 16 hex digits of the SHA-256 of the folded words."),
    )
)

SPANS = ListOf(SPAN)

PASSED_OVER = ListOf(Struct((Column("reason", "string", "Why they are no statement."), *SPAN.fields)))

CONDITION = (
    Column("condition_id", "string", "Id of the condition, never reused.", refers=("conditions",)),
    Column("role", "string", "How the statement depends on it."),
    Column("kind", "string", "Id of what has to hold, `unspecified`, or null for a waived one.", refers=TARGETS),
    Column("kind_name", "string", "Name of what has to hold."),
    Column("obligors", IDS, "Ids of those who must fulfil it; empty where that is not said.", refers=ENTITIES),
    Column("group", "int64", "Same number: must hold together; different numbers: alternatives."),
    Column("text", "string", "Words of the condition; several spans are joined by ` […] `.", words=True),
    Column("spans", SPANS, "Where these words stand in the stored text."),
)

ARTICLE = (
    Column("article_id", "string", "Id of the article, never reused.", refers=("articles",)),
    Column("title", "string", "Headline, as bibliographic data."),
    Column("outlet", "string", "Who published the article."),
    Column("published", "string", "When it was published, as an EDTF date."),
    Column("language", "string", "Language of the article, as a BCP 47 tag."),
    Column("url", "string", "Where the article was read."),
    Column("event", "string", "Id of the event that the article reports on; articles on one event share it."),
)

RIGHTS = (
    Column("rights_holder", "string", "Who holds the rights in the article's words."),
    Column("licence", "string", "Licence of the article's words, as an SPDX id or LicenseRef."),
    Column("text_policy", "string", "How much of the article's words may be published."),
)

READING = (
    Column("origin", "string", "Who read it: `human`, `project`, `model:<name>` or `import:<where>`."),
    Column("annotator", "string", "Pseudonym of the annotator."),
    Column("gold_method", "string", "How the reading became gold."),
    Column("guideline_version", "string", "Edition of the guidelines that was followed."),
    Column("schema_version", "string", "Version of the annotation schema."),
    Column("dataset_version", "string", "Version of the dataset."),
)

AGENCIES = Column("agencies", IDS, "Agencies that the outlet credits, outermost first.")
