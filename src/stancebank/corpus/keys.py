"""The keys under which an article's words and metadata come in, and how those of other tools become them."""

import csv
import shlex
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stancebank.errors import InputError, shorten

TEXT = "text"
HTML = "html"
"""The key of a web page, of which the words are taken out; it counts where there is no key with the words."""

METADATA_KEYS = ("title", "outlet", "agencies", "author", "place", "published", "language", "url", "event")
LATER_KEYS = ("reprint_of", "extraction", "extra")
"""What records of articles may say from the second edition of the frame on."""

OTHER_KEYS = ("slug", "holder", "licence", "text_policy", "rights_note", "zones", *LATER_KEYS)
ALL = "all"
_EXTRA = "extra"
_LISTS = ("agencies", "zones")
_GUESSED = (TEXT, *METADATA_KEYS, *(key for key in OTHER_KEYS if key not in LATER_KEYS))
_LIKELY = {  # what other tools call these, the likelier ones first
    TEXT: ("maintext", "body", "content", "article", "article_text", "full_text", "fulltext", "plaintext", "raw_text"),
    "title": ("headline", "heading", "head"),
    "outlet": (
        *("sitename", "source-hostname", "source_name", "publisher", "publication", "newspaper", "source"),
        *("hostname", "source_domain", "domain"),
    ),
    "author": ("authors", "byline", "creator"),
    "published": (
        *("date_publish", "publishing_date", "publish_date", "published_at", "publication_date", "pubdate"),
        *("date", "datetime", "timestamp"),
    ),
    "language": ("lang", "language_code"),
    "url": ("link", "permalink", "canonical_url", "uri", "source"),
    "place": ("location", "dateline"),
    "licence": ("license",),
    "holder": ("copyright", "rights_holder"),
    "agencies": ("agency", "wire"),
}
_FEW = 12  # columns that a message lists


def own_keys() -> tuple[str, ...]:
    """Return all keys that the toolkit knows, the words first."""
    return (TEXT, HTML, *METADATA_KEYS, *OTHER_KEYS)


@dataclass(slots=True)
class KeyMap:
    """What becomes of the keys, or columns, of a source.

    renamed: their key, by ours. extra: their keys that are carried along as they are. ignored: those that are dropped.
    `ALL` in one of the two stands for all that would be unknown. hints: whether a message may say how to map keys.
    seen: keys that came by, in this order.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    hints: bool = True
    seen: dict[str, None] = field(default_factory=dict)

    def note(self, keys: Iterable[str]) -> None:
        """Remember that keys came by."""
        self.seen |= dict.fromkeys(keys)

    def source_of(self, key: str, keys: Collection[str]) -> str | None:
        """Return which of a source's keys is one of ours; None where there is none."""
        named = self.renamed.get(key)
        return named if named in keys else key if key in keys and key not in self.renamed.values() else None

    def words_of(self, keys: Collection[str]) -> tuple[str, str] | None:
        """Return the key of ours, and the source's, under which the words are: as text, else as a page."""
        found = ((ours, self.source_of(ours, keys)) for ours in ((TEXT,) if TEXT in self.renamed else (TEXT, HTML)))
        return next(((ours, theirs) for ours, theirs in found if theirs is not None), None)

    def fates(self, keys: Iterable[str]) -> tuple[dict[str, str], list[str], list[str]]:
        """Return their key by ours, those that are carried along, and those that are unknown."""
        keys = list(keys)
        taken = {ours: theirs for ours in own_keys() if (theirs := self.source_of(ours, keys)) is not None}
        if TEXT in taken:
            taken.pop(HTML, None)
        left = [key for key in keys if key not in taken.values() and key not in self.ignored]
        carried = [key for key in left if key in self.extra or ALL in self.extra]
        unknown = [key for key in left if key not in carried and ALL not in self.ignored]
        return taken, carried, unknown

    def metadata(self, value: Any, name: str) -> dict[str, Any]:
        """Return metadata by our keys. Raises InputError where the words are among them, or as `read` does."""
        if not isinstance(value, dict):
            raise InputError(f"{name} holds no metadata: it needs a JSON object.")
        if held := next((key for key in (TEXT, HTML) if key in value), None):
            raise InputError(
                f"{name} has the key {held!r}: it is for metadata. Hint: keep the words in the article's file."
            )
        return self.read(value, name)

    def read(self, value: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Return an object or a row by our keys, what is carried along under `extra`.

        Raises InputError, with all of them, where keys are unknown.
        """
        self.note(value)
        taken, carried, unknown = self.fates(value)
        if unknown:
            raise InputError(self.explain(unknown, value, name))
        made = {
            ours: _one_text(ours, value[theirs]) if ours in self.renamed or ours == "author" else value[theirs]
            for ours, theirs in taken.items()
        }
        extra = {key: value[key] for key in carried if value[key] not in (None, "", [])}
        for key, found in extra.items():
            if isinstance(found, dict) or (isinstance(found, list) and any(isinstance(e, dict | list) for e in found)):
                raise InputError(
                    f"{name}: {key!r} holds an object or a table, which cannot be carried along.\n"
                    f"Hint: drop it with `--ignore {_option([key])}`."
                )
        return {**made, _EXTRA: {**(made.get(_EXTRA) or {}), **extra}} if extra else made

    def explain(self, unknown: Iterable[str], value: Mapping[str, Any], name: str) -> str:
        """Say which keys of an object or a row are unknown, and what may be done with them. value: an example."""
        unknown = list(unknown)
        guesses = self._guesses(unknown, value)
        by_theirs = {theirs: ours for ours, theirs in guesses.items()}
        told = ", ".join(
            f"{key!r}" + (f" (did you mean {by_theirs[key]!r}?)" if key in by_theirs else "") for key in unknown
        )
        return (
            f"{name} has the unknown key{'s' if len(unknown) > 1 else ''} {told}. "
            f"Known keys: {', '.join(own_keys())}.{self._hint(guesses, unknown)}"
        )

    def without_text(self, value: Mapping[str, Any], name: str) -> str:
        """Say that an object or a row has no words, and which key may have them."""
        named, keys = self.renamed.get(TEXT), list(value)
        if named is not None and named not in value:
            likely = _near(named, keys)
            guess = f" Did you mean {likely!r}?" if likely else ""
            return f"{name} has no {named!r}, which --map names for the text. It has {few(keys)}.{guess}"
        needs = f'{name} is no article: it needs an object with the key "text"'
        if (held := named or TEXT) in value:
            return f"{needs}; {held!r} is {shorten(repr(value[held]), 60)}, which is no text."
        unknown = self.fates(value)[2]
        guesses = self._guesses(unknown, value)
        guess = f" Did you mean {guesses[TEXT]!r}?" if TEXT in guesses else ""
        return f"{needs}; it has {few(keys) or 'none'}.{guess}{self._hint(guesses, unknown) if TEXT in guesses else ''}"

    def missing(self) -> Iterator[InputError]:
        """Say which keys that were named came by in no source. To be asked when all is read."""
        if not self.seen:
            return
        named = [
            (f"--map {_option([f'{ours}={theirs}'])}", theirs) for ours, theirs in self.renamed.items() if ours != TEXT
        ]
        named += [(f"--extra {_option([each])}", each) for each in sorted(self.extra - {ALL})]
        for option, key in named:
            if key not in self.seen:
                likely = _near(key, list(self.seen))
                guess = f" Did you mean {likely!r}?" if likely else ""
                yield InputError(f"{option}: no source has {key!r}. There are: {few(list(self.seen))}.{guess}")

    def _guesses(self, unknown: list[str], value: Mapping[str, Any]) -> dict[str, str]:
        """Return which unknown key is likely meant by which of ours that is not there."""
        taken = self.fates(value)[0]
        folded = {key.casefold().replace(" ", "_"): key for key in reversed(unknown)}
        found: dict[str, str] = {}
        for ours in _GUESSED:
            if ours in taken:
                continue
            for theirs in (ours, *_LIKELY.get(ours, ())):
                key = folded.get(theirs)
                if key is None or key in found.values() or not _fits(ours, value.get(key)):
                    continue
                found[ours] = key
                break
        for each in unknown:
            near = get_close_matches(each.casefold(), _GUESSED, 1, 0.75)
            if near and each not in found.values() and near[0] not in {**found, **taken}:
                found[near[0]] = each
        return found

    def _hint(self, guesses: Mapping[str, str], unknown: list[str]) -> str:
        """Return the line of options to paste, as the end of a message."""
        if not self.hints:
            return ""
        left = [key for key in unknown if key not in guesses.values()]
        names = _option(left) if len(left) <= _FEW else ALL
        ours = {**self.renamed, **guesses}
        options = [f"--map {_option(f'{key}={theirs}' for key, theirs in ours.items())}"] if guesses else []
        options += [f"--ignore {names}"] if left else []
        rest = "; --extra in its place keeps them as further metadata" if left else ""
        other = ", and --map KEY=NAME says which key of ours one is" if left and not guesses else ""
        verb = "drops" if left and not guesses else "maps and drops" if left else "maps"
        return f"\nHint: `{' '.join(options)}` {verb} them{rest}{other}."


def _fits(ours: str, value: Any) -> bool:
    """Whether a value may be what a key of ours is for, as far as it can be told."""
    if ours == TEXT:
        return isinstance(value, str)
    if ours in ("outlet", "url"):
        return isinstance(value, str) and ("://" in value) == (ours == "url")
    return not isinstance(value, dict)


def _one_text(key: str, value: Any) -> Any:
    """Return the text of a list that holds texts, for keys that take one: the names of several authors are joined."""
    if key in _LISTS or not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return value
    if len(value) > 1 and key != "author":
        return value
    return ", ".join(value) or None


def few(keys: list[str]) -> str:
    """Return keys for a message: all of them, or the first of many."""
    return ", ".join(keys[:_FEW]) + (f", and {len(keys) - _FEW} more" if len(keys) > _FEW else "")


def _near(key: str, keys: list[str]) -> str | None:
    """Return the key that is most like another one."""
    folded = {each.casefold(): each for each in reversed(keys)}
    near = get_close_matches(key.casefold(), folded, 1)
    return folded[near[0]] if near else None


def _option(names: Iterable[str]) -> str:
    """Return names as the value of one option, as a shell takes it."""
    return shlex.quote(",".join(f'"{each}"' if "," in each else each for each in names))


def known_metadata(value: Any, name: str) -> dict[str, Any]:
    """Return metadata if all its keys are ours. Raises InputError with the likely meaning of those that are not."""
    return KeyMap(hints=False).metadata(value, name)


def make_key_map(maps: Iterable[str], extra: Iterable[str], ignored: Iterable[str]) -> KeyMap:
    """Make what --map, --extra and --ignore say.

    maps: each ``ours=theirs``, several of them divided by commas, or the name of a TOML file with ``ours = "theirs"``.
    extra, ignored: their keys, divided by commas, or `ALL`. Raises InputError for a key that is none of ours, or is
    given twice.
    """
    renamed: dict[str, str] = {}
    for each in maps:
        for ours, theirs in _pairs(each):
            if ours not in own_keys():
                raise InputError(_no_own_key(ours, theirs))
            if renamed.get(ours, theirs) != theirs:
                raise InputError(f"--map: {ours} is given twice, as {renamed[ours]!r} and as {theirs!r}.")
            renamed[ours] = theirs
    carried, dropped = (frozenset(name for each in given for name in _split(each)) for given in (extra, ignored))
    if both := carried & dropped:
        raise InputError(f"--extra and --ignore both name {', '.join(sorted(both))}.\nHint: leave one of them out.")
    return KeyMap(renamed, carried, dropped)


def _pairs(given: str) -> Iterator[tuple[str, str]]:
    if "=" not in given and given.endswith(".toml"):
        try:
            value = tomllib.loads(Path(given).read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError) as error:
            raise InputError(f"--map {given}: it cannot be read: {error}.") from None
        if wrong := [key for key, theirs in value.items() if not isinstance(theirs, str)]:
            raise InputError(f'--map {given}: {wrong[0]} is no text.\nHint: a line is like text = "body".')
        yield from value.items()
        return
    for each in _split(given):
        ours, sign, theirs = each.partition("=")
        if not (sign and ours.strip() and theirs.strip()):
            raise InputError(f"--map {each!r}: it is not like text=body: our key, then the name of their column.")
        yield ours.strip(), theirs.strip()


def _split(given: str) -> list[str]:
    """Return what is divided by commas; a name with a comma is in quotation marks."""
    return [each.strip() for row in csv.reader([given], skipinitialspace=True) for each in row if each.strip()]


def _no_own_key(ours: str, theirs: str) -> str:
    if theirs in own_keys():
        return f"--map {ours}={theirs}: our key comes first. Did you mean {theirs}={ours}?"
    likely = get_close_matches(ours, own_keys(), 1)
    guess = f" Did you mean {likely[0]!r}?" if likely else ""
    return f"--map: {ours!r} is no key of an article; keys are {', '.join(own_keys())}.{guess}"
