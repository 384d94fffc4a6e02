"""What no release may hold: e-mail addresses, secrets, and paths of the machine that made it.

Every file is looked at: text as it stands, Parquet files string by string and in what they say of themselves.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stancebank.publish.parquet import file_words, leaf_strings, read_groups
from stancebank.publish.tables import find_table
from stancebank.publish.tables.columns import column_paths
from stancebank.schema.fields import Scheme

Kind = Literal["address", "secret", "path"]

_ADDRESS = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w-])")
_EXAMPLE = re.compile(r"@(?:[\w-]+\.)*(?:example\.(?:com|net|org)|example|invalid|test)$", re.IGNORECASE)
"""Domains that RFC 2606 keeps for examples."""

_SECRET = re.compile(
    r"(?<![\w-])(?:"
    r"hf_[A-Za-z0-9]{30,}"  # Hugging Face
    r"|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{40,}"
    r"|glpat-[\w-]{20,}"
    r"|sk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}"
    r"|AKIA[0-9A-Z]{16}|AIza[\w-]{35}"
    r"|xox[abprs]-[\w-]{20,}"
    r"|pypi-[\w-]{50,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"  # a JSON Web Token, as Label Studio gives out
    r"|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
    r"|(?:Bearer|Token) [A-Za-z0-9._~+/-]{30,}"
    r")|(?<=://)[^\s/@:]+:[^\s/@:]{3,}@"  # a password in an address
)
_SECRET_MARKS = ("hf_", "glpat-", "sk-", "AKIA", "AIza", "pypi-", "eyJ", "-----BEGIN", "Bearer ", "Token ")
_MORE_MARKS = {
    "gh": re.compile(r"gh(?:[pousr]_|ithub_pat_)"),
    "xox": re.compile(r"xox[abprs]-"),
    "://": re.compile(r"://[^\s/@:]+:"),
}
"""One of these marks stands in every secret: a look for each of them takes far less time than one for secrets.

Those of the second kind stand in much else, too, so that more has to follow.
"""

_PATH = re.compile(
    r"(?<![\w.~/-])(?:file://)?(?:/(?:home|Users|root|tmp|private/tmp|var/folders)/[\w.][\w.-]*|[A-Za-z]:\\+Users\\+[\w.-]+)"
)
_PATH_MARKS = ("/home/", "/Users/", "/root/", "/tmp/", "/var/folders/", ":\\")
"""One of these stands in every path of a machine."""

_SECRET_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 12  # characters of a variable's value that is taken for a secret


@dataclass(frozen=True, slots=True)
class Machine:
    """What is this machine's own. paths: of folders; secrets: values of its environment."""

    paths: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Something found. place: the column, or line, and the row. in_words: whether it is in an article's own words."""

    file: str
    place: str
    kind: Kind
    shown: str
    in_words: bool


def this_machine(roots: Iterable[Path], environ: Mapping[str, str] = os.environ) -> Machine:
    """Return what is this machine's own: the home folder and roots, where they are at least two folders deep."""
    places = {str(path.resolve()) for path in (Path.home(), *roots)}
    secrets = {value for name, value in environ.items() if _SECRET_NAMES.search(name) and len(value) >= _SHORTEST}
    return Machine(tuple(sorted(each for each in places if Path(each).parts[2:])), tuple(sorted(secrets)))


def find_disclosures(folder: Path, machine: Machine, scheme: Scheme) -> Iterator[Disclosure]:
    """Yield what the files of a folder hold and should not, by file; of one kind only the first in a line or column."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".parquet":
            yield from _in_parquet(path, name, machine, scheme)
            continue
        text = path.read_bytes().decode(errors="replace")
        for number, line in enumerate(text.split("\n") if any(search(text, machine)) else (), 1):
            for kind, shown in search(line, machine):
                yield Disclosure(name, f"line {number}", kind, shown, False)


def search(text: str, machine: Machine) -> Iterator[tuple[Kind, str]]:
    """Yield the first address, secret and path in a text; of a secret only how it begins."""
    if "@" in text and (address := next((m[0] for m in _ADDRESS.finditer(text) if not _EXAMPLE.search(m[0])), None)):
        yield "address", address
    secret = _SECRET.search(text) if _may_hold_secret(text) else None
    own = next((each for each in machine.secrets if each in text), None)
    if secret or own:
        yield "secret", f"{(secret[0] if secret else own or '')[:6]}..."
    path = _PATH.search(text) if any(mark in text for mark in _PATH_MARKS) else None
    if path:
        yield "path", path[0]
    elif found := next((each for each in machine.paths if each in text and _stands_alone(each, text)), None):
        yield "path", found


def _may_hold_secret(text: str) -> bool:
    return any(mark in text for mark in _SECRET_MARKS) or any(
        mark in text and more.search(text) is not None for mark, more in _MORE_MARKS.items()
    )


def _stands_alone(path: str, text: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(path)}(?!\.?[\w-])", text) is not None


def _in_parquet(path: Path, name: str, machine: Machine, scheme: Scheme) -> Iterator[Disclosure]:
    for kind, shown in search("\n".join(file_words(path)), machine):
        yield Disclosure(name, "the file's own metadata", kind, shown, False)
    words = _word_columns(name.partition("/")[0], scheme)
    found: set[tuple[str, Kind]] = set()
    for table in read_groups(path):
        for column, strings in leaf_strings(table):
            for kind, shown in search("\n".join(strings), machine):
                if (column, kind) in found:
                    continue
                found.add((column, kind))
                row = _row_with(table.to_pylist(), column.partition(".")[0], kind, machine)
                yield Disclosure(name, f"column {column}, row {row}", kind, shown, column in words)


def _row_with(rows: list[dict[str, object]], column: str, kind: Kind, machine: Machine) -> str:
    """Return the first value of the row that holds something of the kind."""
    for row in rows:
        if any(found == kind for text in _strings(row[column]) for found, _ in search(text, machine)):
            return str(next(iter(row.values())))
    return "unknown"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _word_columns(name: str, scheme: Scheme) -> set[str]:
    """Return the paths of the columns of a table that hold words of articles, and of the fields of such."""
    paths = dict(column_paths(find_table(scheme, name).columns))
    words = [path for path, column in paths.items() if column.words]
    return {path for path in paths if any(path == each or path.startswith(f"{each}.") for each in words)}
