"""Engines by their names: those of the toolkit, those of installed packages, and functions of one's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, signature
from typing import Any

from stancebank.corpus.quoted import QuotedStatement
from stancebank.errors import InputError
from stancebank.suggest.engine import Engine, EngineRecord, ReadArticle, Surroundings

GROUP = "stancebank.engines"
"""The group of entry points by which an installed package brings engines."""

_OWN: Mapping[str, str] = {
    "rules": "stancebank.suggest.rules.engine:make",
    "llm": "stancebank.suggest.llm.engine:LlmEngine",
    "sentences": "stancebank.suggest.baselines:make_sentences",
    "paragraphs": "stancebank.suggest.baselines:make_paragraphs",
    "quotations": "stancebank.suggest.baselines:make_quotations",
}
"""The toolkit's engines: where the function is that makes each."""


def engine_names() -> list[str]:
    """Return the names of all engines that are there, functions of one's own aside."""
    return sorted({*_OWN, *(each.name for each in entry_points(group=GROUP))})


def make_engine(name: str, surroundings: Surroundings, options: Mapping[str, Any]) -> Engine:
    """Return an engine by its name, or by ``package.module:function``.

    options: settings of the engine; a function that makes one gets them by name. Raises InputError where there is no
    such engine, or it takes no such settings.
    """
    found = _find(name)
    if isinstance(found, type) or getattr(found, "makes_engine", False):
        _require_settings(name, found, options)
        made: Engine = found(surroundings, **options)
        return made
    if options:
        raise InputError(f"{name} is a function and takes no settings, so not {', '.join(options)}.")
    return _Function(name, found, surroundings)


def _require_settings(name: str, maker: Any, options: Mapping[str, Any]) -> None:
    """Raise InputError where an engine lacks a setting that is given, or is not given one that it needs."""
    _, *taken = signature(maker).parameters.values()
    if any(each.kind is Parameter.VAR_KEYWORD for each in taken):
        return
    known = [each.name for each in taken]
    unknown = [each for each in options if each not in known]
    lacking = [each.name for each in taken if each.default is Parameter.empty and each.name not in options]
    if unknown or lacking:
        what = f"has no setting {', '.join(unknown)}" if unknown else f"needs a value for {', '.join(lacking)}"
        hint = f"its settings are {', '.join(known)}" if known else "it has none"
        raise InputError(f"The engine {name} {what}.\nHint: {hint}; write --set KEY=VALUE.")


def _find(name: str) -> Any:
    module, _, attribute = (_OWN.get(name) or name).partition(":")
    for each in entry_points(group=GROUP):
        if each.name == name and name not in _OWN:
            return each.load()
    if not attribute:
        known = ", ".join(engine_names())
        raise InputError(
            f"There is no engine {name!r}.\nHint: choose {known}, or name a function, such as my_package.mine:suggest."
        )
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"The engine {name} cannot be loaded: {error}.\nHint: the module must be installed, or lie in a folder of "
            "PYTHONPATH."
        ) from None


@dataclass(frozen=True, slots=True)
class _Function:
    """An engine that is one function of an article and its surroundings."""

    name: str
    function: Any
    surroundings: Surroundings

    @property
    def record(self) -> EngineRecord:
        """The function's name, and the version that it, or its module, has as `__version__`."""
        module = import_module(self.function.__module__)
        version = getattr(self.function, "__version__", getattr(module, "__version__", "0"))
        return EngineRecord(self.name.replace(":", ".").rpartition(".")[2].replace("_", "-"), str(version))

    def suggest(self, source: ReadArticle) -> Iterable[QuotedStatement | Mapping[str, Any]]:
        """Call the function."""
        found: Iterable[QuotedStatement | Mapping[str, Any]] = self.function(source, self.surroundings)
        return found
