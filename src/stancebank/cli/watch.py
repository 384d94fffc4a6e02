"""The command that keeps pulling until it is told to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import get_workspace

if TYPE_CHECKING:
    from stancebank.annotate.client import Server
    from stancebank.workspace import Workspace

LONGEST = 300.0  # seconds between two attempts, while the server is away


class _Stop(BaseException):
    """Somebody asked to stop."""


class _Bell:
    """Turns SIGINT and SIGTERM into an end: at once, or after what is being written is written."""

    def __init__(self) -> None:
        self._rung = False
        self._shielded = False
        self._waiting = threading.Event()

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Let what is inside come to its end first."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
        if self._rung:
            raise _Stop

    def ring(self, _number: int, _frame: FrameType | None) -> None:
        """Handle a signal."""
        self._rung = True
        if not self._shielded:
            raise _Stop

    def wait(self, seconds: float) -> None:
        """Do nothing for a while; a signal ends it."""
        self._waiting.wait(seconds)


@click.command()
@click.option("--every", type=click.FloatRange(1), default=30.0, show_default=True, help="Seconds between two pulls.")
@click.pass_context
def watch(ctx: click.Context, every: float) -> None:
    """Keep pulling what annotators mark in Label Studio, until Ctrl+C.

    Reads and writes what `stancebank annotate pull` does, and says what has changed. Conflicts, and annotations of
    which anything is rejected, are said when they come up or change, and wait for a person. A server that goes away is
    waited for. Ctrl+C and SIGTERM end it at once, or once what is being written is whole; either is a clean end, with
    exit code 0.

    \b
    Example:
      stancebank annotate watch --every 60
    """
    from stancebank.annotate.connection import connect

    workspace = get_workspace(ctx)
    server, bell = connect(workspace), _Bell()
    before = {number: signal.signal(number, bell.ring) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _watch(server, workspace, bell, every)
    except _Stop:
        click.echo("Stopped.", err=True)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(server: "Server", workspace: "Workspace", bell: _Bell, every: float) -> None:
    from stancebank.annotate.connection import LOCAL, remove_export_copies
    from stancebank.annotate.sync.pull import pull
    from stancebank.annotate.sync.state import BusyError
    from stancebank.annotate.sync.types import PullOptions, PullResult
    from stancebank.cli.pull import PullReport
    from stancebank.errors import ServerError

    click.echo(f"Watching {server.url}, every {every:g} seconds. Ctrl+C ends it.", err=True)
    options, away, reported = PullOptions(), 0, set[PullResult]()
    while True:
        remove_export_copies(workspace.root / LOCAL / "studio")
        report, now = PullReport(workspace, options), set[PullResult]()
        try:
            for result in pull(server, workspace, options, shield=bell.shield):
                now.add(result)
                if result not in reported:
                    report.add(result, only_changes=True)
        except BusyError:
            bell.wait(every)
            continue
        except ServerError as error:
            if error.status in (401, 403):
                raise
            away += 1
            if away == 1:
                click.echo(f"{error}\nWaiting for it.", err=True)
            bell.wait(min(every * 2**away, LONGEST))
            continue
        if away:
            click.echo(f"{server.url} is back.", err=True)
        away, reported = 0, now
        bell.wait(every)
