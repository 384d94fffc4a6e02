"""From a workspace to a server: projects, tasks, pre-annotations and annotations are made to be what is wanted.

Everything is planned from what the server has at that moment, so that a push that broke off is gone on with by the
next one, and a second one changes nothing.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from stancebank.annotate.annotators import Annotators
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.controls import Profile
from stancebank.annotate.server import Server
from stancebank.annotate.sync.annotations import find_users
from stancebank.annotate.sync.lock import holding
from stancebank.annotate.sync.projects import profile_of
from stancebank.annotate.sync.request import Done, Request
from stancebank.annotate.sync.setup import demand_interface, settle_projects
from stancebank.annotate.sync.submissions import submit
from stancebank.annotate.sync.tasks import Tasks
from stancebank.annotate.sync.wanted import Wanted, want_tasks
from stancebank.errors import InputError
from stancebank.workspace import Workspace


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
