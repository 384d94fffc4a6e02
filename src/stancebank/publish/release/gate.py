"""The gate of a release: what must hold before a folder is handed on, as findings.

Each look takes the folder as it was written, and trusts nothing but its files. Errors stop a release, warnings do not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.codes import NEVER_WAIVED_IN_RELEASE, RELEASE_CODES
from stancebank.corpus.leaks import Guard, make_guard, search_files, words_at
from stancebank.corpus.registry import current_ids
from stancebank.corpus.store import LEDGER
from stancebank.errors import Finding, InputError
from stancebank.model import TextPolicy
from stancebank.publish.card.card import CITATION
from stancebank.publish.history import Changes, Held, ReleaseRecord, VersionStep, least, suffices
from stancebank.publish.layout import LARGEST_LIST, LISTS, SPLIT_REPORT
from stancebank.publish.parquet import Written
from stancebank.publish.release.secrets import Machine, find_disclosures, this_machine
from stancebank.publish.rights import Audit, stray_runs
from stancebank.publish.splitting import make_report, say_leak, state_splits
from stancebank.publish.tables import ARTICLES, Row, Table, tables
from stancebank.publish.tables.columns import walk
from stancebank.records import find_files, read_json
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace

LARGEST_TABLE = 500_000_000
"""Bytes of a Parquet file: what `push_to_hub` of `datasets` cuts its files to."""

LARGEST_OTHER = 10_000_000
"""Bytes of any other file: beyond these the Hub takes it only as a large file, which is not shown.

Of `LISTS`, which nobody reads from end to end, that may be so.
"""

_CODES = {"address": "release-address", "secret": "release-secret", "path": "release-path"}


@dataclass(frozen=True, slots=True, order=True)
class ReleaseWaiver:
    """A code of the gate that is let pass, and why."""

    code: str
    reason: str


def require_waivable(waivers: Iterable[ReleaseWaiver]) -> None:
    """Raise InputError where a waiver names no code of the gate, one that is never waived, or gives no reason."""
    for each in waivers:
        if each.code not in RELEASE_CODES:
            raise InputError(f"{each.code!r} is no code of the gate. There are: {', '.join(RELEASE_CODES)}.")
        if each.code in NEVER_WAIVED_IN_RELEASE:
            raise InputError(f"{each.code} cannot be waived: {RELEASE_CODES[each.code].hint}.")
        if not each.reason.strip():
            raise InputError(f"The waiver of {each.code} gives no reason.\nHint: add --reason TEXT.")


def apply_waivers(findings: Iterable[Finding], waivers: Iterable[ReleaseWaiver]) -> tuple[list[Finding], list[Finding]]:
    """Part the findings into those that count and those that are waived, both sorted."""
    waived = {each.code for each in waivers}
    every = sorted(set(findings))
    return [each for each in every if each.code not in waived], [each for each in every if each.code in waived]


def errors_in(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop a release."""
    return tuple(each for each in findings if each.severity == "error")


def require_used(waivers: Iterable[ReleaseWaiver], waived: Iterable[Finding]) -> None:
    """Raise InputError where a waiver lets nothing pass, since the manifest would say for good that it did."""
    used = {each.code for each in waived}
    if unused := sorted({each.code for each in waivers} - used):
        raise InputError(
            f"The waiver of {', '.join(unused)} is not needed: there is no such finding.\n"
            "Hint: leave out that --waive with its --reason. Nothing was written."
        )


def check_changes(
    changes: Changes, before: str, after: str, workspace: Workspace, retired: Set[str], gone: Mapping[str, str]
) -> Iterator[Finding]:
    """Find rows that were lost without a reason, and a version that rises by too little.

    before, after: versions. retired: ids of what was taken out of gold. gone: articles that were withdrawn, with the
    reason.
    """
    store = workspace.store
    moved = {**current_ids(store.entities()), **current_ids(store.targets())}
    for table, names in changes.lost.items():
        lost = [name for name in names if not _is_explained(name, retired, gone, moved)]
        if lost:
            few = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
            rows = "1 row of {} is lost" if len(lost) == 1 else f"{len(lost)} rows of {{}} are lost"
            message = f"{rows.format(before)}: {few}."
            yield Finding(table, "", "release-lost", message)
    if not suffices(before, after, changes.step):
        message = (
            f"{after} follows {before}, and the changes ask for a {changes.step.name} step: "
            f"{least(before, changes.step)} or higher. {say_changes(changes)}{_say_forcing(changes)}"
        )
        yield Finding("stancebank.toml", "", "release-step", message)


def _say_forcing(changes: Changes) -> str:
    """Say which rows force the step of the version, the first ones of them; "" where no row does."""
    kinds = (changes.lost, changes.relabelled) if changes.step is VersionStep.MAJOR else (changes.gained,)
    split = changes.moved if changes.step is VersionStep.MAJOR else changes.placed
    rows = list(dict.fromkeys((*(name for kind in kinds for names in kind.values() for name in names), *split)))
    if not rows:
        return ""
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f" These rows force it: {', '.join(rows[:5])}{more}."


def check_columns(earlier: ReleaseRecord, held: Held, schema: str) -> Iterator[Finding]:
    """Find columns of the last version that are gone or of another type, though the schema has the same version.

    Records of the first edition of the frame do not tell the types.
    """
    if earlier.told.get("schema_version") != schema:
        return
    for table, types in earlier.held.types.items():
        now = held.types.get(table, {})
        for path, kind in types.items():
            if now.get(path) != kind:
                is_now = f"is {now[path]} now" if path in now else "is gone"
                message = (
                    f"the column {path} was {kind} in {earlier.version}, and {is_now}; the schema is {schema} still."
                )
                yield Finding(table, "", "release-columns", message)


def _is_explained(name: str, retired: Set[str], gone: Mapping[str, str], moved: Mapping[str, str]) -> bool:
    """Whether the id of a row, or of what it belongs to, was retired, withdrawn, or leads to another id."""
    parts = name.split("/")
    within = {"/".join(parts[begin:end]) for begin in range(len(parts)) for end in range(begin + 1, len(parts) + 1)}
    return not within.isdisjoint(retired | gone.keys() | moved.keys())


def withdrawn_articles(workspace: Workspace) -> dict[str, str]:
    """Return the articles that were withdrawn and stay so, each with the reason that its record gives."""
    records = (read_json(path) for path in find_files(workspace.root / "corpus/withdrawn", "*.json"))
    return {each["id"]: each["reason"] for each in records if not each.get("lifted")}


def say_changes(changes: Changes) -> str:
    """Say in one line what changed."""
    rows = (
        ("lost", changes.lost),
        ("relabelled", changes.relabelled),
        ("new", changes.gained),
        ("amended", changes.amended),
    )
    said = []
    for kind, changed in rows:
        counts = ", ".join(f"{table} {len(names)}" for table, names in changed.items())
        said += [f"rows {kind}: {counts}"] if changed else []
    for kind, articles in (("moved to another split or fold", changes.moved), ("given a split", changes.placed)):
        said += [f"articles {kind}: {len(articles)}"] if articles else []
    for kind, columns in (("lost", changes.columns_lost), ("new", changes.columns_gained)):
        said += [f"columns {kind}: {_say_columns(columns)}"] if columns else []
    return ("; ".join(said) or "no row changed").capitalize() + "."


def _say_columns(columns: Sequence[str]) -> str:
    """Say which columns, by their paths; of more than eight, each name with how often it is there."""
    if len(columns) <= 8:
        return ", ".join(columns)
    counts = Counter(path.rpartition(".")[2] for path in columns)
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def check_content(
    workspace: Workspace,
    folder: Path,
    rows: Mapping[str, Written],
    shown: Audit,
    waived: Iterable[tuple[str, str]],
    splits: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Find what a folder may not hold, in its files and, with the texts at hand, in its rows.

    splits: what `report_splits` tells of it; None where that is nothing.
    waived: places, as file and pointer, where the workspace lets words of articles stand; the folder may have them,
    too. The guard knows all texts, and goes when this returns: what follows needs memory of its own.
    """
    words = [words for file, pointer in waived for words in words_at(workspace.store, file, pointer)]
    guard = make_guard(workspace.store, waived=words)
    machine = this_machine((workspace.root, Path.cwd()))
    return [
        *check_folder(folder, rows, shown, machine, workspace.scheme),
        *check_stray_words(folder, rows, guard, workspace.scheme),
        *(check_splits(workspace, rows, splits) if splits else ()),
    ]


def report_splits(workspace: Workspace, folder: Path, rows: Mapping[str, Written]) -> dict[str, Any] | None:
    """Return what `splits.json` of a folder says, or would say in a release; None where there is no ledger of splits.

    Raises WorkspaceError where the ledger cannot be read.
    """
    if (folder / SPLIT_REPORT).is_file():
        report: dict[str, Any] = read_json(folder / SPLIT_REPORT)
        return report
    if workspace.scheme.edition < 2 or not workspace.store.placements():
        return None
    return make_report(rows, workspace.scheme, state_splits(workspace, set(_article_ids(rows))))


def _article_ids(rows: Mapping[str, Written]) -> Iterator[str]:
    return (row["article_id"] for row in rows[ARTICLES].of(("article_id",)))


def check_splits(workspace: Workspace, rows: Mapping[str, Written], report: Mapping[str, Any]) -> Iterator[Finding]:
    """Find articles that the ledger lacks, and what leaks from one split or fold to another. report: of the rows."""
    known = workspace.store.placements()
    for name in sorted(set(_article_ids(rows)) - known.keys()) if known else ():
        yield Finding(LEDGER, "", "release-split-missing", f"it has no line for {name}.")
    for leak in (*report["leaks"], *report["fold_leaks"]):
        yield Finding(LEDGER, "", "release-split-leak", say_leak(leak))


def check_moved(published: Mapping[str, tuple[str, str]], held: Held) -> Iterator[Finding]:
    """Find articles that are in another split or fold than where they were published first.

    published: as `published_splits` returns it. An article that had no fold may get one.
    """
    for name in sorted(published.keys() & held.rows.get(ARTICLES, {}).keys()):
        version, place = published[name]
        now = held.splits.get(name, "no split")
        if now != place and not now.startswith(f"{place}/"):
            yield Finding(
                LEDGER, "", "release-split-moved", f"{name} was in {place} in {version}, and is in {now} now."
            )


def check_author(citation: bytes | None, edition: int) -> Iterator[Finding]:
    """Find that nobody is named as the author of a release. citation: CITATION.cff; edition: of the scheme."""
    from stancebank.publish.card.citing import read_dataset

    if edition >= 2 and not read_dataset((citation or b"").decode(errors="replace")).authors:
        why = "there is no such file." if citation is None else "it names no authors, or cannot be read."
        yield Finding(CITATION, "", "release-author", why)


def check_folder(
    folder: Path, rows: Mapping[str, Written], shown: Audit, machine: Machine, scheme: Scheme
) -> Iterator[Finding]:
    """Find what a folder may not hold. rows: of its tables; shown: what these show; machine: that made it."""
    yield from check_sizes(folder)
    yield from check_leaks(folder, machine, scheme)
    if any(not each.policy.allows(each.shows) for each in shown.articles):
        yield from check_policies(rows, scheme)
    yield from check_quotes(shown)


def check_sizes(folder: Path) -> Iterator[Finding]:
    """Find files that are too large."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name, size = path.relative_to(folder).as_posix(), path.stat().st_size
        most = LARGEST_LIST if name in LISTS else LARGEST_TABLE if path.suffix == ".parquet" else LARGEST_OTHER
        if size > most:
            yield Finding(name, "", "release-size", f"it has {size:,} bytes; {most:,} is the most.")


def check_leaks(folder: Path, machine: Machine, scheme: Scheme) -> Iterator[Finding]:
    """Find e-mail addresses, secrets and paths of machines."""
    for leak in find_disclosures(folder, machine, scheme):
        code = "release-address-in-words" if leak.kind == "address" and leak.in_words else _CODES[leak.kind]
        yield Finding(leak.file, "", code, f"{leak.shown} in {leak.place}.")


def check_policies(rows: Mapping[str, Written], scheme: Scheme) -> Iterator[Finding]:
    """Find words in rows of articles that may not show them, in whatever column that is declared to hold words."""
    told = rows[ARTICLES].of(("article_id", "text_policy"))
    policies = {row["article_id"]: TextPolicy(row["text_policy"]) for row in told}
    for table in tables(scheme):
        if table.name not in rows or not table.is_of_articles:
            continue
        for article_id, column in sorted(set(_shown(table, rows[table.name], policies))):
            message = f"the column {column} shows words of {article_id}, whose text policy is {policies[article_id]}."
            yield Finding(table.name, "", "release-text-policy", message)


def check_quotes(found: Audit) -> Iterator[Finding]:
    """Find quotations beyond the cap, and words that are not those of the spans beside them."""
    yield from found.findings
    for article in found.articles:
        for stray in article.strays if article.policy.shows_quotations else ():  # of these, any word is one too many
            table, _, column = stray.partition(".")
            message = f"the column {column} has words of {article.article_id} that are not those of its spans."
            yield Finding(table, "", "release-text-policy", message)


def check_stray_words(
    folder: Path, rows: Mapping[str, Iterable[Row]], guard: Guard, scheme: Scheme
) -> Iterator[Finding]:
    """Find words of articles that may not be published in columns that are said to hold none, and in all other files.

    Only texts at hand can be searched for. The articles of the others are named by a warning, which stops nothing: a
    release that shows no words can be made without any.
    """
    for run in stray_runs(rows, guard, scheme):
        where = f" in the row of {run.article_id}" if run.article_id else ""
        message = f"the column {run.path}{where} has a run of eight words of {run.source}."
        yield Finding(run.table, "", "release-text-policy", message)
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix != ".parquet") if guard else ()
    for leak in search_files(((each.relative_to(folder).as_posix(), each.read_bytes()) for each in files), guard).leaks:
        yield Finding(leak.file, leak.pointer, "release-text-policy", leak.message)
    if guard.missing:
        many = len(guard.missing)
        articles = f"{many} articles, whose texts are" if many > 1 else "1 article, whose text is"
        message = f"the rows were not searched for words of {articles} not at hand: {', '.join(guard.missing)}."
        yield Finding("corpus/articles", "", "release-unsearched", message)


def _shown(table: Table, rows: Written, policies: Mapping[str, TextPolicy]) -> Iterator[tuple[str, str]]:
    """Yield articles with columns that show more of them than their text policy allows."""
    if all(policy.shows_all for policy in policies.values()):
        return
    for row in rows:
        policy = policies[row["article_id"]]
        if policy.shows_all:
            continue
        for cell in walk(table.word_columns, row):
            is_text = table.whole_text or (table.name == ARTICLES and cell.path == "text")
            if cell.column.words and cell.value and (not policy.shows_quotations or is_text):
                yield row["article_id"], cell.path


def check_proofs(folder: Path, readers: tuple[str, ...]) -> Iterator[Finding]:
    """Find what `publish verify` finds in the folder. readers: which ones are to open it."""
    from stancebank.publish.verification import Wanted, verify  # a build is judged, too, and verifies nothing

    for fault in verify(folder, Wanted(readers=readers)).faults:
        code = "release-reader" if fault.code == "reader-missing" else "release-unverified"
        yield Finding(fault.place, "", code, f"{fault.code}: {fault.message}")
