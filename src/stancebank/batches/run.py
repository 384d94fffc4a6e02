"""A stage over many batches: here, in several processes, or on an engine.

A **stage** is a pure function of a module, named ``package.module:function``. It is given a batch and the settings of
the run, and returns a batch: bytes, since they have to travel. What the bytes hold is the stage's own affair; tables
travel as Arrow IPC (`pack`, `unpack`). Whatever runs it, the batches that come out are those of one process, in the
order of the batches that went in: what is written of them has the same bytes.
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from stancebank.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

Stage = Callable[[bytes, Mapping[str, Any]], bytes]
Runner = Callable[[str, Iterable[bytes], Mapping[str, Any], str], Iterator[bytes]]
"""What runs a stage elsewhere: its name, the batches, the settings, the address as it was given."""

ENGINES: dict[str, str] = dict.fromkeys(("daft", "ray"), "stancebank.batches.engine:run_on")
"""Engines by the scheme of their address, ``daft`` or ``ray`` (of ``ray://``): the function that runs a stage there."""

_AHEAD = 2  # batches that wait for each worker, so that none is idle and few are in memory


def find_function(name: str) -> Callable[..., Any]:
    """Return the function that ``package.module:function`` names."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def run(
    stage: str, batches: Iterable[bytes], settings: Mapping[str, Any], *, engine: str = "", workers: int = 1
) -> Iterator[bytes]:
    """Yield what a stage makes of each batch, in the order of the batches; as few as can be are held in memory.

    settings: what JSON can hold. engine: an address such as ``daft`` or ``ray://head:10001``; "" for this machine.
    workers: processes on this machine; 1 means none but this one, 0 one for each core. Raises InputError for an engine
    that there is not, and what the stage raises.
    """
    if engine:
        scheme = re.split("[:?]", engine)[0]
        if scheme not in ENGINES:
            raise InputError(f"There is no engine {engine!r}.\nHint: write daft, or ray://HOST:PORT of a Ray cluster.")
        runs: Runner = find_function(ENGINES[scheme])
        yield from runs(stage, batches, settings, engine)
        return
    workers = workers or count_cores()
    if workers == 1:
        function: Stage = find_function(stage)
        yield from (function(batch, settings) for batch in batches)
        return
    yield from _in_processes(stage, batches, settings, workers)


def count_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_processes(stage: str, batches: Iterable[bytes], settings: Mapping[str, Any], workers: int) -> Iterator[bytes]:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    # a fork of a process with threads, as pyarrow starts them, may hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[bytes]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(_call, stage, batch, dict(settings)))
                if len(waiting) > _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _call(stage: str, batch: bytes, settings: Mapping[str, Any]) -> bytes:
    function: Stage = find_function(stage)
    return function(batch, settings)


def pack(batch: "pa.RecordBatch") -> bytes:
    """Return a record batch as an Arrow IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def unpack(data: bytes) -> "pa.RecordBatch":
    """Return the record batch of an Arrow IPC stream that `pack` made."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_next_batch()
