"""Reprints: a text that several outlets printed is several articles, each with the id of the first one."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from stancebank.corpus.metadata import sourced
from stancebank.corpus.present import Present
from stancebank.errors import ConflictError, InputError
from stancebank.model import Article
from stancebank.text import fold

_TELLING = ("outlet", "published", "url")
"""The metadata that tell two printings of one text apart."""

_ALIKE = 0.85
"""The similarity from which on two outlets may be one that was spelled in two ways."""

_BESIDE = re.compile(r"^(?:the|der|die|das|le|la|les|el|los|il|de|al)\s+|^www\.|\.[a-z]{2,}$")
"""What stands beside the name of an outlet: an article, or the ends of the name of a host."""


def find_printing(
    holders: Sequence[Article], offered: Mapping[str, Any], name: str, *, reprint: bool
) -> tuple[Article, bool]:
    """Return which of the articles with a text a source is, or which it reprints, and whether it is a reprint.

    holders: of the text, the first one first. offered: the metadata of the source, whose outlet, date and address
    decide; name: of the source. reprint: whether a source with another date or address, or an outlet that is spelled
    alike, is a reprint; one of another outlet always is. Raises ConflictError where that has to be said.
    """
    said = {key: value.value for key in _TELLING if (value := sourced(offered, key, name))}
    told = [(holder, _compare(holder, said)) for holder in holders]
    same = [holder for holder, equal in told if False not in equal]
    if same:
        return max(same, key=lambda holder: _compare(holder, said).count(True)), False
    if reprint or offered.get("reprint_of"):
        return holders[0], True
    mine = [holder for holder, equal in told if equal[0] is not False]
    if len(mine) > 1:
        raise ConflictError(
            f"{name}: {' and '.join(each.id for each in mine)} have this text, with other dates or addresses.\n"
            "Hint: pass --reprint to add it as one more, or give those of one of them. Nothing was changed."
        )
    if mine:
        return mine[0], False
    for each in holders:
        if each.outlet and _are_alike(each.outlet.value, said["outlet"]):
            raise ConflictError(
                f"{name}: {each.id} has this text already, from {each.outlet.value!r}, which reads like "
                f"{said['outlet']!r}.\nHint: give the outlet as it is recorded; if it is another one, pass --reprint. "
                "Nothing was changed."
            )
    return holders[0], True


def _compare(holder: Article, said: Mapping[str, str]) -> list[bool | None]:
    """Return of each telling value whether it is the recorded one; None where one side does not say it."""
    found: list[bool | None] = []
    for key in _TELLING:
        recorded = getattr(holder, key)
        found.append(_is_same(key, recorded.value, said[key]) if recorded and key in said else None)
    return found


def _is_same(key: str, one: str, other: str) -> bool:
    return fold(one) == fold(other) if key == "outlet" else one == other


def _are_alike(one: str, other: str) -> bool:
    """Whether two names of outlets may be spellings of one: *The Norland Post* and *norland-post.example*."""
    mine, theirs = (re.sub(r"[\W_]+", "", _BESIDE.sub("", fold(each))) for each in (one, other))
    return mine == theirs or SequenceMatcher(None, mine, theirs).ratio() >= _ALIKE


def find_first(article: Article, source: str, present: Present) -> str:
    """Return the article that a reprint is linked to: the one that it names, or the first that this one reprints.

    source: its name, for the errors. present: all articles, those that are added too. Raises InputError where there is
    no such article, or it would be the reprint itself.
    """
    name = str(article.reprint_of)
    named = present.get(name)
    if named is None:
        likely = get_close_matches(name, list(present), 1)
        hint = f"Did you mean {likely[0]!r}?" if likely else "Hint: add the article that had the text first."
        raise InputError(f"{source}: reprint_of is {name!r}; there is no such article. {hint}")
    if article.id in (name, named.first_id):
        raise InputError(
            f"{source}: {article.id} would be a reprint of itself.\n"
            "Hint: give the outlet, date and address of the reprint, or leave reprint_of out."
        )
    if later := present.reprint_of(article.id):
        raise InputError(
            f"{source}: {article.id} cannot be a reprint, since {later} is one of it.\n"
            f"Hint: name {article.id} as the one that {named.first_id} reprints, or change {later} first."
        )
    return named.first_id
