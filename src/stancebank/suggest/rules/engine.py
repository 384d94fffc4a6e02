"""The engine `rules`: candidates by rules, labelled by lexicons and what the gold of the workspace taught."""

from collections.abc import Iterator

from stancebank.corpus.quoted import QuotedStatement
from stancebank.errors import InputError
from stancebank.suggest.engine import EngineRecord, ReadArticle, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.labelling import LEAST, Labeller
from stancebank.suggest.rules.reader import ArticleReader

VERSION = "1"
"""Of the rules; it rises with every change of what they find."""


class RulesEngine:
    """The engine. model, parse: as `ArticleReader` takes them. least: the confidence of a statement, at least."""

    def __init__(
        self, surroundings: Surroundings, model: str | None = None, least: float = LEAST, *, parse: bool = True
    ) -> None:
        self._reader = ArticleReader(surroundings, model, parse=parse)
        self._labeller = Labeller(surroundings, self._reader.candidates, self._reader.language, least)

    @property
    def record(self) -> EngineRecord:
        """Its name and version, the model by its hash, and what confidence was asked for."""
        return self._reader.record("rules", VERSION, {"least": self._labeller.least})

    def candidates(self, source: ReadArticle) -> list[SpokenCandidate]:
        """Return what of an article may be a statement."""
        return self._reader.candidates(source)

    def suggest(self, source: ReadArticle) -> Iterator[QuotedStatement]:
        """Yield the statements of one article."""
        yield from self._labeller.label(source, self._reader.candidates(source))


def make(
    surroundings: Surroundings, model: str | None = None, least: float = LEAST, *, parse: bool = True
) -> RulesEngine:
    """Make the engine. Raises InputError where a setting is wrong, or a model is asked for that cannot be loaded."""
    if model is not None and (not isinstance(model, str) or not model):
        raise InputError(f"The model {model!r} is no name and no folder.")
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise InputError(f"least is {least!r}.\nHint: give a confidence from 0 to 1, such as 0.3.")
    if not isinstance(parse, bool):
        raise InputError(f"parse is {parse!r}.\nHint: write --set parse=false to read without a model.")
    return RulesEngine(surroundings, model, least, parse=parse)


make.makes_engine = True  # type: ignore[attr-defined]
