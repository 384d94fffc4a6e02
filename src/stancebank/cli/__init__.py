"""The command line: one file a group, loaded only when its command runs."""

import os
import sys
from importlib import import_module

import click

from stancebank import __version__
from stancebank.cli.params import quiet_option, with_shared, workspace_option
from stancebank.errors import StancebankError

COMPLETE = "_STANCEBANK_COMPLETE"
"""The variable by which a shell asks what a line may go on with."""

DEBUG = "STANCEBANK_DEBUG"
"""The variable with which a fault of the toolkit itself is shown as Python shows it."""

_GROUPS = {
    "init": ("stancebank.cli.init", "init", "Create a new workspace, empty or with the sample."),
    "corpus": (
        "stancebank.cli.corpus",
        "corpus",
        "Add, list, correct and show articles, get their words back, withdraw them.",
    ),
    "schema": ("stancebank.cli.schema", "schema", "Show, check and write the scheme of the workspace."),
    "annotate": (
        "stancebank.cli.annotate",
        "annotate",
        "Annotate articles in Label Studio and import the results.",
    ),
    "suggest": ("stancebank.cli.suggest", "suggest", "Let an engine find statements, for annotators to correct."),
    "publish": (
        "stancebank.cli.publish",
        "publish",
        "Build the dataset and its card, and score predictions against it.",
    ),
    "status": ("stancebank.cli.overview", "status", "Show what is added, annotated and released, and what is next."),
    "view": ("stancebank.cli.view", "view", "Look at an article, a workspace or a dataset as a page with pictures."),
    "check": ("stancebank.cli.check", "check", "Check everything in the workspace."),
    "engine": ("stancebank.cli.engine", "engine", "Install and check the engine that runs long work on a cluster."),
    "doctor": ("stancebank.cli.overview", "doctor", "Find out what is wrong with this machine, and how to fix it."),
    "help": ("stancebank.cli.help", "help_", "Print a page of the documentation, or list the pages."),
    "completion": ("stancebank.cli.help", "completion", "Print what lets a shell complete commands and ids."),
}


class _LazyGroup(click.Group):
    """Knows its commands by name, and imports a command's module only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _GROUPS:
            return None
        module, name, _ = _GROUPS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return with_shared(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _GROUPS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            likely = get_close_matches(args[0], _GROUPS, 1)
            hint = f" Did you mean {likely[0]!r}?" if likely else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _GROUPS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"stancebank {__version__}")
        ctx.exit()


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print the version."
)
def stancebank() -> None:
    """Turn news articles into a dataset of who takes which stance towards what, on which conditions.

    Four nouns carry it: a corpus of articles, a schema that says what a statement is, annotations of the articles,
    and a dataset to publish.

    \b
    Exit codes: 0 done and clean; 1 findings, or input that cannot be used; 2 usage error;
    3 external failure (disk, network, server); 4 a conflict that needs a person;
    5 nothing to compare with (`publish verify --workspace`); 70 a fault of
    the toolkit itself; 130 stopped by Ctrl+C.
    """


stancebank.params[:0] = [workspace_option(is_program=True), quiet_option(is_program=True)]


def main() -> None:
    """Run the command line. Faults that are expected become one message and an exit code, never a traceback."""
    from stancebank.cli.streams import escaped_streams, set_encodings

    set_encodings()
    if COMPLETE in os.environ:  # a shell reads the answer, which click writes as bytes
        _run()
        return
    with escaped_streams():
        _run()


def _run() -> None:
    try:
        code = _call()
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stancebank: stopped. Completed work is kept; run the command again to continue.", err=True)
        sys.exit(130)
    except StancebankError as error:
        click.echo(f"stancebank: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"stancebank: {where}{error.strerror or error}.\n"
            "Hint: check the disk, its space and its permissions, and run the command again.",
            err=True,
        )
        sys.exit(3)
    except Exception as error:
        if DEBUG in os.environ:
            raise
        click.echo(
            f"stancebank: a fault of the toolkit itself, {type(error).__name__}: {error}\n"
            f"Hint: please report it, with what {DEBUG}=1 and the same command print.",
            err=True,
        )
        sys.exit(70)


def _call() -> object:
    """Run the command; what stops it is told, however quiet it was to be."""
    from stancebank.cli.streams import mute

    try:
        return stancebank.main(prog_name="stancebank", standalone_mode=False)
    except BaseException:
        mute(False)
        raise
