"""A site states what it may use; until then a scale is shown in our words or not at all, and old answers stay as they were asked."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Site
from ketacare.outcomes import actions, queries
from ketacare.outcomes.licences import as_shown, statements
from ketacare.outcomes.looking_after import alerts_of
from ketacare.outcomes.models import AnswerSet, LicenceStatement
from ketacare.science.scales import library, wording
from tests.cast import NOW
from tests.rooms.outcomes.caring import licensed, record
from tests.rooms.outcomes.test_pages import url

WISH = "Have you wished you were dead"
SINCE = date(2025, 1, 7)


def state(cast, scale, *, there=False, role="administrator", **changes):
    given = {"holds": True, "holder": "Harbour Clinic", "since": SINCE, "number": "CLP-77"} | changes
    site = cast.there if there else cast.here
    return actions.state_licence(site_id=site, scale=scale, **given, by=cast.actor(role), at=NOW)


def shown(cast, scale):
    return as_shown(library.load(scale), statements(Site.objects.get(pk=cast.here)))


@pytest.mark.parametrize(
    "scale, is_offered, has_text, why",
    [
        ("phq9", True, True, ""),
        ("cssrs_screener", True, False, "registration"),
        ("who5", False, False, "not commercial"),
        ("madrs", False, False, "own licence"),
        ("cadss", False, False, "own licence"),
    ],
)
def test_what_is_shown_before_anything_is_stated(cast, scale, is_offered, has_text, why):
    found = shown(cast, scale)
    assert (found.is_offered, found.wording) == (is_offered, None)
    assert any(item.text for item in found.instrument.items) is has_text
    assert why in found.why_not


@pytest.mark.parametrize("scale, has_text", [("cssrs_screener", True), ("who5", True), ("madrs", False)])
def test_a_statement_opens_a_scale_and_taking_it_back_closes_it(cast, scale, has_text):
    before = shown(cast, scale)
    state(cast, scale)
    now = shown(cast, scale)
    assert (now.is_offered, now.why_not) == (True, "")
    assert any(item.text for item in now.instrument.items) is has_text
    state(cast, scale, holds=False)
    assert shown(cast, scale) == before


def test_a_statement_about_one_scale_or_site_opens_no_other(cast):
    state(cast, "cssrs_screener")
    assert shown(cast, "cssrs_since_last").wording is None
    there = as_shown(library.load("cssrs_screener"), statements(Site.objects.get(pk=cast.there)))
    assert there.wording is None


@pytest.mark.parametrize(
    "scale, change, says",
    [
        ("cssrs_screener", {"number": " "}, "number"),
        ("who5", {"holder": " "}, "who holds"),
        ("who5", {"since": NOW.date() + timedelta(days=1)}, "not come yet"),
        ("phq9", {}, "nothing has to be stated"),
        ("rorschach", {}, "nothing has to be stated"),
    ],
)
def test_a_statement_that_says_nothing_is_refused(cast, scale, change, says):
    with pytest.raises(ActionRefused, match=says):
        state(cast, scale, **change)
    assert not LicenceStatement.objects.exists()


def test_a_declaration_of_non_commercial_use_needs_no_number(cast):
    assert state(cast, "who5", number="").pk


def test_a_statement_is_audited_and_never_changed(cast):
    state(cast, "who5")
    state(cast, "who5", holds=False)
    assert AuditEvent.objects.filter(did__in=["licence stated", "licence taken back"]).count() == 2
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        LicenceStatement.objects.update(holder="x")


@pytest.mark.parametrize("role, there", [("nurse", False), ("quality", False), ("administrator", True)])
def test_only_those_who_may_state_for_a_site(cast, role, there):
    with pytest.raises(NotAllowed):
        state(cast, "who5", role=role, there=there)


def yes_to_the_first(cast) -> dict[str, str]:
    numbers = {f"cssrs_{n}": "0" for n in range(1, 7)} | {"cssrs_6_recent": "0"}
    return numbers | {"cssrs_1": "1", "how": "asked", "answered_on": "2026-03-01"}


def test_answers_keep_the_texts_that_were_shown_whatever_the_site_may_show_later(browse, cast):
    where, client = url("answers-new", cast.ada_course, "cssrs_screener"), browse("prescriber")
    page = client.get(where).content.decode()
    assert WISH not in page
    assert "Wish to be dead" in page
    assert "State what this site may use" in page
    state(cast, "cssrs_screener")
    page = client.get(where)
    assert WISH in page.content.decode()
    assert "Columbia Lighthouse Project" in page.content.decode()
    form = page.context["form"]
    posted = yes_to_the_first(cast) | {name: str(form[name].value()) for name in ("form_key", "wording_version")}
    state(cast, "cssrs_screener", holds=False)  # while the page stood open
    client.post(where, posted)
    row = AnswerSet.objects.get()
    cited = wording.cite(wording.load("cssrs_screener", 1))
    assert (row.wording_version, row.wording_sha256) == (1, cited.sha256)
    assert WISH in client.get(url("answers", cast.ada_course, row.pk)).content.decode()
    assert WISH in record_of(cast, row)[0]


def record_of(cast, row) -> tuple[str, ...]:
    """What the alert of a sitting says raised it, and the first question."""
    assert alerts_of(cast.course("ada"), answer_set=row)
    return tuple(question for question, _ in queries.result(row).answered)


def test_answers_to_our_own_words_stay_in_our_own_words(cast):
    row = record(cast, instrument_id="cssrs_screener", answers={"cssrs_1": 1, "cssrs_2": 0}, how="asked")
    state(cast, "cssrs_screener")
    row = queries.answer_sets().get(pk=row.pk)
    assert (row.wording_version, record_of(cast, row)[0]) == (None, "Wish to be dead")


def test_texts_that_nobody_knows_are_refused(browse, cast):
    where = url("answers-new", cast.ada_course, "cssrs_screener")
    posted = yes_to_the_first(cast) | {"form_key": "5f0c8cf2-93c4-4a0b-9df2-4a4ab2b8a0d1", "wording_version": "7"}
    assert browse("nurse").post(where, posted).status_code == 422
    assert not AnswerSet.objects.exists()


@pytest.mark.parametrize("scale", ["who5", "madrs"])
def test_a_scale_that_is_off_says_why_and_how_to_turn_it_on(browse, cast, scale):
    reply = browse("prescriber").get(url("answers-new", cast.ada_course, scale))
    assert reply.status_code == 409
    page = reply.content.decode()
    assert "Not shown here" in page
    assert reverse("outcomes:licence", args=[cast.here, scale]) in page
    assert "good spirits" not in page
    page = browse("nurse").get(url("answers-new", cast.ada_course, scale)).content.decode()
    assert "A prescriber or an administrator" in page


def test_a_prescriber_states_it_on_the_page_and_the_scale_is_there(browse, cast):
    client, where = browse("prescriber"), reverse("outcomes:licence", args=[cast.here, "who5"])
    assert "CC BY-NC-SA" in client.get(where).content.decode()
    assert client.post(where, {"holds": "yes"}).status_code == 422
    said = {"holds": "yes", "holder": "Harbour Clinic, a charity", "since": "2026-01-05"}
    page = client.post(where, said, follow=True).content.decode()
    assert "Harbour Clinic, a charity" in page
    page = client.get(url("answers-new", cast.ada_course, "who5")).content.decode()
    assert "I have felt cheerful and in good spirits" in page
    assert "All of the time" in page
    assert client.get(reverse("outcomes:licence", args=[cast.here, "rorschach"])).status_code == 404


def test_the_course_page_lists_apart_what_needs_a_statement_and_the_scales_own_page_says_which(browse, cast):
    page = browse("nurse").get(url("course", cast.ada_course)).content.decode()
    free, waiting = page.split("After a statement of this site")
    assert ">PHQ-2<" in free
    assert ">CADSS<" not in free
    assert ">CADSS<" in waiting
    page = browse("nurse").get(url("answers-new", cast.ada_course, "cadss")).content.decode()
    assert "nobody has stated that this site has its own licence" in page


def test_a_scale_without_a_stated_right_is_not_taken_however_its_answers_come(cast):
    with pytest.raises(ActionRefused, match="own licence"):
        record(cast, instrument_id="madrs", answers={"total": 30})
    assert not AnswerSet.objects.exists()
    state(cast, "madrs")
    first = record(cast, instrument_id="madrs", answers={"total": 30})
    state(cast, "madrs", holds=False)
    with pytest.raises(ActionRefused, match="no-right"):
        record(cast, instrument_id="madrs", answers={"total": 12})
    assert record(
        cast, instrument_id="madrs", answers={"total": 13}, supersedes=first
    ).pk  # a correction stays possible


def test_the_right_of_one_site_is_not_another_ones(cast):
    licensed(cast, "madrs", there=True)
    with pytest.raises(ActionRefused, match="no-right"):
        record(cast, instrument_id="madrs", answers={"total": 30})


def test_texts_that_a_site_never_had_a_right_to_show_are_not_kept_as_asked(cast):
    texts = wording.newest("cssrs_screener", 1)
    answers = {"cssrs_1": 0, "cssrs_2": 0, "cssrs_6": 0}
    with pytest.raises(ActionRefused, match="registration"):
        record(cast, instrument_id="cssrs_screener", answers=answers, wording=texts)
    assert record(cast, instrument_id="cssrs_screener", answers=answers).wording_version is None
