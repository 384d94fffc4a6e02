"""Reading by an engine as a stage of `stancebank.batches.run`: it may be done in other processes, and elsewhere.

Another machine has no workspace. So what an engine may know travels with the settings: the schema, the language files,
the registries, and the articles that have gold, as a small workspace. A batch has a row for each article.
"""

import atexit
import base64
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from stancebank.batches.run import pack, run, unpack
from stancebank.corpus.backend import FILES
from stancebank.errors import InputError, ServerError
from stancebank.model import Article, Statement
from stancebank.suggest.engine import CostlyEngine, Engine, ReadArticle, Surroundings, look_around
from stancebank.suggest.engines import make_engine
from stancebank.suggest.run import Suggested, suggest
from stancebank.workspace import SETTINGS_FILE, Workspace, open_workspace

STAGE = "stancebank.suggest.stage:read_batch"
"""The name of the stage, as `stancebank.batches.run` takes it."""

BATCH = 50  # articles

_COLUMNS = ("article_id", "article", "text", "group")
_RESULTS = ("article_id", "value", "statements", "unplaced", "error")


def suggest_elsewhere(
    made: Engine,
    name: str,
    options: Mapping[str, Any],
    surroundings: Surroundings,
    sources: Iterable[ReadArticle],
    failed: list[tuple[str, ServerError]] | None = None,
    *,
    run_on: str,
) -> Iterator[Suggested]:
    """Let an engine read articles elsewhere: as `suggest` does it here, with the same result.

    name, options: by which `made` was made, and is made there. run_on: the address of what runs the stage. Raises
    InputError for an engine that costs: it asks a server, and is no faster from several machines.
    """
    if isinstance(made, CostlyEngine):
        raise InputError(
            f"The engine {made.record.name} asks a server, and runs here alone.\nHint: leave out --run-on."
        )
    ids = [each.source.article.id for each in surroundings.examples]
    settings = {
        "workspace": pack_workspace(surroundings),
        "engine": name,
        "options": dict(options),
        "groups": {each: surroundings.group(each) for each in ids},
    }
    for result in run(STAGE, _batches(sources, surroundings), settings, engine=run_on):
        for row in unpack(result).to_pylist():
            if row["error"] is not None:
                error = ServerError(*json.loads(row["error"]))
                if failed is None:
                    raise error
                failed.append((row["article_id"], error))
                continue
            statements = msgspec.json.decode(row["statements"], type=tuple[Statement, ...])
            unplaced = tuple(json.loads(row["unplaced"]))
            yield Suggested(row["article_id"], statements, json.loads(row["value"]), unplaced)


def _batches(sources: Iterable[ReadArticle], surroundings: Surroundings) -> Iterator[bytes]:
    rest = iter(sources)
    while some := list(islice(rest, BATCH)):
        rows = [
            (
                each.article.id,
                msgspec.json.encode(each.article).decode(),
                each.text,
                surroundings.group(each.article.id),
            )
            for each in some
        ]
        yield _table(_COLUMNS, rows)


def _table(names: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> bytes:
    import pyarrow as pa

    schema = pa.schema([pa.field(each, pa.large_string()) for each in names])
    return pack(pa.RecordBatch.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema))


def pack_workspace(surroundings: Surroundings) -> str:
    """Return the workspace as an engine may know it, as a ZIP archive in base64; the same bytes for the same content.

    It has settings, schema, what is in annotate/, the registries, and the articles with gold whose words are at hand.
    """
    workspace = surroundings.workspace
    with tempfile.TemporaryDirectory(prefix="stancebank-") as folder:
        root = Path(folder).resolve()
        for path in (workspace.root / SETTINGS_FILE, *workspace.schema_dir.rglob("*"), *_annotate(workspace.root)):
            if path.is_file() and "examples" not in path.relative_to(workspace.root).parts:
                target = root / path.relative_to(workspace.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        store = _in_files(root).store
        store.write_articles([(each.source.article, each.source.text) for each in surroundings.examples])
        registries = (surroundings.entities, surroundings.targets)
        store.write_together([each.gold for each in surroundings.examples], registries)
        kept = io.BytesIO()
        with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in root.rglob("*") if each.is_file()):
                name = zipfile.ZipInfo(path.relative_to(root).as_posix())
                archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return base64.b64encode(kept.getvalue()).decode()


def _annotate(root: Path) -> list[Path]:
    return [*(root / "annotate").rglob("*")]


def _in_files(root: Path) -> Workspace:
    """Return a workspace whose records are files, whatever its settings say."""
    found = open_workspace(root)
    return replace(found, settings=replace(found.settings, store=FILES))


def read_batch(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Let an engine read a batch of articles. settings: ``workspace``, ``engine``, ``options``, ``groups``.

    An engine is made once in a process. What a server did not answer is a row with an ``error``.
    """
    made, surroundings, groups = _made(json.dumps(dict(settings), sort_keys=True))
    rows = unpack(batch).to_pylist()
    groups.update((row["article_id"], row["group"]) for row in rows)
    results: list[tuple[str | None, ...]] = []
    for row in rows:
        source = surroundings.source(msgspec.json.decode(row["article"], type=Article), row["text"])
        failed: list[tuple[str, ServerError]] = []
        for each in suggest(made, surroundings, [source], failed):
            statements = msgspec.json.encode(each.statements).decode()
            value = json.dumps(each.value, ensure_ascii=False)
            results.append((each.article_id, value, statements, json.dumps(each.unplaced, ensure_ascii=False), None))
        for article_id, error in failed:
            results.append((article_id, None, None, None, json.dumps([str(error), error.status])))
    return _table(_RESULTS, results)


@lru_cache(maxsize=1)
def _made(settings: str) -> tuple[Engine, Surroundings, dict[str, str]]:
    """Return an engine, its surroundings, and the groups in them, to which those of a batch are added.

    The folder of the workspace lives as long as the process.
    """
    told = json.loads(settings)
    folder = tempfile.mkdtemp(prefix="stancebank-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    root = Path(folder).resolve()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(told["workspace"]))) as archive:
        archive.extractall(root)
    groups: dict[str, str] = dict(told["groups"])
    surroundings = replace(look_around(_in_files(root)), groups=groups)
    return make_engine(told["engine"], surroundings, told["options"]), surroundings, groups
