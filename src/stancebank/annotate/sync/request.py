"""What a push is asked for, where it works, and what it says that it has done."""

from dataclasses import dataclass, field
from pathlib import Path

from stancebank.annotate.connection import LOCAL
from stancebank.annotate.controls import Profile
from stancebank.annotate.server import Server
from stancebank.annotate.sync.doubt import Patience
from stancebank.annotate.sync.projects import Project
from stancebank.model import Document
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be pushed.

    articles: ids; none means all. profile: of the interface; None for that of the settings. documents: shown as
    pre-annotations. annotations: annotators whose documents become submitted annotations. replace, prune: see
    `make_plan`. overlap: how many annotators an article is to have. blind: annotators with a project each; none means
    the projects that there are, or one for all. send_words: whether withheld words may leave this machine.
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
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Done:
    """One thing that was done, or would be. what: an action of `Step`, or project, prediction, annotation, wordless.

    project: its title. article_id and task: where there are any.
    """

    what: str
    project: str
    article_id: str
    task: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """A project that is pushed to. project: None where a dry run would make it. annotator: whose alone it is."""

    server: Server
    workspace: Workspace
    project: Project | None
    title: str
    annotator: str | None
    dry_run: bool

    @property
    def made(self) -> Project:
        """The project, which there is wherever something is done."""
        assert self.project is not None
        return self.project

    @property
    def folder(self) -> Path:
        """Its folder in the local store."""
        return self.workspace.root / LOCAL / "projects" / self.made.key
