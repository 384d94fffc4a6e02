"""A registry entry for people and for programs."""

import json
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import print_table

if TYPE_CHECKING:
    from stancebank.corpus.registry import Registry
    from stancebank.corpus.store import Store


def print_entry(registry: "Registry", name: str, store: "Store", as_json: bool) -> None:
    """Print what an id stands for, and what refers to it."""
    from stancebank.corpus.registry import look_up
    from stancebank.model import Entity, to_builtins

    shown = look_up(registry, name, store.all_documents(), store.scheme)
    entry = to_builtins(shown.entry)
    if isinstance(shown.entry, Entity):
        ties = {"part_of": shown.above, "parts": shown.below, "members": shown.members}
    else:
        ties = {"parents": shown.above, "children": shown.below}
    if as_json:
        uses = [{"article_id": use.article_id, "annotator": use.annotator, "counts": use.counts} for use in shown.uses]
        value = {"entry": entry, "former_ids": shown.former, "ties": ties, "uses": uses}
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    if name != shown.entry.id:
        click.echo(f"{name!r} is now {shown.entry.id!r}.", err=True)
    values = {key: value for key, value in entry.items() if key not in ("part_of", "parent")}
    values |= {"former_ids": list(shown.former)} | {key: list(names) for key, names in ties.items()}
    for key, value in values.items():
        if value:
            click.echo(f"{key.replace('_', ' '):<12} {_said(value)}")
    if not shown.uses:
        click.echo("No document refers to it.", err=True)
        return
    places = sorted({place for use in shown.uses for place in use.counts})
    rows = [
        [use.article_id, use.annotator or "gold", *(str(use.counts.get(place, "")) for place in places)]
        for use in shown.uses
    ]
    click.echo()
    print_table(["article", "document", *places], rows)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):  # a role
        dates = "/".join(value.get(key, "..") for key in ("from", "to")) if value.keys() > {"title"} else ""
        return f"{value['title']} ({dates})" if dates else str(value["title"])
    return str(value)
