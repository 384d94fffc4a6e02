"""What runs in the environment of the engine: Daft maps a stage over a column of batches, here or on a Ray cluster.

Started by `engine.py`, which tells it by lines of JSON what to do: first the address, the stage and the settings, then
a folder of batches at a time. It answers each with one line; the results are files beside the batches. What libraries
print goes to the log. Nothing here is imported by the toolkit itself.
"""

import json
import os
import platform
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from stancebank.batches.engine import INSTALL, USED, toolkit_state
from stancebank.batches.run import count_cores, find_function
from stancebank.errors import StancebankError

PING_WAIT = 15.0  # seconds until the head of a cluster has to answer
NODE_WAIT = 120.0  # seconds until a machine of a cluster has to say what it has


def main() -> None:
    """Read what to do from stdin, and answer on stdout, until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = sys.stdin.buffer.readline()
    if not line:
        return
    order = json.loads(line)
    try:
        _answer(answers, _prepare(order))
        for line in sys.stdin.buffer:
            window = json.loads(line)
            _work(Path(window["folder"]), window["count"], order)
            _answer(answers, {})
    except BrokenPipeError:
        pass
    except Exception as error:
        traceback.print_exc()
        _answer(answers, tell(error))
    # what Daft and Ray still hold is of no use; to take it down takes seconds
    sys.stderr.flush()
    _leave(order)


def _leave(order: Mapping[str, Any]) -> None:
    if order["cluster"]:
        import ray

        ray.shutdown()
    os._exit(0)


def _answer(answers: IO[bytes], message: Mapping[str, Any]) -> None:
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


def tell(error: Exception) -> dict[str, Any]:
    """Return an exception as the caller is told of it: its class and its message."""
    message = str(error)
    if not isinstance(error, StancebankError):
        message += "\n" + "".join(traceback.format_exception(error))
    return {"error": type(error).__name__, "message": message}


def describe() -> dict[str, Any]:
    """Return what a machine has: versions of Python, Daft, pyarrow, Ray, the toolkit, and what results depend on."""
    from importlib.metadata import version

    packages = {name: version(name) for name in ("daft", "pyarrow", "ray", *USED)}
    return {"python": platform.python_version(), **packages, "stancebank": toolkit_state()}


def _prepare(order: dict[str, Any]) -> dict[str, Any]:
    """Connect to the cluster, if there is one, and return what its machines have. Raises where they differ."""
    mine = describe()
    if mine["stancebank"] != order["toolkit"]:
        raise StancebankError(f"The engine runs stancebank {mine['stancebank']}, not {order['toolkit']}.")
    if not order["cluster"]:
        import daft

        daft.set_runner_native()
        order["cores"] = cores = count_cores()
        return {"versions": mine, "nodes": [{"name": "this machine", "cores": cores, **mine}]}
    _connect(order["cluster"])
    nodes = _ask_nodes(order["cluster"], mine)
    order["cores"] = max(1, sum(int(each["cores"]) for each in nodes))
    import daft  # after all that may be wrong, since it takes a second

    daft.set_runner_ray(address=order["cluster"])
    return {"versions": mine, "nodes": nodes}


def _connect(cluster: str) -> None:
    import ray

    _ping(cluster)
    for left in reversed(range(_TRIES)):
        try:
            ray.init(cluster, log_to_driver=False)
        except Exception as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            if "version" in str(error).lower():
                raise StancebankError(
                    f"The Ray cluster at {cluster} has other versions: {' '.join(lines)}\n"
                    f"Hint: on each of its machines, install this version of stancebank, {INSTALL}, and start Ray."
                ) from error
            if left and "Initialization failure" in str(error):
                traceback.print_exc()
                continue
            # what failed at the head comes as a traceback, whose last line is the cause
            raise _out_of_reach(cluster, lines[-1]) from error
        return


_TRIES = 3  # the head starts a process for each client by a fork among threads, which does not always come to life


def _ping(cluster: str) -> None:
    """Ask the head of a cluster whether it takes the token. Ray itself tries for half a minute, and tells no cause."""
    import grpc
    from ray._private.authentication.authentication_token_setup import ensure_token_if_auth_enabled
    from ray._private.grpc_utils import init_grpc_channel
    from ray.core.generated.ray_client_pb2 import ClusterInfoRequest, ClusterInfoType
    from ray.core.generated.ray_client_pb2_grpc import RayletDriverStub

    token = StancebankError(
        f"The Ray cluster at {cluster} wants another token than it is given.\n"
        "Hint: set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the token of the cluster."
    )
    try:
        ensure_token_if_auth_enabled(None, create_token_if_missing=False)
    except Exception as error:
        raise token from error
    with init_grpc_channel(cluster.removeprefix("ray://")) as channel:
        try:
            ping = ClusterInfoRequest(type=ClusterInfoType.PING)
            RayletDriverStub(channel).ClusterInfo(ping, timeout=PING_WAIT, wait_for_ready=True)
        except grpc.RpcError as error:
            code = error.code()
            if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
                raise token from error
            raise _out_of_reach(cluster, f"{error.details()} ({code.name})") from error


def _out_of_reach(cluster: str, reason: str) -> StancebankError:
    return StancebankError(
        f"The Ray cluster at {cluster} cannot be reached: {reason}\n"
        "Hint: see whether the port is that of its clients (10001 by default), and whether it wants a token "
        "(RAY_AUTH_MODE=token)."
    )


def _ask_nodes(cluster: str, mine: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each machine of a cluster has that works. Raises StancebankError where it differs from this one."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    working = [each for each in ray.nodes() if each["Alive"] and each["Resources"].get("CPU", 0) > 0]
    if not working:
        raise StancebankError(
            f"The Ray cluster at {cluster} has no machine that works: none has a free core.\n"
            "Hint: start one with `ray start --address=HEAD:PORT`."
        )
    replies = []
    for each in working:
        there = NodeAffinitySchedulingStrategy(each["NodeID"], soft=False)
        asked = ray.remote(describe).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
        replies.append(asked.remote())
    found, faults = [], []
    for node, reply in zip(working, replies, strict=True):
        name = f"{node['NodeManagerAddress']} ({node['NodeID'][:8]})"
        try:
            has = ray.get(reply, timeout=NODE_WAIT)
        except Exception as error:
            if "No module named" in str(error):
                faults.append(f"{name} has no stancebank of this version")
            else:
                faults.append(f"{name} did not answer ({type(error).__name__})")
            continue
        other = [f"{key} {has[key]}" for key in mine if has[key] != mine[key]]
        if other:
            wanted = ", ".join(f"{key} {mine[key]}" for key in mine if has[key] != mine[key])
            faults.append(f"{name} has {', '.join(other)}, and this machine {wanted}")
        found.append({"name": name, "cores": int(node["Resources"]["CPU"]), **has})
    if faults:
        raise StancebankError(
            f"The machines of {cluster} differ from this one: {'; '.join(faults)}.\n"
            f"Hint: on each, install this version of stancebank, {INSTALL}, and start Ray again from that environment."
        )
    return found


def _work(folder: Path, count: int, order: Mapping[str, Any]) -> None:
    """Map the stage over a window of batches, and write what comes of each beside it."""
    import daft
    import pyarrow as pa

    stage, settings = str(order["stage"]), dict(order["settings"])

    def call(column: Any) -> list[bytes]:
        return [call_stage(stage, batch, settings) for batch in column.to_pylist()]

    # a process for each core: in one, Python's lock lets one of them work
    mapped = daft.func.batch(return_dtype=daft.DataType.binary(), batch_size=1, use_process=True)(call)
    paths = [folder / f"{number:06}" for number in range(count)]
    given = pa.array([path.read_bytes() for path in paths], pa.large_binary())
    rows = pa.table({"number": pa.array(range(count)), "batch": given})
    shards = min(count, order["shards"] or _SHARDS * order["cores"])
    frame = daft.from_arrow(rows).into_partitions(shards)
    del given, rows
    done = frame.select("number", mapped(frame["batch"]).alias("result"))
    seen = 0
    for found in done.to_arrow_iter(results_buffer_size=2 * order["cores"]):
        for number, result in zip(found.column("number").to_pylist(), found.column("result").to_pylist(), strict=True):
            (folder / f"{number:06}.out").write_bytes(result)
            paths[number].unlink()
            seen += 1
    assert seen == count, f"{seen} of {count} batches came back"


_SHARDS = 4  # parts for each core: one that takes long does not hold up the others


def call_stage(stage: str, batch: bytes, settings: Mapping[str, Any]) -> bytes:
    """Return what a stage makes of a batch after a zero byte, or its exception as JSON after a one."""
    try:
        return b"\0" + bytes(find_function(stage)(batch, settings))
    except Exception as error:
        return b"\1" + json.dumps(tell(error)).encode()
