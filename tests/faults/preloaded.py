"""A process that has loaded the command line, and runs each command in a copy of itself.

Loading takes seconds, and the tests of faults run hundreds of commands. A copy is a process like any other: it has its
own folder, environment and output, and can be killed. Orders come on stdin, a line of JSON each; answers go to stdout.
"""

import importlib
import json
import os
import sys
import traceback
from functools import cache
from typing import Any, cast


def run(order: dict[str, Any]) -> None:
    """Be the command that is ordered, and never return."""
    code = 1
    try:
        for number, name in ((1, order["out"]), (2, order["err"])):
            target = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, number)
            os.close(target)
        os.chdir(order["cwd"])
        os.environ.update(order["env"])
        sys.argv = ["stancebank", *order["arguments"]]
        from stancebank.cli import main

        main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def load() -> None:
    """Load what the commands load while they run, and make small what they do a little of at a time.

    Pauses before a second try are short, pages and batches hold two tasks, so that three articles take several.
    """
    import filelock  # noqa: F401
    import httpx
    import jsonschema  # noqa: F401
    import label_studio_sdk.client  # noqa: F401

    import stancebank.annotate.sync.pull
    import stancebank.annotate.sync.push
    import stancebank.cli.annotate
    import stancebank.cli.pull
    import stancebank.cli.push  # noqa: F401
    from stancebank.annotate import client
    from stancebank.annotate.sync import push_tasks, retry

    _make_once()
    transports: Any = importlib.import_module("httpx._transports.default")
    transports.create_ssl_context = cache(transports.create_ssl_context)  # which no server of the tests has need of
    httpx.Client().close()
    cast("dict[str, Any]", client.Server.__init__.__kwdefaults__)["pauses"] = (
        0.02,
        0.02,
        0.05,
        0.2,
        0.5,
    )  # a busy server gets a while
    retry.Timeout.__init__.__defaults__ = (0.5, 0.05)
    client.PAGE = push_tasks.TASKS = 2


def _make_once() -> None:
    """Read the scheme and the guidelines of the workspaces, and make validators: they are kept by what files hold."""
    from pathlib import Path

    from stancebank.annotate.guidelines import instructions
    from stancebank.corpus.language import load_habits, load_language
    from stancebank.schema.fields import load_scheme
    from stancebank.schema.rules import check_scheme
    from stancebank.schema.validate import newest_packed, validate

    instructions(Path())
    load_habits()
    load_language("en")
    load_scheme(Path("schema", newest_packed()))
    check_scheme(Path(), Path("schema", newest_packed()))
    for kind in ("annotation", "article", "entities", "targets"):
        validate({}, kind, Path("schema", newest_packed()), "")


def serve() -> None:
    """Take orders until there are none."""
    load()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            status = os.waitpid(order["wait"], 0)[1]
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            child = os.fork()
            if child == 0:
                sys.stdin.close()
                run(order)
            answer = {"pid": child}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
