"""The vocabularies of a schema version.

They are written in schema/<version>/vocabularies.json and nowhere else; enums and tables are generated from there.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stancebank.records import read_json


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The vocabularies by name; each holds a description and its values, in their order."""

    by_name: dict[str, dict[str, Any]]

    def values(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the values of a vocabulary with what is known of each."""
        return cast("dict[str, dict[str, Any]]", self.by_name[name]["values"])

    def annotated_zones(self) -> frozenset[str]:
        """Return the zones in which statements are annotated."""
        return frozenset(name for name, value in self.values("zone").items() if value["annotated"])

    def table(self, name: str) -> str:
        """Return a vocabulary as a Markdown table."""
        extra = [key for key in ("polarity", "words", "example") if any(key in f for f in self.values(name).values())]
        head = ["value", "meaning", *extra]
        table = [head, ["---"] * len(head)]
        for value, facts in self.values(name).items():
            table.append([f"`{value}`", facts["description"], *(_cell(facts.get(key)) for key in extra)])
        return "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"


def load_vocabularies(schema_dir: Path) -> Vocabularies:
    """Read the vocabularies of a schema version. schema_dir: its folder, such as schema/v1."""
    return Vocabularies(read_json(schema_dir / "vocabularies.json"))


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return str(value) if value is not None else ""
