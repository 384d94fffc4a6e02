"""From news articles to a dataset of who takes which stance towards what, on which conditions.

For notebooks and scripts: `open` a workspace, `load` a published dataset, `score` predictions, `compare` readings.
docs/api.md shows them. Nothing heavy is imported before one of them is called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stancebank.api import OpenWorkspace, compare, load, open, score

__version__ = "0.2.0"  # the one place; pyproject.toml takes it from here

__all__ = ["OpenWorkspace", "__version__", "compare", "load", "open", "score"]


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    if name in __all__:
        from stancebank import api

        return getattr(api, name)
    raise AttributeError(f"module 'stancebank' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
