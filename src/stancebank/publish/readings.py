"""The gold readings of a workspace, each with as much of the article's words as a build shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from stancebank.corpus.references import current_ids, resolve_document
from stancebank.corpus.store import Store
from stancebank.model import Document, TextPolicy
from stancebank.publish.rows import Context, Reading, make_context
from stancebank.schema.vocabulary import load_vocabularies
from stancebank.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Readings:
    """What a build is made of.

    showing: ids of articles that show words. beyond: those that show more than their tier lets be published. lacking:
    those whose words were wanted and are not at hand; an article of which nothing is quoted is neither. unread: those
    without a gold document, which are left out.
    """

    readings: tuple[Reading, ...]
    context: Context
    showing: tuple[str, ...]
    beyond: tuple[str, ...]
    lacking: tuple[str, ...]
    unread: tuple[str, ...]


def read_gold(workspace: Workspace, text: TextPolicy | None, *, with_words: bool = True) -> Readings:
    """Read the gold documents and their articles, by article id; ids that were redirected give way to the present ones.

    text: how much of the words to show; None for what each article's tier allows. with_words: whether words are
    looked for at all; where not, every article is as if its words were not at hand.
    """
    store = workspace.store
    entities, targets = store.entities(), store.targets()
    moved_entities, moved_targets = current_ids(entities), current_ids(targets)
    others = _annotators(store, moved_entities, moved_targets)
    readings = []
    unread = []
    for article in store.articles():
        document = store.gold(article.id)
        if document is None:
            unread.append(article.id)
            continue
        tier = text or article.rights.text_policy
        words = store.text(article) if with_words and tier != "withheld" else None
        same = tuple(each for each in others.get(article.id, ()) if each.text_sha256 == article.text_sha256)
        readings.append(Reading(article, resolve_document(document, moved_entities, moved_targets), tier, words, same))
    context = make_context(load_vocabularies(workspace.schema_dir), entities, targets, workspace.settings.version)
    return Readings(
        tuple(readings),
        context,
        showing=tuple(each.article.id for each in readings if each.shows_words and each.has_words),
        beyond=tuple(each.article.id for each in readings if each.is_beyond),
        lacking=tuple(
            each.article.id for each in readings if each.tier != "withheld" and each.text is None and each.has_words
        ),
        unread=tuple(unread),
    )


def _annotators(
    store: Store, moved_entities: Mapping[str, str], moved_targets: Mapping[str, str]
) -> dict[str, list[Document]]:
    """Return the documents of annotators by article id, by annotator."""
    found: dict[str, list[Document]] = {}
    for path in store.document_paths():
        document = store.document(path)
        if document.gold is None:
            document = resolve_document(document, moved_entities, moved_targets)
            found.setdefault(document.article_id, []).append(document)
    return found
