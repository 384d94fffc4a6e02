"""Drawn readings go to a real server, as annotations and as pre-annotations, and come back equal in all that is marked.

The run has seen every feature that makes a reading hard to convert.
"""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec.structs import replace

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.sync.projects import find_projects
from stancebank.annotate.sync.pull import pull
from stancebank.annotate.sync.push import push
from stancebank.annotate.sync.types import PullOptions, PushOptions
from stancebank.annotate.users import UserTable
from stancebank.check.annotations import check_document, check_spans, check_spans_blind, known_names
from stancebank.check.statements import check_statements
from stancebank.corpus.store import Store
from stancebank.model import Article, Document, TargetEntry
from stancebank.records import read_json
from stancebank.schema.fields import make_scheme
from stancebank.schema.rules import schema_text
from stancebank.workspace import Workspace
from tests.annotate.sync.losing import name_workspace
from tests.annotate.tasks import count_raw
from tests.annotate.test_conversion import marked
from tests.conftest import OWN_SCHEMA, SWEEP, TOY, lay_workspace
from tests.schemes import undeclared
from tests.strategies import ENTITIES, SCHEME, TARGETS, features, readings, wanted_features
from tests.studio import Studio

pytestmark = [pytest.mark.server, pytest.mark.slow]
READINGS = 500  # fewer do not have every feature; a third has a fault that a pull leaves out
SOME = 25  # that are taken as they come; of the others, in a sweep all, else those with a feature that is new
UNDECLARED = make_scheme(SCHEME.version, undeclared(SCHEME.schema), SCHEME.vocabularies)
"""What is drawn at random breaks nearly all rules of where words are, so that a pull would leave most of it out."""

SENDS, STARTS = "ann-1", "ann-2"  # one whose documents are sent, and one who starts from what is shown

Drawn = tuple[Article, str, Document]


def faults(article: Article, text: str, document: Document) -> set[str]:
    """The codes of all that a pull would leave out of a reading."""
    store = Store(TOY, OWN_SCHEMA.name)
    names, file = known_names(store.entities(), store.targets()), f"corpus/annotations/user-7/{article.id}.json"
    found = [
        *check_document(file, document, article, names, SCHEME),
        *check_spans_blind(file, document, article, SCHEME),
        *check_spans(file, document, text),
        *check_statements(file, document, article, names.part_of, UNDECLARED),
    ]
    return {each.code for each in found if each.severity == "error"} - {"entity-unknown", "target-unknown"}  # see `lay`


def draw_readings() -> list[Drawn]:
    """The same readings at every run, each of an article of its own."""
    found: list[Drawn] = []

    @settings(
        max_examples=READINGS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(readings())
    def keep(reading: Drawn) -> None:
        article, text, document = reading
        name = f"drawn-{len(found):04}"
        zones = tuple(replace(each, zone="body") for each in article.zones)  # a pull takes nothing of other zones
        drawn = replace(article, id=name, zones=zones), text, replace(document, article_id=name)
        if not faults(*drawn):
            found.append(drawn)

    keep()
    wanted, seen, kept = wanted_features(), set[str](), list[Drawn]()
    for article, text, document in found:
        new = wanted & {*features(text, document)} - seen
        if SWEEP or len(kept) < SOME or new:
            kept.append((article, text, document))
            seen |= new
    return kept


def lay(root: Path, studio: Studio, drawn: list[Drawn], *annotators: str) -> Workspace:
    """Lay a workspace of these articles, with the readings as documents of annotators, who are known by name."""
    lay_workspace(TOY, root)
    for path in root.glob("corpus/*/*"):
        path.unlink()
    (path,) = root.glob("schema/v*/annotation.schema.json")
    path.write_text(schema_text(undeclared(read_json(path))))
    workspace = name_workspace(root, "journey")
    entities, targets = workspace.store.entities(), workspace.store.targets()
    lacking = (
        set(ENTITIES) - {each.id for each in entities.entities},
        set(TARGETS) - {each.id for each in targets.targets},
    )
    people = [replace(entities.entities[0], id=each, name=each, aliases=(), wikidata=None) for each in lacking[0]]
    acts = [TargetEntry(id=each, name=each, definition="Drawn.", use="both") for each in lacking[1]]
    workspace.store.write_registry(replace(entities, entities=(*entities.entities, *people)), {})
    workspace.store.write_registry(replace(targets, targets=(*targets.targets, *acts)), {})
    for article, text, document in drawn:
        workspace.store.write_article(article, text)
        for name in annotators:
            workspace.store.write_document(replace(document, annotator=name))
    table = UserTable(local_folder(workspace))
    with Server(studio.url, studio.token) as server:
        users = {user.id: user for user in server.users()}
    for name in (SENDS, STARTS):
        table.rename(users[studio.add_person(name).id], name)
    return workspace


def test_what_is_pushed_comes_back_equal_and_every_item_is_counted(studio: Studio, tmp_path: Path) -> None:
    for name in (SENDS, STARTS):
        studio.add_person(name)
    drawn = draw_readings()
    assert sorted(wanted_features() - {each for _, text, document in drawn for each in features(text, document)}) == []
    here = lay(tmp_path / "here", studio, drawn, SENDS)
    there = lay(tmp_path / "there", studio, drawn)
    shown = tuple(replace(document, annotator="a-model", origin="model:a-model") for _, _, document in drawn)
    with Server(studio.url, studio.token) as server:
        done = Counter(each.action for each in push(server, here, PushOptions(documents=shown, annotations=(SENDS,))))
        assert done == {"project": 1, "create": len(drawn), "annotation": len(drawn)}
        (project,) = find_projects(server, here)
        token = studio.add_person(STARTS).token
        for prediction in server.predictions(project.id):
            path = f"/api/tasks/{prediction['task']}/annotations/"
            studio.ask("POST", path, token, json={"result": prediction["result"]})

        outcomes = list(pull(server, there, PullOptions()))
        exported = server.whole_tasks(project.id, [each["id"] for each in server.tasks(project.id, ["id"])])
    assert Counter(each.kind for each in outcomes) == {"written": 2 * len(drawn)}
    assert {each.messages for each in outcomes if each.annotator == SENDS} == {("it was last saved by user-1.",)}
    assert {each.messages for each in outcomes if each.annotator == STARTS} == {()}
    assert sum(each.items for each in outcomes) == sum(count_raw(task)["items"] for task in exported) > 1000
    for _, _, document in drawn:
        for name in (SENDS, STARTS):
            found = there.store.document(there.store.document_name(document.article_id, name))
            assert marked(found) | {"guideline_version": ""} == marked(document) | {"guideline_version": ""}
