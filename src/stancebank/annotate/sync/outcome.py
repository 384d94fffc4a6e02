"""What a pull is asked for, and what it did with each annotation and document."""

from dataclasses import dataclass
from typing import Literal

from stancebank.annotate.decode.statements import Proposal
from stancebank.model import Document

Kind = Literal[
    "written",  # the server's document stands here now
    "unchanged",  # both sides have the same
    "kept",  # changed here, and not on the server: a push may send it
    "conflict",  # changed on both sides: nothing was done
    "rejected",  # something of the annotation cannot be used: it is not written, and stays among the raw tasks
    "foreign",  # a task of an article that the corpus does not hold: it is left on the server
    "skipped",  # its annotator passed the article over
    "superseded",  # the same annotator has a newer one of the same article
    "removed",  # gone from the server and put away here
    "held",  # gone from the server, and too many at once to be removed without a word
    "lost",  # the law that nothing is lost does not hold for a task
    "gone",  # a project that was pulled from is no longer on the server
]
Side = Literal["ours", "theirs"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What to pull. side: which one wins in conflicts; ids: in those of these articles, or ``annotator/article``.

    full: fetch all tasks, whether they changed or not. accept_deletions: remove however many documents are gone.
    """

    full: bool = False
    dry_run: bool = False
    side: Side | None = None
    ids: frozenset[str] = frozenset()
    accept_deletions: bool = False

    def settles(self, article_id: str, annotator: str) -> Side | None:
        """Return which side wins in a conflict; None where nobody said so."""
        if not self.ids or self.ids & {article_id, f"{annotator}/{article_id}"}:
            return self.side
        return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an annotation or a document. said: what a person should know of it; items: of the annotation.

    here, there: the two versions of a conflict, None for one that is missing.
    """

    kind: Kind
    article_id: str = ""
    annotator: str = ""
    task: int | None = None
    annotation: int | None = None
    said: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    items: int = 0
    here: Document | None = None
    there: Document | None = None
