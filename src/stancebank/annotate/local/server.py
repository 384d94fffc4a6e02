"""Start and stop a local server. It listens on this machine only, and stays when the command that started it ends.

The server holds a lock on the studio's folder for as long as it lives, and inherits it from the command that starts
it; so two commands never start two servers on one database, whichever of them is killed at whatever moment.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filelock import lock_descriptor
from packaging.version import InvalidVersion, Version

from stancebank.annotate.client import HttpClient
from stancebank.annotate.connection import LOCAL, TOKEN, remove_export_copies, write_secret
from stancebank.annotate.local.accounts import ADMIN, Login, login_names, make_login, read_login
from stancebank.annotate.local.install import ReportProgress, installed_version, report_nothing, server_program, size_of
from stancebank.errors import InputError, StancebankError
from stancebank.records import read_json, to_json, write_text

_RECORD = "running.json"


@dataclass(frozen=True, slots=True)
class RunningServer:
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


def find_running(folder: Path) -> RunningServer | None:
    """Return the server that runs, or is about to. folder: of the studio."""
    try:
        running = RunningServer(**read_json(folder / _RECORD))
    except (FileNotFoundError, TypeError, InputError):  # none, or one that nobody can be asked about any more
        return None
    return running if running.is_alive() else None


def write_running(folder: Path, running: RunningServer) -> None:
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


USUAL = 8080
ADDRESS = "url"
"""The file that says where the local server is, or was last; `stancebank.annotate.connection` reads it."""


def choose_port(folder: Path, wanted: int | None) -> int:
    """Return a free port. folder: of the studio. wanted: the one to take; InputError where it is not free."""
    if wanted is not None:
        if not is_free(wanted):
            raise InputError(
                f"Port {wanted} is taken by another program, or not yours to take.\n"
                "Hint: name another with --port, or none: then a free one is found."
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
    """Write down which port was taken: for the next time, and for what connects to the server."""
    write_text(folder / ADDRESS, f"http://127.0.0.1:{port}\n")


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.settimeout(2)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what has just been stopped does not count
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
    """Return the whole environment of the server. folder: of the studio. first: the administrator to be made.

    Secrets go this way and by no command line, which everybody on a machine can list.
    """
    settings = {
        "BASE_DATA_DIR": str(folder / "data"),
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",  # else a stranger who signs up can delete every project
        "LOCAL_FILES_SERVING_ENABLED": "false",  # unless told so, the server may turn it on by itself
        "CORS_ALLOW_ALL_ORIGINS": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",  # else a page elsewhere could pass its own name off as ours
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
            "ENABLE_LEGACY_API_TOKEN": "true",  # heard only when the organisation is made
        }
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    plain = {"HOME": str(folder / "home"), "DJANGO_DB": "sqlite", "PYTHONUNBUFFERED": "1"}
    return passed | plain | {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}


DATABASE = "data/label_studio.sqlite3"
ROOM = 50_000_000  # bytes that must be free for the server to start
_MADE = "made.json"
_MEMBERS = "SELECT count(*) FROM htx_user WHERE active_organization_id IS NOT NULL"  # the last thing a first start does


@dataclass(frozen=True, slots=True)
class DatabaseVersion:
    """Which version of Label Studio made the database, or migrated it last."""

    version: str


def write_made(folder: Path, version: str) -> None:
    """Write down that a server of this version has answered."""
    write_secret(folder / _MADE, to_json(asdict(DatabaseVersion(version))).rstrip())


def prepare_data(folder: Path, version: str) -> bool:
    """Make the folder fit for a server of a version, and return whether it has a database already.

    What a first start left half-made is removed: nobody could enter it yet. A database with anybody in it is never
    removed, and is copied beside itself before a newer version migrates it. Raises StancebankError where the disk is
    full, or the database is gone, damaged or of a newer version.
    """
    for name in ("data", "home"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    _require_room(folder)
    made = _read_made(folder)
    if not _has_members(folder / DATABASE):
        if made:
            raise StancebankError(
                f"{folder / DATABASE} is gone or damaged, though a server has worked with it.\n"
                f"Hint: restore it from a backup; or remove {folder / _MADE}, to begin anew without its projects."
            )
        shutil.rmtree(folder / "data")
        (folder / "data").mkdir(mode=0o700)
        return False
    if made and made.version != version:
        if _is_older(version, made.version):
            raise StancebankError(
                f"{folder / DATABASE} was made by Label Studio {made.version}; {version} cannot be trusted with it.\n"
                "Hint: use the environment of the newer version."
            )
        _copy_aside(folder / DATABASE, version)
    return True


def _read_made(folder: Path) -> DatabaseVersion | None:
    try:
        return DatabaseVersion(**read_json(folder / _MADE))
    except (FileNotFoundError, TypeError, InputError):
        return None


def _has_members(database: Path) -> bool:
    if not database.is_file():
        return False
    try:  # not read-only: what a server was writing when it was killed has to be rolled back before anything is read
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            return bool(connection.execute(_MEMBERS).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def _copy_aside(database: Path, version: str) -> None:
    copy = database.with_name(f"{database.name}.before-{version}")
    if not copy.is_file():
        unfinished = copy.with_suffix(".part")
        shutil.copy2(database, unfinished)
        unfinished.replace(copy)


def _is_older(one: str, other: str) -> bool:
    try:
        return Version(one) < Version(other)
    except InvalidVersion:
        return False


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise StancebankError(
            f"The disk of {folder} is full: {free / 1e6:.0f} MB are free, and {ROOM / 1e6:.0f} MB are needed.\n"
            "Hint: make room and run it again; nothing was changed."
        )


LOG = "server.log"
FIRST, LATER = 900.0, 300.0  # seconds until a server answers: one that makes its database, and another
LAST_WORDS = 20.0  # seconds that a server has to end by itself
_TRIES = 3  # where another program takes the port between the choice and the start
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
    """Start the server of a studio's folder, unless it runs already, and return it once it answers.

    login: of the administrator, where it is not to be drawn. port: the one to listen on. Raises StancebankError with
    the reason where it does not come to answer; then it does not run either.
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
    raise StancebankError("Other programs took every port that was tried.\nHint: name one with --port.")


def stop_server(folder: Path) -> RunningServer | None:
    """Stop the server and return it, or None where none runs. It has 20 seconds to end by itself."""
    running = find_running(folder)
    if running:
        _end(running)
        forget_running(folder)
        remove_export_copies(folder, older=0)
    return running


@contextmanager
def _locked(folder: Path, report: ReportProgress) -> Iterator[int | None]:
    """Hold the folder's lock; None where a server holds it."""
    start = time.monotonic()
    with (folder / "lock").open("w") as file:
        while True:
            if find_running(folder):
                yield None
                return
            if lock_descriptor(file.fileno(), blocking=False):  # closed, not unlocked: the server inherits the lock
                break
            waited = time.monotonic() - start
            if waited > 30:
                raise StancebankError(
                    f"Another process holds {folder / 'lock'}, and no server is known to run.\n"
                    f"Hint: wait for it; `fuser {folder / 'lock'}` names it, so that you can end it."
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
    """Wait until the server answers on its port. Return False where it went to another port."""
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
    """Wait for a server that is there already. Return None where it ends instead."""
    start = time.monotonic()
    while running := find_running(folder):
        if is_healthy(running.url):
            return running
        waited = time.monotonic() - start
        if waited > FIRST:
            raise StancebankError(
                f"A server runs (process {running.pid}), and does not answer.\n"
                "Hint: run `stancebank annotate studio stop`, then start it again."
            )
        report("Waiting for the server, which runs and does not answer yet", f"{waited:.0f} s")
        time.sleep(0.5)
    return None


def is_healthy(url: str) -> bool:
    """Whether a server says that it is up."""
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
    """Say why a server ended, as far as its log tells."""
    log = _log(folder)
    again = f"run it again; {folder / LOG} has all that it said"
    if re.search(r"No space left|database or disk is full|disk I/O error|Disk quota", log):
        return f"the disk is full.\nHint: make room and {again}."
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"{lines[-1] if lines else 'it said nothing.'}\nHint: {again}."


FOLDER = f"{LOCAL}/studio"


@dataclass(frozen=True, slots=True)
class Status:
    """A local server. Where none runs, url and version are "" and pid is None.

    healthy: whether it answers. folder: what lies in it: the database, uploads, logins, the log. Sizes are in bytes.
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


def read_server_status(folder: Path) -> Status:
    """Return what is known now. folder: of the studio."""
    running = find_running(folder)
    database = folder / DATABASE
    return Status(
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
