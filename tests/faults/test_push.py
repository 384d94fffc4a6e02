"""Every request of a push meets every fault: the next push ends where one without faults does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPO
from tests.faults.matrix import Stage, run_matrix
from tests.faults.scene import Scene, playing
from tests.faults.state import empty, server_state, tally, workspace_state

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with playing(tmp_path_factory.mktemp("push")) as made:
        yield made


def test_whatever_befalls_a_push_nothing_is_lost_and_nothing_doubled(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    def final(root: Path) -> Any:
        return {"server": server_state(scene.server), "workspace": workspace_state(root)}

    stage = Stage(
        server=scene.server,
        proxy=scene.proxy,
        clients=scene.clients,
        arguments=("annotate", "push", "--gold", "--annotations", "ann-1"),
        env=scene.env,
        start=scene.lay("start", "ann-1"),
        begin=lambda: empty(scene.server),
        final=final,
    )
    root = scene.folder / "work"
    recording, wrong = run_matrix(stage, root, REPO / "build" / "faults" / "push.log")
    with capsys.disabled():
        print(f"\npush: {stage.tell(recording)}")
    assert wrong == []
    assert tally(server_state(scene.server)) == (1, 3, 3, 2)
