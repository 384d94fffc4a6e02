"""The command check."""

import json
import sys
from typing import TYPE_CHECKING

import click

from stancebank.cli.output import count, get_workspace, print_styled
from stancebank.cli.params import engine_option, json_option
from stancebank.errors import list_some
from stancebank.text import one_line

if TYPE_CHECKING:
    from stancebank.corpus.leaks import Search
    from stancebank.errors import Finding


@click.command()
@click.option("--no-cache", is_flag=True, help="Look at every article again, whatever an earlier check found of it.")
@engine_option()
@json_option("Print the findings as a JSON object.")
@click.pass_context
def check(ctx: click.Context, no_cache: bool, engine: str, as_json: bool) -> None:
    """Check everything in the workspace: schema, ids, references, spans, words.

    Reads all files below corpus/, the words of those articles that are at hand, and waivers.toml; writes nothing,
    but that of many articles it keeps in .stancebank/ what was found, so that the next check looks only at those that
    changed.
    All files that git would commit are searched for words of articles that may not be published, as `corpus
    leak-check` does; what could not be searched is named below the counts, and in --json under not_searched. Each
    finding says what is wrong, where, and how to fix it; `stancebank help findings` explains every code. Exits with
    1 if there are errors; warnings do not count.

    A [[waiver]] in waivers.toml accepts findings: it names their code and file (* stands for any characters), a
    reason, and until when (a date); optional are pointer, and says, words of the message. Waived findings count
    neither as errors nor as warnings, and are listed below the others.

    \b
    Example:
      stancebank check
      stancebank check --json | jq '.findings[].code'
    """
    from stancebank.annotate.interface import check_interface
    from stancebank.check import check_history, check_workspace

    workspace = get_workspace(ctx)
    also = (*check_interface(workspace), *check_history(workspace.root))
    report = check_workspace(workspace, also=also, uses_cache=not no_cache, engine=engine)
    errors = len(report.errors)
    counts = {
        "articles": report.articles,
        "texts": report.texts,
        "documents": report.documents,
        "statements": report.statements,
        "errors": errors,
        "warnings": len(report.findings) - errors,
        "waived": len(report.waived),
    }
    if as_json:
        waived = [
            _listed(each.finding) | {"reason": each.waiver.reason, "until": each.waiver.until.isoformat()}
            for each in report.waived
        ]
        listing = [_listed(each) for each in report.findings]
        unsearched = {"articles": report.search.missing, "files": report.search.unread}
        value = {"counts": counts, "findings": listing, "waived": waived, "not_searched": unsearched}
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for each in sorted(report.findings, key=lambda finding: finding.severity):  # errors first
            _print(each, each.severity, "red" if each.severity == "error" else "yellow")
            click.echo(f"    Hint: {each.hint}.")
        for item in report.waived:
            _print(item.finding, f"{item.finding.severity}, waived until {item.waiver.until}", "green")
            click.echo(f"    Waived: {one_line(item.waiver.reason)}")
        blind = report.articles - report.texts
        without = f" ({blind} without their words)" if blind else ""
        click.echo(
            f"{count(report.articles, 'article')}{without}, {count(report.documents, 'document')}, "
            f"{count(report.statements, 'statement')}: "
            f"{count(errors, 'error')}, {count(counts['warnings'], 'warning')}"
            + (f", {len(report.waived)} waived." if report.waived else "."),
            err=True,
        )
        _print_unsearched(report.search)
        if not report.articles:
            click.echo("There is nothing to check yet. Add articles with `stancebank corpus add PATH`.", err=True)
    sys.exit(1 if errors else 0)


def _print_unsearched(search: "Search") -> None:
    """Say what the search for leaked words could not do; `corpus leak-check` names all of it."""
    said = []
    if search.missing:
        said.append(f"for the words of {count(len(search.missing), 'article')}, which are not at hand")
    if search.unread:
        said.append(f"in {count(len(search.unread), 'file')} that cannot be read as text: {list_some(search.unread)}")
    for each in said:
        click.echo(f"Leaked words were not searched {each}.", err=True)
    if said:
        click.echo("Hint: `stancebank corpus leak-check` names them.", err=True)


def _listed(finding: "Finding") -> dict[str, str]:
    return {
        "file": finding.file,
        "pointer": finding.pointer,
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
    }


def _print(finding: "Finding", state: str, colour: str) -> None:
    where = f"{one_line(finding.file)}  {one_line(finding.pointer)}  "
    print_styled(where, (finding.code, {"bold": True}), "  ", (f"({state})", {"fg": colour}))
    click.echo(f"    {one_line(finding.message)}")
