"""What is kept between the commands of an adjudication, in the local store: the last plan's rules, and verdicts.

``.stancebank/adjudication/rules.json`` holds the rules of the last plan and who decides in which article;
``.stancebank/adjudication/verdicts/<article>.json`` the verdicts on it that no gold was made of yet, or was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stancebank.annotate.adjudication.types import AdjudicationPlan, Rules, Verdict
from stancebank.errors import InputError, WorkspaceError
from stancebank.model import to_builtins
from stancebank.records import read_json, to_json, write_text
from stancebank.schema.fields import Scheme
from stancebank.workspace import Workspace

FOLDER = ".stancebank/adjudication"

_OPTIONAL = ("rule", "note")


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """What stays of the last plan: its rules, and who decides in which article, by its id."""

    rules: Rules = field(default_factory=Rules)
    routes: Mapping[str, str] = field(default_factory=dict)


def read_plan(workspace: Workspace) -> KeptPlan:
    """Return what stays of the last plan; the default where there was none."""
    path = workspace.root / FOLDER / "rules.json"
    if not path.is_file():
        return KeptPlan()
    try:
        value = read_json(path)
        return KeptPlan(Rules(tuple(value["majority"]), tuple(value["by"])), dict(value["routes"]))
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, workspace, error) from None


def write_plan(workspace: Workspace, plan: AdjudicationPlan) -> bool:
    """Keep the rules of a plan, and who decides in which article. Return whether anything changed.

    What an earlier plan said of articles that this one does not have stays.
    """
    routes = {each.article_id: each.by for each in plan.conflicts if each.by is not None}
    routes = {**read_plan(workspace).routes, **routes}
    value = {"majority": list(plan.rules.majority), "by": list(plan.rules.by), "routes": routes}
    workspace.store.keep_local_store_out_of_git()
    return write_text(workspace.root / FOLDER / "rules.json", to_json(value))


def read_verdicts(workspace: Workspace) -> dict[str, Verdict]:
    """Return all verdicts that are kept, by the key of their conflict.

    Those that were given under another version of the scheme are left out: what they say is not of this one.
    """
    found: dict[str, Verdict] = {}
    for path in sorted((workspace.root / FOLDER / "verdicts").glob("*.json")):
        try:
            value = read_json(path)
            if value["schema_version"] == workspace.scheme.version:
                verdicts = (_read(each, path.stem, workspace.scheme) for each in value["verdicts"])
                found |= {each.key: each for each in verdicts}
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise _unreadable(path, workspace, error) from None
    return found


def write_verdicts(workspace: Workspace, verdicts: Iterable[Verdict]) -> bool:
    """Keep verdicts; one on a conflict takes the place of an earlier one. Return whether anything changed."""
    given: dict[str, dict[str, Verdict]] = {}
    for each in verdicts:
        given.setdefault(each.article_id, {})[each.key] = each
    kept: dict[str, dict[str, Verdict]] = {}
    for each in read_verdicts(workspace).values():
        kept.setdefault(each.article_id, {})[each.key] = each
    has_changed = False
    workspace.store.keep_local_store_out_of_git()
    for name, ours in given.items():
        listed = sorted((kept.get(name, {}) | ours).values(), key=lambda each: each.key)
        value = {"schema_version": workspace.scheme.version, "verdicts": [_written(each) for each in listed]}
        has_changed |= write_text(workspace.root / FOLDER / "verdicts" / f"{name}.json", to_json(value))
    return has_changed


def _written(verdict: Verdict) -> dict[str, Any]:
    value = {name: each for name, each in asdict(verdict).items() if name not in ("article_id", "statement")}
    statement = to_builtins(verdict.statement) if verdict.statement else None
    return {name: each for name, each in {**value, "statement": statement}.items() if each is not None}


def _read(value: dict[str, Any], article_id: str, scheme: Scheme) -> Verdict:
    texts = {name: str(value[name]) for name in ("key", "choice", "by", "reason", "decided_at")}
    more = {name: str(value[name]) for name in _OPTIONAL if name in value}
    statement = scheme.read_statement(value["statement"]) if "statement" in value else None
    return Verdict(article_id=article_id, statement=statement, **texts, **more)


def _unreadable(path: Path, workspace: Workspace, error: Exception) -> WorkspaceError:
    told = str(error).rstrip(".") if isinstance(error, InputError) else f"it is not of the form ({error!r})"
    return WorkspaceError(
        f"{path.relative_to(workspace.root)} cannot be read: {told}.\n"
        "Hint: mend it, or remove it and plan, pull or apply again."
    )
