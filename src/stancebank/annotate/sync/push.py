"""From a workspace to a server: projects, tasks, pre-annotations and annotations are made to be what is wanted.

Everything is planned from what the server has at that moment, so that a push that broke off is gone on with by the
next one, and a second one changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.controls import Profile
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.lists import make_lists
from stancebank.annotate.sync.projects import demand_interface, profile_of, settle_projects
from stancebank.annotate.sync.push_annotations import find_users, submit
from stancebank.annotate.sync.push_tasks import Tasks
from stancebank.annotate.sync.state import holding
from stancebank.annotate.sync.types import Done, Request
from stancebank.annotate.tasks import to_task
from stancebank.annotate.users import Annotators
from stancebank.errors import InputError
from stancebank.model import Document, from_builtins
from stancebank.records import read_json
from stancebank.schema.validate import validate
from stancebank.schema.vocabulary import load_vocabularies
from stancebank.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Tasks by article id, and the articles that have none, since their words are not at hand.

    withheld: how many of the tasks hold words that may not be published.
    """

    tasks: dict[str, Json]
    wordless: tuple[str, ...]
    withheld: int


def want_tasks(
    workspace: Workspace, article_ids: Sequence[str], documents: Iterable[Document], profile: Profile
) -> Wanted:
    """Make the tasks of articles, of all if none is named. documents: shown as pre-annotations, each in its article.

    Raises InputError where an article is unknown, or a document is about another text.
    """
    store = workspace.store
    lists = make_lists(store.entities(), store.targets(), store.documents(None))
    annotated = load_vocabularies(workspace.schema_dir).annotated_zones()
    version = guideline_version(workspace.root)
    shown: dict[str, list[Document]] = {}
    for document in documents:
        shown.setdefault(document.article_id, []).append(document)
    tasks: dict[str, Json] = {}
    wordless, withheld = [], 0
    for article_id in dict.fromkeys(article_ids or store.article_ids()):
        article = store.article(article_id)
        text = store.text(article)
        if text is None:
            wordless.append(article_id)
            continue
        withheld += article.rights.text_policy != "full"
        readings = shown.get(article_id, [])
        tasks[article_id] = to_task(
            article, text, readings, lists, annotated=annotated, guideline_version=version, profile=profile
        )
    return Wanted(tasks, tuple(wordless), withheld)


def push(server: Server, workspace: Workspace, request: Request, *, dry_run: bool = False) -> Iterator[Done]:
    """Do what is wanted, and yield each thing as it is done; with dry_run, do nothing and yield the same.

    An article that is refused, since labels would be harmed, is left as it is, and the others go on.

    Raises InputError for what cannot be pushed, before anything is done; ConflictError where the interface would harm
    labels, another push is at work, or two projects bear one mark; ServerError where the server fails.
    """
    profile = request.profile or profile_of(workspace)
    wanted = want_tasks(workspace, request.articles, request.documents, profile)
    _demand_consent(server, wanted, request)
    users = find_users(server, Annotators(workspace.root / LOCAL), request.annotations) if request.annotations else {}
    if dry_run:
        yield from _push(server, workspace, request, wanted, profile, users, dry_run=True)
        return
    with holding(local_folder(workspace), "push"):
        yield from _push(server, workspace, request, wanted, profile, users, dry_run=False)


def is_loopback(url: str) -> bool:
    """Whether a server runs on this machine and is reached without leaving it."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _demand_consent(server: Server, wanted: Wanted, request: Request) -> None:
    if wanted.withheld and not is_loopback(server.url) and not request.send_words:
        raise InputError(
            f"{server.url} is not on this machine, and {wanted.withheld} of the articles may not be published in full: "
            "their whole words would lie there, for everybody with an account.\n"
            "Hint: if you may share them with these people, say so with --yes-send-words; else use a server here."
        )


def _push(
    server: Server,
    workspace: Workspace,
    request: Request,
    wanted: Wanted,
    profile: Profile,
    users: dict[str, int],
    *,
    dry_run: bool,
) -> Iterator[Done]:
    for article_id in wanted.wordless:
        yield Done("wordless", "", article_id, None, "its words are not at hand: run `stancebank corpus hydrate DIR`")
    interface = demand_interface(workspace, profile)
    for place, said in settle_projects(server, workspace, interface, request, dry_run=dry_run):
        if said:
            yield Done("project", place.title, "", None, said)
        tasks = Tasks(place, request, wanted.tasks)
        yield from tasks.push()
        for name, user in users.items():
            if place.annotator in (None, name):
                yield from submit(place, request, name, user, wanted.tasks, tasks.certain, profile)


def read_documents(path: Path, schema_dir: Path) -> list[Document]:
    """Read one document or a list of them. Raises InputError where one does not follow the schema."""
    value = read_json(path)
    documents = []
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        found = validate(each, "annotation", schema_dir, path.name)
        if found:
            first = found[0]
            raise InputError(
                f"{path.name}, document {number}, {first.pointer or '/'}: {first.message}\nHint: {first.hint}."
            )
        documents.append(from_builtins(each, Document))
    return documents
