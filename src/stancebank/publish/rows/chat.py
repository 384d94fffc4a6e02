"""Rows of the view `chat`."""

import json
from collections.abc import Sequence

from stancebank.corpus.passages import Passage
from stancebank.publish.answers import make_answer
from stancebank.publish.places import Places
from stancebank.publish.prompt import system_message, user_message
from stancebank.publish.rows.values import Row, article_values, ordered, reading_values
from stancebank.publish.sources import Context, Reading
from stancebank.publish.views import CHAT


def chat_row(reading: Reading, text: str, passages: Sequence[Passage], context: Context) -> Row:
    """Return the row of an article in the view `chat`. text: the stored text; passages: those of the article."""
    answer = make_answer(reading.document, Places(text, passages), context)
    said = {
        "system": system_message(context),
        "user": user_message(reading.article, text, passages),
        "assistant": json.dumps(answer, ensure_ascii=False),
    }
    row = {
        "n_statements": len(reading.document.statements),
        "messages": [{"role": role, "content": content} for role, content in said.items()],
    }
    return ordered(CHAT, article_values(reading) | reading_values(reading, context) | row)
