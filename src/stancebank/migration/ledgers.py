"""Ledgers of adjudications on the way to another version of the scheme: with fingerprints of the readings as they are
there.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from stancebank.corpus.adjudications import renew, renewed
from stancebank.corpus.store import ADJUDICATIONS
from stancebank.errors import InputError
from stancebank.model import Adjudication, from_builtins, to_builtins
from stancebank.records import from_json
from stancebank.schema.fields import Scheme
from stancebank.schema.validate import validate

Json = dict[str, Any]


def carry_adjudications(
    root: Path, pairs: Mapping[str, tuple[Json, Json]], before: Scheme, after: Scheme, faults: list[str]
) -> Iterator[tuple[str, Json]]:
    """Yield the ledgers that follow the version before, by path, as they are to be after it.

    pairs: records before and after, by path. faults: where those of ledgers are added to.
    """
    paths = [path for path in sorted((root / ADJUDICATIONS).glob("*.json")) if not path.name.startswith(".")]
    if not paths:
        return
    readings = [pair for name, pair in pairs.items() if name.startswith("corpus/annotations/")]
    documents = ((before.read_document(old), after.read_document(new)) for old, new in readings)
    prints = renew(documents, before, after)
    for path in paths:
        name = path.relative_to(root).as_posix()
        try:
            value = from_json(path.read_bytes(), path.name, whole=True)
        except InputError as error:
            faults.append(f"{name}: {error}")
            continue
        if isinstance(value, dict) and value.get("schema_version") == after.version:
            continue
        if wrong := validate(value, "adjudication", Path("schema") / before.version, name):
            faults += [f"{name}: {each.pointer}: {each.message}" for each in wrong]
            continue
        ledger = from_builtins(value, Adjudication)
        made = renewed(ledger, prints.get(ledger.article_id, {}))
        yield name, to_builtins(replace(made, schema_version=after.version))
