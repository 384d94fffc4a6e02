"""What became of documents that come in, said alike by all commands that write them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from stancebank.cli.output import count

if TYPE_CHECKING:
    from stancebank.annotate.intake import Candidate, ReadingIntake
    from stancebank.model import Document


def report(
    intake: "ReadingIntake", candidates: "Sequence[Candidate]", *, may_replace: bool, dry_run: bool, quiet: bool = False
) -> list[dict[str, Any]]:
    """Write candidates, unless this is a dry run, and say what became of each; return that for JSON.

    quiet: whether what stands against them is left to the caller (`require_acceptable`), and nothing goes to stdout.
    Raises ConflictError where gold would be replaced and may not, and InputError for faults.
    """
    if not quiet:
        require_acceptable(candidates, may_replace=may_replace, dry_run=dry_run)
    is_refused = any(each.faults or _is_held(each, may_replace, dry_run) for each in candidates)
    for note in (note for each in candidates for note in each.notes):
        click.echo(note, err=True)
    if not (dry_run or is_refused):
        intake.write(candidates)
    results = []
    for each in candidates:
        document = each.document
        state = _state(each, may_replace=may_replace, dry_run=dry_run, is_refused=is_refused)
        result: dict[str, Any] = {"file": each.where, "article_id": each.article_id, "annotator": each.annotator}
        if document is not None:
            result |= described(document, state, each.removed)
            if not quiet:
                click.echo(f"{document.article_id}: {counted(document)}, {state}.")
            for line in say_removed(document.article_id, each.removed, dry_run=dry_run or is_refused):
                click.echo(line, err=True)
        faults = [
            {"where": one.where, "statement": one.statement, "path": one.path, "code": one.code, "message": one.message}
            | ({"hint": one.hint} if one.hint else {})
            for one in each.faults
        ]
        results.append(result | {"state": state, "faults": faults, "notes": each.notes})
    for said in () if is_refused else intake.added:
        click.echo(f"{'Would add' if dry_run else 'Added'} {said}.", err=True)
    return results


def require_acceptable(candidates: "Sequence[Candidate]", *, may_replace: bool, dry_run: bool) -> None:
    """Raise InputError, or ConflictError, for candidates with faults, and where gold would be replaced and may not."""
    from stancebank.annotate.intake import require_faultless, require_replaceable

    require_faultless(candidates)
    if not (may_replace or dry_run):
        require_replaceable(candidates)


def _is_held(candidate: "Candidate", may_replace: bool, dry_run: bool) -> bool:
    return candidate.needs_replace and not may_replace and not dry_run


def _state(candidate: "Candidate", *, may_replace: bool, dry_run: bool, is_refused: bool) -> str:
    if candidate.faults:
        return "refused"
    if _is_held(candidate, may_replace, dry_run):
        return "refused without --replace"
    if is_refused:
        return "not written"
    if candidate.is_unchanged:
        return "unchanged"
    if dry_run:
        return "would be written" + (" with --replace" if candidate.needs_replace and not may_replace else "")
    return "written"


def described(document: "Document", state: str, removed: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what JSON says of a document that came in. removed: what it took the place of, ids with first words."""
    return {
        "article_id": document.article_id,
        "annotator": document.annotator,
        "gold": document.gold is not None,
        "statements": len(document.statements),
        "conditions": sum(len(each.conditions) for each in document.statements),
        "state": state,
        "removed": [name for name, _ in removed],
    }


def counted(document: "Document") -> str:
    """Say how many statements and conditions a document has."""
    conditions = sum(len(each.conditions) for each in document.statements)
    return f"{count(len(document.statements), 'statement')}, {count(conditions, 'condition')}"


def say_removed(article_id: str, removed: Sequence[tuple[str, str]], *, dry_run: bool) -> Iterator[str]:
    """Yield lines on the statements that a document no longer has. removed: their ids with their first words."""
    if removed:
        what = "Would remove" if dry_run else "Removed"
        yield f"{article_id}: {what} {count(len(removed), 'existing statement')}."
        yield from (f"    {name}: {words}" if words else f"    {name}" for name, words in removed)
