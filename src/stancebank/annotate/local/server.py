"""Start and stop a local server. It listens on this machine only, and stays when the command that started it ends.

The server holds a lock on its folder for as long as it runs, and inherits it from the command that starts it: so two
commands never start two servers on one database, whichever of them is killed at any moment.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stancebank.annotate.connection import LOCAL, TOKEN, remove_export_copies, write_secret
from stancebank.annotate.http import HttpClient
from stancebank.annotate.local.accounts import ADMIN, Login, login_names, make_login, read_login
from stancebank.annotate.local.data import DATABASE, prepare_data, write_made
from stancebank.annotate.local.install import installed_version, server_program
from stancebank.environments import ReportProgress, report_nothing, size_of
from stancebank.errors import InputError, StancebankError
from stancebank.records import file_locks, lock_file, read_json, to_json, write_text

_RECORD = "running.json"


def require_served() -> None:
    """Raise StancebankError on a system where no local server runs: it needs locks that a process can inherit."""
    if not file_locks().has_fcntl:
        raise StancebankError(
            "A server on this machine needs Linux, macOS or WSL.\n"
            "Hint: run it there, and name it with LABEL_STUDIO_URL; push, pull, status and watch work here."
        )


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server process. began: its start time by the system, so that a reused process id is told apart."""

    pid: int
    began: str
    port: int
    version: str

    @property
    def url(self) -> str:
        """The URL that it listens on."""
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self) -> bool:
        """Whether the process exists, and is the one that was started."""
        return bool(self.began) and began(self.pid) == self.began


def find_running(folder: Path) -> RunningServer | None:
    """Return the server that runs, or is starting. folder: of the local server."""
    try:
        running = RunningServer(**read_json(folder / _RECORD))
    except (FileNotFoundError, TypeError, InputError):  # no record, or a damaged one
        return None
    return running if running.is_alive() else None


def write_running(folder: Path, running: RunningServer) -> None:
    """Record which server runs."""
    write_secret(folder / _RECORD, to_json(asdict(running)).rstrip())


def forget_running(folder: Path) -> None:
    """Remove the record."""
    (folder / _RECORD).unlink(missing_ok=True)


def began(pid: int) -> str:
    """Return the start time of a process, as the system gives it, or "" if no such process is alive."""
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
        command,
        capture_output=True,
        encoding="ascii",
        errors="replace",
        check=False,
        env={"LC_ALL": "C", "PATH": "/bin:/usr/bin"},
    )
    state, _, start = told.stdout.strip().partition(" ")
    return "" if not state or state.startswith("Z") else start.strip()


USUAL = 8080
ADDRESS = "url"
"""The file with the URL of the local server, present or last; `stancebank.annotate.connection` reads it."""


def choose_port(folder: Path, wanted: int | None) -> int:
    """Return a free port. folder: of the local server. wanted: the one to take; InputError if it is not free."""
    if wanted is not None:
        if not is_free(wanted):
            raise InputError(
                f"Port {wanted} is taken by another program, or needs other permissions.\n"
                "Hint: name another with --port; or none, and a free one is found."
            )
        return wanted
    last = _last(folder)
    for port in ([last] if last else []) + [USUAL]:
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return int(port)


def keep_port(folder: Path, port: int) -> None:
    """Record which port was taken: for the next start, and for commands that connect to the server."""
    write_text(folder / ADDRESS, f"http://127.0.0.1:{port}\n")


def is_free(port: int) -> bool:
    """Whether a server could listen on a port now."""
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that was just stopped does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _last(folder: Path) -> int | None:
    try:
        port = urlsplit((folder / ADDRESS).read_text("utf-8").strip()).port or 0
    except (OSError, ValueError):
        return None
    return port if 0 < port < 65536 else None


_PASSED = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")


def server_variables(folder: Path, first: Login | None) -> dict[str, str]:
    """Return the whole environment of the server. folder: of the local server. first: the administrator to be created.

    The server gets no other variable: Label Studio reads many names without a prefix, HOST, PORT, PASSWORD and DEBUG
    among them. Secrets are passed this way and not on the command line, which all users of a machine can list.
    """
    settings = {
        "BASE_DATA_DIR": str(folder / "data"),
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",  # otherwise a stranger who signs up can delete all projects
        "LOCAL_FILES_SERVING_ENABLED": "false",  # the server may turn it on by default
        "CORS_ALLOW_ALL_ORIGINS": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",  # otherwise a page of another host could use its own name
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LOG_LEVEL": "WARNING",
    }
    if first:
        settings |= {
            "USERNAME": first.email,
            "PASSWORD": first.password,
            "USER_TOKEN": first.token,
            "ENABLE_LEGACY_API_TOKEN": "true",  # read only when the organisation is created
        }
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    plain = {"HOME": str(folder / "home"), "DJANGO_DB": "sqlite", "PYTHONUNBUFFERED": "1"}
    return passed | plain | {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}


LOG = "server.log"
FIRST, LATER = 900.0, 300.0  # seconds until a server answers: at its first start, and later
LAST_WORDS = 20.0  # seconds for a server to end by itself
_TRIES = 3  # if another program takes the port between choice and start
_LISTENS = "Starting development server at http://127.0.0.1:{}/"
_LAUNCH = 'log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!'  # the server is no child of ours: init reaps it


def start_server(
    folder: Path,
    environment: Path,
    *,
    login: Login | None = None,
    port: int | None = None,
    report: ReportProgress = report_nothing,
) -> RunningServer:
    """Start the server of a folder, unless it already runs, and return it once it answers.

    login: of the administrator; otherwise it is drawn. port: the one to listen on. Raises StancebankError with the
    reason if it does not answer; then it does not run either.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    running = None
    while running is None:
        with _locked(folder, report) as lock:
            if lock is None:
                running = _wait_until_it_answers(folder, report)
            else:
                running = _start(folder, environment, login, port, report, lock)
    write_made(folder, running.version)
    keep_port(folder, running.port)
    if admin := login or read_login(folder, ADMIN):
        write_secret(folder / TOKEN, admin.token)
    return running


def _start(
    folder: Path, environment: Path, login: Login | None, port: int | None, report: ReportProgress, lock: int
) -> RunningServer:
    forget_running(folder)
    version = installed_version(environment) or ""
    made = prepare_data(folder, version)
    remove_export_copies(folder, older=0)
    first = None if made else login or make_login(folder, ADMIN)
    for _ in range(_TRIES):
        running = _launch(folder, environment, first, RunningServer(0, "", choose_port(folder, port), version), lock)
        healthy = False
        try:
            healthy = _wait_until_healthy(folder, running, report, FIRST if first else LATER, made=made)
        finally:
            if not healthy:
                _end(running)
                forget_running(folder)
        if healthy:
            return running
    raise StancebankError("Other programs took all ports that were tried.\nHint: name one with --port.")


def stop_server(folder: Path) -> RunningServer | None:
    """Stop the server and return it, or None if none runs. It has 20 seconds to end by itself."""
    running = find_running(folder)
    if running:
        _end(running)
        forget_running(folder)
        remove_export_copies(folder, older=0)
    return running


@contextmanager
def _locked(folder: Path, report: ReportProgress) -> Iterator[int | None]:
    """Hold the folder's lock and yield its descriptor; None if a server holds it."""
    start = time.monotonic()
    with (folder / "lock").open("w") as file:
        while True:
            if find_running(folder):
                yield None
                return
            if lock_file(file.fileno()):  # closed, not unlocked: the server inherits the lock
                break
            waited = time.monotonic() - start
            if waited > 30:
                raise StancebankError(
                    f"Another process holds {folder / 'lock'}, but no server is known to run.\n"
                    f"Hint: wait for it; `fuser {folder / 'lock'}` shows its id, so that you can end it."
                )
            report("Waiting for another run that starts the server", f"{waited:.0f} s")
            time.sleep(0.5)
        yield None if find_running(folder) else file.fileno()


def _launch(folder: Path, environment: Path, first: Login | None, plan: RunningServer, lock: int) -> RunningServer:
    log = folder / LOG
    if log.is_file():
        log.replace(log.with_suffix(".log.1"))
    command = [str(server_program(environment)), "start", "--no-browser", "--internal-host", "127.0.0.1"]
    shell = ["/bin/sh", "-c", _LAUNCH, "sh", str(log), *command, "-p", str(plan.port)]
    launched = subprocess.run(
        shell,
        env=server_variables(folder, first),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        start_new_session=True,
        umask=0o077,
        pass_fds=(lock,),
    )
    pid = int(launched.stdout)
    running = RunningServer(pid, began(pid), plan.port, plan.version)
    write_running(folder, running)
    return running


def _wait_until_healthy(
    folder: Path, running: RunningServer, report: ReportProgress, limit: float, *, made: bool
) -> bool:
    """Wait until the server answers on its port. Return False if it moved to another port."""
    what = "Starting the server" if made else "Starting the server; it makes its database first (about a minute, once)"
    start = time.monotonic()
    listens = _LISTENS.format(running.port)
    while (waited := time.monotonic() - start) < limit:
        if not running.is_alive():
            raise StancebankError(f"The server ended while it was starting: {_last_words(folder)}")
        database = folder / DATABASE
        size = f", {database.stat().st_size / 1e6:.1f} MB" if not made and database.is_file() else ""
        report(what, f"{waited:.0f} s{size}")
        log = _log(folder)
        if "* Trying to start at" in log:
            return False
        if listens in log and is_healthy(running.url):
            return True
        time.sleep(0.3)
    raise StancebankError(
        f"The server did not answer within {limit:.0f} s, and was stopped.\n"
        f"Hint: read {folder / LOG}, and run it again."
    )


def _wait_until_it_answers(folder: Path, report: ReportProgress) -> RunningServer | None:
    """Wait for a server that is already running. Return None if it ends instead."""
    start = time.monotonic()
    while running := find_running(folder):
        if is_healthy(running.url):
            return running
        waited = time.monotonic() - start
        if waited > FIRST:
            raise StancebankError(
                f"A server runs (process {running.pid}), but does not answer.\n"
                "Hint: run `stancebank annotate studio stop`, then start it again."
            )
        report("Waiting for the server, which runs and does not answer yet", f"{waited:.0f} s")
        time.sleep(0.5)
    return None


def is_healthy(url: str) -> bool:
    """Whether a server reports that it is up."""
    try:
        return bool(HttpClient(url, timeout=5).ask("GET", "/health").mapping().get("status") == "UP")
    except OSError:
        return False


def _end(running: RunningServer) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + LAST_WORDS
        while running.is_alive() and time.monotonic() < end:
            try:
                os.kill(running.pid, number)
            except ProcessLookupError:
                return
            for _ in range(20):
                if not running.is_alive():
                    return
                time.sleep(0.1)


def _log(folder: Path) -> str:
    path = folder / LOG
    return path.read_text("utf-8", errors="replace") if path.is_file() else ""


def _last_words(folder: Path) -> str:
    """Return why a server ended, as far as its log shows it."""
    log = _log(folder)
    again = f"run it again; {folder / LOG} has its whole output"
    if re.search(r"No space left|database or disk is full|disk I/O error|Disk quota", log):
        return f"the disk is full.\nHint: make room and {again}."
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'it printed nothing.'}\nHint: {again}."


FOLDER = f"{LOCAL}/studio"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A local server. If none runs, url and version are "" and pid is None.

    healthy: whether it answers. folder: with database, uploads, logins and log. Sizes are in bytes.
    """

    running: bool
    healthy: bool
    url: str
    pid: int | None
    version: str
    folder: str
    database_bytes: int
    folder_bytes: int
    log: str
    annotators: tuple[str, ...]


def studio_folder(root: Path) -> Path:
    """Return the folder of the local server of a workspace. root: of the workspace."""
    return root / FOLDER


def read_server_status(folder: Path) -> ServerStatus:
    """Return the present status. folder: of the local server."""
    running = find_running(folder)
    database = folder / DATABASE
    return ServerStatus(
        running=running is not None,
        healthy=running is not None and is_healthy(running.url),
        url=running.url if running else "",
        pid=running.pid if running else None,
        version=running.version if running else "",
        folder=str(folder),
        database_bytes=database.stat().st_size if database.is_file() else 0,
        folder_bytes=size_of(folder),
        log=str(folder / LOG),
        annotators=tuple(name for name in login_names(folder) if name != ADMIN),
    )
