"""The command that measures how far annotators agree, and says what to look at first."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ArticleId, ReaderName
from stancebank.cli.output import count, get_workspace, print_facts, print_styled, print_tables
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.agreement.figures import AgreementReport, FieldAgreement, Occurrence
    from stancebank.annotate.agreement import ReadPlaces, ShownDisagreement, Study
    from stancebank.workspace import Workspace

PLACES = 10
"""Places of a confusion that are printed."""


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=ReaderName())
@click.option(
    "--article", "articles", multiple=True, metavar="ID", type=ArticleId(), help="Only this article; repeat for more."
)
@click.option("--field", "fields", multiple=True, metavar="NAME", help="All of this question; repeat for more.")
@click.option("--suggestions", "only_suggestions", is_flag=True, help="Only how far suggestions pull people.")
@click.option(
    "--engine",
    metavar="NAME",
    help="Only whether this engine may replace an annotator: the name of suggestions, or of a model's readings.",
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="SHARE",
    help="With --engine: what a person costs more than an engine. Default: 0.15, for trained annotators.",
)
@json_option("Print all figures, with places, as a JSON object.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with all of it to a file.")
@click.pass_context
def agreement(
    ctx: click.Context,
    names: tuple[str, ...],
    articles: tuple[str, ...],
    fields: tuple[str, ...],
    only_suggestions: bool,
    engine: str | None,
    epsilon: float | None,
    as_json: bool,
    html: Path | None,
) -> None:
    """Measure how far annotators agree, and say what to look at first.

    Reads every article that at least two annotators have read, or of those NAMEs at least two. All readings of an
    article are aligned together; questions are measured level by level, each on what the level above found: statements,
    boundaries, speaker, target, label, conditions. Models do not count unless they are named, and neither does gold.
    Writes nothing, except FILE with --html.

    First comes what stands out beyond chance: annotators who err far more than the others, values that are taken for
    each other, and rules that leave open what to answer. --field shows values and confusions of one question, as the
    tables name it. The page also opens the words behind each confusion: it is for the maintainer, and not for the
    repository. `stancebank help agreement` says how to read the figures.

    Where tasks began with suggestions, a part tells how far these pull people: what became of them, and how people
    agree, and how long they take, with and without; --suggestions prints it alone, also where nobody read an article
    twice. --engine holds an engine against the annotators (alternative annotator test, Calderon and others 2025): it
    needs three of them, who did not see its suggestions, and 30 statements that each of them answered.

    \b
    Example:
      stancebank annotate agreement
      stancebank annotate agreement annotator-1 annotator-2 --field stance
      stancebank annotate agreement --html exports/agreement.html
    """
    from stancebank.cli.influence import print_studies, show_suggestions, show_trial

    if epsilon is not None and not engine:
        raise click.UsageError("--epsilon goes with --engine.")
    if engine or only_suggestions:
        if fields or html or (engine and only_suggestions):
            raise click.UsageError(
                "--engine and --suggestions print one part: take one of them, without --field or --html."
            )
        workspace = get_workspace(ctx)
        if engine:
            show_trial(workspace, engine, names, articles, epsilon, as_json=as_json)
        else:
            show_suggestions(workspace, names, articles, as_json=as_json)
        return
    from stancebank.agreement.partition import is_solver_there
    from stancebank.annotate.agreement import study_agreement
    from stancebank.annotate.agreement_report import to_page, to_value
    from stancebank.errors import InputError, install_hint, list_some
    from stancebank.records import write_text
    from stancebank.suggest.effect import study_suggestions

    workspace = get_workspace(ctx)
    study = study_agreement(workspace, names, articles)
    suggestions = study_suggestions(workspace, names, articles)
    titles = [each.name for each in study.report.fields]
    if unknown := sorted(set(fields) - set(titles)):
        raise InputError(f"There is no question {list_some(unknown)}.\nHint: they are {', '.join(titles)}.")
    if html:
        write_text(html, to_page(study, workspace, suggestions))
    if as_json:
        click.echo(json.dumps(to_value(study, suggestions), ensure_ascii=False))
    elif fields:
        for each in study.report.fields:
            if each.name in fields:
                _print_field(study.report, each, workspace)
    else:
        _print(study, workspace)
        print_studies(suggestions)
    for name in study.left_out:
        click.echo(f"Left out: {name} is not of the article's present text; see `stancebank check`.", err=True)
    if study.report.approximate:
        groups = count(study.report.approximate, "group")
        click.echo(f"Aligned by a heuristic: {groups} of statements, too large for the best way.", err=True)
        if not is_solver_there():
            click.echo(f"Hint: {install_hint('scipy')} aligns larger groups in the best way.", err=True)
    read = (
        f"{count(study.report.articles, 'article')} read by at least two of {len(study.report.annotators)} annotators"
    )
    click.echo(f"{read}{f', {study.alone} by one only' if study.alone else ''}.", err=True)
    if html:
        click.echo(f"Wrote {html}. It holds words of articles: keep it out of the repository.", err=True)


def _print(study: "Study", workspace: "Workspace") -> None:
    from stancebank.annotate.agreement import closed_questions
    from stancebank.annotate.agreement_report import (
        NOTHING_STANDS_OUT,
        confused_values,
        samples_to_tell,
        say_merge,
        say_sample,
        say_weakness,
        shown,
        shown_interval,
        undefined,
    )
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.annotate.practice import rules_of

    report = study.report
    _title("What to look at first", first=True)
    if not study.weaknesses:
        click.echo(NOTHING_STANDS_OUT)
    for number, each in enumerate(study.weaknesses, 1):
        click.echo(f"{number}. {say_weakness(each)}")
    _title("Advice")
    for merge in study.merges:
        click.echo(say_merge(merge))
    for sample in samples_to_tell(study, workspace.scheme):
        click.echo(say_sample(sample, report.articles))
    _title("Question by question")
    head = ["level", "question", "units", "share", "kappa", "alpha", "95 % of alpha"]
    print_tables(
        (
            head,
            [
                [
                    *(str(each.level), each.name, str(each.units), shown(each.share, percent=True)),
                    *(shown(each.kappa), shown(each.alpha), shown_interval(each.alpha)),
                ]
                for each in report.fields
            ],
        )
    )
    whole = f"All agree in everything on {shown(report.whole, percent=True)} of the statements"
    click.echo(f"{whole} ({shown_interval(report.whole)})." if report.whole.low is not None else f"{whole}.")
    for reason, names in undefined(report).items():
        click.echo(f"– {', '.join(names)}: {reason}.")
    if len(report.annotators) > 2:
        label = next(each for each in report.fields if each.name == workspace.scheme.label.title)
        _print_pairs(report, label)
    if confused := confused_values(report, closed_questions(workspace.scheme)):
        interface = load_interface(workspace)
        _title("Most confused values")
        rows = [
            [field.name, each.one, each.other, str(each.count), rules_of(interface, field.name, (each.one, each.other))]
            for field, each in confused
        ]
        print_tables((["question", "one", "other", "pairs", "rule"], rows))
    if study.disagreements:
        _title("Disagreements to read first")
        for number, found in enumerate(study.disagreements, 1):
            _print_disagreement(number, found)


def _title(words: str, *, first: bool = False) -> None:
    if not first:
        click.echo()
    print_styled((words, {"bold": True}))


def _print_pairs(report: "AgreementReport", field: "FieldAgreement") -> None:
    from stancebank.annotate.agreement_report import shown

    _title(f"Each two annotators in {field.name}: kappa (share)")
    found = {frozenset((each.one, each.other)): each for each in field.pairs}
    rows = [
        [
            one,
            *(
                f"{shown(each.kappa)} ({shown(each.share, percent=True)})"
                if (each := found.get(frozenset((one, other))))
                else ""
                for other in report.annotators
            ),
        ]
        for one in report.annotators
    ]
    print_tables((["", *report.annotators], rows))


def _print_field(report: "AgreementReport", field: "FieldAgreement", workspace: "Workspace") -> None:
    from stancebank.annotate.agreement import ReadPlaces
    from stancebank.annotate.agreement_report import shown, shown_interval
    from stancebank.annotate.interface_settings import load_interface
    from stancebank.annotate.practice import rules_of

    interface, places = load_interface(workspace), ReadPlaces(workspace)
    _title(field.name, first=True)
    print_facts(
        [
            ("units", str(field.units)),
            ("share", shown(field.share, percent=True)),
            ("kappa", shown(field.kappa) if field.kappa.value is not None else f"– ({field.kappa.reason})"),
            (
                "alpha",
                f"{shown(field.alpha)} ({shown_interval(field.alpha)})"
                if field.alpha.value is not None
                else f"– ({field.alpha.reason})",
            ),
        ]
    )
    if len(report.annotators) > 2:
        _print_pairs(report, field)
    if field.values:
        _title("Values")
        rows = [
            [
                *(each.value, str(each.answers), shown(each.share, percent=True)),
                *(shown(each.alpha), shown_interval(each.alpha)),
            ]
            for each in field.values
        ]
        print_tables((["value", "answers", "share", "alpha", "95 % of alpha"], rows))
    for each in field.confusions:
        rules = rules_of(interface, field.name, (each.one, each.other))
        _title(f"{each.one} / {each.other}: {each.count}{f' ({rules})' if rules else ''}")
        _print_places(field.name, each.places[:PLACES], places)
        if len(each.places) > PLACES:
            click.echo(f"... and {len(each.places) - PLACES} more; --json and --html have them.")


def _print_places(field: str, found: Sequence["Occurrence"], at: "ReadPlaces") -> None:
    from stancebank.annotate.agreement_report import say_answers

    rows = []
    for each in found:
        words = at.words(each.article_id, each.begin, each.end)
        answers = at.worded(field, each.article_id, at.answers(field, each))
        shown = f"{each.begin}-{each.end}" if words is None else f"“{' '.join(words.split())}”"
        rows.append([each.article_id, say_answers(answers), shown])
    if rows:
        print_tables((["article", "answers", "words"], rows))


def _print_disagreement(number: int, found: "ShownDisagreement") -> None:
    from stancebank.annotate.agreement_report import say_answers

    own = found.disagreement
    click.echo(f"{number}. {own.article_id}, {own.begin}-{own.end} ({own.bits:.1f} bits)")
    if found.words is not None:
        click.echo(f"   “{' '.join(found.words.split())}”")
    for field, answers in found.answers.items():
        rules = f" ({found.rules[field]})" if found.rules[field] else ""
        click.echo(f"   {field}{rules}: {say_answers(answers)}")
