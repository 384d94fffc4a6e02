"""The command that gives labels as files: export."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ArticleId, ReaderName
from stancebank.cli.output import count, get_workspace, print_file
from stancebank.cli.params import json_option
from stancebank.cli.readings import words_of
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.annotate.controls import Profile
    from stancebank.annotate.formats.exporting import Export

_FORMATS = ("quoted", "brat", "conll", "jsonl", "w3c", "spacy", "label-studio")  # not imported for its help alone
_FOLDER = "exports"
_SHOWN = 20  # losses on a terminal


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1, type=ArticleId())
@click.option("--all", "is_all", is_flag=True, help="Export all articles that the reader has a document of.")
@click.option(
    "--format", "name", type=click.Choice(_FORMATS), default="quoted", show_default=True, help="In which form."
)
@click.option("--annotator", type=ReaderName(), metavar="NAME", help="Whose document. Default: the gold one.")
@click.option("--gold", is_flag=True, help="The gold document; with --tasks, as a pre-annotation.")
@click.option(
    "--out", metavar="DIR", help="Where to, or - to print it. Default: exports/FORMAT/READER of the workspace."
)
@click.option(
    "--tasks", "as_tasks", is_flag=True, help="Print tasks of Label Studio for annotators, without a reading."
)
@click.option(
    "--profile",
    type=click.Choice(["full", "core"]),
    default="full",
    help="With --tasks: of the interface that they are for.",
)
@json_option("Print what was written and what was lost as JSON.")
@click.pass_context
def export(
    ctx: click.Context,
    article_ids: tuple[str, ...],
    is_all: bool,
    name: str,
    annotator: str | None,
    gold: bool,
    out: str | None,
    as_tasks: bool,
    profile: "Profile",
    as_json: bool,
) -> None:
    """Export documents: by their words, for other tools, or as tasks of Label Studio.

    The quoted form of one article is printed, to be edited and imported again (`stancebank help authoring`). Other
    forms go into a folder, and so do several articles: brat (.txt, .ann, settings, and the map to import them again),
    conll (tokens with a column of tags for each label), jsonl (a line for each statement), w3c (Web Annotations in
    JSON-LD), spacy (a DocBin; needs the extra `suggest`), label-studio (tasks with the reading as an annotation). What
    a form cannot hold is counted on stderr; `stancebank help formats` lists it.

    With --tasks, prints a JSON list of tasks, of all articles if no ID is given, with the whole text, the zones that
    are not read as locked regions, and the lists to choose from; import it into a project of Label Studio. A reading is
    in them, as a pre-annotation, with --annotator or --gold alone.

    Reads records, words, registries and documents. What it writes or prints holds words of the articles: keep it out of
    the repository. The folder exports/ ignores itself in git.

    \b
    Example:
      stancebank annotate export norland-post-2031-02-11-envoy > envoy.json
      stancebank annotate export --all --format brat
      stancebank annotate export --tasks norland-post-2031-02-11-envoy > exports/tasks.json
    """
    if as_tasks:
        if is_all or out or as_json or name not in ("quoted", "label-studio"):
            raise click.UsageError("--tasks goes with IDs, --profile, --gold and --annotator alone.")
        value: object = _tasks(ctx, article_ids, profile, gold, annotator)
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    if gold and annotator not in (None, "gold"):
        raise click.UsageError("Name one reader: --gold, or --annotator NAME.")
    if is_all == bool(article_ids):
        raise click.UsageError("Name articles, or pass --all for all of them.")
    _export(ctx, get_workspace(ctx), article_ids, name, annotator or "gold", out, as_json=as_json)


def _export(
    ctx: click.Context,
    workspace: Workspace,
    article_ids: tuple[str, ...],
    name: str,
    reader: str,
    out: str | None,
    *,
    as_json: bool,
) -> None:
    from stancebank.annotate.formats.exporting import FORMATS, Export, make_files

    is_printed = out == "-" or (out is None and name == "quoted" and len(article_ids) == 1 and not as_json)
    if is_printed and (as_json or not FORMATS[name].is_text):
        raise click.UsageError(
            "--out - prints the files themselves." if as_json else f"{name} is not printed: pass --out DIR."
        )
    export = Export(workspace, reader)
    found = export.find(dict.fromkeys(article_ids))
    files: list[str] = []
    folder = Path(out) if out else workspace.root / _FOLDER / name / reader
    if is_printed:
        for _, content in make_files(export, name, found):
            print_file(content.decode())
    else:
        files = _write(workspace, folder, make_files(export, name, found), is_own=out is None)
    for refused in export.refused:
        click.echo(f"{refused}\nIt is left out.", err=True)
    if as_json:
        click.echo(json.dumps(_summary(export, name, folder, files), ensure_ascii=False, indent=2))
    elif not (is_printed and name == "quoted"):
        _tell(workspace, export, name, None if is_printed else folder, len(files))
    if export.refused:
        ctx.exit(1)


def _write(workspace: Workspace, folder: Path, files: Iterable[tuple[str, bytes]], *, is_own: bool) -> list[str]:
    """Write the files of an export; return their names. is_own: into the folder for exports, which ignores itself."""
    from stancebank.records import write_bytes, write_text

    if is_own:
        write_text(workspace.root / _FOLDER / ".gitignore", "*\n")
    written = []
    for name, content in files:
        write_bytes(folder / name, content)
        written.append(name)
    return written


def _summary(export: "Export", name: str, folder: Path, files: Sequence[str]) -> dict[str, object]:
    return {
        "format": name,
        "reader": export.reader,
        "folder": str(folder),
        "files": list(files),
        "articles": export.articles,
        "withheld": export.withheld,
        "statements": export.statements,
        "lost": [{"what": what, "why": why, "number": number} for (what, why), number in _losses(export)],
        "refused": export.refused,
    }


def _losses(export: "Export") -> list[tuple[tuple[str, str], int]]:
    return sorted(export.loss.counted.items(), key=lambda each: (-each[1], each[0]))


def _tell(workspace: Workspace, export: "Export", name: str, folder: Path | None, number: int) -> None:
    """Say what was written, what was lost, and whose words it holds."""
    from stancebank.git import is_tracking

    what = f"{count(export.articles, 'article')}, {count(export.statements, 'statement')} by {export.reader}"
    if folder is not None:
        here = folder.resolve()
        shown = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else folder
        click.echo(f"{what}: {count(number, 'file')} in {shown}.")
    losses = _losses(export)
    if losses:
        click.echo(f"{name} does not hold:", err=True)
    for (of, why), times in losses[:_SHOWN]:
        click.echo(f"  {of}: {why} ({times})", err=True)
    if len(losses) > _SHOWN:
        click.echo(f"  and {len(losses) - _SHOWN} kinds more: --json lists all.", err=True)
    if export.withheld:
        whose = f"the words of {count(export.withheld, 'article')} that may not be shown in full"
        click.echo(f"This holds {whose}: keep it out of the repository.", err=True)
        if folder is not None and is_tracking(workspace.root, folder):
            click.echo(f"Hint: git does not ignore {folder}; add it to .gitignore, or leave --out away.", err=True)


def _tasks(
    ctx: click.Context, article_ids: tuple[str, ...], profile: "Profile", gold: bool, annotator: str | None
) -> object:
    from stancebank.annotate.encode import to_task
    from stancebank.annotate.guidelines import guideline_version
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.annotate.lists import make_lists

    workspace = get_workspace(ctx)
    store = workspace.store
    interface = load_interface(workspace, profile)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    version = guideline_version(workspace.root)
    made = []
    for article_id in article_ids or store.article_ids():
        article = store.article(article_id)
        text = words_of(store, article)
        wanted = [*([None] if gold else []), *([annotator] if annotator else [])]
        found = (store.find_document(article_id, name) for name in wanted)
        documents = [each for each in found if each is not None]
        made.append(to_task(article, text, documents, lists, interface, guideline_version=version))
    return made
