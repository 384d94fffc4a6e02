"""From a workspace to a server: projects, tasks, pre-annotations and annotations become what the workspace has.

Each push plans from the state of the server at that moment. So a push can be interrupted and repeated, and a second
one changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.annotate.assignment import Assigned, assigned_articles
from stancebank.annotate.client import Server
from stancebank.annotate.connection import LOCAL, local_folder
from stancebank.annotate.controls import Profile
from stancebank.annotate.encode import names_item, to_task
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.http import is_loopback
from stancebank.annotate.interface_settings import load_interface
from stancebank.annotate.lists import Lists, make_lists
from stancebank.annotate.sync.drawing import Draw, draw
from stancebank.annotate.sync.projects import ensure_projects, profile_of, require_interface
from stancebank.annotate.sync.push_annotations import find_users, push_annotations, rejected_work
from stancebank.annotate.sync.push_tasks import TaskPush
from stancebank.annotate.sync.state import lock_workspace
from stancebank.annotate.sync.types import QUEUE, Drafts, PushOptions, PushResult
from stancebank.annotate.users import UserTable
from stancebank.corpus.assignments import ASSIGNMENTS
from stancebank.errors import InputError
from stancebank.model import Document
from stancebank.records import read_json
from stancebank.schema.fields import load_scheme
from stancebank.schema.validate import validate
from stancebank.workspace import SETTINGS_FILE, Workspace, new_id

Json = dict[str, Any]

REJECTED = "rejected"  # the field of a task's data that names whose work a pull could not take


def push(server: Server, workspace: Workspace, options: PushOptions, *, dry_run: bool = False) -> Iterator[PushResult]:
    """Push, and yield each action as it is done; with dry_run, do nothing and yield the same.

    An article that is refused, since labels would be harmed, is left as it is, and the others go on.

    Raises InputError for what cannot be pushed, before anything is done; ConflictError if the interface would harm
    labels, another push is running, or two projects have the same mark; ServerError if the server fails.
    """
    profile = options.profile or profile_of(workspace)
    assigned = assigned_articles(workspace.store, options.annotations)
    _require_arrangement(assigned, options)
    built = build_tasks(workspace, options.articles, options.documents, profile, options.drafts)
    require_consent(server, built.withheld, send_words=options.send_words)
    _require_id(workspace, options)
    users = find_users(server, UserTable(workspace.root / LOCAL), options.annotations) if options.annotations else {}
    if dry_run:
        yield from _push(server, workspace, options, built, profile, users, assigned, dry_run=True)
        return
    with lock_workspace(local_folder(workspace), "push"):
        yield from _push(server, workspace, options, built, profile, users, assigned, dry_run=False)


@dataclass(frozen=True, slots=True)
class BuiltTasks:
    """Tasks by article id, and the articles without one, since their text is not available.

    lists: those that the lists of the tasks are taken from. withheld: how many of the tasks hold text that may not be
    published. drafted: the tasks of articles that have a suggestion, with it.
    """

    tasks: dict[str, Json]
    lists: Lists
    without_text: tuple[str, ...]
    withheld: int
    drafted: dict[str, Json]


def build_tasks(
    workspace: Workspace,
    article_ids: Sequence[str],
    documents: Iterable[Document],
    profile: Profile,
    drafts: Drafts | None = None,
) -> BuiltTasks:
    """Build the tasks of articles, of all if none is named. documents: shown as pre-annotations of their articles.

    drafts: suggestions that some of the tasks show; an article whose suggestion cannot be shown gets no task.

    Raises InputError if an article is unknown, or a document is about another text.
    """
    store = workspace.store
    interface = load_interface(workspace, profile)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    version = guideline_version(workspace.root)
    shown: dict[str, list[Document]] = {}
    for document in documents:
        shown.setdefault(document.article_id, []).append(document)
    tasks: dict[str, Json] = {}
    drafted: dict[str, Json] = {}
    without_text, withheld = [], 0
    for article_id in dict.fromkeys(article_ids or store.article_ids()):
        if drafts is not None and article_id in drafts.refused:
            continue
        article = store.article(article_id)
        text = store.text(article)
        if text is None:
            without_text.append(article_id)
            continue
        withheld += not article.rights.text_policy.shows_all
        readings = shown.get(article_id, [])
        tasks[article_id] = to_task(article, text, readings, lists, interface, guideline_version=version)
        draft = drafts.of.get(article_id) if drafts is not None else None
        if draft is not None:
            readings = [*readings, draft.document]
            drafted[article_id] = to_task(article, text, readings, lists, interface, guideline_version=version)
            if draft.names:
                drafted[article_id]["predictions"][-1]["result"].append(names_item(draft.names))
    return BuiltTasks(tasks, lists, tuple(without_text), withheld, drafted)


def read_documents(path: Path, schema_dir: Path) -> list[Document]:
    """Read one document, or a list of them, from a file. Raises InputError if one does not follow the schema."""
    scheme = load_scheme(schema_dir)
    value = read_json(path)
    documents = []
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        found = validate(item, "annotation", schema_dir, path.name)
        if found:
            first = found[0]
            raise InputError(
                f"{path.name}, document {number}, {first.pointer or '/'}: {first.message}\nHint: {first.hint}."
            )
        documents.append(scheme.read_document(item))
    return documents


def mark_rejected(tasks: dict[str, Json], names: dict[str, str]) -> dict[str, Json]:
    """Return tasks whose data name the annotators of whose work a pull could not take everything, where there are any.

    The Data Manager can filter by it, which is how annotators learn of it. names: by article id.
    """
    return {
        article_id: task | {"data": task["data"] | {REJECTED: names[article_id]}} if article_id in names else task
        for article_id, task in tasks.items()
    }


def with_questions(tasks: dict[str, Json], documents: Iterable[Document]) -> dict[str, Json]:
    """Return tasks that say above their text what waits for an answer in the documents that they show.

    Annotators see it, and the Data Manager can filter by it (`QUEUE`).
    """
    asked: dict[str, dict[str, list[str]]] = {}
    for document in documents:
        numbers = {each.id: number for number, each in enumerate(document.statements, 1)}
        for each in document.pending:
            question = f"{each.question} ({each.field.replace('_', ' ')})"
            places = asked.setdefault(document.article_id, {}).setdefault(question, [])
            place = str(numbers.get(each.statement, each.statement))
            places += [place] if place not in places else []
    made = {}
    for article_id, task in tasks.items():
        said = [f"{question}: statement {', '.join(places)}" for question, places in asked.get(article_id, {}).items()]
        more = {QUEUE: " · ".join(said), "title": " · ".join([task["data"]["title"], *said])}
        made[article_id] = task | {"data": task["data"] | more} if said else task
    return made


def _require_arrangement(assigned: Assigned | None, options: PushOptions) -> None:
    """Raise InputError where what is asked for contradicts the ledger of who labels what."""
    if assigned is None:
        return
    if options.overlap:
        raise InputError(
            f"--overlap is of one project for all, and {ASSIGNMENTS} says who labels what, each in a project of their "
            "own.\nHint: let several people read articles with `stancebank annotate assign --overlap PERCENT`."
        )
    if unknown := [name for name in options.blind if name not in assigned]:
        raise InputError(
            f"{ASSIGNMENTS} has no articles for {', '.join(unknown)}.\n"
            f"Hint: run `stancebank annotate assign --annotator {unknown[0]}` first."
        )


def _require_id(workspace: Workspace, options: PushOptions) -> None:
    if options.prune and not workspace.settings.id:
        raise InputError(
            "--prune removes tasks only from a project that has the id of the workspace: another workspace of the same "
            f"name may share it. {SETTINGS_FILE} has no id.\n"
            f'Hint: add `id = "{new_id()}"` below [workspace], share that file with all who push, and push once '
            "without --prune."
        )


def require_consent(server: Server, withheld: int, *, send_words: bool) -> None:
    """Raise InputError where text that may not be published would leave this machine and nobody has said that it may.

    withheld: how many of the articles have such text.
    """
    if withheld and not is_loopback(server.url) and not send_words:
        raise InputError(
            f"{server.url} is not on this machine, and {withheld} of the articles may not be published in full: "
            "everybody with an account there could read their whole text.\n"
            "Hint: if you may share it with these people, pass --allow-text-upload; otherwise use a server on this "
            "machine."
        )


def _push(
    server: Server,
    workspace: Workspace,
    options: PushOptions,
    built: BuiltTasks,
    profile: Profile,
    users: dict[str, int],
    assigned: Assigned | None,
    *,
    dry_run: bool,
) -> Iterator[PushResult]:
    for article_id in built.without_text:
        reason = "its text is not available: run `stancebank corpus hydrate DIR`"
        yield PushResult("no-text", "", article_id, None, reason)
    for article_id, reason in options.drafts.refused.items() if options.drafts is not None else ():
        yield PushResult("refused", "", article_id, None, reason)
    interface = require_interface(workspace, profile)
    for target, message in ensure_projects(server, workspace, interface, options, assigned, dry_run=dry_run):
        if message:
            yield PushResult("project", target.title, "", None, message)
        drawn = Draw(built.tasks)
        if options.drafts is not None:
            drawn = draw(target, options, options.drafts, built.tasks, built.drafted)
            yield from drawn.results
        marked = mark_rejected(drawn.tasks, rejected_work(target))
        tasks = TaskPush(
            target, options, with_questions(marked, options.documents) if options.queue else marked, built.lists
        )
        yield from tasks.run()
        for name, user in users.items():
            if target.annotator in (None, name):
                there = built.tasks
                if assigned is not None and target.annotator is None:  # it gets no new tasks
                    there = {article_id: task for article_id, task in there.items() if article_id in tasks.task_ids}
                yield from push_annotations(target, options, name, user, there, tasks.task_ids, profile)
