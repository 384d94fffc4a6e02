import ast
from collections import defaultdict
from pathlib import Path

import pytest

import stancebank

CODE = Path(stancebank.__file__).parent


@pytest.mark.slow
def test_no_two_classes_have_one_name() -> None:
    """Whoever searches for a name finds one thing."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(CODE).as_posix())
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
    assert len(found) > 300
