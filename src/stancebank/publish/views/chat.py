"""The view of conversations, for the tuning and testing of language models."""

from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import AGENCIES, ARTICLE, READING, RIGHTS

CHAT = View(
    "chat",
    "One row an article, as a conversation: the task, the annotated text, and the gold statements as JSON that follows "
    "`prediction.schema.json`.",
    (
        *ARTICLE,
        Column("n_statements", "int64", "How many statements the answer holds."),
        *RIGHTS,
        *READING,
        AGENCIES,
        Column(
            "messages",
            ListOf(
                Struct(
                    (
                        Column("role", "string", "`system`, `user` or `assistant`."),
                        Column("content", "string", "What is said.", words=True),
                    )
                )
            ),
            "The task with targets and values, the text with the numbers of its lines, and the answer.",
            words=True,
        ),
    ),
    whole_text=True,
)
