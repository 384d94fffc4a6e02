"""The one door of all that is printed.

What a repository, a file or a server says cannot move the cursor, turn the line or stay unseen: both streams escape it,
whoever writes to them. Only what has a style of our own goes round them (`output.print_styled`, `output.printing`), and
is escaped before it gets the style.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from stancebank.text import escape_hidden


class EscapedStream:
    """A stream whose hidden characters are escaped (`text.escape_hidden`); in all else it is the one it stands for.

    It has no `buffer`, so that nothing is written past it.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.muted = False

    def write(self, text: str) -> int:
        """Write text, unless it is muted; what the stream's encoding lacks is escaped, too."""
        if self.muted:
            return len(text)
        shown = escape_hidden(text)
        try:
            self.stream.write(shown)
        except UnicodeEncodeError:
            encoding = self.stream.encoding
            self.stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self.stream, name)


def set_encodings() -> None:
    """Let what goes into files and pipes be UTF-8 with LF, whatever the system's encoding is.

    A terminal keeps its own encoding; what that lacks is escaped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


@contextmanager
def escaped_streams() -> Iterator[None]:
    """Let all that is printed pass `EscapedStream`, on both streams; one that is closed swallows it."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", EscapedStream(each or io.StringIO())) for each in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def mute(muted: bool = True) -> None:
    """Let nothing more be said beside the results, or let it be said again."""
    if isinstance(sys.stderr, EscapedStream):
        sys.stderr.muted = muted


def is_muted() -> bool:
    """Whether nothing is to be said beside the results."""
    return isinstance(sys.stderr, EscapedStream) and sys.stderr.muted


def unescaped(stream: TextIO) -> TextIO:
    """Return the stream behind an `EscapedStream`, for what was escaped before."""
    return stream.stream if isinstance(stream, EscapedStream) else stream
