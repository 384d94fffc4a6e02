#!/usr/bin/env python
"""Measure push and pull of invented articles against a real server, beside a bare export of the same tasks.

Usage: .venv/bin/python scripts/bench/sync.py [ARTICLES]      1,000 articles if nothing is said; that takes minutes

Each article has some 4,000 characters, and a reading of 40 regions by each of three annotators. Starts Label Studio
from .venv-studio (scripts/test installs it). The annotators' labels are written into its database by its own models,
since thousands of single requests would take an hour; all that is measured goes over HTTP. Writes a Markdown table to
stdout. Exits with 1 if what was pulled is not what was labelled.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

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
from stancebank.annotate.users import UserTable  # noqa: E402
from stancebank.workspace import Workspace, open_workspace  # noqa: E402

NAMES = ("ann-1", "ann-2", "ann-3")
CHANGED = 0.01  # of the annotations, before the last pull
STANCEBANK = (sys.executable, "-c", "from stancebank.cli import main; main()")

EXPORT = """
import json, sys
import httpx

url, token, project, path = sys.argv[1:]
with (
    open(path, "wb") as file,
    httpx.stream(
        "GET", f"{url}/api/projects/{project}/export?exportType=JSON", timeout=900, trust_env=False,
        headers={"Authorization": f"Token {token}"},
    ) as answer,
):
    answer.raise_for_status()
    for piece in answer.iter_bytes():
        file.write(piece)
with open(path, "rb") as file:
    print(sum(len(task["annotations"]) for task in json.load(file)))
"""

BETWEEN = """
import resource, subprocess, sys, time

start = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(code, time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""

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
    Task.objects.filter(id=task).update(updated_at=when, total_annotations=3, is_labeled=True)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds from start to end, and megabytes of memory at its peak."""

    seconds: float
    megabytes: float


def measure(*command: str, cwd: Path, **env: str) -> Cost:
    """Run a process of its own, and take what the operating system says it used.

    A small process stands between, since one that is started begins with the peak of the one that starts it.
    """
    told = subprocess.run(
        (sys.executable, "-S", "-c", BETWEEN, *command),
        cwd=cwd,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    code, seconds, kilobytes = told.stdout.split()
    if code != "0":
        sys.exit(f"{command[3:]} ended with {code}.")
    return Cost(float(seconds), int(kilobytes) / 1024)


def lay(root: Path, studio: Studio, articles: int, *, readings: bool) -> Workspace:
    """Lay a workspace that knows the annotators by name."""
    lay_workspace(TOY, root)
    for path in root.glob("corpus/*/*"):
        path.unlink()
    lay_crowd(root, articles, NAMES if readings else ())
    workspace = open_workspace(root)
    table = UserTable(local_folder(workspace))
    with Server(studio.url, studio.token) as server:
        users = {user.id: user for user in server.users()}
    for name in NAMES:
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
        [str(ENVIRONMENT / "bin" / "python"), "-c", LABEL, str(project)],
        input=rows,
        text=True,
        env=server_variables(studio.folder, None),
        check=True,
        stdout=sys.stderr,
    )


def change(studio: Studio, project: int, share: float) -> int:
    """Let annotators change the stance of a statement in a share of the annotations; return in how many."""
    with Server(studio.url, studio.token) as server:
        ids = [int(each["id"]) for each in server.tasks(project, ["id"])]
        chosen = random.Random(7).sample(ids, max(1, round(len(ids) * len(NAMES) * share)))
        for task in server.whole_tasks(project, chosen):
            annotation = task["annotations"][0]
            item = next(each for each in annotation["result"] if each.get("from_name") == "stance")
            item["value"]["choices"] = ["doubt"]
            server.update_annotation(annotation["id"], {"result": annotation["result"]})
    return len(chosen)


def differing(here: Workspace, there: Workspace) -> int:
    """Count the documents that differ in what was marked, or are missing."""
    count = 0
    for name in NAMES:
        for document in here.store.documents(name):
            path = there.root / there.store.document_name(document.article_id, name)
            same = path.is_file() and _labels(there.store.document(path)) == _labels(document)
            count += not same
    return count


def _labels(document: Any) -> dict[str, Any]:
    return {key: value for key, value in marked(document).items() if key != "guideline_version"}


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder, "studio")) as studio:
        users = {name: studio.add_person(name).id for name in NAMES}
        here = lay(Path(folder, "here"), studio, articles, readings=True)
        there = lay(Path(folder, "there"), studio, articles, readings=False)
        env = {"LABEL_STUDIO_URL": studio.url, "LABEL_STUDIO_API_KEY": studio.token}
        costs["push, a pre-annotation each"] = measure(
            *STANCEBANK, "annotate", "push", "--annotator", "ann-1", cwd=here.root, **env
        )
        costs["push, nothing to do"] = measure(
            *STANCEBANK, "annotate", "push", "--annotator", "ann-1", cwd=here.root, **env
        )
        (project,) = (int(each["id"]) for each in studio.ask("GET", "/api/projects/")["results"])
        label(here, studio, project, users)
        path = Path(folder, "export.json")
        command = (sys.executable, "-c", EXPORT, studio.url, studio.token, str(project), str(path))
        bare = measure(*command, cwd=here.root)
        size = path.stat().st_size / 1e6
        pull = (*STANCEBANK, "annotate", "pull")
        costs["first pull"] = measure(*pull, cwd=there.root, **env)
        lost = differing(here, there)
        costs["pull, nothing to do"] = measure(*pull, cwd=there.root, **env)
        changed = change(studio, project, CHANGED)
        costs[f"pull, {changed} annotations changed"] = measure(*pull, cwd=there.root, **env)
        taken = differing(here, there)
    print("| what | time | to the export | peak memory | to the export |\n|---|---:|---:|---:|---:|")
    print(f"| bare export, {size:.0f} MB | {bare.seconds:.1f} s | 1 | {bare.megabytes:.0f} MB | 1 |")
    for name, cost in costs.items():
        times, memory = cost.seconds / bare.seconds, cost.megabytes / bare.megabytes
        print(f"| {name} | {cost.seconds:.1f} s | {times:.2f} | {cost.megabytes:.0f} MB | {memory:.2f} |")
    print(f"\n{articles} articles, {len(NAMES)} annotators, {REGIONS} regions a reading; {lost} readings differ.")
    sys.exit(0 if (lost, taken) == (0, changed) else f"{lost} readings were lost, {taken} of {changed} changes taken.")


if __name__ == "__main__":
    main()
