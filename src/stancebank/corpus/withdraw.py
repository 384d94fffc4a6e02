"""Withdrawals: what stays of an article that was taken out, and how it is recognised when it comes back."""

import hashlib
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from stancebank.corpus.quotes import BESIDE
from stancebank.corpus.store import WITHDRAWN, Store
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import SCHEMA_VERSION, Article, Lifting, Line, Withdrawal, from_builtins
from stancebank.records import from_json
from stancebank.text import fingerprint, line_bounds, sha256

LENGTH = 8
_HEADLINES = ("title",)


def shingles(line: str) -> Iterator[str]:
    """Yield the hash of every run of eight words in a line, as 16 hex digits, in order."""
    words = re.findall(r"\w+", line.lower())
    for place in range(len(words) - LENGTH + 1):
        yield hashlib.sha256(" ".join(words[place : place + LENGTH]).encode()).hexdigest()[:16]


def article_shingles(article: Article, text: str) -> set[str]:
    """Return the hashes of all shingles of an article, save those that its headline has."""
    headlines = {
        each for zone in article.zones if zone.zone in _HEADLINES for each in shingles(text[zone.begin : zone.end])
    }
    return {each for line in text.split("\n") for each in shingles(line)} - headlines


def protected_shingles(store: Store) -> Iterator[tuple[str, set[str] | None]]:
    """Yield the id of each article whose text may not be published, with the hashes of its shingles.

    These are the articles of the tiers `withheld` and `quotes`, and the withdrawn ones, of which the record has the
    hashes. The hashes are None where the text of an article is not at hand, or is another one than its record
    describes. Headlines of all articles are left out: they are bibliography, and pages name those of other articles.
    """
    articles = tuple(store.articles())
    titles = {hashed for article in articles if article.title for hashed in shingles(article.title.value)}
    for article in articles:
        if article.rights.text_policy.shows_all:
            continue
        try:
            text = store.text(article)
        except WorkspaceError:  # the file holds other words
            text = None
        yield article.id, None if text is None else article_shingles(article, text) - titles
    for withdrawal in store.withdrawals():
        if withdrawal.lifted is None:
            yield withdrawal.id, set(withdrawal.shingles) - titles


def shared(text: str, hashes: set[str]) -> int:
    """Count the shingles of a text that are among the hashes. Lines are joined, so that wrapping hides nothing."""
    return sum(each in hashes for each in shingles(text))


def removed_files(root: Path, folder: str) -> frozenset[str]:
    """Return the files below a folder that the history of HEAD once held and HEAD lacks, by their paths below root.

    Empty where there is no git, no repository or no commit. A shallow clone knows its own part of the history only.
    """
    said = _git(
        root,
        *("log", "--full-history", "-m", "--diff-filter=D", "--no-renames", "--format=", "--name-only", "-z"),
        *("--relative", "HEAD", "--", folder),
    )
    gone = {name.strip("\n") for name in (said or b"").decode(errors="replace").split("\0")} - {""}
    return frozenset(name for name in gone if not (root / name).exists())


def last_version(root: Path, path: str) -> bytes | None:
    """Return the bytes that a removed file had before the commit that removed it; None where git does not know."""
    commit = _git(root, "rev-list", "-1", "--full-history", "HEAD", "--", path)
    return _git(root, "show", f"{commit.decode().strip()}^:./{path}") if commit and commit.strip() else None


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


HOLDINGS = (
    "corpus/articles/{id}.json",
    "corpus/texts/{id}.txt",
    "corpus/gold/{id}.json",
    "corpus/annotations/*/{id}.json",
    ".stancebank/texts/{id}.txt",
    ".stancebank/label-studio/projects/*/raw/{id}/*",
    ".stancebank/label-studio/projects/*/removed/{id}/*",
    ".stancebank/label-studio/projects/*/conflicts/*/{id}.json",
)
"""Patterns of the files that belong to one article. Whatever keeps more of one adds its place here."""


def holdings(root: Path, article_id: str) -> Iterator[Path]:
    """Yield the files of an article that lie in a workspace, in the order of `HOLDINGS`. article_id: a valid id."""
    for pattern in HOLDINGS:
        yield from sorted(path for path in root.glob(pattern.format(id=article_id)) if not path.is_dir())


ALIKE = 0.4
"""The share of the shorter text from which on two are called alike; a word changed in every fifteen leaves as much."""

LEAST = 3
"""Runs of eight words that are shared at least: the words of one sentence."""


@dataclass(frozen=True, slots=True)
class Known:
    """A withdrawn article that a text was known as.

    by: `text` where it is the same, `lines` or `words` where it shares much. share: of the shorter text, 0 to 1.
    """

    withdrawal: Withdrawal
    by: Literal["text", "lines", "words"]
    share: float

    @property
    def is_same(self) -> bool:
        """Whether it is proved to be the same text."""
        return self.by == "text"

    @property
    def how(self) -> str:
        """Say in words what it was known by."""
        if self.is_same:
            return "it is the same text"
        shared = "lines" if self.by == "lines" else "runs of eight words"
        return f"{self.share:.0%} of its {shared} are shared"


class Memory:
    """Knows withdrawn articles again. Those whose withdrawal was undone do not count."""

    def __init__(self, withdrawals: Iterable[Withdrawal]) -> None:
        self.withdrawals = tuple(each for each in withdrawals if each.lifted is None)
        self._same: dict[str, Withdrawal] = {}
        self._lines: dict[str, dict[str, int]] = defaultdict(dict)
        self._shingles: dict[str, set[str]] = defaultdict(set)
        self._by_id = {each.id: each for each in self.withdrawals}
        for each in self.withdrawals:
            self._same |= {each.text_sha256: each, each.raw_sha256: each}
            for line in each.lines:
                self._lines[line.fingerprint][each.id] = line.end - line.begin
            for hashed in each.shingles:
                self._shingles[hashed].add(each.id)

    def __bool__(self) -> bool:
        return bool(self.withdrawals)

    def know_text(self, text: str, raw_sha256: str = "") -> Known | None:
        """Return the withdrawn article that a text is, or is most like. raw_sha256: of the source it came from."""
        if not self:
            return None
        for hashed in (sha256(text), raw_sha256):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        lines = [(end - begin, fingerprint(text[begin:end])) for begin, end in line_bounds(text) if begin < end]
        return self._most_alike(lines, {each for line in text.split("\n") for each in shingles(line)})

    def know_record(self, article: Article) -> Known | None:
        """Return the withdrawn article that a record describes, or is most like, without its words."""
        for hashed in (article.text_sha256, article.raw_sha256):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        return self._most_alike([(line.end - line.begin, line.fingerprint) for line in own_lines(article)], set())

    def _most_alike(self, lines: list[tuple[int, str]], words: set[str]) -> Known | None:
        found: list[Known] = []
        shared: dict[str, int] = defaultdict(int)
        for length, hashed in lines:
            for each in self._lines.get(hashed, ()):
                shared[each] += length
        for name, length in shared.items():
            theirs = sum(line.end - line.begin for line in self._by_id[name].lines)
            share = length / max(1, min(theirs, sum(length for length, _ in lines)))
            found.append(Known(self._by_id[name], "lines", min(share, 1.0)))
        runs: dict[str, int] = defaultdict(int)
        for hashed in words:
            for each in self._shingles.get(hashed, ()):
                runs[each] += 1
        for name, count in runs.items():
            if count >= LEAST:
                share = count / min(len(words), len(self._by_id[name].shingles))
                found.append(Known(self._by_id[name], "words", share))
        alike = [each for each in found if each.share >= ALIKE]
        return max(alike, key=lambda each: (each.share, each.withdrawal.id), default=None)


def own_lines(article: Article) -> tuple[Line, ...]:
    """Return the lines of an article itself: those that do not lie in what its page holds beside it."""
    return tuple(line for line in article.lines if article.zone_at(line.begin) not in BESIDE)


def make_withdrawal(article: Article, text: str | None, *, date: str, reason: str) -> Withdrawal:
    """Return what stays of an article. text: the stored text, None where it is not at hand."""
    lines = own_lines(article)
    hashes = {each for line in lines for each in shingles(text[line.begin : line.end])} if text else set()
    return Withdrawal(
        schema_version=SCHEMA_VERSION,
        id=article.id,
        date=date,
        reason=reason,
        text_sha256=article.text_sha256,
        raw_sha256=article.raw_sha256,
        lines=lines,
        shingles=tuple(sorted(hashes)),
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """What a withdrawal means: what stays, and the files that go.

    is_new: whether it was not withdrawn before; else an earlier one is completed.
    """

    withdrawal: Withdrawal
    files: tuple[Path, ...]
    is_new: bool


def plan_removal(store: Store, article_id: str, *, reason: str, date: str) -> Removal:
    """Decide what withdrawing an article means; nothing is written.

    date: the day, as YYYY-MM-DD. An article that was withdrawn before keeps its day and reason. Raises InputError
    where there is no such article, or no reason.
    """
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.\nHint: say it with --reason TEXT. Nothing was changed.")
    before = store.withdrawal(article_id)
    files = tuple(holdings(store.root, article_id))
    if not store.article_path(article_id).is_file():
        if before := before or _lost(store, article_id):
            return Removal(before, files, is_new=False)
        store.article(article_id)  # says that there is none
    article = store.article(article_id)
    try:
        text = store.text(article)
    except WorkspaceError:  # the file holds other words; it goes all the same
        text = None
    made = make_withdrawal(article, text, date=date, reason=reason.strip())
    if before is None:
        return Removal(made, files, is_new=True)
    if before.text_sha256 == made.text_sha256 and made.shingles and not before.shingles:
        before = replace(before, shingles=made.shingles)
    return Removal(before, files, is_new=False)


def remove(store: Store, removal: Removal) -> None:
    """Write what stays of an article, then remove its files."""
    store.write_withdrawal(removal.withdrawal)
    for path in removal.files:
        path.unlink(missing_ok=True)


def plan_lifting(store: Store, article_id: str, *, reason: str, date: str) -> Withdrawal | None:
    """Return the withdrawal as it is once it is undone; None where it was undone before. Nothing is written.

    Raises InputError where the article was never withdrawn, or there is no reason.
    """
    if not reason.strip():
        raise InputError("To undo a withdrawal needs a reason.\nHint: say it with --reason TEXT. Nothing was changed.")
    found = next((each for each in store.withdrawals() if each.id == article_id), None) or _lost(store, article_id)
    if found is None:
        raise InputError(f"{article_id} was never withdrawn. Nothing was changed.")
    if found.lifted is not None:
        return None
    return replace(found, lifted=Lifting(date=date, reason=reason.strip()))


def _lost(store: Store, article_id: str) -> Withdrawal | None:
    """Return the record of a withdrawal that was removed, as git remembers it."""
    data = last_version(store.root, f"{WITHDRAWN}/{article_id}.json")
    if data is None:
        return None
    try:
        return from_builtins(from_json(data, f"{article_id}.json", whole=True), Withdrawal)
    except (InputError, msgspec.ValidationError):
        return None
