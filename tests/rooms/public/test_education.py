"""The education pages: both languages, every figure one click from its source, easy to read, and no promise."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.public import education
from ketacare.science.education import claims
from ketacare.science.errors import BadReference
from ketacare.worklist.queries.claims import pages_to_look_at
from tests.house import messages
from tests.rooms.public.reading_level import ease_es, grade_en, syllables_en, syllables_es

LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
HEADING = re.compile(r"^#.*$", re.MULTILINE)
PAGES = sorted(education.FOLDER.glob("*.md"))
SLUGS = [page.front.id for page in education.pages("en")]
BOTH = [(slug, language) for slug in SLUGS for language in claims.LANGUAGES]
GRADE, EASE = 8, 65
PROMISES = {
    "en": r"guarantee|\bcures?\b|\bcured\b|will (?:help|work|heal|get better)|proven|miracle|breakthrough|life-changing|risk.free|no risk"
    r"|always works|safe and effective|100 ?%",
    "es": r"garantiza|\bcura\b|curará|ayudará|funcionará|mejorará|milagro|revolucionari|sin riesgo|demostrado que funciona|siempre funciona"
    r"|seguro y eficaz|100 ?%",
}
FRONT = """---
id: made-up
version: 1
language: en
place: 1
title: Made up
review: {status: unreviewed}
look_again_on: 2027-05-31
---
"""


def body(path) -> str:
    return path.read_text(encoding="utf-8").split(education.FENCE, 2)[2]


def prose(path) -> str:
    """A page's sentences as they are read: without headings, which would make it look easier than it is."""
    return LINK.sub(r"\1", HEADING.sub("", body(path)))


def statements(language: str) -> list[str]:
    return [one.said(language) for claim in claims.load().claims.values() for one in (claim, *claim.sides)]


def language_of(path) -> str:
    return path.stem[-2:]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_is_the_same_in_both_languages(slug):
    one, other = (education.page(slug, language) for language in claims.LANGUAGES)
    assert other is not None
    assert (one.front.version, one.front.place, one.front.review) == (
        other.front.version,
        other.front.place,
        other.front.review,
    )
    assert one.claims == other.claims
    assert one.html.count("<h2>") == other.html.count("<h2>")
    assert one.html.count("<li>") == other.html.count("<li>")


def test_what_was_asked_for_has_a_page():
    assert SLUGS == [
        "right-for-me",
        "session",
        "effect",
        "side-effects",
        "long-term",
        "watching",
        "costs",
        "rights",
        "questions",
    ]
    assert len(PAGES) == 2 * len(SLUGS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_figure_stands_outside_a_claim(path):
    assert not re.search(r"\d", LINK.sub("", body(path)))


def test_every_claim_is_told_on_some_page():
    told = {name for slug, language in BOTH for name in education.page(slug, language).claims}
    assert told == set(claims.load().claims)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_read_with_ease_by_somebody_who_left_school_at_fourteen(path):
    text = prose(path)
    assert grade_en(text) <= GRADE if language_of(path) == "en" else ease_es(text) >= EASE


def test_the_claims_are_read_with_ease_too():
    assert grade_en("\n".join(statements("en"))) <= GRADE
    assert ease_es("\n".join(statements("es"))) >= EASE


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_nothing_promises_that_it_helps(path):
    text = " ".join([body(path), *statements(language_of(path))])
    assert not re.findall(PROMISES[language_of(path)], text, re.IGNORECASE)


def test_no_word_of_a_page_for_patients_promises_either():
    for room in messages.rooms():
        for one in messages.merged(room):
            for language, text in (("en", one.id), ("es", one.string)):
                assert not re.search(PROMISES[language], " ".join([text] if isinstance(text, str) else text), re.I)


def test_that_it_is_off_label_is_said_where_somebody_asks_whether_it_is_for_them():
    assert "off-label" in education.page("right-for-me", "en").claims
    assert "bipolar" in education.page("right-for-me", "en").claims
    assert {"bladder", "dependence"} <= set(education.page("long-term", "en").claims)
    assert "duration" in education.page("effect", "en").claims


@pytest.mark.parametrize(("slug", "language"), BOTH)
def test_each_figure_is_one_click_from_its_source(db, slug, language):
    text = Client().get(reverse("public:page", args=[slug]), {"language": language}).content.decode()
    for name in education.page(slug, language).claims:
        assert f'href="#claim-{name}"' in text
        (told,) = re.findall(rf'id="claim-{name}">(.*?)</div>', text, re.DOTALL)
        for key in claims.load().claims[name].sources:
            assert key not in told, "sources are told in words, not by our keys"
        assert told.count("<details") >= 1
    assert text.count('id="claim-') == len(education.page(slug, language).claims)


def test_a_page_that_does_not_exist_says_so(db):
    for slug in ("nothing", "right-for-me_en"):
        assert Client().get(f"/learn/{slug}/").status_code == 404


def test_the_first_page_leads_to_every_other(db):
    text = Client().get("/welcome/").content.decode()
    assert all(reverse("public:page", args=[slug]) in text for slug in SLUGS)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("See [this](claim:nothing).", "is no claim"),
        ("See [this](https://example.org).", "is no claim"),
        ("See [this](off-label).", "is no claim"),
        ("<b>Loud</b>", "HTML"),
    ],
)
def test_a_page_with_an_unknown_claim_another_link_or_html_is_refused(text, says):
    with pytest.raises(BadReference, match=says):
        education.parse(FRONT + text, place="made-up")


def test_a_page_without_its_front_is_refused():
    with pytest.raises(BadReference):
        education.parse(FRONT.replace("version: 1\n", ""), place="made-up")


def test_the_measures_of_reading_count_as_people_do():
    english = {
        "ketamine": 3,
        "people": 2,
        "medicine": 3,
        "approved": 2,
        "treated": 2,
        "times": 1,
        "table": 2,
        "watches": 2,
        "blood": 1,
    }
    spanish = {
        "ketamina": 4,
        "agua": 2,
        "quien": 1,
        "presión": 2,
        "día": 2,
        "medicamento": 5,
        "guerra": 2,
        "leer": 2,
        "aeropuerto": 5,
    }
    assert {word: syllables_en(word) for word in english} == english
    assert {word: syllables_es(word) for word in spanish} == spanish
    assert grade_en("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 6 / 6 - 15.59)
    hard = "The pharmacodynamic characteristics of dissociative anaesthetics necessitate individualised multidisciplinary evaluation."
    assert grade_en(hard) > 16 > GRADE
    assert (
        ease_es(
            "Las características farmacodinámicas de los anestésicos disociativos requieren una evaluación multidisciplinaria."
        )
        < 30
    )


@pytest.mark.parametrize(("language", "says"), [("en", "may be out of date"), ("es", "puede estar desactualizado")])
def test_a_claim_that_nobody_has_looked_at_again_says_so_to_the_reader(cast, monkeypatch, language, says):
    page = education.page("costs", language)
    assert page is not None
    day = education.look_again_on(page)
    for later, expected in ((0, False), (1, True)):
        now = datetime.combine(day, time(12), tzinfo=UTC) + timedelta(days=later)
        monkeypatch.setattr("ketacare.public.views.reading.timezone.now", lambda now=now: now)
        shown = Client().get(reverse("public:page", args=["costs"]), headers={"accept-language": language})
        assert (says in shown.content.decode()) is expected


def test_a_page_to_be_looked_at_again_waits_for_a_prescriber_and_for_nobody_else(cast):
    day = min(education.look_again_on(page) for page in education.pages("en"))
    at = datetime.combine(day, time(12), tzinfo=UTC)
    prescriber, desk = (cast.actor(role) for role in ("prescriber", "front-desk"))
    assert pages_to_look_at(prescriber, at)
    assert pages_to_look_at(prescriber, at - timedelta(weeks=3)) == []
    assert pages_to_look_at(desk, at) == []
