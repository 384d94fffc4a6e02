"""Labelling in a real browser: what an annotator does is what the dataset says, and nothing is damaged on the way."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from stancebank.annotate.controls import Profile, make_controls
from stancebank.annotate.interface import interface_xml
from stancebank.annotate.interface_settings import NO_KEY, InterfaceSettings, make_interface
from stancebank.corpus.store import Store
from stancebank.model import Condition, Document, Mention, Span, Statement, Target
from stancebank.text import span_fingerprint
from tests.annotate.desk import Desk
from tests.annotate.effort import CONTENT, FIRST, LIMIT, OTHER_TEXT, SECOND, TEXT, article, label, task
from tests.annotate.tasks import SCHEME, task_of, value
from tests.annotator import browsing
from tests.conftest import OWN_SCHEMA, TOY
from tests.studio import ADMIN, Studio

pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.fixture(scope="module")
def page(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(studio, tmp_path_factory.mktemp("profile"), ADMIN) as [page]:
        yield page


DASH = """key => document.dispatchEvent(new KeyboardEvent("keydown",
  {key, code: "Minus", keyCode: 189, altKey: true, bubbles: true}))"""


def words(*spans: Span, text: str = TEXT) -> str:
    return " ".join(text[span.begin : span.end] for span in spans)


@pytest.mark.parametrize("text", [TEXT, OTHER_TEXT], ids=["a known name", "the envoy"])
@pytest.mark.parametrize("profile", ["core", "full"])
def test_a_statement_with_two_conditions_takes_few_actions(
    studio: Studio, page: Page, profile: Profile, text: str
) -> None:
    desk = Desk(studio, page, profile, task(profile=profile, text=text))
    label(desk.annotator, profile)
    assert desk.annotator.actions <= LIMIT[profile]
    desk.annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    assert found.readings[0].repaired == ()
    (statement,) = found.documents[0].statements
    assert statement.speaker.span is not None
    assert text[statement.speaker.span.begin : statement.speaker.span.end] in ("Ilse Marrow", "the envoy")
    assert (words(*statement.content, text=text), SCHEME.label_of(statement), statement.target.id) == (
        *(CONTENT, "offer_conditional", "talks"),
    )
    assert (statement.speaker.entity, value(statement, "attribution"), value(statement, "force")) == (
        *("ilse-marrow", "direct", "plain"),
    )
    assert [
        (words(*each.spans, text=text), each.role, value(each, "kind"), value(each, "alternative"))
        for each in statement.conditions
    ] == [
        (FIRST, "if", "lift-blockade", 1),
        (SECOND, "only_if", "format", 1),
    ]
    if profile == "full":
        assert (value(statement.target, "parties"), value(statement.target, "mediators")) == (
            *(("suvia", "norland"), ("keth",)),
        )
        assert [value(each, "obligors") for each in statement.conditions] == [("norland",), ("keth",)]
        assert statement.target.span is not None
        assert (words(value(statement, "cue"), text=text), words(statement.target.span, text=text)) == (
            *("told", "meet Norland"),
        )


def test_a_key_that_is_pressed_again_keeps_what_must_be_answered_and_takes_other_answers_away(
    studio: Studio, page: Page
) -> None:
    desk = Desk(studio, page, "full", task())
    annotator = desk.annotator
    annotator.mark("1", CONTENT)
    annotator.mark("3", FIRST)
    annotator.select("We will")
    for keys, stance in (("r", "offer"), ("r", "offer"), ("qq", "reject"), ("rr", "offer"), ("qrr", "offer")):
        for key in keys:
            annotator.key(key)
        assert annotator.chosen("stance") == [stance]
    for force in (["categorical"], [], ["categorical"]):
        annotator.key("k")
        assert annotator.chosen("force") == force
    annotator.choose("target_id", "talks")
    annotator.choose("entity", "Ilse Marrow")
    annotator.release()
    annotator.select(FIRST[:12])
    for role in ("if", "if", "if"):
        annotator.key("z")
        assert annotator.chosen("role") == [role]
    annotator.key("b")
    assert annotator.chosen("role") == ["even if"]
    annotator.choose("kind", "lift a blockade")
    annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    (statement,) = found.documents[0].statements
    assert (value(statement, "stance"), value(statement, "force")) == ("offer", "categorical")
    assert [each.role for each in statement.conditions] == ["even_if"]


def test_words_that_a_name_is_given_to_are_a_speaker_or_tell_whose_a_content_is(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    annotator.mark("1", "We   are patient")
    annotator.select("are patient")
    annotator.key("q")
    annotator.choose("target_id", "talks")
    annotator.page.locator(".labels .lsf-label").filter(has_text="Tor Aven").first.click()  # the content is selected
    annotator.page.wait_for_timeout(300)
    annotator.release()
    annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    (statement,) = found.documents[0].statements
    assert (statement.speaker.entity, statement.speaker.span) == ("tor-aven", None)


def test_a_content_without_a_stance_is_stopped_at_submit(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    desk.annotator.mark("1", CONTENT)
    desk.annotator.submit()
    assert page.get_by_text("Stance: choose it for every content").is_visible()
    desk.annotator.shot("stopped-at-submit")
    assert desk.tasks()[0]["annotations"] == []


def test_typing_a_name_into_a_registry_moves_no_other_field(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "full", task())
    annotator = desk.annotator
    annotator.mark("1", CONTENT)
    annotator.select("We will")
    annotator.key("r")
    page.locator(".question.entity .ant-select").click()
    page.keyboard.type("qwertasdfzxcvbjklyiopmng1234567890", delay=15)  # at once, before the list has the cursor
    page.wait_for_timeout(600)
    assert [annotator.chosen(each) for each in ("stance", "force", "attribution", "uncertain")] == [
        ["offer"],
        [],
        [],
        [],
    ]
    page.keyboard.press("Escape")
    annotator.choose("entity", "Ilse Marrow", typed="marr")
    annotator.choose("target_id", "talks", typed="tal")
    annotator.write("scope", "direct, jkl fgd 123")
    annotator.shot("typed-into-fields")
    annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    (statement,) = found.documents[0].statements
    assert (value(statement, "stance"), statement.speaker.entity, statement.target.id) == (
        "offer",
        "ilse-marrow",
        "talks",
    )
    assert [value(statement, name) for name in ("force", "attribution", "uncertain")] == ["plain", "direct", False]
    assert value(statement.target, "scope") == "direct, jkl fgd 123"
    assert statement.conditions == ()


def test_a_region_made_after_another_does_not_relabel_it(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    annotator.mark("1", CONTENT)
    annotator.mark("2", "Ilse Marrow")
    annotator.select("We will")
    annotator.key("r")
    annotator.choose("target_id", "talks")
    annotator.release()
    annotator.mark("3", FIRST)
    annotator.select(FIRST[:12])
    annotator.key("z")
    annotator.choose("kind", "lift a blockade")
    annotator.submit()
    annotator.shot("no-relabelling")
    found = desk.conversion()
    assert found.rejected == ()
    (statement,) = found.documents[0].statements
    assert (value(statement, "stance"), [value(each, "kind") for each in statement.conditions]) == (
        *("offer", ["lift-blockade"]),
    )


def test_a_content_that_a_forgotten_escape_turned_into_a_condition_is_stopped_at_submit(
    studio: Studio, page: Page
) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    annotator.mark("1", CONTENT)
    annotator.select("We will")
    annotator.key("r")
    annotator.mark("3", FIRST)  # the content is still selected: the key gives it another label
    annotator.submit()
    assert page.get_by_text("Role: choose it for every condition").is_visible()
    assert desk.tasks()[0]["annotations"] == []


def test_a_pre_annotated_task_shows_what_was_pushed(studio: Studio, page: Page) -> None:
    store = Store(TOY, OWN_SCHEMA.name)
    record, document = store.article("norland-post-2031-02-11-envoy"), store.gold("norland-post-2031-02-11-envoy")
    text = store.text(record)
    assert text is not None
    assert document is not None
    pushed = task_of(record, text, document)
    result = pushed["annotations"][0]["result"]
    desk = Desk(studio, page, "full", {"data": pushed["data"], "predictions": [{"result": result}]})
    desk.annotator.select("We will sit")
    desk.annotator.shot("pre-annotated")
    shown = page.locator(".lsf-htx-richtext mark, .lsf-htx-richtext .htx-highlight")
    assert shown.count() >= len([each for each in result if each["type"] == "labels"])
    clear = "each => each.filter(one => getComputedStyle(one).backgroundColor === 'rgba(0, 0, 0, 0)').length"
    assert shown.evaluate_all(clear) == 0  # every region has its colour
    assert desk.annotator.chosen("stance") == ["offer"]
    assert desk.annotator.chosen("target_id") == ["talks"]
    assert desk.annotator.chosen("parties") == ["Suvia", "Norland"]
    desk.annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    assert found.documents[0].statements == document.statements
    assert found.documents[0].non_statements == document.non_statements


def test_a_name_that_the_lists_lack_is_written_down_and_chosen(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    annotator.mark("1", "We   are patient")
    annotator.select("are")
    annotator.key("r")
    annotator.choose("target_id", "talks")
    annotator.choose("entity", "new-1", typed="new-1")
    page.get_by_text("Names that the lists lack").click()
    annotator.write("new_entities", "Dora Quill")
    annotator.key("Enter")
    annotator.shot("new-name")
    annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    assert found.documents[0].statements[0].speaker.entity == "dora-quill"
    assert [(each.id, each.name) for each in found.readings[0].proposals] == [("dora-quill", "Dora Quill")]


def test_white_space_direction_and_zones_are_shown_as_they_are(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    lines = page.locator(".lsf-richtext__line")
    persian = lines.filter(has_text="نورلند")
    assert persian.evaluate("line => getComputedStyle(line).unicodeBidi") == "plaintext"
    box = persian.bounding_box()
    first = annotator.places("وزیر")[0]
    assert box is not None
    assert first[2] > box["x"] + box["width"] - 40  # its first letter stands at the right edge
    gap = annotator.places("are patient")[0][0] - annotator.places("We   are")[0][2]
    assert gap > 20  # an e and three spaces, where one of them would take four pixels
    annotator.mark("1", "ما با نورلند مذاکره نمی‌کنیم")
    annotator.shot("right-to-left")
    annotator.select("VESTA")
    page.keyboard.press("Delete")
    annotator.release()
    annotator.select("مذاکره")
    annotator.key("q")
    annotator.choose("target_id", "talks")
    annotator.choose("entity", "Tor Aven", typed="aven")
    annotator.submit()
    found = desk.conversion()
    assert found.rejected == ()
    (span,) = found.documents[0].statements[0].content
    assert TEXT[span.begin : span.end] == "ما با نورلند مذاکره نمی‌کنیم"
    zones = [each for each in desk.tasks()[0]["annotations"][0]["result"] if each["from_name"] == "zone"]
    assert [(each["value"]["labels"], each["readonly"]) for each in zones] == [
        (["dateline"], True),
        (["related"], True),
    ]


def test_an_arrow_drawn_by_keyboard_says_to_whom_a_condition_belongs(studio: Studio, page: Page) -> None:
    desk = Desk(studio, page, "core", task(profile="core"))
    annotator = desk.annotator
    annotator.mark("1", "We   are patient")
    annotator.mark("1", "Norland would not answer letters")
    annotator.mark("2", "Tor Aven")
    for words in ("are patient", "would not"):
        annotator.select(words)
        annotator.key("q")
        annotator.choose("target_id", "talks")
        annotator.choose("entity", "Ilse Marrow", typed="marr")
        annotator.release()
    annotator.tie("Tor Aven", "would not")
    annotator.shot("arrow")
    annotator.submit()
    relations = [each for each in desk.tasks()[0]["annotations"][0]["result"] if each["type"] == "relation"]
    assert len(relations) == 1
    first, second = desk.conversion().documents[0].statements
    assert first.speaker.span is None
    assert second.speaker.span is not None


def test_answers_without_a_key_get_none_from_label_studio_either(studio: Studio, page: Page) -> None:
    xml = interface_xml(make_interface(make_controls(SCHEME), InterfaceSettings(), "core"))
    desk = Desk(studio, page, "core", task(profile="core"), xml)
    annotator = desk.annotator
    annotator.mark("1", CONTENT)
    annotator.select("We will")
    for key in (*"67890qwetasdfgzxcvbyiopjklnm", NO_KEY):
        if key == NO_KEY:  # as a keyboard sends it that has it on Alt and the minus
            page.evaluate(DASH, NO_KEY)
        else:
            annotator.key(key)
        assert [annotator.chosen(each) for each in ("stance", "uncertain")] == [[], []], key
    annotator.shot("no-keys")
    page.locator(".question.stance").get_by_text("offer").click()
    assert annotator.chosen("stance") == ["offer"]
    annotator.choose("target_id", "talks")
    annotator.choose("entity", "Ilse Marrow", typed="marr")
    annotator.submit()
    (statement,) = desk.conversion().documents[0].statements
    assert value(statement, "stance") == "offer"


def test_label_studio_would_choose_keys_for_answers_that_name_none(studio: Studio, page: Page) -> None:
    xml = interface_xml(make_interface(make_controls(SCHEME), InterfaceSettings(), "core"))
    desk = Desk(studio, page, "core", task(profile="core"), xml.replace(f' hotkey="{NO_KEY}"', ""))
    desk.annotator.mark("1", CONTENT)
    desk.annotator.select("We will")
    desk.annotator.key("7")  # the first key that no label has
    assert desk.annotator.chosen("stance") != []


def drafted(
    name: str, content: str, stance: str, entity: str, mention: str, *conditions: tuple[str, str, str]
) -> Statement:
    """A suggested statement of the text. conditions: words, role and kind of each."""

    def span(marked: str) -> Span:
        begin = TEXT.index(marked)
        return Span(
            begin=begin,
            end=begin + len(marked),
            fingerprint=span_fingerprint(TEXT, begin, begin + len(marked), SCHEME.edition),
        )

    return Statement(
        id=f"envoy/rules-{name}",
        content=(span(content),),
        speaker=Mention(entity=entity, span=span(mention)),
        target=Target(id="talks"),
        conditions=tuple(
            Condition(
                id=f"envoy/rules-{name}/c{number}",
                spans=(span(marked),),
                role=role,
                fields={"kind": kind, "alternative": 1},
            )
            for number, (marked, role, kind) in enumerate(conditions, 1)
        ),
        fields={"stance": stance, "attribution": "direct" if content in TEXT.split("“")[1] else "indirect"},
    )


def test_a_suggestion_is_put_right_in_few_actions(studio: Studio, page: Page) -> None:
    right = drafted("s1", "Suvia to sit down with Norland", "offer", "tor-aven", "Envoy")
    short = CONTENT.removesuffix(" chair")
    drafts = (
        right,
        drafted("s2", short, "offer", "ilse-marrow", "Ilse Marrow"),  # its end and both conditions are missing
        drafted("s3", "Norland would not answer letters", "offer", "tor-aven", "Tor Aven"),
        drafted("s4", "ما با نورلند مذاکره نمی‌کنیم", "reject", "keth", "وزیر", ("نورلند", "if", "format")),
    )
    document = Document(
        schema_version=OWN_SCHEMA.name,
        guideline_version="1.0",
        article_id=article().id,
        text_sha256=article().text_sha256,
        annotator="suggestions:rules",
        origin="model:rules",
        created_at="2031-02-12T08:00:00Z",
        updated_at="2031-02-12T08:00:00Z",
        statements=drafts,
        edition=SCHEME.edition,
    )
    desk = Desk(studio, page, "core", task(document, profile="core"))
    annotator, counted = desk.annotator, dict[str, int]()

    def count(what: str) -> None:
        counted[what] = annotator.actions
        annotator.release()
        annotator.actions = 0

    annotator.select("would not")
    annotator.key("q")
    count("a wrong stance")
    annotator.select("مذاکره")
    annotator.key("Backspace")
    count("a wrong statement")
    annotator.select("We will")
    annotator.stretch(short, CONTENT)
    count("a moved boundary")
    with annotator.selecting_what_is_marked():
        annotator.mark("3", FIRST)
        annotator.key("z")
        annotator.choose("kind", "lift a blockade")
        annotator.drag(SECOND)  # what is selected is a condition, and so is what is marked next
        annotator.key("x")
        annotator.choose("kind", "format of talks")
        count("two missing conditions")
    annotator.shot("suggestions")
    annotator.submit()
    counted["a right statement"] = annotator.actions
    assert counted == {
        "a wrong stance": 2,
        "a wrong statement": 2,
        "a moved boundary": 2,
        "two missing conditions": 9,
        "a right statement": 1,  # and all others of the article
    }
    found = desk.conversion()
    assert found.rejected == ()
    title, envoy, letters = found.documents[0].statements
    assert title == right
    assert (envoy.id, words(*envoy.content), value(envoy, "stance")) == ("envoy/rules-s2", CONTENT, "offer")
    assert [(words(*each.spans), each.role, value(each, "kind")) for each in envoy.conditions] == [
        (FIRST, "if", "lift-blockade"),
        (SECOND, "only_if", "format"),
    ]
    assert (letters.id, value(letters, "stance")) == ("envoy/rules-s3", "reject")
    gone = [name for name, what in found.readings[0].inferred if "taken away" in what]
    assert sorted(gone) == ["envoy·rules-s4·c1", "envoy·rules-s4·speaker"]
