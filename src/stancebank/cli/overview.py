"""The commands status and doctor: the state of the workspace and of the machine on one screen."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from stancebank.cli.output import count, get_workspace, print_facts, print_styled
from stancebank.cli.params import json_option
from stancebank.cli.streams import unescaped
from stancebank.errors import list_some

if TYPE_CHECKING:
    from stancebank.errors import Check
    from stancebank.keeping.status import ReleaseState, ServerState, WorkspaceStatus


@click.command()
@json_option("Print it as a JSON object.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show what is added, annotated and released, what is behind, and what to do next.

    Reads corpus/, the local state of push and pull, and git; asks no server, and writes nothing. `stancebank annotate
    status` asks the server how far the annotators are; `stancebank check` judges what is there.

    \b
    Example:
      stancebank status
      stancebank status --json | jq .release
    """
    from stancebank.keeping.status import read_status

    found = read_status(get_workspace(ctx))
    if as_json:
        click.echo(json.dumps(_listed(found), ensure_ascii=False))
    else:
        print_facts(_facts(found))


def _facts(found: "WorkspaceStatus") -> list[tuple[str, str]]:
    newer = f"; the toolkit brings {found.newer_schema}" if found.newer_schema else ""
    facts = [
        ("workspace", f"{found.name} {found.version}, {found.root}"),
        ("schema", f"{found.schema}, edition {found.edition}{newer}"),
        ("toolkit", f"stancebank {found.toolkit}"),
    ]
    without = len(found.articles) - found.texts
    facts.append(("articles", _told(len(found.articles), {"without their words": without})))
    readings = ", ".join(f"{name} {number}" for name, number in found.readings.items())
    facts.append(("readings", readings or "none"))
    methods = {f"{method or 'of no method'}": number for method, number in found.gold.items()}
    facts.append(("gold", _told(sum(found.gold.values()), methods) + f"; {count(found.statements, 'statement')}"))
    if found.without_gold:
        facts.append(("no gold", f"{len(found.without_gold)}: {list_some(found.without_gold)}"))
    if found.waiting:
        fields = count(sum(found.waiting.values()), "field")
        facts.append(("waiting", f"{fields} in {count(len(found.waiting), 'document')}"))
    if found.unreadable:
        facts.append(("unreadable", list_some(found.unreadable)))
    facts.append(("server", _server(found.server)))
    facts += [(f"project {each.project}", _project(each)) for each in found.server.projects]
    facts.append(("release", _release(found.release)))
    if found.uncommitted is None:
        facts.append(("git", "no repository"))
    else:
        number = len(found.uncommitted)
        facts.append(("git", f"{count(number, 'file')} not committed" if number else "everything is committed"))
    return [*facts, ("next", found.next)]


def _told(number: int, parts: dict[str, int]) -> str:
    said = ", ".join(f"{each} {name}" for name, each in parts.items() if each)
    return f"{number} ({said})" if said else str(number)


def _server(server: "ServerState") -> str:
    if server.url is None:
        return server.problem or "none is known"
    runs = {True: ", runs on this machine", False: ", of this machine, does not run", None: ""}[server.running]
    return server.url + runs + (f"; {server.problem}" if server.problem else "")


def _project(each: Any) -> str:
    pulled = f"pulled last on {each.pulled[:16].replace('T', ' ')} UTC" if each.pulled else "never pulled"
    open_ = f", {count(each.open, 'task')} open" if each.open else ""
    conflicts = f", {count(each.conflicts, 'conflict')}" if each.conflicts else ""
    return f"{count(each.agreed, 'document')} on both sides{open_}{conflicts}; {pulled}"


def _release(release: "ReleaseState | None") -> str:
    if release is None:
        return "none yet"
    since = []
    if release.changed:
        gold = sum(name.startswith("corpus/gold/") for name in release.changed)
        said = f", {gold} of them gold" if gold else ""
        since.append(f"{count(len(release.changed), 'file')} changed{said}")
    since += [f"{count(len(ids), 'statement')} {word}" for ids, word in _moved(release) if ids]
    uncommitted = " (its record is not committed)" if release.committed is False else ""
    behind = f"since then {', '.join(since)}" if since else "nothing changed since"
    return f"{release.version}{uncommitted}; {behind}"


def _moved(release: "ReleaseState") -> tuple[tuple[tuple[str, ...], str], ...]:
    return (release.gained, "more"), (release.lost, "less")


def _listed(found: "WorkspaceStatus") -> dict[str, Any]:
    server, release = found.server, found.release
    return {
        "workspace": {"path": str(found.root), "name": found.name, "version": found.version},
        "schema": {"version": found.schema, "edition": found.edition, "newer": found.newer_schema},
        "toolkit": found.toolkit,
        "articles": {
            "all": len(found.articles),
            "with_words": found.texts,
            "without_gold": found.without_gold,
        },
        "readings": found.readings,
        "gold": {"documents": sum(found.gold.values()), "methods": found.gold, "statements": found.statements},
        "waiting": found.waiting,
        "unreadable": found.unreadable,
        "server": {
            "url": server.url,
            "running": server.running,
            "problem": server.problem or None,
            "projects": [
                {
                    "project": each.project,
                    "agreed": each.agreed,
                    "open": each.open,
                    "conflicts": each.conflicts,
                    "pulled": each.pulled,
                }
                for each in server.projects
            ],
        },
        "release": release
        and {
            "version": release.version,
            "committed": release.committed,
            "changed": release.changed,
            "gained": release.gained,
            "lost": release.lost,
            "behind": release.is_behind,
        },
        "uncommitted": found.uncommitted,
        "next": found.next,
    }


_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


@click.command()
@json_option("Print the checks as a JSON object.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Find out what is wrong with this machine for the toolkit, and how to fix it.

    Checks Python, packages and extras, git, the workspace if there is one, disks and their free space, the environment
    of Label Studio, and the terminal. Changes nothing. Exits with 1 if there is a fault; warnings do not count.
    `stancebank annotate doctor` checks the Label Studio server.

    \b
    Example:
      stancebank doctor
      stancebank doctor --json | jq '.checks[] | select(.state != "ok")'
    """
    from stancebank.keeping.environment import examine
    from stancebank.workspace import nearest_root

    named: Path | None = ctx.find_root().obj
    here = Path.cwd()
    root = named.resolve() if named else nearest_root(here, *here.parents)
    report_checks(examine(root, here, unescaped(sys.stdout)), as_json=as_json)


def report_checks(checks: "Iterable[Check]", *, as_json: bool) -> NoReturn:
    """Print checks, each as soon as it is made, and end with 1 if one found a fault."""
    made = []
    for check in checks:
        made.append(check)
        if not as_json:
            state = check.state.ljust(7), {"fg": _COLOURS[check.state]}
            print_styled(state, f"  {check.code}: {check.message}")
            if check.hint:
                click.echo(f"         Hint: {check.hint}.")
    counts = {state: sum(check.state == state for check in made) for state in _COLOURS}
    if as_json:
        click.echo(json.dumps({"counts": counts, "checks": [asdict(check) for check in made]}, ensure_ascii=False))
    else:
        said = ", ".join(count(counts[state], state) for state in ("fault", "warning"))
        click.echo(f"{count(len(made), 'check')}: {said}.", err=True)
    sys.exit(1 if counts["fault"] else 0)
