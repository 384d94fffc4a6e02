"""What the card says of the people in a dataset, as far as it can be counted."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from stancebank.model import Entity
from stancebank.publish.facts import Facts, markdown_table, said_columns
from stancebank.publish.tables import ARTICLES, CONDITIONS, STATEMENTS

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def privacy(facts: Facts) -> str:
    """Who is named and who is not, and what is known of them."""
    registry = facts.context.entities.values()
    persons = [entity for entity in registry if entity.kind == "person"]
    public = [each for each in persons if each.roles or each.affiliation]
    speaking = {row["speaker_id"]: row["speaker_kind"] for row in facts.statements}
    kinds = Counter(speaking.values())
    order = [kind for kind in facts.context.vocabularies.values("entity_kind") if kinds[kind] and kind != "unnamed"]
    rows: list[tuple[object, object]] = [
        *((f"speakers named, of the kind `{kind}`", kinds[kind]) for kind in order),
        ("persons in the registry of actors", len(persons)),
        ("of these with a public role or an affiliation", _share(len(public), len(persons))),
        ("of these with neither", len(persons) - len(public)),
        ("of these without a Wikidata id", sum(each.wikidata is None for each in persons)),
        ("entries that stand for people without a name, by role", sum(each.kind == "unnamed" for each in registry)),
        ("pseudonyms of annotators, that of the gold included", len(_annotators(facts))),
        ("e-mail addresses in names, metadata and the words shown", sum(map(_addresses, _strings(facts, registry)))),
    ]
    return markdown_table(("what", "how many"), rows)


def _share(some: int, all_: int) -> str:
    return f"{some} ({100 * some // all_}%)" if all_ else "0"


def _annotators(facts: Facts) -> set[str]:
    gold = {row["annotator"] for row in facts.articles}
    others = {row["annotator"] for row in facts.rows.get("annotations", ())}
    return gold | others | {name for pair in facts.readers for name in (pair.one, pair.other)}


def _strings(facts: Facts, registry: Iterable[Entity]) -> Iterator[str]:
    for entity in registry:
        yield from (entity.name, *entity.aliases)
    for name in (STATEMENTS, CONDITIONS, ARTICLES):
        columns = said_columns(name, facts.context.scheme)
        for row in facts.rows.get(name, ()):
            yield from (said for column in columns if (said := row.get(column)))


def _addresses(text: str) -> int:
    return len(_ADDRESS.findall(text))
