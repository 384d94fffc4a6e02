"""Labels of other tools come in: what `annotate import --from` does beside the door for all readings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.output import print_file
from stancebank.cli.readings import require_pseudonym
from stancebank.workspace import Workspace

if TYPE_CHECKING:
    from stancebank.annotate.formats.readings import LabelReport, Reading
    from stancebank.annotate.intake import Candidate, ReadingIntake
    from stancebank.annotate.readings import Given

TOOLS = ("brat", "doccano", "prodigy", "conll")  # not imported for help alone
_SHOWN = 20  # marks that belong to nothing, without --verbose
_ROUNDS = 5  # what is left out can make another rule fail, but not for ever


def template_hint(files: Iterable[Path], tool: str) -> str:
    """Return the commands that lead to a map, in a line."""
    import shlex

    command = shlex.join(["stancebank", "annotate", "import", *map(str, files), "--from", tool])
    return f"Hint: run `{command} --map-template > map.toml`, fill it in, and pass --map map.toml."


def print_template(workspace: Workspace, files: Iterable[Path], tool: str) -> None:
    """Print a map to be filled in, with the labels that files have. Says on stderr what cannot be read of them."""
    from stancebank.annotate.formats.importing import find_files, read_sheets
    from stancebank.annotate.formats.mapping import map_template
    from stancebank.annotate.formats.statements import count_labels

    sheets = list(read_sheets(find_files(files, tool), tool))
    for fault in (fault for sheet in sheets for fault in sheet.faults):
        click.echo(fault, err=True)
    print_file(map_template(count_labels(sheets), tool, workspace.scheme))


def tool_annotators(given: Iterable[str]) -> dict[str, str]:
    """Read ``NAME``, or ``THEIRS=NAME``, as typed on the command line; "" is whose labels all others are."""
    found: dict[str, str] = {}
    for each in given:
        theirs, equals, name = each.rpartition("=")
        if not name or (equals and not theirs):
            raise click.UsageError(f"--annotator {each!r} is neither NAME nor THEIRS=NAME.")
        require_pseudonym(name, f"--annotator {each!r}")
        found[theirs] = name
    return found


@dataclass
class Labels:
    """What a tool's files gave: readings for the door, and what became of the rest."""

    given: "list[Given]"
    report: "LabelReport"
    notes: list[str] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, Any]:
        """What JSON says of the rest."""
        report = self.report
        return {
            "faults": report.faults,
            "belongs_to_nothing": report.loose,
            "left_out": dict(sorted(report.left_out.items())),
            "ignored": dict(sorted(report.ignored.items())),
        }

    def tell(self, *, verbose: bool) -> None:
        """Say what was not taken, with counts, and what belongs to no statement, with places."""
        report = self.report
        for note in self.notes:
            click.echo(note, err=True)
        for line in report.loose if verbose else report.loose[:_SHOWN]:
            click.echo(line, err=True)
        if (more := len(report.loose) - _SHOWN) > 0 and not verbose:
            click.echo(f"and {more} more that belong to no statement: -v shows each.", err=True)
        if report.left_out:
            click.echo("Left out, since the map does not speak of it or the tool holds it back:", err=True)
        for what, number in sorted(report.left_out.items()):
            click.echo(f"  {what}: {number}", err=True)
        if verbose and report.ignored:
            told = ", ".join(f"{what}: {number}" for what, number in sorted(report.ignored.items()))
            click.echo(f"Ignored, as the map says: {told}", err=True)


def read_labels(
    workspace: Workspace,
    files: Iterable[Path],
    tool: str,
    map_file: Path,
    annotators: dict[str, str],
    *,
    adds_missing: bool,
) -> Labels:
    """Read the files of a tool by a map. Raises InputError for a map that cannot be used, or a file that is no text."""
    from stancebank.annotate.formats.importing import find_files, read_sheets
    from stancebank.annotate.formats.mapping import read_map, unknown_names
    from stancebank.annotate.formats.statements import Builder
    from stancebank.annotate.guidelines import guideline_version
    from stancebank.annotate.readings import Given

    told = read_map(map_file, workspace.scheme)
    builder = Builder(workspace, told, annotators, adds_missing=adds_missing)
    labels: set[str] = set()
    for sheet in read_sheets(find_files(files, tool), tool, told):
        builder.add(sheet)
        labels |= {mark.label for mark in sheet.marks}
    version = told.guideline_version or guideline_version(workspace.root)
    key = workspace.scheme.non_statements_key
    given = [
        Given(reading.article.id, builder.to_quoted(reading, f"import:{tool}", version), _places(reading, key))
        for reading in builder.readings()
    ]
    notes = [f"{map_file.name}: {said}" for said in unknown_names(told, labels)]
    return Labels(given, builder.report, notes)


def _places(reading: "Reading", key: str) -> Callable[[str], str]:
    """Return what gives the place in the tool's file of a JSON pointer into the quoted form."""

    def where(pointer: str) -> str:
        parts = pointer.split("/")
        lists = {"statements": reading.places, key: reading.passed_places}
        if len(parts) > 2 and parts[1] in lists and parts[2].isdecimal():
            return lists[parts[1]][int(parts[2])]
        return next(iter(reading.places), reading.article.id)

    return where


def judge_labels(
    labels: Labels, make_intake: "Callable[[], ReadingIntake]", *, partial: bool
) -> "tuple[ReadingIntake, list[Candidate]]":
    """Judge the readings of a tool's files. partial: leave out what has a fault, and list it among the report's.

    Raises InputError with every fault of every statement otherwise.
    """
    from stancebank.annotate.intake import NOTHING_WRITTEN
    from stancebank.errors import InputError

    intake = make_intake()
    candidates = intake.read(labels.given)
    if partial:
        for _ in range(_ROUNDS):
            faults = [fault for each in candidates for fault in each.faults]
            if not faults:
                break
            labels.report.faults += [str(fault) for fault in faults]
            labels.given = list(_without_faults(labels.given, candidates))
            intake = make_intake()
            candidates = intake.read(labels.given)
        return intake, candidates
    if told := [*labels.report.faults, *(str(fault) for each in candidates for fault in each.faults)]:
        many = "1 fault" if len(told) == 1 else f"{len(told)} faults"
        hint = "Hint: correct the map or the labels, or leave these statements out with --partial."
        raise InputError(f"{many}:\n" + "\n".join(told) + f"\n{hint}\n{NOTHING_WRITTEN}")
    return intake, candidates


def _without_faults(given: "Iterable[Given]", candidates: "Iterable[Candidate]") -> "Iterator[Given]":
    """Yield readings without the statements that have faults; none that has another fault, or nothing left."""
    from stancebank.annotate.readings import Given

    for reading, candidate in zip(given, candidates, strict=True):
        faulty = {fault.statement for fault in candidate.faults}
        if not faulty:
            yield reading
            continue
        statements = reading.value["statements"]
        kept = [number for number, each in enumerate(statements) if each["id"] not in faulty]
        gone = {each["id"] for each in statements} - {statements[number]["id"] for number in kept}
        if "" in faulty or not kept or not gone:
            continue
        value = {**reading.value, "statements": [_untied(statements[number], gone) for number in kept]}
        yield Given(reading.name, value, _renumbered(reading.where, kept))


def _untied(statement: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    return {key: each for key, each in statement.items() if key != "same_as" or each not in gone}


def _renumbered(where: Callable[[str], str], kept: list[int]) -> Callable[[str], str]:
    def renumbered(pointer: str) -> str:
        parts = pointer.split("/")
        if parts[1:2] == ["statements"] and len(parts) > 2:
            parts[2] = str(kept[int(parts[2])])
        return where("/".join(parts))

    return renumbered
