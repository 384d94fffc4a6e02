"""What people do to one another without meaning to: two at once, tokens that end, things that go in the middle."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stancebank.annotate.lists import LISTS
from stancebank.corpus.store import Store
from tests.conftest import OWN_SCHEMA
from tests.faults.client import Ended
from tests.faults.scene import Scene, other_stance
from tests.faults.state import empty, exact_state, server_state, tally, workspace_state

pytestmark = [pytest.mark.server, pytest.mark.slow]
ENVOY, MINISTER = "norland-post-2031-02-11-envoy", "suvia-courier-2031-02-12-minister"


@pytest.fixture(scope="module")
def begun(stage: Scene) -> Path:
    """A workspace whose articles are pushed, and of which two people have labelled two articles; beside it the server.

    It is made once: each test begins with a copy of both.
    """
    stage.server.put_back(stage.folder / "bare")
    root = stage.lay("begun/work")
    assert stage.run(root, "annotate", "push", "--gold").code == 0
    tasks = stage.tasks()
    for name in (ENVOY, MINISTER):
        for person in stage.people:
            shown = stage.shown(tasks[name])
            stage.label(person, tasks[name], shown if person == "ann-1" else other_stance(shown))
    stage.server.keep(root.parent / "server")
    return root.parent


@pytest.fixture
def labelled(scene: Scene, begun: Path) -> Path:
    """A workspace whose articles are pushed, and of which two people have labelled two articles."""
    root = scene.folder / "work"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(begun / "work", root)
    scene.server.put_back(begun / "server")
    return root


def documents(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root / "corpus/annotations")) for path in root.glob("corpus/annotations/*/*"))


ALL = [f"{who}/{what}.json" for who in ("ann-1", "ann-2") for what in (ENVOY, MINISTER)]


def run_both(scene: Scene, one: tuple[Path, str], other: tuple[Path, str]) -> list[Ended]:
    """Run two commands at once, slowly, so that they are at it together."""
    scene.proxy.begin()
    scene.proxy.before = lambda _: time.sleep(0.2)
    pids = [scene.clients.start("annotate", command, cwd=root, **scene.env) for root, command in (one, other)]
    ended = [scene.clients.wait(pid) for pid in pids]
    scene.proxy.before = None
    return ended


def at_request(path: str, do: Callable[[], object], scene: Scene) -> Callable[[int], None]:
    """Do something once, before the first request of this path is passed on."""
    left = [do]

    def before(_: int) -> None:
        if left and scene.proxy.coming is not None and scene.proxy.coming.path == path:
            left.pop()()

    return before


def test_two_who_pull_at_once_in_one_workspace_end_as_one_would(scene: Scene, labelled: Path) -> None:
    ended = run_both(scene, (labelled, "pull"), (labelled, "pull"))
    assert {each.code for each in ended} <= {0, 4}, ended
    assert 0 in {each.code for each in ended}
    assert all("is running in this workspace" in each.err for each in ended if each.code == 4)
    assert documents(labelled) == ALL
    before = exact_state(labelled)
    assert scene.run(labelled, "annotate", "pull").code == 0
    assert exact_state(labelled) == before


def test_two_who_pull_at_once_in_two_workspaces_have_the_same_documents(scene: Scene, labelled: Path) -> None:
    other = scene.lay("other")
    assert [each.code for each in run_both(scene, (labelled, "pull"), (other, "pull"))] == [0, 0]
    assert documents(labelled) == documents(other) == ALL
    assert exact_state(labelled / "corpus") == exact_state(other / "corpus")


def test_two_who_push_at_once_never_make_two_tasks_of_an_article_in_a_project(scene: Scene) -> None:
    one, other = scene.lay("one"), scene.lay("other")
    assert scene.run(one, "annotate", "push").code == 0
    for task in scene.tasks().values():
        scene.ask("DELETE", f"/api/tasks/{task}/")
    ended = run_both(scene, (one, "push"), (other, "push"))
    assert all("Traceback" not in each.err for each in ended)
    assert {each.code for each in ended} <= {0, 3}, ended
    assert scene.run(one, "annotate", "push").code == 0
    assert tally(server_state(scene.server)) == (1, 3, 3, 0)


def test_two_first_pushes_at_once_end_in_one_project(scene: Scene) -> None:
    one, other = scene.lay("one"), scene.lay("other")
    ended = run_both(scene, (one, "push"), (other, "push"))
    assert all("Traceback" not in each.err for each in ended)
    assert {each.code for each in ended} <= {0, 3}, ended
    assert 0 in {each.code for each in ended}
    for root in (one, other):
        assert scene.run(root, "annotate", "push").code == 0
    assert tally(server_state(scene.server)) == (1, 3, 3, 0)
    assert scene.server.studio.add_person("later").token  # a server that deleted two projects at once makes none


def test_a_pull_while_another_workspace_pushes_takes_no_harm(scene: Scene, labelled: Path) -> None:
    other = scene.lay("other", "ann-1")
    pulled, pushed = run_both(scene, (labelled, "pull"), (other, "push"))
    assert (pulled.code, pushed.code) == (0, 0), (pulled, pushed)
    assert documents(labelled) == ALL
    assert tally(server_state(scene.server)) == (1, 3, 3, 4)


def test_a_token_that_is_revoked_in_the_middle_ends_the_pull_and_a_new_one_goes_on(
    scene: Scene, labelled: Path
) -> None:
    person = scene.server.studio.add_person("revoked")

    def revoke() -> None:
        scene.server.studio.ask("POST", "/api/current-user/reset-token/", person.token)

    env = scene.env | {"LABEL_STUDIO_API_KEY": person.token}
    scene.proxy.begin()
    scene.proxy.before = at_request("/api/projects/{}/export", revoke, scene)
    ended = scene.clients.run("annotate", "pull", cwd=labelled, **env)
    scene.proxy.before = None
    assert ended.code == 3, ended
    assert "answers 401" in ended.err
    assert "Hint: run `stancebank annotate doctor`" in ended.err
    assert person.token not in ended.out + ended.err
    assert "Traceback" not in ended.err
    assert scene.run(labelled, "annotate", "pull").code == 0
    assert documents(labelled) == ALL


@pytest.mark.parametrize("path", ["/api/users/", "/api/projects/", "/api/tasks/", "/api/projects/{}/export"])
def test_a_project_that_is_deleted_while_it_is_pulled_takes_no_document_along(
    scene: Scene, labelled: Path, path: str
) -> None:
    assert scene.run(labelled, "annotate", "pull").code == 0
    before = exact_state(labelled / "corpus")
    number, task = scene.project(), scene.tasks()[ENVOY]
    annotation = scene.ask("GET", f"/api/tasks/{task}/")["annotations"][0]
    scene.ask("PATCH", f"/api/annotations/{annotation['id']}/", json={"result": other_stance(annotation["result"])})
    scene.proxy.begin()
    scene.proxy.before = at_request(path, lambda: scene.ask("DELETE", f"/api/projects/{number}/"), scene)
    ended = scene.clients.run("annotate", "pull", cwd=labelled, **scene.env)
    scene.proxy.before = None
    assert ended.code in (3, 4), ended
    assert "Traceback" not in ended.err
    assert "Hint:" in ended.err
    assert exact_state(labelled / "corpus") == before
    again = scene.run(labelled, "annotate", "pull")
    assert again.code == 4, again
    assert "is no longer on" in again.err
    assert exact_state(labelled / "corpus") == before


def test_a_project_that_was_deleted_is_made_anew_with_its_annotations(scene: Scene, labelled: Path) -> None:
    assert scene.run(labelled, "annotate", "pull").code == 0
    before = workspace_state(labelled / "corpus")
    empty(scene.server)
    pushed = scene.run(labelled, "annotate", "push", "--annotations", "ann-1", "--annotations", "ann-2")
    assert pushed.code == 0, pushed
    assert tally(server_state(scene.server)) == (1, 3, 3, 4)
    assert scene.run(labelled, "annotate", "pull").code in (0, 4)
    assert documents(labelled) == ALL
    there = workspace_state(labelled / "corpus")
    assert {name: there[name] for name in before} == before


def test_words_that_are_edited_in_the_data_manager_are_rejected_and_a_push_does_not_touch_the_labels(
    scene: Scene, labelled: Path
) -> None:
    assert scene.run(labelled, "annotate", "pull").code == 0
    before = exact_state(labelled / "corpus")
    task = scene.tasks()[ENVOY]
    data = scene.ask("GET", f"/api/tasks/{task}/")["data"]
    scene.ask("PATCH", f"/api/tasks/{task}/", json={"data": data | {"text": "x" + data["text"]}})
    pulled = scene.run(labelled, "annotate", "pull")
    assert pulled.code == 1
    assert "somebody has changed them" in pulled.err
    assert exact_state(labelled / "corpus") == before
    pushed = scene.run(labelled, "annotate", "push")
    assert pushed.code == 4
    assert "2 annotations" in pushed.err
    assert tally(server_state(scene.server))[3] == 4
    scene.ask("PATCH", f"/api/tasks/{task}/", json={"data": data})
    assert scene.run(labelled, "annotate", "pull").code == 0
    assert exact_state(labelled / "corpus") == before


def test_a_title_that_is_edited_in_the_data_manager_harms_nothing_and_the_next_push_mends_it(
    scene: Scene, labelled: Path
) -> None:
    task = scene.tasks()[ENVOY]
    data = scene.ask("GET", f"/api/tasks/{task}/")["data"]
    scene.ask("PATCH", f"/api/tasks/{task}/", json={"data": data | {"title": "Another title"}})
    assert scene.run(labelled, "annotate", "pull").code == 0
    assert documents(labelled) == ALL
    assert scene.run(labelled, "annotate", "push").code == 0
    now = scene.ask("GET", f"/api/tasks/{task}/")["data"]
    assert {key: now[key] for key in now if key not in LISTS} == {key: data[key] for key in data if key not in LISTS}
    assert tally(server_state(scene.server))[3] == 4


def test_annotators_who_are_removed_before_the_first_pull_do_not_hide_one_another(scene: Scene, labelled: Path) -> None:
    tasks = scene.tasks()
    for name, change in (("gone-1", False), ("gone-2", True)):
        user = scene.server.studio.add_person(name).id
        shown = scene.shown(tasks[ENVOY])
        body = {"result": other_stance(shown) if change else shown, "completed_by": user}
        scene.ask("POST", f"/api/tasks/{tasks[ENVOY]}/annotations/", json=body)
        scene.ask("DELETE", f"/api/users/{user}/")
    pulled = scene.run(labelled, "annotate", "pull")
    assert pulled.code == 0, pulled
    unknown = [each for each in documents(labelled) if each not in ALL]
    store = Store(labelled, OWN_SCHEMA.name)
    found = [store.document(f"corpus/annotations/{each}") for each in unknown]
    assert [each.annotator.startswith("user-unknown-") for each in found] == [True, True]
    one, other = ([statement.fields["stance"] for statement in each.statements] for each in found)
    assert one != other
    before = exact_state(labelled)
    assert scene.run(labelled, "annotate", "pull", "--full").code == 0
    assert exact_state(labelled) == before


def test_an_annotator_who_is_removed_later_keeps_the_name_and_the_documents(scene: Scene, labelled: Path) -> None:
    person = scene.server.studio.add_person("leaves")
    task = scene.tasks()[ENVOY]
    scene.ask("POST", f"/api/tasks/{task}/annotations/", json={"result": scene.shown(task), "completed_by": person.id})
    assert scene.run(labelled, "annotate", "pull").code == 0
    before = exact_state(labelled / "corpus")
    assert len(documents(labelled)) == 5
    scene.ask("DELETE", f"/api/users/{person.id}/")
    for command in (("annotate", "pull"), ("annotate", "pull", "--full")):
        assert scene.run(labelled, *command).code == 0
        assert exact_state(labelled / "corpus") == before
