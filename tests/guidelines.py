"""Guidelines as tests read them: their rules, and what the rules of an earlier version are called now."""

import re
from dataclasses import dataclass

_FORMER = re.compile(r"\| (G-\d\d) \| (G-\d{3}) ")


@dataclass(frozen=True)
class Rule:
    """A rule: its number, heading and text."""

    number: str
    heading: str
    text: str


def read_rules(guidelines: str) -> list[Rule]:
    """Return the rules of guidelines, in their order."""
    parts = re.split(r"^(?=#{1,3} )", guidelines, flags=re.MULTILINE)
    found = ((re.match(r"### (G-\d+) (.*)\n", part), part) for part in parts)
    return [Rule(match[1], match[2], part[match.end() :]) for match, part in found if match]


def former_rules(guidelines: str) -> dict[str, str]:
    """Return the rules of an earlier version, and their numbers now."""
    return dict(_FORMER.findall(guidelines.partition("\n## Old numbers\n")[2]))


def known_rules(guidelines: str) -> set[str]:
    """Return all numbers that documents and pages may name: of the rules, and those that they had before."""
    return {rule.number for rule in read_rules(guidelines)} | former_rules(guidelines).keys()
