"""Plans of samples: files that can be read, name articles that are there, and share none with one another."""

from collections.abc import Collection, Iterator

from stancebank.corpus.samples import judge_sample, sample_names
from stancebank.corpus.store import SAMPLES, Store
from stancebank.errors import Finding
from stancebank.text import one_line

INVALID, UNKNOWN = "sample-invalid", "sample-unknown"


def check_samples(store: Store, known: Collection[str]) -> Iterator[Finding]:
    """Check all plans. known: articles that they may name."""
    first: dict[str, str] = {}
    for name in sample_names(store):
        file = f"{SAMPLES}/{name}.json"
        plan, why = judge_sample((store.root / file).read_bytes(), name)
        if why:
            yield Finding(file, "", INVALID, one_line(f"it {why.partition(chr(10))[0]}"))
        for place, each in enumerate(plan.drawn if plan else ()):
            if each.article_id not in known:
                yield Finding(file, f"/drawn/{place}", UNKNOWN, f"there is no article {each.article_id!r}.")
            if first.setdefault(each.article_id, name) != name:
                other = first[each.article_id]
                message = f"{each.article_id!r} is in the plan {other!r}, too, and would count twice."
                yield Finding(file, f"/drawn/{place}", INVALID, message)
