#!/usr/bin/env python
"""Push and pull of invented articles with a real Label Studio, beside a bare export of the same tasks.

Usage: .venv/bin/python scripts/bench/sync.py [ARTICLES [ANNOTATORS]]      1,000 and 3 if nothing is said: takes minutes

Each article has some 4,000 characters, and a reading of 40 regions by each annotator. Starts Label Studio from
.venv-studio (scripts/test installs it). The annotators' labels are written into its database by its own models, since
thousands of single requests would take an hour; all that is measured goes over HTTP. Each command is a process of its
own, in which the SDK is loaded and one request is made before anything is measured. The peer is the export of all
tasks, streamed to a file and parsed. Bytes are those of requests and replies without their headers; processor time is
that of the client. Exits with 1 if what was pulled is not what was labelled.

Where the time goes: the server needs most of it. Of the client's, a first pull checks each document against its
schema, reads regions as statements, and writes documents and raw tasks safely against power cuts, a third each. A pull
with nothing to do reads what it knows of each task, and looks whether its documents are there.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parent.parent.parent
sys.path[:0] = [str(Path(__file__).parent), str(REPO)]

from scripts.bench.table import Row  # noqa: E402
from tests.annotate.test_conversion import marked  # noqa: E402
from tests.conftest import TOY, lay_workspace  # noqa: E402
from tests.crowd import REGIONS, lay_crowd  # noqa: E402
from tests.studio import ENVIRONMENT, Studio, running_studio  # noqa: E402

from stancebank.annotate.client import Server  # noqa: E402
from stancebank.annotate.connection import local_folder  # noqa: E402
from stancebank.annotate.encode import to_task  # noqa: E402
from stancebank.annotate.interface_settings import load_interface  # noqa: E402
from stancebank.annotate.lists import make_lists  # noqa: E402
from stancebank.annotate.local.server import server_variables  # noqa: E402
from stancebank.annotate.sync.pull import pull  # noqa: E402
from stancebank.annotate.sync.push import push  # noqa: E402
from stancebank.annotate.sync.types import PullOptions, PushOptions  # noqa: E402
from stancebank.annotate.users import UserTable  # noqa: E402
from stancebank.workspace import Workspace, open_workspace  # noqa: E402

NAMES = ("ann-1", "ann-2", "ann-3")
CHANGED = 0.01  # of the annotations, before the last pull
SIZES: dict[str, tuple[int, ...]] = {"small": (), "normal": (), "large": (1000, 10_000)}  # each needs a server

LABEL = """
import itertools, json, os, sys
from datetime import timedelta

import label_studio

sys.path.insert(0, os.path.dirname(label_studio.__file__))
os.environ["DJANGO_SETTINGS_MODULE"] = "label_studio.core.settings.label_studio"
import django

django.setup()
from django.utils import timezone
from tasks.models import Annotation, Task

project = int(sys.argv[1])
rows = (json.loads(line) for line in sys.stdin)
made = (
    Annotation(task_id=task, project_id=project, completed_by_id=user, result=result, result_count=len(result))
    for task, user, result in rows
)
while some := list(itertools.islice(made, 100)):
    Annotation.objects.bulk_create(some)
for number, task in enumerate(Task.objects.filter(project_id=project).order_by("id").values_list("id", flat=True)):
    when = timezone.now() - timedelta(minutes=number)  # nobody labels all at once
    Task.objects.filter(id=task).update(updated_at=when, total_annotations=int(sys.argv[2]), is_labeled=True)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds on the wall and of the processor, peak in MB, requests, bytes both ways."""

    wall: float
    processor: float
    peak: float
    requests: int
    bytes: int


def measure(what: str, root: Path, studio: Studio, project: int = 0) -> Cost:
    """Run a command of `run_command` in a workspace, in a process of its own."""
    command = (sys.executable, __file__, "--one", what, str(project))
    env = {**os.environ, "LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
    told = subprocess.run(command, cwd=root, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return Cost(*json.loads(told.stdout.splitlines()[-1]))


def run_command(what: str, project: int) -> None:
    """Run push, pull or export in the workspace that is the current folder, and print the numbers of a `Cost`."""
    import httpx

    sent: list[int] = []
    send = httpx.Client.send

    def counting(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(self, request, **options)
        if not options.get("stream"):
            sent.append(len(request.content) + response.num_bytes_downloaded)
        return response

    httpx.Client.send = counting  # type: ignore[method-assign]
    server = Server(os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_API_KEY"])
    workspace = open_workspace(Path.cwd())
    server.version()
    sent.clear()
    wall, processor = time.monotonic(), time.process_time()
    if what == "push":
        for _ in push(server, workspace, PushOptions(), dry_run=False):
            pass
    elif what == "pull":
        for _ in pull(server, workspace, PullOptions()):
            pass
    else:
        sent.append(_export(server, project))
    processor, wall = time.process_time() - processor, time.monotonic() - wall
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps([wall, processor, int(peak.split()[1]) / 1024, len(sent), sum(sent)]))


def _export(server: Server, project: int) -> int:
    """Stream the export of a project to a file, parse it, and return its bytes."""
    import httpx

    headers = {"Authorization": f"Token {os.environ['LABEL_STUDIO_API_KEY']}"}
    address = f"{server.url}/api/projects/{project}/export?exportType=JSON"
    with tempfile.TemporaryFile() as file:
        with httpx.stream("GET", address, timeout=1800, trust_env=False, headers=headers) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
        size = file.tell()
        file.seek(0)
        json.load(file)
    return size


def lay(root: Path, studio: Studio, articles: int, names: tuple[str, ...], *, readings: bool) -> Workspace:
    """Lay a workspace that knows the annotators by name."""
    lay_workspace(TOY, root)
    for path in root.glob("corpus/*/*"):
        path.unlink()
    lay_crowd(root, articles, names if readings else ())
    workspace = open_workspace(root)
    table = UserTable(local_folder(workspace))
    with Server(studio.url, studio.token) as server:
        users = {user.id: user for user in server.users()}
    for name in names:
        table.rename(users[studio.add_person(name).id], name)
    return workspace


def submissions(workspace: Workspace, tasks: dict[str, int], users: dict[str, int]) -> Iterator[tuple[int, int, Any]]:
    """Yield what each annotator submits for each task."""
    store = workspace.store
    interface = load_interface(workspace)
    lists = make_lists(store.entities(), store.targets(), (), interface)
    for article in store.articles():
        text = store.text(article)
        assert text is not None
        for name, user in users.items():
            document = store.document(store.document_name(article.id, name))
            made = to_task(article, text, [document], lists, interface, guideline_version="1.0")
            yield tasks[article.id], user, made["predictions"][0]["result"]


def label(workspace: Workspace, studio: Studio, project: int, users: dict[str, int]) -> None:
    """Let the annotators label all tasks."""
    with Server(studio.url, studio.token) as server:
        tasks = {each["data"]["article_id"]: int(each["id"]) for each in server.tasks(project, ["data"])}
    rows = "".join(json.dumps(row) + "\n" for row in submissions(workspace, tasks, users))
    subprocess.run(
        [str(ENVIRONMENT / "bin" / "python"), "-c", LABEL, str(project), str(len(users))],
        input=rows,
        text=True,
        env=server_variables(studio.folder, None),
        check=True,
        stdout=sys.stderr,
    )


def change(studio: Studio, project: int, annotations: int) -> int:
    """Let annotators change the stance of a statement in a hundredth of the annotations; return in how many."""
    with Server(studio.url, studio.token) as server:
        ids = [int(each["id"]) for each in server.tasks(project, ["id"])]
        chosen = random.Random(7).sample(ids, max(1, round(annotations * CHANGED)))
        for task in server.whole_tasks(project, chosen):
            annotation = task["annotations"][0]
            item = next(each for each in annotation["result"] if each.get("from_name") == "stance")
            item["value"]["choices"] = ["doubt"]
            server.update_annotation(annotation["id"], {"result": annotation["result"]})
    return len(chosen)


def differing(here: Workspace, there: Workspace, names: tuple[str, ...]) -> int:
    """Count the documents that differ in what was marked, or are missing."""
    count = 0
    for name in names:
        for document in here.store.documents(name):
            taken = there.store.find_document(document.article_id, name)
            count += taken is None or _labels(taken) != _labels(document)
    return count


def _labels(document: Any) -> dict[str, Any]:
    return {key: value for key, value in marked(document).items() if key != "guideline_version"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. lost: readings that differ after the first pull; taken: those that a later pull brought."""

    costs: dict[str, Cost]
    lost: int
    changed: int
    taken: int

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost, and every change was taken."""
        return (self.lost, self.taken) == (0, self.changed)


EXPORT, IDLE = "bare export", "pull, nothing to do"


def measure_all(articles: int, names: tuple[str, ...]) -> Measured:
    """Measure push and pull of so many articles."""
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder, "studio")) as studio:
        users = {name: studio.add_person(name).id for name in names}
        here = lay(Path(folder, "here"), studio, articles, names, readings=True)
        there = lay(Path(folder, "there"), studio, articles, names, readings=False)
        costs["first push"] = measure("push", here.root, studio)
        costs["push, nothing to do"] = measure("push", here.root, studio)
        (project,) = (int(each["id"]) for each in studio.ask("GET", "/api/projects/")["results"])
        label(here, studio, project, users)
        costs[EXPORT] = measure("export", here.root, studio, project)
        costs["first pull"] = measure("pull", there.root, studio)
        lost = differing(here, there, names)
        time.sleep(61)  # what was labelled in the minute before a pull is fetched once more
        measure("pull", there.root, studio)
        costs[IDLE] = measure("pull", there.root, studio)
        changed = change(studio, project, articles * len(names))
        costs[f"pull, {changed} annotations changed"] = measure("pull", there.root, studio)
        return Measured(costs, lost, changed, differing(here, there, names))


def rows(size: int) -> Iterator[Row]:
    """Yield the ratios of push and pull to a bare export: of the client's processor time, and of bytes."""
    found = measure_all(size, NAMES[:1])
    if not found.is_right:
        raise SystemExit(f"{found.lost} readings were lost, {found.taken} of {found.changed} changes were taken.")
    peer = found.costs[EXPORT]
    for name, cost in found.costs.items():
        if name != EXPORT:
            aim = 0.02 if name == IDLE else None
            ratio = cost.processor / peer.processor
            yield Row(name, f"{size:,} tasks", EXPORT, ratio, aim, peak=cost.peak, wall=cost.wall, runs=1)
            yield Row(f"{name}: bytes", f"{size:,} tasks", EXPORT, cost.bytes / peer.bytes, aim, runs=1)


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        run_command(sys.argv[2], int(sys.argv[3]))
        return
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    names = NAMES[: int(sys.argv[2])] if len(sys.argv) > 2 else NAMES
    found = measure_all(articles, names)
    print("| what | wall | processor | to the export | requests | bytes | to the export | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    peer = found.costs[EXPORT]
    for name, cost in found.costs.items():
        print(
            f"| {name} | {cost.wall:.2f} s | {cost.processor:.2f} s | {cost.processor / peer.processor:.3f} | "
            f"{cost.requests} | {cost.bytes:,} | {cost.bytes / peer.bytes:.4f} | {cost.peak:.0f} MB |"
        )
    print(f"\n{articles} articles, {len(names)} annotators, {REGIONS} regions a reading; {found.lost} readings differ.")
    sys.exit(0 if found.is_right else f"{found.taken} of {found.changed} changes were taken.")


if __name__ == "__main__":
    main()
