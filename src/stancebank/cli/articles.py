"""The commands of the group corpus that keep articles in order: list, zone, edit and remove."""

import json
import re
from collections.abc import Mapping
from typing import Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import count, get_workspace, print_list, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.model import ZONES, Article

DRY = "Nothing was written: this was a dry run."


@click.command("list")
@click.option("--outlet", help="Only articles of this outlet; upper and lower case do not count.")
@click.option("--event", help="Only articles on this event.")
@click.option("--language", metavar="TAG", help="Only articles in this language; en also stands for en-GB.")
@click.option("--without-gold", is_flag=True, help="Only articles that have no gold document.")
@json_option("Print a JSON list of the records' main values.")
@click.pass_context
def list_(
    ctx: click.Context, outlet: str | None, event: str | None, language: str | None, without_gold: bool, as_json: bool
) -> None:
    """List the articles: id, date, outlet, text policy, words at hand, statements.

    Writes nothing. Each article is one line, and its id is whole; columns for which there is no room are left out.

    \b
    Example:
      stancebank corpus list
      stancebank corpus list --without-gold
    """
    from stancebank.errors import WorkspaceError

    store = get_workspace(ctx).store
    placements = store.placements()
    rows: list[dict[str, Any]] = []
    known = False
    for article in store.articles():
        known = True
        if not _is_wanted(article, outlet, event, language):
            continue
        gold = store.gold(article.id)
        if gold and without_gold:
            continue
        try:
            words = "not at hand" if store.text(article) is None else "at hand"
        except WorkspaceError:  # the file holds other words
            words = "changed"
        rows.append(
            {
                "id": article.id,
                "published": article.published.value if article.published else None,
                "outlet": article.outlet.value if article.outlet else None,
                "event": article.event.value if article.event else None,
                "text_policy": article.rights.text_policy,
                "words": words,
                "statements": len(gold.statements) if gold else None,
                "reprint_of": article.reprint_of,
            }
        )
        if placements:
            rows[-1]["split"] = placements[article.id].split if article.id in placements else None
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    elif rows:
        head = [key for key in rows[0] if key != "reprint_of"]
        wanted = ("published", "statements", "split", "words", "text_policy", "outlet", "event")
        important = [name for name in wanted if name in rows[0]]
        print_list(head, [["–" if row[key] is None else str(row[key]) for key in head] for row in rows], important)
    elif known:
        click.echo("No article is like that.", err=True)
    else:
        click.echo("There is no article yet. Add one with `stancebank corpus add PATH --outlet NAME`.", err=True)


def _is_wanted(article: Article, outlet: str | None, event: str | None, language: str | None) -> bool:
    for value, wanted in ((article.outlet, outlet), (article.event, event)):
        if wanted is not None and (value is None or value.value.casefold() != wanted.strip().casefold()):
            return False
    if language is None:
        return True
    tag, wanted = article.language_tag.casefold(), language.strip().casefold()
    return tag == wanted or tag.startswith(f"{wanted}-")


class _Lines(click.ParamType[tuple[int, int]]):
    """One line of a text or several, such as 4 or 4-6."""

    name = "lines"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?", str(value).strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if first > last:
            self.fail(f"{value!r} names no lines; write 4, or 4-6.", param, ctx)
        return first, last


@click.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.argument("name", metavar="[ZONE]", required=False, type=click.Choice([*ZONES, "none"]))
@click.option("--line", "lines", metavar="N[-M]", multiple=True, type=_Lines(), help="A line, or from one to another.")
@click.option("--list", "listed", is_flag=True, help="List the zones; the default where no ZONE is named.")
@dry_run_option()
@json_option("Print the zones as a JSON object.")
@click.pass_context
def zone(
    ctx: click.Context,
    article_id: str,
    name: str | None,
    lines: tuple[tuple[int, int], ...],
    listed: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Correct a zone: say what lines of an article are, or list its zones.

    Reads the record and the words; writes corpus/articles/<id>.json. Lines are counted from 1, as `corpus show` numbers
    them; repeat --line for more. ZONE is one of title, standfirst, dateline, body, caption, related, boilerplate,
    repeat; `body`, or `none`, takes back what was laid over lines. Refused where annotated words would lie in a zone
    that is not annotated.

    \b
    Example:
      stancebank corpus zone norland-post-2031-02-11-envoy
      stancebank corpus zone norland-post-2031-02-11-envoy --line 7 caption
    """
    from stancebank.keeping.articles import listed_zones, plan_zones, write_change

    if (name is None) != (not lines) or (listed and name):
        raise click.UsageError("Name the lines and the zone, such as `--line 4 dateline`; or neither, to list all.")
    workspace = get_workspace(ctx)
    store = workspace.store
    if name is None:
        article = store.article(article_id)
        zones = list(listed_zones(article, store.text(article)))
        if as_json:
            click.echo(json.dumps({"id": article_id, "zones": zones}, ensure_ascii=False))
        else:
            _print_zones(zones)
        return

    def change() -> None:
        made = plan_zones(workspace, article_id, "body" if name == "none" else str(name), lines)
        if not dry_run:
            write_change(store, made)
        zones = list(listed_zones(made.after, made.text))
        changed = made.after != made.before
        if as_json:
            value = {"id": article_id, "zones": zones, "changed": changed, "dry_run": dry_run}
            click.echo(json.dumps(value, ensure_ascii=False))
            return
        _print_zones(zones)
        click.echo(
            DRY if dry_run else f"{count(len(zones), 'zone')}, {'written' if changed else 'as before'}.", err=True
        )

    if dry_run:
        change()
    else:
        with store.alone(ctx.command_path):
            change()


def _print_zones(zones: list[dict[str, Any]]) -> None:
    rows = []
    for each in zones:
        first, last = each["lines"] or (None, None)
        place = (
            f"[{each['begin']}:{each['end']}]" if first is None else f"{first}" if first == last else f"{first}-{last}"
        )
        rows.append([place, each["zone"], "(not at hand)" if each["words"] is None else each["words"]])
    print_list(["lines", "zone", "words"], rows)


@click.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.argument("values", metavar="KEY=VALUE...", nargs=-1, required=True)
@dry_run_option()
@json_option()
@click.pass_context
@writes
def edit(ctx: click.Context, article_id: str, values: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Correct the metadata and the rights of an article; its id stays.

    Reads and writes corpus/articles/<id>.json, and moves the words where a new text policy wants them. KEY is title,
    outlet, agencies (repeat it), author, place, published, language, url, event, reprint_of, holder, licence,
    text_policy, rights_note, or extra.NAME for one of your own; `KEY=` clears it. Values are judged as at intake, and
    their basis becomes `given`.

    \b
    Example:
      stancebank corpus edit norland-post-2031-02-11-envoy published=2031-02-12 author=
      stancebank corpus edit norland-post-2031-02-11-envoy text_policy=quotes rights_note="by letter of 2031-03-01"
    """
    from stancebank.corpus.store import PUBLIC_TEXTS
    from stancebank.keeping.articles import plan_edit, write_change

    workspace = get_workspace(ctx)
    change = plan_edit(workspace, article_id, key_values(values))
    if not dry_run:
        write_change(workspace.store, change)
    print_changes(article_id, change.values, dry_run=dry_run, as_json=as_json)
    if change.leaves_public and not dry_run:
        click.echo(f"Its words left {PUBLIC_TEXTS}/. What git recorded of them stays in its history.", err=True)


def key_values(given: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return keys with their values. Raises a usage error where there is no equals sign."""
    pairs = []
    for each in given:
        key, sign, value = each.partition("=")
        if not sign or not key.strip():
            raise click.UsageError(f"{each!r} is not like KEY=VALUE.")
        pairs.append((key.strip(), value))
    return pairs


def print_changes(name: str, changes: Mapping[str, tuple[Any, Any]], *, dry_run: bool, as_json: bool) -> None:
    """Print what an edit changes: old and new value, by key. name: of what is edited."""
    if as_json:
        value = {"id": name, "changed": changes_value(changes), "dry_run": dry_run}
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    for line in change_lines(changes):
        click.echo(line)
    if not changes:
        click.echo(f"{name} is so already.", err=True)
    elif dry_run:
        click.echo(DRY, err=True)


def changes_value(changes: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Return changed values as JSON holds them: old and new, by key."""
    return {key: {"old": old, "new": new} for key, (old, new) in changes.items()}


def change_lines(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Return changed values as people read them."""
    return [f"{key}: {_said(old)} -> {_said(new)}" for key, (old, new) in changes.items()]


def _said(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict) and value.keys() == {"value", "basis"}:
        return f"{_said(value['value'])} ({value['basis']})"
    if isinstance(value, dict):  # a role
        return str(value.get("title", value))
    return ", ".join(map(_said, value)) if isinstance(value, list) else str(value)


@click.command()
@click.argument("article_ids", metavar="ID...", nargs=-1, required=True, type=ArticleId())
@dry_run_option()
@json_option()
@click.pass_context
@writes
def remove(ctx: click.Context, article_ids: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Remove an article that was added by mistake: one that nobody has annotated and no release has.

    Removes its record, words, suggestions and lines in ledgers such as corpus/splits.csv, and leaves no trace, so
    that it can be added again. All that stands in the way is named: a document, labels that the state of push and pull
    knows, a release that recorded it. Then `stancebank corpus withdraw` takes it out for good, with a record. A task in
    Label Studio is named, and stays.

    \b
    Example:
      stancebank corpus remove norland-post-2031-02-11-envoy --dry-run
    """
    from stancebank.keeping.articles import plan_removals, remove_articles

    workspace = get_workspace(ctx)
    removals = plan_removals(workspace, article_ids)
    if not dry_run:
        remove_articles(workspace.store, removals)

    if as_json:
        told = [{"id": each.article_id, "removed": [*each.files], "tasks": each.tasks} for each in removals]
        click.echo(json.dumps({"articles": told, "dry_run": dry_run}, ensure_ascii=False))
    for each in removals:
        for name in each.files if not as_json else ():
            click.echo(f"{'would go' if dry_run else 'gone'}  {name}")
        if each.tasks:
            click.echo(
                f"Label Studio may still hold {each.article_id}, as task {', '.join(each.tasks)}: delete it there.",
                err=True,
            )
    if dry_run:
        click.echo(DRY, err=True)
