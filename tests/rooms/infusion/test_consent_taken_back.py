"""Consent that is taken back while the drug runs: shown on the cockpit, and no more of the drug is given."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused
from ketacare.consent import actions as consent
from ketacare.infusion import actions, fragments, outside, states
from tests.rooms import steps
from tests.rooms.infusion.treatment import QUIET, START, read, ready, started, vial

AFTER = START + timedelta(minutes=10)
IN_FORCE = "gate.consent_in_force"


def take_back(cast, at=AFTER, kind=None):
    by = cast.patient_actor()
    if kind is None:
        return consent.withdraw_consent(course_id=cast.ada_course, by=by, at=at)
    return consent.withdraw_separate(course_id=cast.ada_course, kind=kind, by=by, at=at)


@pytest.mark.parametrize("kind", [None, "off_label"])
def test_the_start_gate_closes_at_once(cast, kind):
    session = ready(cast)
    at = START - timedelta(minutes=1)
    assert outside.facts(session, at=at)[IN_FORCE].value is True
    take_back(cast, at, kind)
    assert outside.facts(session, at=at)[IN_FORCE].value is False
    with pytest.raises(ActionRefused) as refused:
        actions.start_treatment(session_id=session.pk, vial=vial(cast), by=cast.actor("nurse"), at=START)
    assert any("onsent" in reason.text for reason in refused.value.reasons)


def test_the_registry_and_other_optional_consents_do_not_close_it(cast):
    session = ready(cast)
    at = START - timedelta(minutes=1)
    steps.give(cast, "registry", at=at)
    take_back(cast, at, "registry")
    assert outside.facts(session, at=at)[IN_FORCE].value is True


@pytest.mark.parametrize("kind", [None, "off_label"])
def test_a_running_session_shows_it_and_gives_no_more_of_the_drug(cast, browse, kind):
    session = started(cast)
    nurse = cast.actor("nurse")
    actions.change_rate(session_id=session.pk, rate_mg_per_h=Decimal(10), by=nurse, at=AFTER)
    take_back(cast, AFTER, kind)
    session.refresh_from_db()
    later = {"session_id": session.pk, "by": nurse, "at": AFTER + timedelta(minutes=1)}
    assert fragments.context(session, by=nurse, at=AFTER)["taken_back_at"] == AFTER
    read(cast, session, AFTER, **QUIET)
    session.refresh_from_db()
    event = states.event_of(session.events.order_by("-seq")[0])
    alarms = fragments.changed(session, [event], page="session", by=nurse, at=AFTER)["alarms"]
    assert "took their consent back" in alarms
    for act in (
        lambda: actions.give_bolus(**later, dose_mg=Decimal(1)),
        lambda: actions.change_rate(**later, rate_mg_per_h=Decimal("52.5")),
    ):
        with pytest.raises(ActionRefused, match="took their consent back"):
            act()
    actions.pause(**later, reason="asked")
    with pytest.raises(ActionRefused, match="took their consent back"):
        actions.resume(**later)
    assert actions.stop_on_request(**later).status == "recovering"
    assert (
        "took their consent back"
        in browse("nurse").get(reverse("infusion:session", args=[session.pk])).content.decode()
    )


def test_a_slower_rate_and_the_end_are_never_refused(cast):
    session = started(cast)
    take_back(cast)
    later = {"session_id": session.pk, "by": cast.actor("nurse"), "at": AFTER + timedelta(minutes=1)}
    actions.change_rate(**later, rate_mg_per_h=Decimal(10))
    assert actions.stop_treatment(**later, reason="consent taken back").status == "recovering"


def test_a_session_whose_consent_stands_shows_nothing(cast):
    session = started(cast)
    assert fragments.context(session, by=cast.actor("nurse"), at=AFTER)["taken_back_at"] is None
