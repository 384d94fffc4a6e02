"""Annotators compared two by two, as folders say it: those of the first edition, and those of earlier toolkits."""

from collections.abc import Iterable, Sequence

from stancebank.agreement.compare import AGREEMENT, FOUND, WHOLE, Comparison, agreement_cells
from stancebank.publish.card.statistics import PairOfReaders, markdown_table
from stancebank.schema.fields import Scheme


def shown_tallies(scheme: Scheme) -> dict[str, str]:
    """Return the tallies that the card shows, by the heads of their columns.

    Of the fields they are the label and other closed lists, but for those that help to align statements: readings that
    are aligned agree in these more often than they would otherwise.
    """
    values = [
        field
        for field in scheme.of("statement")
        if field.kind == "vocabulary" and field.compared and (field.is_label or not field.weight)
    ]
    kinds = [field for field in scheme.of("condition") if field.kind in ("vocabulary", "target") and field.compared]
    conditions = {"condition": "conditions", "role": "role", **{field.title: field.title for field in kinds}}
    return {
        "statement": "statements",
        "speaker": "speaker",
        **{field.title: field.title for field in values},
        "target": "target",
        "content overlap": "content overlap",
        **(conditions if scheme.has_conditions else {}),
    }


def agreement_rows(pairs: Iterable[PairOfReaders], scheme: Scheme) -> list[list[object]]:
    """Return one row a pair: who, how many articles, and the share of every one of `shown_tallies`."""
    rows = []
    for pair in pairs:
        shares = [tally.share if (tally := pair.found.tallies.get(name)) else None for name in shown_tallies(scheme)]
        rows.append(
            [f"`{pair.one}`, `{pair.other}`", pair.articles]
            + ["–" if share is None else f"{share:.1%}" for share in shares]
        )
    return rows


_HOW = "\nStatements are aligned by content. `statement` and `condition`: F1 of one reading against the other. "


def tells_pairs(readme: str) -> bool:
    """Whether a card of the second edition was made by an earlier toolkit, which compared annotators two by two."""
    return _HOW in readme


def compares_pairs(scheme: Scheme, readme: str, *, is_judged: bool) -> bool:
    """Whether a folder says how every two annotators agree. is_judged: whether statements say what all make of them."""
    return scheme.edition < 2 or (not is_judged and tells_pairs(readme))


def tell_pairs(readers: Sequence[PairOfReaders], scheme: Scheme) -> str:
    """Say how often every two annotators agree, field by field, as cards of the second edition said it before.

    Since then they say what all annotators of an article make of its statements.
    """
    first, *more = readers
    whole = Comparison()
    for pair in readers:
        whole.merge(pair.found)
    who = (
        f"{_pair(first)}, over {_articles(first.articles)}" if not more else f"All {1 + len(more)} pairs of annotators"
    )
    found = f"{who}:\n\n" + markdown_table(
        ("field", *AGREEMENT), [(name, *agreement_cells(each)) for name, each in whole.tallies.items()]
    )
    if more:
        names = (FOUND, scheme.label.title, "target", WHOLE)
        heads = ("annotators", "articles", *(name if name in (FOUND, WHOLE) else f"{name} (kappa)" for name in names))
        found += "\n" + markdown_table(heads, [_of_pair(pair, names) for pair in readers])
    if whole.flags:
        rows = [
            (name, _pair(pair), f"{each.one} of {each.of_one}", f"{each.other} of {each.of_other}")
            for pair in readers
            for name, each in pair.found.flags.items()
        ]
        found += "\n" + markdown_table(("flag", "annotators", "set by the first", "by the second"), rows)
    found += (
        f"{_HOW}"
        "Overlaps: mean Dice coefficient over characters. All else: how many of the aligned pairs agree; sets are "
        "compared as wholes. `chance`: the share expected by chance; `kappa`: Cohen's, for fields whose values are "
        "names. `whole record`: pairs that agree in all fields with a kappa. What both call a repetition is left out.\n"
    )
    if any("project" in pair.origins for pair in readers):
        found += (
            "\nReadings of origin `project` were made by the project itself, aided by language models: they measure "
            "how far the guidelines determine a reading, not how independent people agree.\n"
        )
    return found


def _of_pair(pair: PairOfReaders, names: Sequence[str]) -> list[object]:
    tallies = [agreement_cells(pair.found.tally(name)) for name in names]
    shares = [
        f"{share} ({kappa})" if pair.found.tally(name).said else share
        for name, (_, _, share, _, kappa) in zip(names, tallies, strict=True)
    ]
    return [_pair(pair), pair.articles, *shares]


def _pair(pair: PairOfReaders) -> str:
    return f"`{pair.one}` and `{pair.other}`"


def _articles(number: int) -> str:
    return f"{number} article{'' if number == 1 else 's'}"


def tell_lowest(pair: PairOfReaders, scheme: Scheme) -> str:
    """Say what agreement on statements hides: kappa of the label, the lowest kappa, and the whole records."""
    tallies = pair.found.tallies
    kappas = {name: each.kappa for name, each in tallies.items() if each.kappa is not None}
    label, whole = scheme.label.title, tallies[WHOLE].share if WHOLE in tallies else None
    said = [f"kappa {kappas[label]:.2f} for {label}"] if label in kappas else []
    if kappas and (worst := min(kappas, key=lambda name: (kappas[name], name))) != label:
        said.append(f"kappa {kappas[worst]:.2f} for {worst}, the lowest of any field")
    said += [] if whole is None else [f"{whole:.1%} of aligned records alike in all fields"]
    return "".join(f", {each}" for each in said)
