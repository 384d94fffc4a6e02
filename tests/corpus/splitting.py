"""What the tests of splits share."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import Run

from stancebank.model import SplitRules
from stancebank.workspace import open_workspace

RULES = SplitRules(folds=3)
WORDS = "We will sit down with them on any day that they choose, and in any town."
TALK = "我们愿意在他们选择的任何一天和任何城镇坐下来谈。"


def told(number: int) -> str:
    """Return a text that is like no other."""
    return f"Notice {number}\n\n" + " ".join(f"word{number}x{place}" for place in range(30))


def add(root: Path, run: Run, *articles: dict[str, Any]) -> None:
    """Add articles, each of an outlet of its own unless it says which."""
    path = root / "articles.jsonl"
    known = len(open_workspace(root).store.article_ids())
    given = [{"outlet": f"Paper {chr(97 + known + number)}", **each} for number, each in enumerate(articles)]
    path.write_text("".join(json.dumps(each) + "\n" for each in given), encoding="utf-8")
    done = run("-w", root, "corpus", "add", path, "-q")
    assert done.returncode == 0, done.stderr
    path.unlink()


def lay_splits(root: Path, table: str = "") -> Path:
    path = root / "stancebank.toml"
    path.write_text(f"{path.read_text('utf-8').partition('[splits]')[0]}\n[splits]\n{table}", encoding="utf-8")
    return root


def split(root: Path, run: Run, *options: str) -> dict[str, Any]:
    """Assign articles, and return what the command prints, with the new lines by the outlets of their articles."""
    done = run("-w", root, "corpus", "split", "--json", *options)
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    outlets = {each.id: each.outlet.value for each in open_workspace(root).store.articles() if each.outlet}
    value["of"] = {outlets[each["id"]]: each for each in value["added"]}
    return value


def splits_of(root: Path) -> dict[str, str]:
    """Return the split of each article, by its outlet."""
    store = open_workspace(root).store
    placements = store.placements()
    return {each.outlet.value: placements[each.id].split for each in store.articles() if each.outlet}


def ids(root: Path) -> dict[str, str]:
    return {each.outlet.value: each.id for each in open_workspace(root).store.articles() if each.outlet}
