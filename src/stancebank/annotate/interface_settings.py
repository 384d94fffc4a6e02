"""How the labelling interface looks: the file annotate/interface.toml of a workspace, as one record.

It holds titles, hints, keys and colours, and the text of the help panel; what is asked follows from the scheme. Nothing
in it is required: what it does not say has a default.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from stancebank.agreement.compare import (
    CONDITION_FOUND,
    FOUND,
    GROUPS,
    SAME_AS,
    condition_fields,
    statement_fields,
)
from stancebank.annotate.controls import (
    CONTENT,
    SPEAKER,
    Controls,
    Label,
    Profile,
    Question,
    make_controls,
)
from stancebank.errors import InputError
from stancebank.records import Content, read_content
from stancebank.schema.fields import Scheme, load_scheme
from stancebank.schema.validate import packed_file, packed_schema
from stancebank.text import find_hidden
from stancebank.workspace import Workspace

SETTINGS = "annotate/interface.toml"
NO_KEY = "–"  # of an answer without a key: no keyboard event is it, and without any, Label Studio would choose a key

_ROLES = "condition_role"

T = TypeVar("T", Label, Question)

_LABEL_KEYS = "1234567890"
# after Okabe and Ito (2008), tellable apart by colour-blind people; a second shade where there are more labels
_COLOURS = (
    *("#0072b2", "#e69f00", "#cc79a7", "#8f3f6d", "#56b4e9"),
    *("#f0e442", "#d55e00", "#009e73", "#b2912f", "#555555"),
)
_OWN_KEYS = frozenset({"u", "enter", "escape", "esc", "backspace", "delete", "tab", "space"})  # Label Studio's


class LabelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a label looks. hotkey: of the keyboard; colour: #rrggbb; profile: only of labels that are no field's."""

    title: str | None = None
    hotkey: str | None = None
    colour: str | None = None
    hint: str | None = None
    profile: Literal["core", "full"] | None = None


class QuestionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a question looks. hotkeys: one character an answer, in their order; a modifier before a plus holds for all.

    A vocabulary may be longer: the answers behind have no key.
    """

    title: str | None = None
    hint: str | None = None
    hotkeys: str = ""


class TreeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A decision tree of the help panel and of the guidelines: the first of its steps that fits decides.

    steps: one line of Markdown each; the help panel shows it without backticks and asterisks.
    """

    title: str
    steps: tuple[str, ...]


class Ruling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rule of the guidelines decides. field: as `stancebank annotate compare` prints it.

    values: two answers that are taken for each other; if left out, the rule is about the field, and comes before the
    one that the hint of its label or question names.
    """

    field: str
    values: tuple[str, ...] = ()
    rules: str


class HelpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The help panel above the text, closed at first. lines: paragraphs, after the trees and before the labels."""

    title: str = "Guidelines in a nutshell (Instructions, above, has the whole)"
    trees: tuple[TreeSettings, ...] = ()
    lines: tuple[str, ...] = ()


class TextSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other words of the interface. {title}, {label}, {hint}, {name} and {line} stand for what they say."""

    required: str = "{title}: choose it for every {label} ({hint})"
    new_names: str = "Names that the lists lack"
    new_name: str = "{name}: the name in line {line} below"
    unspecified: str = "Several demands, certain steps"


class InterfaceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What annotate/interface.toml says. labels, questions: by name, in the order of the file, which is that shown.

    rulings: which rule decides between two answers, for the feedback of `stancebank annotate practice`.
    """

    labels: Mapping[str, LabelSettings] = {}
    questions: Mapping[str, QuestionSettings] = {}
    help: HelpSettings = HelpSettings()
    texts: TextSettings = TextSettings()
    rulings: tuple[Ruling, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsFault:
    """What is wrong with annotate/interface.toml. key: such as ``labels.cue.hotkey``."""

    key: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label as it looks."""

    name: str
    title: str
    hotkey: str
    colour: str
    hint: str


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as it looks. hotkeys: one an answer of its list."""

    question: Question
    title: str
    hint: str
    hotkeys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """The labelling interface of a profile: labels and questions in the order in which they are shown."""

    controls: Controls
    profile: Profile
    labels: tuple[ShownLabel, ...]
    questions: tuple[ShownQuestion, ...]
    help: HelpSettings
    texts: TextSettings
    rulings: tuple[Ruling, ...] = ()


def load_interface(workspace: Workspace, profile: Profile = "full") -> Interface:
    """Return the interface of a workspace. Raises InputError where its annotate/interface.toml cannot be used."""
    path = settings_path(workspace.root, workspace.scheme)
    return _interface(workspace.scheme, read_content(path) if path else None, profile)


@lru_cache(maxsize=8)
def _interface(scheme: Scheme, settings: Content | None, profile: Profile) -> Interface:
    controls = make_controls(scheme)
    return make_interface(controls, _usable_settings(settings, controls), profile)


def settings_path(root: Path, scheme: Scheme) -> Path | None:
    """Return the file that the interface of a workspace is set up by; None where defaults are all there is.

    A workspace without annotate/interface.toml has the toolkit's own where it has the toolkit's scheme, too. root: of
    the workspace.
    """
    if (root / SETTINGS).is_file():
        return root / SETTINGS
    packed = packed_schema(scheme.version)
    if packed is None or not load_scheme(packed).equals(scheme):
        return None
    return packed_file(SETTINGS, scheme.version)


def lacks_settings(workspace: Workspace) -> bool:
    """Whether the interface of a workspace has nothing but defaults, so that it should get an annotate/interface.toml.

    `stancebank annotate interface --settings` prints one. Raises InputError where the scheme cannot be used.
    """
    return settings_path(workspace.root, workspace.scheme) is None


def load_settings(root: Path, controls: Controls) -> InterfaceSettings:
    """Read annotate/interface.toml, or what stands in for it (see `settings_path`).

    Raises InputError with all that is wrong with it: each fault with its key and a hint.
    """
    path = settings_path(root, controls.scheme)
    return _usable_settings(read_content(path) if path else None, controls)


def _usable_settings(content: Content | None, controls: Controls) -> InterfaceSettings:
    if content is None or content.data is None:
        return InterfaceSettings()
    settings, faults = read_settings(content.data, controls)
    if faults:
        said = "\n".join(f"{SETTINGS}: {each.key}: {each.message}" for each in faults)
        raise InputError(f"{said}\nHint: {faults[0].hint}.")
    return settings


def find_settings_faults(workspace: Workspace) -> list[SettingsFault]:
    """Return what is wrong with the annotate/interface.toml of a workspace; nothing where it has none.

    Raises InputError where the scheme cannot be used.
    """
    path, controls = workspace.root / SETTINGS, make_controls(workspace.scheme)
    return read_settings(path.read_bytes(), controls)[1] if path.is_file() else []


def read_settings(data: bytes, controls: Controls) -> tuple[InterfaceSettings, list[SettingsFault]]:
    """Read the content of annotate/interface.toml for a scheme; return also what is wrong with it."""
    try:
        raw = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        fault = SettingsFault("the file", f"it is not TOML: {error}.", "correct the line that the message names")
        return InterfaceSettings(), [fault]
    faults = list(_hidden(raw, ""))
    parts: dict[str, Any] = {}
    kinds: dict[str, Any] = {"help": HelpSettings, "texts": TextSettings, "rulings": tuple[Ruling, ...]}
    tables = {"labels": LabelSettings, "questions": QuestionSettings}
    known = {"labels": controls.label_names, "questions": controls.by_name}
    for key, value in raw.items():
        if key in kinds:
            parts[key] = _converted(value, kinds[key], key, faults)
        elif key in tables and isinstance(value, dict):
            parts[key] = {}
            for name, entry in value.items():
                if name in known[key]:
                    parts[key][name] = _converted(entry, tables[key], f"{key}.{name}", faults)
                else:
                    faults.append(_unknown(f"{key}.{name}", f"{key}.", known[key], f"no {key[:-1]} of the scheme"))
        else:
            faults.append(_unknown(key, "", (*tables, *kinds), "no table of this file"))
    settings = msgspec.convert(
        {key: _kept(value) for key, value in parts.items() if value is not None}, InterfaceSettings
    )
    faults += _faults(settings, controls)
    return settings, faults


def _hidden(value: object, key: str) -> Iterator[SettingsFault]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _hidden(each, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for each in value:
            yield from _hidden(each, key)
    elif isinstance(value, str) and (found := find_hidden(value)):
        yield SettingsFault(key, f"it holds U+{ord(found):04X}, a control or hidden character.", "remove it")


def _kept(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: msgspec.to_builtins(each) for name, each in value.items() if each is not None}
    return msgspec.to_builtins(value)


def _converted(value: Any, kind: Any, key: str, faults: list[SettingsFault]) -> Any:
    """Return a record of what TOML holds; None, with a fault, where it has another form."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        allowed = ", ".join(getattr(kind, "__struct_fields__", Ruling.__struct_fields__))
        message = str(error).replace(" - at `$.", " - at `").replace("`$`", "the table")
        faults.append(SettingsFault(key, f"{message[0].lower()}{message[1:]}.", f"the keys of it are {allowed}"))
        return None


def _unknown(key: str, prefix: str, known: Any, what: str) -> SettingsFault:
    likely = get_close_matches(key.removeprefix(prefix), list(known), 1)
    hint = f"did you mean {prefix}{likely[0]}" if likely else f"known are {', '.join(sorted(known))}"
    return SettingsFault(key, f"it is {what}.", hint)


def _faults(settings: InterfaceSettings, controls: Controls) -> Iterator[SettingsFault]:
    """Yield what is wrong with settings of the right form."""
    for label in controls.labels:
        about = settings.labels.get(label.name)
        if about is None:
            continue
        if about.profile is not None and label.field is not None:
            hint = f'set "profile" of the field {label.field.name} in annotation.schema.json'
            yield SettingsFault(f"labels.{label.name}.profile", "the schema says it of a field.", hint)
        elif about.profile == "full" and label.name in (CONTENT, SPEAKER):
            hint = "take the key away"
            yield SettingsFault(f"labels.{label.name}.profile", "no statement can do without it.", hint)
        if about.colour is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", about.colour):
            yield SettingsFault(
                f"labels.{label.name}.colour", f"{about.colour!r} is no colour.", "write it like #0072b2"
            )
    seen: dict[str, str] = {}
    for key, hotkey in _hotkeys(settings, controls):
        if hotkey in _OWN_KEYS:
            yield SettingsFault(key, f"{hotkey!r} is a key of Label Studio itself.", "choose another one")
        elif hotkey in seen:
            yield SettingsFault(key, f"{hotkey!r} is the key of {seen[hotkey]}, too.", "give each its own key")
        seen.setdefault(hotkey, key)
    for number, ruling in enumerate(settings.rulings, 1):
        yield from _ruling_faults(f"rulings[{number}]", ruling, controls.scheme)
    for name in ("required", "new_name"):
        try:
            getattr(settings.texts, name).format(title="", label="", hint="", name="", line="")
        except (KeyError, IndexError, ValueError) as error:
            allowed = "title}, {label}, {hint" if name == "required" else "name}, {line"
            yield SettingsFault(f"texts.{name}", f"it cannot be filled in: {error}.", f"use {{{allowed}}} only")


def _ruling_faults(key: str, ruling: Ruling, scheme: Scheme) -> Iterator[SettingsFault]:
    """Yield what is wrong with a ruling: a field that is not compared, or a value that its vocabulary lacks."""
    known = [FOUND, *statement_fields(scheme), SAME_AS]
    known += [CONDITION_FOUND, *condition_fields(scheme), GROUPS] if scheme.has_conditions else []
    if ruling.field not in known:
        yield _unknown(f"{key}.{ruling.field}", f"{key}.", known, "no field that is compared")
        return
    if len(ruling.values) not in (0, 2):
        hint = "give the two answers that it decides between, or leave them out"
        yield SettingsFault(f"{key}.values", f"it has {len(ruling.values)} values, not two.", hint)
    named = {field.title: field.vocabulary for field in scheme.fields if field.vocabulary}
    vocabulary = "condition_role" if ruling.field == "role" else named.get(ruling.field)
    if vocabulary is None:
        return
    for value in ruling.values:
        if value not in scheme.vocabularies.values(vocabulary):
            fault = _unknown(value, "", scheme.vocabularies.values(vocabulary), f"no value of {vocabulary}")
            yield SettingsFault(f"{key}.values", f"{value!r}: {fault.message}", fault.hint)


def _hotkeys(settings: InterfaceSettings, controls: Controls) -> Iterator[tuple[str, str]]:
    """Yield every key that the settings give, with where they do."""
    for name, label in settings.labels.items():
        if label.hotkey:
            yield f"labels.{name}.hotkey", label.hotkey.lower()
    for name, question in settings.questions.items():
        if name in controls.by_name:
            count = len(controls.by_name[name].offered)
            yield from ((f"questions.{name}.hotkeys", key.lower()) for key in _split(question.hotkeys)[:count])


def _split(hotkeys: str) -> list[str]:
    modifier, plus, keys = hotkeys.rpartition("+")
    return [f"{modifier}{plus}{key}" for key in keys]


def make_interface(controls: Controls, settings: InterfaceSettings, profile: Profile = "full") -> Interface:
    """Put together what the scheme asks and how it looks, for a profile."""
    labels = _ordered(controls.labels, settings.labels)
    taken = {key for _, key in _hotkeys(settings, controls)}
    free = iter([key for key in _LABEL_KEYS if key not in taken])
    colours = iter([each for each in _COLOURS if each not in {one.colour for one in settings.labels.values()}])
    shown = [_shown_label(label, settings.labels.get(label.name), free, colours) for label in labels]
    core = {label.name for label in labels if _is_core(label, settings)}
    kept = {label.name for label in labels} if profile == "full" else core
    kept -= {name for name, role in controls.waivers.items() if role in controls.scheme.retired.get(_ROLES, ())}
    ordered = _ordered(controls.questions, settings.questions)
    questions = [
        question
        for question in sorted(ordered, key=lambda each: not each.labels)  # those about the whole article come last
        if (profile == "full" or question.core) and (not question.labels or kept.intersection(question.labels))
    ]
    return Interface(
        controls=controls,
        profile=profile,
        labels=tuple(each for each in shown if each.name in kept),
        questions=tuple(_shown_question(each, settings.questions.get(each.name)) for each in questions),
        help=settings.help,
        texts=settings.texts,
        rulings=settings.rulings,
    )


def _ordered(made: Iterable[T], settings: Mapping[str, object]) -> list[T]:
    """Return labels or questions in the order of the settings, then those that they do not name, in their own."""
    places = {name: place for place, name in enumerate(settings)}
    return sorted(made, key=lambda each: places.get(each.name, len(places)))


def _is_core(label: Label, settings: InterfaceSettings) -> bool:
    about = settings.labels.get(label.name)
    return about.profile == "core" if about is not None and about.profile is not None else label.core


def _shown_label(label: Label, about: LabelSettings | None, free: Iterator[str], colours: Iterator[str]) -> ShownLabel:
    about = about or LabelSettings()
    return ShownLabel(
        name=label.name,
        title=about.title or label.name.replace("_", " "),
        hotkey=about.hotkey or next(free, NO_KEY),
        colour=about.colour or next(colours, _COLOURS[-1]),
        hint=about.hint or label.description,
    )


def _shown_question(question: Question, about: QuestionSettings | None) -> ShownQuestion:
    about = about or QuestionSettings()
    keys = _split(about.hotkeys)
    question = replace(question, values=question.offered)
    return ShownQuestion(
        question=question,
        title=about.title or question.name.replace("_", " "),
        hint=about.hint or question.description,
        hotkeys=tuple(keys[place] if place < len(keys) else NO_KEY for place in range(len(question.values))),
    )


def settings_template(scheme: Scheme) -> str:
    """Return an annotate/interface.toml for a scheme, with the defaults of every label and question, to be edited."""
    interface = make_interface(make_controls(scheme), InterfaceSettings())
    text = msgspec.json.encode  # a string of JSON is one of TOML, too
    lines = [
        "# How the labelling interface looks: titles, hints, keys, colours. Each line may be left out.",
        "# The order of the tables is that of the interface.",
        "",
        "[help]",
        f"title = {text(interface.help.title).decode()}",
        "lines = []",
    ]
    for label in interface.labels:
        lines += ["", f"[labels.{_key(label.name)}]"]
        own = (("title", label.title), ("hotkey", label.hotkey), ("colour", label.colour), ("hint", label.hint))
        lines += [f"{key} = {text(value).decode()}" for key, value in own if value != NO_KEY]
    for shown in interface.questions:
        lines += ["", f"[questions.{_key(shown.question.name)}]"]
        lines += [f"{key} = {text(value).decode()}" for key, value in (("title", shown.title), ("hint", shown.hint))]
        lines += ['hotkeys = ""'] if shown.question.values else []
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else msgspec.json.encode(name).decode()
