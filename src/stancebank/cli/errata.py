"""The group publish errata: faults that people report of published rows."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import Group, count, get_workspace, print_styled, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.cli.why import RowId

if TYPE_CHECKING:
    from stancebank.publish.errata import Erratum, State


@click.group(cls=Group)
def errata() -> None:
    """Keep reported faults of published rows, with their state and credit."""


@errata.command()
@click.argument("row", metavar="ROW", type=RowId())
@click.option("--what", required=True, metavar="TEXT", help="What is wrong with the row. It is published.")
@click.option("--by", metavar="NAME", help="Whom to thank for the report. It is published.")
@dry_run_option()
@json_option("Print the erratum as a JSON object.")
@click.pass_context
@writes
def report(ctx: click.Context, row: str, what: str, by: str | None, dry_run: bool, as_json: bool) -> None:
    """Record a reported fault of a row.

    ROW is the id of a statement or condition of a release or of the gold. Writes corpus/errata.json. Reporting the same
    again changes nothing.

    \b
    Example:
      stancebank publish errata report norland-post-2031-02-11-envoy/s3 --what "The minister says it." --by "A. Brann"
    """
    from datetime import UTC, datetime

    from stancebank.keeping.why import explain
    from stancebank.publish.errata import Erratum, report_erratum

    workspace = get_workspace(ctx)
    explain(workspace, row)  # raises where no row has the id, or had it
    today = datetime.now(UTC).date()
    if dry_run:
        made = Erratum(id="e?", row=row, what=what, on=today.isoformat(), by=by)
    else:
        made = report_erratum(workspace.root, row, what, by, today)
    _tell(made, as_json)
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)


@errata.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are neither fixed nor rejected.")
@json_option("Print them as a JSON list.")
@click.pass_context
def list_(ctx: click.Context, only_open: bool, as_json: bool) -> None:
    """List the errata, in the order of the reports. Writes nothing.

    \b
    Example:
      stancebank publish errata list --open
    """
    from stancebank.publish.errata import SETTLED, read_errata

    found = read_errata(get_workspace(ctx).root)
    shown = [each for each in found if not (only_open and each.state in SETTLED)]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in shown], ensure_ascii=False))
        return
    for each in shown:
        _tell(each, False)
    settled = sum(each.state in SETTLED for each in found)
    click.echo(f"{count(len(found), 'report')}, {settled} settled.", err=True)


@errata.command()
@click.argument("name", metavar="ID")
@click.option("--state", required=True, type=click.Choice(["accepted", "fixed", "rejected"]), help="What became of it.")
@click.option("--note", metavar="TEXT", help="How it was fixed, or why it was rejected. It is published.")
@dry_run_option()
@json_option("Print the erratum as a JSON object.")
@click.pass_context
@writes
def settle(ctx: click.Context, name: str, state: "State", note: str | None, dry_run: bool, as_json: bool) -> None:
    """Say what became of a reported fault.

    The notes of the next release tell of those that are fixed or rejected, with the name of who reported them.

    \b
    Example:
      stancebank publish errata settle e1 --state fixed --note "It is the minister now."
    """
    from stancebank.publish.errata import read_errata, settle_erratum

    root = get_workspace(ctx).root
    if dry_run:
        held = {each.id: each for each in read_errata(root)}
        click.echo(f"{name} would be {state}; it is {held[name].state if name in held else 'not there'}.")
        click.echo("Nothing was written: this was a dry run.", err=True)
        return
    _tell(settle_erratum(root, name, state, note)[1], as_json)


def _tell(each: "Erratum", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(each), ensure_ascii=False))
        return
    by = f", reported by {each.by}" if each.by else ""
    print_styled(
        (each.id, {"bold": True}), f"  {each.state}  {each.row}: {each.what}", (f"  ({each.on}{by})", {"dim": True})
    )
    if each.note:
        print_styled(f"    {each.note}")
