"""The groups corpus entity and corpus target: entries are added, merged, renamed and shown."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import EntryId
from stancebank.cli.output import Group, get_workspace, print_table, require_value, writes
from stancebank.model import EntityRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from stancebank.corpus.registry import Registry
    from stancebank.corpus.registry_changes import Change
    from stancebank.corpus.store import Store
    from stancebank.schema.validate import Kind
    from stancebank.workspace import Workspace


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


dry_run_option = click.option("--dry-run", is_flag=True, help="Print the plan, write nothing.")
force_option = click.option("--force", is_flag=True, help="Merge two that seem to be different.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")


@click.group(cls=Group)
def entity() -> None:
    """Add, merge, rename and show the actors of corpus/entities.json.

    An id that was merged or renamed stays as a redirect to the present one, and is never used again.
    """


@click.group(cls=Group)
def target() -> None:
    """Add, merge, rename and show the acts and outcomes of corpus/targets.json.

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
@dry_run_option
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
    from stancebank.corpus.registry_changes import Change
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
    _write(workspace, Change(registry, {}, tuple(notes)), f"added  {name_id}", dry_run)


@target.command("add")
@click.argument("name_id", metavar="ID")
@click.option("--name", required=True, help="The name to show.")
@click.option("--definition", required=True, help="What it means, in one sentence.")
@click.option("--use", required=True, help="What it may be used for: a value of the vocabulary target_use.")
@click.option("--parent", help="The id of the entry above it; none for a root.")
@dry_run_option
@click.pass_context
@writes
def add_target(
    ctx: click.Context, name_id: str, name: str, definition: str, use: str, parent: str | None, dry_run: bool
) -> None:
    """Add a target.

    Reads and writes corpus/targets.json. An id that is taken is refused.

    \b
    Example:
      stancebank corpus target add recall --name "recall an envoy" --definition "Call one's envoy home." --use both
    """
    from stancebank.corpus.registry_changes import Change
    from stancebank.corpus.registry_changes import add_target as add
    from stancebank.model import TargetEntry

    workspace = get_workspace(ctx)
    use = require_value(workspace, "target_use", use, "--use")
    entry = TargetEntry(id=name_id, name=name, definition=definition, use=use, parent=parent)
    _write(workspace, Change(add(workspace.store.targets(), entry), {}), f"added  {name_id}", dry_run)


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
    @dry_run_option
    @click.pass_context
    @writes
    def merge_entry(ctx: click.Context, old: str, new: str, force: bool, dry_run: bool) -> None:
        from stancebank.corpus.registry_changes import merge

        workspace = get_workspace(ctx)
        change = merge(registry(workspace.store), old, new, force=force)
        _write(workspace, change, f"merged  {old} -> {new}", dry_run)

    @group.command("rename", help=_RENAME.format(**words))
    @click.argument("old", metavar="OLD", type=known)
    @click.argument("new", metavar="NEW")
    @dry_run_option
    @click.pass_context
    @writes
    def rename_entry(ctx: click.Context, old: str, new: str, dry_run: bool) -> None:
        from stancebank.corpus.registry_changes import rename

        workspace = get_workspace(ctx)
        _write(workspace, rename(registry(workspace.store), old, new), f"renamed  {old} -> {new}", dry_run)

    @group.command("show", help=_SHOW.format(**words))
    @click.argument("name_id", metavar="ID", type=known)
    @json_option
    @click.pass_context
    def show_entry(ctx: click.Context, name_id: str, as_json: bool) -> None:
        store = get_workspace(ctx).store
        print_entry(registry(store), name_id, store, as_json)


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


def _write(workspace: "Workspace", change: "Change", done: str, dry_run: bool) -> None:
    """Print the plan of a change, and carry it out unless this is a dry run."""
    from stancebank.corpus.registry_changes import references, rewrite
    from stancebank.errors import InputError
    from stancebank.model import to_builtins
    from stancebank.schema.validate import validate

    store = workspace.store
    is_entities = isinstance(change.registry, EntityRegistry)
    kind: Kind = "entities" if is_entities else "targets"
    wrong = validate(to_builtins(change.registry), kind, workspace.schema_dir, f"corpus/{kind}.json")
    if wrong:
        listing = "\n".join(f"{each.file}  {each.pointer}: {each.message}" for each in wrong)
        raise InputError(f"{listing}\nHint: correct what was given. Nothing was changed.")
    documents = {path: store.document(path) for path in (store.document_paths() if change.moved else ())}
    rewritten = rewrite(documents, change, workspace.scheme, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    changed = change.registry != (store.entities() if is_entities else store.targets())
    if not dry_run:
        store.write_registry(change.registry, rewritten)
    click.echo(done if changed or rewritten else f"{done} (is done already)")
    for note in change.notes:
        click.echo(f"    {note}")
    if changed:
        click.echo(f"    corpus/{kind}.json")
    for path in rewritten:
        named = [
            name
            for statement in documents[path].statements
            for _, name in references(statement, change.registry, workspace.scheme)
            if name in change.moved
        ]
        click.echo(f"    {path.relative_to(store.root).as_posix()}  references: {len(named)}")
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
