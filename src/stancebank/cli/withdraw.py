"""The command that takes an article out of the corpus, and the one that undoes it."""

import json
from typing import TYPE_CHECKING

import click

from stancebank.cli.context import get_workspace

if TYPE_CHECKING:
    from stancebank.corpus.store import Store
    from stancebank.corpus.withdraw import Removal

_BEYOND_REACH = """
What this command cannot do:

- git keeps what was committed. Commit the withdrawal; then, with all clones at hand, purge the history:
{purge}
  and push it with --force-with-lease. Forks and clones of others keep what they have. `git revert` of the withdrawal,
  and a merge of a branch that still holds the files, bring them back; `stancebank check` says so.
- Releases that were published, and folders that were built on this machine (releases/, build/): remove them yourself.
- A task in Label Studio holds the words: delete it there.
"""


@click.command()
@click.argument("article_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why. Every later release says it.")
@click.option("--undo", is_flag=True, help="Let the article in again. Its words and labels do not come back by this.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as a JSON object.")
@click.pass_context
def withdraw(ctx: click.Context, article_id: str, reason: str, undo: bool, dry_run: bool, as_json: bool) -> None:
    """Take an article out of the corpus for good, at the wish of whoever holds its rights or is named in it.

    Removes its record, its words in both places, its gold, and every annotator's document on it. Writes
    corpus/withdrawn/<id>.json: the day, the reason, and hashes by which the text is known again, also in a lightly
    changed copy. From then on `corpus add`, `corpus hydrate` and `annotate import` refuse it, and where its files lie
    there again, by a merge or a revert, `check` reports an error and nothing is built.

    With --undo, the record of the withdrawal stays and says when and why it was undone.

    \b
    Example:
      stancebank corpus withdraw norland-post-2031-02-11-envoy --reason "The publisher asked for it." --dry-run
    """
    from datetime import UTC, datetime

    store = get_workspace(ctx).store
    today = datetime.now(UTC).date().isoformat()
    if undo:
        _undo(store, article_id, reason, today, dry_run=dry_run, as_json=as_json)
        return
    from stancebank.corpus.withdraw import plan_removal, remove

    removal = plan_removal(store, article_id, reason=reason, date=today)
    if not dry_run:
        remove(store, removal)
    _report(store, removal, dry_run=dry_run, as_json=as_json)


def _report(store: "Store", removal: "Removal", *, dry_run: bool, as_json: bool) -> None:
    found = removal.withdrawal
    names = [path.relative_to(store.root).as_posix() for path in removal.files]
    if as_json:
        value = {
            "id": found.id,
            "date": found.date,
            "reason": found.reason,
            "new": removal.is_new,
            "removed": names,
            "dry_run": dry_run,
        }
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        for name in names:
            click.echo(f"{'would go' if dry_run else 'gone'}  {name}")
    if not removal.is_new:
        click.echo(f"{found.id} was withdrawn before, on {found.date}: {found.reason}", err=True)
    if not found.shingles:
        click.echo("Its words are not at hand, so a copy will be known by its text or its lines only.", err=True)
    if dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    else:
        click.echo(f"corpus/withdrawn/{found.id}.json records the withdrawal; commit it with the removals.", err=True)
    purge = " \\\n".join(["    git filter-repo --invert-paths", *(f"      {each}" for each in _paths(found.id))])
    click.echo(_BEYOND_REACH.format(purge=purge), err=True)


def _paths(article_id: str) -> list[str]:
    """The places that git may know, as options of `git filter-repo`."""
    from stancebank.corpus.withdraw import HOLDINGS

    places = [place.format(id=article_id) for place in HOLDINGS if not place.startswith(".stancebank/")]
    return [f"--path-glob '{each}'" if "*" in each else f"--path {each}" for each in places]


def _undo(store: "Store", article_id: str, reason: str, today: str, *, dry_run: bool, as_json: bool) -> None:
    from stancebank.corpus.withdraw import plan_lifting

    lifted = plan_lifting(store, article_id, reason=reason, date=today)
    if lifted is not None and not dry_run:
        store.write_withdrawal(lifted)
    if as_json:
        click.echo(json.dumps({"id": article_id, "lifted": lifted is not None, "dry_run": dry_run}))
    if lifted is None:
        click.echo(f"The withdrawal of {article_id} was undone before.", err=True)
    elif dry_run:
        click.echo("Nothing was written: this was a dry run.", err=True)
    else:
        click.echo(
            f"{article_id} may be used again; corpus/withdrawn/{article_id}.json says why.\n"
            "Nothing comes back by itself: take its files from git, or add its text with `stancebank corpus add`.",
            err=True,
        )
