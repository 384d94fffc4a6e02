"""What characters are, in all scripts: the one place that says which of them are marks, stops, letters or invisible.

Unicode's own properties decide where there are any (Quotation_Mark, Sentence_Terminal, Default_Ignorable_Code_Point);
tests hold the tables against them. Which marks make a pair, how letters are spelled out and which letters look alike is
in tables here, after CLDR (delimiters, Latin-ASCII) and UTS 39 (confusables).
"""

import re
import unicodedata
from functools import lru_cache

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""A character that is not drawn (Default_Ignorable_Code_Point): soft hyphens, joiners, bidi controls and others."""

SOFT = re.compile(
    "[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]"
    "|(?<=[A-Za-z\u00c0-\u024f\u0370-\u052f .,;:!?])[\u200c\u200d\ufe00-\ufe0f]"
)
"""What no script needs: soft hyphens, zero width spaces and word joiners; joiners behind letters that never join."""

BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks of direction."""

DASHES = "-‐‑‒–—―⁃−﹘﹣－"

PAIRS: dict[str, str] = {
    "“": "”",
    "”": "”“",  # Swedish and Finnish
    "„": "“”‟",
    "‟": "”",
    "«": "»",
    "»": "«»",  # Danish and German; Finnish
    "‹": "›",
    "›": "‹›",
    "‘": "’",
    "‚": "‘’‛",
    "‛": "’",
    "’": "’",
    '"': '"',
    "'": "'",
    "＂": "＂",
    "＇": "＇",
    "「": "」",
    "『": "』",
    "｢": "｣",
    "﹁": "﹂",
    "﹃": "﹄",
    "〝": "〞〟",
    "《": "》",
    "〈": "〉",
    "❝": "❞",
    "❛": "❜",
    "❮": "❯",
    "🙶": "🙷",
    "``": "''",
    ",,": "''",
}
"""Opening quotation marks, each with those that may close it. Single ones: `SINGLE`. Typewriters make two of one."""

SINGLE = frozenset("‘’‚‛'＇‹›❛❜")
"""Marks of single quotation, some of which are apostrophes as well."""

QUOTATION_MARKS = frozenset("".join(PAIRS) + "".join(PAIRS.values())) - {","} | frozenset("´′″‵‶〟⹂🙸")
"""Every character that may be a quotation mark, primes and accents in their place among them."""

_NO_STATEMENT = ("QUESTION", "EXCLAMATION", "INTERROBANG", "INTERROGATION")
# Sentence_Terminal has no ellipsis, no Tibetan shad and no full stop of half its width before Unicode 16
_MORE_STOPS = "…⋯།༎"
_UNSPACED = {
    # scripts that put no space between words, with how many of their characters make a word, about
    2: r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}",
    4: r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Tham}\p{Javanese}\p{Balinese}",
}
_SEPARATORS = re.compile(r"[\s\u1361\u0f0b\u0f0c]+")  # beside white space, the marks between Ethiopic and Tibetan words

WORD = 4
"""The weight of a word, see `weight`."""


@lru_cache(maxsize=8192)
def weight(character: str) -> int:
    """Return how much of a word a character of a script without spaces is, in quarters; 0 for all others."""
    if character.isascii():
        return 0
    import regex

    for many, scripts in _UNSPACED.items():
        if regex.match(rf"(?V1)[[\p{{L}}\p{{N}}]&&[{scripts}]]", character):
            return WORD // many
    return 0


def count_words(text: str) -> int:
    """Count the words of a text; where a script puts no space between them, by its characters."""
    count = 0
    for part in _SEPARATORS.split(text):
        weights = [] if part.isascii() else [each for each in map(weight, part) if each]
        count += -(-sum(weights) // WORD)
        if part and (not weights or any(each.isalnum() and not weight(each) for each in part)):
            count += 1
    return count


@lru_cache(maxsize=8192)
def is_spaced_letter(character: str) -> bool:
    """Whether a character is a letter, digit or mark of a script that puts spaces between words."""
    return (character.isalnum() or unicodedata.category(character)[0] == "M") and not weight(character)


@lru_cache(maxsize=8192)
def is_stop(character: str) -> bool:
    """Whether a character ends sentences: a full stop, question or exclamation mark or ellipsis of any script."""
    if character in _MORE_STOPS:
        return True
    import regex

    return regex.match(r"\p{Sentence_Terminal}", character) is not None


@lru_cache(maxsize=8192)
def is_full_stop(character: str) -> bool:
    """Whether a character ends a sentence that states something: no question, no exclamation."""
    name = unicodedata.name(character, "")
    return is_stop(character) and not any(each in name for each in _NO_STATEMENT)


@lru_cache(maxsize=8192)
def is_pause(character: str) -> bool:
    """Whether a character divides a sentence or ends one without adding to what it says: a comma, colon, full stop."""
    if character in "…⋯":  # what was left out belongs to the words
        return False
    name = unicodedata.name(character, "")
    # the Greek ano teleia is stored as a middle dot, which Catalan has inside words; a bar ends Indic sentences
    is_mark = unicodedata.category(character).startswith("P")
    return is_mark and (
        is_full_stop(character) or any(each in name.split() for each in ("COMMA", "SEMICOLON", "COLON"))
    )


@lru_cache(maxsize=8192)
def closes(character: str) -> bool:
    """Whether a character may stand behind the stop of a sentence: a quotation mark, a closing bracket, white space."""
    return character in QUOTATION_MARKS or character.isspace() or unicodedata.category(character) in ("Pe", "Pf", "Pi")


def sentence_end(words: str) -> tuple[str, bool]:
    """Return the stop that ends the words, empty for none, and whether a mark or bracket closes behind it."""
    last = len(words)
    while last and (closes(words[last - 1]) or INVISIBLE.match(words[last - 1])):
        last -= 1
    stop = words[last - 1 : last]
    # NFC makes the Greek question mark a semicolon
    is_greek = stop == ";" and unicodedata.name(words[last - 2 : last - 1] or " ", "").startswith("GREEK")
    return (stop if is_greek or (stop and is_stop(stop)) else ""), last < len(words)


_SPELLED = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "þ": "th",
    "Þ": "Th",
    "ð": "d",
    "Ð": "D",
    "ı": "i",
    "ĳ": "ij",
    "ŋ": "ng",
    "Ŋ": "NG",
    "ĸ": "k",
    "ə": "e",
    "Ə": "E",
    "ɛ": "e",
    "Ɛ": "E",
    "ɔ": "o",
    "Ɔ": "O",
    "ɣ": "g",
    "Ɣ": "G",
    "ƶ": "z",
    "ʒ": "z",
    "Ʒ": "Z",
    "ɩ": "i",
    "ʋ": "v",
    "ƿ": "w",
    "Ƿ": "W",
    "ǝ": "e",
    "Ǝ": "E",
    "ɑ": "a",
    "ɡ": "g",
    "ʔ": "",
    "ŉ": "n",
    "&": " and ",
}
_BASE = re.compile(r"LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH .*")


@lru_cache(maxsize=4096)
def spelled(character: str) -> str:
    """Return a Latin letter in ASCII, as CLDR's Latin-ASCII does: ``ł`` as ``l``, ``ß`` as ``ss``; others as they are.

    Marks are taken off, too; what is no Latin letter stays.
    """
    if character.isascii():
        return character
    if character in _SPELLED:
        return _SPELLED[character]
    plain = unicodedata.normalize("NFKD", character)
    if plain != character:
        return "".join(spelled(each) for each in plain if not unicodedata.combining(each))
    if match := _BASE.fullmatch(unicodedata.name(character, "")):
        return match[2].lower() if match[1] == "SMALL" else match[2]
    return character


_ALIKE = (
    # Latin and what looks like it in lower case, folded; a letter whose capital alone looks like another goes with it
    ("a", "аαɑᴀ"),
    ("b", "вβʙᏼ"),
    ("c", "сϲᴄ"),
    ("d", "ԁɗᴅ"),
    ("e", "еεєҽᴇ"),
    ("g", "ɡց"),
    ("h", "һнηհʜ"),
    ("i", "іιıɩӏι"),
    ("j", "јϳ"),
    ("k", "кκᴋ"),
    ("l", "ℓⅼǀ"),
    ("m", "мμᴍ"),
    ("n", "пոռɴ"),
    ("o", "оοօσө"),
    ("p", "рρþᴘ"),
    ("q", "ԛզ"),
    ("r", "гᴦʀ"),
    ("s", "ѕꜱ"),
    ("t", "тτᴛ"),
    ("u", "υսᴜ"),
    ("v", "νѵᴠ"),
    ("w", "ԝωшաᴡ"),
    ("x", "хχ×"),
    ("y", "уγүყ"),
    ("z", "ζᴢ"),
    # one letter of Arabic scripts, as its languages and old encodings have it
    ("ی", "يىې"),
    ("ک", "ك"),
    ("ه", "ةۀە"),
)
_SKELETON = {ord(other): one for one, others in _ALIKE for other in others} | {0x0640: None}  # the tatweel is no letter


def skeleton(folded: str) -> str:
    """Return folded words as they look: look-alike letters become one (UTS 39), marks on letters and tatweel go.

    It is for recognising copies only: different words may become equal. Vowel signs stay, being no marks on letters.
    """
    plain = folded if folded.isascii() else unicodedata.normalize("NFD", folded)
    return "".join(each for each in plain if not unicodedata.combining(each)).translate(_SKELETON)
