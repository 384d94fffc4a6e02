"""What ties articles: events, originals, near copies and quotations, as records and texts tell them."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.conftest import OWN_SCHEMA, TOY, Run, examples, lay_workspace
from tests.corpus.splitting import RULES, WORDS, add, ids, lay_splits, split, splits_of, told
from tests.corpus.test_duplicates import CHINESE, OTHER, REPORT
from tests.strategies import span_of

from stancebank.corpus import splits
from stancebank.corpus.duplicates import Alike, Duplicates, join
from stancebank.corpus.ingest import text_lines
from stancebank.corpus.splits import NEAR_COPY, QUOTATION, REPRINT, Tie, assign, find_ties, plan_splits, record_ties
from stancebank.corpus.store import LEDGER
from stancebank.model import (
    NO_SPLIT,
    SPLITS,
    Article,
    Document,
    Gold,
    Mention,
    Placement,
    Rights,
    Sourced,
    SplitRules,
    Statement,
    Target,
    TextPolicy,
    Zone,
)
from stancebank.text import normalise, sha256
from stancebank.workspace import Workspace, open_workspace

EVENTS = "seed = 'ferry'\ngroup_by = ['event']\n"


def test_what_ties_articles_of_a_corpus_is_told_by_their_records_and_texts(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, EVENTS)
    add(
        empty_root,
        run,
        {"text": told(0), "event": "ferry"},
        {"text": told(1), "event": "ferry"},
        {"text": REPORT},
        {"text": REPORT.replace("Monday", "Tuesday")},
        {"text": f"{told(4)}\n\nThe council read it aloud: “{WORDS}”"},
        {"text": f"{told(5)}\n\n“{WORDS}” That was all."},
        {"text": CHINESE},
        {"text": CHINESE.replace("周一", "周二")},
        {"text": OTHER},
    )
    told_ = split(empty_root, run)
    reasons = [told_["of"][f"Paper {letter}"]["because"].split(":")[0] for letter in "abcdefghi"]
    assert reasons == ["event", "event", "hash", "near-copy", "quotation", "quotation", "hash", "near-copy", "hash"]
    found = splits_of(empty_root)
    for group in ("ab", "cdef", "gh"):
        assert len({found[f"Paper {letter}"] for letter in group}) == 1, group
    assert told_["largest"] == {"articles": told_["largest"]["articles"], "ties": {"near-copy": 1, "quotation": 1}}
    assert len(told_["largest"]["articles"]) == 4
    ledger = (empty_root / "corpus/splits.csv").read_bytes()
    assert not split(empty_root, run)["added"]
    assert (empty_root / "corpus/splits.csv").read_bytes() == ledger


POSITION = "Norland will open the harbour of Keth to every ferry of the lake towns"


@pytest.mark.parametrize(
    ("other", "at_hand", "ties"),
    [
        (POSITION, True, True),
        (POSITION.replace("Keth", "Keth,").upper(), True, True),
        (POSITION, False, True),
        ("Norland will open the harbour of Keth", True, False),  # seven words
        (f"{POSITION} and of the north", True, False),
    ],
)
def test_positions_of_gold_with_the_same_words_tie_articles(
    other: str, at_hand: bool, ties: bool, drawn_root: Path
) -> None:
    words = [POSITION if ties or len(other) > len(POSITION) else other, other]
    texts = [f"{told(number)}\n\n{each}\n" for number, each in enumerate(words)]
    lay_drawn(drawn_root, [{"text": text, "event": None, "first": None} for text in texts])
    store = open_workspace(drawn_root).store
    for number, (text, each) in enumerate(zip(texts, words, strict=True)):
        begin = text.index(each)
        statement = Statement(
            id=f"post-{number}/s1",
            content=(span_of(text, begin, begin + len(each)),),
            speaker=Mention(entity="norland"),
            target=Target(id="talks"),
        )
        store.write_document(
            Document(
                schema_version=OWN_SCHEMA.name,
                guideline_version="2.0",
                article_id=f"post-{number}",
                text_sha256=sha256(text),
                annotator="annotator-1",
                origin="human",
                created_at="2031-03-01T00:00:00Z",
                updated_at="2031-03-01T00:00:00Z",
                gold=Gold(method="single"),
                edition=2,
                statements=(statement,),
            )
        )
    if not at_hand:
        (store.root / store.text_name(store.article("post-1"))).unlink()
    tie = Tie(QUOTATION, "post-0", ("post-0", "post-1"))
    assert (tie in find_ties(store, RULES).ties) is ties
    document = store.gold("post-1")
    assert document is not None
    store.write_document(replace(document, text_sha256="0" * 64))  # its places are in another text
    assert tie not in find_ties(store, RULES).ties
    shutil.rmtree(store.root / "corpus/gold")


@pytest.mark.slow
def test_records_tie_without_any_text(empty_root: Path, run: Run) -> None:
    """A reprint with other words, whose text is not at hand, of an article that was withdrawn."""
    lay_splits(empty_root)
    add(empty_root, run, {"text": told(0)}, *({"text": told(number)} for number in range(1, 25)))
    first = ids(empty_root)["Paper a"]
    split(empty_root, run)
    place = next(iter(set(SPLITS) - {open_workspace(empty_root).store.placements()[first].split}))
    store = open_workspace(empty_root).store
    store.write_placements({**store.placements(), first: Placement(place, None, "hash")})
    add(empty_root, run, {"text": told(77), "outlet": "The Other", "reprint_of": first})
    other = ids(empty_root)["The Other"]
    (store.root / store.text_name(store.article(other))).unlink()
    assert run("-w", empty_root, "corpus", "withdraw", first, "--reason", "They asked.").returncode == 0
    assert split(empty_root, run)["of"]["The Other"] == {
        "id": other,
        "split": place,
        "fold": None,
        "because": f"reprint:{first}",
    }


def test_columns_of_records_tie_by_their_values(toy_workspace: Workspace) -> None:
    articles = list(toy_workspace.store.articles())
    found = {(tie.kind, tie.name): len(tie.members) for tie in record_ties(articles, ["language", "published_year"])}
    assert found == {("language", "en"): 3, ("published_year", "2031"): 2}  # one has no date


@pytest.mark.parametrize(
    ("first", "second", "ties"),
    [
        (f"“{WORDS}”", f"“{WORDS}”", True),
        ("“Our boats stay in the harbour tonight.”", "“Our boats stay in the harbour tonight.”", False),  # seven words
        ("“Our boats stay in the old harbour tonight.”", "“Our boats stay in the old harbour tonight.”", True),
        (f"“{WORDS}”", f"“{WORDS.upper()}”", True),
        (f"“{WORDS}”", WORDS, False),  # who does not quote it only uses the words
        (
            "他说：“我们愿意在他们选择的任何一天和任何城镇坐下来谈。”",
            "“我们愿意在他们选择的任何一天和任何城镇坐下来谈。”",
            True,
        ),
        ("他说：“不谈。”", "她说：“不谈。”", False),
    ],
)
def test_a_quotation_of_eight_words_ties_articles(
    first: str, second: str, ties: bool, empty_root: Path, run: Run
) -> None:
    lay_splits(empty_root)
    add(empty_root, run, {"text": f"{told(1)}\n\n{first}"}, {"text": f"{told(2)}\n\n{second}"})
    assert split(empty_root, run)["of"]["Paper b"]["because"].startswith("quotation:") is ties


@pytest.mark.parametrize(("events", "ties"), [(3, True), (2, False), (0, False)])
def test_a_quotation_in_more_events_ties_nothing(events: int, ties: bool, empty_root: Path, run: Run) -> None:
    lay_splits(empty_root, f"quotation_events = {events}\n")
    quoting = [{"text": f"{told(number)}\n\n“{WORDS}”"} for number in range(4)]
    quoting[0]["event"] = quoting[1]["event"] = "ferry"  # they count once
    add(empty_root, run, *quoting)
    value = split(empty_root, run)
    assert (value["of"]["Paper c"]["because"] == "quotation:" + value["of"]["Paper a"]["id"]) is ties
    assert value["wide_quotations"] == (0 if ties else 1)
    said = f"Not tied by a quotation, since it is in more than {events} events: 1 group of articles."
    assert (said in run("-w", empty_root, "corpus", "split").stderr) is not ties


@st.composite
def corpora(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Articles, and what each takes of an earlier one: event, text, nearly the text, a quotation, or nothing."""
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 7))):
        kinds = ("nothing", "event", REPRINT, NEAR_COPY, QUOTATION)
        kind = draw(st.sampled_from(kinds if number else kinds[:1]))
        other = draw(st.integers(0, number - 1)) if number else 0
        own, event = f"{told(number)}\n\n“{' '.join(f'say{number}x{place}' for place in range(9))}”\n", None
        if kind == "event":
            event = found[other]["event"] = found[other]["event"] or f"event-{other}"
        elif kind == REPRINT:
            other = next(each for each in (found[other].get("first"), other) if each is not None)
            own = found[other]["text"]
        elif kind == NEAR_COPY:
            own = found[other]["text"].replace(" word", f" put{number} word", 1)
        elif kind == QUOTATION:
            own = f"{own}\n{found[other]['text'].rstrip().splitlines()[-1]}\n"
        found.append({"text": own, "event": event, "other": None if kind == "nothing" else other, "kind": kind})
        found[-1]["first"] = other if kind == REPRINT else None
    return found


@pytest.fixture(scope="module")
def drawn_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a workspace whose articles the examples of a test replace."""
    return lay_workspace(TOY, tmp_path_factory.mktemp("drawn"))


def lay_drawn(root: Path, articles: list[dict[str, Any]]) -> None:
    """Let a workspace have these articles and no other, called by their places."""
    for folder in ("articles", "texts", "gold"):
        shutil.rmtree(root / "corpus" / folder, ignore_errors=True)
    made = []
    for number, each in enumerate(articles):
        text = normalise(each["text"])
        lines = text_lines(text)
        made.append(
            Article(
                schema_version=OWN_SCHEMA.name,
                id=f"post-{number}",
                event=Sourced(value=each["event"], basis="given") if each["event"] else None,
                reprint_of=None if each["first"] is None else f"post-{each['first']}",
                rights=Rights(holder="Norland Post", licence="CC0-1.0", text_policy=TextPolicy.FULL),
                raw_sha256=sha256(text),
                text_sha256=sha256(text),
                length=len(text),
                lines=lines,
                zones=tuple(Zone(begin=line.begin, end=line.end, zone="body") for line in lines),
            )
        )
    open_workspace(root).store.write_articles(
        [(article, normalise(each["text"])) for article, each in zip(made, articles, strict=True)]
    )


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(corpora(), st.integers(0, 8), st.integers(0, 999))
def test_what_was_planted_in_a_corpus_is_kept_together(
    drawn_root: Path, articles: list[dict[str, Any]], first: int, seed: int
) -> None:
    rules = SplitRules((1, 1, 1), str(seed), quotation_events=len(articles))
    lay_drawn(drawn_root, articles)
    store = open_workspace(drawn_root).store
    planted = [
        (f"post-{number}", f"post-{each['other']}") for number, each in enumerate(articles) if each["kind"] != "nothing"
    ]
    whole = plan_splits(store, rules).placements
    for group in join(planted):
        assert len({whole[name].split for name in group}) == 1, group
        assert NO_SPLIT not in {whole[name].split for name in group}
    lay_drawn(drawn_root, articles[:first])
    earlier = plan_splits(store, rules).placements
    store.write_placements(earlier)
    lay_drawn(drawn_root, articles)
    later = plan_splits(store, rules)
    (store.root / LEDGER).unlink()
    assert later.placements.items() >= earlier.items()
    for one, other in planted:
        splits = {later.placements[name].split for name in (one, other)} - {NO_SPLIT}
        assert len(splits) < 2


def test_texts_that_are_not_at_hand_are_counted(empty_root: Path, run: Run) -> None:
    lay_splits(empty_root)
    add(empty_root, run, {"text": REPORT}, {"text": REPORT.replace("Monday", "Tuesday")})
    for path in empty_root.glob("**/texts/paper-b*.txt"):
        path.unlink()
    done = run("-w", empty_root, "corpus", "split")
    assert "Not compared, since their texts are not at hand: 1 article." in done.stderr
    assert "Hint: run `stancebank corpus hydrate DIR`" in done.stderr


def test_all_copies_of_a_near_copy_are_tied_though_pairs_name_one_of_them(
    toy_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = (Alike("a", "b", 1.0), Alike("a", "c", 1.0), Alike("a", "d", 0.7), Alike("e", "f", 0.8))
    found = Duplicates(pairs, (), (), (), (), 6, "exact")
    monkeypatch.setattr(splits, "find_duplicates", lambda store: found)
    ties = [tie.members for tie in find_ties(toy_workspace.store, RULES).ties if tie.kind == NEAR_COPY]
    assert ties == [("a", "b", "c"), ("a", "b", "c", "d"), ("e", "f")]
    bridge = {
        "a": Placement("none"),
        "b": Placement("test"),
    }  # that one ties nothing, and the others are tied for all that
    copies = [Tie(NEAR_COPY, members[0], members) for members in ties]
    assert {each.split for each in assign("cd", copies, RULES, bridge).values()} == {"test"}
