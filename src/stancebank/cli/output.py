"""What every command shares: the workspace, how results and progress are shown, and how a group lists its commands."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from stancebank.cli.params import with_shared
from stancebank.cli.streams import is_muted, unescaped
from stancebank.records import is_special
from stancebank.text import escape_hidden
from stancebank.workspace import Workspace, find_workspace, open_workspace

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.progress import Progress as Bar
    from rich.segment import Segment
    from rich.table import Table

OFTEN = 100  # results of a push or a pull between two lines of progress


class PlainFile(click.Path):
    """A file that exists and ends: no pipe and no device."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, exists=True, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Raises a usage error where it is none of a plain file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if is_special(path.stat().st_mode):
            self.fail(f"{path} is no plain file. Save what it gives into a file first.", param, ctx)
        return path


def get_workspace(ctx: click.Context) -> Workspace:
    """Return the workspace that --workspace names, or the one that holds the working directory."""
    named: Path | None = ctx.find_root().obj
    return open_workspace(named) if named else find_workspace(Path.cwd())


def console() -> "Console":
    """Return a console on stdout: coloured and as wide as the terminal, plain and wide when piped."""
    from rich.console import Console

    class EscapedConsole(Console):
        def render(self, renderable: "RenderableType", options: "ConsoleOptions | None" = None) -> "Iterator[Segment]":
            for each in super().render(renderable, options):
                yield each if each.control else each._replace(text=escape_hidden(each.text))

    return EscapedConsole(width=_width(), highlight=False, soft_wrap=False, file=unescaped(sys.stdout))


def _width() -> int | None:
    """Return the columns that are printed to; None for those of the terminal."""
    return None if sys.stdout.isatty() else 160


@contextmanager
def printing() -> Iterator["Console"]:
    """Collect what is printed on a console, and put it out without the blanks that fill its lines."""
    out = console()
    with out.capture() as capture:
        yield out
    lines = (line.rstrip() for line in capture.get().split("\n"))
    click.echo("\n".join(lines).rstrip("\n"), file=unescaped(sys.stdout), color=out.is_terminal or None)


def print_styled(*parts: str | tuple[str, Mapping[str, Any]]) -> None:
    """Print a line of parts, of which those with a style (arguments of `click.style`) get it.

    Where NO_COLOR is set they get no colour, and where the terminal is dumb no style at all, as in tables.
    """
    without = {"fg", "bg"} if os.environ.get("NO_COLOR") else set()

    def style(words: str, given: Mapping[str, Any]) -> str:
        kept = {key: value for key, value in given.items() if key not in without}
        return words if os.environ.get("TERM") in ("dumb", "unknown") else click.style(words, **kept)

    styled = (
        escape_hidden(part) if isinstance(part, str) else style(escape_hidden(part[0]), part[1]) for part in parts
    )
    click.echo("".join(styled), file=unescaped(sys.stdout))


def print_file(content: str) -> None:
    """Print the content of a file: as it is where it is redirected into one, escaped on a terminal."""
    stream = sys.stdout if sys.stdout.isatty() else unescaped(sys.stdout)
    stream.write(content)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table for people: wrapped, nothing cut. Where its head does not fit, each row is a table of its own."""
    print_tables((head, rows))


def print_tables(*tables: tuple[Sequence[str], Sequence[Sequence[str]]]) -> None:
    """Print tables, each its head and its rows, an empty line apart, as `print_table` does.

    All are printed at once, so that who reads the first lines only and closes the pipe stops nothing.
    """
    from rich.console import Group

    shown: list[RenderableType] = []
    for head, rows in tables:
        shown += ["", *_tables(head, rows)]
    if shown[1:]:
        with printing() as out:
            out.print(Group(*shown[1:]))


def _tables(head: Sequence[str], rows: Sequence[Sequence[str]]) -> "Iterator[Table]":
    from rich.table import Table

    if len(head) > 2 and sum(len(name) + 2 for name in head) > console().width:
        for row in rows:
            yield from _tables((head[0], row[0]), list(zip(head[1:], row[1:], strict=True)))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    yield table


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Print facts by their names, each wrapped beside its name."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in facts:
        table.add_row(_plain(name), _plain(said))
    with printing() as out:
        out.print(table)


LEAST = 12
"""Columns of a terminal to which a value of a list is shortened at most."""


def print_list(head: Sequence[str], rows: Sequence[Sequence[str]], important: Sequence[str] = ()) -> None:
    """Print a list of records, each on one line: the first column whole, the others as far as a terminal has room.

    important: names of the other columns, of which the last are left out first. Redirected, all of it is printed.
    """
    from rich.table import Table

    with printing() as out:
        if not out.is_terminal:
            out.width = sys.maxsize
        cells = [[name, *(_plain(row[place]) for row in rows)] for place, name in enumerate(head)]
        natural = {each[0]: max(out.measure(cell).maximum for cell in each) for each in cells}
        widths = {head[0]: min(natural[head[0]], out.width)}  # an id that is longer than a line is folded, never cut
        room = out.width - widths[head[0]]
        for name in important or head[1:]:
            least = min(natural[name], max(LEAST, len(name)))
            if least + 2 <= room:
                widths[name] = least
                room -= least + 2
        for name in widths:
            more = min(natural[name] - widths[name], room)
            widths[name] += more
            room -= more
        table = Table(box=None, pad_edge=False, header_style="bold")
        shown = [each for each in cells if each[0] in widths]
        for name, *_ in shown:
            fold = name == head[0]
            table.add_column(name, no_wrap=not fold, overflow="fold" if fold else "ellipsis", width=widths[name])
        for row in zip(*(column for _, *column in shown), strict=True):
            table.add_row(*row)
        out.print(table)
    if hidden := [name for name in head if name not in widths]:
        click.echo(f"No room for: {', '.join(hidden)}. A wider terminal, and --json, show them.", err=True)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where there is not one: 1 fault, 2 faults."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape(escape_hidden(cell))


def require_value(workspace: Workspace, vocabulary: str, value: str, option: str) -> str:
    """Return the value of an option. Raises a usage error where it is not one of the workspace's vocabulary."""
    values = list(workspace.scheme.vocabularies.values(vocabulary))
    if value not in values:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(values)}.", param_hint=f"'{option}'")
    return value


QUIET = 15.0  # seconds between two lines where stderr is no terminal


class Progress:
    """Reports on stderr what is done, and how far it is. Use it as a context manager."""

    def __init__(self) -> None:
        self._what = ""
        self._reported = 0.0
        self._bar: Bar | None = None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def report(self, what: str, how_far: str) -> None:
        """Report what is done, which stays the same for a while, and how far it is."""
        if is_muted():
            return
        now = time.monotonic()
        if what != self._what:
            self._stop()
            click.echo(f"{what} ...", err=True)
            self._what, self._reported = what, now
        elif sys.stderr.isatty():
            self._show(how_far)
        elif now - self._reported >= QUIET:
            click.echo(f"  {how_far}", err=True)
            self._reported = now

    def _show(self, how_far: str) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress as Bar
            from rich.progress import SpinnerColumn, TextColumn

            columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
            bar_console = Console(file=unescaped(sys.stderr))
            self._bar = Bar(*columns, console=bar_console, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._bar.start()
            self._bar.add_task(escape_hidden(how_far), total=None)
        self._bar.update(self._bar.task_ids[0], description=escape_hidden(how_far))

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def bar(what: str, total: int | None = None, *, wanted: bool = True) -> Iterator[Callable[[object], None]]:
    """Show a bar on a terminal while something is done, and nothing elsewhere. Yields what is told of each thing done.

    total: how many there are, where it is known. wanted: whether to show anything.
    """
    if not (wanted and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    shown_on = Console(file=unescaped(sys.stderr))
    with Bar(*columns, console=shown_on, transient=True, redirect_stdout=False, redirect_stderr=False) as shown:
        task = shown.add_task(what, total=total)
        yield lambda _: shown.advance(task)


_SENTENCE = 300  # characters; a summary is wrapped, and never cut


def writes(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command hold the lock of its workspace while it reads, decides and writes.

    It needs none where it only shows what it would do: with --dry-run or --check, or without its --write.
    """

    @wraps(command)
    def alone(ctx: click.Context, /, *given: Any, **options: Any) -> None:
        if options.get("dry_run") or options.get("check_only") or not options.get("write", True):
            return command(ctx, *given, **options)
        with get_workspace(ctx).store.alone(ctx.command_path):
            return command(ctx, *given, **options)

    return alone


class Group(click.Group):
    """A group whose help lists its commands under chapters, or under one heading where it has none."""

    chapters: ClassVar[Mapping[str, Sequence[str]]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the chapters; those of none come last, by name."""
        told = [name for names in self.chapters.values() for name in names]
        return [*told, *(name for name in super().list_commands(ctx) if name not in told)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, which takes the workspace before or after its name."""
        command = super().get_command(ctx, cmd_name)
        return command and with_shared(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries."""
        for title, names in (self.chapters or {"Commands": self.list_commands(ctx)}).items():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
            with formatter.section(title):
                formatter.write_dl([(name, command.get_short_help_str(limit=_SENTENCE)) for name, command in found])
