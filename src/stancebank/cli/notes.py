"""Notes on articles that came in, printed one by one while they are few, and each kind once where they are many."""

import re

import click

from stancebank.cli.output import count

FEW = 20
"""Articles, or notes, that have a line each; more of them are summed up."""


class NoteKinds:
    """Notes, as they come. verbose: whether all have a line, however many they are."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._lines: list[tuple[str, str]] = []
        self._many = 0
        self._kinds: dict[str, tuple[int, str]] = {}

    def add(self, article_id: str, note: str) -> None:
        """Take a note on an article."""
        self._many += 1
        if self._verbose or self._many <= FEW:
            self._lines.append((article_id, note))
        kind = re.sub(r"^line \d+: |, \d+ times in all", "", note)
        kind = re.sub(r"^(\w+): .* is stored as .*", r"\1 is stored in another form.", kind)
        kind = re.sub(r"^title: .* does not stand", "title: it does not stand", kind)
        kind = re.sub(r"; ftfy would mend .*", ", which ftfy would mend. The text is kept as it is.", kind)
        kind = re.sub(r"left out between others(?:: |, such as ).*", "left out between others.", kind)
        kind = re.sub(r"its page gave \d+ words", "its page gave few words", kind)
        many, first = self._kinds.get(kind, (0, article_id))
        self._kinds[kind] = (many + 1, first)

    def print(self) -> None:
        """Print them to stderr."""
        if self._verbose or self._many <= FEW:
            for article_id, note in self._lines:
                click.echo(f"{article_id}, {note}", err=True)
            return
        for kind, (many, first) in sorted(self._kinds.items(), key=lambda pair: -pair[1][0])[:FEW]:
            click.echo(f"{count(many, 'article')}: {kind} The first is {first}.", err=True)
        more = f"; there are {len(self._kinds) - FEW} more kinds" if len(self._kinds) > FEW else ""
        click.echo(f"--verbose has the lines{more}.", err=True)
