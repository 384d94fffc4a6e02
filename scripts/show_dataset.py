"""Load a built dataset and print who takes which stance towards what, on which conditions. Run by scripts/demo.

It imports nothing of stancebank: whoever loads a finished dataset needs only `datasets`.
"""

import os
import shutil
import sys
import textwrap
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # everything is on this disk
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

from datasets import load_dataset

CONNECTIVES = {
    "if": "if",
    "only_if": "only if",
    "while": "while",
    "unless": "unless",
    "even_if": "even if",
    "dropped": "without",
}


def condition_words(condition: dict) -> str:
    """One condition: its role, what has to hold, by whom, and its words where the dataset has them."""
    what = condition["kind_name"] or "preconditions"
    who = f" by {', '.join(condition['obligors'])}" if condition["obligors"] else ""
    words = f" (“{condition['text']}”)" if condition["text"] else ""
    return f"{CONNECTIVES[condition['role']]}: {what}{who}{words}"


def main(folder: Path, command: str) -> None:
    statements = load_dataset(str(folder), split="train")
    width = max(80, min(shutil.get_terminal_size((150, 24)).columns, 170))
    columns = (24, 22, 30, width - 24 - 22 - 30 - 6)
    unique = [row for row in statements if row["same_as"] is None]
    print(f"{'who':24}  {'stance':22}  {'towards what':30}  on which conditions, in which words")
    article = None
    for row in unique:
        if row["article_id"] != article:
            article = row["article_id"]
            print(f"\n{row['outlet']}, {row['published'] or 'undated'}: {row['title']}")
        stance = row["stance_label"] if row["force"] == "plain" else f"{row['stance_label']}, {row['force']}"
        last = [condition_words(condition) for condition in row["conditions"]]
        if row["content"]:
            last.append(f"“{row['content']}”")
        target = row["target_name"]
        if row["target_parties"]:
            target += f" ({', '.join(row['target_parties'])})"
        first = (row["speaker_name"], stance, target)
        cells = [textwrap.wrap(cell, size) or [""] for cell, size in zip(first, columns, strict=False)]
        cells.append([line for part in last for line in textwrap.wrap(part, columns[3])] or [""])
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            print("  ".join(f"{part:{size}}" for part, size in zip(parts, columns, strict=True)).rstrip())
    conditional = sum(row["conditional"] for row in unique)
    print(
        f"\n{len(statements)} statements, {len(unique)} without repetitions, {conditional} of these conditional.\n"
        f"The dataset lies in {folder}/; its card is {folder}/README.md.\n\n"
        "Next:\n"
        f"  open {folder}/README.md   what every column means\n"
        f"  {command} corpus list"
    )
    if not any(row["content"] for row in statements):
        print("  scripts/demo ARTICLES_DIR   shows the words too, from your own copies of the articles")
    else:
        print(f"  {command} corpus show {article}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), " ".join([".venv/bin/stancebank", *sys.argv[2:]]))
