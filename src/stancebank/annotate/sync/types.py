"""What is asked of a push or a pull, and what it did."""

from dataclasses import dataclass, field
from typing import Literal

from stancebank.annotate.controls import Profile
from stancebank.annotate.decode.statements import Proposal
from stancebank.annotate.sync.retry import Timeout
from stancebank.model import Document

Side = Literal["ours", "theirs"]
PullKind = Literal[
    "written",  # the document here is now the server's
    "unchanged",  # both sides are equal
    "local-newer",  # changed here and not on the server: a push may send it
    "conflict",  # changed on both sides: nothing was done
    "rejected",  # part of the annotation cannot be used: it is not written, and stays among the raw tasks
    "unknown-article",  # a task of an article that is not in the corpus: it is left on the server
    "skipped",  # the annotator skipped the article
    "outdated",  # the same annotator has a newer annotation of the same article
    "removed",  # removed from the server, and archived here
    "needs-confirmation",  # removed from the server, but too many at once to be removed here without confirmation
    "internal-error",  # an item of the task is neither in a document nor rejected
    "project-missing",  # a project that was pulled from is no longer on the server
]


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What to push.

    articles: ids; none means all. profile: of the interface; None for that of the settings. documents: shown as
    pre-annotations. annotations: annotators whose documents become submitted annotations. replace, prune: see
    `make_plan`. overlap: how many annotators an article gets. blind: annotators with a project each; none means the
    existing projects, or one for all. send_words: whether withheld text may leave this machine. timeout: how long to
    look for the effect of a request whose reply was lost.
    """

    articles: tuple[str, ...] = ()
    profile: Profile | None = None
    documents: tuple[Document, ...] = ()
    annotations: tuple[str, ...] = ()
    replace: bool = False
    prune: bool = False
    overlap: int | None = None
    blind: tuple[str, ...] = ()
    send_words: bool = False
    timeout: Timeout = field(default_factory=Timeout)


@dataclass(frozen=True, slots=True)
class PushResult:
    """One action that was done, or that a dry run would do.

    action: a `TaskAction`, or project, prediction, annotation, no-text. project: its title. article_id, task: where
    there are any.
    """

    action: str
    project: str
    article_id: str
    task: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PullOptions:
    """What to pull. side: which one wins in conflicts; ids: only in those of these articles, or `annotator/article`.

    full: fetch all tasks, changed or not. accept_deletions: remove any number of documents.
    """

    full: bool = False
    dry_run: bool = False
    side: Side | None = None
    ids: frozenset[str] = frozenset()
    accept_deletions: bool = False

    def winner(self, article_id: str, annotator: str) -> Side | None:
        """Return which side wins in a conflict; None if a person has yet to decide."""
        if not self.ids or self.ids & {article_id, f"{annotator}/{article_id}"}:
            return self.side
        return None


@dataclass(frozen=True, slots=True)
class PullResult:
    """The result for one annotation or document. messages: for a person. items: how many the annotation has.

    here, there: the two versions of a conflict, None for a missing one.
    """

    kind: PullKind
    article_id: str = ""
    annotator: str = ""
    task: int | None = None
    annotation: int | None = None
    messages: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    items: int = 0
    here: Document | None = None
    there: Document | None = None
