"""Coverage: the marks that prove a reading complete."""

import pytest

from stancebank.check.annotations import marks, uncovered
from stancebank.corpus.language import load_language
from stancebank.corpus.selectors import quotations
from stancebank.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("He said “no”.", ["no"]),
        ('He said "no" and "never".', ["no", "never"]),
        ("Iran‘s door isn’t ‘shut’ yet", ["shut"]),
        ("“One.\n\n“Two,” she said.", ["One.", "Two,"]),
        ("a ‘don’t go’ sign", ["don’t go"]),
        ("«Nein», sagte er", ["Nein"]),
        ("“outer ‘inner’ outer”", ["outer ‘inner’ outer"]),
        ("it's 5' tall", []),
        ("empty “” pair", []),
        *(
            (f"{pair[0]}no talks{pair[1]} was printed here", ["no talks"])
            for pair in [
                "„“",
                "«»",
                "»«",
                "””",
                "„”",
                "「」",
                "『』",
                "‹›",
                "‚‘",
                "《》",
                "''",
                "＂＂",
                "»»",
                "‘’",
                "〝〟",
            ]
        ),
        ("``no talks'' was printed", ["no talks"]),
        ("他说“不谈”，她说「不去」。", ["不谈", "不去"]),
        ("John’s and the boys’ boat, 'tis the ’90s boys’ own", []),
        ("said so.” ”More talks” came", ["More talks"]),
        ('צה"ל הודיע "אין שיחות" היום', ["אין שיחות"]),
    ],
)
def test_quotations_are_found(text: str, inside: list[str]) -> None:
    assert [text[begin:end] for begin, end in quotations(text)] == inside


def test_a_gold_document_that_loses_anything_is_no_longer_complete(toy_workspace: Workspace) -> None:
    import msgspec

    store = toy_workspace.store
    annotated = frozenset({"title", "standfirst", "body", "caption"})
    lost = 0
    for document in store.documents(None):
        article = store.article(document.article_id)
        text = store.text(article)
        assert text is not None
        assert len(list(marks(article, text, annotated, load_language("en")))) >= 2
        assert list(uncovered(article, text, document, annotated, load_language("en"))) == []
        for key in ("statements", "non_statements"):
            items = getattr(document, key)
            for number in range(len(items)):
                less = msgspec.structs.replace(document, **{key: items[:number] + items[number + 1 :]})
                lost += bool(list(uncovered(article, text, less, annotated, load_language("en"))))
    assert lost >= 10
