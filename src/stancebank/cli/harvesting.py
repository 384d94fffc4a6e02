"""What `corpus add` does with web archives, and tells of them."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.notes import FEW, NoteKinds
from stancebank.cli.output import bar, count
from stancebank.errors import InputError

if TYPE_CHECKING:
    from stancebank.corpus.cleaning import Handed
    from stancebank.corpus.harvest import Batch, Harvest, HarvestFault, Taken
    from stancebank.corpus.planning import Planner
    from stancebank.corpus.store import Store

_LISTS = ("added", "unchanged", "updated", "replaced", "conflicts", "faults", "notes")


class ArchiveReport:
    """What became of archives, counted as it happens. holds_all: whether each article is kept, as --json wants them."""

    def __init__(self, *, verbose: bool, quiet: bool, holds_all: bool) -> None:
        self._verbose, self._quiet, self._holds_all = verbose, quiet, holds_all
        self._lines: list[str] = []
        self._kinds = NoteKinds(verbose=verbose)
        self._archives: list[dict[str, Any]] = []
        self._lists: dict[str, list[dict[str, Any]]] = {each: [] for each in _LISTS}
        self._faults: list[HarvestFault] = []
        self.differs = False

    @property
    def has_faults(self) -> bool:
        """Whether anything could not be added."""
        return bool(self._faults)

    def run(self, harvest: "Harvest") -> None:
        """Do the batches of an archive, and count what they come to."""
        counts: dict[str, Counter[str]] = {each: Counter(found) for each, found in harvest.before.items()}
        told = {"archive": harvest.file, "ledger": harvest.ledger, "resumed": harvest.goes_on}
        self._faults += harvest.faults_before
        for fault in harvest.faults_before:
            self._list_fault(fault)
        if harvest.goes_on and not self._quiet:
            click.echo(f"{harvest.file}: goes on where an earlier run was interrupted.", err=True)
        with bar("Reading", wanted=not self._quiet) as watch:
            for batch in harvest:
                for each in batch.taken:
                    self._take(each)
                    watch(each)
                self._count(batch, counts)
        left, reserved = (dict(counts.get(each, Counter()).most_common()) for each in ("left", "reserved"))
        narrowed = sum(counts.get("narrowed", Counter()).values())
        actions = dict(counts.get("actions", Counter()))
        faults = sum(counts.get("faults", Counter()).values())
        self._archives.append(
            {**told, "actions": actions, "left": left, "reserved": reserved, "narrowed": narrowed, "faults": faults}
        )

    def refuse(self, name: str, error: InputError) -> None:
        """Count a file that is no archive."""
        from stancebank.corpus.harvest import HarvestFault

        fault = HarvestFault("broken", name, "", str(error))
        self._faults.append(fault)
        self._list_fault(fault)

    def _count(self, batch: "Batch", counts: dict[str, Counter[str]]) -> None:
        self._faults += batch.faults
        for fault in batch.faults:
            self._list_fault(fault)
        for key, found in batch.counts().items():
            counts.setdefault(key, Counter()).update(found)

    def _list_fault(self, fault: "HarvestFault") -> None:
        kind = "conflicts" if fault.kind == "conflict" else "faults"
        self._lists[kind].append({"source": fault.source, "record_id": fault.record_id, "message": fault.message})

    def _take(self, taken: "Taken") -> None:
        self.differs |= taken.action == "differs"
        about = f" ({', '.join(taken.differing)}; --update takes the new values)" if taken.action == "differs" else ""
        about = f" (a reprint of {taken.reprint_of})" if taken.action == "added" and taken.reprint_of else about
        line = f"{taken.action}  {taken.article_id}{about}"
        if self._quiet:
            pass
        elif self._verbose:
            click.echo(line)
        elif len(self._lines) <= FEW:
            self._lines.append(line)
        for note in taken.notes:
            self._kinds.add(taken.article_id, note)
        if self._holds_all:
            told: dict[str, Any] = {"source": taken.source, "id": taken.article_id}
            told |= {"keys": list(taken.differing)} if taken.differing else {}
            told |= {"reprint_of": taken.reprint_of} if taken.reprint_of else {}
            self._lists["conflicts" if taken.action == "differs" else taken.action].append(told)
            self._lists["notes"] += [
                {"source": taken.source, "id": taken.article_id, "note": note} for note in taken.notes
            ]

    def as_object(self, others: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """Return all that was done as an object, with what became of sources that are no archives."""
        value = {**others, **{key: [*others.get(key, ()), *found] for key, found in self._lists.items()}}
        value = {**value, "skipped": others.get("skipped", []), "narrowed": others.get("narrowed", [])}
        return {**value, "dry_run": dry_run, "archives": self._archives}

    def print(self, *, dry_run: bool) -> None:
        """Print what was done; of many articles, their numbers alone."""
        if not self._quiet:
            if len(self._lines) <= FEW:
                for line in self._lines:
                    click.echo(line)
            self._kinds.print()
            for told in self._archives:
                _print_archive(told, dry_run=dry_run)
            if dry_run:
                click.echo("Nothing was written: this was a dry run.", err=True)

    def print_faults(self) -> None:
        """Print what could not be added, each kind of fault with its first places."""
        from stancebank.corpus.intake import told_refusals
        from stancebank.corpus.planning import Refusal

        for kind in ("broken", "page", "refused", "conflict"):
            found = [each for each in self._faults if each.kind == kind]
            shown = found if self._verbose else found[:FEW]
            if shown:
                click.echo(told_refusals(Refusal(each.source, InputError(each.message)) for each in shown), err=True)
            if len(found) > len(shown):
                click.echo(f"... and {len(found) - len(shown):,} more of this kind; --verbose names all.", err=True)
        if self._faults:
            click.echo(f"Not added: {count(len(self._faults), 'fault')}. The rest was read.", err=True)


def _print_archive(told: Mapping[str, Any], *, dry_run: bool) -> None:
    actions, left = told["actions"], told["left"]
    parts = [f"{actions.get(each, 0):,} {each}" for each in dict.fromkeys(("added", *sorted(actions)))]
    parts += [f"{told['faults']:,} not added"] if told["faults"] else []
    click.echo(f"{told['archive']}: {', '.join(parts)}.", err=True)
    if left:
        reasons = list(left.items())
        few = ", ".join(f"{why} ({many:,})" for why, many in reasons[:6])
        more = f", and {sum(many for _, many in reasons[6:]):,} more" if len(reasons) > 6 else ""
        click.echo(f"No articles: {few}{more}.", err=True)
    if told["reserved"]:
        by = ", ".join(f"{many:,} by {why!r}" for why, many in told["reserved"].items())
        then = f"; {told['narrowed']:,} of them withheld for that" if told["narrowed"] else ""
        click.echo(f"Text and data mining is reserved: {by}{then}.", err=True)
    if not dry_run and sum(actions.values()):
        click.echo(f"{told['ledger']}/ says where each article was fetched.", err=True)


def harvest_archives(
    store: "Store",
    archives: list["Handed"],
    planner: "Planner",
    given: Mapping[str, Any],
    defaults: Mapping[str, Any],
    report: ArchiveReport,
    **options: Any,
) -> None:
    """Run over archives, one after the other. options: as `stancebank.corpus.harvest.Harvest` takes them."""
    from stancebank.corpus.harvest import Harvest

    for each in archives:
        try:
            report.run(Harvest(store, each, planner, given, defaults, **options))
        except InputError as error:  # of what is no archive at all; others are read
            report.refuse(each.name, error)
