"""What a model answers, read as statements: JSON in whatever it is wrapped in, and what of it the scheme takes."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stancebank.model import TargetRegistry
from stancebank.schema.fields import Level, Scheme
from stancebank.schema.validate import shown_path, validate_quoted
from stancebank.search import search_fold
from stancebank.suggest.llm.schema import usable_ids, without_unknown

Json = dict[str, Any]

_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_LIST = re.compile(r'"statements"\s*:\s*\[')
_ROUNDS = 12  # faults of a statement that are taken away, one after the other
_SPACE = " \t\r\n,"


@dataclass(frozen=True, slots=True)
class Said:
    """The statements of an answer, as JSON. whole: whether all of it could be read; False for one that was cut off."""

    statements: tuple[Json, ...]
    whole: bool


def read_answer(content: str) -> Said | None:
    """Return the statements of an answer; None where it holds no list of statements, so that one may ask again.

    Thoughts before it, a fence around it and words beside it are left out. Of a list that breaks off, or is no JSON
    further on, the first statements are taken.
    """
    text = _THOUGHTS.sub("", content)
    for begin in _beginnings(text):
        value = _value_at(text, begin)
        found = value.get("statements") if isinstance(value, dict) else value
        if isinstance(found, list) and (found or isinstance(value, dict)):
            objects = tuple(each for each in found if isinstance(each, dict))
            if objects or not found:
                return Said(objects, whole=len(objects) == len(found))
    opening = _LIST.search(text)
    statements = tuple(_objects(text, opening.end())) if opening else ()
    return Said(statements, whole=False) if statements else None


def _beginnings(text: str) -> Iterator[int]:
    """Yield where the answer may begin: its first bracket, its first brace, and the one before the key.

    No others: a list inside a statement would be taken for that of the statements.
    """
    first = {place for each in "{[" if (place := text.find(each)) >= 0}
    if opening := re.search(r'\{\s*"statements"', text):
        first.add(opening.start())
    brace = text.find("{")
    yield from sorted(place for place in first if text[place] == "{" or place < brace or brace < 0)


def _value_at(text: str, begin: int) -> Any:
    """Return the JSON value that begins at a place; None where there is none."""
    try:
        return json.JSONDecoder().raw_decode(text, begin)[0]
    except (ValueError, RecursionError):
        return None


def _objects(text: str, place: int) -> Iterator[Json]:
    """Yield the objects of a list one by one, up to the first that is not whole. place: behind its bracket."""
    while True:
        while place < len(text) and text[place] in _SPACE:
            place += 1
        try:
            value, place = json.JSONDecoder().raw_decode(text, place)
        except (ValueError, RecursionError):
            return
        if not isinstance(value, dict):
            return
        yield value


@dataclass(frozen=True)
class StatementReader:
    """Takes of a statement what the scheme and the registry of targets allow. schema: that of an answer."""

    scheme: Scheme
    targets: TargetRegistry
    schema: Json

    def read(self, said: Json) -> tuple[Json | None, list[str]]:
        """Return a statement in the form of a prediction, and what was left out of it, without words of the article.

        None where it cannot be used.
        """
        part = {"$ref": "#/$defs/statement"}
        statement = without_unknown(deepcopy(said), part, self.schema)
        left_out = self._settle_ids(statement)
        for _ in range(_ROUNDS):
            faults = validate_quoted({"statements": [statement]}, self.scheme, "prediction", "answer")
            if not faults:
                target = statement["target"]["id"]
                if target not in usable_ids(self.targets.targets, "target"):
                    return None, [f"there is no target {str(target)[:60]!r}"]
                return statement, left_out
            pointer = faults[0].pointer.removeprefix("/statements/0")
            place = shown_path(pointer) or "statement"
            if not _remove(statement, pointer):
                return None, left_out or [f"{place}: what has to be there is missing"]
            left_out.append(f"{place} is not as the scheme has it")
        return None, ["nothing of it is as the scheme has it"]

    def _settle_ids(self, statement: Json) -> list[str]:
        """Bring names of targets to their ids, and take away kinds of conditions that there are not."""
        left_out: list[str] = []
        target = statement.get("target")
        if isinstance(target, str):
            target = statement["target"] = {"id": target}
        if isinstance(target, dict):
            target["id"] = self._id(target.get("id"))
            self._settle_fields(target, "target", left_out)
        self._settle_fields(statement, "statement", left_out)
        conditions = statement.get("conditions")
        for each in conditions if isinstance(conditions, list) else ():
            if isinstance(each, dict):
                self._settle_fields(each, "condition", left_out)
        return left_out

    def _settle_fields(self, holder: Json, level: Level, left_out: list[str]) -> None:
        known = usable_ids(self.targets.targets, level)
        for each in self.scheme.of(level):
            said = holder.get(each.name)
            if each.kind == "target" and said is not None:
                holder[each.name] = self._id(said)
                if holder[each.name] not in known:
                    del holder[each.name]
                    left_out.append(f"{each.name}: there is no such entry in the registry of targets")
            elif each.kind == "targets" and isinstance(said, list):
                ids = [self._id(one) for one in said]
                holder[each.name] = [one for one in dict.fromkeys(map(str, ids)) if one in known]
                if len(holder[each.name]) < len(said):
                    left_out.append(f"{each.name}: some are no entries of the registry of targets")
                if not holder[each.name]:
                    del holder[each.name]

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        """The ids of targets by their folded names, by themselves, and by earlier ids."""
        entries = self.targets.targets
        names = {search_fold(each.name): each.id for each in entries} | {each.id: each.id for each in entries}
        return names | self.targets.redirects

    def _id(self, said: object) -> object:
        """Return the id of a target that is named by its id, an earlier id or its name; else what is said."""
        if not isinstance(said, str):
            return said
        return self._by_name.get(said, self._by_name.get(search_fold(said), said))


def _remove(statement: Json, pointer: str) -> bool:
    """Take away what a JSON pointer leads to, or the first thing above it that is an item of a list or may be missing.

    Return False where that is the whole statement.
    """
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    for depth in range(len(keys), 0, -1):
        holder: Any = statement
        try:
            for key in keys[: depth - 1]:
                holder = holder[int(key)] if isinstance(holder, list) else holder[key]
            if isinstance(holder, list):
                del holder[int(keys[depth - 1])]
            else:
                del holder[keys[depth - 1]]
        except (KeyError, IndexError, ValueError, TypeError):
            continue
        return True
    return False
