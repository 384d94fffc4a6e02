"""The ledger of who labels what: `ASSIGNMENTS`, a line for each article and annotator, in git.

It holds pseudonyms alone, and is no part of a release. A line says that somebody is to read an article; that they have
read it, their document says.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stancebank.corpus.store import Store, is_id, read_ledger, write_ledger
from stancebank.errors import WorkspaceError
from stancebank.text import one_line

ASSIGNMENTS = "corpus/assignments.csv"
ASSIGNMENTS_HEAD = ("article_id", "annotator", "because")
"""The columns of the ledger of assignments."""


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """An article that somebody is to read. because: ``share``, ``overlap``, or ``from:`` and who had it before."""

    article_id: str
    annotator: str
    because: str = ""


def read_assignments(store: Store) -> tuple[Assignment, ...]:
    """Return the lines of the ledger by article and annotator; none where there is no ledger.

    Raises WorkspaceError where a line cannot be read, or says the same as another.
    """
    found: dict[tuple[str, str], Assignment] = {}
    for number, line in read_ledger(store.root, ASSIGNMENTS, ASSIGNMENTS_HEAD):
        article_id, annotator, because = line if len(line) == len(ASSIGNMENTS_HEAD) else ("", "", "")
        is_known = (article_id, annotator) in found
        if is_known or not (is_id(article_id) and is_id(annotator)):
            why = "is there a second time" if is_known else "is no article id, pseudonym and reason"
            raise WorkspaceError(
                f"Line {number} of {ASSIGNMENTS} {why}: {one_line(','.join(line))}\n"
                f"Hint: `git diff {ASSIGNMENTS}` shows what was edited."
            )
        found[article_id, annotator] = Assignment(article_id, annotator, because)
    return tuple(found[key] for key in sorted(found))


def write_assignments(store: Store, assignments: Iterable[Assignment]) -> bool:
    """Write the ledger of assignments; no file where there are none. Return whether anything changed."""
    rows = [(each.article_id, each.annotator, one_line(each.because)) for each in sorted(assignments)]
    path = store.root / ASSIGNMENTS
    if not rows and not path.exists():
        return False
    return write_ledger(store.root, ASSIGNMENTS, ASSIGNMENTS_HEAD, rows)


def rename_annotator(store: Store, old: str, new: str) -> int:
    """Give the lines of an annotator to another name of the same person. Return how many they were."""
    before = read_assignments(store)
    theirs = [each for each in before if each.annotator == old != new]
    if theirs:
        kept = {(each.article_id, each.annotator): each for each in before if each.annotator != old}
        for each in theirs:
            kept.setdefault((each.article_id, new), Assignment(each.article_id, new, each.because))
        write_assignments(store, kept.values())
    return len(theirs)
