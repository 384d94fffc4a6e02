"""The labelling interface of Label Studio, compiled from the vocabularies. The one door to label_studio_sdk.

A first edition: every span label and every closed vocabulary that annotators choose from. It is compiled, never
edited, so that the values which come back are those of the schema.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from stancebank.errors import Finding, StancebankError
from stancebank.schema.vocabulary import Vocabularies, load_vocabularies

INTERFACE = "annotate/labeling.xml"

# span labels with their colours: Okabe and Ito (2008), tellable apart by colour-blind people
SPAN_LABELS = {
    "content": "#0072b2",
    "speaker": "#e69f00",
    "cue": "#999999",
    "target": "#009e73",
    "condition": "#cc79a7",
    "reason": "#56b4e9",
}

# which vocabulary is chosen on which span, and whether a choice must be made
CHOICES = {
    "stance": ("content", True),
    "attribution": ("content", True),
    "force": ("content", False),
    "condition_role": ("condition", True),
}

RELATIONS = ("speaker_of", "cue_of", "target_of", "condition_of", "reason_of", "continues", "same_as")

_STYLE = """  <Style>
    .stancebank .lsf-htx-richtext { line-height: 1.9; font-size: 16px; white-space: pre-wrap; }
    .stancebank .lsf-richtext__line {
      display: inline-block; min-width: 100%; unicode-bidi: plaintext; text-align: start;
    }
  </Style>"""


def compile_interface(vocabularies: Vocabularies) -> str:
    """Return the interface as XML, with a final newline."""
    return "\n".join(_lines(vocabularies)) + "\n"


def _lines(vocabularies: Vocabularies) -> Iterator[str]:
    yield "<!-- Compiled from the schema by `stancebank annotate config`. Do not edit. -->"
    yield '<View className="stancebank">'
    yield _STYLE
    yield '  <Labels name="span" toName="text" showInline="true">'
    for number, (label, colour) in enumerate(SPAN_LABELS.items(), 1):
        yield f'    <Label value="{label}" hotkey="{number}" background="{colour}"/>'
    yield "  </Labels>"
    for name, (label, required) in CHOICES.items():
        title = name.replace("_", " ")
        must = f' required="true" requiredMessage="Choose the {title}"' if required else ""
        yield (
            f'  <Choices name="{name}" toName="text" perRegion="true" whenTagName="span" whenLabelValue="{label}" '
            f'choice="single-radio" showInline="true"{must}>'
        )
        for value, facts in vocabularies.values(name).items():
            yield f"    <Choice value={quoteattr(value)} hint={quoteattr(facts['description'])}/>"
        yield "  </Choices>"
    yield "  <Relations>"
    for relation in RELATIONS:
        yield f'    <Relation value="{relation}"/>'
    yield "  </Relations>"
    yield '  <Choices name="nothing_to_annotate" toName="text" choice="single" showInline="true">'
    yield '    <Choice value="nothing_to_annotate" hint="The article was read and holds no statement."/>'
    yield "  </Choices>"
    yield '  <Text name="text" value="$text" granularity="word"/>'
    yield "</View>"


def validate_interface(xml: str) -> None:
    """Let Label Studio's SDK parse the interface. Raises StancebankError with what it objects to."""
    from label_studio_sdk.label_interface import LabelInterface

    try:
        LabelInterface(xml).validate()
    except Exception as error:  # the SDK raises several unrelated types
        raise StancebankError(f"Label Studio's SDK does not take the interface: {error}") from error


def check_interface(root: Path, schema_dir: Path) -> list[Finding]:
    """Find drift between the schema and annotate/labeling.xml of a workspace. One that has none has no drift."""
    path = root / INTERFACE
    if not path.is_file() or path.read_bytes().decode(errors="replace") == compile_interface(
        load_vocabularies(schema_dir)
    ):
        return []
    return [Finding(INTERFACE, "", "interface-drift", "it was edited by hand, or the schema has changed since.")]
