"""A project on a server with one task in it, open before an annotator."""

from typing import Any

import httpx
from playwright.sync_api import Page

from stancebank.annotate.controls import Profile
from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.interface import INTERFACES
from tests.annotate.tasks import read
from tests.annotator import Annotator
from tests.conftest import REPO
from tests.studio import Studio


class Desk:
    """A project with one task, and the annotator who has it open. config: another interface than this checkout's."""

    def __init__(self, studio: Studio, page: Page, profile: Profile, pushed: dict[str, Any], config: str = "") -> None:
        self._studio = studio
        config = config or (REPO / INTERFACES[profile]).read_text(encoding="utf-8")
        made = self._post("/api/projects/", {"title": "A desk", "label_config": config})
        self.project = made["id"]
        self._post(f"/api/projects/{self.project}/import", [pushed])
        self.annotator = Annotator(page, studio, self.project, pushed["data"]["text"])

    def _post(self, path: str, body: Any) -> Any:
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"Token {self._studio.token}"}
        answer = httpx.request(
            method, self._studio.url + path, headers=headers, timeout=60, trust_env=False, **arguments
        )
        answer.raise_for_status()
        return answer.json()

    def tasks(self) -> list[dict[str, Any]]:
        """The project's tasks, with their annotations."""
        found: list[dict[str, Any]] = self._ask(
            "GET", "/api/tasks/", params={"project": self.project, "fields": "all"}
        )["tasks"]
        return found

    def conversion(self) -> Conversion:
        (found,) = self.tasks()
        return read(found)
