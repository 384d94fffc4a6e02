"""The options that commands share: --workspace and --quiet, which each takes before or after its name, and others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from stancebank.cli.streams import mute

C = TypeVar("C", bound=Callable[..., Any])


class ReleaseFolder(click.Path):
    """A folder of a release, or the address of a published one, which becomes a folder in the user's cache.

    is_judged: whether the command itself says what is wrong with the folder; else one that is not whole is refused.
    """

    name = "folder or address"

    def __init__(self, *, is_judged: bool = False) -> None:
        super().__init__(path_type=Path, exists=True, file_okay=False)
        self.is_judged = is_judged

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path of the folder. Raises what `local_folder` raises for an address."""
        if isinstance(value, str) and "://" in value and not (ctx and ctx.resilient_parsing):
            from stancebank.publish.remote.push import local_folder

            return local_folder(value, is_judged=self.is_judged)
        return super().convert(value, param, ctx)


def json_option(what: str = "Print what was done as a JSON object.") -> Callable[[C], C]:
    """Give a command the option --json, as `as_json`. what: its help."""
    return click.option("--json", "as_json", is_flag=True, help=what)


def dry_run_option(what: str = "Print what would be done, and write nothing.") -> Callable[[C], C]:
    """Give a command the option --dry-run. what: its help."""
    return click.option("--dry-run", is_flag=True, help=what)


def _read_engine(ctx: click.Context, _: click.Parameter, value: str) -> str:
    if value and not ctx.resilient_parsing:
        from stancebank.batches.engine import read_address

        read_address(value)
    return value


def workers_option(work: str = "") -> Callable[[C], C]:
    """Give a command the option --workers. work: what they are for, such as "web archives"; "" for all of it."""
    what = f"Processes for {work}" if work else "Processes"
    return click.option(
        "--workers", type=click.IntRange(0), default=1, metavar="N", help=f"{what}; 0: one a core. Default: 1."
    )


def engine_option(name: str = "--engine", parameter: str = "engine") -> Callable[[C], C]:
    """Give a command the option --engine: the address of what runs its work, "" for this process.

    name, parameter: others, for a command that means something else by it. A wrong address is refused at once.
    """
    return click.option(
        name,
        parameter,
        metavar="ADDRESS",
        default="",
        callback=_read_engine,
        help="Let an engine do the work: daft, or ray://HOST:PORT of a Ray cluster; see `stancebank help engine`.",
    )


def sample_option() -> Callable[[C], C]:
    """Give a command the option --sample, as `sample`."""
    return click.option(
        "--sample", metavar="NAME", help="The articles of a plan that `stancebank corpus sample` has drawn."
    )


no_cache_option = click.option(
    "--no-cache", is_flag=True, help="Look at every article and make every row again, whatever an earlier run kept."
)


def _take_workspace(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().obj = value


def workspace_option(*, is_program: bool) -> click.Option:
    """Return the option --workspace: of the program itself, or of a command, in whose help it is not repeated."""
    return click.Option(
        ["--workspace", "-w"],
        type=click.Path(path_type=Path, file_okay=False),
        envvar="STANCEBANK_WORKSPACE" if is_program else None,
        show_envvar=True,
        expose_value=False,
        is_eager=True,
        hidden=not is_program,
        callback=_take_workspace,
        help="The workspace to work on; before or after the command. Default: the nearest folder upwards with a "
        "stancebank.toml.",
    )


def _be_quiet(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        mute()


def quiet_option(*, is_program: bool) -> click.Option:
    """Return the option --quiet: of the program itself, or of a command, in whose help it is not repeated."""
    return click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        hidden=not is_program,
        callback=_be_quiet,
        help="Print results and what stops the command, and no notes or progress; before or after the command.",
    )


def with_shared(command: click.Command) -> click.Command:
    """Let a command take --workspace and --quiet, too, unless it has one of its own."""
    for option in (workspace_option(is_program=False), quiet_option(is_program=False)):
        if not any(option.opts[0] in each.opts for each in command.params):
            command.params.append(option)
    return command
