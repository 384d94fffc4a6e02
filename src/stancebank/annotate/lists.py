"""What annotators choose from: of each article the probable part of the registries, the most probable entries first.

A task carries its lists for Label Studio's Taxonomy, and the names of the entities that it mentions. Whole registries
would be most of the bytes of a project, and a task with thousands of entries takes Label Studio minutes to open. So a
list holds what the article mentions or its pre-annotations name, and is filled up with what the workspace uses most.
What it lacks is written below the new names, and found in the registry by its name.

The lists are flat, since a folded group hides what it holds. Their order, and with what they are filled up, is a help
and no content: tasks that differ in it alone count as the same, or each new statement would make every task another.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stancebank.annotate.controls import BETWEEN_NAMES, MAX_NEW, NEW, SPEAKER
from stancebank.annotate.interface_settings import NO_KEY, Interface, ShownLabel
from stancebank.corpus.registry import RESERVED, spellings
from stancebank.model import Document, EntityRegistry, TargetRegistry
from stancebank.search import search_fold

Choice = dict[str, str]
Spelled = tuple[str, str, str]
"""An id, the beginning of the first word of one of its names, and that name, folded."""

LISTS = ("entities", "targets", "kinds")
NAMES = "names"
SPEAKERS = "speakers"  # the entities that the text mentions most, as labels of speakers
MOST_SPEAKERS = 6
MOST = 100  # entries of a list, unless the article mentions more

_SEPARATOR = " / "  # Label Studio splits choices at it
_WORD = re.compile(r"\w+")
_START = 4  # characters of a name by which it is looked up; a shorter one must be the whole word


@dataclass(frozen=True, slots=True)
class Lists:
    """The registries of a workspace as lists to choose from.

    entries: by the name of the list, all entries, the most used first. always: what stands at the end of each list,
    whatever the article. names: of each entity, all that it is called. spelled: all names of entities and targets, as
    `spell` returns them. speaker: the label of speakers.
    """

    entries: dict[str, tuple[Choice, ...]]
    always: dict[str, tuple[Choice, ...]]
    names: dict[str, list[str]]
    spelled: tuple[Spelled, ...]
    speaker: ShownLabel

    def of(self, text: str, chosen: Collection[str] = ()) -> dict[str, Any]:
        """Return the lists of an article as the data of its task hold them, by key.

        chosen: ids of entries that its pre-annotations name, which have to be in the lists.
        """
        mentioned = self.mentioned(text)
        data: dict[str, Any] = {}
        for key in LISTS:
            ranked = sorted(self.entries[key], key=lambda each: -mentioned[each["alias"]])
            needed = [each for each in ranked if mentioned[each["alias"]] or each["alias"] in chosen]
            others = [each for each in ranked if not (mentioned[each["alias"]] or each["alias"] in chosen)]
            data[key] = [*needed, *others[: max(0, MOST - len(needed))], *self.always[key]]
        names = {each["alias"]: self.names[each["alias"]] for each in data["entities"] if mentioned[each["alias"]]}
        return data | {NAMES: names, SPEAKERS: list(self._speakers(mentioned, names))}

    def mentioned(self, text: str) -> Counter[str]:
        """Return how often a text mentions entities and targets, by their ids."""
        return find_names(text, self.spelled)

    def differences(self, data: Mapping[str, Any], task: Mapping[str, Any]) -> list[str]:
        """Return the keys of a task's data that are not as in the task that is wanted.

        Lists do not differ in their order, nor in entries that neither the article nor its pre-annotations name. Names
        may be those of more entities: earlier versions gave those of all in the list.
        """
        differing = data_differences(data, task["data"])
        if not set(differing) & {*LISTS, NAMES}:
            return differing
        chosen = {*self.mentioned(task["data"]["text"]), *_chosen(task.get("predictions", ()))}
        fresh = [key for key in LISTS if self._is_fresh(key, data.get(key), task["data"][key], chosen)]
        if self._has_names(data.get(NAMES), task["data"][NAMES]):
            fresh.append(NAMES)
        return [key for key in differing if key not in fresh]

    def _speakers(self, mentioned: Counter[str], names: Mapping[str, list[str]]) -> Iterator[Choice]:
        """Yield labels for those whose words an article probably has: marked with one, words need no further answer."""
        most = sorted((each for each in names if mentioned[each]), key=lambda each: (-mentioned[each], each))
        labels = [{"value": names[each][0], "alias": each} for each in most[:MOST_SPEAKERS]]
        for label in _told_apart(labels):
            yield label | {"background": self.speaker.colour, "hotkey": NO_KEY, "hint": self.speaker.title}

    def _has_names(self, found: object, wanted: Mapping[str, list[str]]) -> bool:
        """Whether names on a server are those of the registry, and none is missing."""
        if not isinstance(found, dict) or not wanted.keys() <= found.keys():
            return False
        return all(self.names.get(name) == called for name, called in found.items())

    def _is_fresh(self, key: str, found: object, wanted: list[Choice], chosen: Collection[str]) -> bool:
        """Whether a list on the server does for an article: no entry is outdated, and none is missing."""
        if not isinstance(found, list) or len(found) != len(wanted):
            return False
        known = {each["alias"]: each for each in (*self.entries[key], *self.always[key])}
        has = {_alias(each): each for each in found}
        if len(has) != len(found) or any(known.get(alias) != each for alias, each in has.items()):
            return False
        needed = {each["alias"] for each in wanted if each["alias"] in chosen or each in self.always[key]}
        return needed <= has.keys()


def make_lists(
    entities: EntityRegistry, targets: TargetRegistry, documents: Iterable[Document], interface: Interface
) -> Lists:
    """Make the lists of a workspace's registries. documents: what is used most in them comes first."""
    used: Counter[str] = Counter()
    scheme, texts = interface.controls.scheme, interface.texts
    for document in documents:
        for statement in document.statements:
            used.update(name for _, name in scheme.entities(statement))
            used.update(name for _, name in scheme.targets(statement))
    aliases = [(f"{NEW}{line}", line) for line in range(1, MAX_NEW + 1)]
    new = tuple({"value": texts.new_name.format(name=name, line=line), "alias": name} for name, line in aliases)
    unspecified = {"value": RESERVED, "alias": RESERVED, "hint": texts.unspecified}

    def ranked(choices: Iterable[tuple[str, str, str]]) -> tuple[Choice, ...]:
        found = sorted(choices, key=lambda each: (-used[each[0]], each[1].casefold()))
        return tuple(_told_apart(_choice(*each) for each in found))

    def of_use(use: str) -> tuple[Choice, ...]:
        return ranked((each.id, each.name, each.definition) for each in targets.targets if each.use in (use, "both"))

    names = spellings(entities)
    people = ((each.id, BETWEEN_NAMES.join([each.name, *each.aliases]), each.kind) for each in entities.entities)
    return Lists(
        entries={"entities": ranked(people), "targets": of_use("target"), "kinds": of_use("condition")},
        always={"entities": new, "targets": new, "kinds": (unspecified, *new)},
        names=names,
        spelled=tuple(spell(spellings(targets) | names)),
        speaker=next(label for label in interface.labels if label.name == SPEAKER),
    )


def _choice(name: str, words: str, hint: str) -> Choice:
    return {"value": words.replace(_SEPARATOR, "/"), "alias": name, "hint": hint}


def _told_apart(choices: Iterable[Choice]) -> Iterator[Choice]:
    """Yield choices with their ids behind words that several have: Label Studio shows only the first of those."""
    made = list(choices)
    count = Counter(each["value"] for each in made)
    for each in made:
        shared = count[each["value"]] > 1
        yield each | {"value": f"{each['value']} ({each['alias']})"} if shared else each


def data_differences(data: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the keys of two tasks' data that differ, in what they hold; the order of lists does not count."""
    return sorted(key for key in data.keys() | wanted.keys() if not _same(data.get(key), wanted.get(key)))


def stale_lists(data: Mapping[str, Any], lists: Lists) -> list[str]:
    """Return which lists in a task's data are not those of these registries."""
    text = data.get("text")
    wanted = lists.of(text if isinstance(text, str) else "")
    have = {key: data.get(key) for key in wanted}
    return lists.differences(have | {"text": text}, {"data": wanted | {"text": text}})


def _same(one: object, other: object) -> bool:
    if one == other or not (isinstance(one, list) and isinstance(other, list)):
        return one == other
    return sorted(one, key=_alias) == sorted(other, key=_alias)


def _alias(entry: object) -> str:
    return str(entry.get("alias")) if isinstance(entry, dict) else ""


def _chosen(predictions: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the entries that pre-annotations name."""
    for prediction in predictions:
        for item in prediction["result"]:
            yield from (path[-1] for path in item.get("value", {}).get("taxonomy", ()))


def spell(names: Mapping[str, Iterable[str]]) -> Iterator[Spelled]:
    """Yield the names of each id as `find_names` looks for them."""
    for name, called in names.items():
        for words in sorted({search_fold(each) for each in called}):
            if first := _WORD.search(words):
                yield name, first[0][:_START], words[first.start() :]


def find_names(text: str, spelled: Iterable[Spelled]) -> Counter[str]:
    """Return how often a text has one of the names of each id, which have to begin where a word begins.

    Names of four letters or more may go on: Norlandic is counted for Norland. It is for a rank, not for identity.
    """
    folded = search_fold(text)
    starts: dict[str, list[int]] = defaultdict(list)
    for match in _WORD.finditer(folded):
        starts[match[0][:_START]].append(match.start())
    found: Counter[str] = Counter()
    for name, key, words in spelled:
        if words[0].isascii():
            ends = [place + len(words) for place in starts.get(key, ()) if folded.startswith(words, place)]
            count = sum(len(words) >= _START or not folded[end : end + 1].isalnum() for end in ends)
        else:  # of a script that may not divide words, or that joins small words to them
            count = folded.count(words)
        if count:
            found[name] += count
    return found
