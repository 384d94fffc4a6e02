"""The files of a workspace that are generated from its scheme, as they should be."""

import re
from collections.abc import Iterator

from stancebank.annotate.guidelines import GUIDELINES, with_trees
from stancebank.annotate.interface import INTERFACES, compile_interface
from stancebank.annotate.interface_settings import load_interface
from stancebank.publish.card.card import CARD
from stancebank.publish.card.workspace_card import read_card
from stancebank.schema.migration import versions_after
from stancebank.schema.rules import generated_schemas, with_declarations
from stancebank.schema.vocabularies import Vocabularies
from stancebank.workspace import Workspace

_TABLE = re.compile(r"<!-- stancebank:table (\w+) -->\n.*?<!-- /stancebank -->", re.DOTALL)


def generated_files(workspace: Workspace, *, coming: bool = True) -> Iterator[tuple[str, str]]:
    """Yield the generated files of a workspace as they should be: path in the workspace, text.

    In the order in which they build upon each other: whoever writes them writes each before the next is asked for.
    coming: whether the schemas of versions to come are among them.
    """
    folder = workspace.schema_dir.relative_to(workspace.root).as_posix()
    for name, text in with_declarations(workspace.schema_dir).items():
        yield f"{folder}/{name}", text
    for name, text in generated_schemas(workspace.schema_dir).items():
        yield f"{folder}/{name}", text
    for version in versions_after(workspace.root, workspace.settings.schema) if coming else ():
        for name, text in generated_schemas(workspace.root / "schema" / version).items():
            yield f"schema/{version}/{name}", text
    for profile, name in INTERFACES.items():
        yield name, compile_interface(workspace, profile)
    guidelines = workspace.root / GUIDELINES
    if guidelines.is_file():
        text = with_tables(guidelines.read_bytes().decode(), workspace.scheme.vocabularies)
        yield GUIDELINES, with_trees(text, load_interface(workspace).help)
    if (workspace.root / CARD).is_file() and any(True for _ in workspace.store.documents(None)):
        yield CARD, read_card(workspace).wanted


def with_tables(guidelines: str, vocabularies: Vocabularies) -> str:
    """Return guidelines with their tables of values made again; one of an unknown vocabulary stays as it is."""

    def table(match: re.Match[str]) -> str:
        if match[1] not in vocabularies.by_name:
            return match[0]
        made = vocabularies.table(match[1], retired=False)
        return f"<!-- stancebank:table {match[1]} -->\n\n{made}\n<!-- /stancebank -->"

    return _TABLE.sub(table, guidelines)
