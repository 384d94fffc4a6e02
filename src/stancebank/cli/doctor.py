"""The command annotate doctor."""

import json
import sys
from dataclasses import asdict

import click

from stancebank.cli.context import count, get_workspace

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as a JSON object.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Find out what is wrong between this workspace and its Label Studio server, and how to fix it.

    Looks at address, token file, reach, version, clock, sign-up, token, project, interface and local files, in this
    order; what fails hides what is behind it. Reads the settings and asks the server; makes and changes nothing, there
    or here. Exits with 1 if there is a fault; warnings do not count.

    \b
    Example:
      stancebank annotate doctor
      stancebank annotate doctor --json | jq '.checks[] | select(.state != "ok")'
    """
    from stancebank.annotate.doctor import examine

    checks = []
    for check in examine(get_workspace(ctx)):
        checks.append(check)
        if not as_json:
            click.echo(f"{click.style(check.state.ljust(7), fg=_COLOURS[check.state])}  {check.code}: {check.message}")
            if check.hint:
                click.echo(f"         Hint: {check.hint}.")
    counts = {state: sum(check.state == state for check in checks) for state in _COLOURS}
    if as_json:
        click.echo(json.dumps({"counts": counts, "checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        said = ", ".join(count(counts[state], state) for state in ("fault", "warning"))
        click.echo(f"{count(len(checks), 'check')}: {said}.", err=True)
    sys.exit(1 if counts["fault"] else 0)
