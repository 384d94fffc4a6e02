"""The first half of the engine: articles in, candidates out, with a parser where there is one for their language."""

from stancebank.corpus.language import Language, load_habits, load_language
from stancebank.suggest.engine import EngineRecord, ReadArticle, Setting, Surroundings
from stancebank.suggest.rules.candidates import SpokenCandidate
from stancebank.suggest.rules.finding import find_candidates
from stancebank.suggest.rules.parser import PACKED, Parser, load_parser
from stancebank.suggest.rules.speakers import EntityNames


class ArticleReader:
    """Reads articles. model: of spaCy, by its name or a folder; None for the packed one. parse: False for no model.

    The packed model is loaded when an article of its language comes; one that is named, at once. Raises InputError
    where it cannot be loaded, as `load_parser` says.
    """

    def __init__(self, surroundings: Surroundings, model: str | None = None, *, parse: bool = True) -> None:
        self._root = surroundings.workspace.root
        self._names = EntityNames(surroundings)
        self._habits = load_habits(self._root)
        self._parse = parse
        self._parser: Parser | None = load_parser(model) if parse and model is not None else None
        self._examples = {each.source.article.id for each in surroundings.examples}
        self._kept: dict[str, list[SpokenCandidate]] = {}
        self._parsed: dict[str, bool] = {}
        self._last: str | None = None

    def language(self, source: ReadArticle) -> Language:
        """Return what is known of the language of an article."""
        return load_language(_tag(source), self._root)

    def candidates(self, source: ReadArticle) -> list[SpokenCandidate]:
        """Return what of an article may be a statement. Of one with gold it is kept: it is an example for others."""
        self._last = name = source.article.id
        if name in self._kept:
            return self._kept[name]
        parser = self._parser_of(source)
        self._parsed[name] = parser is not None
        found = find_candidates(source, self._names, self.language(source), self._habits, parser)
        if name in self._examples:
            self._kept[name] = found
        return found

    def _parser_of(self, source: ReadArticle) -> Parser | None:
        """Return the parser of an article; None where there is none of its language, or none is wanted."""
        tag = (_tag(source) or PACKED[0].language).lower().partition("-")[0]
        if self._parse and self._parser is None and tag == PACKED[0].language:
            self._parser = load_parser()
        return self._parser if self._parser is not None and self._parser.language == tag else None

    def record(self, name: str, version: str, settings: dict[str, Setting]) -> EngineRecord:
        """Return what made the candidates of the article that was read last, or would make those of an English one.

        Without a model, its settings say ``parse: False``.
        """
        if not self._parse or not self._parsed.get(self._last or "", True):
            return EngineRecord(name, version, settings={**settings, "parse": False})
        if self._parser is None:
            self._parser = load_parser()
        parser = self._parser
        return EngineRecord(name, version, parser.name, parser.version, parser.sha256, settings)


def _tag(source: ReadArticle) -> str | None:
    return source.article.language.value if source.article.language else None
