"""Start and stop a local server. It listens on this machine only, and stays when the command that started it ends.

The server holds a lock on the studio's folder for as long as it lives, and inherits it from the command that starts
it; so two commands never start two servers on one database, whichever of them is killed at whatever moment.
"""

import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stancebank.annotate.connection import TOKEN, write_secret
from stancebank.annotate.copies import remove_copies
from stancebank.annotate.studio.data import DATABASE, prepare_data, write_made
from stancebank.annotate.studio.environment import Tell, installed_version, server_program, tell_nobody
from stancebank.annotate.studio.login import ADMIN, Login, make_login, read_login
from stancebank.annotate.studio.port import choose_port, keep_port
from stancebank.annotate.studio.running import Running, began, find_running, forget_running, write_running
from stancebank.annotate.studio.variables import server_variables
from stancebank.annotate.wire import Wire
from stancebank.errors import StancebankError

LOG = "server.log"
FIRST, LATER = 900.0, 300.0  # seconds until a server answers: one that makes its database, and another
LAST_WORDS = 20.0  # seconds that a server has to end by itself
_TRIES = 3  # where another program takes the port between the choice and the start
_LISTENS = "Starting development server at http://127.0.0.1:{}/"
_LAUNCH = 'log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!'  # the server is no child of ours: init reaps it


def start_server(
    folder: Path, environment: Path, *, login: Login | None = None, port: int | None = None, tell: Tell = tell_nobody
) -> Running:
    """Start the server of a studio's folder, unless it runs already, and return it once it answers.

    login: of the administrator, where it is not to be drawn. port: the one to listen on. Raises StancebankError with
    the reason where it does not come to answer; then it does not run either.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    running = None
    while running is None:
        with _locked(folder, tell) as lock:
            if lock is None:
                running = _wait_until_it_answers(folder, tell)
            else:
                running = _start(folder, environment, login, port, tell, lock)
    write_made(folder, running.version)
    keep_port(folder, running.port)
    if admin := login or read_login(folder, ADMIN):
        write_secret(folder / TOKEN, admin.token)
    return running


def _start(folder: Path, environment: Path, login: Login | None, port: int | None, tell: Tell, lock: int) -> Running:
    forget_running(folder)
    version = installed_version(environment) or ""
    made = prepare_data(folder, version)
    remove_copies(folder, older=0)
    first = None if made else login or make_login(folder, ADMIN)
    for _ in range(_TRIES):
        running = _launch(folder, environment, first, Running(0, "", choose_port(folder, port), version), lock)
        healthy = False
        try:
            healthy = _wait_until_healthy(folder, running, tell, FIRST if first else LATER, made=made)
        finally:
            if not healthy:
                _end(running)
                forget_running(folder)
        if healthy:
            return running
    raise StancebankError("Other programs took every port that was tried.\nHint: name one with --port.")


def stop_server(folder: Path) -> Running | None:
    """Stop the server and return it, or None where none runs. It has 20 seconds to end by itself."""
    running = find_running(folder)
    if running:
        _end(running)
        forget_running(folder)
        remove_copies(folder, older=0)
    return running


@contextmanager
def _locked(folder: Path, tell: Tell) -> Iterator[int | None]:
    """Hold the folder's lock; None where a server holds it."""
    start = time.monotonic()
    with (folder / "lock").open("w") as file:
        while True:
            if find_running(folder):
                yield None
                return
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - start
            if waited > 30:
                raise StancebankError(
                    f"Another process holds {folder / 'lock'}, and no server is known to run.\n"
                    f"Hint: wait for it; `fuser {folder / 'lock'}` names it, so that you can end it."
                )
            tell("Waiting for another run that starts the server", f"{waited:.0f} s")
            time.sleep(0.5)
        yield None if find_running(folder) else file.fileno()


def _launch(folder: Path, environment: Path, first: Login | None, plan: Running, lock: int) -> Running:
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
    running = Running(pid, began(pid), plan.port, plan.version)
    write_running(folder, running)
    return running


def _wait_until_healthy(folder: Path, running: Running, tell: Tell, limit: float, *, made: bool) -> bool:
    """Wait until the server answers on its port. Return False where it went to another port."""
    what = "Starting the server" if made else "Starting the server; it makes its database first (about a minute, once)"
    start = time.monotonic()
    listens = _LISTENS.format(running.port)
    while (waited := time.monotonic() - start) < limit:
        if not running.is_alive():
            raise StancebankError(f"The server ended while it was starting: {_last_words(folder)}")
        database = folder / DATABASE
        size = f", {database.stat().st_size / 1e6:.1f} MB" if not made and database.is_file() else ""
        tell(what, f"{waited:.0f} s{size}")
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


def _wait_until_it_answers(folder: Path, tell: Tell) -> Running | None:
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
        tell("Waiting for the server, which runs and does not answer yet", f"{waited:.0f} s")
        time.sleep(0.5)
    return None


def is_healthy(url: str) -> bool:
    """Whether a server says that it is up."""
    try:
        return bool(Wire(url, timeout=5).ask("GET", "/health").mapping().get("status") == "UP")
    except OSError:
        return False


def _end(running: Running) -> None:
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
