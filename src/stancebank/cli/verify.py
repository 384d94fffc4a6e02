"""The command that verifies a folder."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import print_table

if TYPE_CHECKING:
    from stancebank.publish.verification import Verified


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Also hold the folder against a workspace: its record of the version, and its gold.",
)
@click.option("--no-readers", is_flag=True, help="Leave out opening the folder with datasets, pandas and others.")
@click.option("--require-readers", is_flag=True, help="Fail where a reader is not installed; else it is only named.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as a JSON object.")
def verify(folder: Path, against: Path | None, no_readers: bool, require_readers: bool, as_json: bool) -> None:
    """Verify a published folder: all that can be proved from the folder alone, without trusting it.

    Reads DIR, a folder that `stancebank publish build` or `publish release` has written, and no workspace. Checks
    files, manifest, tables, rows, card and croissant.json, and makes all again that follows from other values; then
    opens it with each reader that is installed, in a process without the toolkit. Writes nothing.

    What a folder cannot prove by itself, such as a label that was changed everywhere, --against does: it holds the
    rows against the gold of a workspace at the same version.

    \b
    Example:
      stancebank publish verify build/dataset --no-readers
      stancebank publish verify build/dataset --against .
    """
    from stancebank.publish.verification import Wanted
    from stancebank.publish.verification import verify as verify_folder
    from stancebank.publish.verification.readers import READERS
    from stancebank.workspace import open_workspace

    if no_readers and require_readers:
        raise click.UsageError("--no-readers and --require-readers exclude one another.")
    workspace = open_workspace(against) if against else None
    found = verify_folder(folder, Wanted(workspace, () if no_readers else READERS, require_readers))
    if as_json:
        faults = [asdict(each) | {"severity": each.severity, "hint": each.hint} for each in found.faults]
        value = {"sound": found.is_sound, "checks": found.done, "rows": found.rows, "readers": found.tried}
        click.echo(json.dumps(value | {"faults": faults}, ensure_ascii=False))
    else:
        _print(found, has_workspace=workspace is not None, has_readers=not no_readers)
    if not found.is_sound:
        sys.exit(1)


def _print(found: "Verified", *, has_workspace: bool, has_readers: bool) -> None:
    from stancebank.publish.verification import CHECKS

    for each in found.faults[:MOST]:
        click.echo(f"{_seen(each.place)}  {each.code}  ({each.severity})\n    {_seen(each.message)}")
        click.echo(f"    Hint: {each.hint}.")
    if len(found.faults) > MOST:
        click.echo(f"... and {len(found.faults) - MOST} more; --json lists them all.")
    state = {name: "done" if name in found.done else "not reached" for name in CHECKS}
    if not has_workspace:
        state["workspace"] = "not asked for"
    if not has_readers or (found.is_sound and not found.tried):
        state["readers"] = "left out"
    if found.tried:
        state["readers"] = ", ".join(f"{name} {version}" for name, version in found.tried.items())
    print_table(["check", "state", "what it proves"], [[name, state[name], CHECKS[name]] for name in CHECKS])
    errors = len(found.errors)
    counted = f"{errors} error{'' if errors == 1 else 's'}"
    click.echo("The folder is sound." if found.is_sound else f"The folder is not sound: {counted}.", err=True)
    if found.is_sound and not has_workspace:
        said = "No folder proves its labels, nor who made it: --against holds it against a workspace of the project."
        click.echo(said, err=True)


def _seen(text: str) -> str:
    """Return what a folder says so that nothing in it can move the cursor or stay unseen."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


MOST = 50
"""Faults that are printed one by one."""
