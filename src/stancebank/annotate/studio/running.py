"""Which server runs for a workspace: a record that no reused process number can fool."""

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from stancebank.annotate.connection import write_secret
from stancebank.errors import InputError
from stancebank.records import read_json, to_json

_RECORD = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A server process. began: when it began, in the system's own words, so that its number means this one alone."""

    pid: int
    began: str
    port: int
    version: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        """Whether the process is there, and is the one that was started."""
        return bool(self.began) and began(self.pid) == self.began


def find_running(folder: Path) -> Running | None:
    """Return the server that runs, or is about to. folder: of the studio."""
    try:
        running = Running(**read_json(folder / _RECORD))
    except (FileNotFoundError, TypeError, InputError):  # none, or one that nobody can be asked about any more
        return None
    return running if running.is_alive() else None


def write_running(folder: Path, running: Running) -> None:
    """Write down which server runs."""
    write_secret(folder / _RECORD, to_json(asdict(running)).rstrip())


def forget_running(folder: Path) -> None:
    """Remove the record."""
    (folder / _RECORD).unlink(missing_ok=True)


def began(pid: int) -> str:
    """Return when a process began, as the system tells it, or "" where there is none that lives."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            after_name = stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
        return "" if after_name[0] in "ZX" else f"{boot} {after_name[19]}"
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    told = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"}
    )
    state, _, start = told.stdout.strip().partition(" ")
    return "" if not state or state.startswith("Z") else start.strip()
