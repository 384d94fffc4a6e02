"""Lay a new workspace: schema, guidelines and interface, a settings file that teaches, and perhaps the sample.

The schema, the guidelines, the interface and the target registry are those of this toolkit: in a wheel they are packed
beside this module, in a checkout they lie at its root. `plain/` and `sample/` hold what is only for new workspaces.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancebank.errors import ConflictError, InputError, list_some
from stancebank.records import holds, to_json, write_text
from stancebank.schema.validate import newest_packed, packed_root
from stancebank.workspace import SETTINGS_FILE, new_id, without_id

HERE = Path(__file__).parent

PRIVATE = ("exports", "readings", "sources")
"""Folders for what has words of articles and is not committed: they are empty, and git ignores what comes into them."""

PRACTICE = (
    "meridian-wire-2031-02-12-osk-terms",
    "brenn-evening-post-2031-06-17-secret-deal",
    "the-kettle-2031-03-22-forty-one-keys",
)
"""Articles of the sample that annotators learn on: an agency, a tabloid, and one without a statement."""

_NAMES = (("sorne-sample", "sorne-practice"), ("The Sorne sample: invented news of talks on a river", "Practice"))
_ENTITIES = "corpus/entities.json"
_TABLE = "[workspace]\n"
_TARGETS = "corpus/targets.json"
_NAME = "{name}"  # what stands in the plain files for the name of the dataset


def plain_files(name: str, *, minimal: bool = False) -> dict[str, str]:
    """Return the files of a workspace without articles, by path. name: of the dataset, such as ``river-talks``.

    minimal: without the targets of the toolkit's own subject.
    """
    own = {path: text.replace(_NAME, name) for path, text in _read(HERE / "plain")}
    files = dict(sorted({**_toolkit_files(), **own}.items()))
    if minimal:
        files[_TARGETS] = empty_targets(newest_packed())
    return files


def empty_targets(version: str) -> str:
    """Return corpus/targets.json without a target. version: of the schema."""
    return json.dumps({"schema_version": version, "targets": []}, indent=2, sort_keys=True) + "\n"


def sample_files() -> dict[str, str]:
    """Return the files of the sample workspace, by path."""
    plain = {path: text.replace(_NAME, _NAMES[0][0]) for path, text in _read(HERE / "plain")}
    return dict(sorted({**_toolkit_files("LICENSE-DATA"), **plain, **dict(_read(HERE / "sample"))}.items()))


def practice_files() -> dict[str, str]:
    """Return the files of a workspace to practise in, by path: three articles of the sample, and no reading of them.

    Of the entities it has those that gold of these articles refers to, and what they belong to: `check` would call the
    others unused as soon as the articles are read.
    """
    files = sample_files()
    files[_ENTITIES] = _entities_of(PRACTICE, files)
    for path in list(files):
        folder, _, name = path.rpartition("/")
        is_reading = folder.startswith(("corpus/gold", "corpus/annotations"))
        is_other = folder in ("corpus/articles", "corpus/texts") and name.rpartition(".")[0] not in PRACTICE
        if is_reading or is_other or path in ("DATASET_CARD.md", "DIFFERENCES.md"):
            del files[path]
    for one, other in _NAMES:
        for path in (SETTINGS_FILE, "CITATION.cff"):
            files[path] = files[path].replace(f'"{one}"', f'"{other}"')
    return {**files, **dict(_read(HERE / "practice"))}


def _entities_of(articles: tuple[str, ...], files: dict[str, str]) -> str:
    """Return the entity registry of the sample, with what gold of some articles refers to and no more."""
    registry = json.loads(files[_ENTITIES])
    above = {each["id"]: {each.get("part_of"), each.get("affiliation")} for each in registry["entities"]}
    needed, wanted = set[str](), {each for name in articles for each in _strings(sample_gold(name))} & above.keys()
    while wanted:
        needed |= wanted
        wanted = {other for name in wanted for other in above[name] if other} - needed
    return to_json(registry | {"entities": [each for each in registry["entities"] if each["id"] in needed]})


def _strings(value: object) -> Iterator[str]:
    """Yield all strings of a JSON value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def sample_gold(article_id: str) -> dict[str, Any] | None:
    """Return the gold document of an article of the sample, as JSON; None if the sample has no such article."""
    path = HERE / "sample/corpus/gold" / f"{article_id}.json"
    value: dict[str, Any] | None = json.loads(path.read_bytes()) if path.is_file() else None
    return value


def lay(files: dict[str, str], folder: Path, *, dry_run: bool = False) -> int:
    """Write the files below a folder, the settings last; return how many were written, the others being there.

    dry_run: write nothing, and return how many would be.

    A folder is a workspace only once it has its settings, so a run that was killed leaves none, and the next one
    completes it. The settings get a random id of the workspace; existing ones keep theirs.

    Raises ConflictError where a file with other content lies in the way; then nothing is written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file.\nHint: name a folder. Nothing was written.")
    if SETTINGS_FILE in files:
        files = {**files, SETTINGS_FILE: _with_id(files[SETTINGS_FILE], folder / SETTINGS_FILE)}
    differing = [path for path, text in files.items() if (folder / path).exists() and not holds(folder / path, text)]
    if differing:
        few = list_some(differing)
        what = "is a workspace already" if SETTINGS_FILE in differing else "holds other files of the same names"
        raise ConflictError(f"{folder} {what}: {few}.\nHint: name a new or empty folder. Nothing was written.")
    if outside := [path for path in files if not (folder / path).resolve().is_relative_to(folder.resolve())]:
        raise ConflictError(
            f"{folder} has a link that leads out of it: {outside[0]} would be written elsewhere.\n"
            "Hint: name a new or empty folder. Nothing was written."
        )
    if dry_run:
        return sum(not holds(folder / path, text) for path, text in files.items())
    for name in PRIVATE:
        (folder / name).mkdir(parents=True, exist_ok=True)
    ordered = [*(path for path in files if path != SETTINGS_FILE), SETTINGS_FILE]
    return sum(write_text(folder / path, files[path]) for path in ordered)


def _with_id(settings: str, path: Path) -> str:
    """Return settings with an id, or those of a path if they are the same but for theirs."""
    there = path.read_bytes() if path.is_file() else b""
    if without_id(there) == settings.encode():
        return there.decode()
    return settings.replace(_TABLE, f'{_TABLE}id = "{new_id()}"  # random: tells workspaces of one name apart\n', 1)


def untouched_files(folder: Path) -> list[str]:
    """Return the files of a workspace that are still as the toolkit laid them, by path."""
    return [path for path, text in _toolkit_files().items() if holds(folder / path, text)]


def doc_pages() -> dict[str, str]:
    """Return the pages of the documentation that come with the toolkit, as Markdown, by name."""
    return {path.stem: path.read_bytes().decode() for path in sorted((packed_root() / "docs").glob("*.md"))}


def _toolkit_files(*more: str) -> dict[str, str]:
    """What a new workspace has from the toolkit itself, without the schema's examples. more: paths beside these.

    It follows the newest version of the schema, and needs neither those before nor the way from them.
    """
    root = packed_root()
    paths = [
        root / _TARGETS,
        *(root / path for path in more),
        *(root / "annotate").glob("*.*"),
        *(root / "schema" / newest_packed()).glob("*.json"),
    ]
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in sorted(paths)}


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder. Git's own files stand without their dot: it would rule over ours."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield (f".{name}" if name in ("gitignore", "gitattributes") else name), path.read_bytes().decode()
