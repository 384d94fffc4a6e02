"""The labelling interface of Label Studio, compiled from the scheme. The one door to label_studio_sdk.

It is compiled, never edited, so that the values which come back are those of the scheme. There are two profiles: the
full one asks for everything, the core one for what the schema marks as core.
"""

import re
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from stancebank.annotate.controls import NEW_NAMES, OBJECT, SPANS, ZONES, Profile
from stancebank.annotate.interface_settings import (
    NO_KEY,
    SETTINGS,
    Interface,
    ShownQuestion,
    find_settings_faults,
    load_interface,
)
from stancebank.errors import Finding, InputError, StancebankError
from stancebank.workspace import Workspace

INTERFACE = "annotate/labeling.xml"
INTERFACES: dict[Profile, str] = {"full": INTERFACE, "core": "annotate/labeling-core.xml"}

_GREY = "#8c8c8c"  # of zones that are not annotated
_MOST_NAMES = 5  # that can be written into a question about the whole article
_RULES = re.compile(r"G-\d+(?:(?: to |, )G-\d+)*")  # rules of the guidelines, which a hint names

_STYLE = (
    ".stancebank .desk { display: flex; gap: 16px; align-items: flex-start; }",
    ".stancebank .page { flex: 1 1 0; min-width: 0; }",
    ".stancebank .answers { flex: 0 0 400px; position: sticky; top: 0; display: grid; "
    "grid-template-columns: 1fr 1fr; gap: 0 10px; align-content: start; "
    "max-height: calc(100vh - 150px); overflow: auto; }",
    ".stancebank .page .lsf-labels { position: sticky; top: 0; z-index: 5; padding: 6px 0; "
    "background: var(--color-neutral-background, #fff); border-bottom: 1px solid #ccc; }",
    ".stancebank .lsf-htx-richtext { line-height: 2.1; font-size: 16px; white-space: pre-wrap; max-height: none; }",
    ".stancebank .lsf-richtext__line { display: inline-block; min-width: 100%; "
    "unicode-bidi: plaintext; text-align: start; }",
    ".stancebank .answers .question, .stancebank .answers .new-names { grid-column: 1 / -1; min-width: 0; }",
    ".stancebank .answers .half { grid-column: auto; }",
    ".stancebank h4 { margin: 6px 0 0 !important; font-size: 13px !important; line-height: 1.3 !important; }",
    ".stancebank .htx-taxonomy { width: 100%; min-width: 0 !important; }",
    ".stancebank .guide h4 { font-weight: normal !important; }",
)


def compile_interface(workspace: Workspace, profile: Profile = "full") -> str:
    """Return the interface of a workspace as XML, with a final newline.

    Raises InputError where its annotate/interface.toml cannot be used.
    """
    return interface_xml(load_interface(workspace, profile))


def interface_xml(interface: Interface) -> str:
    """Return an interface as XML, with a final newline."""
    return "\n".join(_lines(interface)) + "\n"


def _lines(interface: Interface) -> Iterator[str]:
    general = [each for each in interface.questions if each.question.name in NEW_NAMES.values()]
    yield "<!-- Compiled from the schema by `stancebank annotate config`. Do not edit. -->"
    yield '<View className="stancebank">'
    yield "  <Style>"
    yield from (f"    {rule}" for rule in _STYLE)
    yield "  </Style>"
    yield from (f"  {line}" for line in _help_panel(interface))
    yield '  <View className="desk">'
    yield '    <View className="page">'
    yield f'      <Labels name="{SPANS}" toName="{OBJECT}" showInline="true">'
    for label in interface.labels:
        yield (
            f'        <Label value={quoteattr(label.title)} alias="{label.name}" hotkey="{label.hotkey}" '
            f'background="{label.colour}" hint={quoteattr(label.hint)}/>'
        )
    yield "      </Labels>"
    yield f'      <Text name="{OBJECT}" value="$text" granularity="word"/>'
    yield "    </View>"
    yield '    <View className="answers">'
    for question in interface.questions:
        if question not in general:
            yield from (f"      {line}" for line in _question(question, interface))
    yield '      <View className="new-names">'
    yield '        <Collapse bordered="true">'
    yield f"          <Panel value={quoteattr(interface.texts.new_names)}>"
    for question in general:
        yield from (f"            {line}" for line in _question(question, interface))
    yield "          </Panel>"
    yield "        </Collapse>"
    yield "      </View>"
    yield "    </View>"
    yield "  </View>"
    yield '  <View style="display: none">'  # zones come with the task, and nobody draws them
    yield f'    <Labels name="{ZONES}" toName="{OBJECT}">'
    zones = interface.controls.scheme.vocabularies.values("zone")
    excluded = [zone for zone, about in zones.items() if not about["annotated"]]
    for number, zone in enumerate(excluded, 1):  # with keys that nobody presses, or they would get digits
        yield f'      <Label value="{zone}" background="{_GREY}" hotkey="ctrl+alt+shift+{number}"/>'
    yield "    </Labels>"
    yield "  </View>"
    yield "</View>"


def _help_panel(interface: Interface) -> Iterator[str]:
    yield '<Collapse bordered="true">'
    yield f"  <Panel value={quoteattr(interface.help.title)}>"
    yield '    <View className="guide">'
    for words in interface.help.lines:
        yield f'      <Header size="6" value={quoteattr(words)}/>'
    for label in interface.labels:
        key = "" if label.hotkey == NO_KEY else f"{label.hotkey} "
        yield f'      <Header size="6" value={quoteattr(f"{key}{label.title}: {label.hint}")}/>'
    yield "    </View>"
    yield "  </Panel>"
    yield "</Collapse>"


def _question(shown: ShownQuestion, interface: Interface) -> Iterator[str]:
    question = shown.question
    of_labels = f'whenTagName="{SPANS}" whenLabelValue="{",".join(question.labels)}"'
    where = f' perRegion="true" {of_labels}' if question.labels else ""
    must = (
        f' required="true" requiredMessage={quoteattr(_required_message(shown, interface))}'
        if question.required
        else ""
    )
    start = f'name="{question.name}" toName="{OBJECT}"{where}{must}'
    visible = f' visibleWhen="region-selected" {of_labels}' if question.labels else ""
    width = "" if question.shape == "choices" else " half"  # two lists side by side: an open one hides what is below it
    yield f'<View className="question {question.name}{width}"{visible}>'
    rules = _RULES.search(shown.hint)
    yield f'  <Header size="6" value={quoteattr(f"{shown.title} · {rules[0]}" if rules else shown.title)}/>'
    if question.shape == "textarea":
        most = 1 if question.labels else _MOST_NAMES
        yield (
            f'  <TextArea {start} rows="1" editable="true" maxSubmissions="{most}" '
            f"placeholder={quoteattr(shown.hint)}/>"
        )
    elif question.shape == "taxonomy":
        usages = "" if question.many else ' maxUsages="1"'
        yield (
            f'  <Taxonomy {start} value="${question.registry}" leafsOnly="true"{usages} '
            f"placeholder={quoteattr(shown.hint)}/>"
        )
    else:
        yield f'  <Choices {start} choice="{"multiple" if question.tick else "single-radio"}" showInline="true">'
        for (value, meaning), key in zip(question.values, shown.hotkeys, strict=True):
            yield f'    <Choice value={quoteattr(value)} hotkey="{key}" hint={quoteattr(meaning or shown.hint)}/>'
        yield "  </Choices>"
    yield "</View>"


def _required_message(shown: ShownQuestion, interface: Interface) -> str:
    titles = {label.name: label.title for label in interface.labels}
    return interface.texts.required.format(
        title=shown.title, label=titles.get(shown.question.labels[0], ""), hint=shown.hint
    )


def validate_interface(xml: str) -> None:
    """Let Label Studio's SDK parse the interface. Raises StancebankError with what it objects to."""
    from label_studio_sdk.label_interface import LabelInterface

    try:
        LabelInterface(xml).validate()
    except Exception as error:  # the SDK raises several unrelated types
        raise StancebankError(f"Label Studio's SDK does not take the interface: {error}") from error


def check_interface(workspace: Workspace) -> list[Finding]:
    """Find drift between the scheme and the interfaces of a workspace, and faults of its annotate/interface.toml.

    A workspace that has no interface has no drift.
    """
    try:
        faults = find_settings_faults(workspace)
    except InputError:  # the scheme cannot be used, which is a finding of its own
        return []
    if faults:
        return [
            Finding(SETTINGS, "", "interface-settings", f"{each.key}: {each.message} {_sentence(each.hint)}")
            for each in faults
        ]
    return [
        Finding(name, "", "interface-drift", "it was edited by hand, or the schema has changed since.")
        for profile, name in INTERFACES.items()
        if (workspace.root / name).is_file()
        and (workspace.root / name).read_bytes().decode(errors="replace") != compile_interface(workspace, profile)
    ]


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
