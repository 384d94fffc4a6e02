"""The table of conversations, for the tuning and testing of language models."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from stancebank.corpus.segment import Passage
from stancebank.corpus.selectors import TextIndex
from stancebank.publish.chat import make_answer, system_message, user_message
from stancebank.publish.tables.columns import (
    AGENCIES,
    ARTICLE,
    READING,
    RIGHTS,
    TEXT,
    ArticleSource,
    Column,
    ListOf,
    Row,
    Struct,
    Table,
    derived,
)


@dataclass(frozen=True)
class ChatSource(ArticleSource):
    """What the row of a conversation is filled from. text: of the article; passages: those of its annotated zones."""

    text: str
    passages: Sequence[Passage]


def _messages(source: ChatSource) -> list[Row]:
    index = TextIndex.of_passages(source.text, source.passages)
    answer = make_answer(source.annotated.document, index, source.context.entities, source.context.scheme)
    said = {
        "system": system_message(source.context.scheme, source.context.targets.values()),
        "user": user_message(source.annotated.article, source.text, source.passages),
        "assistant": json.dumps(answer, ensure_ascii=False),
    }
    return [{"role": role, "content": content} for role, content in said.items()]


CHAT = Table(
    "chat",
    "One row an article, as a conversation: the task, the annotated text, and the gold statements as JSON that follows "
    "`prediction.schema.json`.",
    (
        *derived(ARTICLE),
        Column(
            "n_statements",
            "int64",
            "How many statements the answer holds.",
            lambda source: len(source.annotated.document.statements),
            repeats=True,
        ),
        *derived(RIGHTS),
        *derived(READING),
        *derived((AGENCIES,)),
        Column(
            "messages",
            ListOf(
                Struct(
                    (
                        Column("role", "string", "`system`, `user` or `assistant`."),
                        Column("content", "string", "What is said.", text_of=TEXT),
                    )
                )
            ),
            "The task with targets and values, the text with the numbers of its lines, and the answer.",
            _messages,
            text_of=TEXT,
        ),
    ),
    whole_text=True,
)
