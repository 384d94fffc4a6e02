"""The ledger of web archives: where each article of theirs was fetched, and what its page says of its use.

`corpus/archives/NAME/00001.csv` and so on, in git: addresses, and no words of an article. Whatever harvests an archive
writes it (`stancebank.corpus.harvest`).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from stancebank.corpus.backend import place
from stancebank.corpus.store import Store, ledger_text, read_ledger
from stancebank.errors import WorkspaceError
from stancebank.records import write_text
from stancebank.text import one_line

ORIGINS = "corpus/archives"
"""The folder of the ledgers, one of each archive."""

ORIGINS_HEAD = (
    *("article_id", "archive", "offset", "record_id", "address", "fetched"),
    *("tdm_reservation", "tdm_policy", "robots", "licences", "text_policy", "because"),
)
"""The columns of a ledger."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A page that is an article.

    archive: the name of its file, with the path in a WACZ. offset: of the record there. fetched: as the archive says.
    tdm_reservation, tdm_policy, robots, licences: what page and server say, as they write it; "" where they say
    nothing. text_policy: of the article when it was added. because: what of that reserves text and data mining.
    """

    article_id: str
    archive: str
    offset: str
    record_id: str
    address: str
    fetched: str
    tdm_reservation: str = ""
    tdm_policy: str = ""
    robots: str = ""
    licences: str = ""
    text_policy: str = ""
    because: str = ""


_CELLS = attrgetter(*Origin.__slots__)


def read_origins(store: Store) -> Iterator[Origin]:
    """Yield the lines of all ledgers, by archive and in its order; an article may have several.

    Raises WorkspaceError where a line cannot be read.
    """
    for path in _ledgers(store):
        yield from read_origin_file(store, path.relative_to(store.root).as_posix())


def read_origin_file(store: Store, name: str) -> list[Origin]:
    """Return the lines of one file of a ledger; none where it is not there."""
    return list(_read(store, name))


def origin_lines(origins: Iterable[Origin]) -> list[str]:
    """Return origins as the lines of a ledger, each with its line end."""
    return [ledger_text([[one_line(cell) for cell in _CELLS(each)]]) for each in origins]


def write_origin_file(store: Store, name: str, lines: Iterable[str]) -> bool:
    """Write one file of a ledger. lines: as `origin_lines` gives them. Return whether anything changed."""
    return write_text(place(store.root, name), "".join((ledger_text([ORIGINS_HEAD]), *lines)))


def drop_from_origins(store: Store, articles: Collection[str]) -> None:
    """Remove the lines of articles from the ledgers."""
    for path in _ledgers(store):
        name = path.relative_to(store.root).as_posix()
        origins = read_origin_file(store, name)
        kept = [each for each in origins if each.article_id not in articles]
        if len(kept) < len(origins):
            write_origin_file(store, name, origin_lines(kept))


def _ledgers(store: Store) -> list[Path]:
    return sorted((store.root / ORIGINS).glob("*/*.csv"))


def _read(store: Store, name: str) -> Iterator[Origin]:
    for number, line in read_ledger(store.root, name, ORIGINS_HEAD):
        if len(line) != len(ORIGINS_HEAD):
            raise WorkspaceError(
                f"Line {number} of {name} has {len(line)} columns, not {len(ORIGINS_HEAD)}.\n"
                f"Hint: `git diff {name}` shows what was edited."
            )
        yield Origin(*line)
