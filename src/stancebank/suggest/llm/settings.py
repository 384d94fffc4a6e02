"""The settings of the engine `llm`: which model where, how it is asked, and with which key.

They come from the command line. The file of a workspace has none: whoever lays one could otherwise say where words and
key of others go.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from stancebank.annotate.http import is_loopback
from stancebank.errors import InputError, shorten

KEY_VARIABLE = "OPENAI_API_KEY"
"""The variable that has the key, unless another one is named. It is taken for https alone."""

FORMATS = ("json_schema", "json_object", "text")
"""How a server is asked for JSON: by a schema, as any object, or by the prompt alone."""

_ELSEWHERE = re.compile(r"[-:]cloud\Z")  # models that a server on this machine hands on, as Ollama does with these


@dataclass(frozen=True, slots=True)
class LlmSettings:
    """How a model is asked.

    url: the address up to ``/v1``. key_variable: the variable of the environment that has the key. examples: how many
    articles with gold are shown, together of at most example_tokens (estimated). max_tokens: of an answer. timeout,
    longest_wait: in seconds; the latter is how long a server may ask to wait. attempts: how often one request is sent
    at most. concurrency: how many are under way at a time. price_in, price_out: per million tokens. format: the first
    of `FORMATS` that is tried.
    """

    url: str
    model: str
    key_variable: str = ""
    examples: int = 3
    example_tokens: int = 6000
    temperature: float = 0.0
    seed: int = 1
    max_tokens: int = 8192
    timeout: float = 300.0
    longest_wait: float = 120.0
    attempts: int = 5
    concurrency: int = 1
    price_in: float | None = None
    price_out: float | None = None
    format: str = FORMATS[0]

    @property
    def is_here(self) -> bool:
        """Whether words that are sent stay on this machine."""
        return is_loopback(self.url) and not _ELSEWHERE.search(self.model)

    def key(self) -> str:
        """Return the key, or "" where none is sent. Raises InputError where the named variable has none."""
        if not self.key_variable and not self.url.startswith("https:"):
            return ""
        name = self.key_variable or KEY_VARIABLE
        key = os.environ.get(name, "").strip()
        if self.key_variable and not key:
            raise InputError(f"The variable {name} is not set, or empty.\nHint: `export {name}=...` sets it.")
        if not re.fullmatch(r"[!-~]*", key):
            raise InputError(f"The variable {name} holds what no key has: a space, a line end or a special character.")
        return key

    def cost(self, tokens_in: float, tokens_out: float) -> float | None:
        """Return what tokens cost; None where no price is known."""
        if self.price_in is None or self.price_out is None:
            return None
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1_000_000


_LEAST: Mapping[str, float] = {
    "examples": 0,
    "example_tokens": 0,
    "temperature": 0,
    "max_tokens": 1,
    "timeout": 0.01,
    "longest_wait": 0,
    "attempts": 1,
    "concurrency": 1,
    "price_in": 0,
    "price_out": 0,
}
_TEXTS = ("url", "model", "key_variable", "format")
_WHOLE = ("examples", "example_tokens", "seed", "max_tokens", "attempts", "concurrency")


def read_settings(options: Mapping[str, Any]) -> LlmSettings:
    """Make settings of what the command line says. Raises InputError with all that is wrong."""
    known = [each.name for each in fields(LlmSettings)]
    faults = [_unknown(name, known) for name in options if name not in known]
    faults += [fault for name, value in options.items() if name in known and (fault := _fault(name, value))]
    faults += [f"The engine llm needs {name}." for name in ("url", "model") if not str(options.get(name) or "").strip()]
    if ("price_in" in options) != ("price_out" in options):
        faults.append("price_in and price_out are given together, per million tokens.")
    if faults:
        hint = "Hint: --set url=http://127.0.0.1:8080/v1 --set model=NAME; docs/suggesting.md has all settings."
        raise InputError("\n".join([*faults, hint]))
    told: dict[str, Any] = {name: str(value).strip() if name in _TEXTS else value for name, value in options.items()}
    told["url"] = told["url"].rstrip("/").removesuffix("/chat/completions")
    return LlmSettings(**told)


def _unknown(name: str, known: list[str]) -> str:
    likely = get_close_matches(name, known, 1)
    about = f"did you mean {likely[0]}?" if likely else f"there are {', '.join(known)}."
    return f"The engine llm has no setting {shorten(name, 30)}: {about}"


def _fault(name: str, value: object) -> str:
    """Return what is wrong with a value, or ""."""
    if name == "url":
        return _address_fault(str(value))
    if name == "format":
        return "" if value in FORMATS else f"format is {value!r}, and not one of {', '.join(FORMATS)}."
    if name == "key_variable":
        is_name = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,80}", str(value))
        return "" if is_name else "key_variable is the name of a variable of the environment, not the key itself."
    if name in _TEXTS:
        return ""
    kind = int if name in _WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind):
        return f"{name} is {shorten(str(value), 30)!r}, which is no {'whole ' if name in _WHOLE else ''}number."
    least = _LEAST.get(name)
    return f"{name} is {value}; it is at least {least:g}." if least is not None and not value >= least else ""


def _address_fault(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "url is no address."
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        return f"url is {shorten(url, 60)!r}, and no address such as http://127.0.0.1:8080/v1."
    if parts.username or parts.password:
        return "url holds a name or a password; a key belongs into a variable of the environment (key_variable)."
    return "url has a ? or #, which the address of such a server has not." if parts.query or parts.fragment else ""
