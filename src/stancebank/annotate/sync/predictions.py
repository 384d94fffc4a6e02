"""Pre-annotations of a task that the server has already: compared, renewed where they differ, and never doubled."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.server import Server
from stancebank.annotate.sync.doubt import Patience, send
from stancebank.text import sha256

Json = dict[str, Any]

ZONES = "zones"  # the pre-annotation that carries the locked zones alone


@dataclass(frozen=True, slots=True)
class Shown:
    """A pre-annotation on the server. fingerprint: of its result."""

    id: int
    version: str
    fingerprint: str


def shown(predictions: Iterable[Json]) -> tuple[Shown, ...]:
    """Return what the server shows, by id."""
    found = (Shown(int(each["id"]), str(each.get("model_version")), _print(each["result"])) for each in predictions)
    return tuple(sorted(found, key=lambda each: each.id))


def renewal(wanted: Sequence[Json], there: Sequence[Shown]) -> tuple[list[Json], list[int]]:
    """Return which predictions are to be made, and the ids of those that then go. Pure.

    What other pushes have shown stays. The one of zones alone gives way to any other, which all carry them.
    """
    others = [each for each in there if each.version != ZONES]
    if [each["model_version"] for each in wanted] == [ZONES] and others:
        return [], [each.id for each in there if each.version == ZONES]
    make: list[Json] = []
    drop = [each.id for each in there if each.version == ZONES and wanted[0]["model_version"] != ZONES]
    for prediction in wanted:
        alike = [each for each in there if each.version == prediction["model_version"]]
        kept = next((each for each in alike if each.fingerprint == _print(prediction["result"])), None)
        if kept is None:
            make.append(prediction)
        drop += [each.id for each in alike if each is not kept]
    return make, drop


def renew(
    server: Server, project: int, task: int, make: Iterable[Json], drop: Iterable[int], patience: Patience
) -> None:
    """Make predictions of a task, then remove those that they replace."""
    for prediction in make:
        version, wanted = str(prediction["model_version"]), _print(prediction["result"])

        def do(prediction: Json = prediction) -> bool:
            return bool(server.create_prediction(task, prediction))

        def look(version: str = version, wanted: str = wanted) -> bool | None:
            there = shown(server.predictions(project, task))
            return True if any((each.version, each.fingerprint) == (version, wanted) for each in there) else None

        send(do, look, patience, again=1)
    for number in drop:
        server.delete_prediction(number)


def _print(result: object) -> str:
    return sha256(json.dumps(result, ensure_ascii=False, sort_keys=True))
