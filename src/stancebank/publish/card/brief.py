"""The computed parts of a card that is read in one screen: what a row says, how to load it, what is not in it.

A card of the first edition of a scheme has the parts of `blocks`; from the second edition on, a part that stands here
under the same name takes its place.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from stancebank.agreement.compare import FOUND
from stancebank.agreement.figures import Figure
from stancebank.model import TextPolicy
from stancebank.publish.card.pairs import tell_pairs
from stancebank.publish.card.reference import columns
from stancebank.publish.card.reference import version as which
from stancebank.publish.card.statistics import (
    SMALL,
    Facts,
    counted_fields,
    main_columns,
    markdown_table,
    one_line,
    say_blocked,
    say_empty,
)
from stancebank.publish.tables import ARTICLES, ENTITIES, STATEMENTS, TARGETS, Column, Row, Struct, find_table, tables
from stancebank.publish.tables.fields import is_place
from stancebank.schema.fields import Field, Scheme
from stancebank.text import escape_hidden

PREVIEW = "preview.svg"
"""The picture at the head of a release's card. Earlier toolkits made none."""


def version(facts: Facts) -> str:
    """Which dataset this is, and, where its text columns are empty, why; above it, the picture of a release."""
    empty = say_empty(facts)
    picture = f"![Who says what: speakers and targets]({PREVIEW})\n\n" if facts.has_preview else ""
    return (
        picture
        + which(facts).removesuffix("\n")
        + (
            f" **{empty}** Whoever has copies of the articles can put the words in: `stancebank publish hydrate FOLDER "
            "COPIES --out DIR`.\n"
            if empty
            else "\n"
        )
    )


def row(facts: Facts) -> str:
    """One row of the dataset, in words and as JSON: words of an article only where its whole text may be published."""
    table = find_table(facts.context.scheme, STATEMENTS)
    found = facts.counted.typical
    if found is None:
        return f"{table.meaning} There is none yet.\n"
    show = facts.built is not None and found["text_policy"] == TextPolicy.FULL  # a workspace's card needs no words
    shown = _shown(found, facts.context.scheme, show=show)
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in shown.items())
    return (
        f"{table.meaning} This is one of them:\n\n> {_in_words(found, facts)}\n\n"
        f"```json\n{{\n{escape_hidden(lines)}\n}}\n```\n\n"
        "Left out here: more columns, what is null or empty, places of words, and ids within groups.\n"
    )


def _shown(held: Row, scheme: Scheme, *, show: bool) -> Row:
    """Return the main columns of a row that say something. show: whether words of the article are."""
    by_name = {each.name: each for each in find_table(scheme, STATEMENTS).columns}
    found = {name: _value(by_name[name], held[name], show=show) for name in main_columns(scheme)}
    return {name: value for name, value in found.items() if value not in (None, [], {}, False)}


def _value(column: Column, value: Any, *, show: bool) -> Any:
    """Return what is shown of a value. show: whether words of the article are."""
    if value is None or (column.words and not show) or is_place(column):
        return None
    if not isinstance(column.item, Struct):
        return value
    groups = [
        {
            field.name: kept
            for field in column.item.fields
            if not field.name.endswith("_id") and (kept := _value(field, each[field.name], show=show)) not in (None, [])
        }
        for each in (value if column.is_list else [value])
    ]
    return groups if column.is_list else groups[0]


def _in_words(held: Row, facts: Facts) -> str:
    """Return a row as a person would say it."""
    scheme, context = facts.context.scheme, facts.context
    side = f" ({held['polarity']})" if scheme.has_polarity and held.get("polarity") else ""
    label = held[str(scheme.label.column)] or "still to be labelled"
    said = f"**{held['speaker_name']}** · {scheme.label.title} `{label}`{side} · target **{held['target_name']}**"
    for each in held.get("conditions") or ():
        kinds = [str(each.get(f"{field.column}_name") or each[str(field.column)] or "") for field in _kinds(scheme)]
        names = [context.entities[name].name for name in _obligors(each, scheme) if name in context.entities]
        what = " ".join(filter(None, kinds))
        said += f" · `{each['role']}` {what}{' by ' if names else ''}{', '.join(names)}".rstrip()
    where = ", ".join(str(held[name]) for name in ("outlet", "published") if held[name])
    said += f" ({where})" if where else ""
    return one_line(said)


def _kinds(scheme: Scheme) -> list[Field]:
    return [each for each in scheme.of("condition") if each.kind == "target" and each.column]


def _obligors(condition: Mapping[str, Any], scheme: Scheme) -> list[str]:
    fields = [each for each in scheme.of("condition") if each.kind == "entities" and each.column]
    return [name for field in fields for name in condition[str(field.column)]]


def load(facts: Facts) -> str:
    """How to open the dataset, and which tables there are."""
    written = {name: rows for name, rows in facts.rows.items() if rows}
    first, *rest = written
    more = f'{rest[0]} = load_dataset("<org>/{facts.name}", "{rest[0]}", split="train")\n' if rest else ""
    opened, together = f'{first} = load_dataset("<org>/{facts.name}", split="train")', ""
    if facts.splits:
        held = [each for each in facts.splits if facts.counted.splits[each]] or list(facts.splits)
        main, *others = [each for each in held if each in ("train", "test")] or held[:1]
        opened = f'{main} = load_dataset("<org>/{facts.name}", split="{main}")'
        more = "".join(f'{each} = load_dataset("<org>/{facts.name}", split="{each}")\n' for each in others)
        more += f'{ARTICLES} = load_dataset("<org>/{facts.name}", "{ARTICLES}", split="{main}")\n'
        together = (
            f"Splits: {', '.join(f'`{each}`' for each in facts.splits)}. Without `split=`, `datasets` opens all of "
            "them by their names; a split without rows of a table is not among those of that table. The registries "
            f"(`{ENTITIES}`, `{TARGETS}`) belong to all splits, and lie under `train`.\n\n"
        )
    meanings = {each.name: each.meaning for each in tables(facts.context.scheme)}
    rows = [(f"`{name}`", len(each), meanings[name]) for name, each in written.items()]
    return (
        "```python\nfrom datasets import load_dataset\n\n"
        f"{opened}  # or the path of this folder\n{more}```\n\n{together}"
        f"{markdown_table(('table', 'rows', 'content'), rows)}\n"
        f"{_whole_texts(facts)}\n\n"
        f'Each table is a folder of Parquet files: `pandas.read_parquet("DIR/{first}")`, '
        f"`polars.read_parquet(\"DIR/{first}\")`, in DuckDB `FROM 'DIR/{first}/*.parquet'`. "
        "`sha256sum -c SHA256SUMS` proves that every file came whole; `stancebank publish verify DIR` makes every row "
        "and every number of this page again.\n"
    )


def _whole_texts(facts: Facts) -> str:
    names = [f"`{each.name}`" for each in tables(facts.context.scheme) if each.whole_text]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    if facts.built is None:
        return f"The tables {listed} have rows only of articles that show their whole text; a build counts them."
    many = len(facts.articles)
    if facts.n_whole == many:
        return f"The tables {listed} hold whole texts; every article shows its own."
    if facts.n_whole:
        return f"The tables {listed} have rows of the {facts.n_whole} of {many} articles that show their whole text."
    return f"The tables {listed} need whole texts; no article shows its own here, and they are not written."


def counts(facts: Facts) -> str:
    """How much there is of everything, with what repeats nothing in brackets."""
    told, scheme = facts.counted, facts.context.scheme
    published = sorted(each["published"] for each in facts.articles if each["published"])
    unnamed = facts.context.vocabularies.unnamed()
    named = sum(kind not in unnamed for kind in told.speaker_kinds.values())
    empty = sum(bool(each["nothing_to_annotate"]) for each in facts.articles)
    every, unique = (
        sum(count for (_, conditional), count in labels.items() if conditional)
        for labels in (told.labels, told.unique_labels)
    )
    lines, without = (sum(getattr(each, name) for each in facts.unmarked) for name in ("lines", "without"))
    reasons = Counter(reason for each in facts.unmarked for reason in each.reasons)
    passed = f"{reasons.total()}: {_listed(reasons)}" if reasons else 0
    reprints = [each for each in facts.articles if each["reprint_of"]]
    again = f"{len(reprints)} ({sum(each['n_statements'] for each in reprints)})"
    of_conditions: list[tuple[str, object]] = [
        ("conditional statements (without repetitions)", f"{every} ({unique})"),
        ("conditions", len(facts.conditions)),
    ]
    rows: list[tuple[str, object]] = [
        ("statements (without repetitions)", f"{len(facts.statements)} ({facts.n_unique})"),
        *(of_conditions if scheme.has_conditions else ()),
        ("articles (without any statement)", f"{len(facts.articles)} ({empty})"),
        *((("of these, reprints of another article (their statements)", again),) if reprints else ()),
        ("headlines, captions and paragraphs that were read (without a statement)", f"{lines} ({without})"),
        *((("passed over: looks like a statement and is none", passed),) if scheme.non_statements else ()),
        ("outlets, events", f"{_different(facts, 'outlet')}, {_different(facts, 'event')}"),
        ("dates of publication", f"{published[0]} to {published[-1]}" if published else "unknown"),
        ("named speakers, targets", f"{named}, {len(told.target_names)}"),
        *((("articles (statements) by split", _by_split(facts)),) if facts.splits else ()),
    ]
    return markdown_table(("what", "how many"), rows)


def _by_split(facts: Facts) -> str:
    articles = Counter(each["split"] for each in facts.articles)
    return ", ".join(f"`{each}` {articles[each]} ({facts.counted.splits[each]})" for each in facts.splits)


def _different(facts: Facts, column: str) -> int:
    return len({each[column] for each in facts.articles if each[column]})


def _addresses(facts: Facts) -> int:
    return sum(each["url"] is not None for each in facts.articles)


def words(facts: Facts) -> str:
    """What is there of the articles' words, and so what can be done with the rows and what cannot."""
    many = len(facts.articles)
    policies = Counter(each["text_policy"] for each in facts.articles)
    told = facts.context.vocabularies.values("text_policy")
    by_policy = "; ".join(f"`{name}` {policies[name]}" for name in told if policies[name])
    if facts.built is not None:
        shown: int | None = len(facts.built.showing)
    elif len(policies) == 1 and policies.keys() <= {TextPolicy.WITHHELD, TextPolicy.FULL}:
        shown = policies[TextPolicy.FULL]
    else:
        shown = None  # a build says how many
    if shown == 0:
        head = "**No words of the articles.** Every text column is null; spans say where the words stand."
    elif shown is None or shown < many:
        some = "some articles" if shown is None else f"{shown} of {many} articles"
        head = f"**Words of {some}.** Text columns are null elsewhere; spans say where the words stand."
    else:
        head = "**Words of all articles**, as far as each text policy allows."
    found = f"{head} Articles by text policy: {by_policy}.\n"
    if facts.built and facts.built.lacking:
        found += f"\nWords not at hand when this folder was built, and so null: those of {len(facts.built.lacking)}.\n"
    if facts.built and facts.built.beyond:
        found += (
            f"\nThis folder is **not publishable**: {len(facts.built.beyond)} show more than their policy allows.\n"
        )
    if facts.built and facts.built.blocked:
        found += f"\nThis folder is **not publishable**: {say_blocked(facts.built.blocked)}.\n"
    if shown == many:
        return found
    return found + (
        "\n- Without the words you can count, compare and join who takes which position on what, on which conditions; "
        "and check any copy of an article against the fingerprints of its lines and spans.\n"
        "- Without the words you cannot read the quotations, judge a label, or train on text. Whoever has copies of "
        "the articles can put them in for their own use: `stancebank publish hydrate FOLDER COPIES --out DIR`. "
        f"{_addresses(facts)} of {many} articles say where they were read (`url`).\n"
    )


def labels(facts: Facts) -> str:
    """The values of the labels: what they mean, and how often they occur."""
    scheme, told = facts.context.scheme, facts.counted
    depends, side = scheme.has_conditions, scheme.has_polarity
    rows = [
        (
            f"`{name}`",
            *((about["polarity"],) if side else ()),
            about["description"],
            told.labels[name, False] + told.labels[name, True],
            *((told.labels[name, True],) if depends else ()),
            told.unique_labels[name, False] + told.unique_labels[name, True],
        )
        for name, about in scheme.values(scheme.label).items()
    ]
    heads = (
        scheme.label.title,
        *(("polarity",) if side else ()),
        "meaning",
        "statements",
        *(("conditional",) if depends else ()),
        "without repetitions",
    )
    found = markdown_table(heads, rows)
    if depends:
        every = facts.counted_conditions.of("role")
        roles = scheme.vocabularies.values("condition_role")
        found += "\n" + markdown_table(
            ("role of a condition", "meaning", "conditions"),
            [(f"`{name}`", about["description"], every[name]) for name, about in roles.items()],
        )
        makes = ", ".join(f"`{name}`" for name, about in roles.items() if about.get("makes_conditional"))
        found += f"\nA statement is `conditional` if it has a condition of the role {makes}; that is derived.\n"
    others = list(_other_values(facts))
    return found + ("\n" + markdown_table(("other labels", "values, with how often each occurs"), others))


def _other_values(facts: Facts) -> Iterator[tuple[str, str]]:
    scheme, told = facts.context.scheme, facts.counted
    for name in told.columns:
        column = next(each for each in find_table(scheme, STATEMENTS).columns if each.name == name)
        held = told.values[name]
        if column.type == "bool":
            yield f"`{name}`", f"yes {held[True]}"
        else:
            yield f"`{name}`", _listed(held)
    for field in counted_fields(scheme) if scheme.has_conditions else ():
        yield f"`conditions.{field.column}`", _listed(facts.counted_conditions.of(str(field.column)))
    roots: dict[str, Counter[Any]] = {}
    for (root, target), count in told.targets.items():
        roots.setdefault(root, Counter())[target] += count
    for root in sorted(roots, key=lambda each: (-roots[each].total(), each)):
        yield f"targets under `{root}`: {roots[root].total()}", _listed(roots[root])


def _listed(values: Counter[Any]) -> str:
    order = sorted(values, key=lambda each: (-values[each], str(each or "")))
    return ", ".join(f"{'none' if each is None else f'`{each}`'} {values[each]}" for each in order if values[each])


def evaluation(facts: Facts) -> str:
    """Which split to use, and which metrics."""
    scheme = facts.context.scheme
    small = f"It is too small for a test part of its own ({facts.n_unique} statements without repetitions). "
    size = small if facts.n_unique < SMALL else ""
    label, conditions = scheme.label.title, scheme.has_conditions
    kinds = "".join(f" and {field.title}" for field in _kinds(scheme)[:1])
    of_conditions = f" and of `role{kinds}`" if conditions else ""
    copies = " Count each `cluster_id` once: its rows say the same." if scheme.has_repetitions else ""
    one = (
        f"There is one split, `train`. {size}Use it whole, as test data; or train on some groups and test on others: "
        "articles of one `split_group` report the same statements."
    )
    option = " --split test" if "test" in facts.splits else ""
    beside = "that of always taking the most frequent one"
    if "train" in facts.splits and {"validation", "test"} & {*facts.splits}:
        beside = "those of three baselines, which `stancebank publish baselines DIR` prints and a release has in "
        beside += "`baselines.json`, with what a random split would add"
    return (
        f"{_splits(facts) if facts.splits else one}{copies}\n\n"
        f"- **Finding statements** in a text: report the F1 of `{FOUND}`, of `speaker, target and {label}`"
        f"{of_conditions}, as `stancebank publish score PREDICTIONS.jsonl DIR{option}` prints them. It aligns "
        "predicted and published statements by their content; a field is right only in a statement that was found. The "
        "folder must show the words, or the predictions give offsets.\n"
        f"- **Classifying** given statements: report macro-F1 of `{scheme.label.column}`, whose classes differ much in "
        f"size, beside {beside}.\n"
    )


_USE = {"train": "train on `train`", "validation": "choose on `validation`", "test": "report what you find on `test`"}
"""What each split is for."""


def _splits(facts: Facts) -> str:
    """Say how much there is in every split, and what each is for."""
    told, conditions = facts.counted, facts.context.scheme.has_conditions
    articles = Counter(each["split"] for each in facts.articles)
    head = ("split", "articles", "statements (without repetitions)", *(("conditions",) if conditions else ()))
    rows = [
        (
            f"`{each}`",
            articles[each],
            f"{told.splits[each]} ({told.unique_splits[each]})",
            *((facts.counted_conditions.splits[each],) if conditions else ()),
        )
        for each in facts.splits
    ]
    use = ", ".join(said for each, said in _USE.items() if each in facts.splits)
    found = f"{markdown_table(head, rows)}\n"
    found += f"The split of an article never changes: {use}." if use else "No article is in a part of its own."
    if "none" in facts.splits:
        found += (
            " Articles of `none` are in no part, such as those that would tie two parts: leave them out of training "
            "and of tests."
        )
    if {"train", "test"} <= {*facts.splits}:
        found += (
            " A release says in `splits.json` whether articles of two parts belong together, and which statements have "
            "a speaker, a target or a conflict that `train` lacks, or are of a later day."
        )
    if "test" in facts.splits and told.unique_splits["test"] < SMALL:
        number = told.unique_splits["test"]
        found += f" With {number} statements without repetitions in `test`, small differences of a score say nothing."
    if folds := sorted({each["fold"] for each in facts.articles if each["fold"] is not None}):
        found += f" For a cross-validation, `fold` gives articles a part from {folds[0]} to {folds[-1]}."
    return found


def agreement(facts: Facts) -> str:
    """How far annotators agree who have read the same articles, and how many statements they stayed divided over."""
    if facts.readers:
        return tell_pairs(facts.readers, facts.context.scheme)
    found = facts.judged
    if found is None:
        return "No article was read by two annotators, so there is no measure of agreement.\n"
    rows = [
        ("found at all (F1)", found.statements, _percent(found.found), ""),
        *((name, units, _percent(share), _figure(alpha)) for name, (units, share, alpha) in found.fields.items()),
    ]
    contested, unique = facts.counted.contested, facts.counted.judged
    why = {str(name): count for name, count in contested.items() if name is not None}
    whose = f", of which adjudicators found {_listed(Counter(why))}" if why else ""
    return (
        f"{len(found.annotators)} annotators; {_articles(found.articles)} were read by at least two of them.\n\n"
        + markdown_table(("question", "statements", "agreement", "Krippendorff's alpha"), rows)
        + f"\n{contested.total()} of {unique} gold statements that they judged are contested{whose}.\n\n"
        "In brackets: 95 % intervals, by drawing articles with replacement; none where articles are too few or all "
        "alike. Answers belong to one statement where they are aligned with the same statement of gold "
        "(`gold_statement_id`); what gold lacks was found by one annotator alone. `found at all`: F1 of one annotator "
        "against another. All else: how often two who found a statement say the same of it. Repetitions are left out.\n"
        + _whose(found.origins)
    )


def _percent(figure: Figure) -> str:
    return _shown_figure(figure, lambda value: f"{value:.1%}")


def _figure(figure: Figure) -> str:
    return _shown_figure(figure, lambda value: f"{value:.2f}")


def _shown_figure(figure: Figure, shown: Callable[[float], str]) -> str:
    """Return a figure with its interval, or why there is none."""
    if figure.value is None:
        return f"– ({figure.reason})"
    if figure.low is None or figure.high is None:
        return shown(figure.value)
    return f"{shown(figure.value)} ({shown(figure.low)} to {shown(figure.high)})"


def _whose(origins: Set[str]) -> str:
    """Say what agreement of such readings does not show."""
    if "project" in origins:
        return (
            "\nReadings of origin `project` were made by the project itself, aided by language models: they measure "
            "how far the guidelines determine a reading, not how independent people agree.\n"
        )
    if any(each.startswith("import:") for each in origins):
        return (
            "\nReadings of origin `import:...` were made elsewhere, whether independently or not is not known here.\n"
        )
    return ""


def _articles(number: int) -> str:
    return f"{number} article{'' if number == 1 else 's'}"


def limits(facts: Facts) -> str:
    """The limits that can be counted, as items of a list."""
    many, found = len(facts.articles), []
    if facts.n_unique < SMALL:
        found.append(
            f"- **Small.** {facts.n_unique} statements that repeat no other, from {_articles(many)} "
            f"({_different(facts, 'outlet')} outlets, {_different(facts, 'event')} events): too few for any claim "
            "about speakers, outlets or countries."
        )
    unread = sum(not each["origin"].startswith("human") for each in facts.articles)
    if unread:
        found.append(
            f"- **No independent readers.** {unread} of {many} articles were labelled by the project itself, by "
            "models, or elsewhere; the column `origin` says by whom."
        )
    if facts.samples is not None:
        found.append(_sampled(many, facts.samples))
    if facts.suggestions is not None:
        found.append(_suggested(facts, facts.suggestions))
    links = _addresses(facts)
    told = f"{links} of {many} articles have an address on record" if links else "No article has an address on record"
    later = "; what stands there today may not be the text that was annotated" if links else ""
    found.append(f"- **{'Links rot' if links == many else 'Links are few, and rot'}.** {told}{later}.")
    return "\n".join(found) + "\n"


def _sampled(many: int, stated: Mapping[str, Any]) -> str:
    """Say how articles came in. many: articles in all. stated: see `Facts.samples`."""
    plans = [f"`{name}`: {_plan(about)}" for name, about in sorted(stated.items())]
    drawn = sum(about["published"] for about in stated.values())
    rest = f" The other {many - drawn} came in otherwise, and stand for none but themselves." if many > drawn else ""
    return (
        f"- **Drawn by plan.** {drawn} of {_articles(many)} ({drawn / many:.0%}) were drawn by lot: {'; '.join(plans)}."
        f" The plans, in `corpus/samples/` of the source, have the probability of each; what is weighted by its "
        f"inverse holds of all that could be drawn.{rest}"
    )


def _plan(about: Mapping[str, Any]) -> str:
    """Say what a plan drew from, and how."""
    by, strata = " and ".join(about["by"]), about["strata"]
    how = f" in {strata} strata by {by} ({about['allocation']} allocation)" if strata > 1 else ""
    groups = "" if about["one_per"] == "article" else f", of {about['groups']} groups one article each,"
    return (
        f"{about['published']} of the {about['drawn']} that it drew from {about['candidates']} candidates{groups}"
        f"{how}, of {about['corpus']} articles of the corpus"
    ).replace(",,", ",")


def _suggested(facts: Facts, stated: Mapping[str, Any]) -> str:
    """Say how many statements began as a suggestion, and whose. stated: see `Facts.suggestions`."""
    many, unknown = facts.counted.suggested.total(), stated["unknown"]
    left = f" Of {unknown} more it is not known, since nothing says whose reading they are." if unknown else ""
    if not many and unknown:
        return (
            f"- **Perhaps suggested.** Annotators worked with suggestions of a program. Of {unknown} of "
            f"{len(facts.statements)} gold statements it is not known whether they began as one."
        )
    if not many:
        return (
            "- **No suggestions in gold.** Annotators worked with suggestions, and no statement of gold began as one."
        )
    named = {by.removeprefix("model:"): count for by, count in facts.counted.suggested.items()}
    engines = [f"`{name}` ({_engine(stated['engines'].get(name, {}))}): {named[name]}" for name in sorted(named)]
    of_all, unchanged = len(facts.statements), stated["unchanged"]
    return (
        f"- **Suggested first.** {many} of {of_all} gold statements ({many / of_all:.0%}) began as a suggestion of a "
        f"program that an annotator took, {unchanged} of them without a change: {', '.join(engines)}. The column "
        f"`suggested_by` says which; suggestions pull those who see them.{left}"
    )


def _engine(about: Mapping[str, str]) -> str:
    """Say in which version an engine was, and with which model."""
    said = " ".join(each for each in (about.get("name"), about.get("version")) if each)
    model = " ".join(each for each in (about.get("model"), about.get("model_version")) if each)
    return f"{said}, model {model}" if model else said or "unknown"


def bibtex(facts: Facts) -> str:
    """Return the entry for a bibliography: of CITATION.cff where there is one, else of what the dataset is called."""
    told = {}
    if facts.citation:
        from stancebank.publish.card.citing import read_citation  # a build has none

        told = read_citation(facts.citation)
    fields = {
        "title": told.get("title") or facts.pretty_name or facts.name,
        "author": told.get("author"),
        "year": told.get("year") or (facts.released or "")[:4],
        "version": facts.dataset_version,
        "doi": told.get("doi"),
        "url": told.get("url"),
    }
    key = re.sub(r"[^a-z0-9]+", "-", facts.name.lower()).strip("-") or "dataset"
    lines = ",\n".join(f"  {name:<8}= {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{key},\n{lines}\n}}\n"


def citation(facts: Facts) -> str:
    """The entry for a bibliography."""
    return f"```bibtex\n{bibtex(facts)}```\n\nPlease name the version that you used.\n"


BRIEF = {
    block.__name__: block
    for block in (version, row, load, counts, words, columns, labels, evaluation, agreement, limits, citation)
}
"""The parts by the names that the card's markers use."""
