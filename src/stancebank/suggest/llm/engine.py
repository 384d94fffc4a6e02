"""The engine `llm`: a model is asked once an article, and what it answers becomes statements.

Words leave this machine only where the user has said so, or where they may be published in full. Every answer is kept
on this machine (`cache`), so a run that was interrupted goes on, and a second one asks nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from stancebank.annotate.http import is_loopback
from stancebank.corpus.anchoring import read_statements
from stancebank.corpus.quoted import QuotedStatement
from stancebank.errors import InputError, ServerError, list_some
from stancebank.suggest.engine import Bill, EngineRecord, ReadArticle, Setting, Surroundings
from stancebank.suggest.llm.answers import Said, StatementReader, read_answer
from stancebank.suggest.llm.cache import answer_key, find_answer, keep_answer
from stancebank.suggest.llm.endpoint import Endpoint, Reply
from stancebank.suggest.llm.mending import Mender
from stancebank.suggest.llm.prompt import Message, PromptMaker, estimate_tokens
from stancebank.suggest.llm.settings import read_settings

VERSION = "1"
"""Rises when the same answer would become other statements, or the messages change."""

_AGAIN = "That is not one JSON object with a list of statements. Answer again, with the JSON object and nothing else."


@dataclass
class _Taken:
    """What a run has taken until now, beside what the endpoint counts. told: what could not be used, by article."""

    from_cache: int = 0
    mended: int = 0
    models: set[str] = field(default_factory=set)
    told: list[tuple[str, str]] = field(default_factory=list)


class LlmEngine:
    """Asks a model. options: the settings of `LlmSettings` by their names. Raises InputError for wrong ones."""

    def __init__(self, surroundings: Surroundings, **options: Any) -> None:
        self.settings = read_settings(options)
        self._surroundings = surroundings
        self._may_send = surroundings.may_upload or self.settings.is_here
        self._prompt = PromptMaker(surroundings, self.settings, self._may_send)
        self._endpoint = Endpoint(self.settings, self.settings.key())
        self._reader = StatementReader(surroundings.scheme, surroundings.targets, self._prompt.schema)
        self._model = self.settings.model
        self._taken = _Taken()
        self._waiting: dict[str, ReadArticle] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._begun: dict[str, Future[tuple[Reply, bool]]] = {}

    @property
    def record(self) -> EngineRecord:
        """The model as the server calls it, and what else changes its answers; neither address nor key."""
        settings = self.settings
        said: dict[str, Setting] = {
            "asked_for": settings.model,
            "examples": settings.examples,
            "example_tokens": settings.example_tokens,
        }
        said |= {"temperature": settings.temperature, "seed": settings.seed, "prompt_sha256": self._prompt.sha256}
        return EngineRecord("llm", VERSION, self._model, settings=said)

    def foresee(self, sources: Sequence[ReadArticle]) -> Bill:
        """Return about how many tokens articles would take, and what they would cost; the first prompt beside it.

        Raises InputError where words may not leave this machine.
        """
        self._require_consent(sources)
        sources = [each for each in sources if each.passages]
        self._waiting = {each.article.id: each for each in sources}
        known, tokens_in, tokens_out, sample = 0, 0, 0, ""
        for each in sources:
            messages = self._prompt.messages(each)
            if find_answer(self._surroundings.workspace.store, each.article.id, self._key(messages)):
                known += 1
                continue
            tokens_in += sum(estimate_tokens(one["content"]) for one in messages)
            tokens_out += self._prompt.answer_tokens(each)
            sample = sample or "\n".join(f"--- {one['role']}\n{one['content'].rstrip()}" for one in messages)
        cost = self.settings.cost(tokens_in, tokens_out)
        left = len(sources) - known
        line = f"Articles to ask {self.settings.model} for: {left} of {len(sources)}"
        line += f" ({known} answered before)" if known else ""
        line += f"; about {tokens_in:,} tokens in and {tokens_out:,} out, estimated from the characters"
        line += "." if cost is None else f"; about {cost:.2f} at these prices."
        value = {"articles": left, "answered_before": known, "tokens_in": tokens_in, "tokens_out": tokens_out}
        return Bill((line,), {**value, "cost": cost}, sample or "Nothing would be sent.")

    def suggest(self, source: ReadArticle) -> Iterator[QuotedStatement]:
        """Yield the statements that the model finds. Raises ServerError where it gives no answer that can be used."""
        if not source.passages:
            return
        self._require_consent([source])
        answer, is_known = self._answer(source)
        self._taken.from_cache += is_known
        self._taken.models.add(answer.model)
        self._model = answer.model
        self._tell_of(source, answer)
        yield from self._statements(source, answer)

    def account(self) -> Bill:
        """Return the tokens that the server counted, what they cost, and what of the answers could not be used."""
        taken, counted = self._taken, self._endpoint
        cost = self.settings.cost(counted.tokens_in, counted.tokens_out)
        line = f"Answers of {list_some(sorted(taken.models)) or self.settings.model}: {counted.answers}"
        line += f", and {taken.from_cache} from before" if taken.from_cache else ""
        line += f"; {counted.tokens_in:,} tokens in and {counted.tokens_out:,} out"
        line += f", without those that the server did not count ({counted.uncounted})" if counted.uncounted else ""
        line += "." if cost is None else f"; {cost:.2f} at these prices."
        lines = [line] if counted.answers or taken.from_cache else []
        if len(taken.models) > 1:
            lines.append(
                f"The model changed: {', '.join(sorted(taken.models))}. Each suggestion says which one made it."
            )
        if taken.mended:
            lines.append(f"Statements with words that were not quoted to the letter, and were placed: {taken.mended}.")
        lines += [f"{article_id}: {told}" for article_id, told in taken.told]
        value: dict[str, Any] = {"requests": counted.requests, "answers": counted.answers}
        value |= {"answered_before": taken.from_cache, "uncounted": counted.uncounted, "cost": cost}
        value |= {"tokens_in": counted.tokens_in, "tokens_out": counted.tokens_out}
        value |= {"models": sorted(taken.models), "mended": taken.mended}
        told = [{"article_id": article_id, "message": message} for article_id, message in taken.told]
        return Bill(tuple(lines), {**value, "left_out": told})

    # Asking

    def _require_consent(self, sources: Iterable[ReadArticle]) -> None:
        withheld = [each.article.id for each in sources if not each.article.rights.text_policy.shows_all]
        if withheld and not self._may_send:
            url, model = self.settings.url, self.settings.model
            where = f"The model {model} at {url}" if is_loopback(url) else url
            raise InputError(
                f"{where} is not on this machine, and {len(withheld)} of the articles may not be "
                f"published in full: {list_some(withheld)}. Their words would be sent there.\n"
                "Hint: if its operator may have them, pass --allow-text-upload; otherwise use a server on this machine."
            )

    def _answer(self, source: ReadArticle) -> tuple[Reply, bool]:
        """Return the answer for an article, and whether it was there; the next ones are asked for meanwhile."""
        if self.settings.concurrency == 1 or source.article.id not in self._waiting:
            return self._fetch(source)
        self._pool = self._pool or ThreadPoolExecutor(self.settings.concurrency)
        ahead = list(self._waiting)
        ahead = ahead[ahead.index(source.article.id) :][: 2 * self.settings.concurrency]
        for article_id in ahead:
            if article_id not in self._begun:
                self._begun[article_id] = self._pool.submit(self._fetch, self._waiting[article_id])
        try:
            return self._begun[source.article.id].result()
        except KeyboardInterrupt:
            self._pool.shutdown(wait=False, cancel_futures=True)
            raise

    def _fetch(self, source: ReadArticle) -> tuple[Reply, bool]:
        store, messages = self._surroundings.workspace.store, self._prompt.messages(source)
        key = self._key(messages)
        if known := find_answer(store, source.article.id, key):
            return known, True
        answer = self._endpoint.ask(messages, self._prompt.schema)
        if read_answer(answer.content) is None:
            said = [{"role": "assistant", "content": answer.content}, {"role": "user", "content": _AGAIN}]
            answer = self._endpoint.ask([*messages, *said], self._prompt.schema)
            if read_answer(answer.content) is None:
                why = (
                    f"it was cut off after {self.settings.max_tokens} tokens" if answer.finish == "length" else "twice"
                )
                raise ServerError(f"The model {answer.model} gave no JSON with a list of statements: {why}.")
        keep_answer(store, source.article.id, key, answer)
        return answer, False

    def _key(self, messages: Sequence[Message]) -> str:
        settings = self.settings
        request: dict[str, Any] = {"model": settings.model, "messages": list(messages), "schema": self._prompt.schema}
        request |= {"temperature": settings.temperature, "seed": settings.seed, "max_tokens": settings.max_tokens}
        return answer_key({**request, "format": settings.format})

    # Reading answers

    def _tell_of(self, source: ReadArticle, answer: Reply) -> None:
        tell = self._taken.told
        if answer.finish == "length":
            tell.append((source.article.id, "the answer was cut off, and its end is missing: raise max_tokens."))
        sent = sum(estimate_tokens(each["content"]) for each in self._prompt.messages(source))
        if answer.tokens_in and answer.tokens_in < sent / 2:
            message = f"the model read {answer.tokens_in:,} tokens of about {sent:,}: its context may be too short."
            tell.append((source.article.id, message))

    def _statements(self, source: ReadArticle, answer: Reply) -> Iterator[QuotedStatement]:
        said = read_answer(answer.content) or Said((), whole=False)
        if not said.whole and answer.finish != "length":
            self._taken.told.append((source.article.id, "a part of the answer is no JSON, and was left out."))
        mender = Mender(source.text, source.passages)
        for number, each in enumerate(said.statements, 1):
            found, left_out = self._reader.read(each)
            if found is None:
                message = f"statement {number} of the answer was left out: {'; '.join(left_out)}."
                self._taken.told.append((source.article.id, message))
                continue
            yield self._statement(found, left_out, mender, answer)

    def _statement(
        self, found: Mapping[str, Any], left_out: list[str], mender: Mender, answer: Reply
    ) -> QuotedStatement:
        (quoted,) = read_statements({"statements": [dict(found)]}, self._surroundings.scheme)
        mended, notes = mender.mend(quoted)
        self._taken.mended += bool(notes)
        because = (f"the model {answer.model} answered it", *notes, *(f"left out: {each}" for each in left_out))
        return replace(mended, confidence=None, because=because)
