"""Renew the generated pages, or with --check say which are not current. Run by scripts/docs."""

import re
import sys
import tempfile
from pathlib import Path

import click
from click.testing import CliRunner

from stancebank.agreement.compare import AGREEMENT, agreement_cells, compare
from stancebank.cli import stancebank
from stancebank.codes import CODES, NEVER_WAIVED_IN_RELEASE, RELEASE_CODES
from stancebank.migration.generated import generated_files
from stancebank.pictures.svg import stand_alone
from stancebank.publish.card.statistics import markdown_table
from stancebank.publish.card.workspace_card import read_card
from stancebank.publish.verification import CODES as FAULTS
from stancebank.records import write_text
from stancebank.starter.laying import doc_pages, lay, sample_files
from stancebank.view.collection import Words, of_workspace
from stancebank.view.dossier import make_sections
from stancebank.workspace import open_workspace

REPO = Path(__file__).parent.parent
PICTURES = ("state-what", "conditions-talks")
"""Pictures of the sample that pages show."""

SAMPLE_CARD = "src/stancebank/starter/sample/DATASET_CARD.md"
CODE_ROWS = re.compile(r"(\| code \| severity \| meaning \| hint \|\n\| --- \| --- \| --- \| --- \|\n)(?s:.*)\Z")
SAMPLE_AGREEMENT = re.compile(r"(<!-- stancebank:sample-agreement -->)\n.*?<!-- /stancebank -->", re.DOTALL)
READINGS = re.compile(r"(<!-- stancebank:agreement (\S+) (\S+) -->)\n.*?<!-- /stancebank -->", re.DOTALL)


def findings_page() -> str:
    parts = [
        "# Findings\n\n`stancebank check` reports what is wrong with the data as findings. Errors block a build, "
        "warnings do not.\nEach code has an example that triggers it in `schema/v2/examples/invalid/<code>/`. "
        "This page is printed from the code.\n"
    ]
    for name, code in CODES.items():
        parts.append(f"## `{name}`\n\n{code.severity.capitalize()}. {code.meaning}\n\nHint: {code.hint}.\n")
    parts.append(
        "# What the gate of a release finds\n\n`stancebank publish release` reports these beside the errors above; any "
        "of them stops a release.\n[Releasing](releasing.md) tells how some can be waived.\n"
    )
    for name, code in RELEASE_CODES.items():
        firm = " It cannot be waived." if name in NEVER_WAIVED_IN_RELEASE else ""
        if code.severity == "warning":
            firm = " This is a warning and stops nothing."
        parts.append(f"### `{name}`\n\n{code.meaning}{firm}\n\nHint: {code.hint}.\n")
    return "\n".join(parts)


def cli_page() -> str:
    parts = ["# The command line\n\nThis page is printed from the commands' own help.\n"]

    def add(command: click.Command, context: click.Context) -> None:
        parts.append(f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n")
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                add(below, click.Context(below, info_name=name, parent=context, max_content_width=100))

    add(stancebank, click.Context(stancebank, info_name="stancebank", max_content_width=100))
    return "\n".join(parts)


def llms_page() -> str:
    """The page for language models: what there is, how it is installed, and where each thing is explained."""
    readme = (REPO / "README.md").read_text("utf-8")
    what, install = (re.split(r"^## ", readme, flags=re.MULTILINE)[place] for place in (0, 1))
    first = " ".join(what.split("\n\n")[1].split())
    (block,) = re.findall(r"```\n(.*?)```", install, re.DOTALL)
    context = click.Context(stancebank, info_name="stancebank", max_content_width=100)

    def listed(group: click.Group, above: str) -> list[str]:
        found = []
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            if isinstance(command, click.Group) and not above:
                found += listed(command, f"{name} ")
            else:
                found.append(f"- `stancebank {above}{name}`: {command.get_short_help_str(200)}")
        return found

    titles = {name: text.partition("\n")[0].removeprefix("# ") for name, text in doc_pages().items()}
    pages = [f"- [{title}](docs/{name}.md)" for name, title in titles.items()]
    more = ["- [README](README.md): a project of one's own in twelve lines", "- [CONTRIBUTING](CONTRIBUTING.md)"]
    return "\n".join(
        [
            f"# stancebank\n\n> {first}\n",
            f"In a clone of this repository:\n\n```\n{block}```\n",
            "A workspace is a folder with a stancebank.toml. Every command has --help with an example, most have "
            "--json, and `stancebank help PAGE` prints a page of the documentation.\n",
            "## Commands\n",
            *listed(stancebank, ""),
            "\n## Documentation\n",
            *more,
            *pages,
            "",
        ]
    )


def agreement_table(one: str, other: str) -> str:
    """The figures of `stancebank annotate compare ONE OTHER`, as Markdown."""
    store = open_workspace(REPO).store
    second = {document.article_id: document for document in store.documents(other)}
    pairs = [(first, second[first.article_id]) for first in store.documents(one) if first.article_id in second]
    found = compare(pairs, store.scheme)
    return markdown_table(
        ("field", *AGREEMENT), [(name, *agreement_cells(each)) for name, each in found.tallies.items()]
    )


def sample_agreement() -> str:
    """What `stancebank annotate agreement` prints of the sample, but for most of the disagreements at its end."""
    with tempfile.TemporaryDirectory() as folder:
        lay(sample_files(), Path(folder))
        told = CliRunner().invoke(stancebank, ["--workspace", folder, "annotate", "agreement"], catch_exceptions=False)
    shown, _, _ = told.stdout.partition("\n2. ")
    return f"```text\n{shown}\n...\n```"


def sample_card() -> str:
    """The card of the sample, which has its articles only once it is laid."""
    with tempfile.TemporaryDirectory() as folder:
        lay(sample_files(), Path(folder))
        return read_card(open_workspace(Path(folder))).wanted


def sample_pictures() -> dict[str, str]:
    """Pictures of the sample, as files; they hold no words of articles."""
    with tempfile.TemporaryDirectory() as folder:
        lay(sample_files(), Path(folder))
        collection = of_workspace(open_workspace(Path(folder)), Words.NONE)
        found = {each.name: each for section in make_sections(collection) for each in section.pictures}
    return {f"docs/pictures/{name}.svg": stand_alone(found[name].svg) for name in PICTURES}


def code_rows() -> str:
    """The rows of the table of what a verification finds."""
    rows = [f"| `{code}` | {each.severity} | {each.meaning} | {each.hint} |" for code, each in FAULTS.items()]
    return "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    workspace = open_workspace(REPO)
    readings = READINGS.sub(
        lambda match: f"{match[1]}\n\n{agreement_table(match[2], match[3])}\n<!-- /stancebank -->",
        (REPO / "docs/two-readings.md").read_text(encoding="utf-8"),
    )
    agreement = SAMPLE_AGREEMENT.sub(
        lambda match: f"{match[1]}\n\n{sample_agreement()}\n\n<!-- /stancebank -->",
        (REPO / "docs/agreement.md").read_text(encoding="utf-8"),
    )
    verifying = CODE_ROWS.sub(lambda match: match[1] + code_rows(), (REPO / "docs/verifying.md").read_text("utf-8"))
    return {
        "docs/agreement.md": agreement,
        "docs/two-readings.md": readings,
        "docs/verifying.md": verifying,
        "docs/findings.md": findings_page(),
        "docs/cli.md": cli_page(),
        "llms.txt": llms_page(),
        **dict(generated_files(workspace)),  # guidelines, labelling interfaces, DATASET_CARD.md
        SAMPLE_CARD: sample_card(),
        **sample_pictures(),
    }


def main() -> None:
    stale = []
    for name, text in pages().items():
        path = REPO / name
        if not path.is_file() or path.read_bytes() != text.encode():
            stale.append(name)
            if "--check" not in sys.argv:
                write_text(path, text)
                print(f"{name} renewed.")
    if stale and "--check" in sys.argv:
        sys.exit(f"Not current: {', '.join(stale)}. Run scripts/docs.")
    if not stale:
        print("All generated pages are current.")


if __name__ == "__main__":
    main()
