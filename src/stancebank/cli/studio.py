"""The group annotate studio: a Label Studio server on this machine, for this workspace."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from stancebank.cli.output import Group, Progress, get_workspace, print_table
from stancebank.cli.overview import report_checks
from stancebank.cli.params import json_option
from stancebank.workspace import Workspace


@click.command()
@json_option("Print the checks as a JSON object.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Find out what is wrong between this workspace and its Label Studio server, and how to fix it.

    Checks address, token file, connection, version, clock, sign-up, token, project, interface and local files, in this
    order; after a fault, checks that depend on it are left out. Reads the settings and asks the server; changes
    nothing, there or here. Exits with 1 if there is a fault; warnings do not count.

    \b
    Example:
      stancebank annotate doctor
      stancebank annotate doctor --json | jq '.checks[] | select(.state != "ok")'
    """
    from stancebank.annotate.doctor import examine

    report_checks(examine(get_workspace(ctx)), as_json=as_json)


@click.command()
@click.argument("url", required=False)
@click.option("--remove", is_flag=True, help="Do not send the token there any more.")
@json_option("Print the allowed servers as a JSON list.")
def trust(url: str | None, remove: bool, as_json: bool) -> None:
    """Allow your token to be sent to the Label Studio server at URL, or list the allowed servers.

    Needed once for a server that stancebank.toml names, since that file may come from somebody else. A server on this
    machine, and one that LABEL_STUDIO_URL names, need none. The list belongs to you, not to the workspace: it is in
    servers.json in the configuration folder of stancebank, such as ~/.config/stancebank.

    \b
    Example:
      stancebank annotate trust https://labels.example.org
    """
    from stancebank.annotate.connection import trust_address, trusted_addresses

    if remove and url is None:
        raise click.UsageError("--remove needs the URL.")
    allowed = list(trusted_addresses() if url is None else trust_address(url, remove=remove))
    if as_json:
        click.echo(json.dumps(allowed))
    else:
        print_lines(allowed)


def _folder(ctx: click.Context) -> Path:
    """Return the folder of the local server. Raises StancebankError on a system that runs none."""
    from stancebank.annotate.local.server import require_served, studio_folder

    require_served()
    return studio_folder(get_workspace(ctx).root)


def print_lines(lines: list[str]) -> None:
    """Print lines, of which there may be none."""
    for line in lines:
        click.echo(line)


_ACTIONS = {"project": "project made", "create": "new"}  # of what a push does; the rest is said by its own word


@click.group(cls=Group)
def studio() -> None:
    """Run Label Studio on this machine, for this workspace.

    The server listens on this machine only, keeps its data in .stancebank/label-studio/studio, which git ignores, and
    sends nothing home. It is Label Studio's own; for a team on several machines see `stancebank help studio`.
    """


@studio.command()
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="NAME",
    help="Give an annotator an account; NAME is a pseudonym.",
)
@click.option(
    "--port", type=click.IntRange(1024, 65535), help="The port. Default: that of the last start, 8080, or a free one."
)
@click.option(
    "--environment",
    envvar="STANCEBANK_STUDIO",
    type=click.Path(path_type=Path, file_okay=False),
    help="A Python environment that holds Label Studio already. Default: $STANCEBANK_STUDIO, or one that is made.",
)
@json_option("Print where the server is and where each annotator labels as a JSON object.")
@click.pass_context
def start(
    ctx: click.Context, annotators: tuple[str, ...], port: int | None, environment: Path | None, as_json: bool
) -> None:
    """Start the server, bring the articles to it, and give annotators an account there.

    The first start on a machine installs Label Studio into an environment of its own below ~/.cache/stancebank (1 GB, a
    few minutes), with pinned versions and hashes. The first start in a workspace creates the database (a minute). Later
    ones take a few seconds. The server keeps running when the command ends. Each start pushes the articles whose words
    are at hand, as `stancebank annotate push` does, and says where each annotator labels: an address to be opened in a
    browser.

    Passwords and tokens are drawn at random and kept in files that only you can read; `stancebank annotate studio
    login` shows them. An interrupted start can be repeated; nothing is lost.

    \b
    Example:
      stancebank annotate studio start --annotator anna --annotator ben
    """
    from stancebank.annotate.connection import local_folder
    from stancebank.annotate.local.accounts import ADMIN, add_member, entrance, login_names, require_pseudonym
    from stancebank.annotate.local.install import find_environment, make_environment
    from stancebank.annotate.local.server import find_running, start_server
    from stancebank.annotate.users import UserTable

    workspace, folder = get_workspace(ctx), _folder(ctx)
    for name in annotators:
        require_pseudonym(name)
    local_folder(workspace)
    already = find_running(folder) is not None
    with Progress() as progress:
        place = find_environment(environment) or make_environment(progress.report)
        running = start_server(folder, place, port=port, report=progress.report)
    for name in annotators:
        user = add_member(folder, running.url, name)
        with workspace.store.alone(ctx.command_path):
            UserTable(local_folder(workspace)).rename(user, name)
    state = "runs already" if already else "runs"
    click.echo(f"Label Studio {running.version} {state} at {running.url} (process {running.pid}).", err=as_json)
    projects = _push(workspace, folder, running.url)
    known = [name for name in login_names(folder) if name != ADMIN]
    places = {name: entrance(running.url, projects.get(name, projects.get(None))) for name in known}
    if as_json:
        about = {"url": running.url, "version": running.version, "pid": running.pid}
        click.echo(json.dumps(about | {"was_running": already, "annotators": places}, ensure_ascii=False))
    else:
        print_lines([f"{name} labels at {place}" for name, place in places.items()])
    _say_what_is_next(workspace, running.url, (*annotators, *known))


def _push(workspace: Workspace, folder: Path, url: str) -> dict[str | None, int]:
    """Bring the articles to the local server; return the workspace's projects by annotator, None for everybody's."""
    from collections import Counter

    from stancebank.annotate.connection import TOKEN, Connection, read_secret
    from stancebank.annotate.sync.projects import find_projects
    from stancebank.annotate.sync.push import push
    from stancebank.annotate.sync.types import PushOptions

    with Connection(url, read_secret(folder / TOKEN), "the local server").open() as server:
        done = Counter(result.action for result in push(server, workspace, PushOptions()))
        summary = (
            ", ".join(f"{number} {_ACTIONS.get(what, what)}" for what, number in done.items()) or "there are none yet"
        )
        click.echo(f"Pushed the articles: {summary}.", err=True)
        if done["refused"] or done["no-text"]:
            click.echo("Hint: run `stancebank annotate push`, which says of each article why.", err=True)
        return {each.annotator: each.id for each in find_projects(server, workspace)}


def _say_what_is_next(workspace: Workspace, url: str, annotators: tuple[str, ...]) -> None:
    from stancebank.annotate.connection import AddressError, find_address

    try:
        connected, _ = find_address(workspace)
        if connected != url:
            note = f"LABEL_STUDIO_URL or stancebank.toml names {connected}; everything else goes there."
            click.echo(f"Note: {note}", err=True)
    except AddressError as error:
        click.echo(f"Note: {error}", err=True)
    who = f" {annotators[0]}" if annotators else ""
    click.echo(
        f"`stancebank annotate studio login{who}` shows the password; `stancebank annotate pull` brings what was "
        "submitted; `stancebank annotate studio stop` ends the server.",
        err=True,
    )


@studio.command()
@json_option()
@click.pass_context
def stop(ctx: click.Context, as_json: bool) -> None:
    """Stop the server. Nothing is lost: the next start finds everything as it was.

    The server has twenty seconds to end by itself. If none runs, the command says so and exits with 0.

    \b
    Example:
      stancebank annotate studio stop
    """
    from stancebank.annotate.local.server import stop_server

    stopped = stop_server(_folder(ctx))
    if as_json:
        click.echo(json.dumps({"stopped": stopped is not None, "url": stopped.url if stopped else None}))
    click.echo(f"Stopped the server at {stopped.url}." if stopped else "No server runs for this workspace.", err=True)


@studio.command()
@json_option("Print it as a JSON object; sizes are in bytes.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show whether the server runs, where its data are, and how large they are.

    Reads .stancebank/label-studio/studio and asks the server whether it is up; changes nothing.

    \b
    Example:
      stancebank annotate studio status
      stancebank annotate studio status --json | jq -r .url
    """
    from stancebank.annotate.local.server import read_server_status

    found = read_server_status(_folder(ctx))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    state = "no" if not found.running else "yes" if found.healthy else "yes, but it does not answer"
    rows = [("running", state)]
    if found.running:
        rows += [("url", found.url), ("process", str(found.pid)), ("version", found.version)]
    rows += [
        ("folder", f"{found.folder} ({found.folder_bytes / 1e6:.1f} MB)"),
        ("database", f"{found.database_bytes / 1e6:.1f} MB"),
        ("log", found.log),
        ("annotators", ", ".join(found.annotators) or "none"),
    ]
    print_table(("what", "how it is"), rows)


@studio.command()
@click.argument("name", default="admin")
@click.pass_context
def login(ctx: click.Context, name: str) -> None:
    """Show the login of the administrator or of the annotator NAME: page, e-mail address and password.

    Shown on a terminal only, so that no password gets into a file or a log by mistake. Programs can read
    .stancebank/label-studio/studio/logins/NAME.json, a file that only you can read.

    \b
    Example:
      stancebank annotate studio login anna
    """
    from stancebank.annotate.local.accounts import login_names, login_path, read_login
    from stancebank.annotate.local.server import find_running
    from stancebank.errors import InputError

    folder = _folder(ctx)
    found = read_login(folder, name)
    if found is None:
        known = ", ".join(login_names(folder)) or "nobody yet"
        raise InputError(
            f"{name} has no login; these have: {known}.\n"
            f"Hint: run `stancebank annotate studio start{'' if name == 'admin' else f' --annotator {name}'}`."
        )
    if not sys.stdout.isatty():
        raise InputError(f"A password is shown on a terminal only.\nHint: read {login_path(folder, name)}.")
    running = find_running(folder)
    page = f"{running.url}/user/login/" if running else "(the server does not run)"
    click.echo(f"page      {page}\ne-mail    {found.email}\npassword  {found.password}")
