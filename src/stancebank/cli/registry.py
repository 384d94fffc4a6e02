"""The groups corpus entity and corpus target: entries are added, merged, renamed and shown.

`cli.entries` has the commands that list, edit and remove them.
"""

import json
from typing import TYPE_CHECKING

import click

from stancebank.cli.entries import PLAN, add_keeping_commands, write_change
from stancebank.cli.ids import EntryId
from stancebank.cli.output import Group, get_workspace, print_table, require_value, writes
from stancebank.cli.params import dry_run_option, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from stancebank.corpus.registry import Registry
    from stancebank.corpus.store import Store


def print_entry(registry: "Registry", name: str, store: "Store", as_json: bool) -> None:
    """Print what an id stands for, and what refers to it."""
    from stancebank.corpus.registry_changes import look_up
    from stancebank.model import Entity, to_builtins

    shown = look_up(registry, name, store.all_documents(), store.scheme)
    entry = to_builtins(shown.entry)
    if isinstance(shown.entry, Entity):
        ties = {"part_of": shown.above, "parts": shown.below, "members": shown.members}
    else:
        ties = {"parents": shown.above, "children": shown.below}
    if as_json:
        uses = [{"article_id": use.article_id, "annotator": use.annotator, "counts": use.counts} for use in shown.uses]
        value = {"entry": entry, "former_ids": shown.former, "ties": ties, "uses": uses}
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    if name != shown.entry.id:
        click.echo(f"{name!r} is now {shown.entry.id!r}.", err=True)
    values = {key: value for key, value in entry.items() if key not in ("part_of", "parent")}
    values |= {"former_ids": list(shown.former)} | {key: list(names) for key, names in ties.items()}
    for key, value in values.items():
        if value:
            click.echo(f"{key.replace('_', ' '):<12} {_said(value)}")
    if not shown.uses:
        click.echo("No document refers to it.", err=True)
        return
    places = sorted({place for use in shown.uses for place in use.counts})
    rows = [
        [use.article_id, use.annotator or "gold", *(str(use.counts.get(place, "")) for place in places)]
        for use in shown.uses
    ]
    click.echo()
    print_table(["article", "document", *places], rows)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):  # a role
        dates = "/".join(value.get(key, "..") for key in ("from", "to")) if value.keys() > {"title"} else ""
        return f"{value['title']} ({dates})" if dates else str(value["title"])
    return str(value)


force_option = click.option("--force", is_flag=True, help="Merge two that seem to be different.")


@click.group(cls=Group)
def entity() -> None:
    """List, add, edit, merge, rename, remove and show the actors of corpus/entities.json.

    An id that was merged or renamed stays as a redirect to the present one, and is never used again.
    """


@click.group(cls=Group)
def target() -> None:
    """List, add, edit, merge, rename, remove and show the acts and outcomes of corpus/targets.json.

    An id that was merged or renamed stays as a redirect to the present one, and is never used again.
    """


@entity.command("add")
@click.argument("name_id", metavar="ID")
@click.option("--name", required=True, help="The name to show.")
@click.option("--kind", required=True, help="What kind of actor it is: a value of the vocabulary entity_kind.")
@click.option("--alias", "aliases", multiple=True, help="Another name or transliteration; repeat.")
@click.option("--part-of", help="The id of the entity that it is a part of.")
@click.option("--affiliation", help="The id of the entity that it speaks or works for.")
@click.option("--role", "roles", multiple=True, help="A public role; repeat. Dates are added in the file.")
@click.option("--wikidata", help="A verified Wikidata id.")
@dry_run_option(PLAN)
@json_option()
@click.pass_context
@writes
def add_entity(
    ctx: click.Context,
    /,
    name_id: str,
    name: str,
    kind: str,
    aliases: tuple[str, ...],
    roles: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **options: str | None,
) -> None:
    """Add an entity.

    Reads and writes corpus/entities.json. An id or a name that is taken is refused; a name that reads like that of
    another entity is pointed out.

    \b
    Example:
      stancebank corpus entity add lena-orlo --name "Lena Orlo" --kind person --affiliation keth
    """
    from stancebank.check.corpus import alike
    from stancebank.corpus.registry_changes import RegistryChange
    from stancebank.corpus.registry_changes import add_entity as add
    from stancebank.model import Entity, Role

    workspace = get_workspace(ctx)
    entry = Entity(
        id=name_id,
        name=name,
        kind=require_value(workspace, "entity_kind", kind, "--kind"),
        aliases=aliases,
        roles=tuple(Role(title=title) for title in roles),
        **options,
    )
    registry = add(workspace.store.entities(), entry)
    persons = workspace.scheme.vocabularies.persons()
    likely = [pair for pair in alike(registry.entities, persons) if name_id in (pair.entity, pair.other)]
    notes = [f"{pair.name!r} of {pair.entity!r} reads like {pair.other_name!r} of {pair.other!r}" for pair in likely]
    write_change(
        workspace, RegistryChange(registry, {}, tuple(notes)), "added", name_id, dry_run=dry_run, as_json=as_json
    )


@target.command("add")
@click.argument("name_id", metavar="ID")
@click.option("--name", required=True, help="The name to show.")
@click.option("--definition", required=True, help="What it means, in one sentence.")
@click.option("--use", required=True, help="What it may be used for: a value of the vocabulary target_use.")
@click.option("--parent", help="The id of the entry above it; none for a root.")
@dry_run_option(PLAN)
@json_option()
@click.pass_context
@writes
def add_target(
    ctx: click.Context,
    /,
    name_id: str,
    name: str,
    definition: str,
    use: str,
    parent: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add a target.

    Reads and writes corpus/targets.json. An id that is taken is refused.

    \b
    Example:
      stancebank corpus target add recall --name "recall an envoy" --definition "Call one's envoy home." --use both
    """
    from stancebank.corpus.registry_changes import RegistryChange
    from stancebank.corpus.registry_changes import add_target as add
    from stancebank.model import TargetEntry

    workspace = get_workspace(ctx)
    use = require_value(workspace, "target_use", use, "--use")
    entry = TargetEntry(id=name_id, name=name, definition=definition, use=use, parent=parent)
    change = RegistryChange(add(workspace.store.targets(), entry), {})
    write_change(workspace, change, "added", name_id, dry_run=dry_run, as_json=as_json)


_MERGE = """Merge the {what} OLD into NEW, which keeps its {kept}.

    Rewrites OLD in corpus/{file}.json and in all documents below corpus/gold/ and corpus/annotations/. {merging}
    Run again, it rewrites what still names OLD.

    \b
    Example:
    {merge_example}
    """

_RENAME = """Give the {what} OLD the id NEW.

    Rewrites OLD in corpus/{file}.json and in all documents below corpus/gold/ and corpus/annotations/; OLD stays as
    a redirect. NEW must never have been an id before. Run again, it rewrites what still names OLD.

    \b
    Example:
      stancebank corpus {what} rename {rename_example}
    """

_SHOW = """Show {article} {what}: its entry, its {ties}, and what refers to it.

    Reads corpus/{file}.json and all documents; writes nothing. An id that was redirected shows the present {what}.

    \b
    Example:
      stancebank corpus {what} show {show_example}
    """


def _add_commands(group: click.Group, registry: "Callable[[Store], Registry]", **words: str) -> None:
    """Give a group the commands that both have. registry: the one that the group is about; words: those of the help."""
    words["what"] = str(group.name)
    known = EntryId(registry)

    @group.command("merge", help=_MERGE.format(**words))
    @click.argument("old", metavar="OLD", type=known)
    @click.argument("new", metavar="NEW", type=known)
    @force_option
    @dry_run_option(PLAN)
    @json_option()
    @click.pass_context
    @writes
    def merge_entry(ctx: click.Context, old: str, new: str, force: bool, dry_run: bool, as_json: bool) -> None:
        from stancebank.corpus.registry_changes import merge

        workspace = get_workspace(ctx)
        change = merge(registry(workspace.store), old, new, force=force)
        write_change(workspace, change, "merged", f"{old} -> {new}", dry_run=dry_run, as_json=as_json)

    @group.command("rename", help=_RENAME.format(**words))
    @click.argument("old", metavar="OLD", type=known)
    @click.argument("new", metavar="NEW")
    @dry_run_option(PLAN)
    @json_option()
    @click.pass_context
    @writes
    def rename_entry(ctx: click.Context, old: str, new: str, dry_run: bool, as_json: bool) -> None:
        from stancebank.corpus.registry_changes import rename

        workspace = get_workspace(ctx)
        change = rename(registry(workspace.store), old, new)
        write_change(workspace, change, "renamed", f"{old} -> {new}", dry_run=dry_run, as_json=as_json)

    @group.command("show", help=_SHOW.format(**words))
    @click.argument("name_id", metavar="ID", type=known)
    @json_option()
    @click.pass_context
    def show_entry(ctx: click.Context, name_id: str, as_json: bool) -> None:
        store = get_workspace(ctx).store
        print_entry(registry(store), name_id, store, as_json)

    add_keeping_commands(group, registry)


_add_commands(
    entity,
    lambda store: store.entities(),
    article="an",
    file="entities",
    kept="id and name",
    merging=(
        "NEW takes over aliases and roles; the name of OLD becomes an alias; OLD stays as a redirect. Entities of "
        "different kinds are refused without --force."
    ),
    ties="parts",
    merge_example=(
        "  stancebank corpus entity merge radio-essa lantern --dry-run\n"
        "      stancebank corpus entity merge radio-essa lantern"
    ),
    rename_example="tor-aven torben-aven",
    show_example="ilse-marrow",
)
_add_commands(
    target,
    lambda store: store.targets(),
    article="a",
    file="targets",
    kept="id, name and definition",
    merging=(
        "NEW may then be used wherever either could; OLD stays as a redirect. A root and an entry below a root are "
        "refused without --force."
    ),
    ties="parent and children",
    merge_example="  stancebank corpus target merge lift-sanctions lift-blockade",
    rename_example="format format-of-talks",
    show_example="talks --json",
)
