"""Names on the way to ids: choices from the lists of a task, mentions that the lists know, and names that they lack."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.controls import BY_NAME
from stancebank.annotate.regions import Answer
from stancebank.corpus.intake import slugify
from stancebank.text import fold, sha256

NEW = "new-"  # new-1 stands for the first line of the new names


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name that a registry lacks. registry: entities or targets; id: what the documents call it."""

    registry: str
    id: str
    name: str


class Names:
    """The names of one annotation. data: of its task; general: the answers about the whole article."""

    def __init__(self, data: Mapping[str, Any], general: Mapping[str, Answer]) -> None:
        self.proposals: dict[str, Proposal] = {}
        self._general = general
        self._by_words: dict[str, set[str]] = defaultdict(set)
        known = data.get("names")
        for name, spellings in known.items() if isinstance(known, dict) else ():
            for words in spellings if isinstance(spellings, list) else ():
                self._by_words[fold(str(words))].add(str(name))

    def mentioned(self, words: str) -> str | None:
        """Return the one entity that is called so, if there is exactly one."""
        found = self._by_words.get(fold(words).removesuffix("'s"), set()) or self._by_words.get(fold(words), set())
        return next(iter(found)) if len(found) == 1 else None

    def resolve(self, question: str, value: str) -> tuple[str | None, int | None]:
        """Return the id that a choice stands for, and the number of the item that names it, where that is another one.

        The id is None where a new name was chosen and not written down.
        """
        number = value.removeprefix(NEW)
        if number == value or not number.isdecimal():
            return value, None
        registry = "entities" if BY_NAME[question].source == "entities" else "targets"
        answer = self._general.get(f"new_{registry}")
        lines = [line.strip() for text in answer.values for line in text.splitlines()] if answer else []
        lines = [line for line in lines if line]
        if answer is None or not 1 <= int(number) <= len(lines):
            return None, None
        name = lines[int(number) - 1]
        if registry == "entities" and (known := self.mentioned(name)):
            return known, answer.item
        found = slugify(name)[:80].strip("-") or f"unlisted-{sha256(name)[:8]}"
        self.proposals[found] = Proposal(registry, found, name)
        return found, answer.item
