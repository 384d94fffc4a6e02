"""What a model is told and asked: the task, examples from gold of other events, and the article.

The task and the form of messages are those of the table `chat`, so a model that was tuned with it knows them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stancebank.corpus.selectors import TextIndex
from stancebank.model import Entity
from stancebank.publish.tables.chat import make_answer, system_message, user_message
from stancebank.suggest.engine import Example, ReadArticle, Surroundings
from stancebank.suggest.llm.schema import answer_schema
from stancebank.suggest.llm.settings import LlmSettings
from stancebank.text import sha256

Message = dict[str, str]
Json = dict[str, Any]

_NULL = "\nWhere a key has to be there and there is nothing to say, its value is null.\n"
_SHARE = 0.4  # tokens of an answer for one of an article, where no gold says it


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a model makes of a text: it is not counted, since each model has its own way.

    ASCII has four characters a token, other letters two, and Chinese, Japanese and Korean ones one, about as in
    byte-pair vocabularies of several languages.
    """
    plain = sum(each < "\x80" for each in text)
    wide = sum(each >= "\u2e80" for each in text)
    return -(-plain // 4) + -(-(len(text) - plain - wide) // 2) + wide


@dataclass(frozen=True)
class FewShot:
    """An article with gold as two messages. labels: the values of the label that it has, and "" where it has none."""

    article_id: str
    question: str
    answer: str
    labels: frozenset[str]
    language: str

    @cached_property
    def tokens(self) -> int:
        """Of both messages, as estimated."""
        return estimate_tokens(self.question) + estimate_tokens(self.answer)


@dataclass(frozen=True)
class PromptMaker:
    """Makes the messages of articles. may_show: whether words that may not be published may be in examples."""

    surroundings: Surroundings
    settings: LlmSettings
    may_show: bool

    @cached_property
    def system(self) -> str:
        """The task."""
        return system_message(self.surroundings.scheme, self.surroundings.targets.targets) + _NULL

    @cached_property
    def schema(self) -> Json:
        """The schema of an answer."""
        return answer_schema(self.surroundings.scheme, self.surroundings.targets.targets)

    @cached_property
    def sha256(self) -> str:
        """The hash of the task and of the schema."""
        return sha256(json.dumps([self.system, self.schema], sort_keys=True))

    def messages(self, source: ReadArticle) -> list[Message]:
        """Return the messages for an article: the task, its examples, and its words."""
        said = [{"role": "system", "content": self.system}]
        for each in self.examples(source):
            said.append({"role": "user", "content": each.question})
            said.append({"role": "assistant", "content": each.answer})
        return [*said, {"role": "user", "content": _question(source)}]

    def examples(self, source: ReadArticle) -> list[FewShot]:
        """Return the examples that an article is read with: short, in its language, and of varied labels.

        The same ones each time. None is of its event, and all together keep to the budget of tokens.
        """
        left = [each for one in self.surroundings.without(source.article.id) if (each := self._shown(one))]
        language, budget = _language(source), self.settings.example_tokens
        found: list[FewShot] = []
        seen: set[str] = set()
        while len(found) < self.settings.examples:
            fitting = [each for each in left if each.tokens <= budget]
            if not fitting:
                break
            best = min(fitting, key=lambda each: _rank(each, language, seen))
            found.append(best)
            seen |= best.labels
            budget -= best.tokens
            left.remove(best)
        return found

    def answer_tokens(self, source: ReadArticle) -> int:
        """Return about how many tokens an answer has: as many for a token of the article as in gold."""
        return min(round(estimate_tokens(_question(source)) * self._share), self.settings.max_tokens)

    @cached_property
    def _share(self) -> float:
        asked = sum(estimate_tokens(each.question) for each in self._known.values())
        return sum(estimate_tokens(each.answer) for each in self._known.values()) / asked if asked else _SHARE

    def _shown(self, example: Example) -> FewShot | None:
        return self._known.get(example.source.article.id)

    @cached_property
    def _known(self) -> dict[str, FewShot]:
        """The articles with gold that may be shown, by id."""
        entities = {each.id: each for each in self.surroundings.entities.entities}
        return {
            each.source.article.id: self._show(each, entities)
            for each in self.surroundings.examples
            if (self.may_show or each.source.article.rights.text_policy.shows_all) and self._names_known(each, entities)
        }

    def _names_known(self, example: Example, entities: dict[str, Entity]) -> bool:
        """Whether all entities of a gold document are in the registry, without which no answer can name them."""
        of = self.surroundings.scheme.entities
        return all(name in entities for statement in example.gold.statements for _, name in of(statement))

    def _show(self, example: Example, entities: dict[str, Entity]) -> FewShot:
        source, scheme = example.source, self.surroundings.scheme
        index = TextIndex.of_passages(source.text, source.passages)
        answer = make_answer(example.gold, index, entities, scheme)
        labels = {str(scheme.label.text(each)) for each in example.gold.statements}
        said = json.dumps(answer, ensure_ascii=False)
        return FewShot(source.article.id, _question(source), said, frozenset(labels or {""}), _language(source))


def _rank(shown: FewShot, language: str, seen: Iterable[str]) -> tuple[bool, float, int, str]:
    """Say how good an example is, the best first: of the language, with many new labels for its length, short."""
    new = len(shown.labels.difference(seen))
    return shown.language != language, -new / shown.tokens, shown.tokens, shown.article_id


def _language(source: ReadArticle) -> str:
    return source.article.language.value.partition("-")[0] if source.article.language else ""


def _question(source: ReadArticle) -> str:
    return user_message(source.article, source.text, source.passages)
