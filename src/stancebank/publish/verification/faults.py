"""What a verification can find: a fault has a stable code, a place and a hint."""

from dataclasses import dataclass
from typing import Literal

from stancebank.codes import Code, Severity
from stancebank.errors import install_hint

Check = Literal["files", "signature", "manifest", "tables", "rows", "card", "croissant", "readers", "workspace"]

_FORGED = "take the folder from its publisher again; if it comes back, report it to them"
_TOOLKIT = "verify with the version of the toolkit that manifest.json names"

CHECKS: dict[Check, str] = {
    "files": "Every file is a plain file that belongs there, is listed in SHA256SUMS, and has the SHA-256 listed. "
    "No link leads elsewhere than to the blobs of the Hub's cache.",
    "signature": "SHA256SUMS, and with it every file that it lists, is signed with an SSH key; --signers says whose.",
    "manifest": "manifest.json says of files, tables, versions and words what is so.",
    "tables": "Every Parquet file has the columns, types and key-value metadata that its table declares.",
    "rows": "Ids are unique, rows in order, every reference ends in a row, every span lies in its text and has its "
    "words; every derived value is computed again from the others.",
    "card": "Header and computed parts of README.md, and COLUMNS.md, are made again.",
    "croissant": "croissant.json, RIGHTS.md, splits.csv, splits.json, baselines.json, the papers of a release "
    "(CITATION.bib, .zenodo.json, datacite.json, datapackage.json, preview.svg, RELEASE_NOTE.md) and the copies of "
    "schemas are made again.",
    "readers": "datasets (streaming too), pandas, polars, duckdb and mlcroissant, in a process without the toolkit, "
    "see the rows that pyarrow sees.",
    "workspace": "The record of the version in a workspace says the same; without a record yet, its gold does.",
}
"""The checks by name, each with what it proves."""

CODES: dict[str, Code] = {
    # files
    "file-link": Code("error", "A file or folder is a symbolic link, or no plain file.", _FORGED),
    "file-foreign": Code("error", "A file or folder that no release holds.", "remove it, or take the folder again"),
    "file-litter": Code("warning", "What a file manager or an editor left behind; it was left out.", "remove it"),
    "file-pointer": Code(
        "error",
        "A Git LFS pointer is in the place of a file.",
        "in the clone, run `git lfs install` and `git lfs pull`, or get the folder with `hf download`",
    ),
    "file-missing": Code("error", "A file is missing.", "take the folder from its publisher again"),
    "file-unreadable": Code("error", "A file is too large, not of its format, or cannot be read.", _FORGED),
    "sums-form": Code("error", "SHA256SUMS is not sorted, or a line of it is not `<sha256>  <path>`.", _FORGED),
    "sums-differ": Code("error", "A file's SHA-256 is not the one listed, or not every file is listed.", _FORGED),
    # signature
    "signature-bad": Code(
        "error",
        "SHA256SUMS.sig is no signature of SHA256SUMS: one of the two was changed, or it was made for something else.",
        _FORGED,
    ),
    "signature-missing": Code(
        "error", "Signers are named, and the folder is not signed.", "ask its publisher for a signed copy"
    ),
    "signature-unknown": Code(
        "error",
        "The folder is signed with a key that the file of signers does not take.",
        "compare the fingerprint with the one that its publisher names; if it is theirs, add the key to the file",
    ),
    "signature-unread": Code(
        "warning",
        "There is no ssh-keygen, and the signature was not checked.",
        "install OpenSSH (on Debian: apt-get install openssh-client)",
    ),
    # manifest
    "manifest-form": Code("error", "manifest.json is not canonical JSON, or its keys are not those known.", _FORGED),
    "manifest-differs": Code("error", "manifest.json says something that is not so.", _FORGED),
    "toolkit-differs": Code("warning", "The folder was made by another version of the toolkit.", _TOOLKIT),
    # tables
    "table-files": Code("error", "The files of a table are not numbered from 0 to their count.", _FORGED),
    "table-schema": Code("error", "A table has not the columns and types that its table declares.", _TOOLKIT),
    "table-metadata": Code(
        "error", "The key-value metadata of a table are not its table, versions and features.", _FORGED
    ),
    # rows
    "row-twice": Code("error", "Two rows of a table have the same id, or a row has none.", _FORGED),
    "row-order": Code("error", "Rows are not in the order of their table.", _FORGED),
    "row-foreign": Code("error", "A row belongs to no article of the folder, or to none that would have it.", _FORGED),
    "row-missing": Code("error", "A row that other rows require is missing.", _FORGED),
    "row-invalid": Code("error", "A value is not one that the schema allows.", _FORGED),
    "reference-unknown": Code("error", "An id refers to a row that is not there.", _FORGED),
    "span-differs": Code("error", "A span leaves its text, or words and fingerprint do not fit.", _FORGED),
    "text-differs": Code("error", "A text is not the one that its row describes.", _FORGED),
    "cell-differs": Code("error", "A value is not the one that follows from other values.", _FORGED),
    # card and papers
    "card-form": Code("error", "README.md is no card with a header and paired markers.", _FORGED),
    "card-header": Code("error", "The header of README.md is not what the files make it.", _FORGED),
    "card-block": Code("error", "A computed part of README.md is not what the rows make it.", _FORGED),
    "columns-differ": Code("error", "COLUMNS.md is not what the scheme and the rows make it.", _FORGED),
    "croissant-differs": Code("error", "croissant.json is not what the files and rows make it.", _FORGED),
    "rights-differ": Code("error", "RIGHTS.md is not what the rows and the terms make it.", _FORGED),
    "paper-differs": Code("error", "A paper of a release is not what the folder makes it.", _FORGED),
    "splits-differ": Code("error", "Files and columns of the splits and splits.csv do not say the same.", _FORGED),
    "split-report-differs": Code(
        "error", "splits.json does not name the leaks, groups and challenge sets that the rows have.", _FORGED
    ),
    "baselines-differ": Code("error", "A score in baselines.json is not what the rows make it.", _FORGED),
    "baselines-unchecked": Code(
        "warning",
        "scikit-learn is not installed, and the scores of the linear model were not computed again.",
        install_hint("scikit-learn"),
    ),
    "schema-differs": Code("error", "A schema is not the one that the toolkit knows under its version.", _TOOLKIT),
    "check-failed": Code("error", "A check could not be carried out on what the folder holds.", _FORGED),
    # readers
    "reader-missing": Code(
        "warning", "A reader is not installed and was not tried.", 'pip install "stancebank[verify]"'
    ),
    "reader-failed": Code("error", "A reader cannot open a table.", _FORGED),
    "reader-differs": Code("error", "A reader sees other rows than the files hold.", _FORGED),
    # workspace
    "record-missing": Code("warning", "The workspace has no record of this version.", "check out its tag"),
    "not-compared": Code(
        "warning",
        "The workspace has moved on and has no record of this version: the folder was not compared with it.",
        "fetch the tags of the project's repository, or name a clone that has the version's record",
    ),
    "record-differs": Code("error", "The folder is not the one that the workspace recorded.", _FORGED),
    "source-differs": Code("error", "A file or row is not what the workspace's content makes it.", _FORGED),
}
"""What each code means, how severe it is, and what to do about it."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong, and where. file: in the folder, or a table's name; row: the id of a row or ""; column: or ""."""

    file: str
    row: str
    column: str
    code: str
    message: str

    @property
    def severity(self) -> Severity:
        """Whether the folder fails."""
        return CODES[self.code].severity

    @property
    def hint(self) -> str:
        """What to do about it."""
        return CODES[self.code].hint

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return " ".join(part for part in (self.file, self.row, self.column) if part)
