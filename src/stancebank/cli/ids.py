"""Ids on the command line: each may be given by its first letters, and a shell can complete it."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.output import get_workspace
from stancebank.corpus.registry import Registry, current_ids, entries
from stancebank.corpus.store import Store
from stancebank.errors import StancebankError, list_some
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class _Id(click.ParamType[str]):
    """An id of the workspace. One that is not known is left as it is: the command says what is wrong with it."""

    name = "text"

    def known(self, workspace: Workspace) -> Iterable[str]:
        """Return the ids that there are."""
        raise NotImplementedError

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id that begins with the value, where there is one alone."""
        given = str(value)
        likely = self._beginning(ctx, given) if given and ctx is not None else []
        if given in likely or not likely:
            return given
        if len(likely) > 1:
            self.fail(f"{given!r} begins {len(likely)} ids: {list_some(likely)}. Give more of it.", param, ctx)
        return likely[0]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list["CompletionItem"]:
        """Return what an incomplete id may be; nothing where there is no workspace."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(each) for each in self._beginning(ctx, incomplete)]

    def _beginning(self, ctx: click.Context, text: str) -> list[str]:
        key = f"{__name__}.{id(self)}"
        if key not in ctx.meta:  # a command may take a thousand ids, and asks once which there are
            try:
                ctx.meta[key] = sorted(self.known(get_workspace(ctx)))
            except (StancebankError, OSError):  # the command says it: here nobody asked for more than a completion
                return []
        known: list[str] = ctx.meta[key]
        first = bisect_left(known, text)
        return list(takewhile(lambda each: each.startswith(text), islice(known, first, None)))


class ArticleId(_Id):
    """The id of an article."""

    def known(self, workspace: Workspace) -> Iterable[str]:
        """Return the ids of all articles."""
        return workspace.store.article_ids()


class StatementId(ArticleId):
    """The id of a statement or of a condition, such as ``norland-post-2031-02-11-envoy/s3``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id with the whole id of its article."""
        article, slash, own = str(value).partition("/")
        return f"{super().convert(article, param, ctx)}{slash}{own}"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list["CompletionItem"]:
        """Return the articles that an id may begin with, or once that is typed, the statements of its document."""
        from click.shell_completion import CompletionItem

        article, slash, _ = incomplete.partition("/")
        if not slash:
            return [CompletionItem(f"{each}/") for each in self._beginning(ctx, incomplete)]
        try:
            store = get_workspace(ctx).store
            document = store.document(store.document_name(article, ctx.params.get("annotator")))
        except (StancebankError, OSError):
            return []
        ids = [name for one in document.statements for name in (one.id, *(each.id for each in one.conditions))]
        full = (each if each.startswith(f"{article}/") else f"{article}/{each}" for each in ids)
        return [CompletionItem(each) for each in full if each.startswith(incomplete)]


class EntryId(_Id):
    """The id of an entry of a registry. registry: gives it."""

    def __init__(self, registry: Callable[[Store], Registry]) -> None:
        self.registry = registry

    def known(self, workspace: Workspace) -> Iterable[str]:
        """Return the ids of all entries, and those that lead to others."""
        registry = self.registry(workspace.store)
        return {*current_ids(registry), *(entry.id for entry in entries(registry))}


class ReaderName(_Id):
    """The pseudonym of an annotator, or `gold`."""

    def known(self, workspace: Workspace) -> Iterable[str]:
        """Return the annotators who have documents, and `gold`."""
        return {"gold", *workspace.store.annotators()}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as it is given: names are short, and one may begin another."""
        return str(value)
