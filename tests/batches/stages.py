"""Stages for tests of the engine: they say where they are, and one of them holds a batch."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from stancebank.batches.run import pack, unpack
from stancebank.errors import InputError


def doubled(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The numbers of a batch, times a setting."""
    numbers = unpack(batch).column("n").to_pylist()
    return pack(pa.RecordBatch.from_pydict({"n": [each * settings["times"] for each in numbers]}))


def variables(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """What a variable of the process is."""
    return os.environ.get(batch.decode(), "").encode()


def refusing(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The batch, or an error where it is the one that the settings name."""
    if batch == settings["bad"].encode():
        raise InputError("a bad batch")
    return batch


def noted(batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """The batch twice. Notes when it is begun and when done, by which process, and by which that was started.

    The first batch that is begun on a machine that has done another one is written to ``held``, and waits there until
    its process is killed. On Ray, the process of a stage is started by Daft's actor, and that by the machine's raylet.
    """
    notes = Path(settings["notes"])
    _note(notes / "begun", batch)
    done = (notes / "done").read_text().splitlines() if (notes / "done").exists() else []
    raylet = str(_ancestors(os.getpid())[2])
    if any(raylet in line.split(" ")[1:] for line in done):
        with suppress(FileExistsError):
            with (notes / "held").open("xb") as file:
                file.write(batch)
            while True:
                time.sleep(1)
    _note(notes / "done", batch)
    return batch * 2


def _note(path: Path, batch: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(batch + b"".join(b" %d" % each for each in _ancestors(os.getpid())) + b"\n")


def _ancestors(pid: int) -> list[int]:
    """Return a process, the one that started it, and so on."""
    found = []
    while pid > 1:
        found.append(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found
