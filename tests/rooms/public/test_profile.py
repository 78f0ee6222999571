"""The clinic as anybody may see it: only where it says so, only what its record holds, and no small number."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ketacare.clinic.models import Site
from ketacare.clinic.qualified import CARE
from ketacare.planning.actions import settle_practice
from ketacare.planning.practices import PUBLIC_OUTCOMES, PUBLIC_PROFILE
from ketacare.public import profile
from ketacare.public.queries import crisis_helps
from ketacare.science.education import own_outcomes
from ketacare.science.qualifications import table
from ketacare.science.stats import disclosure
from tests.cast import NOW
from tests.rooms.billing import paying
from tests.rooms.infusion import treatment
from tests.rooms.rights.asking import limit

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def opened(cast, **switches: bool) -> Site:
    """The clinic with these switches set by a prescriber."""
    for name, value in switches.items():
        settle_practice(
            site_id=cast.here, name=name, value=value, reason="Openness", by=cast.actor("prescriber"), at=NOW
        )
    return Site.objects.get(pk=cast.here)


def text_of(cast, **asked: str) -> str:
    reply = Client().get(f"/clinics/{cast.here}/", asked)
    assert reply.status_code == 200
    return reply.content.decode()


def test_a_clinic_that_has_not_said_so_has_no_page_and_answers_as_one_that_does_not_exist(cast):
    hidden, missing = (Client().get(f"/clinics/{pk}/") for pk in (cast.here, 987654))
    assert (hidden.status_code, missing.status_code) == (404, 404)
    opened(cast, **{PUBLIC_OUTCOMES: True})
    assert Client().get(f"/clinics/{cast.here}/").status_code == 404
    assert f"/clinics/{cast.here}/" not in Client().get("/welcome/").content.decode()


def test_the_switch_is_turned_by_those_who_settle_practice_and_can_be_turned_back(cast):
    opened(cast, **{PUBLIC_PROFILE: True})
    assert f"/clinics/{cast.here}/" in Client().get("/welcome/").content.decode()
    opened(cast, **{PUBLIC_PROFILE: False})
    assert Client().get(f"/clinics/{cast.here}/").status_code == 404


def test_who_treats_is_told_with_papers_that_count_and_no_secret_number(cast):
    site = opened(cast, **{PUBLIC_PROFILE: True})
    found = profile.profile(site, at=NOW)
    text = text_of(cast)
    assert found.people
    for person in found.people:
        assert person.name in text
        assert all(held.is_valid and held.kind.is_public for held in person.papers)
    assert "Controlled-drug registration" not in text


def test_how_sessions_are_watched_is_told_of_what_is_given_here_and_says_what_is_off_label(cast):
    opened(cast, **{PUBLIC_PROFILE: True})
    assert "No session has been given here yet." in text_of(cast)
    treatment.recovering(cast)
    text = text_of(cast)
    assert "Ketamine into a vein" in text
    assert "at least every 10 minutes" in text
    assert "off-label" in text
    assert "555 0100" in text
    assert "Ketamina en una vena" in text_of(cast, language="es")


def test_no_patient_is_named_and_nothing_is_written_to_the_audit_of_any(cast):
    opened(cast, **{PUBLIC_PROFILE: True, PUBLIC_OUTCOMES: True})
    treatment.recovering(cast)
    text = text_of(cast)
    assert not any(cast.patient(who).family_name in text for who in ("ada", "ben", "zoe"))


def test_outcomes_of_a_few_people_are_kept_back_and_of_a_clinic_that_did_not_switch_them_on_not_mentioned(cast):
    opened(cast, **{PUBLIC_PROFILE: True})
    assert "What came of it" not in text_of(cast)
    opened(cast, **{PUBLIC_OUTCOMES: True})
    assert "Too few people" in text_of(cast)


def test_outcomes_are_told_with_their_denominator_and_what_is_missing(cast, monkeypatch):
    shown = disclosure.told(treated=102, scored=61, better=33, limits=own_outcomes.load().limits)
    monkeypatch.setattr(profile, "outcomes", lambda site, on, at: (shown, 0))
    opened(cast, **{PUBLIC_PROFILE: True, PUBLIC_OUTCOMES: True})
    text = " ".join(text_of(cast).split())
    for words in ("About 100 people", "Of about 60 of them", "About 35 of these 60", "Of about 40 of 100 nobody knows"):
        assert words in text
    assert not re.search(r"\b33\b", text.partition("What came of it")[2])


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([(-1, 20), (30, 9)], (20, 9)),
        ([(-40, 18), (-1, 20), (20, 15), (59, 9)], (20, 9)),
        ([(-1, 20), (13, 9), (61, 3)], (20, None)),
        ([(14, 9), (60, 8)], (None, 8)),
        ([(0, 12)], (12, None)),
        ([], (None, None)),
    ],
)
def test_the_score_before_is_the_last_and_the_score_after_the_newest_inside_its_window(scores, found):
    rows = [(FIRST + days * DAY, Decimal(main)) for days, main in scores]
    assert profile.around(FIRST, rows, own_outcomes.load()) == found


@pytest.mark.parametrize(
    ("before", "after", "better"), [(20, 10, True), (20, 11, False), (1, 0, True), (0, 0, False), (9, 12, False)]
)
def test_better_is_half_or_less_and_nobody_gets_better_than_well(before, after, better):
    assert profile.has_fallen(Decimal(before), Decimal(after), by_percent=50) is better


@pytest.mark.parametrize(
    ("on", "until"),
    [
        (date(2026, 11, 22), date(2026, 8, 2)),
        (date(2026, 12, 31), date(2026, 8, 2)),
        (date(2027, 1, 1), date(2026, 11, 2)),
    ],
)
def test_figures_change_four_times_a_year_so_that_no_two_differ_by_one_person(on, until):
    assert own_outcomes.load().first_session_before(on) == until


def test_whoever_began_within_the_quarter_is_not_counted_yet_and_each_person_once(cast):
    treatment.recovering(cast)
    site = Site.objects.get(pk=cast.here)
    begun = treatment.START.date()
    assert profile.first_courses(site, on=begun + timedelta(days=5)) == []
    ((patient, course, first),) = profile.first_courses(site, on=begun + timedelta(days=200))
    assert (patient, course) == (cast.ada, cast.ada_course)
    assert first.date() == begun


def test_every_name_that_the_page_takes_from_the_record_is_one_that_is_translated():
    labels = {kind.label for kind in table().kinds.values() if kind.is_public}
    assert labels | {str(role.label) for role in CARE} <= set(profile.NAMED)


def test_whoever_forbids_it_is_not_counted_and_the_page_says_so_without_a_number_that_points_at_them(cast):
    treatment.recovering(cast)
    site = opened(cast, **{PUBLIC_PROFILE: True, PUBLIC_OUTCOMES: True})
    on = treatment.START.date() + timedelta(days=200)
    limit(cast, "research", at=NOW)
    counted = []
    told = disclosure.told

    def counting(**given: object) -> object:
        counted.append(given["treated"])
        return told(**given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profile, "told", counting)
        for at in (NOW - DAY, NOW):
            assert profile.outcomes(site, on=on, at=at) == (None, 0)
    assert counted == [1, 0]
    text = " ".join(text_of(cast).split())
    assert "Whoever asks us not to use their record for this is not counted. That is fewer than 10 people." in text
    assert "no se cuenta" in text_of(cast, language="es").lower()


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (9, 0), (10, 10), (12, 10), (13, 15), (48, 50)])
def test_how_many_are_not_counted_is_told_only_where_they_are_many(count, shown):
    assert disclosure.rounded(count, limits=own_outcomes.load().limits) == shown


def test_where_the_clinic_is_known_only_its_own_emergency_number_is_told_and_else_every_clinics(cast):
    site = opened(cast, **{PUBLIC_PROFILE: True})
    Site.objects.filter(pk=cast.here).update(jurisdiction="DE")
    Site.objects.filter(pk=cast.there).update(jurisdiction="US")
    told = {one: [help.emergency for help in crisis_helps(one)] for one in (None, Site.objects.get(pk=site.pk))}
    everywhere, here = told.values()
    assert set(here) < set(everywhere)
    page, start = text_of(cast), Client().get("/welcome/").content.decode()
    check = Client().post("/self-check/", f"site={site.pk}", content_type="application/x-www-form-urlencoded")
    for number in set(everywhere) - set(here):
        sentence = f"Call {number} now."
        assert [sentence in one for one in (start, page, check.content.decode())] == [True, False, False]


def test_what_is_charged_for_is_named_in_the_readers_language(cast):
    opened(cast, **{PUBLIC_PROFILE: True})
    paying.priced(cast, at=timezone.now())
    assert "First evaluation" in text_of(cast, language="en")
    spanish = text_of(cast, language="es")
    assert "First evaluation" not in spanish
    assert "Primera evaluación" in spanish
