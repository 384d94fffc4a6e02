"""Every request of a push meets every fault: the next push ends where one without faults does."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.corpus.ingest import text_lines
from stancebank.corpus.store import Store
from stancebank.model import Article, Sourced, Zone
from stancebank.text import sha256
from tests.conftest import OWN_SCHEMA, REPO
from tests.faults.matrix import Stage, run_matrix
from tests.faults.proxy import KINDS
from tests.faults.scene import Scene
from tests.faults.state import server_state, tally, workspace_state

pytestmark = [pytest.mark.server, pytest.mark.slow]
ENVOY, MINISTER = "norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"
HARVEST = "keth-tribune-undated-harvest"
PUSH = ("annotate", "push", "--gold", "--annotations", "ann-1")


def stage_of(scene: Scene, start: Path, *, writing_only: bool = False) -> Stage:
    """Return where a push meets faults that begins with a workspace as it is now, and with the server as it is."""
    kept = scene.folder / "start.sqlite3"
    scene.server.keep(kept)

    def lay(root: Path) -> None:
        shutil.copytree(start, root)
        scene.server.put_back(kept)

    def final(root: Path) -> Any:
        return {"server": server_state(scene.server), "workspace": workspace_state(root)}

    return Stage(
        server=scene.server,
        proxy=scene.proxy,
        clients=scene.clients,
        arguments=PUSH,
        env=scene.env,
        lay=lay,
        final=final,
        writing_only=writing_only,
    )


def test_whatever_befalls_a_push_nothing_is_lost_and_nothing_doubled(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = stage_of(scene, scene.lay("start", "ann-1"))
    recording, wrong = run_matrix(stage, scene.folder / "work", REPO / "build" / "faults" / "push.log")
    with capsys.disabled():
        print(f"\npush: {stage.tell(recording)}")
    assert wrong == []
    assert tally(server_state(scene.server)) == (1, 3, 3, 2)


def test_whatever_befalls_what_a_later_push_writes_nothing_is_lost_and_nothing_doubled(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    start = scene.lay("start", "ann-1")
    assert scene.run(start, *PUSH).code == 0
    edit(Store(start, OWN_SCHEMA.name))
    stage = stage_of(scene, start, writing_only=True)
    recording, wrong = run_matrix(stage, scene.folder / "work", REPO / "build" / "faults" / "later-push.log")
    with capsys.disabled():
        print(f"\nlater push: {stage.tell(recording)}")
    assert wrong == []
    assert {each.kind for each in stage.points(recording)} == set(KINDS)  # of whatever share
    assert {each.method for each in recording} == {"GET", "POST", "PATCH", "DELETE"}
    assert tally(server_state(scene.server)) == (1, 3, 3, 2)


def edit(store: Store) -> None:
    """Change a title, the words of an article without labels, a reading that is shown and one that was sent."""
    minister = store.article(MINISTER)
    store.write_article(replace(minister, title=Sourced(value="Another title", basis="given")), words(store, minister))
    harvest = store.article(HARVEST)
    text = words(store, harvest) + "\nThe barley stands high again.\n"
    lines = text_lines(text)
    zones = (*harvest.zones, Zone(begin=lines[-1].begin, end=lines[-1].end, zone="body"))
    hashes = {"raw_sha256": sha256(text), "text_sha256": sha256(text), "length": len(text)}
    (store.root / store.document_name(HARVEST, None)).unlink()
    store.write_article(replace(harvest, lines=lines, zones=zones, **hashes), text)
    for annotator in (None, "ann-1"):
        document = store.document(store.document_name(ENVOY, annotator))
        first, *others = document.statements
        fields = {**first.fields, "uncertain": not first.fields.get("uncertain")}
        store.write_document(
            replace(
                document,
                statements=(replace(first, fields=fields), *others),
            )
        )


def words(store: Store, article: Article) -> str:
    text = store.text(article)
    assert text is not None
    return text
