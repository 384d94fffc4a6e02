"""The guard: words of articles that may not be published, looked for in whatever git would commit or a folder shows.

Eight words in a row are the limit. They are compared folded, in all texts that the bytes of a file may be, with the
texts at hand and with the hashes of withdrawn articles. Nothing of it is stored.
"""

import hashlib
import os
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.corpus.backend import is_stored
from stancebank.corpus.decoding import decode, is_text, resolve
from stancebank.corpus.store import LOCAL_WITHDRAWN, PUBLIC_TEXTS, WITHDRAWN, Store
from stancebank.corpus.withdraw import HEADLINE, LENGTH, Removal, is_sampled, run_hashes, run_words, shingles
from stancebank.errors import InputError, StancebankError, WorkspaceError
from stancebank.git import ask
from stancebank.model import Article, Bounds, Withdrawal, quoted_spans
from stancebank.records import from_json
from stancebank.schema.validate import packed_files
from stancebank.text import sha256

_SEED = 4
_STEP = LENGTH - _SEED + 1
"""One run of four words in every five is indexed: every run of eight holds one of them whole."""

_TOO_FEW = re.compile(r"(?:[^\w\\&%=<]*+(?:[a-zA-Z0-9]++|_++)){0,7}+[^\w\\&%=<]*+", re.ASCII)
"""What has fewer than eight words, if it is ASCII, however it is read: in none of it an escape or a tag begins."""

_UNKNOWN = "\0"
_JOINERS = str.maketrans(dict.fromkeys("\u200c\u200d", " "))


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """Words of an article that may not be published, in a file.

    file: by its path in the folder. pointer: in a JSON file, to the value that has them, or "". line: in another file,
    counted from 1, if it is known. article_id: whose words these are. words: how many in a row at least.
    """

    file: str
    pointer: str
    line: int | None
    article_id: str
    words: int

    @property
    def message(self) -> str:
        """What was found, and on which line; not the words."""
        where = "" if self.line is None else f"line {self.line}: "
        return f"{where}{self.words} words in a row are those of {self.article_id}, which may not be published."


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found. files: how many were searched.

    unread: files that cannot be read as text, and were not searched, or not all of them. missing: articles that were
    not searched for, since their texts are not at hand.
    """

    leaks: tuple[Leak, ...] = ()
    files: int = 0
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protected:
    """A text that may not be published in full. shown: the bounds of what its policy lets be published all the same."""

    article: Article
    text: str
    shown: tuple[Bounds, ...] = ()

    def segments(self) -> Iterator[str]:
        """Yield the text without its headline, in pieces, and once more with a space for a zero width joiner."""
        begin = 0
        for zone in (*(each for each in self.article.zones if each.zone == HEADLINE), None):
            piece = self.text[begin : zone.begin if zone else len(self.text)]
            yield piece
            if (spaced := piece.translate(_JOINERS)) != piece:
                yield spaced
            begin = zone.end if zone else begin


class Guard:
    """Knows the words of articles that may not be published.

    protected: their texts. withdrawals: of which only hashes are left. missing: ids of articles whose texts are not at
    hand. titles: of all articles; they are bibliography, and no leak. Nor is what a waiver lets stand. free: texts that
    may be published in full; words that one of them has, too, such as those of an agency, are no leak. Titles and free
    texts are gone through when something is found that they may be; digests: the SHA-256 of the free texts, where they
    are known without that.
    """

    def __init__(
        self,
        protected: Iterable[Protected] = (),
        withdrawals: Iterable[Withdrawal] = (),
        *,
        missing: Iterable[str] = (),
        titles: Iterable[str] = (),
        free: Iterable[str] = (),
        digests: Collection[str] | None = None,
    ) -> None:
        self.missing = tuple(missing)
        self._letters: dict[str, str] = {}
        self._ids: list[str] = []
        self._starts: list[int] = []
        self._shown: list[str] = []
        self._free = free if digests is not None else tuple(free)
        self._digests = frozenset(map(sha256, self._free) if digests is None else digests)
        parts: list[str] = []
        length = 0
        for each in protected:
            for part in {self._add(run_words(segment)) for segment in each.segments()}:
                self._ids.append(each.article.id)
                self._starts.append(length)
                parts.append(part)
                length += len(part) + 1
            self._shown += [each.text[begin:end] for begin, end in each.shown]
        self._titles = titles
        self._words = _UNKNOWN.join(parts)
        self._seeds: dict[str, dict[str, int]] = {}
        for start, part in zip(self._starts, parts, strict=True):
            for place in range(0, len(part) - _SEED + 1, _STEP):
                # the words around it are all that a run of eight can have: what many pages repeat is kept once
                around = part[max(0, place - _SEED) : place + LENGTH]
                self._seeds.setdefault(part[place : place + _SEED], {}).setdefault(around, start + place)
        self._withdrawn = _Withdrawn(withdrawals, self._titles)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._seeds or self._withdrawn)

    def search(self, text: str) -> dict[str, int]:
        """Return the articles that a text has eight words of in a row, with the number of words in the longest run."""
        words = run_words(text)
        return self._withdrawn.search(words, text) | self._search(words)

    def search_resolved(self, text: str) -> dict[str, int]:
        """Return what `search` finds in a text, or in it with its escapes resolved."""
        if text.isascii() and _TOO_FEW.fullmatch(text):  # as are ids, dates and names, of which a folder has most
            return {}
        return next((found for reading in resolve(text) if (found := self.search(reading))), {})

    def search_bytes(self, data: bytes) -> tuple[dict[str, int], str]:
        """Return what `search` finds in the first of the texts that bytes may be in which it finds anything, and it."""
        for reading in decode(data):
            if found := self.search(reading):
                return found, reading
        return {}, ""

    def is_free(self, data: bytes) -> bool:
        """Whether bytes are a text that may be published in full, so that none of its words is a leak."""
        return bool(self._digests) and hashlib.sha256(data).hexdigest() in self._digests

    def _add(self, words: list[str]) -> str:
        letters = self._letters
        for word in set(words) - letters.keys():
            number = len(letters) + 1
            letters[word] = chr(number if number < 0xD800 else number + 0x800)  # surrogates are no characters
        return "".join(map(letters.__getitem__, words))

    def _encode(self, words: Iterable[str]) -> str:
        get = self._letters.get
        return "".join([get(word, _UNKNOWN) for word in words])

    def _search(self, words: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        if not self._seeds or len(words) < LENGTH:
            return found
        for stretch in self._encode(words).split(_UNKNOWN):
            place = 0 if len(stretch) >= LENGTH else len(stretch)
            while place <= len(stretch) - _SEED:
                place = self._match(stretch, place, found)
        return found

    def _match(self, stretch: str, place: int, found: dict[str, int]) -> int:
        """Add the article whose words lie around a place, and return the place to go on at."""
        known = self._words
        for seed in self._seeds.get(stretch[place : place + _SEED], {}).values():
            before, end, stop = 0, place + _SEED, seed + _SEED
            while before < place and before < seed and stretch[place - before - 1] == known[seed - before - 1]:
                before += 1
            while end < len(stretch) and stop < len(known) and stretch[end] == known[stop]:
                end, stop = end + 1, stop + 1
            run = stretch[place - before : end]
            if len(run) < LENGTH or (length := self._longest(run)) == 0:
                continue
            name = self._ids[bisect_right(self._starts, seed) - 1]
            found[name] = max(found.get(name, 0), length)
            return end - _SEED + 1
        return place + 1

    def _longest(self, run: str) -> int:
        """Return the number of words in the longest part of a run that has no free words; 0 where all are free."""
        longest = length = 0
        for place in range(len(run) - LENGTH + 1):
            is_free = run[place : place + LENGTH] in self._free_runs
            length = 0 if is_free else length + 1
            longest = max(longest, length)
        return longest + LENGTH - 1 if longest else 0

    @cached_property
    def _free_runs(self) -> frozenset[str]:
        """The runs of eight words that are no leak; made only when there is something to compare them with."""
        found: set[str] = set()
        for words in (*map(run_words, (*self._titles, *self._shown, *self._free)), *_packed_words()):
            for stretch in self._encode(words).split(_UNKNOWN):
                found |= {stretch[place : place + LENGTH] for place in range(len(stretch) - LENGTH + 1)}
        return frozenset(found)


@lru_cache(maxsize=1)
def _packed_words() -> tuple[list[str], ...]:
    """Return the words of the files that the toolkit publishes itself."""
    return tuple(run_words(path.read_bytes().decode()) for path in packed_files())


class _Withdrawn:
    """The hashes of withdrawn articles: those of sampled runs, and of all runs as earlier records have them."""

    def __init__(self, withdrawals: Iterable[Withdrawal], titles: Iterable[str]) -> None:
        self.sampled: dict[str, str] = {}
        self.all: dict[str, str] = {}
        for each in withdrawals:
            if each.lifted is None:
                (self.sampled if is_sampled(each) else self.all).update(dict.fromkeys(each.shingles, each.id))
        if self:
            for title in titles:
                for hashed in run_hashes(run_words(title)):
                    self.sampled.pop(hashed, None)
                for hashed in shingles(title):
                    self.all.pop(hashed, None)

    def __bool__(self) -> bool:
        return bool(self.sampled or self.all)

    def search(self, words: list[str], text: str) -> dict[str, int]:
        found: dict[str, int] = {}
        if self.sampled:
            found |= {self.sampled[each]: LENGTH for each in run_hashes(words) if each in self.sampled}
        if self.all:
            found |= {self.all[each]: LENGTH for each in shingles(text) if each in self.all}
        return found


def make_guard(store: Store, *, waived: Iterable[str] = ()) -> Guard:
    """Return the guard of a workspace.

    The text of an article that is not the one its record describes counts as not at hand. waived: what a person lets
    stand; its words are no leak wherever they are.
    """
    protected: list[Protected] = []
    missing: list[str] = []
    free: dict[str, str] = {}
    titles: list[str] = [*waived]
    for article in store.articles():
        titles += [article.title.value] if article.title else []
        text = _text(store, article)
        if article.rights.text_policy.shows_all:
            free |= {} if text is None else {article.id: article.text_sha256}
        elif text is None:
            missing.append(article.id)
        else:
            protected.append(Protected(article, text, _shown(store, article)))
    texts = _FreeTexts(store, tuple(free))
    return Guard(protected, store.withdrawals(), missing=missing, titles=titles, free=texts, digests={*free.values()})


def guard_of(
    store: Store, ids: Iterable[str], kept: Iterable[str], free: Mapping[str, str], withdrawals: Iterable[Withdrawal]
) -> Guard:
    """Return the guard of articles that were read before, of which no others are read than it needs.

    ids: of all. kept: of those whose texts are at hand and may not be published. free: the SHA-256 of texts that are at
    hand and may be published in full, by article id.
    """
    protected: list[Protected] = []
    for article in map(store.article, kept):
        if (text := _text(store, article)) is not None:
            protected.append(Protected(article, text, _shown(store, article)))
    titles, texts = _Titles(store, tuple(ids)), _FreeTexts(store, tuple(free))
    return Guard(protected, withdrawals, titles=titles, free=texts, digests={*free.values()})


@dataclass(frozen=True, slots=True)
class _FreeTexts:
    """Texts of some articles, which are read each time when they are gone through."""

    store: Store
    ids: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield from (text for each in self.ids if (text := _text(self.store, self.store.article(each))))


@dataclass(frozen=True, slots=True)
class _Titles:
    """The titles of some articles, which are read each time when they are gone through."""

    store: Store
    ids: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield from (title.value for each in self.ids if (title := self.store.article(each).title))


def find_remains(store: Store, removal: Removal) -> tuple[str, ...]:
    """Return the files of a workspace that have words of a withdrawn article, or are a reading of it, by path.

    Its own files, which the withdrawal removes, are left out. Call it before they are removed, while its words are at
    hand; without them, its hashes are looked for.
    """
    gone = removal.withdrawal.id
    try:
        others = [each for each in store.articles() if each.id != gone]
    except StancebankError:  # a record that cannot be read keeps no article from being withdrawn
        others = []
    protected: list[Protected] = []
    if store.has_article(gone) and (text := _text(store, article := store.article(gone))) is not None:
        protected.append(Protected(article, text))
    guard = Guard(
        protected,
        [replace(removal.withdrawal, lifted=None)],
        titles=[each.title.value for each in others if each.title],
        free=[text for each in others if each.rights.text_policy.shows_all and (text := _text(store, each))],
    )
    reading = re.compile(rb'"article_id"\s*:\s*"' + gone.encode() + rb'"')
    names: list[str] = []
    own = ((path.relative_to(store.root).as_posix(), _read(path) or b"") for path in _own_files(store.root))
    for name, data in chain(own, store.kept_elsewhere(local=True)):
        if name in removal.files or name.startswith((f"{WITHDRAWN}/", f"{LOCAL_WITHDRAWN}/")):
            continue
        is_reading = not name.startswith("corpus/") and reading.search(data)
        if is_reading or guard.search_bytes(data)[0]:
            names.append(name)
    return tuple(sorted(names))


def _own_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a workspace, those that git ignores, too; not those of environments and repositories."""
    for place, folders, names in os.walk(folder):  # passes over what cannot be listed, and follows no link
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [each for each in folders if each not in (".git", "node_modules")]
        yield from (path for each in names if (path := Path(place, each)).is_file() and not path.is_symlink())


def search_workspace(store: Store, guard: Guard) -> Search:
    """Search what git would commit of a workspace, and what a backend keeps elsewhere; see `searched`."""
    return search_files(searched(store), guard) if guard else Search(missing=guard.missing)


def searched(store: Store) -> Iterator[tuple[str, bytes | None]]:
    """Yield what others may get of a workspace: what git would commit, as `committable`, and what is kept elsewhere."""
    return chain(committable(store.root), store.kept_elsewhere())


_FONTS = (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"wOFF", b"wOF2")
"""How files of fonts begin: outlines, which in one encoding or another look like letters for megabytes."""

_PRINTABLE = re.compile(rb"[\x20-\x7e\s]{24,}")


def search_files(files: Iterable[tuple[str, bytes | None]], guard: Guard) -> Search:
    """Search files, each given by its name and bytes; None where it cannot be read. The names are searched, too."""
    leaks: set[Leak] = set()
    unread: list[str] = []
    names: set[str] = set()
    for name, data in files:
        names.add(name)
        if data is None:
            unread.append(name)
        elif not (name.startswith(f"{PUBLIC_TEXTS}/") and guard.is_free(data)):
            held = b"\n".join(_PRINTABLE.findall(data)) if data.startswith(_FONTS) else data
            found, reading = guard.search_bytes(held)
            for each, words in found.items():
                leaks.update(Leak(name, *place, each, words) for place in _locate(held, reading, each, guard))
            if not is_text(data):
                unread.append(name)
    if guard.search("\n".join(names)):
        for name in names:
            leaks.update(Leak(name, "", None, article_id, words) for article_id, words in guard.search(name).items())
    return Search(tuple(sorted(leaks, key=_key)), len(names), tuple(dict.fromkeys(unread)), guard.missing)


def _key(leak: Leak) -> tuple[str, str, int, str]:
    return leak.file, leak.pointer, leak.line or 0, leak.article_id


def _locate(data: bytes, reading: str, article_id: str, guard: Guard) -> list[tuple[str, int | None]]:
    """Return where words of an article are: JSON pointers of all values that have them, else the line they end on."""
    try:
        values = _strings(from_json(data, ""))
        return [(each, None) for each, value in values if article_id in guard.search(value)] or [("", None)]
    except InputError:
        pass
    lines = reading.split("\n")
    if lines != data.decode(errors="replace").split("\n"):  # it was resolved: its lines are not those of the file
        return [("", None)]
    least, most = 1, len(lines)
    while least < most:
        middle = (least + most) // 2
        if article_id in guard.search("\n".join(lines[:middle])):
            most = middle
        else:
            least = middle + 1
    return [("", least)]


def words_at(store: Store, file: str, pointer: str) -> Iterator[str]:
    """Yield what a file may say where a leak was found: its name, and the value at a JSON pointer, or all of it."""
    yield file
    kept = is_stored(file) and not (store.root / file).exists()
    data = (store.read(file) if kept else _read(store.root / file)) or b""
    if not pointer:
        yield from decode(data)
        return
    with suppress(InputError):
        yield from (value for each, value in _strings(from_json(data, "")) if each == pointer)


def _strings(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _strings(each, f"{pointer}/{place}")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _strings(each, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")


def committable(root: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield what git would commit below a folder: each file's path and bytes, also those that are staged and differ.

    Those are the files that it tracks, and others that it does not ignore. Where git does not know the folder, its
    content is taken: ``corpus/``, ``schema/``, ``annotate/``, and the files at its root. root: of the workspace.
    """
    listed = ask(root, "ls-files", "-z", "--stage")
    others = ask(root, "ls-files", "-z", "--others", "--exclude-standard")
    if listed is None or others is None:
        names = [path.name for path in root.iterdir() if not path.name.startswith(".")]
        for path in (
            each for name in names if name in CONTENT or (root / name).is_file() for each in _walk(root / name)
        ):
            yield path.relative_to(root).as_posix(), _read(path)
        return
    changed = ask(root, "diff-index", "--cached", "--name-only", "--relative", "-z", "HEAD", "--")  # None: no commit
    is_staged = None if changed is None else {*changed.decode(errors="surrogateescape").split("\0")}
    staged: list[tuple[str, str]] = []
    for entry in listed.decode(errors="surrogateescape").split("\0")[:-1]:
        about, _, name = entry.partition("\t")
        mode, digits, _ = about.split(" ")
        if mode == _SUBMODULE:
            continue
        data = _read(root / name)
        if data is not None:
            yield name, data
        if (is_staged is None or name in is_staged) and (data is None or _blob_id(data, len(digits)) != digits):
            staged.append((name, digits))
    for name in others.decode(errors="surrogateescape").split("\0")[:-1]:
        yield name, _read(root / name)
    for name, digits in staged:
        yield name, ask(root, "cat-file", "blob", digits)


def is_in_git(root: Path) -> bool:
    """Whether git knows which files below a folder it would commit."""
    return ask(root, "rev-parse", "--is-inside-work-tree") == b"true\n"


CONTENT = ("corpus", "schema", "annotate")
_SUBMODULE = "160000"


def read_files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes | None]]:
    """Yield files by their paths as they were given, those in folders too, with their bytes."""
    for path in paths:
        yield from ((str(each), _read(each)) for each in _walk(path))


def _walk(path: Path) -> Iterator[Path]:
    yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else (path,)


def _read(path: Path) -> bytes | None:
    """Return the bytes of a regular file, or the target of a link, as git takes it; None where it cannot be read."""
    try:
        if path.is_symlink():
            return os.fsencode(path.readlink())
        return path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST else None
    except OSError:
        return None


LARGEST = 200_000_000
"""Bytes of a file that is read; a larger one is named as not searched."""


def _blob_id(data: bytes, length: int) -> str:
    digest = hashlib.sha256 if length == 64 else hashlib.sha1
    return digest(b"blob %d\0" % len(data) + data).hexdigest()


def _text(store: Store, article: Article) -> str | None:
    try:
        return store.text(article)
    except WorkspaceError:  # the file holds other words
        return None


def _shown(store: Store, article: Article) -> tuple[Bounds, ...]:
    try:
        gold = store.gold(article.id) if article.rights.text_policy.shows_quotations else None
    except StancebankError:  # it cannot be read, and then nothing of it is published
        return ()
    if gold is None or gold.text_sha256 != article.text_sha256:
        return ()
    return tuple((span.begin, span.end) for span in quoted_spans(gold))
