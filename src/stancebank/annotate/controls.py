"""What annotators mark: the labels of spans, the questions asked about each, and what may be tied to what.

The one description of the labelling interface. `interface` compiles it to XML, `tasks` writes a document in its terms,
and `conversion` reads them back. Values of closed vocabularies stand in the schema, not here.
"""

from dataclasses import dataclass
from typing import Literal

Profile = Literal["full", "core"]
Shape = Literal["choices", "taxonomy", "textarea"]

OBJECT = "text"  # the name of the one thing that is labelled
SPANS = "span"
ZONES = "zone"
GREY = "#8c8c8c"
UNSPECIFIED = "unspecified"
SLASH = "·"  # stands for the slash of an id in that of its region, which Label Studio makes a CSS class of
MAX_GROUP = 6  # alternatives of a statement that the interface can tell apart
MAX_NEW = 5  # names that a task can add to each list


@dataclass(frozen=True, slots=True)
class Label:
    """A kind of span. key: of the keyboard; colour: of its background; core: whether the core profile has it."""

    name: str
    title: str
    key: str
    colour: str
    hint: str
    core: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about spans of certain labels; about the whole article where there are none.

    source: the vocabulary, or the key of the task's data, that the answers come from; "" for free text.
    keys: of the keyboard, one an answer, in the order of the vocabulary; a modifier before them holds for all. Every
    answer has one, or Label Studio would give it a digit. many: whether there can be several answers.
    """

    name: str
    title: str
    shape: Shape
    labels: tuple[str, ...]
    hint: str
    source: str = ""
    keys: str = ""
    many: bool = False
    required: bool = False
    core: bool = False

    def key(self, number: int) -> str:
        """Return the key of an answer, by its place in the vocabulary."""
        modifier, plus, keys = self.keys.rpartition("+")
        return f"{modifier}{plus}{keys[number]}"


# colours after Okabe and Ito (2008), tellable apart by colour-blind people; a second shade where there are more labels
LABELS = (
    Label(
        "content", "content", "1", "#0072b2", "The words that carry one position, the whole clause (G-14 to G-16)", True
    ),
    Label("speaker", "speaker", "2", "#e69f00", "Who is named at the cue: a name, he, the ministry (G-17)", True),
    Label("condition", "condition", "3", "#cc79a7", "What it depends on, with its connective (G-46 to G-53)", True),
    Label("waived", "waived", "4", "#8f3f6d", "A condition expressly given up: without preconditions (G-59)", True),
    Label("more", "more of it", "5", "#56b4e9", "A further piece of what was interrupted (G-16, G-53)", True),
    Label("cue", "cue", "6", "#f0e442", "The words that attribute it: said, ruled out (G-18)"),
    Label("reason", "reason", "7", "#d55e00", "A ground given for it: because, since (G-65)"),
    Label("target", "target words", "8", "#009e73", "The words that name the target (G-41)"),
    Label("via", "via", "9", "#b2912f", "Who stands between speaker and article (G-26, G-27)"),
    Label("passed_over", "passed over", "0", "#555555", "Looks like a statement and is none (G-13)"),
)

CONDITIONS = ("condition", "waived")

QUESTIONS = (
    Question(
        "stance",
        "Stance",
        "choices",
        ("content",),
        "The tree: G-31",
        source="stance",
        keys="qwertasdf",
        required=True,
        core=True,
    ),
    Question(
        "target_id",
        "Target",
        "taxonomy",
        ("content",),
        "The most specific act that the words name: G-41",
        source="targets",
        required=True,
        core=True,
    ),
    Question(
        "parties",
        "Parties",
        "taxonomy",
        ("content",),
        "Who would take part, at the finest grain named: G-42",
        source="entities",
        many=True,
    ),
    Question(
        "entity",
        "Who",
        "taxonomy",
        ("content", "speaker", "via"),
        "Needless for a name that the list knows: G-17",
        source="entities",
        core=True,
    ),
    Question(
        "agents", "Agents", "taxonomy", ("content",), "Who would have to do it: G-44", source="entities", many=True
    ),
    Question(
        "mediators",
        "Mediators",
        "taxonomy",
        ("content",),
        "Host, chair, go-between: G-43",
        source="entities",
        many=True,
    ),
    Question("scope", "Scope", "textarea", ("content",), "Limits of kind or time, in a few words: G-45"),
    Question(
        "role",
        "Role",
        "choices",
        ("condition",),
        "Given up? not enough? necessary? exception? lasting? else if: G-54",
        source="condition_role",
        keys="zxcvb",
        required=True,
        core=True,
    ),
    Question(
        "kind",
        "What has to hold",
        "taxonomy",
        ("condition",),
        "The act or state that is named: G-61",
        source="kinds",
        required=True,
        core=True,
    ),
    Question(
        "obligors",
        "Who must fulfil it",
        "taxonomy",
        ("condition",),
        "Only whom the words name: G-62",
        source="entities",
        many=True,
    ),
    Question(
        "group",
        "Group",
        "choices",
        ("condition",),
        "And: the same number. Or: a new one. Left out: 1 (G-63)",
        source="group",
        keys="shift+123456",
        core=True,
    ),
    Question("force", "Force", "choices", ("content",), "Left out: plain (G-39, G-40)", source="force", keys="jkl"),
    Question(
        "attribution",
        "Attribution",
        "choices",
        ("content",),
        "Left out: read from cue and quotation marks (G-21 to G-24)",
        source="attribution",
        keys="yiop",
    ),
    Question(
        "via_outer",
        "Via, not mentioned: outermost",
        "taxonomy",
        ("content",),
        "Outside of those marked: G-26, G-27",
        source="entities",
    ),
    Question(
        "via_inner",
        "Via, not mentioned: next to the speaker",
        "taxonomy",
        ("content",),
        "Inside of those marked: G-26",
        source="entities",
    ),
    Question("said_on", "Said on", "textarea", ("content",), "2031-07-14, 2031-07 or XXXX-07-30: G-69"),
    Question(
        "date_basis",
        "The date is",
        "choices",
        ("content",),
        "Left out: stated (G-69, G-70)",
        source="date_basis",
        keys="mn",
    ),
    Question(
        "passed_over_reason",
        "Why no statement",
        "choices",
        ("passed_over",),
        "G-13",
        source="passed_over_reason",
        keys="shift+qwertasdf",
        required=True,
    ),
    Question(
        "doubt", "In doubt", "choices", ("content",), "Decide, flag, go on: G-73", source="doubt", keys="g", core=True
    ),
    Question("note", "Note", "textarea", ("content", "passed_over"), "About the text, briefly: G-74", core=True),
    Question(
        "new_entities",
        "People and bodies",
        "textarea",
        (),
        "Enter after each; then choose new-1, new-2 in a list",
        core=True,
    ),
    Question(
        "new_targets",
        "Acts",
        "textarea",
        (),
        "Enter after each; then choose new-1, new-2 in a list",
        core=True,
    ),
    Question(
        "nothing_to_annotate",
        "Nothing to annotate",
        "choices",
        (),
        "Read to the end, and no statement: G-12",
        source="nothing_to_annotate",
        keys="shift+0",
        core=True,
    ),
)

BY_NAME = {question.name: question for question in QUESTIONS}

TIES = {
    ("speaker", "content"): "speaker of",
    ("via", "content"): "via",
    ("via", "speaker"): "via",
    ("via", "via"): "via",
    ("cue", "content"): "cue of",
    ("target", "content"): "target of",
    ("condition", "content"): "condition of",
    ("waived", "content"): "condition of",
    ("reason", "content"): "reason of",
    ("more", "content"): "continues",
    ("more", "condition"): "continues",
    ("more", "waived"): "continues",
    ("more", "reason"): "continues",
    ("content", "content"): "same as",
}
"""What a relation means, by the labels of its ends; ends that are not here cannot be tied."""


def labels(profile: Profile) -> tuple[Label, ...]:
    """Return the labels of a profile."""
    return tuple(label for label in LABELS if label.core or profile == "full")


def questions(profile: Profile) -> tuple[Question, ...]:
    """Return the questions of a profile."""
    return tuple(question for question in QUESTIONS if question.core or profile == "full")
