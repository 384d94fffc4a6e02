"""The group annotate: labels come from Label Studio or from readings by quotes, and can be compared."""

import json
from typing import ClassVar

import click

from stancebank.cli.adjudicate import adjudicate
from stancebank.cli.agreement import agreement
from stancebank.cli.assigning import assign
from stancebank.cli.compare import compare
from stancebank.cli.competence import competence
from stancebank.cli.exporting import export
from stancebank.cli.feedback import feedback
from stancebank.cli.importing import import_
from stancebank.cli.next import next_
from stancebank.cli.output import Group, count, get_workspace, print_table
from stancebank.cli.params import json_option
from stancebank.cli.practice import practice
from stancebank.cli.pull import pull, watch
from stancebank.cli.push import push
from stancebank.cli.readings import interface, new, promote, pseudonyms, set_
from stancebank.cli.status import status
from stancebank.cli.studio import doctor, studio, trust
from stancebank.cli.suggesting import suggest


@click.command()
@click.option("--name", "names", multiple=True, metavar="ID=NAME", help="Give an account a pseudonym; repeat for more.")
@json_option("Print the table as a JSON list.")
@click.pass_context
def users(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Show who the accounts on the Label Studio server are, or give them pseudonyms.

    Reads and writes the table .stancebank/label-studio/annotators.json, which stays on this machine: no other file has
    e-mail addresses. A pull adds new accounts as user-1, user-2. With --name, the documents of the account get its new
    name, too.

    \b
    Example:
      stancebank annotate users
    """
    from stancebank.annotate.connection import LOCAL
    from stancebank.annotate.sync.state import rename_user
    from stancebank.annotate.users import UserTable
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
    if as_json:
        accounts = UserTable(workspace.root / LOCAL).accounts
        told = [
            {"name": each.name, "id": each.user.id, "email": each.user.email, "since": each.user.joined}
            for each in accounts
        ]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    rows = [
        [each.name, str(each.user.id), each.user.email, each.user.joined[:10]]
        for each in UserTable(workspace.root / LOCAL).accounts
    ]
    print_table(["name", "id", "e-mail", "since"], rows)


class _Annotate(Group):
    chapters: ClassVar = {
        "To begin": ("practice",),
        "Server": ("studio", "doctor", "trust"),
        "To the annotators and back": ("assign", "next", "push", "status", "pull", "watch", "users"),
        "Readings": ("new", "import", "promote", "set", "compare", "agreement", "export"),
        "Suggestions": ("suggest",),
        "From readings to gold": ("adjudicate",),
        "People": ("competence", "feedback"),
        "Without a connection": ("interface",),
    }


@click.group(cls=_Annotate)
def annotate() -> None:
    """Annotate articles in Label Studio and import the results.

    Guidelines and the labelling interface are in annotate/; documents go to corpus/annotations/<annotator>/.
    From nothing to a row of the dataset, in a folder of your own:

    \b
      stancebank init --sample river; cd river            a workspace, with articles
      stancebank annotate studio start --annotator anna   a server on this machine
      stancebank annotate studio login anna               open the page, mark, Submit
      stancebank annotate status                          how far she is
      stancebank annotate pull                            her documents, by article
      stancebank annotate promote ARTICLE --annotator anna --gold single --replace
      stancebank publish build --out build/dataset        her reading is gold, and gold becomes rows
      stancebank annotate studio stop                     until the next start

    With a server of your own, set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, ask the doctor, and push.
    A push or pull can be interrupted and repeated.
    """


for _command in (
    practice,
    studio,
    doctor,
    trust,
    assign,
    next_,
    push,
    status,
    pull,
    watch,
    users,
    compare,
    adjudicate,
    agreement,
    export,
    import_,
    new,
    promote,
    set_,
    interface,
    competence,
    feedback,
    suggest,
):
    annotate.add_command(_command)
