"""The commands that begin a reading, make it gold and change it: new, promote, set; and interface."""

import json
import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ArticleId, StatementId
from stancebank.cli.output import get_workspace, print_file, require_value, writes
from stancebank.cli.params import json_option

if TYPE_CHECKING:
    from stancebank.annotate.client import Server
    from stancebank.annotate.controls import Profile
    from stancebank.annotate.decode.sources import Proposal
    from stancebank.corpus.store import Store
    from stancebank.model import Article
    from stancebank.suggest.following import Beginnings
    from stancebank.workspace import Workspace


def require_pseudonym(name: str, typed: str) -> None:
    """Raise click.UsageError where no file can have a pseudonym on Windows. typed: the option and its value."""
    from stancebank.corpus.store import is_reserved

    if is_reserved(name):
        raise click.UsageError(f"{typed}: {name} is a reserved name on Windows. Choose another pseudonym.")


def pseudonyms(given: Iterable[str], option: str) -> dict[int, str]:
    """Read ``ID=PSEUDONYM`` as typed on the command line. option: where, for the message of click.UsageError."""
    found = {}
    for each in given:
        number, equals, name = each.partition("=")
        if not (equals and number.isdecimal() and name):
            raise click.UsageError(f"{option} {each!r} is not like 7=ann-3: a user's id on the server, a pseudonym.")
        require_pseudonym(name, f"{option} {each!r}")
        found[int(number)] = name
    return found


def follower_of(workspace: "Workspace", server: "Server | None" = None) -> "Beginnings | None":
    """Return what notes what becomes of suggestions; None where none was ever shown, which spares its libraries."""
    from stancebank.corpus.suggestions import read_shown

    if not read_shown(workspace.store):
        return None
    from stancebank.suggest.following import Beginnings

    return Beginnings(workspace, server)


def proposal_hint(new: "Proposal") -> str:
    """Say of a name that the registries lack how it is added."""
    what, more = {"entities": ("entity", "--kind KIND"), "targets": ("target", "--definition WORDS --use USE")}[
        new.registry
    ]
    command = f"stancebank corpus {what} add {new.id} --name {shlex.quote(new.name)} {more}"
    return f"{new.name} is new.\nHint: run `{command}`."


def words_of(store: "Store", article: "Article") -> str:
    """Return the text of an article. Raises InputError where it is not at hand."""
    from stancebank.errors import InputError

    text = store.text(article)
    if text is None:
        raise InputError(
            f"The words of {article.id} are not at hand.\nHint: run `stancebank corpus hydrate DIR` first."
        )
    return text


@click.command()
@click.option("--profile", type=click.Choice(["full", "core"]), default="full", help="Which one to print.")
@click.option("--write", is_flag=True, help="Write both profiles to annotate/ instead of printing one.")
@click.option("--settings", is_flag=True, help="Print an annotate/interface.toml for the schema, to be edited.")
@click.pass_context
@writes
def interface(ctx: click.Context, profile: "Profile", write: bool, settings: bool) -> None:
    """Compile the Label Studio labelling interface from the schema.

    Reads schema/ and annotate/interface.toml, which holds titles, hints, keys, colours and the help panel; prints the
    interface, or writes annotate/labeling.xml and annotate/labeling-core.xml with --write. The core profile asks for
    what the schema marks as core, the full one for everything. Label Studio's own SDK parses the interface before it is
    printed or written.

    \b
    Example:
      stancebank annotate interface --write
    """
    from stancebank.annotate.interface import INTERFACES, compile_interface, validate_interface
    from stancebank.annotate.interface_settings import settings_template
    from stancebank.records import write_text

    workspace = get_workspace(ctx)
    if settings:
        print_file(settings_template(workspace.scheme))
        return
    made = {name: compile_interface(workspace, name) for name in INTERFACES}
    for xml in made.values():
        validate_interface(xml)
    if not write:
        print_file(made[profile])
        return
    for name, xml in made.items():
        changed = write_text(workspace.root / INTERFACES[name], xml)
        click.echo(f"{INTERFACES[name]} {'written' if changed else 'is current'}.", err=True)


@click.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.option("--annotator", default="me", show_default=True, metavar="NAME", help="Whose reading it will be.")
@click.pass_context
def new(ctx: click.Context, article_id: str, annotator: str) -> None:
    """Print a reading of an article to be filled in, with a first statement as an example.

    The statement is that of the first quotation or cue of the article; where a value has to be chosen, the values stand
    in its place. `stancebank help authoring` explains the form, `stancebank corpus show ID` numbers the lines, and
    `annotate import` takes what you filled in.

    Reads the record and the words; writes nothing. What it prints holds words of the article: keep it in readings/,
    which git ignores.

    \b
    Example:
      stancebank annotate new norland-post-2031-02-11-envoy > readings/envoy.json
    """
    from stancebank.annotate.drafts import draft_reading

    workspace = get_workspace(ctx)
    article = workspace.store.article(article_id)
    draft = draft_reading(workspace, article, words_of(workspace.store, article), annotator)
    click.echo(json.dumps(draft, ensure_ascii=False, indent=2))


@click.command()
@click.argument("article_id", metavar="ID", type=ArticleId())
@click.option("--annotator", required=True, metavar="NAME", help="Whose reading becomes gold.")
@click.option("--gold", "method", required=True, metavar="METHOD", help="How: a value of the vocabulary gold_method.")
@click.option("--by", metavar="NAME", help="Who decided, a pseudonym.")
@click.option("--reason", help="The reason of the decision, a short code.")
@click.option("--rule", metavar="G-NNN", help="The guideline that decided.")
@click.option("--replace", "may_replace", is_flag=True, help="Let it take the place of gold that is there.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.pass_context
@writes
def promote(
    ctx: click.Context,
    article_id: str,
    annotator: str,
    method: str,
    by: str | None,
    reason: str | None,
    rule: str | None,
    may_replace: bool,
    dry_run: bool,
) -> None:
    """Make gold of an annotator's reading of an article.

    Reads corpus/annotations/NAME/ID.json; writes corpus/gold/ID.json. Ids are those of gold: statements that the gold
    has already keep theirs. Gold that is there is replaced with --replace alone. Gold that is adjudicated needs --by
    and --reason, and the readings of two annotators; gold by majority needs those of three.

    \b
    Example:
      stancebank annotate promote norland-post-2031-02-11-envoy --annotator annotator-1 --gold single --replace
    """
    from stancebank.annotate.intake import Options, ReadingIntake
    from stancebank.cli.reporting import report
    from stancebank.model import Gold

    workspace = get_workspace(ctx)
    gold = Gold(method=require_value(workspace, "gold_method", method, "--gold"), by=by, reason=reason, rule=rule)
    intake = ReadingIntake(workspace, Options(gold, may_replace))
    report(intake, [intake.promote(article_id, annotator)], may_replace=may_replace, dry_run=dry_run)


@click.command("set")
@click.argument("statement", metavar="ID/STATEMENT", type=StatementId())
@click.argument("assignments", metavar="FIELD=VALUE...", nargs=-1, required=True)
@click.option("--annotator", metavar="NAME", help="Whose document is changed. Default: the gold one.")
@click.option("--dry-run", is_flag=True, help="Say what would be changed, write nothing.")
@json_option("Print a JSON object.")
@click.pass_context
@writes
def set_(
    ctx: click.Context,
    statement: str,
    assignments: tuple[str, ...],
    annotator: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Change fields of a statement of the gold document, or of a reading.

    ID/s3 is a statement, ID/s3/c1 one of its conditions. FIELD is a field of the scheme (also parties and others of the
    target), speaker, target, content, speaker.mention, target.mention or same_as; of a condition, also role and spans.
    An empty VALUE removes what is there. Ids of a list are separated by commas. Words are those of the text:
    cue="said"; of several places the one next to the content is meant, or say which:
    cue='{"quote": "said", "line": 3}'. A date keeps its basis, unless said_on.basis=VALUE gives one.

    All is changed or nothing: what `stancebank check` would refuse is refused, with the values that are allowed.

    \b
    Example:
      stancebank annotate set norland-post-2031-02-11-envoy/s3 stance=open note="As G-14 has it."
    """
    from stancebank.annotate.changing import change_statement

    pairs = []
    for each in assignments:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{each!r} is not like FIELD=VALUE.")
        pairs.append((name.strip(), value))
    workspace = get_workspace(ctx)
    changed = change_statement(workspace, statement, pairs, annotator)
    if changed.edits and not dry_run:
        workspace.store.write_document(changed.document)
    state = "unchanged" if not changed.edits else "would be written" if dry_run else "written"
    if as_json:
        edits = [{"field": each.name, "old": each.old, "new": each.new} for each in changed.edits]
        click.echo(json.dumps({"id": changed.id, "changes": edits, "state": state}, ensure_ascii=False))
        return
    for edit in changed.edits:
        click.echo(f"{changed.id}  {edit.name}: {edit.old or '(none)'} -> {edit.new or '(none)'}")
    click.echo(f"{changed.id}: {state}.", err=True)
