"""What annotators may leave out is inferred and said; what could be meant in two ways is not."""

from typing import Any

import pytest

from stancebank.annotate.controls import SLASH, make_controls
from stancebank.annotate.decode.document import Conversion
from stancebank.annotate.decode.items import Items, Region
from stancebank.annotate.decode.relations import _Linker, link
from stancebank.corpus.store import Store
from stancebank.model import Bounds, Statement
from stancebank.schema.fields import load_scheme
from tests.annotate import effort
from tests.annotate.tasks import read, submitted, task_of, value
from tests.conftest import OWN_SCHEMA, TOY

TEXT = effort.TEXT


class Sheet:
    """An annotation made by hand, region by region."""

    def __init__(self) -> None:
        self.result: list[dict[str, Any]] = []

    def mark(self, name: str, label: str, words: str, **answers: str) -> "Sheet":
        begin = TEXT.index(words)
        place = {"start": begin, "end": begin + len(words), "text": words}
        base = {"id": name, "to_name": "text", "origin": "manual"}
        self.result.append({**base, "from_name": "span", "type": "labels", "value": {**place, "labels": [label]}})
        for question, answer in answers.items():
            shape = "taxonomy" if question in ("target_id", "entity", "kind", "obligors") else "choices"
            given = [[answer]] if shape == "taxonomy" else [answer]
            self.result.append({**base, "from_name": question, "type": shape, "value": {**place, shape: given}})
        return self

    def content(self, name: str, words: str, **answers: str) -> "Sheet":
        return self.mark(name, "content", words, **{"stance": "offer", "target_id": "talks", **answers})

    def tie(self, start: str, end: str, direction: str = "right") -> "Sheet":
        self.result.append({"type": "relation", "from_id": start, "to_id": end, "direction": direction})
        return self

    def convert(self) -> Conversion:
        return read(submitted(effort.task(), self.result))

    def statement(self) -> Statement:
        found = self.convert()
        assert found.rejected == ()
        return found.documents[0].statements[0]


def words(statement: Statement, span: Any) -> str:
    return TEXT[span.begin : span.end]


def test_the_only_content_gets_what_is_alone_with_it_and_all_of_it_is_said() -> None:
    sheet = Sheet().content("c", effort.CONTENT).mark("s", "speaker", "Ilse Marrow").mark("q", "cue", "told")
    sheet.mark("k", "condition", effort.FIRST, role="if", kind="lift-blockade")
    statement = sheet.statement()
    assert (statement.speaker.entity, value(statement, "attribution"), value(statement, "force")) == (
        "ilse-marrow",
        "direct",
        "plain",
    )
    assert value(statement, "cue") is not None
    assert [(each.id, value(each, "alternative")) for each in statement.conditions] == [("c/k", 1)]
    said = " ".join(what for _, what in sheet.convert().readings[0].inferred)
    for part in ("condition of c", "cue of c", "speaker of c", "ilse-marrow", "direct", "force plain", "alternative 1"):
        assert part in said


def test_an_answer_overrules_what_would_be_inferred() -> None:
    sheet = Sheet().content("c", effort.CONTENT, attribution="indirect", force="hedged", entity="suvia")
    statement = sheet.statement()
    assert (value(statement, "attribution"), value(statement, "force"), statement.speaker.entity) == (
        "indirect",
        "hedged",
        "suvia",
    )
    assert sheet.convert().readings[0].inferred == ()


def test_a_cue_inside_its_content_makes_it_reported() -> None:
    sheet = Sheet().content("c", "Norland would not answer letters", entity="norland").mark("q", "cue", "would not")
    assert value(sheet.statement(), "attribution") == "reported"


def test_a_cue_that_is_alone_in_its_paragraph_serves_all_contents_there() -> None:
    sheet = Sheet().content("c", "We will meet Norland", entity="suvia").content("d", effort.SECOND, entity="keth")
    found = sheet.mark("q", "cue", "told").convert()
    assert found.rejected == ()
    assert all(value(each, "cue") for each in found.documents[0].statements)


def test_a_condition_that_two_contents_could_claim_is_rejected_until_an_arrow_says() -> None:
    sheet = Sheet().content("c", effort.CONTENT, entity="suvia").content("d", effort.CONTENT, entity="keth")
    sheet.mark("k", "condition", effort.FIRST, role="if", kind="lift-blockade")
    (rejected, *_) = sheet.convert().rejected
    assert "2 contents could be meant" in rejected.reason
    assert "Alt+R" in rejected.hint
    found = sheet.tie("k", "d").tie("c", "k").convert()  # drawn either way round
    assert found.rejected == ()
    assert [[each.id for each in statement.conditions] for statement in found.documents[0].statements] == [
        ["c/k"],
        ["d/k"],
    ]


@pytest.mark.parametrize("label", ["speaker", "cue"])
@pytest.mark.parametrize("names", ["cd", "dc"])  # in whichever order they were marked
def test_two_of_a_label_and_two_contents_in_a_paragraph_are_never_tied_across(names: str, label: str) -> None:
    """One that shares its paragraph with another of its label could belong to either content (G-19)."""
    contents = {"c": "We   are patient", "d": "Norland would not answer letters"}
    words = {"c": "She", "d": "Tor Aven"} if label == "speaker" else {"c": "added", "d": "said"}
    actors = {"c": "ilse-marrow", "d": "tor-aven"}
    sheet = Sheet()
    for name in names:
        if label == "speaker":
            sheet.content(name, contents[name]).mark(f"s{name}", label, words[name], entity=actors[name])
        else:
            sheet.content(name, contents[name], entity=actors[name]).mark(f"s{name}", label, words[name])
    found = sheet.convert()
    faults = [each.reason for each in found.rejected if "2 contents could be meant" in each.reason]
    assert faults == [f"{label} without an arrow, and 2 contents could be meant."] * 2
    assert [each for document in found.documents for each in document.statements if value(each, "cue")] == []
    assert label == "cue" or found.documents == ()  # no content has got a speaker
    for name in names:
        sheet.tie(f"s{name}", name)
    found = sheet.convert()
    assert found.rejected == ()
    assert {each.id: each.speaker.entity for each in found.documents[0].statements} == actors
    spans = {
        each.id: value(each, "cue") if label == "cue" else each.speaker.span for each in found.documents[0].statements
    }
    assert {name: TEXT[span.begin : span.end] for name, span in spans.items() if span} == words


@pytest.mark.parametrize(("direction", "tied"), [("right", ("d", None)), ("left", (None, "c"))])
def test_an_arrow_between_contents_says_which_is_the_same_as_which(
    direction: str, tied: tuple[str | None, str | None]
) -> None:
    sheet = Sheet().content("c", "We will meet Norland", entity="suvia").content("d", effort.SECOND, entity="suvia")
    found = sheet.tie("c", "d", direction).convert()
    assert found.rejected == ()
    assert tuple(each.same_as for each in found.documents[0].statements) == tied


def test_ends_that_do_not_belong_together_are_rejected() -> None:
    sheet = (
        Sheet().content("c", effort.CONTENT, entity="suvia").mark("q", "cue", "told").mark("s", "via", "Ilse Marrow")
    )
    rejected = sheet.tie("q", "s").tie("s", "c").convert().rejected
    assert [each.reason for each in rejected] == ["cue and via cannot be tied."]


def test_a_piece_continues_the_content_of_its_paragraph() -> None:
    statement = Sheet().content("c", "We   are", entity="suvia").mark("m", "more", "patient").statement()
    assert [words(statement, span) for span in statement.content] == ["We   are", "patient"]


def test_a_chain_of_via_stands_outermost_first() -> None:
    sheet = Sheet().content("c", "Norland would not answer letters", entity="norland")
    sheet.mark("i", "via", "Tor Aven").mark("o", "via", "She", entity="lantern").tie("o", "i").tie("i", "c")
    assert [each.entity for each in value(sheet.statement(), "via")] == ["lantern", "tor-aven"]


def test_two_via_without_an_arrow_between_them_stand_as_in_the_text_and_that_is_said() -> None:
    sheet = Sheet().content("c", "Norland would not answer letters", entity="norland")
    sheet.mark("i", "via", "Tor Aven").mark("o", "via", "She", entity="lantern").tie("i", "c").tie("o", "c")
    assert [each.entity for each in value(sheet.statement(), "via")] == ["lantern", "tor-aven"]
    assert any("several via" in what for _, what in sheet.convert().readings[0].inferred)


@pytest.mark.parametrize(
    ("answers", "lacking"),
    [({"stance": "offer"}, "target and without speaker"), ({"target_id": "talks", "entity": "suvia"}, "stance")],
)
def test_a_content_that_lacks_an_answer_is_rejected_with_all_that_hangs_on_it(
    answers: dict[str, str], lacking: str
) -> None:
    sheet = Sheet().mark("c", "content", effort.CONTENT, **answers).mark("q", "cue", "told").tie("q", "c")
    found = sheet.convert()
    assert found.documents == ()
    assert f"without {lacking}" in found.rejected[-1].reason + found.rejected[0].reason + str(found.rejected)
    assert {each.item for each in found.rejected if each.item is not None} == set(range(len(sheet.result)))


def test_a_new_name_without_a_name_is_rejected() -> None:
    found = Sheet().content("c", effort.CONTENT, entity="new-1").convert()
    assert any("new-1, which has no name" in each.reason for each in found.rejected)


def test_a_label_that_names_somebody_makes_a_speaker_or_answers_who_it_is() -> None:
    def named(sheet: Sheet, region: str, words_: str, *names: str) -> Sheet:
        begin = TEXT.index(words_)
        value_ = {"start": begin, "end": begin + len(words_), "text": words_, "labels": list(names)}
        item = {"id": region, "from_name": "named_speaker", "to_name": "text", "type": "labels", "value": value_}
        sheet.result.append({**item, "origin": "manual"})
        return sheet

    alone = named(Sheet().content("c", effort.CONTENT), "s", "told", "tor-aven").statement()
    assert (alone.speaker.entity, words(alone, alone.speaker.span)) == ("tor-aven", "told")
    both = named(Sheet().content("c", effort.CONTENT).mark("s", "speaker", "told"), "s", "told", "tor-aven").statement()
    assert (both.speaker.entity, words(both, both.speaker.span)) == ("tor-aven", "told")
    first = named(Sheet(), "s", "told", "tor-aven").mark("s", "speaker", "told").content("c", effort.CONTENT)
    assert first.statement() == both
    whose = named(Sheet().content("c", effort.CONTENT), "c", effort.CONTENT, "tor-aven").statement()
    assert (whose.speaker.entity, whose.speaker.span) == ("tor-aven", None)
    sheet = Sheet().content("c", effort.CONTENT).mark("s", "speaker", "Ilse Marrow")
    sheet.mark("k", "condition", effort.FIRST, role="if", kind="lift-blockade")
    of_condition = named(sheet, "k", effort.FIRST, "tor-aven").convert()
    assert [each.reason for each in of_condition.rejected] == ["entity is not asked about this region."]
    assert len(of_condition.documents[0].statements[0].conditions) == 1
    for wrong in ((), ("tor-aven", "keth")):
        sheet = Sheet().content("c", effort.CONTENT).mark("s", "speaker", "Ilse Marrow")
        (fault,) = named(sheet, "x", "told", *wrong).convert().rejected
        assert "label" in fault.reason
    twice = named(Sheet().content("c", effort.CONTENT, entity="keth"), "c", effort.CONTENT, "tor-aven").convert()
    assert "entity is answered twice." in [each.reason for each in twice.rejected]


def take_away(result: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """What Label Studio leaves of a result where regions are deleted: no answer about them, and no arrow to them."""
    return [each for each in result if not {each.get("id"), each.get("from_id"), each.get("to_id")} & set(names)]


def test_what_nobody_touched_goes_with_the_suggestion_that_was_taken_away() -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    record, document = store.article("norland-post-2031-02-11-envoy"), store.gold("norland-post-2031-02-11-envoy")
    assert document is not None
    text = store.text(record)
    assert text is not None
    task = task_of(record, text, document)
    whole = task["annotations"][0]["result"]
    for number, statement in enumerate(document.statements):
        content = statement.id.replace("/", SLASH)
        rest = take_away(whole, content)
        found = read({**task, "annotations": [{**task["annotations"][0], "result": rest}]})
        assert found.rejected == ()
        kept = [each for each in document.statements if each.id != statement.id]
        assert [each.id for each in found.documents[0].statements] == [each.id for each in kept]
        for one, other in zip(found.documents[0].statements, kept, strict=True):
            assert (one.content, one.speaker, one.target, one.conditions) == (
                *(other.content, other.speaker, other.target),
                tuple(each for each in other.conditions),
            )
        said = [what for region, what in found.readings[0].inferred if "taken away" in what]
        parts = {each["id"] for each in rest if str(each.get("id")).startswith(f"{content}{SLASH}")}
        assert len(said) <= len(parts)
        assert sorted(found.readings[0].placed) == list(range(len(rest))), number

    first = next(each for each in document.statements if each.conditions)
    content, condition = (each.replace("/", SLASH) for each in (first.id, first.conditions[0].id))
    rest = take_away(whole, content)
    place = next(each["value"] for each in whole if each["id"] == content and each["from_name"] == "span")
    again = [
        {**each, "id": "again", "origin": "manual"} for each in whole if each.get("id") == content
    ]  # marked anew, so that what is left is meant for it
    found = read({**task, "annotations": [{**task["annotations"][0], "result": [*rest, *again]}]})
    (new,) = [each for each in found.documents[0].statements if each.id == "again"]
    assert place["labels"] == ["content"]
    assert [each.spans for each in new.conditions] == [each.spans for each in first.conditions]
    touched = [{**each, "origin": "prediction-changed"} if each.get("id") == condition else each for each in rest]
    found = read({**task, "annotations": [{**task["annotations"][0], "result": touched}]})
    assert {each.region for each in found.rejected} == {condition}


def test_many_regions_of_one_long_line_are_tied_without_counting_its_lines_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controls, asked = make_controls(load_scheme(OWN_SCHEMA)), {1: 0, 2: 0}
    for times in asked:
        number = 60 * times
        regions: dict[str, Region] = {}
        bounds: dict[str, tuple[Bounds, ...]] = {}
        for place in range(number):
            for name, label, begin, end in (("a", "content", 0, 40), ("b", "condition", 10, 20), ("c", "cue", 42, 46)):
                region = Region(
                    len(regions), f"{name}{place}", label, 50 * place + begin, 50 * place + end, None, "manual"
                )
                regions[region.id], bounds[region.id] = region, ((region.begin, region.end),)
        look = _Linker.line_at

        def counted(linker: _Linker, offset: int, times: int = times, look: Any = look) -> int:
            asked[times] += 1
            return int(look(linker, offset))

        with monkeypatch.context() as patched:
            patched.setattr(_Linker, "line_at", counted)
            links = link(Items(regions=regions), bounds, "word " * 10 * number, controls)
        assert {(tie.low, tie.high) for tie in links.ties} == {(f"b{place}", f"a{place}") for place in range(number)}
        assert len(links.faults) == number  # a cue could be that of any content
    assert 0 < asked[2] <= 2 * asked[1]
