"""Names that are likely one name in two transliterations, such as Orlov and Orloff.

Two names are alike where their words, one by one, differ only in what transliterations do differently: vowels of
neighbouring colour, doubled letters, an h, a g for a q. Everything else tells names apart. Only actors of one kind
are compared, and a person's family name counts only where nothing else is known of the person.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from stancebank.model import Entity
from stancebank.text import fold

if TYPE_CHECKING:
    from rapidfuzz.distance import Editop

# spellings of one sound, brought to one letter; longer ones first
_SPELLINGS = (
    *(("shch", "s"), ("tsch", "c"), ("tch", "c"), ("dzh", "j"), ("kh", "k"), ("gh", "g"), ("ch", "c")),
    *(("sh", "s"), ("zh", "j"), ("dj", "j"), ("ph", "f"), ("th", "t"), ("dh", "d"), ("ck", "k"), ("x", "ks")),
    *(("q", "g"), ("w", "v"), ("e", "i"), ("y", "i"), ("o", "u")),
)
_LETTER = dict(_SPELLINGS)
_SPELLING = re.compile("|".join(_LETTER))
_DOUBLED = re.compile(r"(.)\1+")

_VOWELS = frozenset("aiu")
_SILENT = _VOWELS | {"h"}  # what may be missing inside a word
_SWAPS = frozenset(map(frozenset, ("ai", "ij", "gk", "ck", "cs", "fv")))  # never a for u: Hasan is not Husain
_BONES = str.maketrans("gcsv", "kkkf", "aiujh")  # what no swap changes: whoever differs there is not alike
_LETTERS_PER_CHANGE = 4

_TITLE = re.compile(
    r"(?:(?:mr|mrs|ms|dr|prof|professor|sir|lord|lady|king|queen|prince|princess|president|minister|premier|ambassador"
    r"|envoy|senator|general|brigadier|major|colonel|admiral|captain|commander|ayatollah|imam|sheikh|s[ae]yy?[ei]d)"
    r"\W+)+(?=\w)"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entities with names that are alike. place: of the later one in the registry."""

    place: int
    entity: str
    name: str
    other: str
    other_name: str


@dataclass(frozen=True, slots=True)
class _Name:
    """A name of an entity, and its words in plain letters. weak: whether a person has a fuller one."""

    place: int
    entity: Entity
    name: str
    words: tuple[str, ...]
    weak: bool


def alike(entities: Iterable[Entity]) -> Iterator[Pair]:
    """Yield every two entities of one kind that likely are one, each pair once; names that fold alike do not count."""
    shelves: defaultdict[tuple[str, str], list[_Name]] = defaultdict(list)
    for place, entity in enumerate(entities):
        for name in _names(place, entity):
            bones = "".join(_spelled(word).translate(_BONES) for word in name.words)
            shelves[entity.kind, bones].append(name)
    seen: set[tuple[int, int]] = set()
    for shelf in shelves.values():
        for one, other in combinations(shelf, 2):
            pair = one.place, other.place
            if one.place == other.place or pair in seen or (one.weak and other.weak):
                continue
            if fold(one.name) != fold(other.name) and _are_alike(one.words, other.words):
                seen.add(pair)
                yield Pair(other.place, other.entity.id, other.name, one.entity.id, one.name)


def _are_alike(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether two names likely are transliterations of one, word by word, or as one word each."""
    if len(words) != len(others):
        return _spelled("".join(words)) == _spelled("".join(others))
    return bool(words) and all(
        _is_variant(_spelled(one), _spelled(two)) for one, two in zip(words, others, strict=True)
    )


def _is_variant(one: str, other: str) -> bool:
    """Whether a word differs from another in few letters, each of which transliterations swap or leave out."""
    from rapidfuzz.distance import Levenshtein

    if one == other:
        return True
    allowed = min(len(one), len(other)) // _LETTERS_PER_CHANGE
    if Levenshtein.distance(one, other, score_cutoff=allowed) > allowed:
        return False
    return all(_is_swap(one, edit, other) for edit in Levenshtein.editops(one, other))


def _is_swap(one: str, edit: "Editop", other: str) -> bool:
    if edit.tag == "replace":
        last = edit.src_pos == len(one) - 1 and one[edit.src_pos] in _VOWELS
        return not last and frozenset((one[edit.src_pos], other[edit.dest_pos])) in _SWAPS
    word, place = (one, edit.src_pos) if edit.tag == "delete" else (other, edit.dest_pos)
    if place == len(word) - 1:
        return word[place] == "h"  # a vowel at the end tells Orlova from Orlov
    return word[place] in _SILENT or (place == 0 and word[place] == "j")


def _words(name: str) -> tuple[str, ...]:
    """The words of a name in plain letters and digits."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", fold(name)) if not unicodedata.combining(each))
    return tuple(re.findall(r"[^\W_]+", plain))


def _spelled(word: str) -> str:
    word = re.sub(r"ij$", "i", word)
    return _DOUBLED.sub(r"\1", _SPELLING.sub(lambda match: _LETTER[match[0]], word))


def _names(place: int, entity: Entity) -> list[_Name]:
    """The names of an entity; those of a person without titles."""
    found = []
    for name in (entity.name, *entity.aliases):
        plain = fold(name)
        title = _TITLE.match(plain) if entity.kind == "person" else None
        words = _words(plain[title.end() :] if title else plain)
        if words:
            found.append((name, words))
    is_full = entity.kind == "person" and any(len(words) > 1 for _, words in found)
    return [_Name(place, entity, name, words, is_full and len(words) == 1) for name, words in found]
