"""The group schema: what the scheme holds."""

import json

import click

from stancebank.cli.context import get_workspace
from stancebank.cli.group import Group


@click.group(cls=Group)
def schema() -> None:
    """Print the scheme: its vocabularies and the catalogue of findings."""


@schema.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of Markdown.")
@click.pass_context
def vocabulary(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """Print a vocabulary as a table, or the names of all.

    Reads schema/ of the workspace; writes nothing.

    \b
    Example:
      stancebank schema vocabulary stance
    """
    from stancebank.schema.vocabulary import load_vocabularies

    vocabularies = load_vocabularies(get_workspace(ctx).schema_dir)
    if name is None:
        names = sorted(vocabularies.by_name)
        click.echo(json.dumps(names) if as_json else "\n".join(names))
    elif name not in vocabularies.by_name:
        raise click.BadParameter(f"no vocabulary {name!r}. There are: {', '.join(sorted(vocabularies.by_name))}.")
    elif as_json:
        click.echo(json.dumps(vocabularies.by_name[name], ensure_ascii=False))
    else:
        click.echo(f"{vocabularies.by_name[name]['description']}\n\n{vocabularies.table(name)}", nl=False)


@schema.command()
def findings() -> None:
    """Print the catalogue of findings: every code, what it means and how it is mended.

    \b
    Example:
      stancebank schema findings
    """
    from stancebank.errors import CODES

    for name, code in CODES.items():
        click.echo(f"{name} ({code.severity})\n    {code.meaning}\n    Hint: {code.hint}.")
