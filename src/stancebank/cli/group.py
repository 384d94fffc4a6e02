"""How a group of commands looks in help: whole sentences, in the order of the work."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import click

_SENTENCE = 300  # characters; a summary is wrapped, and never cut


class Group(click.Group):
    """A group whose help lists its commands under chapters, or under one heading where it has none."""

    chapters: ClassVar[Mapping[str, Sequence[str]]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the chapters; those of none come last, by name."""
        told = [name for names in self.chapters.values() for name in names]
        return [*told, *(name for name in super().list_commands(ctx) if name not in told)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries."""
        for title, names in (self.chapters or {"Commands": self.list_commands(ctx)}).items():
            found = [(name, command) for name in names if (command := self.get_command(ctx, name))]
            with formatter.section(title):
                formatter.write_dl([(name, command.get_short_help_str(limit=_SENTENCE)) for name, command in found])
