"""The sample: what it promises to hold, it holds."""

import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest
from tests.conftest import REPO, Run
from tests.guidelines import known_rules

from stancebank.agreement.compare import CONDITION_FOUND, FOUND, SAME_AS, Difference, compare, worded
from stancebank.check import check_workspace
from stancebank.corpus.language import load_habits, trim_document
from stancebank.model import Document, Statement
from stancebank.publish.gold import read_gold
from stancebank.publish.tables import make_rows
from stancebank.schema.vocabularies import load_vocabularies
from stancebank.starter.laying import lay, sample_files
from stancebank.workspace import Workspace, open_workspace

ANNOTATORS = ("annotator-1", "annotator-2", "annotator-3")
COPIES = "osk-locks-terms-2031-02"  # the event that the wire copies report
SPEECH = "haddan-grain-fair-speech"
TRUCE = "meridian-wire-2031-05-07-halm-terms"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("sample")
    lay(sample_files(), root)
    return open_workspace(root)


@pytest.fixture(scope="module")
def gold(sample: Workspace) -> list[Document]:
    return list(sample.store.documents(None))


def words_of(sample: Workspace, article_id: str, zones: frozenset[str] | None = None) -> list[str]:
    article = sample.store.article(article_id)
    text = sample.store.text(article)
    assert text is not None
    kept = [zone for zone in article.zones if zones is None or zone.zone in zones]
    return re.findall(r"\w+", " ".join(text[zone.begin : zone.end] for zone in kept).lower())


def statements(gold: list[Document]) -> list[Statement]:
    return [statement for document in gold for statement in document.statements]


@pytest.mark.slow
def test_the_check_finds_nothing(sample: Workspace) -> None:
    report = check_workspace(sample)
    assert report.findings == ()
    assert report.articles == report.texts >= 12
    assert report.documents == 4 * report.articles


def test_every_article_is_free_and_of_250_to_600_words(sample: Workspace) -> None:
    for article in sample.store.articles():
        assert (article.rights.licence, article.rights.text_policy) == ("CC-BY-4.0", "full")
        body = words_of(sample, article.id, frozenset({"title", "standfirst", "body", "caption"}))
        assert 250 <= len(body) <= 650, article.id


def test_every_value_is_there_three_times_and_every_feature_is_there(sample: Workspace, gold: list[Document]) -> None:
    every = statements(gold)
    vocabularies = load_vocabularies(sample.schema_dir)
    for name, seen in (
        ("stance", Counter(each.fields["stance"] for each in every)),
        ("attribution", Counter(each.fields["attribution"] for each in every)),
        ("condition_role", Counter(condition.role for each in every for condition in each.conditions)),
    ):
        assert {value for value, count in seen.items() if count >= 3} == set(vocabularies.values(name))
    assert sum(each.same_as is None for each in every) >= 90
    assert sum(len(each.conditions) for each in every) >= 45
    chains = [value for each in every if isinstance(value := each.fields.get("via"), tuple)]
    assert sum(len(chain) >= 2 for chain in chains) >= 3
    assert sum(len(each.content) >= 2 for each in every) >= 3
    assert sum(document.nothing_to_annotate for document in gold) >= 1
    groups = [
        {condition.fields.get("alternative") for condition in each.conditions if condition.role == "if"}
        for each in every
    ]
    assert any(len(each - {None}) >= 2 for each in groups)  # alternatives
    joint = [
        Counter((c.role, c.fields["alternative"]) for c in each.conditions if "alternative" in c.fields)
        for each in every
    ]
    assert any(count >= 2 for each in joint for count in each.values())  # must hold together


def test_a_condition_is_shared_by_two_statements_of_all_wire_copies(sample: Workspace, gold: list[Document]) -> None:
    sharing = []
    for document in gold:
        spans = Counter(
            condition.spans for each in document.statements if not each.same_as for condition in each.conditions
        )
        sharing += [document.article_id for count in spans.values() if count >= 2]
    copies = {each.id for each in sample.store.articles() if each.event and each.event.value == COPIES}
    assert len(copies) == 3
    assert copies <= set(sharing)


def test_contents_hold_emoji_and_a_right_to_left_quotation(sample: Workspace, gold: list[Document]) -> None:
    contents = []
    for document in gold:
        text = sample.store.text(sample.store.article(document.article_id))
        assert text is not None
        contents += [text[span.begin : span.end] for each in document.statements for span in each.content]
    assert sum("\u200d" in content or "\U0001f3fd" in content for content in contents) >= 2
    assert sum(re.search(r"[\u0600-\u06ff]", content) is not None for content in contents) >= 2


def test_one_president_has_two_spellings_and_is_one_entity(sample: Workspace) -> None:
    texts = [sample.store.text(article) or "" for article in sample.store.articles()]
    assert sum("Yusuf al-Karad" in text for text in texts) >= 2
    assert sum("Youssef Alqarad" in text for text in texts) >= 2
    (entity,) = [each for each in sample.store.entities().entities if each.id == "yusuf-al-karad"]
    assert "Youssef Alqarad" in entity.aliases


def test_two_articles_report_one_speech_and_differ_in_a_condition(sample: Workspace, gold: list[Document]) -> None:
    reports = [each.id for each in sample.store.articles() if each.event and each.event.value == SPEECH]
    assert len(reports) == 2
    offers = [
        {condition.fields.get("kind") for condition in each.conditions}
        for document in gold
        if document.article_id in reports
        for each in document.statements
        if each.fields["stance"] == "offer" and each.speaker.entity == "yusuf-al-karad" and each.target.id == "talks"
    ]
    assert {"open-waterway"} in offers
    assert {"open-waterway", "exchange-prisoners"} in offers


def test_only_the_wire_copies_share_eight_words(sample: Workspace) -> None:
    runs = {}
    event = {}
    for article in sample.store.articles():
        words = words_of(sample, article.id)
        runs[article.id] = {tuple(words[place : place + 8]) for place in range(len(words) - 7)}
        event[article.id] = article.event.value if article.event else None
    sharing = {(one, other) for one, other in combinations(sorted(runs), 2) if runs[one] & runs[other]}
    copies = sorted(name for name in runs if event[name] == COPIES)
    assert sharing == set(combinations(copies, 2))


def planted(sample: Workspace) -> set[tuple[str, str, str]]:
    """The rows of DIFFERENCES.md: annotator, article, number of the gold statement (– for an added one)."""
    rows = set()
    page = (sample.root / "DIFFERENCES.md").read_text(encoding="utf-8")
    rules = known_rules((sample.root / "annotate/GUIDELINES.md").read_text("utf-8"))
    for section in page.split("\n## ")[1:]:
        for article, number, rule in re.findall(
            r"^\| `([^`]+)` \| (s\d+|–) \| .* \| (G-\d+) \|$", section, re.MULTILINE
        ):
            assert rule in rules
            rows.add((section.split("\n")[0], article, number))
    return rows


def row_of(annotator: str, difference: Difference, one_is_gold: bool) -> tuple[str, str, str]:
    gold_id = difference.one if one_is_gold else difference.other
    return annotator, difference.article_id, gold_id.rpartition("/")[2] if gold_id else "–"


@pytest.mark.parametrize("annotator", ANNOTATORS)
def test_every_planted_difference_is_found_and_no_other(
    annotator: str, sample: Workspace, gold: list[Document]
) -> None:
    readings = list(sample.store.documents(annotator))
    assert len(readings) == len(gold)
    found = compare(zip(gold, readings, strict=True), sample.scheme)
    rows = {row_of(annotator, each, one_is_gold=True) for each in found.differences}
    assert rows == {row for row in planted(sample) if row[0] == annotator}


def test_the_annotators_have_their_characters(sample: Workspace, gold: list[Document]) -> None:
    total = len(statements(gold))
    rows = Counter(annotator for annotator, _, _ in planted(sample))
    shares = [rows[annotator] / total for annotator in ANNOTATORS]
    assert 0.05 < shares[0] < shares[1] < shares[2] < 0.36


def found_alike(sample: Workspace, gold: list[Document]) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """What two annotators say against gold, in the same words: the two, what they say and what gold says.

    Keys: article, number of the gold statement (– for an added one), field.
    """
    says = defaultdict(set)
    for annotator in ANNOTATORS:
        found = compare(zip(gold, sample.store.documents(annotator), strict=True), sample.scheme)
        for each in found.differences:
            if each.field != SAME_AS:  # ids of a reading are its own
                text = sample.store.text(sample.store.article(each.article_id))
                _, article, number = row_of(annotator, each, one_is_gold=True)
                says[(article, number, each.field), worded(each, text, sample.scheme)].add(annotator[-1])
    return {
        place: (" and ".join(sorted(who)), value, gold_value)
        for (place, (gold_value, value)), who in says.items()
        if len(who) > 1
    }


@pytest.mark.slow
def test_where_two_err_alike_is_listed_and_is_of_many_kinds(sample: Workspace, gold: list[Document]) -> None:
    page = (sample.root / "DIFFERENCES.md").read_text(encoding="utf-8")
    section = page.partition("\n## Where two err alike\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (s\d+|–) \| (.+) \| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE)
    listed = {(article, number, field): said for article, number, *said, field in _field_last(rows)}
    alike = found_alike(sample, gold)
    assert listed == {place: list(said) for place, said in alike.items()}
    assert len({place[:2] for place in alike}) >= 12
    assert {field for *_, field in alike} >= {
        FOUND,
        "stance",
        "force",
        "parties",
        "scope",
        "scope type",
        "role",
        "obligors",
    }
    assert {who for who, *_ in alike.values()} == {"1 and 2", "1 and 3", "2 and 3"}


def _field_last(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(article, number, who, said, gold, field) for article, number, who, field, said, gold in rows]


@pytest.mark.slow
def test_the_annotators_err_in_spans_parties_and_scope(sample: Workspace, gold: list[Document]) -> None:
    wrong = Counter(
        each.field
        for annotator in ANNOTATORS
        for each in compare(zip(gold, sample.store.documents(annotator), strict=True), sample.scheme).differences
    )
    assert min(wrong[name] for name in ("content", "target mention", "parties", "scope", "scope type")) >= 4, wrong
    assert min(wrong[name] for name in ("speaker mention", "condition span", "mediators", CONDITION_FOUND)) >= 1, wrong


@pytest.mark.slow
def test_an_import_would_not_mend_what_was_planted(sample: Workspace) -> None:
    habits = load_habits(sample.root)
    for annotator in ANNOTATORS:
        for document in sample.store.documents(annotator):
            text = sample.store.text(sample.store.article(document.article_id))
            assert text is not None
            assert trim_document(document, text, sample.scheme, habits) == (document, ()), document.article_id


@pytest.mark.slow
def test_a_majority_does_not_have_gold_and_somebody_has_to_decide(sample: Workspace, run: Run, tmp_path: Path) -> None:
    reading = tmp_path / "gold.json"
    reading.write_text(run("annotate", "export", TRUCE, cwd=sample.root).stdout, encoding="utf-8")
    by_majority = run("annotate", "import", reading, "--gold", "majority", "--dry-run", cwd=sample.root)
    assert by_majority.returncode == 1
    assert "(s5): 1 of 3 annotators have it with this stance, which is no majority" in by_majority.stderr
    decided = ("--gold", "adjudicated", "--by", "chair", "--reason", "necessary-only", "--rule", "G-403")
    assert run("annotate", "import", reading, *decided, "--dry-run", cwd=sample.root).returncode == 0


def test_the_readme_names_every_article(sample: Workspace) -> None:
    page = (sample.root / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)) == set(sample.store.article_ids())


def test_ids_of_a_reading_do_not_give_gold_away(sample: Workspace) -> None:
    for annotator in ANNOTATORS:
        for document in sample.store.documents(annotator):
            assert all(re.fullmatch(r"[0-9a-f]{10}", each.id) for each in document.statements)


def share_with_a_condition(workspace: Workspace) -> float:
    """How many of the rows of `statements` have a condition."""
    read = read_gold(workspace, None)
    rows = make_rows(read.readings, read.context)["statements"]
    return sum(bool(row["conditions"]) for row in rows) / len(rows)


@pytest.mark.slow
def test_pages_say_that_the_sample_has_more_conditions_than_real_articles(sample: Workspace) -> None:
    said = f"{share_with_a_condition(sample):.0%}", f"{share_with_a_condition(open_workspace(REPO)):.0%}"
    for page in (sample.root / "README.md", sample.root / "DATASET_CARD.md", REPO / "docs/tutorial.md"):
        found = re.findall(r"(\d+ %) of .*\bstatements carry\b.* against (\d+ %)", page.read_text(encoding="utf-8"))
        assert [tuple(each.replace(" ", "") for each in pair) for pair in found] == [said], page


def test_the_sample_fits_into_a_wheel(sample: Workspace) -> None:
    size = sum(path.stat().st_size for path in Path(sample.root / "corpus").rglob("*") if path.is_file())
    assert size < 1_500_000


def root_of(sample: Workspace, target: str) -> str:
    parents = {each.id: each.parent for each in sample.store.targets().targets}
    while (parent := parents[target]) is not None:
        target = parent
    return target


def test_gold_has_agents_of_every_act_and_of_talks_only_those_who_are_called_on(
    sample: Workspace, gold: list[Document]
) -> None:  # G-610
    seen = Counter[str]()
    for each in statements(gold):
        root = root_of(sample, each.target.id)
        has_agents = root != "talks" or each.fields["stance"] == "demand"
        assert bool(each.target.fields.get("agents")) == has_agents, each.id
        seen[root] += 1
    assert {"talks", "willingness", "force", "policy", "sanctions", "agreement", "relations"} == set(seen)


def test_gold_has_both_sides_of_an_act_and_people_only_where_they_meet(
    sample: Workspace, gold: list[Document]
) -> None:  # G-605 to G-607
    kinds = {each.id: each.kind for each in sample.store.entities().entities}
    one_sided = []
    for each in statements(gold):
        root, parties = root_of(sample, each.target.id), each.target.fields["parties"]
        assert isinstance(parties, tuple)
        if root == "willingness":
            assert parties == each.target.fields["agents"], each.id
        elif root != "talks":
            assert not any(kinds[str(party)] == "person" for party in parties), each.id
        if root != "willingness" and len(parties) < 2:
            one_sided.append(each.id)
    # Of these two, the article names no other side.
    assert [each.split("/")[0][:11] for each in one_sided] == ["sorne-radio", "the-lorn-co"]


def test_gold_has_no_place_of_a_report_or_forecast_as_scope(gold: list[Document]) -> None:  # G-611
    about = Counter(
        each.target.fields["scope_type"]
        for each in statements(gold)
        if each.fields["stance"] in ("deny", "affirm", "doubt") and "scope" in each.target.fields
    )
    assert about["place"] == 0 < about["time"]


def test_target_words_of_gold_begin_with_the_act(sample: Workspace, gold: list[Document]) -> None:  # G-208, G-209
    for document in gold:
        text = sample.store.text(sample.store.article(document.article_id))
        assert text is not None
        for each in document.statements:
            assert each.target.span is not None, each.id
            words = text[each.target.span.begin : each.target.span.end]
            assert not re.match(r"(?i)(to|will|would|not|no|never|secretly|truly) ", words), words
            before = text[: each.target.span.begin].split(" ")[-2].lower()
            assert before not in ("a", "an", "the"), (each.id, words)
