"""What every command shares: the workspace, and the way that results look."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.workspace import Workspace, find_workspace, open_workspace

if TYPE_CHECKING:
    from rich.console import Console


def get_workspace(ctx: click.Context) -> Workspace:
    """Return the workspace that --workspace names, or the one that holds the working directory."""
    named: Path | None = ctx.find_root().obj
    return open_workspace(named) if named else find_workspace(Path.cwd())


def console() -> "Console":
    """Return a console on stdout: coloured and as wide as the terminal, plain and wide when piped."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 160, highlight=False, soft_wrap=False)


@contextmanager
def printing() -> Iterator["Console"]:
    """Collect what is printed on a console, and put it out without the blanks that fill its lines."""
    out = console()
    with out.capture() as capture:
        yield out
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()), color=out.is_terminal or None)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table for people: wrapped, nothing cut. Where its head does not fit, each row is a table of its own."""
    from rich.table import Table

    if len(head) > 2 and sum(len(name) + 2 for name in head) > console().width:
        for row in rows:
            print_table((head[0], row[0]), list(zip(head[1:], row[1:], strict=True)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    with printing() as out:
        out.print(table)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where there is not one: 1 fault, 2 faults."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape(cell)


def require_value(workspace: Workspace, vocabulary: str, value: str, option: str) -> str:
    """Return the value of an option. Raises a usage error where it is not one of the workspace's vocabulary."""
    values = list(workspace.scheme.vocabularies.values(vocabulary))
    if value not in values:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(values)}.", param_hint=f"'{option}'")
    return value
