"""A small workspace with work in it, a server with annotators on it, and a proxy between them."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stancebank.annotate.client import Server
from stancebank.annotate.connection import local_folder
from stancebank.annotate.users import UserTable
from stancebank.corpus.store import Store
from stancebank.model import Document, to_builtins
from stancebank.schema.fields import load_scheme
from stancebank.workspace import open_workspace
from tests.conftest import OWN_SCHEMA, TOY, lay_workspace
from tests.faults.client import Clients, Ended, ready_clients
from tests.faults.proxy import Proxy, proxying
from tests.faults.server import MortalStudio, mortal_studio
from tests.studio import Person

NAMES = ("ann-1", "ann-2")


@dataclass(frozen=True, slots=True)
class Scene:
    """What all fault tests work with. token: a personal access token. people: annotators with accounts, by name."""

    folder: Path
    server: MortalStudio
    proxy: Proxy
    clients: Clients
    token: str
    people: dict[str, Person]

    @property
    def env(self) -> dict[str, str]:
        """What tells the command line where the server is: behind the proxy."""
        return {"LABEL_STUDIO_URL": self.proxy.url, "LABEL_STUDIO_API_KEY": self.token}

    def lay(self, name: str, *annotators: str) -> Path:
        """Lay a workspace of three articles, with readings of two of them by annotators, who are known by name."""
        root = self.folder / name
        shutil.rmtree(root, ignore_errors=True)
        lay_workspace(TOY, root)
        store = Store(root, OWN_SCHEMA.name)
        for annotator in annotators:
            for gold in Store(TOY, OWN_SCHEMA.name).documents(None):
                if gold.statements:
                    store.write_document(by(gold, annotator))
        table = UserTable(local_folder(open_workspace(root)))
        with Server(self.server.studio.url, self.server.studio.token) as asked:
            users = {user.id: user for user in asked.users()}
        for person in self.people.values():
            table.rename(users[person.id], person.name)
        return root

    def ask(self, method: str, path: str, person: str = "", **arguments: Any) -> Any:
        """Ask the server itself, as the administrator or as an annotator."""
        token = self.people[person].token if person else ""
        return self.server.studio.ask(method, path, token, **arguments)

    def project(self) -> int:
        """The number of the only project."""
        (found,) = self.ask("GET", "/api/projects/")["results"]
        return int(found["id"])

    def tasks(self) -> dict[str, int]:
        """The tasks of the only project, by article."""
        listed = self.ask("GET", f"/api/tasks/?project={self.project()}&page_size=1000")["tasks"]
        return {each["data"]["article_id"]: each["id"] for each in listed}

    def shown(self, task: int) -> list[Any]:
        """What the pre-annotation of a task holds."""
        found = self.ask("GET", f"/api/predictions/?project={self.project()}&task={task}")
        result: list[Any] = found[0]["result"]
        return result

    def label(self, person: str, task: int, result: list[Any], **more: Any) -> int:
        """Submit an annotation as an annotator does, and return its number."""
        body = {"result": result, "lead_time": 12.5} | more
        return int(self.ask("POST", f"/api/tasks/{task}/annotations/", person, json=body)["id"])

    def run(self, root: Path, *arguments: object) -> Ended:
        """Run a command in a workspace, through the proxy, without a fault."""
        self.proxy.begin()
        return self.clients.run(*arguments, cwd=root, **self.env)


def other_stance(result: list[Any]) -> list[Any]:
    """The same labels, but that the first statement that repeats no other one takes another stance."""
    changed = json.loads(json.dumps(result))
    contents = {each["id"] for each in changed if each.get("value", {}).get("labels") == ["content"]}
    ends = [{each["from_id"], each["to_id"]} for each in changed if each["type"] == "relation"]
    tied = {end for both in ends if both <= contents for end in both}
    first = next(each for each in changed if each.get("from_name") == "stance" and each["id"] not in tied)
    first["value"]["choices"] = ["deny" if first["value"]["choices"] != ["deny"] else "doubt"]
    return list(changed)


def by(document: Document, annotator: str) -> Document:
    """The same reading by an annotator."""
    value = to_builtins(document) | {"annotator": annotator, "origin": "human"}
    value.pop("gold", None)
    value.pop("retired", None)
    return load_scheme(OWN_SCHEMA).read_document(value)


@contextmanager
def playing(folder: Path) -> Iterator[Scene]:
    """Set the scene: start a server and a proxy, and give two annotators an account."""
    with mortal_studio(folder / "studio") as server, proxying(server.studio.url) as proxy, ready_clients() as clients:
        people = {name: server.studio.add_person(name) for name in NAMES}
        token = server.ask("POST", "/api/token/")["token"]
        yield Scene(folder, server, proxy, clients, token, people)
