"""The commands of the group schema that change a scheme: next, migrate, queue and answer."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.ids import ArticleId
from stancebank.cli.output import count, get_workspace, print_file, writes
from stancebank.cli.params import dry_run_option, json_option
from stancebank.workspace import find_root, open_workspace

if TYPE_CHECKING:
    from stancebank.migration.plan import MigrationPlan


@click.command("next")
@dry_run_option()
@json_option()
@click.pass_context
@writes
def next_(ctx: click.Context, dry_run: bool, as_json: bool) -> None:
    """Make the folder of the next version of the scheme, to be edited.

    Copies schema/v1/ to schema/v2/, with a migration.toml without steps. The workspace follows the present version
    until `stancebank schema migrate`.

    \b
    Example:
      stancebank schema next
    """
    from stancebank.errors import ConflictError
    from stancebank.migration.plan import packed_after
    from stancebank.records import write_text
    from stancebank.schema.migration import versions_after
    from stancebank.schema.rules import generated_schemas
    from stancebank.schema.scaffold import make_next_version

    workspace = get_workspace(ctx)
    now = workspace.settings.schema
    if coming := versions_after(workspace.root, now):
        raise ConflictError(f"schema/{coming[0]}/ is there already.\nHint: edit it. Nothing was changed.")
    version = f"v{int(now[1:]) + 1}"
    files = make_next_version(workspace.schema_dir, version)
    if not dry_run:
        for name, text in files.items():
            write_text(workspace.root / "schema" / version / name, text)
        for name, text in generated_schemas(workspace.root / "schema" / version).items():
            write_text(workspace.root / "schema" / version / name, text)
    if as_json:
        click.echo(json.dumps({"version": version, "folder": f"schema/{version}", "dry_run": dry_run}))
    click.echo(f"{'Would write' if dry_run else 'Wrote'} schema/{version}/.", err=True)
    if packed_after(workspace):
        click.echo(
            f"The toolkit has a version {version} of this scheme: to take it instead, delete schema/{version}/ and run "
            "`stancebank schema migrate`.",
            err=True,
        )
    click.echo(
        "Hint: edit it, and its migration.toml; then run `stancebank schema write` and `stancebank schema check`.",
        err=True,
    )


@click.command()
@click.option("--to", "wanted", metavar="VERSION", help="The version to reach. Default: the next one.")
@click.option("--back", is_flag=True, help="Go back to the version before, by the archive.")
@click.option(
    "--predictions",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Migrate a file of predictions in the workspace, too; repeat for more.",
)
@dry_run_option("Print the plan, write nothing.")
@json_option("Print the plan as a JSON object.")
@click.pass_context
def migrate(
    ctx: click.Context, wanted: str | None, back: bool, predictions: tuple[Path, ...], dry_run: bool, as_json: bool
) -> None:
    """Bring the workspace to the next version of its scheme, by the steps of its migration.toml.

    Prints the plan first: each step with the number of rows that it changes, and two examples. Then documents, gold,
    registries, articles, withdrawals, annotate/interface.toml, generated files, stancebank.toml and the local state of
    push and pull change together: a run that is killed has changed nothing, or the next run completes it. If a merge
    brings files of the older version later, run it again.

    corpus/migrations/v1-v2.json keeps what the steps removed or changed, row by row: commit it. --back restores the
    version before from it. What no rule decides waits for an answer: `stancebank schema queue` lists it.

    \b
    Example:
      stancebank schema migrate --dry-run
      stancebank schema migrate
    """
    from stancebank.errors import InputError
    from stancebank.migration.carrying import alone, carry_out, complete, require_files, try_out

    if back and (wanted or predictions):
        raise click.UsageError("--back goes the whole way back; leave --to and --predictions out.")
    named: Path | None = ctx.find_root().obj
    root = named.resolve() if named else find_root(Path.cwd())
    if not dry_run and complete(root, ctx.command_path):
        click.echo(f"The migration that was interrupted is complete: {open_workspace(root).settings.schema}.", err=True)
        return
    workspace = open_workspace(root)
    require_files(workspace)
    made: list[dict[str, Any]] = []
    while True:
        if dry_run:
            plan = _plan(workspace, wanted, back, predictions)
            changed = try_out(workspace, plan) if not plan.faults and not plan.is_empty else []
        else:
            with alone(workspace, ctx.command_path):
                workspace = open_workspace(root)
                plan = _plan(workspace, wanted, back, predictions)
                if not as_json and not plan.is_empty:
                    _print(plan)
                changed = carry_out(workspace, plan) if not plan.faults and not plan.is_empty else []
        made.append(_listed(plan, changed))
        if dry_run and not as_json and not plan.is_empty:
            _print(plan)
        if plan.faults:
            break
        _say_done(plan, changed, dry_run)
        workspace = open_workspace(root)
        if back or dry_run or plan.is_empty or wanted in (None, workspace.settings.schema):
            break
    if as_json:
        click.echo(json.dumps(made[0] if len(made) == 1 else made, ensure_ascii=False))
    if plan.faults:
        listing = "\n".join(f"- {each}" for each in plan.faults)
        raise InputError(
            f"The migration cannot be carried out, {count(len(plan.faults), 'fault')}:\n{listing}\n"
            "Hint: correct the files, or give the step a rule, `ask` or `archive = true`. Nothing was changed."
        )


def _plan(workspace: Any, wanted: str | None, back: bool, predictions: tuple[Path, ...]) -> "MigrationPlan":
    from stancebank.migration.plan import make_plan, make_plan_back, next_version

    return make_plan_back(workspace) if back else make_plan(workspace, next_version(workspace, wanted), predictions)


def _print(plan: "MigrationPlan") -> None:
    for step in plan.steps if not plan.is_back else ():
        waiting = f", {step.asked} to be answered" if step.asked else ""
        click.echo(f"{step.number}. {step.what}: {count(step.rows, 'row')}{waiting}.  ({step.note})")
        for each in step.examples:
            old, new = (json.dumps(each[key], ensure_ascii=False) for key in ("old", "new"))
            click.echo(f"     {each['row']}: {old} -> {new}")
    for said in plan.told:
        click.echo(said)


def _say_done(plan: "MigrationPlan", changed: list[str], dry_run: bool) -> None:
    if plan.is_empty:
        click.echo(f"Everything follows schema {plan.after}; nothing has to be done.", err=True)
        return
    verb = "would change" if dry_run else "changed"
    way = f"{plan.before} to {plan.after}" if plan.before != plan.after else plan.after
    records = sum(plan.records.values())
    click.echo(f"{way}: {count(records, 'record')}, {count(len(changed), 'file')} {verb}.", err=True)
    if plan.asked:
        click.echo(
            f"{count(plan.asked, 'field')} to be answered.\nHint: `stancebank schema queue` lists what is asked.",
            err=True,
        )


def _listed(plan: "MigrationPlan", changed: list[str]) -> dict[str, Any]:
    return {
        "from": plan.before,
        "to": plan.after,
        "records": dict(plan.records),
        "steps": [
            {
                "step": each.number,
                "do": each.do,
                "what": each.what,
                "note": each.note,
                "rows": each.rows,
                "asked": each.asked,
                "examples": each.examples,
            }
            for each in plan.steps
        ],
        "asked": plan.asked,
        "told": plan.told,
        "faults": plan.faults,
        "files": changed,
    }


@click.command()
@click.argument("article_ids", metavar="[ID]...", nargs=-1, type=ArticleId())
@json_option("Print the form to fill in, with the words of the statements.")
@click.pass_context
def queue(ctx: click.Context, article_ids: tuple[str, ...], as_json: bool) -> None:
    """List the fields that wait for an answer since a migration.

    Reads the documents, of all articles if no ID is given; writes nothing. With --json it prints a form: give each
    question an "answer" in the place of "?", null where nothing applies, and hand the file to `stancebank schema
    answer`. Words of the article may be in it: keep it out of the repository.

    \b
    Example:
      stancebank schema queue
      stancebank schema queue --json > answers.json
    """
    from stancebank.migration.queue import make_form, read_queue

    workspace = get_workspace(ctx)
    questions = read_queue(workspace, article_ids)
    if as_json:
        print_file(json.dumps(make_form(workspace, questions), ensure_ascii=False, indent=2) + "\n")
        return
    for each in questions:
        place = each.pending.condition or each.pending.statement
        click.echo(f"{each.article_id}, {each.reading}: {place}: {each.pending.field}: {each.pending.question}")
    if questions:
        documents = len({each.document for each in questions})
        click.echo(f"{count(len(questions), 'field')} in {count(documents, 'document')} to be answered.", err=True)
    else:
        click.echo("Nothing waits for an answer.", err=True)


@click.command()
@click.argument("form", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--from", "annotator", metavar="NAME", help="Take them from the documents of an annotator instead.")
@dry_run_option("Read everything and report, write nothing.")
@json_option()
@click.pass_context
@writes
def answer(ctx: click.Context, form: Path | None, annotator: str | None, dry_run: bool, as_json: bool) -> None:
    """Take the answers of a form that `stancebank schema queue --json` printed, or those of an annotator.

    Reads FORM and the documents that it is about; writes these documents. Questions whose answer is "?" stay open. If
    an answer cannot be taken, nothing is written. With --from, what an annotator marked in the tasks of `stancebank
    annotate push --queue` answers the questions; `stancebank annotate pull` does so itself.

    \b
    Example:
      stancebank schema answer answers.json
    """
    from stancebank.migration.queue import answers_of, read_answers, write_answers

    if (form is None) is (annotator is None):
        raise click.UsageError("Name a FORM, or an annotator with --from.")
    workspace = get_workspace(ctx)
    answered = read_answers(workspace, form) if form is not None else answers_of(workspace, str(annotator))
    if not dry_run:
        write_answers(workspace, answered)
    if as_json:
        files = list(answered.files)
        value = {"answers": answered.answers, "open": answered.open, "files": files, "dry_run": dry_run}
        click.echo(json.dumps(value))
    verb = "would be taken" if dry_run else "taken"
    click.echo(
        f"{count(answered.answers, 'answer')} {verb}; {count(answered.open, 'field')} still to be answered.", err=True
    )
    sys.exit(0)
