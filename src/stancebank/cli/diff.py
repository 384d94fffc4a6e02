"""The command publish diff."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, print_styled
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.publish.diff import Diff

MOST = 20
"""Changes of a kind that are listed one by one."""


@click.command()
@click.argument("one", metavar="OLDER")
@click.argument("other", metavar="NEWER", default=".")
@json_option("Print the differences as a JSON object.")
@click.option("--markdown", is_flag=True, help="Print them as a Markdown page.")
@click.option("--changelog", is_flag=True, help="Print entries for the section Dataset of CHANGELOG.md.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a picture to a file.")
@click.option("--all", "everything", is_flag=True, help=f"List every change; otherwise {MOST} of each kind.")
@click.pass_context
def diff(
    ctx: click.Context,
    one: str,
    other: str,
    as_json: bool,
    markdown: bool,
    changelog: bool,
    html: Path | None,
    everything: bool,
) -> None:
    """Say what changed between two versions of a dataset, row by row, and why.

    OLDER and NEWER are each a folder that `stancebank publish build` or `publish release` has written, the address of
    a published version, a workspace, or a revision of this workspace in git: a tag, a branch, a commit, or a version
    number for its tag. Without NEWER, the workspace is compared as it is now. Writes nothing, except FILE with --html.

    Statements are recognised by their ids, and those that only one side has by their words. Where the two follow
    different schemas, the older statements are migrated first, so that only what people changed is listed. The lowest
    version number that the changes allow is printed, too.

    \b
    Example:
      stancebank publish diff 1.0.0
      stancebank publish diff releases/mine-1.0.0 releases/mine-1.1.0 --html changes.html
      stancebank publish diff hf://datasets/org/mine@1.0.0 hf://datasets/org/mine@1.1.0
    """
    from stancebank.errors import WorkspaceError
    from stancebank.publish.diff import compare_sides
    from stancebank.publish.diff_report import to_changelog, to_markdown, to_page, to_value
    from stancebank.publish.sides import open_sides
    from stancebank.records import write_text
    from stancebank.workspace import find_workspace, open_workspace

    if as_json + markdown + changelog > 1:
        raise click.UsageError("--json, --markdown and --changelog exclude one another.")
    named: Path | None = ctx.find_root().obj
    try:
        workspace = open_workspace(named) if named else find_workspace(Path.cwd())
    except WorkspaceError:
        if named:
            raise
        workspace = None
    with open_sides(one, other, workspace) as (older, newer):
        found = compare_sides(older, newer, [workspace.root / "schema"] if workspace else [])
    if html:
        write_text(html, to_page(found))
    if as_json:
        click.echo(json.dumps(to_value(found), ensure_ascii=False))
    elif markdown or changelog:
        click.echo(to_markdown(found) if markdown else to_changelog(found), nl=False)
    else:
        _print(found, everything)
    if html:
        click.echo(f"Wrote {html}.", err=True)


def _print(found: "Diff", everything: bool) -> None:
    from stancebank.publish.diff import KINDS
    from stancebank.publish.diff_report import by_kind, say_change, say_verdict, say_why

    for step in found.steps:
        if step.rows:
            click.echo(f"schema  {step.what}: {count(step.rows, 'row')}  ({step.note})")
    for kind, changes in by_kind(found):
        click.echo(f"{KINDS[kind].said} ({len(changes)})")
        shown = changes if everything else changes[:MOST]
        for each in shown:
            print_styled("  ", (each.row, {"bold": True}), f"  {say_change(each)}")
            if each.why and (each.why.reason or each.why.rule or each.why.by or each.why.commit):
                print_styled(("      " + say_why(each.why), {"dim": True}))
        if len(shown) < len(changes):
            click.echo(f"  ... and {len(changes) - len(shown)} more; --all lists them.")
        click.echo()
    for note in found.notes:
        click.echo(f"Not compared: {note}", err=True)
    click.echo(say_verdict(found), err=True)
