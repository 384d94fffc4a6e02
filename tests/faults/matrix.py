"""Every request of a recorded run met by every fault: afterwards a run without faults must end where it would have."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import SWEEP
from tests.faults.client import Clients, Ended
from tests.faults.proxy import KINDS, Fault, Kind, Proxy, Seen
from tests.faults.server import MortalStudio

READING: tuple[Kind, ...] = (
    *("500 before", "dropped after commit", "truncated reply", "other reply"),
    *("client killed after commit", "server killed after commit"),
)
HEALED = (0, 3)  # how a command may end that met a fault: it has got over it, or says that the world failed


SHARE = 1 if SWEEP else 5  # prime, so that what alternates meets all kinds as well
"""One fault in how many is met. Each request meets some, and each kind meets some requests; a sweep meets all."""

RESTARTS = 1 if SWEEP else 3
"""Of those that kill the server, one in how many is met: a start of it takes longer than all else."""


def points(
    recording: Sequence[Seen], *, writing_only: bool = False, share: int = 1, restarts: int = 1
) -> Iterator[Fault]:
    """Yield every fault at every request; at one that writes, before, during and after the server does it.

    share: one in how many is yielded, in turns, so that no request and no kind is left out. restarts: one in how many
    of each kind that kills the server.
    """
    kills: Counter[Kind] = Counter()
    met = [each for each in recording if not (writing_only and each.method == "GET")]
    for turn, request in enumerate(met):
        for place, kind in enumerate(KINDS if request.method != "GET" else READING):
            if (turn + place) % share:
                continue
            kills[kind] += kind.startswith("server killed")
            if not kills[kind] or (kills[kind] - 1) % restarts == 0:
                yield Fault(kind, request.number, request.seconds)


@dataclass(slots=True)
class Stage:
    """Where a command meets faults.

    lay: lays the workspace in which the command begins, and puts the server back to where it begins. final: what is
    compared, of the workspace where it ran. share: one fault in how many is met. restarts: of those that kill the
    server.
    """

    server: MortalStudio
    proxy: Proxy
    clients: Clients
    arguments: tuple[str, ...]
    env: dict[str, str]
    lay: Callable[[Path], object]
    final: Callable[[Path], Any]
    writing_only: bool = False
    share: int = SHARE
    restarts: int = RESTARTS
    runs: Counter[int] = field(default_factory=Counter)

    def points(self, recording: Sequence[Seen]) -> Iterator[Fault]:
        """Yield the faults that it meets."""
        return points(recording, writing_only=self.writing_only, share=self.share, restarts=self.restarts)

    def tell(self, recording: Sequence[Seen]) -> str:
        """Say how many requests met how many faults, and how the command ended that met them."""
        ended = ", ".join(f"{number} ended with {code}" for code, number in sorted(self.runs.items()))
        met = Counter(fault.kind for fault in self.points(recording))
        kinds = ", ".join(f"{number} {kind}" for kind, number in met.items())
        return f"{len(recording)} requests, {sum(met.values())} faults ({kinds}); {ended}"

    def set_out(self, root: Path) -> None:
        """Lay the workspace and put the server back."""
        shutil.rmtree(root, ignore_errors=True)
        self.lay(root)

    def run(self, root: Path, fault: Fault | None = None) -> Ended:
        """Run the command, through the proxy."""
        self.proxy.server = self.server.running.pid
        self.proxy.begin(fault)
        pid = self.clients.start(*self.arguments, cwd=root, **self.env)
        self.proxy.watch(pid)
        return self.clients.wait(pid)

    def record(self, root: Path) -> tuple[list[Seen], Any]:
        """Run the command without a fault. Returns its requests, and where it ended."""
        self.set_out(root)
        ended = self.run(root)
        assert ended.code == 0, ended.err
        return list(self.proxy.seen), self.final(root)

    def meet(self, root: Path, fault: Fault, request: Seen, end: Any) -> str | None:
        """Let the command meet a fault, and run it again. Returns what is wrong afterwards."""
        self.set_out(root)
        ended = self.run(root, fault)
        self.runs[ended.code] += 1
        struck = self.proxy.struck
        if struck is None or (struck.method, struck.path) != (request.method, request.path):
            return f"the fault met {struck}"
        if "Traceback" in ended.err:
            return f"it ended with a traceback:\n{ended.err}"
        if fault.kind.startswith("server killed"):
            self.server.revive()
        if ended.code not in ((-9,) if fault.kind.startswith("client killed") else HEALED):
            return f"it ended with {ended.code}: {ended.err}"
        again = self.run(root)
        if again.code != 0:
            return f"the next run ended with {again.code}: {again.err}"
        there = self.final(root)
        return None if there == end else difference(end, there)


def difference(wanted: Any, there: Any, where: str = "") -> str:
    """Say where two states differ first."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        for key in sorted(wanted.keys() | there.keys()):
            if key not in there or key not in wanted:
                return f"{where}/{key} is {'lost' if key in wanted else 'too much'}: {wanted.get(key, there.get(key))}"
            if wanted[key] != there[key]:
                return difference(wanted[key], there[key], f"{where}/{key}")
    if isinstance(wanted, list | tuple) and isinstance(there, list | tuple):
        if len(wanted) != len(there):
            return f"{where} has {len(there)} entries, not {len(wanted)}"
        for place, (one, other) in enumerate(zip(wanted, there, strict=True)):
            if one != other:
                return difference(one, other, f"{where}/{place}")
    return f"{where}: {str(there)[:600]!r}, not {str(wanted)[:600]!r}"


def run_matrix(stage: Stage, root: Path, log: Path) -> tuple[list[Seen], list[str]]:
    """Let a command meet every fault at every request. Returns the requests, and what went wrong.

    log: gets a line for each, with the seconds that it took.
    """
    recording, end = stage.record(root)
    requests = {each.number: each for each in recording}
    wrong = []
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        for fault in stage.points(recording):
            began = time.monotonic()
            found = stage.meet(root, fault, requests[fault.number], end)
            what = f"{fault.kind}, request {requests[fault.number]}"
            print(f"{time.monotonic() - began:6.1f} s  {what}: {found or 'well'}", file=file, flush=True)
            if found is not None:
                wrong.append(f"{what}: {found}")
    return recording, wrong
