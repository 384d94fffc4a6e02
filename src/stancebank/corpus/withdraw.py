"""Withdrawals: what stays of an article that was taken out, and how it is recognised when it comes back."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

import msgspec
from msgspec.structs import replace

from stancebank.corpus.backend import is_stored
from stancebank.corpus.copies import plain_copy, search_keys
from stancebank.corpus.store import WITHDRAWN, Store, article_of
from stancebank.errors import InputError, StancebankError, WorkspaceError
from stancebank.git import last_content
from stancebank.model import BESIDE, Article, Lifting, Line, Withdrawal, from_builtins
from stancebank.records import from_json, is_part
from stancebank.search import INVISIBLE
from stancebank.text import digest_in, line_bounds, line_digests, sha256

LENGTH = 8
"""Words in a row that a text may share with one that may not be published, and one less is allowed."""

STEP = 12
"""The words from the beginning of one sampled run to that of the next: no two overlap, so that none leads on."""

_FIRST = 4  # the word that the first sampled run begins at: not the first of a text, which is known most often
_BITS = 12  # hex digits of a sampled hash: 48 bits
_SAMPLED = "0000"


HEADLINE = "title"
"""The zone of a headline, which is bibliography: it may be named wherever articles are."""


def shingles(line: str) -> Iterator[str]:
    """Yield the hash of every run of eight words in a line, as 16 hex digits, in order.

    So the records of withdrawals before `sampled_runs` have them. They do not hide a text: runs share seven words.
    """
    words = re.findall(r"\w+", line.lower())
    for place in range(len(words) - LENGTH + 1):
        yield hashlib.sha256(" ".join(words[place : place + LENGTH]).encode()).hexdigest()[:16]


def run_words(text: str) -> list[str]:
    """Return the words of a text, as runs of them are compared: folded, in order.

    Letters and digits make words; a letter of a script without spaces is one by itself. What is invisible is left out,
    and letters that look alike are one.
    """
    return search_keys(text)


def _hidden(text: str) -> Iterator[set[str]]:
    """Yield the shingles of a text in every way in which it may hide those that an earlier record has.

    As its lines have them; with lines joined and nothing that is invisible; as its letters look.
    """
    yield {each for line in text.split("\n") for each in shingles(line)}
    yield set(shingles(INVISIBLE.sub("", text)))
    yield set(shingles(" ".join(run_words(text))))


def run_hashes(words: Sequence[str]) -> Iterator[str]:
    """Yield the hash of every run of eight words, as a sample has it: 48 bits as hex digits, and four zeros."""
    joined = " ".join(words).encode()
    starts = [0, *accumulate(len(word.encode()) + 1 for word in words)]
    for begin, end in zip(starts, starts[LENGTH:], strict=False):
        yield _hash(joined[begin : end - 1])


def sample_runs(words: Sequence[str]) -> tuple[str, ...]:
    """Return hashes of runs of eight words that do not overlap, one every twelve words, sorted.

    Every run of nineteen words holds one of them whole. Between two of them are four words that no hash covers: who
    knows the words of one run cannot read on to the next.
    """
    first = min(_FIRST, max(0, len(words) - LENGTH))
    places = range(first, len(words) - LENGTH + 1, STEP)
    return tuple(sorted({_run_hash(words[place : place + LENGTH]) for place in places}))


def is_sampled(withdrawal: Withdrawal) -> bool:
    """Whether the hashes of a withdrawal are those of `sample_runs`; those of earlier records are `shingles`."""
    return all(hashed.endswith(_SAMPLED) for hashed in withdrawal.shingles)


def _run_hash(words: Sequence[str]) -> str:
    return _hash(" ".join(words).encode())


def _hash(run: bytes) -> str:
    return hashlib.sha256(run).hexdigest()[:_BITS] + _SAMPLED


HOLDINGS = (
    "corpus/articles/{id}.json",
    "corpus/texts/{id}.txt",
    "corpus/gold/{id}.json",
    "corpus/annotations/*/{id}.json",
    "corpus/adjudications/{id}.json",
    "corpus/suggestions/*/{id}.json",
    ".stancebank/texts/{id}.txt",
    ".stancebank/adjudication/verdicts/{id}.json",
    ".stancebank/suggest/llm/{id}/*.json",
    ".stancebank/label-studio/projects/*/raw/{id}/*",
    ".stancebank/label-studio/projects/*/removed/{id}/*",
    ".stancebank/label-studio/projects/*/conflicts/*/{id}.json",
)
"""Patterns of the files that belong to one article. Whatever keeps more of one adds its place here."""


def holdings(store: Store, article_id: str) -> Iterator[str]:
    """Yield the names of all that a workspace has of an article, in the order of `HOLDINGS`: unfinished files, too.

    article_id: a valid id.
    """
    root = store.root
    for pattern in (each.format(id=article_id) for each in HOLDINGS):
        place = root / pattern
        parts = pattern.removesuffix(place.name) + f".{place.name}.*.part"
        found = {*root.glob(pattern), *(each for each in root.glob(parts) if is_part(each.name))}
        names = {path.relative_to(root).as_posix() for path in found if not path.is_dir()}
        if is_stored(pattern):
            folder, star, file = pattern.partition("/*/")
            kept = [f"{folder}/{each}/{file}" for each in store.folders(folder)] if star else [pattern]
            names.update(name for name in kept if name not in names and store.has(name))
        yield from sorted(names)


ALIKE = 0.4
"""The share of the shorter text from which on two are called alike; a word changed in every fifteen leaves as much."""

ALIKE_SAMPLED = 0.3
"""The same of sampled runs, which are few: of those, fewer may be left by chance."""

LEAST = 3
"""Runs of eight words that are shared at least: the words of one sentence."""

LEAST_SAMPLED = 2
"""The same of sampled runs: the words of two sentences, or of a longer one."""


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
        self._recorded = {line.fingerprint for each in self.withdrawals for line in each.lines}
        self._by_id = {each.id: each for each in self.withdrawals}
        for each in self.withdrawals:
            self._same |= {each.text_sha256: each, each.raw_sha256: each}
            for line in each.lines:
                self._lines[digest_in(line.fingerprint)][each.id] = line.end - line.begin
            for hashed in each.shingles:
                self._shingles[hashed].add(each.id)

    def __bool__(self) -> bool:
        return bool(self.withdrawals)

    def know_text(self, text: str, raw_sha256: str = "") -> Known | None:
        """Return the withdrawn article that a text is, or is most like. raw_sha256: of the source it came from."""
        if not self:
            return None
        plain, _ = plain_copy(text, self._recorded)
        for hashed in (sha256(text), raw_sha256, sha256(plain)):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        lines = [(end - begin, line_digests(plain[begin:end])) for begin, end in line_bounds(plain) if begin < end]
        return self._most_alike(lines, text)

    def know_record(self, article: Article) -> Known | None:
        """Return the withdrawn article that a record describes, or is most like, without its words."""
        for hashed in (article.text_sha256, article.raw_sha256):
            if hashed in self._same:
                return Known(self._same[hashed], "text", 1.0)
        lines = [(line.end - line.begin, frozenset((digest_in(line.fingerprint),))) for line in own_lines(article)]
        return self._most_alike(lines, "")

    def _most_alike(self, lines: list[tuple[int, frozenset[str]]], text: str) -> Known | None:
        found: list[Known] = []
        shared: dict[str, int] = defaultdict(int)
        for length, digests in lines:
            for each in {name for digest in digests for name in self._lines.get(digest, ())}:
                shared[each] += length
        for name, length in shared.items():
            theirs = sum(line.end - line.begin for line in self._by_id[name].lines)
            share = min(length / max(1, min(theirs, sum(length for length, _ in lines))), 1.0)
            if share >= ALIKE:
                found.append(Known(self._by_id[name], "lines", share))
        found += self._alike_by_words(text)
        return max(found, key=lambda each: (each.share, each.withdrawal.id), default=None)

    def _alike_by_words(self, text: str) -> Iterator[Known]:
        words = run_words(text)
        for sampled, hashes in [(True, set(run_hashes(words))), *((False, each) for each in _hidden(text))]:
            runs = Counter(each for hashed in hashes for each in self._shingles.get(hashed, ()))
            for name, count in runs.items():
                withdrawal = self._by_id[name]
                if is_sampled(withdrawal) is not sampled:
                    continue
                whole = len(withdrawal.shingles)
                if sampled:
                    least, alike, length = min(LEAST_SAMPLED, whole), ALIKE_SAMPLED, max(1, len(words) // STEP)
                else:
                    least, alike, length = LEAST, ALIKE, len(hashes)
                share = min(count / min(length, whole), 1.0)
                if count >= least and share >= alike:
                    yield Known(withdrawal, "words", share)


def own_lines(article: Article) -> tuple[Line, ...]:
    """Return the lines of an article itself: those that do not lie in what its page holds beside it."""
    return tuple(line for line in article.lines if article.zone_at(line.begin) not in BESIDE)


def make_withdrawal(article: Article, text: str | None, *, date: str, reason: str) -> Withdrawal:
    """Return what stays of an article. text: the stored text, None where it is not at hand."""
    lines = own_lines(article)
    told = [text[line.begin : line.end] for line in lines if article.zone_at(line.begin) != HEADLINE] if text else []
    return Withdrawal(
        schema_version=article.schema_version,
        id=article.id,
        date=date,
        reason=reason,
        text_sha256=article.text_sha256,
        raw_sha256=article.raw_sha256,
        lines=lines,
        shingles=sample_runs(run_words("\n".join(told))),
    )


@dataclass(frozen=True, slots=True)
class Removal:
    """What a withdrawal means: what stays, and the names of what goes.

    is_new: whether it was not withdrawn before; else an earlier one is completed. printings: ids of other articles that
    have its text or reprint it, and stay.
    """

    withdrawal: Withdrawal
    files: tuple[str, ...]
    is_new: bool
    printings: tuple[str, ...] = ()


def plan_removal(store: Store, article_id: str, *, reason: str, date: str) -> Removal:
    """Decide what withdrawing an article means; nothing is written.

    date: the day, as YYYY-MM-DD. An article that was withdrawn before keeps its day and reason. Raises InputError
    where there is no such article, or no reason.
    """
    if not reason.strip():
        raise InputError("A withdrawal needs a reason.\nHint: say it with --reason TEXT. Nothing was changed.")
    before = store.withdrawal(article_id)
    files = tuple(holdings(store, article_id))
    if not store.has_article(article_id):
        if before := before or _lost(store, article_id):
            return Removal(before, files, is_new=False)
        store.article(article_id)  # says that there is none
    article = store.article(article_id)
    try:
        text = store.text(article)
    except WorkspaceError:  # the file holds other words; it goes all the same
        text = None
    made = make_withdrawal(article, text, date=date, reason=reason.strip())
    printings = tuple(_printings(store, article))
    if before is None:
        return Removal(made, files, is_new=True, printings=printings)
    if before.text_sha256 == made.text_sha256 and made.shingles and not before.shingles:
        before = replace(before, shingles=made.shingles)
    return Removal(before, files, is_new=False, printings=printings)


def _printings(store: Store, article: Article) -> Iterator[str]:
    """Yield the ids of other articles that have the text of one, or reprint what it does, or it."""
    for name in store.article_ids():
        with suppress(StancebankError):  # a record that cannot be read must not keep this one in the corpus
            other = store.article(name)
            if other.id != article.id and (
                other.text_sha256 == article.text_sha256 or other.first_id == article.first_id
            ):
                yield name


def remove(store: Store, removal: Removal) -> None:
    """Write what stays of an article, then remove its files, and what the archives of migrations tell of them."""
    store.write_withdrawal(removal.withdrawal)
    store.remove(removal.files)
    store.move_in_archives(lambda name: None if article_of(name) == removal.withdrawal.id else name)


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
    data = last_content(store.root, f"{WITHDRAWN}/{article_id}.json")
    if data is None:
        return None
    try:
        return from_builtins(from_json(data, f"{article_id}.json", whole=True), Withdrawal)
    except (InputError, msgspec.ValidationError):
        return None


_BEYOND_REACH = """
What this command cannot do:

- git keeps what was committed. Commit the withdrawal; then, with all clones at hand, purge the history:
{purge}
  and push it with --force-with-lease. Forks and clones of others keep what they have. `git revert` of the withdrawal,
  and a merge of a branch that still holds the files, bring them back; `stancebank check` says so.
- Releases that were published, and folders that were built on this machine (releases/, build/): remove them yourself.
- A task in Label Studio holds the words: delete it there.
"""


def beyond_reach(article_id: str) -> str:
    """Say what a withdrawal leaves to people, with the command that removes an article from the history of git."""
    places = [place.format(id=article_id) for place in HOLDINGS if not place.startswith(".stancebank/")]
    options = [f"--path-glob '{each}'" if "*" in each else f"--path {each}" for each in places]
    purge = " \\\n".join(["    git filter-repo --invert-paths", *(f"      {each}" for each in options)])
    return _BEYOND_REACH.format(purge=purge)
