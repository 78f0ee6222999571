"""The private self-check: the book's own verdict in patient words, help at once for what cannot wait, and nothing kept."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.frontdesk import queries
from ketacare.science import rules
from ketacare.science.selfcheck import definition

CHECK = definition.load()
NOTHING_WRONG = {"pregnancy": ["cannot"], "tried": ["two"], "age": ["40"], "reason": ["depression"]}
YES = {"diagnosed", "escort", "carer"}


def answer_of(question):
    none_of = next((option.id for option in question.options if option.none_of), None)
    return [none_of or ("yes" if question.id in YES else question.options[0].id)]


ANSWERS = {question.id: NOTHING_WRONG.get(question.id) or answer_of(question) for question in CHECK.questions}
FIRST = {question.id: ANSWERS[question.id] for question in CHECK.steps[0].questions}
ADDRESS = "/self-check/"


@pytest.fixture
def visitor(cast):
    """Somebody whose browser may not be trusted with anything: tokens are checked."""
    return Client(enforce_csrf_checks=True)


def sent(client, step="health", *, language="en", **answers):
    body = {"step": step} | ((FIRST if step == "first" else ANSWERS) | answers)
    return client.post(ADDRESS, body, headers={"Accept-Language": language})


def text(reply):
    return reply.content.decode()


def plain(client, *args, **kwargs):
    """The page as text, its entities resolved."""
    return text(sent(client, *args, **kwargs)).replace("&#x27;", "'").replace("&quot;", '"')


@pytest.fixture(autouse=True)
def posts_forms(monkeypatch):
    """A browser sends a form as a form."""
    post = Client.post

    def as_form(self, path, data=None, **extra):
        pairs = "&".join(
            f"{key}={one}"
            for key, given in (data or {}).items()
            for one in ([given] if isinstance(given, str) else given)
        )
        return post(self, path, pairs, content_type="application/x-www-form-urlencoded", **extra)

    monkeypatch.setattr(Client, "post", as_form)


def test_two_pages_of_questions_lead_to_an_answer_without_any_script(visitor):
    first = text(visitor.get(ADDRESS))
    assert "Have you been thinking about ending your life?" in first
    second = text(sent(visitor, "first"))
    assert "How old are you" in second
    assert 'type="hidden" name="suicide" value="no"' in second
    assert "It may be worth a consultation." in text(sent(visitor))


@pytest.mark.parametrize(
    ("language", "consult", "doctor", "not_now"),
    [
        ("en", "It may be worth a consultation.", "Talk to a doctor about these points first.", "Not now, because:"),
        (
            "es",
            "Puede valer la pena una consulta.",
            "Hable primero con un médico sobre estos puntos.",
            "Ahora no, porque:",
        ),
    ],
)
def test_the_three_answers_come_in_both_languages_with_the_rules_own_reasons(
    visitor, language, consult, doctor, not_now
):
    assert consult in plain(visitor, language=language)
    page = plain(visitor, language=language, heart=["valve"])
    assert doctor in page
    assert CHECK.reasons["REL-03"][language] in page
    page = plain(visitor, language=language, vessels=["aneurysm"])
    assert not_now in page
    assert CHECK.reasons["ABS-01"][language] in page


def switched(client, step, to, **answers):
    """The switch of languages pressed on a page of questions."""
    body = {"step": step, "stay": "yes"} | answers
    return text(client.post(f"{ADDRESS}?language={to}", body))


def test_the_other_language_shows_the_same_page_with_every_answer_kept(visitor):
    asked_again = switched(visitor, "first", "es", **FIRST)
    assert "¿Ha pensado en quitarse la vida?" in asked_again
    for name, given in FIRST.items():
        assert re.search(rf'name="{name}" value="{given[0]}" checked', asked_again), name
    second = switched(visitor, "health", "es", **(ANSWERS | {"age": ["41"]}))
    assert 'value="41"' in second
    assert 'type="hidden" name="suicide" value="no"' in second
    assert "ver el resultado" in second.lower()


def test_what_it_came_to_and_help_are_said_in_the_other_language_without_being_asked_again(visitor):
    result = text(visitor.post(f"{ADDRESS}?language=es", {"step": "health"} | ANSWERS))
    assert "Puede valer la pena una consulta." in result
    assert re.search(r'<form id="answers".*name="step" value="health".*name="suicide" value="no"', result)
    urgent = text(visitor.post(f"{ADDRESS}?language=es", {"suicide": ["intent"]}))
    assert CHECK.flags["danger"].title["es"] in urgent
    assert re.search(r'<form id="answers".*name="suicide" value="intent"', urgent)


def test_a_question_left_open_is_named_and_is_no_pass(visitor):
    page = plain(visitor, fits=[])
    assert "Talk to a doctor about these points first." in page
    assert "Have you ever had fits or epilepsy?" in page


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(
    ("name", "answer", "flag"),
    [
        ("suicide", "intent", "danger"),
        ("suicide", "attempt", "danger"),
        ("chest", "now", "heart"),
        ("voices", "yes", "psychosis"),
        ("pregnancy", "yes", "pregnancy"),
    ],
)
@pytest.mark.parametrize("step", ["first", "health"])
def test_what_cannot_wait_leads_to_help_at_once(visitor, step, name, answer, flag, language):
    page = plain(visitor, step, language=language, **{name: [answer]})
    assert CHECK.flags[flag].title[language] in page
    assert 'name="step"' not in page  # nothing leads on: the only form asks for the other language
    assert "112" in page  # the number that the site has settled


@pytest.mark.parametrize("answer", ["passive", "thoughts", "unsure"])
def test_dark_thoughts_bring_the_crisis_numbers_to_the_top_and_the_check_goes_on(visitor, answer):
    page = plain(visitor, "first", suicide=[answer])
    assert page.index("crisis-now") < page.index("How old are you")


def test_nothing_is_stored_and_no_cookie_is_set(visitor):
    writes = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)", re.IGNORECASE)
    with CaptureQueriesContext(connection) as captured:
        replies = [visitor.get(ADDRESS), sent(visitor, "first"), sent(visitor), sent(visitor, vessels=["avm"])]
        replies.append(sent(visitor, "first", suicide=["intent"]))
    assert not [query["sql"] for query in captured.captured_queries if writes.match(query["sql"])]
    assert not Session.objects.exists()
    for reply in replies:
        assert reply.status_code == 200
        assert not reply.cookies
        assert reply["Cache-Control"] == "no-store"
    assert not visitor.cookies


def test_no_answer_is_read_from_an_address_or_put_into_one(visitor):
    page = text(visitor.get(ADDRESS + "?suicide=intent&step=health"))
    assert "Please talk to someone now" not in page
    assert not re.search(r"\bchecked\b", page)
    for address in re.findall(r'(?:href|action|src)="([^"]*)"', text(sent(visitor, vessels=["avm"]))):
        assert "avm" not in address
        assert address.partition("?")[2] in {"", "language=en", "language=es"}


def test_no_answer_is_logged(visitor, caplog):
    caplog.set_level(0)
    sent(visitor, vessels=["aneurysm"])
    sent(visitor, "first", suicide=["intent"])
    assert not [
        record for record in caplog.records if "aneurysm" in record.getMessage() or "intent" in record.getMessage()
    ]


def test_answers_that_there_are_not_say_nothing(visitor):
    page = plain(visitor, fits=["<script>"], age=["abc"])
    assert "<script>" not in page.replace("<script type", "")
    assert "Have you ever had fits or epilepsy?" in page
    assert "How old are you" in page


def test_the_book_that_is_in_force_at_the_chosen_site_judges(cast, visitor, monkeypatch):
    """A site that treats from 21 says so to somebody of 20; another one does not."""
    book = rules.load("eligibility")
    strict = book.policy({"age_min": 21})
    monkeypatch.setattr(
        queries, "in_force", lambda site, *_, **__: (book, strict if site.pk == cast.there else book.defaults)
    )
    assert "It may be worth a consultation." in plain(visitor, age=["20"], site=str(cast.here))
    assert CHECK.reasons["ABS-17"]["en"] in plain(visitor, age=["20"], site=str(cast.there))


def test_the_policy_on_content_lets_no_foreign_or_inline_script_in(visitor):
    reply = visitor.get(ADDRESS)
    policy = reply["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert reply["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["public:self-check", "public:request", "public:request-with-answers"])
def test_uploads_and_long_bodies_are_refused_before_they_are_read(visitor, name):
    path = reverse(name)
    upload = Client.generic(visitor, "POST", path, b"--x\r\n", content_type="multipart/form-data; boundary=x")
    assert upload.status_code == 415
    long = Client.generic(
        visitor, "POST", path, b"a=" + b"x" * 30_000, content_type="application/x-www-form-urlencoded"
    )
    assert long.status_code == 413
