"""The command `annotate push`: what it sends, and how its results are printed."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import OFTEN, PlainFile, count, get_workspace, print_table
from stancebank.cli.params import dry_run_option, json_option, sample_option
from stancebank.cli.readings import require_pseudonym
from stancebank.cli.sampling import articles_of

if TYPE_CHECKING:
    from stancebank.annotate.adjudication.push import ConflictPush
    from stancebank.annotate.controls import Profile
    from stancebank.annotate.sync.types import Drafts, PushResult
    from stancebank.model import Document
    from stancebank.workspace import Workspace


_LISTS = {  # what was done, and the list of the JSON object that it is in
    "project": "projects",
    "create": "create",
    "unchanged": "unchanged",
    "changed": "changed",
    "replace": "replaced",
    "orphaned": "orphaned",
    "prune": "pruned",
    "duplicate": "duplicates",
    "no-text": "no-text",
    "prediction": "predictions",
    "annotation": "annotations",
    "shown": "shown",
    "blind": "blind",
    "kept": "kept",
    "refused": "refused",
}


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1, type=ArticleId())
@click.option(
    "--profile", type=click.Choice(["full", "core"]), help="Profile of the interface. Default: that of the settings."
)
@click.option("--gold", is_flag=True, help="Show gold documents as pre-annotations.")
@click.option(
    "--annotator",
    "shown",
    multiple=True,
    metavar="NAME",
    help="Show an annotator's documents as pre-annotations; repeat for more.",
)
@click.option(
    "--file",
    "files",
    multiple=True,
    type=PlainFile(),
    help="Show the documents of a JSON file as pre-annotations: one, or a list of them.",
)
@click.option(
    "--suggest",
    "suggestions",
    metavar="NAME",
    help="Show what an engine suggested as pre-annotations: NAME as in corpus/suggestions/NAME.",
)
@click.option(
    "--blind-share",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="With --suggest: the share of tasks that are left without, drawn once for each. Default: 0.2.",
)
@click.option(
    "--annotations", multiple=True, metavar="NAME", help="Send an annotator's documents as submitted annotations."
)
@click.option(
    "--overlap",
    type=click.IntRange(1),
    metavar="N",
    help="How many annotators label each article; they see each other's work.",
)
@click.option("--blind", multiple=True, metavar="NAME", help="A project for this annotator alone; repeat for more.")
@sample_option()
@click.option("--queue", is_flag=True, help="Only articles in which fields wait for an answer since a migration.")
@click.option("--replace", is_flag=True, help="Replace labelled tasks whose article has another text now.")
@click.option(
    "--prune", is_flag=True, help="Remove unlabelled tasks of articles that no longer exist, or are not assigned."
)
@click.option(
    "--allow-text-upload",
    "send_words",
    is_flag=True,
    help="Allow withheld words to be sent to a server that is not on this machine.",
)
@dry_run_option("Print what would be done, and do nothing.")
@json_option("Print what is done as a JSON object of lists.")
@click.pass_context
def push(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    profile: "Profile | None",
    gold: bool,
    shown: tuple[str, ...],
    files: tuple[Path, ...],
    suggestions: str | None,
    blind_share: float | None,
    annotations: tuple[str, ...],
    overlap: int | None,
    blind: tuple[str, ...],
    sample: str | None,
    queue: bool,
    replace: bool,
    prune: bool,
    send_words: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send articles to Label Studio: a project, a task for each article, pre-annotations.

    Reads records, words, registries and documents, of all articles if no ID is given; writes to the server, and its own
    state below .stancebank/label-studio. Start with --dry-run, which prints the plan and changes nothing.

    The first push creates the project, with the labelling interface that is made from the schema. A second one changes
    nothing. After an edit, a push updates what differs: titles and lists in the tasks, and pre-annotations. Push can be
    interrupted and repeated; a lost reply never causes a second task.

    Labels are never lost. If the text of an article has changed, a task without labels is replaced; one with labels is
    refused, unless --replace archives it in .stancebank first. Tasks of articles that no longer exist stay, unless
    --prune removes those without labels. A refused article is left as it is, the others are pushed, and the command
    exits with 4.

    After a migration of the scheme, --queue sends only the articles in which fields wait for an answer, with the
    statements and the questions above the text. A pull takes the answers.

    --suggest shows annotators what `stancebank suggest` found, as drafts that they correct. One task in five is left
    without on purpose, so that it can be measured how far suggestions pull people: which ones is drawn once for each
    article and annotator, and noted in corpus/suggestions/shown.csv, which belongs in git. Tasks that somebody has
    begun stay as they are, and so do those that show an earlier suggestion. What an engine left open is a question as
    always. A suggestion of another text is refused: make it again.

    Several annotators: after `stancebank annotate assign`, each has a project of their own, with their articles alone.
    Without it, --blind NAME creates a project for each, with all articles; with --overlap 2, two annotators label each
    article in one project, where they see each other's work. Later pushes go to all existing projects. No setting keeps
    people out of a project: everybody with an account on a free server can open each.

    \b
    Example:
      stancebank annotate push --dry-run
      stancebank annotate push --gold
      stancebank annotate push --suggest rules
      stancebank annotate push --blind ann-1 --blind ann-2
      stancebank annotate push --annotations ann-1
    """
    from stancebank.annotate.connection import connect
    from stancebank.annotate.sync.push import push as push_workspace
    from stancebank.annotate.sync.types import PushOptions

    workspace = get_workspace(ctx)
    if suggestions is None and blind_share is not None:
        raise click.UsageError("--blind-share is a share of the tasks of --suggest NAME.")
    if suggestions is not None and (gold or shown or files or annotations or queue):
        others = "--gold, --annotator, --file, --annotations and --queue"
        raise click.UsageError(f"--suggest goes without {others}: annotators are to see suggestions alone, or nothing.")
    article_ids = articles_of(workspace.store, sample, article_ids)
    for name in blind:
        require_pseudonym(name, f"--blind {name!r}")
    waiting = _waiting(workspace, article_ids) if queue else ()
    options = PushOptions(
        articles=tuple(dict.fromkeys(each.article_id for each in waiting)) or article_ids,
        profile=profile,
        documents=(*waiting, *_documents(workspace, gold, shown, files)),
        queue=queue,
        drafts=_drafts(workspace, suggestions, article_ids, blind_share, profile) if suggestions is not None else None,
        annotations=annotations,
        replace=replace,
        prune=prune,
        overlap=overlap,
        blind=blind,
        send_words=send_words,
    )
    results = run_push(
        lambda: push_workspace(connect(workspace), workspace, options, dry_run=dry_run),
        _LISTS,
        as_json,
        lambda done: _print(done, dry_run),
    )
    hint = "pull what annotators have done; then push with --replace where the text has changed"
    if options.drafts is not None and options.drafts.refused:
        hint = "run `stancebank suggest` again for these articles, and push again"
    require_no_refusal(results, hint)


def _drafts(
    workspace: "Workspace", name: str, article_ids: tuple[str, ...], share: float | None, profile: "Profile | None"
) -> "Drafts":
    """Return the suggestions to show, and tell what of them is not."""
    from stancebank.annotate.sync.projects import profile_of
    from stancebank.suggest.showing import show

    found = show(workspace, name, article_ids, 0.2 if share is None else share, profile or profile_of(workspace))
    for note in found.notes:
        click.echo(f"{note} It is left out.", err=True)
    if found.without:
        few = f"{', '.join(found.without[:3])}{', ...' if len(found.without) > 3 else ''}"
        click.echo(
            f"{count(len(found.without), 'article')} without a suggestion of {name}, not counted in the draw: {few}.",
            err=True,
        )
    return found.drafts


P = TypeVar("P", "PushResult", "ConflictPush")


def run_push(
    push_all: Callable[[], Iterable[P]], names: Mapping[str, str], as_json: bool, print_all: Callable[[list[P]], None]
) -> list[P]:
    """Let a push run, and print what it did, also where it fails, at its start or later.

    names: the list of each action, in the JSON.
    """
    results: list[P] = []
    try:
        for result in push_all():
            results.append(result)
            if len(results) % OFTEN == 0:
                click.echo(f"{len(results)} done, the last one {result.action} {result.article_id}", err=True)
    finally:  # also what was done before the server failed
        if as_json:
            click.echo(json.dumps(_lists(results, names), ensure_ascii=False))
        elif results:
            print_all(results)
    return results


def _lists(
    results: Iterable["PushResult | ConflictPush"], names: Mapping[str, str]
) -> dict[str, list[dict[str, object]]]:
    lists: dict[str, list[dict[str, object]]] = {name: [] for name in names.values()}
    for result in results:
        value = asdict(result)
        lists[names[value.pop("action")]].append(value)
    return lists


def print_summary(results: Iterable["PushResult | ConflictPush"], names: Mapping[str, str], dry_run: bool) -> None:
    """Print how much a push did, by the names of its lists."""
    counts = Counter(names[result.action] for result in results)
    summary = ", ".join(f"{number} {name}" for name, number in counts.items())
    click.echo(f"{summary}{'; nothing was changed, this was a dry run' if dry_run else ''}.", err=True)


def require_no_refusal(results: Iterable["PushResult | ConflictPush"], hint: str) -> None:
    """Raise ConflictError where a push refused something."""
    from stancebank.errors import ConflictError

    refused = [result for result in results if result.action == "refused"]
    if refused:
        few = "; ".join(f"{result.article_id}, task {result.task}: {result.reason}" for result in refused[:3])
        raise ConflictError(
            f"{len(refused)} refused, and left as they are: {few}{'; ...' if len(refused) > 3 else ''}.\nHint: {hint}."
        )


def _waiting(workspace: "Workspace", article_ids: tuple[str, ...]) -> tuple["Document", ...]:
    """Return the documents in which fields wait for an answer. Raises InputError where there are none."""
    from stancebank.errors import InputError

    found = [each for each in workspace.store.all_documents() if each.pending]
    if not found or (article_ids and not any(each.article_id in article_ids for each in found)):
        raise InputError("Nothing waits for an answer. Nothing was pushed.")
    return tuple(each for each in found if not article_ids or each.article_id in article_ids)


def _documents(workspace: "Workspace", gold: bool, names: Iterable[str], files: Iterable[Path]) -> Iterable["Document"]:
    """Yield the documents to be shown. Raises InputError where there are none of a name, or a file holds others."""
    from stancebank.annotate.sync.push import read_documents
    from stancebank.errors import InputError

    for name in (*([None] if gold else []), *names):
        found = list(workspace.store.documents(name))
        if not found:
            raise InputError(f"There is no document of {name or 'gold'}.\nHint: name a folder of corpus/annotations.")
        yield from found
    for file in files:
        yield from read_documents(file, workspace.schema_dir)


def _print(results: list["PushResult"], dry_run: bool) -> None:
    rows = [
        [_LISTS[result.action], result.article_id, str(result.task or ""), result.project, result.reason]
        for result in results
        if result.action != "unchanged"
    ]
    if rows:
        print_table(["what", "article", "task", "project", "reason"], rows)
    print_summary(results, _LISTS, dry_run)
