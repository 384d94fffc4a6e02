"""The map says which label is what: all that is wrong with it is told at once, and nothing is guessed."""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from stancebank.annotate.formats.exporting import FORMATS
from stancebank.annotate.formats.importing import TOOLS
from stancebank.annotate.formats.mapping import map_template, read_map
from stancebank.annotate.formats.sheet import Arrow, Mark, Sheet
from stancebank.annotate.formats.statements import count_labels
from stancebank.cli import exporting, foreign
from stancebank.corpus.ingest import text_lines
from stancebank.errors import InputError
from stancebank.model import Article
from stancebank.schema.fields import Scheme
from stancebank.text import normalise
from tests.annotate.formats.ours import Json, build, workspace_of
from tests.conftest import REPO
from tests.schemes import SCHEMES
from tests.strategies import SCHEME, article_of

TEXT = normalise(
    "The envoy returns\n"
    "Ilse Marrow said “Norland will meet Suvia”, but only if the ferry runs, and Tor Aven agreed.\n"
    "Tor Aven said no to the talks."
)


def article(scheme: Scheme = SCHEME) -> Article:
    return replace(article_of(TEXT), schema_version=scheme.version, lines=text_lines(TEXT))


def mark(name: str, label: str, words: str, nth: int = 1, **more: Any) -> Mark:
    place = -1
    for _ in range(nth):
        place = TEXT.index(words, place + 1)
    return Mark(name, label, ((place, place + len(words)),), f"a.ann:{name}", **more)


def sheet(*marks: Mark, links: tuple[Arrow, ...] = (), **more: Any) -> Sheet:
    return Sheet("norland-post-2031-02-11-envoy", "a.ann", TEXT, marks, links, **more)


MINIMAL: dict[str, Json] = {
    "statement": {"labels": "Quote"},
    "speaker": {"labels": ["Person"], "place": "nearest", "entity": {"words": True}},
    "target": {"id": {"constant": "talks"}},
    "fields.stance": {"attribute": "Stance", "values": {"Yes": "agree", "No": "disagree"}},
}
QUOTE = mark("T1", "Quote", "Norland will meet Suvia", attributes={"Stance": ("Yes",)})
ILSE = mark("T2", "Person", "Ilse Marrow")


def made(
    tables: dict[str, Json], *sheets: Sheet, scheme: Scheme = SCHEMES["minimal"], faults: tuple[str, ...] = ()
) -> list[Json]:
    """The statements of sheets, whose faults are these."""
    quoted, builder = build(workspace_of(article(scheme), TEXT, scheme), tables, sheets)
    assert tuple(builder.report.faults) == faults
    found: list[Json] = quoted["statements"]
    return found


def words(span: Json) -> str:
    return TEXT[span["begin"] : span["end"]]


def test_a_quote_and_the_nearest_person_of_its_line_make_a_statement() -> None:
    other = mark("T3", "Person", "Tor Aven", 2)
    (found,) = made(MINIMAL, sheet(QUOTE, ILSE, other))
    assert (found["id"], found["stance"], found["target"]) == ("s1", "agree", {"id": "talks"})
    assert words(found["content"][0]) == "Norland will meet Suvia"
    assert (found["speaker"]["entity"], words(found["speaker"]["mention"])) == ("ilse-marrow", "Ilse Marrow")


def test_what_may_mean_two_things_is_a_fault_with_its_place() -> None:
    short = mark("T4", "Quote", "meet", attributes={"Stance": ("Yes", "No")})
    left, right = mark("T5", "Person", "will"), mark("T6", "Person", "Suvia")
    made(
        MINIMAL,
        sheet(short, left, right),
        faults=(
            "a.ann:T4: a.ann:T5 and a.ann:T6 are as near to it as one another.",
            "a.ann:T4: stance has 2 values: 'agree', 'disagree'.",
        ),
    )


def test_every_fault_of_a_statement_is_told_and_the_others_are_made() -> None:
    unknown = mark("T3", "Person", "Suvia", 1)
    bad = mark("T4", "Quote", "no to the talks", attributes={"Stance": ("agre",)})
    bare = mark("T7", "Quote", "envoy returns")
    tables = {**MINIMAL, "target": {"id": {"attribute": "Topic", "default": "talks"}}}
    found = made(
        tables,
        sheet(
            QUOTE, ILSE, bad, mark("T5", "Person", "The", 1, attributes={}), bare, mark("T6", "Person", "Tor Aven", 2)
        ),
        faults=(
            "a.ann:T4: 'agre' is no stance. Allowed: agree, disagree. Did you mean 'agree'?",
            "a.ann:T5: no entity is called 'The'.",
            "a.ann:T7: nothing says its stance.",
        ),
    )
    assert [each["stance"] for each in found] == ["agree"]
    assert unknown.label == "Person"


def test_marks_inside_the_statement_are_its_conditions_and_pieces_go_on() -> None:
    rest = mark("T8", "Quote", "only if the ferry runs")
    tables: dict[str, Json] = {
        "statement": {"labels": "Quote", "continues": "More", "id": {"note": "Id"}},
        "speaker": {"labels": "Person", "relation": "Says", "entity": {"attribute": "Who"}},
        "target": {
            "id": {"attribute": "Topic", "values": {"Peace": "talks"}, "of": "statement"},
            "fields": {},
        },
        "target.fields.parties": {"note": "Parties"},
        "fields.stance": {"label": True, "values": {"Quote": "open"}},
        "fields.attribution": {"quotation_marks": True},
        "fields.said_on": {"attribute": "Date", "basis": {"constant": "stated"}},
        "fields.uncertain": {"attribute": "Unsure"},
        "condition": {
            "labels": ["If"],
            "place": "inside",
            "role": {"label": True, "values": {"If": "only_if"}},
        },
        "condition.fields.kind": {"constant": "unspecified"},
        "condition.fields.alternative": {"attribute": "Group", "default": 2},
    }
    quote = mark(
        "T1",
        "Quote",
        "Norland will meet Suvia",
        attributes={"Topic": ("Peace",), "Date": ("2031-02-11",), "Unsure": ("",)},
        notes={"Id": ("s9",), "Parties": ("Norland, Suvia",)},
    )
    person = mark("T2", "Person", "Ilse Marrow", attributes={"Who": ("Ilse MARROW",)})
    links = (Arrow("More", "T1", "T8", "a.ann:9"), Arrow("Says", "T2", "T1", "a.ann:10"))
    condition = mark("T9", "If", "if the ferry runs")
    (found,) = made(tables, sheet(quote, rest, person, condition, links=links), scheme=SCHEME)
    assert found["id"] == "s9"
    assert [words(each) for each in found["content"]] == ["Norland will meet Suvia", "only if the ferry runs"]
    assert found["speaker"]["entity"] == "ilse-marrow"
    assert found["target"] == {"id": "talks", "parties": ["norland", "suvia"]}
    assert (found["stance"], found["attribution"], found["uncertain"]) == ("open", "mixed", True)
    assert found["said_on"] == {"date": "2031-02-11", "basis": "stated"}
    (one,) = found["conditions"]
    assert (one["id"], one["role"], one["kind"], one["alternative"]) == ("c1", "only_if", "unspecified", 2)
    assert words(one["spans"][0]) == "if the ferry runs"


def test_an_event_is_a_statement_whose_words_are_another_mark() -> None:
    tables: dict[str, Json] = {
        "statement": {"labels": "Say"},
        "content": {"labels": "Clause", "relation": "What"},
        "speaker": {"labels": "Person", "relation": "Who", "entity": {"words": True}},
        "target": {"id": {"constant": "talks"}},
        "fields.stance": {"constant": "agree"},
    }
    links = (Arrow("What", "T1", "T2", "a.ann:4"), Arrow("Who", "T1", "T3", "a.ann:4"))
    marks = (
        mark("T1", "Say", "said"),
        mark("T2", "Clause", "Norland will meet Suvia"),
        mark("T3", "Person", "Ilse Marrow"),
    )
    (found,) = made(tables, sheet(*marks, links=links))
    assert words(found["content"][0]) == "Norland will meet Suvia"
    lone = sheet(marks[0], marks[2], links=links[1:])
    made(tables, lone, faults=("a.ann:T1: no Clause belongs to it.",))


def test_what_the_map_does_not_speak_of_is_counted_and_what_belongs_to_nothing_is_listed() -> None:
    place = mark("T5", "Place", "ferry", attributes={"Size": ("big",)})
    noted = mark("T1", "Quote", "Norland will meet Suvia", attributes={"Stance": ("Yes",), "Mood": ("fair",)})
    lone = mark("T6", "Person", "Tor Aven", 2)
    links = (Arrow("Near", "T5", "T1", "a.ann:9"),)
    tables = {**MINIMAL, "ignore": {"relations": ["Near"]}}
    given = sheet(noted, ILSE, place, lone, links=links, others=("angry",), left_out={"comments of doccano": 2})
    _, builder = build(workspace_of(article(), TEXT, SCHEMES["minimal"]), tables, [given])
    report = builder.report
    assert dict(report.left_out) == {
        "label of the whole text 'angry'": 1,
        "comments of doccano": 2,
        "label 'Place'": 1,
        "attribute 'Mood'": 1,
    }
    assert dict(report.ignored) == {"relation 'Near'": 1}
    assert report.loose == ["a.ann:T6: Person belongs to no statement."]


def test_texts_without_labels_are_nothing_only_if_the_map_says_so() -> None:
    workspace = workspace_of(article(), TEXT, SCHEMES["minimal"])
    _, builder = build(workspace, MINIMAL, [sheet()])
    assert (builder.readings(), dict(builder.report.left_out)) == ([], {"text without labels": 1})
    quoted, _ = build(workspace, {**MINIMAL, "reading": {"empty": "nothing"}}, [sheet()])
    assert quoted["nothing_to_annotate"] is True
    other = sheet(mark("T5", "Place", "ferry"))
    _, builder = build(workspace, {**MINIMAL, "reading": {"empty": "nothing"}}, [other])
    assert builder.readings() == []
    assert builder.report.left_out["text whose labels make no statement"] >= 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Sheet("doc-7", "a", "Something else entirely, of another place."), "its words are those of no article"),
        (Sheet("doc-7", "a", None), "its text is not at hand"),
    ],
)
def test_a_text_that_is_no_article_is_a_fault(given: Sheet, said: str) -> None:
    given = Sheet(given.name, given.where, given.text, (QUOTE,))
    workspace = workspace_of(article(), TEXT, SCHEMES["minimal"])
    _, builder = build(workspace, MINIMAL, [given])
    assert said in builder.report.faults[0]
    named, builder = build(workspace, {**MINIMAL, "articles": {"doc-7": article().id}}, [given])
    assert "article" not in "".join(builder.report.faults)
    assert named is not None


def test_sentences_of_one_article_are_found_by_their_words_and_make_one_reading() -> None:
    tables = {**MINIMAL, "speaker": {"entity": {"constant": "tor-aven"}}}
    lines = TEXT.split("\n")
    parts = [
        Sheet(
            "", f"a.jsonl:{n}", line, (Mark("1", "Quote", ((begin, begin + 4),), "x", attributes={"Stance": ("No",)}),)
        )
        for n, (line, begin) in enumerate(((lines[2], 9), (lines[1], lines[1].index("meet"))))
    ]
    found = made(tables, *parts)
    assert [(each["id"], words(each["content"][0])) for each in found] == [("s1", "meet"), ("s2", "said")]


def test_two_sheets_of_the_same_words_by_one_annotator_are_a_fault_and_parts_of_a_text_are_none() -> None:
    again = Sheet("norland-post-2031-02-11-envoy", "b.ann", TEXT, (QUOTE, ILSE))
    quoted, builder = build(workspace_of(article(), TEXT, SCHEMES["minimal"]), MINIMAL, [sheet(QUOTE, ILSE), again])
    assert len(quoted["statements"]) == 1
    (fault,) = builder.report.faults
    assert fault.startswith("b.ann: a.ann has labels of the same words of norland-post-2031-02-11-envoy by anna, too.")


def test_articles_are_named_by_the_map_with_or_without_a_suffix() -> None:
    given = Sheet("doc-7", "doc-7.ann", None, (Mark("T1", "Quote", (), "doc-7.ann:1", "no to the talks"),))
    tables = {**MINIMAL, "speaker": {"entity": {"constant": "tor-aven"}}, "fields.stance": {"constant": "disagree"}}
    for name in ("doc-7", "doc-7.ann"):
        (found,) = made({**tables, "articles": {name: article().id}}, given)
        assert words(found["content"][0]) == "no to the talks"


# The map itself

GOOD = """
[statement]
labels = ["Quote"]

[speaker]
labels = ["Person"]
relation = ["Says"]
entity = {words = true}

[target]
id = {constant = "talks"}

[fields.stance]
attribute = "Stance"
values = {Negative = "reject"}

[fields.attribution]
quotation_marks = true
"""


def read(tmp_path: Path, content: str, scheme: Scheme = SCHEME) -> Any:
    path = tmp_path / "map.toml"
    path.write_text(content, encoding="utf-8")
    return read_map(path, scheme)


@pytest.mark.slow
def test_every_fault_of_a_map_is_told_at_once_with_the_likely_name(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).parts["statement"].labels == ("Quote",)
    form = GOOD.replace("[fields.stance]", "[fields.stanse]").replace('relation = ["Says"]', 'relations = ["Says"]')
    with pytest.raises(InputError) as first:
        read(tmp_path, form.replace("[target]", "[targets]"))
    for part in (
        "map.toml has 3 faults:",
        "targets: unknown key 'targets' (did you mean 'target'?)",
        "fields.stanse: unknown key 'stanse' (did you mean 'stance'?)",
        "speaker.relations: unknown key 'relations' (did you mean 'relation'?)",
        "Hint: `stancebank help formats` explains the map. Nothing was written.",
    ):
        assert part in str(first.value), part
    meaning = (
        GOOD.replace('"reject"', '"rejct"')
        .replace('relation = ["Says"]', "")
        .replace('id = {constant = "talks"}', "")
        .replace("words = true", 'words = true, attribute = "Who"')
        .replace("[fields.attribution]\nquotation_marks = true", "[fields.force]\nquotation_marks = true")
    )
    with pytest.raises(InputError) as second:
        read(tmp_path, meaning + '[condition]\nlabels = ["If"]\nplace = "inside"\n')
    for part in (
        "fields.stance.values.Negative: 'rejct' is no stance. Allowed: ",
        "Did you mean 'reject'?",
        "speaker: its marks need one of `relation` and `place`",
        "target.id: nothing says what it is about.",
        "speaker.entity: a value has one of attribute, note",
        "fields.attribution: the field attribution is required, and nothing says it.",
        "fields.force: quotation marks do not tell it.",
        "condition.role: nothing says the role of conditions.",
    ):
        assert part in str(second.value), part


def test_a_map_of_a_scheme_without_conditions_has_none(tmp_path: Path) -> None:
    own = GOOD.replace("reject", "disagree").replace("[fields.attribution]\nquotation_marks = true\n", "")
    assert read(tmp_path, own, SCHEMES["minimal"]).parts["statement"].labels == ("Quote",)
    with pytest.raises(InputError, match="condition: unknown key 'condition'"):
        read(tmp_path, own + '[condition]\nlabels = ["If"]\nplace = "inside"\n', SCHEMES["minimal"])


@pytest.mark.parametrize("content", ["[statement", "\x00", "labels = 'a'\n[statement]\nlabels = 7"])
def test_what_is_no_map_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"map\.toml"):
        read(tmp_path, content)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_a_template_lists_what_there_is_and_asks_for_what_the_scheme_needs(name: str, tmp_path: Path) -> None:
    scheme = SCHEMES[name]
    marks = (QUOTE, ILSE, mark("T5", 'Odd "label"', "ferry", notes={"AnnotatorNotes": ("well",)}))
    found = count_labels([sheet(*marks, links=(Arrow("Says", "T2", "T1", "a:1"),), others=("angry",))])
    template = map_template(found, "brat", scheme)
    for part in (
        '# Labels: "Odd \\"label\\"" 1, "Person" 1, "Quote" 1',
        '# Relations: "Says" 1',
        '# Attribute Stance: "Yes" 1',
        '# Notes: "AnnotatorNotes" 1',
    ):
        assert part in template, part
    for field in scheme.fields:
        assert field.name in template
    told = read(tmp_path, template.replace('"..."', '"Says"'), scheme)
    assert told.parts["statement"].labels == ("Says",)
    assert {each.name for each in scheme.fields if each.required and each.level == "statement"} <= {
        table.removeprefix("fields.") for table in told.parts
    }


def test_the_map_of_the_documentation_is_one(tmp_path: Path) -> None:
    page = (REPO / "docs/formats.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    told = read(tmp_path, example)
    assert told.parts["condition"].place == "inside"
    assert told.ignored["labels"] == {"Location"}


def test_the_command_line_knows_the_tools_and_forms_that_there_are() -> None:
    assert tuple(TOOLS) == foreign.TOOLS
    assert tuple(FORMATS) == exporting._FORMATS
