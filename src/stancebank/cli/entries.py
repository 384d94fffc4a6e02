"""The commands of corpus entity and corpus target that list, edit and remove entries, and how a change is written."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.articles import DRY, change_lines, changes_value, key_values
from stancebank.cli.ids import EntryId
from stancebank.cli.output import get_workspace, print_list, require_value, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.model import Entity, EntityRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stancebank.corpus.registry import Registry
    from stancebank.corpus.registry_changes import RegistryChange
    from stancebank.corpus.store import Store
    from stancebank.schema.validate import RecordKind
    from stancebank.workspace import Workspace

PLAN = "Print the plan, write nothing."

_LIST = """List the {plural}: id, {kind}, name, and how often documents refer to each.

    Reads corpus/{file}.json and all documents; writes nothing. Each is one line, and its id is whole.

    \b
    Example:
      stancebank corpus {what} list
      stancebank corpus {what} list --unused
    """

_EDIT = """Correct the values of {article} {what}: KEY is {keys}; `KEY=` clears it.

    Reads and writes corpus/{file}.json. What the check would find is refused. `rename` gives another id{more}.

    \b
    Example:
      stancebank corpus {what} edit {edit_example}
    """

_REMOVE = """Remove {plural} that nothing refers to.

    Reads corpus/{file}.json, all documents and the records of releases; writes corpus/{file}.json. A document, another
    {what}, a former id or a release that names one is said, and then nothing is removed.

    \b
    Example:
      stancebank corpus {what} remove {remove_example} --dry-run
    """

_WORDS = {
    "entity": {
        "file": "entities",
        "plural": "entities",
        "article": "an",
        "kind": "kind",
        "keys": "name, kind, part_of, affiliation, roles (repeat it) or wikidata",
        "more": ", `alias` other names",
        "edit_example": "tor-aven affiliation=norland roles=minister",
        "remove_example": "lena-orlo",
    },
    "target": {
        "file": "targets",
        "plural": "targets",
        "article": "a",
        "kind": "use",
        "keys": "name, definition, use or parent",
        "more": "",
        "edit_example": 'recall definition="Call one\'s envoy home for talks." parent=relations',
        "remove_example": "recall",
    },
}


def add_keeping_commands(group: click.Group, registry: "Callable[[Store], Registry]") -> None:
    """Give a group the commands list, edit and remove; that of entities also alias.

    registry: the one that the group is about.
    """
    name = str(group.name)
    words = {**_WORDS[name], "what": name}
    known = EntryId(registry)

    @group.command("list", help=_LIST.format(**words))
    @click.option(f"--{words['kind']}", "kind", help=f"Only those of this {words['kind']}.")
    @click.option("--unused", is_flag=True, help="Only those that no document and no other entry names.")
    @json_option("Print a JSON list.")
    @click.pass_context
    def list_entries(ctx: click.Context, kind: str | None, unused: bool, as_json: bool) -> None:
        from stancebank.keeping.entries import list_entries

        workspace = get_workspace(ctx)
        if kind is not None:
            require_value(workspace, f"{name}_{words['kind']}", kind, f"--{words['kind']}")
        rows = [
            each
            for each in list_entries(workspace, registry(workspace.store))
            if kind in (None, each.kind) and not (unused and (each.uses or each.named_by))
        ]
        if as_json:
            value = [
                {
                    "id": each.entry.id,
                    words["kind"]: each.kind,
                    "name": each.entry.name,
                    "uses": each.uses,
                    "named_by": each.named_by,
                }
                | ({"aliases": each.entry.aliases} if isinstance(each.entry, Entity) else {})
                for each in rows
            ]
            click.echo(json.dumps(value, ensure_ascii=False))
        elif rows:
            head = ("id", words["kind"], "name", "uses")
            table = [[each.entry.id, each.kind, each.entry.name, str(each.uses)] for each in rows]
            print_list(head, table, ("name", "uses", words["kind"]))
        else:
            click.echo("There is none of that kind." if kind or unused else "There is none yet.", err=True)

    @group.command("edit", help=_EDIT.format(**words))
    @click.argument("name_id", metavar="ID", type=known)
    @click.argument("values", metavar="KEY=VALUE...", nargs=-1, required=True)
    @dry_run_option(PLAN)
    @json_option()
    @click.pass_context
    @writes
    def edit_entry(ctx: click.Context, name_id: str, values: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
        from stancebank.keeping.entries import plan_edit

        workspace = get_workspace(ctx)
        made = plan_edit(workspace, registry(workspace.store), name_id, key_values(values))
        options = {"dry_run": dry_run, "as_json": as_json}
        write_change(workspace, made.change, "edited", made.after.id, made.values, **options)

    @group.command("remove", help=_REMOVE.format(**words))
    @click.argument("name_ids", metavar="ID...", nargs=-1, required=True, type=known)
    @dry_run_option(PLAN)
    @json_option()
    @click.pass_context
    @writes
    def remove_entry(ctx: click.Context, name_ids: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
        from stancebank.keeping.entries import plan_removal

        workspace = get_workspace(ctx)
        change = plan_removal(workspace, registry(workspace.store), name_ids)
        write_change(workspace, change, "removed", ", ".join(name_ids), dry_run=dry_run, as_json=as_json)

    if name == "entity":
        group.command("alias")(_alias(known))


def _alias(known: EntryId) -> "Callable[..., None]":
    @click.argument("name_id", metavar="ID", type=known)
    @click.argument("aliases", metavar="NAME...", nargs=-1, required=True)
    @click.option("--remove", is_flag=True, help="Take these aliases away.")
    @dry_run_option(PLAN)
    @json_option()
    @click.pass_context
    @writes
    def alias(
        ctx: click.Context, name_id: str, aliases: tuple[str, ...], remove: bool, dry_run: bool, as_json: bool
    ) -> None:
        """Give an entity other names, or take them away.

        Reads and writes corpus/entities.json. A name that belongs to another entity is refused.

        \b
        Example:
          stancebank corpus entity alias tor-aven "T. Aven" "Tor Awen"
          stancebank corpus entity alias tor-aven Aven --remove
        """
        from stancebank.keeping.entries import plan_aliases

        workspace = get_workspace(ctx)
        made = plan_aliases(workspace, workspace.store.entities(), name_id, aliases, remove=remove)
        options = {"dry_run": dry_run, "as_json": as_json}
        write_change(workspace, made.change, "edited", made.after.id, made.values, **options)

    return alias


def write_change(
    workspace: "Workspace",
    change: "RegistryChange",
    action: str,
    name: str,
    values: "Mapping[str, tuple[Any, Any]] | None" = None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Print a change of a registry, and carry it out unless this is a dry run.

    action, name: what is done, with what. values: of an entry, old and new. Raises InputError where the registry would
    not fulfil its JSON Schema.
    """
    from stancebank.corpus.adjudications import follow_documents
    from stancebank.corpus.registry_changes import references, rewrite
    from stancebank.errors import InputError
    from stancebank.model import to_builtins
    from stancebank.schema.validate import validate

    store = workspace.store
    is_entities = isinstance(change.registry, EntityRegistry)
    kind: RecordKind = "entities" if is_entities else "targets"
    wrong = validate(to_builtins(change.registry), kind, workspace.schema_dir, f"corpus/{kind}.json")
    if wrong:
        listing = "\n".join(f"{each.file}  {each.pointer}: {each.message}" for each in wrong)
        raise InputError(f"{listing}\nHint: correct what was given. Nothing was changed.")
    documents = {name: store.document(name) for name in (store.document_names() if change.moved else ())}
    rewritten = rewrite(documents, change, workspace.scheme, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    changed = change.registry != (store.entities() if is_entities else store.targets())
    if not dry_run and (changed or rewritten):
        store.write_registry(change.registry, rewritten, follow_documents(store, rewritten.values()))
    named = {
        file: sum(
            name in change.moved
            for statement in documents[file].statements
            for _, name in references(statement, change.registry, workspace.scheme)
        )
        for file in rewritten
    }
    if as_json:
        value: dict[str, Any] = {"action": action, "id": name, "changed": changed or bool(rewritten)}
        value |= {"values": changes_value(values)} if values is not None else {}
        value |= {"notes": change.notes, "files": [f"corpus/{kind}.json"] * changed + [*named], "references": named}
        click.echo(json.dumps(value | {"dry_run": dry_run}, ensure_ascii=False))
        return
    click.echo(f"{action}  {name}" + ("" if changed or rewritten else " (is done already)"))
    for note in (*change.notes, *change_lines(values or {})):
        click.echo(f"    {note}")
    if changed:
        click.echo(f"    corpus/{kind}.json")
    for file, number in named.items():
        click.echo(f"    {file}  references: {number}")
    if dry_run:
        click.echo(DRY, err=True)
