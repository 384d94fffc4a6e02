"""What a push wants the server to have: a task of each article whose words are at hand, with its pre-annotations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.controls import Profile
from stancebank.annotate.encode import make_lists, to_task
from stancebank.annotate.guidelines import guideline_version
from stancebank.annotate.interface_settings import load_interface
from stancebank.model import Document
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
    interface = load_interface(workspace, profile)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
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
        withheld += not article.rights.text_policy.shows_all
        readings = shown.get(article_id, [])
        tasks[article_id] = to_task(article, text, readings, lists, interface, guideline_version=version)
    return Wanted(tasks, tuple(wordless), withheld)
