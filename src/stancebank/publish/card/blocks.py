"""The computed parts of the dataset card by their names: each one Markdown, made of the rows of a build.

Here are those that cards of the first edition of a scheme have, with an invented row as an example. Those that cards of
every edition have are in `reference`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.model import (
    Article,
    Document,
    EntityRegistry,
    Line,
    Rights,
    Sourced,
    Statement,
    TargetRegistry,
    TextPolicy,
    Zone,
    from_builtins,
)
from stancebank.publish.card.brief import BRIEF
from stancebank.publish.card.pairs import agreement_rows, shown_tallies
from stancebank.publish.card.reference import alignment, fields, privacy, provenance, version, vocabularies
from stancebank.publish.card.statistics import (
    SMALL,
    Built,
    Facts,
    counted_fields,
    markdown_table,
)
from stancebank.publish.gold import ArticleAnnotation, make_context
from stancebank.publish.tables import Row, statement_sources, tables
from stancebank.publish.tables.columns import column_paths
from stancebank.records import read_json
from stancebank.schema.fields import Field, Level, Scheme
from stancebank.text import fingerprint, folding_of, sha256, span_fingerprint


def rights(facts: Facts) -> str:
    """How many articles stand under which policy, and what this folder shows."""
    every = Counter(row["text_policy"] for row in facts.articles)
    values = facts.context.vocabularies.values("text_policy")
    rows = [(f"`{name}`", value["description"], every[name]) for name, value in values.items() if every[name]]
    found = markdown_table(("text policy", "what may be published of the words", "articles"), rows)
    if facts.built:
        found += "\n" + words_shown(facts.built, len(facts.articles)) + "\n"
    return found


def words_shown(built: Built, articles: int) -> str:
    """Say in one paragraph which words a folder shows."""
    if not built.showing:
        said = "This folder shows no words of the articles: every text column is null."
    else:
        said = f"This folder shows words of {len(built.showing)} of {articles} articles."
    if built.lacking:
        said += f" Words not at hand when it was built, and so null: those of {_articles(len(built.lacking))}."
    if built.beyond:
        over = len(built.beyond)
        more = "shows more than its text policy allows" if over == 1 else "show more than their text policies allow"
        said += f" It is **not publishable**: {_articles(over)} {more}."
    else:
        said += " It is publishable: no article shows more than its text policy allows."
    return said


def _articles(number: int) -> str:
    return f"{number} article{'' if number == 1 else 's'}"


def splits(facts: Facts) -> str:
    """The one split, and why there is one."""
    written = {table: rows for table, rows in facts.rows.items() if rows}
    counts = [(f"`{table}`", "`train`", len(each)) for table, each in written.items()]
    rows = markdown_table(("config", "split", "rows"), counts)
    small = " The corpus is too small to be split into parts that say anything about one another." * (
        facts.n_unique < SMALL
    )
    return (
        f"{rows}\n{whole_texts(facts)}\n\n"
        f"There is one split, `train`.{small} Whoever splits it should keep the articles of one `event` "
        "together, since they report the same statements, and should leave rows with `same_as` out of the count. Rows "
        "are sorted by article id, then by the place of the content in the text, then by statement id: a slice such "
        "as `train[:50%]` is a slice of articles, not a sample.\n"
    )


def whole_texts(facts: Facts) -> str:
    """Say in one paragraph of which articles the tables are made that need the whole text."""
    names = [f"`{each.name}`" for each in tables(facts.context.scheme) if each.whole_text]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    said = f"The tables {listed} need the whole text of an article."
    if facts.built is None:
        return f"{said} A build has them for the articles that show it, and for no other; they are not counted here."
    if facts.n_whole == len(facts.articles):
        return f"{said} Every article shows it here."
    shown = f"{facts.n_whole} of {len(facts.articles)} articles show it here; the others are left out"
    if not facts.n_whole:
        shown = "No article shows it here, and they are not written"
    hint = (
        "`stancebank publish hydrate FOLDER COPIES --out DIR`, or in a workspace with `stancebank corpus hydrate DIR` "
        "and `stancebank publish build --text full`"
    )
    return f"{said} {shown}. Whoever holds copies of the articles puts them in with {hint}."


def agreement(facts: Facts) -> str:
    """How often two annotators agree who have read the same articles."""
    if not facts.readers:
        return "No article was read by two annotators, so there is no measure of agreement.\n"
    scheme = facts.context.scheme
    head = ("annotators", "articles", *shown_tallies(scheme).values())
    found = markdown_table(head, agreement_rows(facts.readers, scheme))
    both, one = ("Statements and conditions", "a statement, or of a condition,")
    if not scheme.has_conditions:
        both, one = "Statements", "a statement"
    found += (
        f"\n{both}: the F1 of one reading against the other. Content overlap: how far the marked "
        "stretches coincide, as the mean Dice coefficient over characters. All else: how often both say the same of "
        f"{one} that both have found. What both call a repetition is left out.\n"
    )
    if any("project" in pair.origins for pair in facts.readers):
        found += (
            "\nReadings of origin `project` were made by the project itself, aided by language models: they measure "
            "how far the guidelines determine a reading, not how independent people agree.\n"
        )
    return found


def load(facts: Facts) -> str:
    """How to open the folder."""
    rest = [name for name, rows in facts.rows.items() if rows][1:]
    more = "".join(f'{name} = load_dataset("DIR", "{name}", split="train")\n' for name in rest)
    first = next(name for name, rows in facts.rows.items() if rows)
    return (
        "```python\nfrom datasets import load_dataset\n\n"
        f'{first} = load_dataset("DIR", split="train")  # DIR: this folder\n{more}```\n\n'
        "Each table is a folder of Parquet files, which other tools open as well: in pandas "
        f'`pandas.read_parquet("DIR/{first}")`, in polars `polars.read_parquet("DIR/{first}")`, in DuckDB '
        f"`FROM 'DIR/{first}/*.parquet'`.{_sql_words(facts.context.scheme)}\n\n"
        "`sha256sum -c SHA256SUMS`, run in this folder, says whether every file came whole; "
        "`stancebank publish verify DIR` makes every row and every number of this page again from what they rest on.\n"
    )


def _sql_words(scheme: Scheme) -> str:
    """Say which names of columns are words of SQL; nothing where none is."""
    every = {path.rpartition(".")[2] for table in tables(scheme) for path, _ in column_paths(table.columns)}
    names = [f"`{name}`" for name in ("group", "end") if name in every or scheme.edition < 2]
    if not names:
        return ""
    are = "are words" if len(names) > 1 else "is a word"
    them = "them" if len(names) > 1 else "it"
    return f" In SQL, {' and '.join(names)} {are} of the language: write {them} in double quotes."


def example(facts: Facts) -> str:
    """One row, made of an invented article."""
    row = example_row(facts.context.scheme, facts.dataset_version)
    return "```json\n{\n" + ",\n".join(_member(name, value) for name, value in row.items()) + "\n}\n```\n"


def _member(name: str, value: object) -> str:
    """Return a member of a JSON object on a line of its own; on several where that would be too long to read."""
    line = f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
    if len(line) <= 120:
        return line
    return f"  {json.dumps(name)}: " + json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")


_EXAMPLE = Path(__file__).with_name("example.json")
_ID = "invented-gazette-undated-tolls"


def example_row(scheme: Scheme, dataset_version: str) -> Row:
    """Return one row of the table `statements`, made of an invented article."""
    told = read_json(_EXAMPLE)
    registries = {key: {"schema_version": scheme.version, key: told[key]} for key in ("entities", "targets")}
    context = make_context(
        scheme,
        from_builtins(registries["entities"], EntityRegistry),
        from_builtins(registries["targets"], TargetRegistry),
        dataset_version,
    )
    statement = _statement(told["statement"], told["text"], scheme)
    article, document = _article(told["text"], scheme), _document(statement, told["text"], scheme)
    (source,) = statement_sources(ArticleAnnotation(article, document, TextPolicy.FULL, told["text"]), context)
    return source.row


def _statement(value: Mapping[str, Any], text: str, scheme: Scheme) -> Statement:
    """Return the statement as far as the scheme goes; where it asks for more, the first value of the list."""

    def span(words: str) -> Row:
        begin = text.index(words)
        end = begin + len(words)
        return {"begin": begin, "end": end, "fingerprint": span_fingerprint(text, begin, end, scheme.edition)}

    def filled(level: Level, held: Mapping[str, Any], frame: Row) -> Row:
        for field in scheme.of(level):
            said = _said(field, held.get(field.name), scheme)
            if said is not None:
                frame[field.name] = span(said) if field.kind == "span" else said
        return frame

    speaker, target = value["speaker"], value["target"]
    frame: Row = {
        "id": value["id"],
        "content": [span(words) for words in value["content"]],
        "speaker": {**speaker, "span": span(speaker["span"])},
        "target": filled("target", target, {"id": target["id"], "span": span(target["span"])}),
    }
    if scheme.has_conditions:
        roles = list(scheme.vocabularies.values("condition_role"))
        frame["conditions"] = [
            filled(
                "condition",
                each,
                {
                    "id": each["id"],
                    "spans": [span(words) for words in each["spans"]],
                    "role": each["role"] if each["role"] in roles else roles[0],
                },
            )
            for each in value["conditions"]
        ]
    return scheme.read_statement(filled("statement", value, frame))


def _said(field: Field, value: Any, scheme: Scheme) -> Any:
    """Return what the example says in a field; of a closed list without that value, the first where one is required."""
    if field.vocabulary is None or field.kind == "date":
        return value
    values = list(scheme.values(field))
    return value if value in values else values[0] if field.required else None


def _article(text: str, scheme: Scheme) -> Article:
    zones = scheme.vocabularies.annotated_zones()
    return Article(
        schema_version=scheme.version,
        id=_ID,
        title=Sourced(value="An invented headline", basis="given"),
        outlet=Sourced(value="Invented Gazette", basis="given"),
        language=Sourced(value="en", basis="given"),
        event=Sourced(value="invented-event", basis="given"),
        rights=Rights(holder="nobody: invented", licence="CC0-1.0", text_policy=TextPolicy.FULL),
        raw_sha256=sha256(text),
        text_sha256=sha256(text),
        length=len(text),
        lines=(Line(begin=0, end=len(text), fingerprint=fingerprint(text, folding_of(scheme.edition))),),
        zones=(Zone(begin=0, end=len(text), zone="body" if "body" in zones else min(zones)),),
    )


def _document(statement: Statement, text: str, scheme: Scheme) -> Document:
    value = {
        "schema_version": scheme.version,
        "guideline_version": "1.0",
        "article_id": _ID,
        "text_sha256": sha256(text),
        "annotator": "nobody",
        "origin": "project",
        "created_at": "2031-01-01T00:00:00Z",
        "updated_at": "2031-01-01T00:00:00Z",
        "gold": {"method": next(iter(scheme.vocabularies.values("gold_method")))},
        "statements": [],
    }
    document = from_builtins(value, Document)
    return replace(document, statements=(statement,))


def counts(facts: Facts) -> str:
    """How much there is of everything."""
    kinds = facts.counted.speaker_kinds.values()
    published = sorted(row["published"] for row in facts.articles if row["published"])
    unnamed = facts.context.vocabularies.unnamed()
    return markdown_table(
        ("what", "value"),
        (
            ("articles", len(facts.articles)),
            ("articles read and found without a statement", sum(row["nothing_to_annotate"] for row in facts.articles)),
            ("outlets", len({row["outlet"] for row in facts.articles if row["outlet"]})),
            ("events", len({row["event"] for row in facts.articles if row["event"]})),
            ("first date of publication", published[0] if published else "unknown"),
            ("last date of publication", published[-1] if published else "unknown"),
            ("articles without a date of publication", len(facts.articles) - len(published)),
            ("articles with an address on record", sum(row["url"] is not None for row in facts.articles)),
            ("statements", len(facts.statements)),
            ("statements without repetitions", facts.n_unique),
            *(_of_conditions(facts) if facts.context.scheme.has_conditions else ()),
            ("named speakers", sum(kind not in unnamed for kind in kinds)),
            *([("entries of unnamed speakers", sum(map(unnamed.__contains__, kinds)))] if unnamed else []),
            ("targets", len(facts.counted.target_names)),
        ),
    )


def _of_conditions(facts: Facts) -> tuple[tuple[str, int], ...]:
    counted = facts.counted
    every, unique = (
        sum(count for (_, conditional), count in labels.items() if conditional)
        for labels in (counted.labels, counted.unique_labels)
    )
    return (
        ("conditional statements", every),
        ("conditional statements without repetitions", unique),
        ("conditions", len(facts.conditions)),
        ("conditions without repetitions", facts.counted_conditions.of("role", unique=True).total()),
    )


def stances(facts: Facts) -> str:
    """How often each label was given, without and with conditions where the scheme has such."""
    scheme = facts.context.scheme
    every, unique = facts.counted.labels, facts.counted.unique_labels
    rows = [
        (
            f"`{name}`",
            *((value["polarity"],) if scheme.has_polarity else ()),
            *(("yes" if conditional else "no",) if scheme.has_conditions else ()),
            every[key],
            unique[key],
        )
        for name, value in scheme.values(scheme.label).items()
        for conditional in (False, True)
        if every[key := (name, conditional)]
    ]
    side = ("polarity",) if scheme.has_polarity else ()
    depends = ("conditional",) if scheme.has_conditions else ()
    return markdown_table((scheme.label.title, *side, *depends, "statements", "without repetitions"), rows)


def conditions(facts: Facts) -> str:
    """How often each role of a condition occurs, and each value of its fields."""
    scheme = facts.context.scheme
    if not scheme.has_conditions:
        return "The scheme of this dataset has no conditions.\n"
    roles = scheme.vocabularies.values("condition_role")
    nothing = "none (waived)" if any(about.get("is_waiver") for about in roles.values()) else "none"
    found = []
    orders: dict[str, Iterable[str] | None] = {"role": roles}
    for counted in counted_fields(scheme):
        orders[str(counted.column)] = scheme.values(counted) if counted.vocabulary else None
    for column, order in orders.items():
        every = facts.counted_conditions.of(column)
        unique = facts.counted_conditions.of(column, unique=True)
        ordered = sorted(every, key=lambda value: (-every[value], value or "")) if order is None else order
        shown = [value for value in ordered if every[value]]
        rows = [(f"`{value}`" if value else nothing, every[value], unique[value]) for value in shown]
        found.append(markdown_table((column.replace("_", " "), "conditions", "without repetitions"), rows))
    return "\n".join(found)


def targets(facts: Facts) -> str:
    """How often each target occurs, below its root."""
    every, unique, names = facts.counted.targets, facts.counted.unique_targets, facts.counted.target_names
    rows = [(f"`{key[0]}`", f"`{key[1]}`", names[key[1]], every[key], unique[key]) for key in sorted(every)]
    return markdown_table(("root", "target", "name", "statements", "without repetitions"), rows)


def speakers(facts: Facts) -> str:
    """How often each speaker speaks."""
    counted = facts.counted
    every, unique = counted.speakers, counted.unique_speakers
    order = sorted(every, key=lambda each: (-every[each], each))
    unnamed = facts.context.vocabularies.unnamed()
    rows = []
    for each in order:
        kind = counted.speaker_kinds[each]
        shown = f"{kind}: not one actor" if kind in unnamed else kind
        rows.append((f"`{each}`", counted.speaker_names[each], shown, every[each], unique[each]))
    return markdown_table(("speaker", "name", "kind", "statements", "without repetitions"), rows)


def articles(facts: Facts) -> str:
    """The articles."""
    head = ("article", "title", "outlet", "published", "event", "rights holder", "text policy", "statements")
    keys = ("title", "outlet", "published", "event", "rights_holder", "text_policy", "n_statements")
    return markdown_table(head, [(f"`{row['article_id']}`", *(row[key] for key in keys)) for row in facts.articles])


BLOCKS = {
    block.__name__: block
    for block in (
        version,
        counts,
        stances,
        conditions,
        targets,
        speakers,
        articles,
        rights,
        splits,
        fields,
        alignment,
        vocabularies,
        provenance,
        agreement,
        privacy,
        load,
        example,
    )
}
"""The blocks by the names that the card's markers use, as the first edition of a scheme has them."""

NAMES = (*BLOCKS, *(name for name in BRIEF if name not in BLOCKS))
"""The names of all blocks, of whatever edition."""

BY_EDITION: Mapping[int, Mapping[str, Callable[[Facts], str]]] = {1: BRIEF | BLOCKS, 2: BLOCKS | BRIEF}
"""What makes each block, by the edition of a scheme: from the second one on, those of `brief` come first."""
