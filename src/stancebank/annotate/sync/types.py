"""What is asked of a push or a pull, and what it did."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from stancebank.annotate.controls import Profile
from stancebank.annotate.decode.sources import Proposal
from stancebank.annotate.sync.retry import Timeout
from stancebank.model import Document

Side = Literal["ours", "theirs"]
QUEUE = "queue"  # the field of a task's data that says what waits for an answer since a migration
PullKind = Literal[
    "written",  # the document here is now the server's
    "unchanged",  # both sides are equal
    "local-newer",  # changed here and not on the server: a push may send it
    "conflict",  # changed on both sides: nothing was done
    "rejected",  # nothing of the annotation can be used: it is not written, and stays among the raw tasks
    "unknown-article",  # a task of no article, or of one that is not in the corpus: it is left on the server
    "duplicate",  # the annotator has labelled another task of the article: this one is set aside
    "skipped",  # the annotator skipped the article
    "outdated",  # the same annotator has a newer annotation of the same article
    "removed",  # removed from the server, and archived here
    "needs-confirmation",  # removed from the server, but too many at once to be removed here without confirmation
    "internal-error",  # an item of the task is neither in a document nor rejected
    "project-missing",  # a project that was pulled from is no longer on the server
]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What an engine suggests for an article, as a task shows it. document: its statements, "" where they leave open.

    names: of entities that the registry lacks, which `new-1` and so on stand for. engine: id in the ledger of engines.
    sha256: of the file of the suggestion.
    """

    document: Document
    engine: str
    sha256: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafts:
    """Suggestions to show. name: under which they are kept; share: of the tasks that are left without any, 0 to 1.

    of: by article id. refused: why an article's suggestion cannot be shown; such an article is not pushed.
    """

    name: str
    share: float
    of: Mapping[str, Drafted]
    refused: Mapping[str, str] = field(default_factory=dict)


class Follower(Protocol):
    """Follows what a pull takes over, to note what became of suggestions."""

    def prepare(self, tasks: Iterable[Mapping[str, Any]], owner: str = "") -> None:
        """Ask the server what is needed of tasks, before anything is locked."""

    def take(
        self,
        task: Mapping[str, Any],
        annotation: Mapping[str, Any],
        said: Document,
        taken: Document,
        owner: str | None,
    ) -> None:
        """Note that a document is now what an annotation of a task says.

        said: all of it; taken: what of it is the document. owner: whose project it is in, "" for one of all.
        """

    def forget(self, article_id: str, annotator: str) -> None:
        """Note that an annotator has no document of an article any more."""

    def write(self) -> bool:
        """Write what was noted, atomically. Called under the lock of the workspace, before a task counts as seen."""


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What to push.

    articles: ids; none means all. profile: of the interface; None for that of the settings. documents: shown as
    pre-annotations. annotations: annotators whose documents become submitted annotations. replace, prune: see
    `make_plan`. overlap: how many annotators an article gets. blind: annotators with a project each; none means those
    to whom articles are assigned, else the existing projects, or one for all. send_words: whether withheld text may
    leave this machine. queue: whether tasks say what waits for an answer in the documents. drafts: suggestions to show,
    in tasks that nobody has begun yet. timeout: how long to look for the effect of a request whose reply was lost.
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
    queue: bool = False
    drafts: Drafts | None = None
    timeout: Timeout = field(default_factory=Timeout)


@dataclass(frozen=True, slots=True)
class PushResult:
    """One action that was done, or that a dry run would do.

    action: a `TaskAction`, or project, prediction, annotation, no-text; shown, blind or kept of suggestions. project:
    its title. article_id, task: where there are any.
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
    """The result for one annotation or document. items: how many the annotation has.

    faults: what cannot be used, each with its place and a hint; while there are any, the annotation is open, though
    the rest of it may be a document. new_faults: those that no pull has told before. messages: what else a person
    should know. inferred: what was repaired and concluded. link: the address of the task. here, there: the two versions
    of a conflict, None for a missing one. queue: whether the task asked for what waits since a migration.
    """

    kind: PullKind
    article_id: str = ""
    annotator: str = ""
    task: int | None = None
    annotation: int | None = None
    faults: tuple[str, ...] = ()
    new_faults: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    link: str = ""
    proposals: tuple[Proposal, ...] = ()
    items: int = 0
    here: Document | None = None
    there: Document | None = None
    queue: bool = False
