"""Answers that were given, so that no article is asked for twice: on this machine alone, in `.stancebank/`.

They hold words of articles, which is why nothing of them is in git, and why those of an article go with it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stancebank.corpus.store import Store
from stancebank.errors import InputError
from stancebank.records import read_json, to_json, write_text
from stancebank.suggest.llm.endpoint import Reply
from stancebank.text import sha256

ANSWERS = ".stancebank/suggest/llm"
"""The folder of answers in a workspace: ``ARTICLE/HASH.json``."""


def answer_key(request: Mapping[str, Any]) -> str:
    """Return the hash of a request, which knows nothing of the address that it is sent to."""
    return sha256(json.dumps(request, ensure_ascii=False, sort_keys=True))


def find_answer(store: Store, article_id: str, key: str) -> Reply | None:
    """Return the answer that was given to a request; None where there is none that can be read."""
    path = _path(store, article_id, key)
    try:
        value = read_json(path) if path.is_file() else None
        return Reply(**value) if isinstance(value, dict) else None
    except (InputError, TypeError):
        return None  # it is damaged: ask again


def keep_answer(store: Store, article_id: str, key: str, answer: Reply) -> None:
    """Keep an answer; only the owner may read it."""
    store.keep_local_store_out_of_git()
    write_text(_path(store, article_id, key), to_json(asdict(answer)), secret=True)


def _path(store: Store, article_id: str, key: str) -> Path:
    return store.root / ANSWERS / article_id / f"{key[:32]}.json"
