"""The tables of the dataset card that count: how much there is of everything, and of each label."""

from collections import Counter

from stancebank.publish.facts import Facts, table


def counts(facts: Facts) -> str:
    """How much there is of everything."""
    speakers = {row["speaker_id"]: row["speaker_kind"] for row in facts.statements}
    unique_ids = {row["statement_id"] for row in facts.unique}
    published = sorted(row["published"] for row in facts.articles if row["published"])
    return table(
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
            ("conditional statements", sum(row["conditional"] for row in facts.statements)),
            ("conditional statements without repetitions", sum(row["conditional"] for row in facts.unique)),
            ("conditions", len(facts.conditions)),
            ("conditions without repetitions", sum(row["statement_id"] in unique_ids for row in facts.conditions)),
            ("named speakers", sum(kind != "unnamed" for kind in speakers.values())),
            ("entries of unnamed speakers", sum(kind == "unnamed" for kind in speakers.values())),
            ("targets", len({row["target_id"] for row in facts.statements})),
        ),
    )


def stances(facts: Facts) -> str:
    """How often each stance was taken, without and with conditions."""
    every = Counter((row["stance"], row["conditional"]) for row in facts.statements)
    unique = Counter((row["stance"], row["conditional"]) for row in facts.unique)
    rows = [
        (f"`{stance}`", value["polarity"], "yes" if conditional else "no", every[key], unique[key])
        for stance, value in facts.context.vocabularies.values("stance").items()
        for conditional in (False, True)
        if every[key := (stance, conditional)]
    ]
    return table(("stance", "polarity", "conditional", "statements", "without repetitions"), rows)


def conditions(facts: Facts) -> str:
    """How often each role and kind of condition occurs."""
    unique_ids = {row["statement_id"] for row in facts.unique}
    found = []
    for column in ("role", "kind"):
        every = Counter(row[column] for row in facts.conditions)
        unique = Counter(row[column] for row in facts.conditions if row["statement_id"] in unique_ids)
        if column == "role":
            order = [role for role in facts.context.vocabularies.values("condition_role") if every[role]]
        else:
            order = sorted(every, key=lambda kind: (-every[kind], kind or ""))
        rows = [(f"`{value}`" if value else "none (waived)", every[value], unique[value]) for value in order]
        found.append(table((column, "conditions", "without repetitions"), rows))
    return "\n".join(found)


def targets(facts: Facts) -> str:
    """How often each target occurs, below its root."""
    every = Counter((row["target_root"], row["target_id"]) for row in facts.statements)
    unique = Counter((row["target_root"], row["target_id"]) for row in facts.unique)
    names = {row["target_id"]: row["target_name"] for row in facts.statements}
    rows = [(f"`{key[0]}`", f"`{key[1]}`", names[key[1]], every[key], unique[key]) for key in sorted(every)]
    return table(("root", "target", "name", "statements", "without repetitions"), rows)


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
    return table(("speaker", "name", "kind", "statements", "without repetitions"), rows)


def articles(facts: Facts) -> str:
    """The articles."""
    head = ("article", "title", "outlet", "published", "event", "rights holder", "text policy", "statements")
    keys = ("title", "outlet", "published", "event", "rights_holder", "text_policy", "n_statements")
    return table(head, [(f"`{row['article_id']}`", *(row[key] for key in keys)) for row in facts.articles])
