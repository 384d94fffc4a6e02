"""Long work shows that it lives: on a terminal in one line that changes, elsewhere in a line now and then."""

import sys
import time

import click

QUIET = 15.0  # seconds between two lines where stderr is no terminal


class Progress:
    """Tells on stderr what is done, and how far it is. Use it as a context manager."""

    def __init__(self) -> None:
        self._what = ""
        self._said = 0.0
        self._width = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def report(self, what: str, how_far: str) -> None:
        """Say what is done, which stays the same for a while, and how far it is."""
        now = time.monotonic()
        if what != self._what:
            self._clear()
            click.echo(f"{what} ...", err=True)
            self._what, self._said = what, now
        elif sys.stderr.isatty():
            line = f"  {how_far}"
            click.echo(f"\r{line.ljust(self._width)}", err=True, nl=False)
            self._width = len(line)
        elif now - self._said >= QUIET:
            click.echo(f"  {how_far}", err=True)
            self._said = now

    def _clear(self) -> None:
        if self._width:
            click.echo(f"\r{' ' * self._width}\r", err=True, nl=False)
            self._width = 0
