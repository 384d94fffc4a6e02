"""Zones of whole pages, as news sites print them. Countries, people and outlets are invented."""

import time

import pytest

from stancebank.corpus.language import load_language
from stancebank.corpus.metadata import find_date, found
from stancebank.corpus.segment import infer_zones
from stancebank.text import normalise

LEAD = "The envoy of Suvia came back to Vesta on Monday and found the harbour closed to every barge."
MORE = "“We will sit down with them once the ships are gone,” she told reporters on the quay."
LAST = "The ministry in Port Essa did not answer a request for comment until late in the evening."


def zones(*lines: str, outlet: str | None = "Norland Post") -> list[tuple[str, str]]:
    """The zones of a page whose lines stand a blank line apart: name and words, line ends as a slash."""
    text = normalise("\n\n".join(lines) + "\n")
    return [(zone.zone, text[zone.begin : zone.end].replace("\n\n", " / ")) for zone in infer_zones(text, outlet)]


def test_a_headline_and_a_lead_printed_again_are_repeats() -> None:
    summary = LEAD.removesuffix(".")
    assert zones("Envoy back in port", "Envoy back in port", summary, f"VESTA (Norland Press) – {LEAD}", MORE) == [
        ("title", "Envoy back in port"),
        ("repeat", "Envoy back in port"),
        ("standfirst", summary),
        ("dateline", "VESTA (Norland Press) –"),
        ("repeat", LEAD),
        ("body", MORE),
    ]


def test_a_lead_is_a_repeat_although_byline_and_date_stand_between() -> None:
    page = ["Envoy back in port", LEAD, "By Ilse Marrow and Tor Aven", "12 February 2031", f"VESTA – {LEAD}", MORE]
    assert zones(*page) == [
        ("title", "Envoy back in port"),
        ("standfirst", LEAD),
        ("boilerplate", "By Ilse Marrow and Tor Aven"),
        ("dateline", "12 February 2031 / VESTA –"),
        ("repeat", LEAD),
        ("body", MORE),
    ]


def test_a_summary_above_the_headline_is_a_standfirst() -> None:
    summary = "Minister turns down an offer as her envoy asks whether it was ‘ever meant’."
    assert zones(summary, "Suvia: no talks, no tolls", LEAD, MORE) == [
        ("standfirst", summary),
        ("title", "Suvia: no talks, no tolls"),
        ("body", f"{LEAD} / {MORE}"),
    ]


@pytest.mark.parametrize("above", ["Norland Post", "WORLD NEWS", "By Tor Aven", "12 February 2031", "ADVERTISEMENT"])
def test_what_stands_above_a_headline_is_not_taken_for_it(above: str) -> None:
    page = zones(above, "Envoy back in Vesta after a week", LEAD, MORE)
    assert page[1:] == [("title", "Envoy back in Vesta after a week"), ("body", f"{LEAD} / {MORE}")]
    assert page[0][0] in ("boilerplate", "dateline")


@pytest.mark.parametrize("title", ["Will the envoy ever talk?", "No talks, never!", "Envoy: ‘We will wait’"])
def test_a_headline_may_end_in_any_mark(title: str) -> None:
    assert zones(title, LEAD, MORE) == [("title", title), ("body", f"{LEAD} / {MORE}")]


def test_an_article_without_a_headline_is_all_body() -> None:
    assert zones(LEAD, MORE, LAST) == [("body", f"{LEAD} / {MORE} / {LAST}")]
    assert zones(f"VESTA (Norland Press) – {LEAD}", MORE, "winter boots", LAST) == [
        ("dateline", "VESTA (Norland Press) –"),
        ("body", f"{LEAD} / {MORE}"),
        ("boilerplate", "winter boots"),
        ("body", LAST),
    ]


def test_one_line_is_a_headline_or_a_body_by_its_full_stop() -> None:
    assert zones("Envoy back in port") == [("title", "Envoy back in port")]
    assert zones(LEAD) == [("body", LEAD)]


def test_lines_without_any_full_stop_are_body() -> None:
    poem = ["The barges wait below the hill", "the river keeps its silver", "and nobody will row"]
    assert zones("Song of the Sill", *poem) == [("title", "Song of the Sill"), ("body", " / ".join(poem))]


def test_a_list_belongs_to_the_sentence_that_leads_on_to_it() -> None:
    items = ["Norland asks for three things:", "• the tolls are paid back", "• the barges go home", "3. no more ships"]
    assert zones("Envoy back in port", LEAD, *items, LAST) == [
        ("title", "Envoy back in port"),
        ("body", " / ".join([LEAD, *items, LAST])),
    ]


def test_an_advertisement_in_the_middle_leaves_the_body_on_both_sides() -> None:
    for ad in ("ADVERTISEMENT", "Advertisement – Boots at half price, only if you bring the old!", "northern airways"):
        assert zones("Envoy back in port", LEAD, ad, MORE) == [
            ("title", "Envoy back in port"),
            ("body", LEAD),
            ("boilerplate", ad),
            ("body", MORE),
        ]


def test_a_kicker_with_its_teaser_is_related() -> None:
    teaser = ["OPINION", "Why the envoy will not wait for the thaw", "Anneke Roon", "by Anneke Roon"]
    assert zones("Envoy back in port", LEAD, *teaser, MORE) == [
        ("title", "Envoy back in port"),
        ("body", LEAD),
        ("related", " / ".join(teaser)),
        ("body", MORE),
    ]


@pytest.mark.parametrize("credit", ["[Photo: Norland Press]", "(Photo: Tor Aven)", "[ Harbour office/Norland Press]"])
def test_a_credit_in_brackets_is_cut_off_its_caption(credit: str) -> None:
    for caption in ("Ilse Marrow on the quay", "Ilse Marrow on the quay, an hour before she spoke."):
        assert zones("Envoy back in port", LEAD, f"{caption} {credit}", MORE)[2:4] == [
            ("caption", caption),
            ("boilerplate", credit),
        ]
    assert zones("Envoy back in port", credit, LEAD)[1:] == [("boilerplate", credit), ("body", LEAD)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Read more than three books on the river, the minister told the envoy.",
        "Related talks on the ferry fares ended without a result, the ministry said.",
        "More on this would be said once the ships have left, the envoy promised.",
        "Share this river with us, and we will share our bread, she said.",
        "A video of the shots, posted by the army on Monday, shows two boats.",
        "Subscribe to no treaty while the ships are there, her party warned.",
        "Copyright law was not a part of the talks, the ministry said.",
        "Lights went out (a map is at hand) and the quay fell silent, she said.",
        "The Lake Council (LC) would vote on the tolls within a week, it said.",
        "Norland – the larger of the two – has said it will never pay.",
    ],
)
def test_a_sentence_that_only_begins_like_page_furniture_is_body(sentence: str) -> None:
    assert zones("Envoy back in port", sentence, MORE) == [
        ("title", "Envoy back in port"),
        ("body", f"{sentence} / {MORE}"),
    ]
    assert zones("Envoy back in port", LEAD, sentence, MORE)[1] == ("body", f"{LEAD} / {sentence} / {MORE}")


def test_links_below_a_heading_are_related_until_the_body_goes_on() -> None:
    links = ["Related news", "Norland rules out talks with Suvia", "Will the ferry fares rise again?", "• Boats"]
    assert zones("Envoy back in port", LEAD, *links, MORE, "SOURCE: NORLAND PRESS") == [
        ("title", "Envoy back in port"),
        ("body", LEAD),
        ("related", " / ".join(links)),
        ("body", MORE),
        ("boilerplate", "SOURCE: NORLAND PRESS"),
    ]


def test_below_the_comment_form_nothing_is_read() -> None:
    form = ["No comments yet.", "Leave a Reply", "This site keeps what you write, and it learns how you write it."]
    assert zones("Envoy back in port", LEAD, MORE, *form)[2:] == [("boilerplate", " / ".join(form))]


def test_buttons_above_the_body_do_not_end_the_page() -> None:
    page = zones("Envoy back in port", "3 comments", "Share this", LEAD, "Share this", MORE)
    assert [name for name, _ in page] == ["title", "boilerplate", "body", "boilerplate", "body"]


def test_a_paragraph_quoted_again_keeps_its_first_copy() -> None:
    assert zones("Envoy back in port", LEAD, MORE, LAST, MORE) == [
        ("title", "Envoy back in port"),
        ("body", f"{LEAD} / {MORE} / {LAST}"),
        ("repeat", MORE),
    ]


@pytest.mark.parametrize(
    ("dateline", "place", "day"),
    [
        ("VESTA (Norland Press) –", "Vesta", None),
        ("PORT ESSA, Suvia (NP) —", "Port Essa", None),
        ("PORT ESSA, 12 February 2031 –", "Port Essa", "2031-02-12"),
        ("PORT ESSA, Feb. 12 (Norland Press) --", "Port Essa", None),
        ("VESTA (Norland Post / Norland Press - 1st March, 2031)", "Vesta", "2031-03-01"),
        ("Norland Press –", None, None),
    ],
)
def test_a_dateline_is_cut_off_the_lead_and_read(dateline: str, place: str | None, day: str | None) -> None:
    text = f"Envoy back in port\n\n{dateline} {LEAD}\n"
    inferred = infer_zones(text)
    assert [(zone.zone, text[zone.begin : zone.end]) for zone in inferred][1:] == [
        ("dateline", dateline),
        ("body", LEAD),
    ]
    values = found(text, inferred, load_language(None))
    assert (values.get("place"), values.get("published")) == (place, day)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("12 February 2031", "2031-02-12"),
        ("Feb. 12, 2031", "2031-02-12"),
        ("Sept 3rd, 2031", "2031-09-03"),
        ("2031-02-12", "2031-02-12"),
        ("FEBRUARY 12 2031", "2031-02-12"),
        ("31 February 2031", None),
        ("31 February 2031, or 1 March 2031", "2031-03-01"),
        ("2031-13-40", None),
        ("Room 12, 2031", None),
    ],
)
def test_only_dates_of_the_calendar_are_found(words: str, day: str | None) -> None:
    assert find_date(words, load_language(None)) == day


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["a line\n" * 20_000, "(" + "/" * 100_000 + "\n" + "x. " * 30_000, " (" * 50_000 + "x", "A" + " A" * 100_000 + "!"],
    ids=["many lines", "slashes", "brackets", "capitals"],
)
def test_a_page_that_is_made_to_hurt_takes_a_moment_only(text: str) -> None:
    before = time.thread_time()
    infer_zones(text)
    assert time.thread_time() - before < 5
