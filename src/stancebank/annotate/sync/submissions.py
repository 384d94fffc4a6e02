"""The documents of an annotator go to the tasks of a project as submitted annotations."""

from collections.abc import Iterator, Mapping
from typing import Any

from stancebank.annotate.controls import Profile
from stancebank.annotate.encode import Lists, to_task
from stancebank.annotate.interface_settings import Interface, load_interface
from stancebank.annotate.sync.annotations import carry_out, judge, survives
from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.request import Done, Place, Request
from stancebank.errors import InputError
from stancebank.model import Document

Json = dict[str, Any]


def submit(
    place: Place,
    request: Request,
    name: str,
    user: int,
    wanted: Mapping[str, Json],
    tasks: Mapping[str, int],
    profile: Profile,
) -> Iterator[Done]:
    """Send what an annotator has of the wanted articles. user: the account. tasks: the task of each article.

    A document that both sides have changed, or that the interface cannot show whole, is refused, and the others go on.
    """
    interface = load_interface(place.workspace, profile)
    bases = Bases(place.folder) if place.project is not None else None
    for document in place.workspace.store.documents(name):
        task = wanted.get(document.article_id)
        if task is None:
            continue
        number = tasks.get(document.article_id)
        try:
            result = _result(place, document, task, interface)
        except InputError as error:
            yield Done("refused", place.title, document.article_id, number, str(error))
            continue
        if number is None or bases is None:
            said = f"{name}: made" if place.dry_run else f"{name}: the article has no task that it could go to"
            what = "annotation" if place.dry_run else "refused"
            yield Done(what, place.title, document.article_id, None, said)
            continue
        yield _send(place, request, document, number, result, user, bases)


def _result(place: Place, document: Document, task: Json, interface: Interface) -> list[Json]:
    """Return a document as a result. Raises InputError where a pull would not give the same document back."""
    article = place.workspace.store.article(document.article_id)
    data = task["data"]
    lists = Lists(data["entities"], data["targets"], data["kinds"], data["names"])
    version = data["guideline_version"]
    made = to_task(article, data["text"], [document], lists, interface, guideline_version=version)
    result: list[Json] = made["predictions"][0]["result"]
    if not survives(task, result, document, interface.controls.scheme):
        raise InputError(
            f"{document.annotator}: the interface (profile {interface.profile}) cannot show all of the document"
        )
    return result


def _send(
    place: Place, request: Request, document: Document, task: int, result: list[Json], user: int, bases: Bases
) -> Done:
    project, server = place.made, place.server
    article_id, name = document.article_id, document.annotator
    (whole,) = server.whole_tasks(project.id, [task]) or ({"annotations": []},)
    verdict = judge(whole, document, user, bases, place.workspace.scheme)
    said = f"{name}: {verdict.state}" + (f"; {verdict.reason}" if verdict.reason else "")
    if verdict.state == "conflict":
        return Done("refused", place.title, article_id, task, f"{name}: {verdict.reason}")
    if not place.dry_run:
        annotation = carry_out(server, project, task, document, result, user, verdict, request.patience)
        if annotation is not None:
            bases.agree(document, int(annotation["id"]), str(annotation["updated_at"]))
            bases.write()
    return Done("annotation", place.title, article_id, task, said)
