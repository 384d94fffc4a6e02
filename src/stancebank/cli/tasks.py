"""Commands of the group annotate that print what Label Studio takes: tasks, and the interface to label them in."""

import json
import sys
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import get_workspace

if TYPE_CHECKING:
    from stancebank.annotate.controls import Profile


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1)
@click.option("--profile", type=click.Choice(["full", "core"]), default="full", help="Of the interface they are for.")
@click.option("--gold", is_flag=True, help="Show the gold document as a pre-annotation.")
@click.option("--annotator", help="Show the document of an annotator as a pre-annotation.")
@click.pass_context
def tasks(
    ctx: click.Context, article_ids: tuple[str, ...], profile: "Profile", gold: bool, annotator: str | None
) -> None:
    """Print articles as tasks of Label Studio, to be imported into a project there.

    Reads records, words and registries, of all articles if no ID is given; prints a JSON list of tasks with the whole
    text, the zones that are not read as locked regions, and the lists to choose from. What it prints holds the words
    of the articles: keep it out of the repository.

    \b
    Example:
      stancebank annotate tasks norland-post-2031-02-11-envoy > tasks.json
    """
    from stancebank.annotate.encode import make_lists, to_task
    from stancebank.annotate.guidelines import guideline_version
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.errors import InputError

    workspace = get_workspace(ctx)
    store = workspace.store
    interface = load_interface(workspace, profile)
    lists = make_lists(store.entities(), store.targets(), store.documents(None), interface)
    version = guideline_version(workspace.root)
    made = []
    for article_id in article_ids or store.article_ids():
        article = store.article(article_id)
        text = store.text(article)
        if text is None:
            raise InputError(
                f"The words of {article_id} are not at hand.\nHint: run `stancebank corpus hydrate DIR` first."
            )
        wanted = [*([None] if gold else []), *([annotator] if annotator else [])]
        paths = [store.document_path(article_id, name) for name in wanted]
        documents = [store.document(path) for path in paths if path.is_file()]
        made.append(to_task(article, text, documents, lists, interface, guideline_version=version))
    click.echo(json.dumps(made, ensure_ascii=False, indent=1))


@click.command()
@click.option("--profile", type=click.Choice(["full", "core"]), default="full", help="Which one to print.")
@click.option("--write", is_flag=True, help="Write both profiles to annotate/ instead of printing one.")
@click.option("--settings", is_flag=True, help="Print an annotate/interface.toml for the schema, to be edited.")
@click.pass_context
def config(ctx: click.Context, profile: "Profile", write: bool, settings: bool) -> None:
    """Compile the Label Studio labelling interface from the schema.

    Reads schema/ and annotate/interface.toml, which holds titles, hints, keys, colours and the help panel; prints the
    interface, or writes annotate/labeling.xml and annotate/labeling-core.xml with --write. The core profile asks for
    what the schema marks as core, the full one for everything. The interface is parsed by Label Studio's own SDK
    before it is handed out.

    \b
    Example:
      stancebank annotate config --write
    """
    from stancebank.annotate.interface import INTERFACES, compile_interface, validate_interface
    from stancebank.annotate.interface_settings import settings_template
    from stancebank.records import write_text

    workspace = get_workspace(ctx)
    if settings:
        sys.stdout.write(settings_template(workspace.scheme))
        return
    made = {name: compile_interface(workspace, name) for name in INTERFACES}
    for xml in made.values():
        validate_interface(xml)
    if not write:
        sys.stdout.write(made[profile])
        return
    for name, xml in made.items():
        changed = write_text(workspace.root / INTERFACES[name], xml)
        click.echo(f"{INTERFACES[name]} {'written' if changed else 'is current'}.", err=True)
