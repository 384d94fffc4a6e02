"""The labelling interface of Label Studio, compiled from the scheme. The one door to label_studio_sdk.

It is compiled, never edited, so that the values which come back are those of the scheme. There are two profiles: the
full one asks for everything, the core one for what the schema marks as core.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stancebank.annotate.controls import NAMED, NEW_NAMES, NO_ANSWER, OBJECT, SPANS, ZONES, Profile
from stancebank.annotate.interface_settings import (
    NO_KEY,
    SETTINGS,
    Interface,
    ShownQuestion,
    find_settings_faults,
    load_interface,
)
from stancebank.annotate.lists import SPEAKERS
from stancebank.errors import Finding, InputError, StancebankError, line_ends
from stancebank.workspace import Workspace

INTERFACE = "annotate/labeling.xml"
INTERFACES: dict[Profile, str] = {"full": INTERFACE, "core": "annotate/labeling-core.xml"}

_GREY = "#8c8c8c"  # of zones that are not annotated
_LIST_WIDTH = 300  # pixels of an open list: a wider one hides the text that the next click is for
_MOST_NAMES = 5  # that can be written into a question about the whole article
_RULES = re.compile(r"G-\d+(?:(?: to |, )G-\d+)*")  # rules of the guidelines, which a hint names

_EMPHASIS = re.compile(r"[`*]")  # of Markdown, which a header would show

_STYLE = (
    ".stancebank .desk { display: flex; gap: 16px; align-items: flex-start; }",
    ".stancebank .page { flex: 1 1 0; min-width: 0; }",
    ".stancebank .answers { flex: 0 0 400px; position: sticky; top: 0; display: grid; "
    "grid-template-columns: 1fr 1fr; gap: 0 10px; align-content: start; "
    "max-height: calc(100vh - 150px); overflow: auto; }",
    ".stancebank .labels { position: sticky; top: 0; z-index: 5; padding: 6px 0; "
    "display: flex; flex-wrap: wrap; gap: 0 16px; "
    "background: var(--color-neutral-background, #fff); border-bottom: 1px solid #ccc; }",
    ".stancebank .lsf-htx-richtext { line-height: 2.1; font-size: 16px; white-space: pre-wrap; max-height: none; }",
    ".stancebank .lsf-richtext__line { display: inline-block; min-width: 100%; "
    "unicode-bidi: plaintext; text-align: start; }",
    ".stancebank .answers .question, .stancebank .answers .new-names { grid-column: 1 / -1; min-width: 0; }",
    ".stancebank .answers .half { grid-column: auto; }",
    ".stancebank h4 { margin: 6px 0 0 !important; font-size: 13px !important; line-height: 1.3 !important; }",
    ".stancebank .htx-taxonomy { width: 100%; min-width: 0 !important; }",
    # where the window is narrow, the answers are below the text, which then has all of the width
    ".stancebank { container-type: inline-size; }",
    "@container (max-width: 1120px) { .stancebank .desk { flex-direction: column; align-items: stretch; } "
    ".stancebank .page { flex: none; } "
    ".stancebank .answers { flex: none; top: auto; bottom: 0; z-index: 6; max-height: 42vh; "
    "grid-template-columns: repeat(4, 1fr); "
    "background: var(--color-neutral-background, #fff); border-top: 1px solid #ccc; } }",
    ".stancebank .labels .lsf-labels { margin: 0; }",
    ".stancebank .speakers .lsf-label__hotkey { display: none; }",  # they have none
    ".stancebank .about h4 { font-size: 15px !important; }",
    ".stancebank .ant-collapse, .stancebank .ant-collapse-item, .stancebank .ant-collapse-content "
    "{ background: transparent; color: inherit; border-color: var(--color-neutral-border, #ccc); }",
    ".stancebank .ant-collapse-header { color: inherit !important; }",
    ".stancebank .guide h4 { font-weight: normal !important; }",
)


_TREE_STYLE = (".stancebank .guide .tree h4 { font-weight: bold !important; }",)


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def quoted_attribute(words: str) -> str:
    """Return words as the value of an XML attribute, in quotation marks, as `xml.sax.saxutils.quoteattr` does.

    That module loads urllib and ssl, which every check would pay for.
    """
    escaped = words.translate(_ESCAPED)
    if '"' in escaped and "'" not in escaped:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', "&quot;") + '"'


def find_rules(hint: str) -> str:
    """Return the rules of the guidelines that a hint names, such as ``G-14 to G-16``; "" if it names none."""
    found = _RULES.search(hint)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Supplement:
    """What an interface has beside labels and questions: lines of XML, by where they stand.

    style: rules; above: before the help panel; zones: labels that nobody draws.
    """

    style: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


def compile_interface(workspace: Workspace, profile: Profile = "full") -> str:
    """Return the interface of a workspace as XML, with a final newline.

    Raises InputError where its annotate/interface.toml cannot be used.
    """
    return interface_xml(load_interface(workspace, profile))


def interface_xml(interface: Interface, more: Supplement | None = None) -> str:
    """Return an interface as XML, with a final newline."""
    return "\n".join(_lines(interface, more or Supplement())) + "\n"


def _lines(interface: Interface, more: Supplement) -> Iterator[str]:
    general = [each for each in interface.questions if each.question.name in NEW_NAMES.values()]
    yield "<!-- Generated by `stancebank schema write`. Do not edit. -->"
    yield '<View className="stancebank">'
    yield "  <Style>"
    yield from (f"    {rule}" for rule in (*_STYLE, *(_TREE_STYLE if interface.help.trees else ()), *more.style))
    yield "  </Style>"
    yield from (f"  {line}" for line in (*more.above, *_help_panel(interface)))
    yield '  <View className="desk">'
    yield '    <View className="page">'
    yield '      <View className="about"><Header size="6" value="$title"/></View>'
    yield '      <View className="labels">'
    yield f'        <Labels name="{SPANS}" toName="{OBJECT}" showInline="true">'
    for label in interface.labels:
        yield (
            f'          <Label value={quoted_attribute(label.title)} alias="{label.name}" hotkey="{label.hotkey}" '
            f'background="{label.colour}" hint={quoted_attribute(label.hint)}/>'
        )
    yield "        </Labels>"
    yield '        <View className="speakers">'
    yield f'          <Labels name="{NAMED}" toName="{OBJECT}" value="${SPEAKERS}" showInline="true"/>'
    yield "        </View>"
    yield "      </View>"
    yield f'      <Text name="{OBJECT}" value="$text" granularity="word"/>'
    yield "    </View>"
    yield '    <View className="answers">'
    for question in interface.questions:
        if question not in general:
            yield from (f"      {line}" for line in _question(question, interface))
    yield '      <View className="new-names">'
    yield '        <Collapse bordered="true">'
    yield f"          <Panel value={quoted_attribute(interface.texts.new_names)}>"
    for question in general:
        yield from (f"            {line}" for line in _question(question, interface))
    yield "          </Panel>"
    yield "        </Collapse>"
    yield "      </View>"
    yield "    </View>"
    yield "  </View>"
    yield '  <View style="display: none">'  # zones come with the task, and nobody draws them
    yield f'    <Labels name="{ZONES}" toName="{OBJECT}">'
    vocabularies = interface.controls.scheme.vocabularies
    excluded = [zone for zone in vocabularies.values("zone") if zone not in vocabularies.annotated_zones()]
    for number, zone in enumerate(excluded, 1):  # with keys that nobody presses, or they would get digits
        yield f'      <Label value="{zone}" background="{_GREY}" hotkey="ctrl+alt+shift+{number}"/>'
    yield from (f"      {line}" for line in more.zones)
    yield "    </Labels>"
    yield "  </View>"
    yield "</View>"


def _help_panel(interface: Interface) -> Iterator[str]:
    yield '<Collapse bordered="true">'
    yield f"  <Panel value={quoted_attribute(interface.help.title)}>"
    yield '    <View className="guide">'
    for tree in interface.help.trees:
        yield f'      <View className="tree"><Header size="6" value={quoted_attribute(tree.title)}/></View>'
        for number, step in enumerate(tree.steps, 1):
            plain = _EMPHASIS.sub("", step)
            yield f'      <Header size="6" value={quoted_attribute(f"{number}. {plain}")}/>'
    for words in interface.help.lines:
        yield f'      <Header size="6" value={quoted_attribute(words)}/>'
    for label in interface.labels:
        key = "" if label.hotkey == NO_KEY else f"{label.hotkey} "
        yield f'      <Header size="6" value={quoted_attribute(f"{key}{label.title}: {label.hint}")}/>'
    yield "    </View>"
    yield "  </Panel>"
    yield "</Collapse>"


def _question(shown: ShownQuestion, interface: Interface) -> Iterator[str]:
    question = shown.question
    of_labels = f'whenTagName="{SPANS}" whenLabelValue="{",".join(question.labels)}"'
    where = f' perRegion="true" {of_labels}' if question.labels else ""
    must = (
        f' required="true" requiredMessage={quoted_attribute(_required_message(shown, interface))}'
        if question.required
        else ""
    )
    start = f'name="{question.name}" toName="{OBJECT}"{where}{must}'
    visible = f' visibleWhen="region-selected" {of_labels}' if question.labels else ""
    width = "" if question.shape == "choices" else " half"  # two lists side by side: an open one hides what is below it
    yield f'<View className="question {question.name}{width}"{visible}>'
    rules = find_rules(shown.hint)
    yield f'  <Header size="6" value={quoted_attribute(f"{shown.title} · {rules}" if rules else shown.title)}/>'
    if question.shape == "textarea":
        most = 1 if question.labels else _MOST_NAMES
        yield (
            f'  <TextArea {start} rows="1" editable="true" maxSubmissions="{most}" '
            f"placeholder={quoted_attribute(shown.hint)}/>"
        )
    elif question.shape == "taxonomy":
        usages = "" if question.many else ' maxUsages="1"'
        yield (
            f'  <Taxonomy {start} value="${question.registry}" leafsOnly="true"{usages} '
            f'dropdownWidth="{_LIST_WIDTH}" placeholder={quoted_attribute(shown.hint)}/>'
        )
    else:
        yield f'  <Choices {start} choice="{"multiple" if question.tick else "single-radio"}" showInline="true">'
        keys = [key for key in shown.hotkeys if key != NO_KEY]
        if question.required and keys:
            # A key that is pressed again takes its answer away. Keys call all that have them, in this order: this one
            # takes the answer away first, so that the one behind it always sets it.
            yield (
                f'    <Choice value="{NO_KEY}" alias="{NO_ANSWER}" hotkey={quoted_attribute(",".join(keys))} '
                'style="display: none"/>'
            )
        for (value, meaning), key in zip(question.values, shown.hotkeys, strict=True):
            yield (
                f'    <Choice value={quoted_attribute(_words(value))} alias={quoted_attribute(value)} hotkey="{key}" '
                f"hint={quoted_attribute(meaning or shown.hint)}/>"
            )
        yield "  </Choices>"
    yield "</View>"


def _words(value: str) -> str:
    """Return a value of a vocabulary as people read it."""
    return re.sub("[_-]+", " ", value).strip() or value


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
        return [*_interface_findings(workspace)]
    except InputError:  # the scheme cannot be used, which is a finding of its own
        return []


def _interface_findings(workspace: Workspace) -> Iterator[Finding]:
    if faults := find_settings_faults(workspace):
        for each in faults:
            yield Finding(SETTINGS, "", "interface-settings", f"{each.key}: {each.message} {_sentence(each.hint)}")
        return
    for profile, name in INTERFACES.items():
        if not (workspace.root / name).is_file():
            continue
        there = (workspace.root / name).read_bytes().decode(errors="replace")
        wanted = compile_interface(workspace, profile)
        if there == wanted:
            continue
        if there.replace("\r\n", "\n") == wanted:
            yield line_ends(name)
        else:
            yield Finding(name, "", "interface-drift", "it was edited by hand, or the schema has changed since.")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
