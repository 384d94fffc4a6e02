"""The command for who the accounts of a server are."""

import click

from stancebank.cli.context import count, get_workspace, print_table


@click.command()
@click.option("--name", "names", multiple=True, metavar="ID=NAME", help="Give an account a pseudonym; repeat for more.")
@click.pass_context
def annotators(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show who the accounts on the Label Studio server are, or give them pseudonyms.

    Reads and writes the table .stancebank/label-studio/annotators.json, which stays on this machine: e-mail addresses
    stand there and nowhere else. A pull writes new accounts down as user-1, user-2. With --name, documents of the
    account move to its new name, too.

    \b
    Example:
      stancebank annotate annotators
    """
    from stancebank.annotate.connection import LOCAL
    from stancebank.annotate.sync.state import rename_user
    from stancebank.annotate.users import UserTable
    from stancebank.cli.exports import pseudonyms
    from stancebank.errors import ConflictError, InputError

    workspace = get_workspace(ctx)
    for number, name in pseudonyms(names, "--name").items():
        accounts = UserTable(workspace.root / LOCAL).accounts
        users = [each.user for each in accounts if each.user.id == number]
        if not users:
            raise InputError(f"The table has no account {number}.\nHint: run `stancebank annotate pull` first.")
        if len(users) > 1:
            raise ConflictError(
                f"Two servers have an account {number}.\nHint: correct .stancebank/label-studio/annotators.json."
            )
        moved = rename_user(workspace, users[0], name)
        click.echo(f"{number} is {name}; {count(moved, 'document')} moved.", err=True)
    rows = [
        [each.name, str(each.user.id), each.user.email, each.user.joined[:10]]
        for each in UserTable(workspace.root / LOCAL).accounts
    ]
    print_table(["name", "id", "e-mail", "since"], rows)
