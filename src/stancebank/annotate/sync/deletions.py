"""Documents whose annotation is gone from the server: removed here, unless they were changed or are too many."""

from collections.abc import Iterator

from stancebank.annotate.sync.bases import Bases
from stancebank.annotate.sync.keeping import Keeping
from stancebank.annotate.sync.memory import Memory
from stancebank.annotate.sync.outcome import Outcome, PullRequest
from stancebank.annotate.sync.sides import decide

FEW = 3  # documents that go without a word, or a tenth of all, if that is more


def take_deletions(request: PullRequest, memory: Memory, bases: Bases, keeping: Keeping) -> Iterator[Outcome]:
    """Take over what was deleted on the server or skipped there since, and yield what became of each document."""
    claimed = memory.newest()
    known = bases.all()
    vanished = {key: base for key, base in known.items() if key not in claimed}
    doomed = []
    for (article_id, annotator), base in sorted(vanished.items()):
        here = keeping.read(article_id, annotator)
        deed = decide(base.document, here.labels, None)
        if deed == "forget":
            bases.forget(article_id, annotator)
        elif deed == "remove":
            doomed.append((article_id, annotator, base.annotation, here))
        else:
            side = request.settles(article_id, annotator)
            if side == "theirs":
                keeping.remove(here, article_id, annotator)
            if side is not None:
                bases.forget(article_id, annotator)
                keeping.clear(article_id, annotator)
            yield Outcome(
                "conflict" if side is None else "kept" if side == "ours" else "removed",
                article_id,
                annotator,
                annotation=base.annotation,
                said=("it is gone from the server, and was changed here.",),
                here=here.document,
            )
    held = len(doomed) > max(FEW, len(known) // 10) and not request.accept_deletions
    for article_id, annotator, annotation, here in doomed:
        if not held:
            keeping.remove(here, article_id, annotator)
            bases.forget(article_id, annotator)
        yield Outcome("held" if held else "removed", article_id, annotator, annotation=annotation)
