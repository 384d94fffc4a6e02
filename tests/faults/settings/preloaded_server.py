"""A process that has loaded Label Studio, and of which a copy becomes a server at each order.

Loading takes nearly all of the time of a start, and the tests of faults kill one server after the other. A copy does
what `label-studio start` does, with a process, log and port of its own and the lock of its folder, and can be killed.
Orders come through the socket that is stdin, in JSON, with the lock; the number of the process is the answer.
"""

import json
import os
import signal
import socket
import sys
import threading

import label_studio.server as label_studio


def load() -> None:
    """Load all that a server loads before it listens; leave no connection open that two processes would share."""
    label_studio._setup_env()
    label_studio._apply_database_migrations()
    from django.db import connections
    from django.urls import get_resolver

    _ = get_resolver().url_patterns
    connections.close_all()
    if threading.active_count() > 1:
        raise RuntimeError("Threads do not live on in a copy.")


def become(order: dict[str, str], lock: int) -> None:
    """Be the server that is ordered, and never return."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, number in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(target, number)
        os.set_inheritable(lock, True)
        sys.argv = ["label-studio", "start", "--no-browser", "--internal-host", "127.0.0.1", "-p", order["port"]]
        label_studio.main()
        code = 0
    finally:
        os._exit(code)


def serve() -> None:
    """Take orders until there are none."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps who was killed
    with socket.socket(fileno=os.dup(0)) as orders:
        orders.send(b"ready")
        while True:
            data, (*locks,), _, _ = socket.recv_fds(orders, 65536, 1)
            if not data:
                return
            child = os.fork()
            if child == 0:
                orders.close()
                become(json.loads(data), locks[0])
            os.close(locks[0])
            orders.send(str(child).encode())


if __name__ == "__main__":
    serve()
