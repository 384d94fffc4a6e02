"""What is looked up: all columns and values in COLUMNS.md; and the parts of a card that say which columns matter most,
which dataset it is, by whom it was read, and who is named in it.
"""

from collections import Counter
from collections.abc import Iterable

from stancebank.model import EVERY_SPLIT, Entity
from stancebank.publish.card.statistics import Facts, count_addresses, main_columns, markdown_table, said_columns
from stancebank.publish.tables import (
    ARTICLES,
    CHAT,
    PASSAGES,
    STATEMENTS,
    TOKENS,
    Column,
    Table,
    find_table,
    tables,
    type_name,
)
from stancebank.publish.tables.columns import fields_of
from stancebank.publish.tables.fields import is_place
from stancebank.schema.fields import Scheme

COLUMNS = "COLUMNS.md"

_HEAD = """# Columns and values of {name}

Every table, column and value of dataset version {version}, annotation schema {schema}. `README.md` says what the
dataset is, and which columns to begin with. This page is made of the tables' declarations and the scheme.

**Words.** Columns marked *words* hold words of the articles where their text policy lets them be published, and are
null elsewhere; the spans say where the words stand. A withheld word can be put back from a copy of the article
(`stancebank publish hydrate`).

**Offsets** count Unicode code points of the stored text (NFC, LF line ends); `{begin}` is inclusive, `{end}` exclusive:
in Python, `text[{begin}:{end}]`. Bytes, UTF-16 units and tokens are other counts.

**Fingerprints** let whoever has the text check that its words are the same, whatever their capitals, white space and
kinds of quotation marks and dashes.

**Ids** are given once and kept. The id of an article has the date and the headline that were known on the day it
was added.

{order}"""

_ORDER = """\
**Order.** Rows are sorted by article id, then by the place of the content in the text, then by statement id: a
slice such as `train[:50%]` is a slice of articles, not a sample. The registries are sorted by id.
"""

_ORDER_BY_SPLIT = """\
**Order.** Rows are sorted by split ({splits}), then by article id, then by the place of the
content in the text, then by statement id: a slice such as `train[:50%]` is a slice of articles, not a sample. The
registries are sorted by id.

**Splits.** All rows of an article say its split in `split`, and lie in files of that name, such as
`articles/test-00000-of-00001.parquet`. Readers that open a whole folder take its files by their names. An article that
is in none of the parts for training and testing has the split `none`. The registries belong to all splits, and lie
under `train`.
"""

_NOTES = {
    "articles": "Negatives: an article was read whole, so a line in an annotated zone in which no content begins holds "
    "no statement, and `nothing_to_annotate` says so of an article. Hard negatives: words that look like a statement "
    "and were passed over, with the reason.",
    "annotations": "What each annotator said, before it became gold. These rows are not gold and must not be counted "
    "as such: `gold_statement_id` names the gold statement that a row is aligned with, by its content. The agreement "
    "in `README.md` is computed from them.",
    "entities": "The registry, whole. `former_ids` are those that were merged or renamed; older versions of the "
    "dataset may use them.",
    "targets": "The registry, whole. What a condition asks for may also be `unspecified`.",
    PASSAGES: "A passage is the part of a line of the stored text that lies in one annotated zone: a headline, a "
    "caption, a paragraph. A statement stands with every passage in which a span of its content begins; "
    "`content_parts` says which spans. Where `has_statement` is false the passage is a negative: it was read, and "
    "nothing in it is a statement. Where words in it look like a statement and were passed over, the reasons are "
    "given, and with no statement beside them the passage is a hard negative.",
    TOKENS: "A run of letters, marks and digits is a token, and so is every other character as people see it. White "
    "space lies in no token. Each label has two layers of tags, in which spans of that label do not overlap: the "
    "longest spans come first, in tokens, and of equally long ones the first in the text; each takes the first layer "
    "if nothing there overlaps it, else the second, else it is dropped. `spans` holds every span with its offsets in "
    "the passage, which are the truth. Columns with `tag_ids` hold the tags as class labels.",
    CHAT: "The system message gives the task, the targets and the values; the user message the annotated text, each "
    "passage behind the number of its line in brackets; the assistant's message the gold statements as JSON of the "
    "form of `prediction.schema.json`. Entities stand by their names, and a span is exact words of the user message. "
    "Words that stand there more than once, whatever their case, are an object that names their `line` and, if need "
    "be, which `occurrence` of them is meant.",
}
"""What is said of a table beside its meaning."""


def make_columns(facts: Facts) -> str:
    """Return COLUMNS.md. What several tables repeat is described in the first of them."""
    scheme = facts.context.scheme
    name = facts.pretty_name or facts.name
    begin, end = _bounds(scheme)
    order = _ORDER_BY_SPLIT.format(splits=", ".join(f"`{each}`" for each in EVERY_SPLIT)) if facts.splits else _ORDER
    told = {"name": name, "version": facts.dataset_version, "schema": facts.schema_version, "order": order}
    parts = [_HEAD.format(begin=begin, end=end, **told)]
    seen: dict[tuple[str, str], str] = {}
    for table in tables(scheme):
        parts.append(f"## Table `{table.name}`\n\n{table.meaning}{_absence(table, facts)}\n")
        if note := _NOTES.get(table.name):
            parts.append(f"{note}\n")
        if table.name == TOKENS and facts.tokens:
            parts.append(f"How the spans fared; {_FARED}:\n\n{alignment(facts)}")
        parts.append(_described(table, seen))
    parts.append("## Values\n\nThe closed lists of the scheme, each with the meaning of its values.\n")
    vocabularies = facts.context.vocabularies
    label = str(scheme.label.vocabulary)
    for each in dict.fromkeys((label, *vocabularies.by_name)):
        parts.append(f"### `{each}`\n\n{vocabularies.by_name[each]['description']}\n\n{vocabularies.table(each)}")
    return "\n".join(parts)


_FARED = "a snapped span begins or ends inside a token, and its tags reach out to the whole token"


def _bounds(scheme: Scheme) -> tuple[str, str]:
    """Return what the columns are called that say where words begin and end."""
    place = next(each for each in find_table(scheme, STATEMENTS).columns if is_place(each))
    names = {field.states: field.name for field in fields_of(place)}
    return names["begin"], names["end"]


def _absence(table: Table, facts: Facts) -> str:
    """Say of a table without rows that it is not there, and why."""
    if facts.rows.get(table.name):
        return ""
    if not table.whole_text:
        return " It has no rows at present and is not written."
    return " It has rows only of articles that show their whole text; here no article does, and it is not written."


def _described(table: Table, seen: dict[tuple[str, str], str]) -> str:
    """Return the columns of a table. seen: which table described a column of this name and meaning; it grows."""
    own, repeated = [], dict[str, list[str]]()
    for each in table.columns:
        told = each.name, f"{each.meaning} {type_name(each.type)}"
        if told in seen:
            repeated.setdefault(seen[told], []).append(f"`{each.name}`")
        else:
            seen[told] = table.name
            own.append(each)
    found = markdown_table(
        ("column", "type", "meaning"),
        ((f"`{each.name}`", f"`{short_type(each)}`", _meaning(each)) for each in own),
    )
    for name, columns in repeated.items():
        found += f"\nAs in `{name}`: {', '.join(columns)}.\n"
    if nested := [each for each in own if "struct" in type_name(each.type)]:
        found += "\nNested types in full:\n\n"
        found += "".join(f"- `{each.name}`: `{type_name(each.type)}`\n" for each in nested)
    return found


def _meaning(column: Column) -> str:
    return f"{column.meaning} *Words.*" if column.words else column.meaning


def short_type(column: Column) -> str:
    """Return a type without what groups hold: at its full length it would leave a table no room for meanings."""
    name = type_name(column.type)
    return name if "struct" not in name else "list<struct>" if name.startswith("list") else "struct"


def columns(facts: Facts) -> str:
    """The columns of the first table that matter most, in the order in which they are best read."""
    scheme = facts.context.scheme
    table = next(iter(tables(scheme)))
    by_name = {each.name: each for each in table.columns}
    chosen = [by_name[name] for name in main_columns(scheme)]
    rest = len(table.columns) - len(chosen)
    page = f"[`{COLUMNS}`]({COLUMNS})" if facts.built else f"`{COLUMNS}`, which comes with every build,"
    rows = [(f"`{each.name}`", f"`{short_type(each)}`", _meaning(each)) for each in chosen]
    return (
        f"{markdown_table(('column', 'type', 'meaning'), rows)}\n"
        f"`{table.name}` has {rest} more. {page} describes the columns of every table, and every value.\n"
    )


def fields(facts: Facts) -> str:
    """The columns of every table, folded away save those of the first. Tables without rows are named as such."""
    found = []
    first, *_ = every = tables(facts.context.scheme)
    for table in every:
        without = "" if facts.rows.get(table.name) else " It has no rows at present and is not written."
        if without and table.whole_text:
            where = "here no article does, and it is not written" if facts.built else "without one it is not written"
            without = f" It has rows only of articles that show their whole text; {where}."
        rows = [
            (f"`{each.name}`", each.meaning, "yes" if each.words else "", f"`{short_type(each)}`")
            for each in table.columns
        ]
        nested = [each for each in table.columns if "struct" in type_name(each.type)]
        head = f"#### `{table.name}`\n\n{table.meaning}{without}\n\n"
        shown = markdown_table(("column", "meaning", "article's words", "type"), rows)
        if nested:
            shown += "\nNested types in full:\n\n"
            shown += "".join(f"- `{each.name}`: `{type_name(each.type)}`\n" for each in nested)
        if table is not first:
            shown = f"<details><summary>Its {len(rows)} columns</summary>\n\n{shown}\n</details>\n"
        found.append(head + shown)
    return "\n".join(found)


def vocabularies(facts: Facts) -> str:
    """The values of the labels."""
    scheme = facts.context.scheme
    fields = [field for field in scheme.fields if field.kind == "vocabulary" and field.column is not None]
    label, others = str(scheme.label.vocabulary), [str(field.vocabulary) for field in fields if not field.is_label]
    side = ["polarity"] if scheme.has_polarity and "polarity" in scheme.vocabularies.by_name else []
    roles = ["condition_role"] if scheme.has_conditions else []
    found = []
    for name in dict.fromkeys((label, *side, *others, *roles, "entity_kind", "zone")):
        meaning = facts.context.vocabularies.by_name[name]["description"]
        found.append(f"#### `{name}`\n\n{meaning}\n\n{facts.context.vocabularies.table(name)}")
    return "\n".join(found)


def alignment(facts: Facts) -> str:
    """How well the tags of tokens show the spans that were annotated."""
    if not facts.tokens:
        return (
            "There is no table `tokens` here, and so nothing to align: no article shows its whole text.\n"
            if facts.built
            else "It is computed in a build, of the articles that show their whole text.\n"
        )
    head = ("label", "annotated", "distinct spans", "exact", "snapped", "dropped", "in layer two")
    rows = [
        (f"`{name}`" if name != "all" else name, a.annotated, a.spans, a.exact, a.snapped, a.dropped, a.second)
        for name, a in facts.alignment.items()
    ]
    return markdown_table(head, rows)


def version(facts: Facts) -> str:
    """Which dataset this is."""
    return f"`{facts.name}`, dataset version {facts.dataset_version}, annotation schema {facts.schema_version}.\n"


def provenance(facts: Facts) -> str:
    """By whom and how the articles were read."""
    keys = ("origin", "annotator", "gold_method", "guideline_version")
    every = Counter(tuple(row[key] for key in keys) for row in facts.articles)
    found = markdown_table(
        ("origin", "annotator", "gold method", "guidelines", "articles"), [(*k, n) for k, n in sorted(every.items())]
    )
    methods = facts.context.vocabularies.values("gold_method")
    for method in sorted({row["gold_method"] for row in facts.articles}):
        found += f"\n`{method}`: {methods[method]['description']}\n"
    if any(row["origin"] == "project" for row in facts.articles):
        found += (
            "\nOrigin `project` means a reading by the project itself, aided by language models, not by independent "
            "human annotators; the header says `machine-generated` and `other` for it.\n"
        )
    return found


def privacy(facts: Facts) -> str:
    """Who is named and who is not, and what is known of them."""
    registry = facts.context.entities.values()
    vocabularies = facts.context.vocabularies
    of_persons, of_unnamed = vocabularies.persons(), vocabularies.unnamed()
    persons = [entity for entity in registry if entity.kind in of_persons]
    public = [each for each in persons if each.roles or each.affiliation]
    kinds = Counter(facts.counted.speaker_kinds.values())
    order = [kind for kind in vocabularies.values("entity_kind") if kinds[kind] and kind not in of_unnamed]
    of_each: list[tuple[object, object]] = [
        ("persons in the registry of actors", len(persons)),
        ("of these with a public role or an affiliation", _share(len(public), len(persons))),
        ("of these with neither", len(persons) - len(public)),
        ("of these without a Wikidata id", sum(each.wikidata is None for each in persons)),
    ]
    unnamed = sum(each.kind in of_unnamed for each in registry)
    rows: list[tuple[object, object]] = [
        *((f"speakers named, of the kind `{kind}`", kinds[kind]) for kind in order),
        *(of_each if of_persons else ()),
        *([("entries that stand for people without a name, by role", unnamed)] if of_unnamed else []),
        ("pseudonyms of annotators, that of the gold included", len(_annotators(facts))),
        ("e-mail addresses in names, metadata and the words shown", _all_addresses(facts, registry)),
    ]
    return markdown_table(("what", "how many"), rows)


def _share(some: int, all_: int) -> str:
    return f"{some} ({100 * some // all_}%)" if all_ else "0"


def _annotators(facts: Facts) -> set[str]:
    gold = {row["annotator"] for row in facts.articles}
    others = {annotator for _, annotator, _ in facts.readings}
    return gold | others | {name for pair in facts.readers for name in (pair.one, pair.other)}


def _all_addresses(facts: Facts, registry: Iterable[Entity]) -> int:
    names = [{"name": name} for entity in registry for name in (entity.name, *entity.aliases)]
    said = said_columns(ARTICLES, facts.context.scheme)
    return (
        sum(count_addresses(each, ("name",)) for each in names)
        + sum(count_addresses(row, said) for row in facts.articles)
        + facts.counted.addresses
        + facts.counted_conditions.addresses
    )
