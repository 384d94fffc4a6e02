"""The tables of the dataset card that count: how much there is of everything, and of each label."""

from collections import Counter
from collections.abc import Iterable

from stancebank.publish.facts import Facts, counted_fields, markdown_table


def counts(facts: Facts) -> str:
    """How much there is of everything."""
    speakers = {row["speaker_id"]: row["speaker_kind"] for row in facts.statements}
    published = sorted(row["published"] for row in facts.articles if row["published"])
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
            ("named speakers", sum(kind != "unnamed" for kind in speakers.values())),
            ("entries of unnamed speakers", sum(kind == "unnamed" for kind in speakers.values())),
            ("targets", len({row["target_id"] for row in facts.statements})),
        ),
    )


def _of_conditions(facts: Facts) -> tuple[tuple[str, int], ...]:
    unique_ids = {row["statement_id"] for row in facts.unique}
    return (
        ("conditional statements", sum(row["conditional"] for row in facts.statements)),
        ("conditional statements without repetitions", sum(row["conditional"] for row in facts.unique)),
        ("conditions", len(facts.conditions)),
        ("conditions without repetitions", sum(row["statement_id"] in unique_ids for row in facts.conditions)),
    )


def stances(facts: Facts) -> str:
    """How often each label was given, without and with conditions where the scheme has such."""
    scheme = facts.context.scheme
    label = str(scheme.label.column)
    every = Counter((row[label], row.get("conditional", False)) for row in facts.statements)
    unique = Counter((row[label], row.get("conditional", False)) for row in facts.unique)
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
    unique_ids = {row["statement_id"] for row in facts.unique}
    roles = scheme.vocabularies.values("condition_role")
    nothing = "none (waived)" if any(about.get("is_waiver") for about in roles.values()) else "none"
    found = []
    orders: dict[str, Iterable[str] | None] = {"role": roles}
    for counted in counted_fields(scheme):
        orders[str(counted.column)] = scheme.values(counted) if counted.vocabulary else None
    for column, order in orders.items():
        every = Counter(row[column] for row in facts.conditions)
        unique = Counter(row[column] for row in facts.conditions if row["statement_id"] in unique_ids)
        if order is None:
            order = sorted(every, key=lambda value: (-every[value], value or ""))
        shown = [value for value in order if every[value]]
        rows = [(f"`{value}`" if value else nothing, every[value], unique[value]) for value in shown]
        found.append(markdown_table((column.replace("_", " "), "conditions", "without repetitions"), rows))
    return "\n".join(found)


def targets(facts: Facts) -> str:
    """How often each target occurs, below its root."""
    every = Counter((row["target_root"], row["target_id"]) for row in facts.statements)
    unique = Counter((row["target_root"], row["target_id"]) for row in facts.unique)
    names = {row["target_id"]: row["target_name"] for row in facts.statements}
    rows = [(f"`{key[0]}`", f"`{key[1]}`", names[key[1]], every[key], unique[key]) for key in sorted(every)]
    return markdown_table(("root", "target", "name", "statements", "without repetitions"), rows)


def speakers(facts: Facts) -> str:
    """How often each speaker speaks."""
    every = Counter(row["speaker_id"] for row in facts.statements)
    unique = Counter(row["speaker_id"] for row in facts.unique)
    known = {row["speaker_id"]: row for row in facts.statements}
    order = sorted(every, key=lambda each: (-every[each], each))
    rows = []
    for each in order:
        kind = known[each]["speaker_kind"]
        shown = "unnamed: not one actor" if kind == "unnamed" else kind
        rows.append((f"`{each}`", known[each]["speaker_name"], shown, every[each], unique[each]))
    return markdown_table(("speaker", "name", "kind", "statements", "without repetitions"), rows)


def articles(facts: Facts) -> str:
    """The articles."""
    head = ("article", "title", "outlet", "published", "event", "rights holder", "text policy", "statements")
    keys = ("title", "outlet", "published", "event", "rights_holder", "text_policy", "n_statements")
    return markdown_table(head, [(f"`{row['article_id']}`", *(row[key] for key in keys)) for row in facts.articles])
