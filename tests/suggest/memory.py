"""A server that is a dictionary: what a push and a pull of suggestions ask of one, at no cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stancebank.annotate.client import Server, User

Json = dict[str, Any]


class Memory(Server):
    """Projects and tasks in memory. dies_at: the name of the request after which the client ends, once."""

    def __init__(self) -> None:
        self.url = "http://localhost"
        self.held: dict[int, Json] = {}  # projects, each with its tasks
        self.dies_at = ""
        self._next = 0

    def number(self) -> int:
        self._next += 1
        return self._next

    def users(self) -> list[User]:
        return [User(7, "ann-1@example.org", "2031-01-01T00:00:00Z")]

    def projects(self, *, brief: bool = False) -> Iterator[Json]:
        for project in self.held.values():
            yield project["about"] | {"task_number": len(project["tasks"])}

    def create_project(self, settings: Mapping[str, Any]) -> Json:
        number = self.number()
        about = {**settings, "id": number, "created_at": "2031-01-01T00:00:00.000000Z"}
        self.held[number] = {"about": about, "tasks": {}}
        return about

    def update_project(self, project: int, settings: Mapping[str, Any]) -> Json:
        self.held[project]["about"].update(settings)
        return self.project(project)

    def project(self, project: int) -> Json:
        return dict(self.held[project]["about"])

    def check_interface(self, project: int, interface: str) -> str | None:
        return None

    def tasks(
        self, project: int, fields: Sequence[str], since: str | None = None, articles: Sequence[str] | None = None
    ) -> Iterator[Json]:
        for task in list(self.held[project]["tasks"].values()):
            if articles is None or task["data"]["article_id"] in articles:
                yield {key: task[key] for key in ("id", *fields)}

    def whole_tasks(self, project: int, tasks: Sequence[int]) -> list[Json]:
        held = self.held[project]["tasks"]
        found = (held[each] for each in tasks if each in held)
        return [{**each, "predictions": [one["id"] for one in each["predictions"]]} for each in found]

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        made = []
        for task in tasks:
            number = self.number()
            predictions = [{**each, "id": self.number()} for each in task["predictions"]]
            whole = {"id": number, "project": project, "data": task["data"], "predictions": predictions}
            whole |= {"annotations": [], "drafts": [], "updated_at": "2031-02-01T08:00:00Z"}
            self.held[project]["tasks"][number] = whole
            made.append(number)
        self.die("import_tasks")
        return made

    def update_task(self, task: int, data: Mapping[str, Any]) -> None:
        self.task(task)["data"] = dict(data)

    def delete_task(self, task: int) -> None:
        for project in self.held.values():
            project["tasks"].pop(task, None)

    def create_prediction(self, task: int, prediction: Mapping[str, Any]) -> Json:
        made = {**prediction, "id": self.number()}
        self.task(task)["predictions"].append(made)
        self.die("create_prediction")
        return made

    def delete_prediction(self, prediction: int) -> None:
        for project in self.held.values():
            for task in project["tasks"].values():
                task["predictions"] = [each for each in task["predictions"] if each["id"] != prediction]

    def predictions(self, project: int, task: int | None = None) -> list[Json]:
        tasks = self.held[project]["tasks"].values()
        return [one for each in tasks if task in (None, each["id"]) for one in each["predictions"]]

    def task(self, number: int) -> Json:
        return next(project["tasks"][number] for project in self.held.values() if number in project["tasks"])

    def die(self, name: str) -> None:
        if self.dies_at == name:
            self.dies_at = ""
            raise KeyboardInterrupt

    def submit(self, task: int, result: list[Json], time: str = "2031-02-02T08:00:00Z") -> Json:
        """Let the only person submit an annotation of a task, or change theirs."""
        whole = self.task(task)
        made = {"id": self.number(), "completed_by": 7, "created_at": time, "updated_at": time, "result": result}
        whole["annotations"] = [made | ({"id": whole["annotations"][0]["id"]} if whole["annotations"] else {})]
        whole["updated_at"] = time
        return made
