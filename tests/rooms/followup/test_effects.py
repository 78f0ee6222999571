"""Side effects by session: the worst of each, a gap where nobody looked, what is usual beside it."""

from django.urls import reverse

from ketacare.followup.safety.effects import effects_page
from ketacare.infusion import actions as infusion
from ketacare.ui.effects_chart import runs
from tests.rooms.followup.telling import in_session
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import after


def observed(cast, session, at, **values):
    infusion.chart_observation(session_id=session.pk, values=values, by=cast.actor("nurse"), at=at)


def test_the_worst_of_a_session_is_shown_and_what_nobody_observed_is_unknown(cast):
    session = treatment.started(cast)
    observed(cast, session, after(10), dissociation=3)
    observed(cast, session, after(20), dissociation=6)
    treatment.read(cast, session, after(25), bp_sys=150, bp_dia=90)
    (row,) = effects_page(cast.course("ada"), at=after(30)).rows
    assert row.highest == {"dissociation": 6, "nausea": None, "distress": None}
    assert (row.vomited, row.systolic_rise) == (None, 150 - treatment.QUIET["bp_sys"])


def test_an_adverse_event_is_shown_with_the_grade_it_was_judged_last(cast):
    session = treatment.started(cast)
    in_session(cast, session, after(12), grade=2)
    (row,) = effects_page(cast.course("ada"), at=after(30)).rows
    assert row.events == (("Nausea", 2),)


def test_a_gap_is_never_bridged():
    assert runs([1, 2, None, 4]) == [[(0, 1), (1, 2)], [(3, 4)]]
    assert runs([None, None]) == []


def test_the_page_says_not_observed_and_what_is_usual_with_its_unit(cast, browse):
    treatment.started(cast)
    text = browse("nurse").get(reverse("followup:effects", args=[cast.ada_course])).content.decode()
    assert "not observed" in text
    assert "of patients, over a series" in text
    assert "O-RODRIGUES22" in text


def test_before_the_first_session_the_page_says_so(cast, browse):
    text = browse("nurse").get(reverse("followup:effects", args=[cast.ada_course])).content.decode()
    assert "No session has been given yet" in text
