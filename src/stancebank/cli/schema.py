"""The group schema: what a statement is in this workspace."""

import json
import sys
from pathlib import Path

import click

from stancebank.cli.migrate import answer, migrate, next_, queue
from stancebank.cli.output import Group, count, get_workspace, print_table, writes
from stancebank.cli.params import dry_run_option, json_option


@click.group(cls=Group)
def schema() -> None:
    """Show, check and write the scheme: its fields, its vocabularies, and what is generated from them."""


@schema.command()
@json_option("Print a JSON array instead of a table.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Print the fields of a statement: what each holds, where it is asked, and its column.

    Reads schema/ of the workspace; writes nothing. `stancebank help schemes` explains kinds and profiles.

    \b
    Example:
      stancebank schema show
    """
    scheme = get_workspace(ctx).scheme
    fields = [
        {
            "level": field.level,
            "name": field.name,
            "kind": field.kind,
            "vocabulary": field.vocabulary,
            "required": field.required,
            "default": field.default,
            "profile": field.profile,
            "column": field.column,
            "label": field.is_label,
            "description": field.description,
        }
        for field in scheme.fields
    ]
    if as_json:
        click.echo(json.dumps(fields, ensure_ascii=False))
        return
    head = ("of", "field", "kind", "values", "required", "asked in", "column")
    rows = [
        (
            field.level,
            field.name + (" (label)" if field.is_label else ""),
            field.kind,
            ", ".join(scheme.values(field)) if field.vocabulary else "",
            "yes" if field.required else "",
            field.profile or "",
            field.column or "",
        )
        for field in scheme.fields
    ]
    print_table(head, rows)


@schema.command()
@json_option("Print the findings as a JSON array.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Check the schema folder alone: names, kinds, vocabularies, generated parts.

    Reads schema/ of the workspace, versions to come among it; writes nothing. A migration.toml is proved: the fields
    and values of the older version, taken through its steps, must be those of the newer one. `stancebank check` does
    this for the present version, before all else. Exits with 1 if there is an error.

    \b
    Example:
      stancebank schema check
    """
    from stancebank.schema.migration import versions_after
    from stancebank.schema.rules import check_scheme

    workspace = get_workspace(ctx)
    findings = check_scheme(workspace.root, workspace.schema_dir)
    for version in versions_after(workspace.root, workspace.settings.schema):
        findings += check_scheme(workspace.root, workspace.root / "schema" / version)
    if as_json:
        keys = ("file", "pointer", "code", "severity", "message", "hint")
        click.echo(json.dumps([{key: getattr(each, key) for key in keys} for each in findings], ensure_ascii=False))
    for finding in findings if not as_json else ():
        click.echo(
            f"{finding.file}  {finding.pointer}  {finding.code}\n    {finding.message}\n    Hint: {finding.hint}."
        )
    if not findings and not as_json:
        click.echo(f"{count(len(workspace.scheme.fields), 'field')}: no errors.", err=True)
    sys.exit(1 if findings else 0)


@schema.command()
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit with 1 if a file is not current.")
@json_option()
@click.pass_context
@writes
def write(ctx: click.Context, check_only: bool, as_json: bool) -> None:
    """Regenerate all files that are made from the scheme.

    Reads schema/ and annotate/interface.toml; writes the enums in the JSON Schemas, prediction.schema.json and
    quoted.schema.json, the labelling interfaces in annotate/, the tables of values in annotate/GUIDELINES.md, and the
    generated sections of DATASET_CARD.md. Files that are current are left alone. A schema folder of an earlier version
    of the toolkit gets what it lacks.

    \b
    Example:
      stancebank schema write
    """
    from stancebank.migration.generated import generated_files
    from stancebank.records import write_text

    workspace = get_workspace(ctx)
    changed = []
    for name, text in generated_files(workspace):
        path = workspace.root / name
        if path.is_file() and path.read_bytes() == text.encode():
            continue
        changed.append(name)
        if not check_only:
            write_text(path, text)
        if not as_json:
            click.echo(f"{name} {'is not current' if check_only else 'written'}.")
    if as_json:
        click.echo(json.dumps({"files": changed, "written": bool(changed) and not check_only}))
    elif not changed:
        click.echo("All generated files are current.", err=True)
    sys.exit(1 if changed and check_only else 0)


@schema.command()
@click.option("--label", "label", required=True, metavar="NAME=VALUE,VALUE", help="The position and its values.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE,VALUE | NAME:KIND", help="A field; repeat.")
@click.option("--required", multiple=True, metavar="NAME", help="A field that every statement has; repeat.")
@click.option("--role", "roles", multiple=True, help="A role of conditions; repeat. Without one there are none.")
@click.option("--entity-kind", "entity_kinds", multiple=True, help="A kind of actor; repeat.")
@dry_run_option()
@json_option()
@click.pass_context
@writes
def new(
    ctx: click.Context,
    label: str,
    fields: tuple[str, ...],
    required: tuple[str, ...],
    roles: tuple[str, ...],
    entity_kinds: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Create a scheme for a workspace that has no documents yet.

    Writes the schema folder, such as schema/v2/. Replaces what `stancebank init` created, if it is unchanged: the
    targets of corpus/targets.json, the guidelines, the interface. Then edit the descriptions in vocabularies.json, and
    run `stancebank schema write`. `stancebank help schemes` goes through an example.

    \b
    Example:
      stancebank schema new --label stance=support,oppose --field certainty=low,high --required certainty
    """
    from stancebank.annotate.guidelines import GUIDELINES
    from stancebank.errors import ConflictError
    from stancebank.records import write_text
    from stancebank.schema.scaffold import NewScheme, make_guidelines, make_schema_files, parse_field
    from stancebank.starter.laying import empty_targets, untouched_files

    workspace = get_workspace(ctx)
    if any(True for _ in workspace.store.document_names()):
        raise ConflictError(
            "This workspace has documents that follow its present scheme.\n"
            "Hint: begin a new workspace with `stancebank init`. Nothing was changed."
        )
    scheme = NewScheme(
        label=parse_field(label),
        fields=tuple(parse_field(text, required) for text in fields),
        roles=roles,
        entity_kinds=entity_kinds,
    )
    if scheme.label.kind != "vocabulary":
        raise click.UsageError("--label must list its values, like stance=support,oppose.")
    if unknown := sorted(set(required) - {field.name for field in scheme.fields}):
        raise click.UsageError(f"--required {unknown[0]}: there is no such field.")
    folder = workspace.schema_dir.relative_to(workspace.root)
    files = make_schema_files(scheme, workspace.settings.schema)
    untouched = untouched_files(workspace.root)
    written = {(folder / name).as_posix(): text for name, text in files.items()}
    removed: list[str] = []
    for path in untouched:
        if path == "corpus/targets.json":
            written[path] = empty_targets(workspace.settings.schema)
        elif path == GUIDELINES:
            written[path] = make_guidelines(scheme)
        elif path.startswith(("annotate/", f"{folder.as_posix()}/")) and Path(path).name not in files:
            removed.append(path)
    if not dry_run:
        for path, text in written.items():
            write_text(workspace.root / path, text)
        for path in removed:
            (workspace.root / path).unlink()
    if as_json:
        value = {"files": list(written), "removed": removed, "dry_run": dry_run}
        click.echo(json.dumps(value))
    else:
        verb = "Would write" if dry_run else "Wrote"
        click.echo(f"{verb} {folder.as_posix()}/: {count(len(files), 'file')}.")
    click.echo("Hint: describe the values in vocabularies.json, then run `stancebank schema write`.", err=True)


@schema.command()
@click.argument("name", required=False)
@json_option("Print JSON instead of Markdown.")
@click.pass_context
def vocabulary(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Print a vocabulary as a table, or the names of all.

    Reads schema/ of the workspace; writes nothing.

    \b
    Example:
      stancebank schema vocabulary stance
    """
    from stancebank.schema.vocabularies import load_vocabularies

    vocabularies = load_vocabularies(get_workspace(ctx).schema_dir)
    if name is None:
        names = sorted(vocabularies.by_name)
        click.echo(json.dumps(names) if as_json else "\n".join(names))
    elif name not in vocabularies.by_name and name.rstrip("s").removesuffix("ie") in ("target", "entit", "entity"):
        group = "target" if name.startswith("target") else "entity"
        raise click.BadParameter(f"{name!r} is a registry. `stancebank corpus {group} list` lists it.")
    elif name not in vocabularies.by_name:
        raise click.BadParameter(f"no vocabulary {name!r}. There are: {', '.join(sorted(vocabularies.by_name))}.")
    elif as_json:
        click.echo(json.dumps(vocabularies.by_name[name], ensure_ascii=False))
    elif sys.stdout.isatty():
        click.echo(f"{vocabularies.by_name[name]['description']}\n")
        head, *rows = vocabularies.rows(name)
        print_table(head, rows)
    else:
        click.echo(f"{vocabularies.by_name[name]['description']}\n\n{vocabularies.table(name)}", nl=False)


@schema.command()
@json_option("Print a JSON array.")
def findings(as_json: bool) -> None:
    """Print the catalogue of findings: every code, what it means and how to fix it. Writes nothing.

    \b
    Example:
      stancebank schema findings
    """
    from stancebank.codes import CODES

    if as_json:
        told = [
            {"code": name, "severity": each.severity, "meaning": each.meaning, "hint": each.hint}
            for name, each in CODES.items()
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for name, code in CODES.items():
        click.echo(f"{name} ({code.severity})\n    {code.meaning}\n    Hint: {code.hint}.")


for _command in (next_, migrate, queue, answer):
    schema.add_command(_command)
