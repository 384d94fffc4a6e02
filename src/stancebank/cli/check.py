"""The command check."""

import json
import sys

import click

from stancebank.cli.context import get_workspace


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON object.")
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Check everything in the workspace: schema, ids, references, spans, words.

    Reads all files below corpus/, and the words of those articles that are at hand; writes nothing. Each finding says
    what is wrong, where, and how to mend it; docs/findings.md explains every code. Exits with 1 if there are errors;
    warnings do not count.

    \b
    Example:
      stancebank check
      stancebank check --json | jq '.findings[].code'
    """
    from stancebank.annotate.interface import check_interface
    from stancebank.check import check_workspace

    workspace = get_workspace(ctx)
    report = check_workspace(workspace)
    findings = sorted({*report.findings, *check_interface(workspace.root, workspace.schema_dir)})
    errors = sum(finding.severity == "error" for finding in findings)
    counts = {
        "articles": report.articles,
        "texts": report.texts,
        "documents": report.documents,
        "statements": report.statements,
        "errors": errors,
        "warnings": len(findings) - errors,
    }
    if as_json:
        listing = [
            {
                "file": each.file,
                "pointer": each.pointer,
                "code": each.code,
                "severity": each.severity,
                "message": each.message,
                "mend": each.mend,
            }
            for each in findings
        ]
        click.echo(json.dumps({"counts": counts, "findings": listing}, ensure_ascii=False))
    else:
        for each in sorted(findings, key=lambda finding: finding.severity):  # errors first
            colour = "red" if each.severity == "error" else "yellow"
            click.echo(f"{each.file}  {each.pointer}  {click.style(each.code, bold=True)}  ", nl=False)
            click.echo(click.style(f"({each.severity})", fg=colour))
            click.echo(f"    {each.message}\n    Mend: {each.mend}.")
        blind = report.articles - report.texts
        without = f" ({blind} without their words)" if blind else ""
        click.echo(
            f"{report.articles} articles{without}, {report.documents} documents, {report.statements} statements: "
            f"{errors} errors, {len(findings) - errors} warnings.",
            err=True,
        )
        if not report.articles:
            click.echo("There is nothing to check yet. Add articles with `stancebank corpus add PATH`.", err=True)
    sys.exit(1 if errors else 0)
