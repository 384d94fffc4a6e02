"""Long work shows that it is alive: on a terminal in one line that changes, elsewhere in a line now and then."""

import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

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
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(how_far, total=None)
        self._bar.update(self._bar.task_ids[0], description=how_far)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
