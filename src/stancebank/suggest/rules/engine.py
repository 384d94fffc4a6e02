"""The engine `rules`: candidates by rules, labelled by lexicons and what the gold of the workspace taught."""

from collections.abc import Iterator

from stancebank.corpus.language import Habits, Language, load_habits, load_language
from stancebank.corpus.quoted import QuotedStatement
from stancebank.errors import InputError
from stancebank.suggest.engine import EngineRecord, ReadArticle, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.finding import find_candidates
from stancebank.suggest.rules.labelling import LEAST, Labeller
from stancebank.suggest.rules.parser import Parser, load_parser
from stancebank.suggest.rules.speakers import EntityNames

VERSION = "1"
"""Of the rules; it rises with every change of what they find."""


class RulesEngine:
    """The engine. model: of spaCy, by its name or a folder; "" for none, so that no article is parsed."""

    def __init__(self, surroundings: Surroundings, model: str | None = None, least: float = LEAST) -> None:
        self.surroundings = surroundings
        self.root = surroundings.workspace.root
        self.parser: Parser | None = None if model == "" else load_parser(model)
        self.names = EntityNames(surroundings)
        self.habits: Habits = load_habits(self.root)
        self._kept: dict[str, list[SpokenCandidate]] = {each.source.article.id: [] for each in surroundings.examples}
        self.labeller = Labeller(surroundings, self.candidates, self._language, least)

    @property
    def record(self) -> EngineRecord:
        """Its name and version, the model by its hash, and what confidence was asked for."""
        least = {"least": self.labeller.least}
        if self.parser is None:
            return EngineRecord("rules", VERSION, settings={"parse": False, **least})
        return EngineRecord("rules", VERSION, self.parser.name, self.parser.version, self.parser.sha256, least)

    def candidates(self, source: ReadArticle) -> list[SpokenCandidate]:
        """Return what of an article may be a statement. Of one with gold it is kept: it is an example for others."""
        kept = self._kept.get(source.article.id)
        if kept:
            return kept
        language = self._language(source)
        parser = self.parser if self.parser is not None and self.parser.language == language.tag else None
        found = find_candidates(source, self.names, language, self.habits, parser)
        if kept is not None:
            kept.extend(found)
        return found

    def _language(self, source: ReadArticle) -> Language:
        return load_language(source.article.language.value if source.article.language else None, self.root)

    def suggest(self, source: ReadArticle) -> Iterator[QuotedStatement]:
        """Yield the statements of one article."""
        yield from self.labeller.label(source, self.candidates(source))


def make(surroundings: Surroundings, model: str | None = None, least: float = LEAST) -> RulesEngine:
    """Make the engine. Raises InputError where a model is asked for that cannot be loaded."""
    if model is not None and not isinstance(model, str):
        raise InputError(f"The model {model!r} is no name and no folder.")
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise InputError(f"least is {least!r}.\nHint: give a confidence from 0 to 1, such as 0.3.")
    return RulesEngine(surroundings, model, least)


make.makes_engine = True  # type: ignore[attr-defined]
