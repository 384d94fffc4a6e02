"""The labelling interface of Label Studio, compiled from the schema. The one door to label_studio_sdk.

It is compiled, never edited, so that the values which come back are those of the schema. There are two profiles: the
full one asks for everything, the core one for speaker, stance, target and conditions.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from stancebank.annotate.controls import (
    GREY,
    MAX_GROUP,
    OBJECT,
    SPANS,
    ZONES,
    Profile,
    Question,
    labels,
    questions,
)
from stancebank.annotate.leaflet import STYLE, leaflet
from stancebank.errors import Finding, StancebankError
from stancebank.schema.vocabulary import Vocabularies, load_vocabularies

INTERFACE = "annotate/labeling.xml"
INTERFACES: dict[Profile, str] = {"full": INTERFACE, "core": "annotate/labeling-core.xml"}

NEW_NAMES = "new_"  # what the questions for names that the lists lack are called
_RULES = re.compile(r"G-\d+(?:(?: to |, )G-\d+)*")
_LABELLED = ("waived",)  # roles that are a label of their own, since they take no other answers
_TICKS = ("doubt", "nothing_to_annotate")  # questions with one answer, to be ticked or not


def compile_interface(vocabularies: Vocabularies, profile: Profile = "full") -> str:
    """Return the interface as XML, with a final newline."""
    return "\n".join(_lines(vocabularies, profile)) + "\n"


def _lines(vocabularies: Vocabularies, profile: Profile) -> Iterator[str]:
    yield "<!-- Compiled from the schema by `stancebank annotate config`. Do not edit. -->"
    yield '<View className="stancebank">'
    yield "  <Style>"
    yield from (f"    {rule}" for rule in STYLE)
    yield "  </Style>"
    yield from (f"  {line}" for line in leaflet(profile))
    yield '  <View className="desk">'
    yield '    <View className="page">'
    yield f'      <Labels name="{SPANS}" toName="{OBJECT}" showInline="true">'
    for label in labels(profile):
        yield (
            f'        <Label value={quoteattr(label.title)} alias="{label.name}" hotkey="{label.key}" '
            f'background="{label.colour}" hint={quoteattr(label.hint)}/>'
        )
    yield "      </Labels>"
    yield f'      <Text name="{OBJECT}" value="$text" granularity="word"/>'
    yield "    </View>"
    yield '    <View className="answers">'
    asked = questions(profile)
    for question in asked:
        if not question.name.startswith(NEW_NAMES):
            yield from (f"      {line}" for line in _question(question, vocabularies))
    yield '      <View className="new-names">'
    yield '        <Collapse bordered="true">'
    yield '          <Panel value="Names that the lists lack">'
    for question in asked:
        if question.name.startswith(NEW_NAMES):
            yield from (f"            {line}" for line in _question(question, vocabularies))
    yield "          </Panel>"
    yield "        </Collapse>"
    yield "      </View>"
    yield "    </View>"
    yield "  </View>"
    yield '  <View style="display: none">'  # zones come with the task, and nobody draws them
    yield f'    <Labels name="{ZONES}" toName="{OBJECT}">'
    excluded = [zone for zone, facts in vocabularies.values("zone").items() if not facts["annotated"]]
    for number, zone in enumerate(excluded, 1):  # with keys that nobody presses, or they would get digits
        yield f'      <Label value="{zone}" background="{GREY}" hotkey="ctrl+alt+shift+{number}"/>'
    yield "    </Labels>"
    yield "  </View>"
    yield "</View>"


def _question(question: Question, vocabularies: Vocabularies) -> Iterator[str]:
    where = ""
    if question.labels:
        where = f' perRegion="true" whenTagName="{SPANS}" whenLabelValue="{",".join(question.labels)}"'
    must = f' required="true" requiredMessage={quoteattr(_demand(question))}' if question.required else ""
    start = f'name="{question.name}" toName="{OBJECT}"{where}{must}'
    visible = f' visibleWhen="region-selected" whenTagName="{SPANS}" whenLabelValue="{",".join(question.labels)}"'
    width = "" if question.shape == "choices" else " half"  # two lists side by side: an open one hides what is below it
    yield f'<View className="question {question.name}{width}"{visible if question.labels else ""}>'
    rules = _RULES.search(question.hint)
    yield f'  <Header size="6" value={quoteattr(f"{question.title} · {rules[0]}" if rules else question.title)}/>'
    if question.shape == "textarea":
        yield (
            f'  <TextArea {start} rows="1" editable="true" maxSubmissions="{1 if question.labels else 5}" '
            f"placeholder={quoteattr(question.hint)}/>"
        )
    elif question.shape == "taxonomy":
        most = "" if question.many else ' maxUsages="1"'
        yield (
            f'  <Taxonomy {start} value="${question.source}" leafsOnly="true"{most} '
            f"placeholder={quoteattr(question.hint)}/>"
        )
    else:
        kind = "multiple" if question.name in _TICKS else "single-radio"
        yield f'  <Choices {start} choice="{kind}" showInline="true">'
        for number, (value, hint) in enumerate(_values(question, vocabularies)):
            yield f'    <Choice value={quoteattr(value)} hotkey="{question.key(number)}" hint={quoteattr(hint)}/>'
        yield "  </Choices>"
    yield "</View>"


def _demand(question: Question) -> str:
    return f"{question.title}: choose it for every {question.labels[0].replace('_', ' ')} ({question.hint})"


def _values(question: Question, vocabularies: Vocabularies) -> Iterator[tuple[str, str]]:
    """Yield the values of a question with their hints."""
    if question.name in _TICKS:
        yield question.name, question.hint
    elif question.source == "group":
        yield from ((str(number), question.hint) for number in range(1, MAX_GROUP + 1))
    else:
        for value, facts in vocabularies.values(question.source).items():
            if question.name != "role" or value not in _LABELLED:
                yield value, facts["description"]


def validate_interface(xml: str) -> None:
    """Let Label Studio's SDK parse the interface. Raises StancebankError with what it objects to."""
    from label_studio_sdk.label_interface import LabelInterface

    try:
        LabelInterface(xml).validate()
    except Exception as error:  # the SDK raises several unrelated types
        raise StancebankError(f"Label Studio's SDK does not take the interface: {error}") from error


def check_interface(root: Path, schema_dir: Path) -> list[Finding]:
    """Find drift between the schema and the interfaces of a workspace. One that has none has no drift."""
    vocabularies = load_vocabularies(schema_dir)
    return [
        Finding(name, "", "interface-drift", "it was edited by hand, or the schema has changed since.")
        for profile, name in INTERFACES.items()
        if (root / name).is_file()
        and (root / name).read_bytes().decode(errors="replace") != compile_interface(vocabularies, profile)
    ]
