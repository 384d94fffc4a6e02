"""The commands that take labels as files, begin a reading and make it gold: import, new, promote and interface."""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import PlainFile, count, get_workspace, print_file, require_value, writes
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.annotate.controls import Profile
    from stancebank.annotate.decode.document import AnnotationResult, Conversion
    from stancebank.annotate.decode.sources import Proposal
    from stancebank.annotate.gold import Imported
    from stancebank.corpus.store import Store
    from stancebank.model import Article, Document, Gold


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


def proposal_hint(new: "Proposal") -> str:
    """Say of a name that the registries lack how it is added."""
    what, more = {"entities": ("entity", "--kind KIND"), "targets": ("target", "--definition WORDS --use USE")}[
        new.registry
    ]
    command = f"stancebank corpus {what} add {new.id} --name {shlex.quote(new.name)} {more}"
    return f"{new.name} is new.\nHint: run `{command}`."


class ExportIntake:
    """Takes the tasks of exports one by one: of each annotation what can be used becomes a document.

    faults: how many annotations could not be taken whole.
    """

    def __init__(self, workspace: Workspace, annotators: dict[int, str], *, dry_run: bool, verbose: bool) -> None:
        from stancebank.annotate.usable import Taker

        self.faults = 0
        self._workspace = workspace
        self._annotators = annotators
        self._dry_run = dry_run
        self._verbose = verbose
        self._taker = Taker(workspace)
        self._taken: dict[Path, Document] = {}
        self._inferred = 0

    def take(self, file: Path) -> None:
        """Take every annotation of an export. Raises InputError where it is none."""
        from stancebank.annotate.exports import read_export

        for task in read_export(file):
            conversion = self._taker.read(task, self._annotators)
            for annotation in conversion.cancelled:
                click.echo(f"task {conversion.task}, annotation {annotation}: skipped by its annotator.", err=True)
            data = task.get("data")
            text = data.get("text") if isinstance(data, dict) else None
            for reading in conversion.readings:
                self._take(conversion, reading, str(text or ""))

    def end(self) -> None:
        """Say how much was inferred."""
        if self._inferred and not self._verbose:
            click.echo(f"{count(self._inferred, 'thing')} repaired or inferred: -v shows each.", err=True)

    def _take(self, conversion: "Conversion", reading: "AnnotationResult", text: str) -> None:
        from stancebank.text import normalise

        where = f"task {conversion.task}, annotation {reading.annotation}"
        usable = self._taker.take(reading, conversion.task, normalise(text))
        document, faults = usable.document, [*usable.faults]
        if document is not None and (fault := self._refusal(document)):
            document = None
            faults.append(f"{where}: {fault}")
        for line in faults:
            click.echo(line, err=True)
        notes = [f"{where}: {each}" for each in reading.notices]
        inferred = [f"{where}, region {region}: {what}" for region, what in (*reading.repaired, *reading.inferred)]
        self._inferred += len(inferred)
        for line in (*notes, *(inferred if self._verbose else ())):
            click.echo(line, err=True)
        for proposal in reading.proposals:
            click.echo(f"{where}: {proposal_hint(proposal)}", err=True)
        self.faults += bool(faults)
        if document is None:
            click.echo(f"{where}: not taken.")
            return
        store = self._workspace.store
        self._taken[store.document_path(document.article_id, document.annotator)] = document
        changed = not self._dry_run and store.write_document(document)
        state = "would be written" if self._dry_run else "written" if changed else "unchanged"
        if faults:
            state += f" without what cannot be used, {count(len(faults), 'fault')}"
        conditions = sum(len(each.conditions) for each in document.statements)
        click.echo(
            f"{document.article_id}, {document.annotator}: {count(len(document.statements), 'statement')}, "
            f"{count(conditions, 'condition')}, {state}."
        )

    def _refusal(self, document: "Document") -> str | None:
        """Return why a document may not take the place of the one that is there; None where it may."""
        store, name = self._workspace.store, document.annotator
        path = store.document_path(document.article_id, name)
        before = self._taken.get(path) or (store.document(path) if path.is_file() else None)
        if before is None:
            return None
        if name.startswith("user-unknown") and before.created_at != document.created_at:
            hint = "Hint: export again with the ids of the users, or rename the document that is there."
            return f"somebody else's document is called {name}, too, and stays. {hint}"
        if before.updated_at > document.updated_at:
            return f"{name} has a newer one, of {before.updated_at}."
        return None


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


_NO_GOLD_YET = (
    "--gold takes readings by quotes; an export has the work of annotators, and is not gold yet.\n"
    "Hint: import it without --gold; then print a document with `stancebank annotate export ID --annotator NAME`, and "
    "import what that prints with --gold."
)


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
    from stancebank.annotate.gold import promote_document
    from stancebank.errors import ConflictError
    from stancebank.model import Gold

    workspace = get_workspace(ctx)
    gold = Gold(method=require_value(workspace, "gold_method", method, "--gold"), by=by, reason=reason, rule=rule)
    made = promote_document(workspace, article_id, annotator, gold)
    before = made.before
    if before is not None and before is not made.document and not (may_replace or dry_run):
        held = f"{before.gold.method} gold" if before.gold else "gold"
        raise ConflictError(
            f"{article_id} has {held} of {count(len(before.statements), 'statement')} by {before.annotator}; "
            f"{made.removed} of them would go.\nHint: add --replace. Nothing was written."
        )
    _write_imported(workspace, made, dry_run=dry_run)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=PlainFile())
@click.option(
    "--gold",
    "method",
    metavar="METHOD",
    help="Write gold, and record how it became gold: a value of the vocabulary gold_method.",
)
@click.option("--by", metavar="NAME", help="With --gold: who decided, a pseudonym.")
@click.option("--reason", help="With --gold: the reason of the decision, a short code.")
@click.option("--rule", metavar="G-NN", help="With --gold: the guideline that decided.")
@click.option("--dry-run", is_flag=True, help="Read everything and report, write nothing.")
@click.option("-v", "--verbose", is_flag=True, help="Print each inference from an export, not their number alone.")
@click.option(
    "--annotator", "annotators", multiple=True, metavar="ID=NAME", help="Pseudonym of a user of an exporting server."
)
@click.pass_context
@writes
def import_(
    ctx: click.Context,
    files: tuple[Path, ...],
    method: str | None,
    by: str | None,
    reason: str | None,
    rule: str | None,
    dry_run: bool,
    verbose: bool,
    annotators: tuple[str, ...],
) -> None:
    """Import readings by quotes, or JSON exports of Label Studio.

    Reads FILES and the articles' words; writes corpus/annotations/<annotator>/<id>.json, or corpus/gold/<id>.json with
    --gold.

    A reading by quotes (one article each; `stancebank help authoring` shows the format) is matched without regard
    to typography and case, and stored as the text has it; every quote that differs is reported. Spans lose white
    space, outer quotation marks, final stops and an introducing "that", and take along the connective right before
    a condition; each such change is reported. A quote that is not found, or not unique, stops the import, and
    nothing is written. The reading replaces the existing document. In gold, existing statements keep their numbers,
    and new ones get the next free ones.

    Gold that is adjudicated needs --by and --reason, and the readings of two annotators among the documents; gold by
    majority needs those of three, and each statement with its stance in most of them.

    An export (type JSON, of tasks that `stancebank` made; `stancebank help labelling`) is read task by task. What
    cannot be used, or would be refused by `stancebank check`, is listed and left out of the document; the exit code
    is then 1.

    \b
    Example:
      stancebank annotate import readings/envoy.json --gold single
    """
    from stancebank.annotate.exports import foreign_form, is_export
    from stancebank.cli.readings import ExportIntake, pseudonyms
    from stancebank.errors import InputError
    from stancebank.model import Gold

    if foreign := [said for file in files if (said := foreign_form(file))]:
        raise InputError("\n".join(foreign))
    exports = [file for file in files if is_export(file)]
    if exports and method:
        raise click.UsageError(_NO_GOLD_YET)
    if not method and (by or reason or rule):
        raise click.UsageError("--by, --reason and --rule go with --gold.")
    intake = ExportIntake(get_workspace(ctx), pseudonyms(annotators, "--annotator"), dry_run=dry_run, verbose=verbose)
    for file in exports:
        intake.take(file)
    intake.end()
    workspace = get_workspace(ctx)
    method = require_value(workspace, "gold_method", method, "--gold") if method else None
    gold = Gold(method=method, by=by, reason=reason, rule=rule) if method else None
    _import_quotes(workspace, [file for file in files if file not in exports], gold, dry_run=dry_run)
    if intake.faults:
        ctx.exit(1)


def _import_quotes(workspace: Workspace, files: list[Path], gold: "Gold | None", *, dry_run: bool) -> None:
    from stancebank.annotate.gold import read_reading

    readings = []
    for file in files:
        readings.append(read_reading(workspace, file, gold))
        article_id = readings[-1].document.article_id
        for each in readings[-1].variants:
            shown = f"{each.quoted!r} is {each.found!r} in the text"
            click.echo(f"{article_id}, line {each.line}, {each.where}: {shown}.", err=True)
        for said in readings[-1].trimmed:
            click.echo(f"{article_id}, {said}.", err=True)
    for reading in readings:
        _write_imported(workspace, reading, dry_run=dry_run)


def _write_imported(workspace: Workspace, reading: "Imported", *, dry_run: bool) -> None:
    """Write a document that was made of a reading, and say so."""
    document = reading.document
    changed = not dry_run and workspace.store.write_document(document)
    state = "would be written" if dry_run else "written" if changed else "unchanged"
    conditions = sum(len(each.conditions) for each in document.statements)
    counted = f"{count(len(document.statements), 'statement')}, {count(conditions, 'condition')}"
    click.echo(f"{document.article_id}: {counted}, {state}.")
    if reading.removed:
        what = "Would remove" if dry_run else "Removed"
        click.echo(f"{document.article_id}: {what} {count(reading.removed, 'existing statement')}.", err=True)
