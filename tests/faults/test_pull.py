"""Every request of a pull meets every fault: the next pull ends where one without faults does."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPO
from tests.faults.matrix import Stage, run_matrix
from tests.faults.scene import Scene, other_stance
from tests.faults.state import exact_state, server_state

pytestmark = [pytest.mark.server, pytest.mark.slow]
ENVOY, MINISTER = "norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"


def prepare(scene: Scene) -> Path:
    """Lay a workspace that was pulled into once; since then annotators have added, changed, skipped and removed."""
    root = scene.lay("start")
    assert scene.run(root, "annotate", "push", "--gold").code == 0
    tasks = scene.tasks()
    shown = {name: scene.shown(task) for name, task in tasks.items()}
    first = {name: scene.label("ann-1", task, shown[name]) for name, task in tasks.items()}
    assert scene.run(root, "annotate", "pull").code == 0
    changed = {"result": other_stance(shown[ENVOY])}
    scene.ask("PATCH", f"/api/annotations/{first[ENVOY]}/", "ann-1", json=changed)
    scene.ask("DELETE", f"/api/annotations/{first[HARVEST]}/", "ann-1")
    scene.label("ann-2", tasks[MINISTER], shown[MINISTER])
    scene.label("ann-2", tasks[ENVOY], other_stance(shown[ENVOY]))
    scene.label("ann-2", tasks[HARVEST], [], was_cancelled=True)
    return root


def test_whatever_befalls_a_pull_nothing_is_lost_and_nothing_doubled(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    start = prepare(scene)
    before = server_state(scene.server)
    stage = Stage(
        server=scene.server,
        proxy=scene.proxy,
        clients=scene.clients,
        arguments=("annotate", "pull"),
        env=scene.env,
        lay=lambda root: shutil.copytree(start, root),
        final=exact_state,
    )
    root = scene.folder / "work"
    recording, wrong = run_matrix(stage, root, REPO / "build" / "faults" / "pull.log")
    with capsys.disabled():
        print(f"\npull: {stage.tell(recording)}")
    assert wrong == []
    assert {each.path for each in recording if each.method != "GET"} == {"/api/token/refresh/"}
    assert server_state(scene.server) == before
    documents: Any = sorted(
        path.relative_to(root / "corpus/annotations") for path in root.glob("corpus/annotations/*/*")
    )
    assert [str(path) for path in documents] == [
        *(f"ann-1/{ENVOY}.json", f"ann-1/{MINISTER}.json"),
        *(f"ann-2/{ENVOY}.json", f"ann-2/{MINISTER}.json"),
    ]
