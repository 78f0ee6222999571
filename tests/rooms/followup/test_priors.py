"""Priors of a site's own: proposed by one, approved by another, spoken for by name, taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.actor import Operator
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Site
from ketacare.followup import forecasting
from ketacare.followup.models import PriorsRuling
from ketacare.followup.priors import actions
from ketacare.followup.priors.queries import approval_in_force, speaking, told_of
from ketacare.followup.values import Thought
from ketacare.followup.wanted import what_it_rests_on
from ketacare.science.errors import BadFacts
from ketacare.science.trajectory import own
from ketacare.science.trajectory.presets import prior
from tests.cast import NOW
from tests.rooms.followup.fitted import in_force, proposed, told
from tests.rooms.followup.test_forecast import followed  # noqa: F401  # a fixture

LATER = NOW + timedelta(days=1)


def forecast_of(cast, *, at, preset=None, extra=None):
    return forecasting.forecast(
        cast.course("ada"),
        scale="phq9",
        preset=preset,
        threshold=None,
        thought=Thought(extra=extra),
        at=at,
    )


def reasons(refused) -> str:
    return " ".join(one.text for one in refused.value.reasons)


def test_what_is_proposed_changes_no_forecast_until_another_person_approves_it(cast):
    row = proposed(cast, at=NOW)
    assert speaking(cast.here, "phq9", None, at=LATER).proposal is None
    actions.approve_priors(proposal_id=row.pk, by=cast.actor("medical-director"), at=LATER)
    now = speaking(cast.here, "phq9", None, at=LATER)
    assert (now.proposal, now.prior) == (row, own.prior_of(told()))
    assert now.kept == {"preset": "community", "own": row.pk, "sha256": own.digest(told())}


def test_other_scales_other_sites_and_named_presets_keep_the_published_priors(cast):
    in_force(cast, at=NOW)
    assert speaking(cast.here, "madrs", None, at=LATER).prior == prior("madrs", "community")
    assert speaking(cast.there, "phq9", None, at=LATER).prior == prior("phq9", "community")
    assert speaking(cast.here, "phq9", "research", at=LATER).prior == prior("phq9", "research")


def test_what_spoke_at_a_past_moment_never_changes(cast):
    row = in_force(cast, at=NOW)
    actions.take_back_priors(proposal_id=row.pk, reason="Bands too narrow", by=cast.actor("prescriber"), at=LATER)
    assert speaking(cast.here, "phq9", None, at=NOW - timedelta(seconds=1)).proposal is None
    assert speaking(cast.here, "phq9", None, at=NOW).proposal == row
    assert speaking(cast.here, "phq9", None, at=LATER).proposal is None


def test_later_priors_replace_earlier_ones_and_taking_them_back_brings_the_published_ones(cast):
    first = in_force(cast, at=NOW)
    second = in_force(cast, at=LATER, what=told(made={"seed": 2}))
    assert approval_in_force(cast.here, "phq9", at=LATER).proposal == second
    with pytest.raises(ActionRefused, match="not-in-force"):
        actions.take_back_priors(proposal_id=first.pk, reason="Old", by=cast.actor("prescriber"), at=LATER)
    actions.take_back_priors(proposal_id=second.pk, reason="Worse", by=cast.actor("prescriber"), at=LATER)
    assert approval_in_force(cast.here, "phq9", at=LATER) is None


def test_who_proposed_it_does_not_approve_it_not_even_in_the_database(cast):
    row = proposed(cast, at=NOW)
    with pytest.raises(ActionRefused) as refused:
        actions.approve_priors(proposal_id=row.pk, by=cast.actor("prescriber"), at=NOW)
    assert "cannot approve it" in reasons(refused)
    same = cast.staff["prescriber"]
    with pytest.raises(IntegrityError), transaction.atomic():
        PriorsRuling.objects.create(proposal=row, approved=True, proposed_by_id=same, ruled_by_id=same, ruled_at=NOW)


@pytest.mark.parametrize("role", ["nurse", "therapist", "administrator", "quality", "front-desk"])
def test_who_may_not_sign_orders_proposes_nothing_and_approves_nothing(cast, role):
    with pytest.raises(NotAllowed):
        proposed(cast, at=NOW, by=role)
    row = proposed(cast, at=NOW)
    with pytest.raises(NotAllowed):
        actions.approve_priors(proposal_id=row.pk, by=cast.actor(role), at=NOW)


def test_somebody_of_another_site_neither_proposes_nor_approves(cast):
    row = proposed(cast, at=NOW)
    with pytest.raises(NotAllowed):
        actions.approve_priors(proposal_id=row.pk, by=cast.actor("prescriber", there=True), at=NOW)


def test_an_operator_without_a_name_proposes_nothing(cast):
    with pytest.raises((ActionRefused, NotAllowed)):
        actions.propose_priors(site=Site.objects.get(pk=cast.here), told=told(), reason="x", by=Operator(), at=NOW)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"made": {"people": 26, "held_out": 13}}, "39 people; 40 are needed"),
        ({"made": {"held_out": 0}}, "Nobody was held out"),
        ({"held_out": {"after": told().held_out["before"].model_dump()}}, "got no better"),
    ],
)
def test_priors_of_too_few_people_or_no_better_for_those_held_out_are_refused(cast, changed, says):
    with pytest.raises(ActionRefused) as refused:
        proposed(cast, at=NOW, what=told(**changed))
    assert says in reasons(refused)


def test_priors_of_forty_people_are_enough(cast):
    assert proposed(cast, at=NOW, what=told(made={"people": 27, "held_out": 13})).pk


def test_one_proposal_waits_at_a_time_and_what_is_in_force_is_not_proposed_again(cast):
    row = proposed(cast, at=NOW)
    with pytest.raises(ActionRefused) as refused:
        proposed(cast, at=NOW, by="second-prescriber")
    assert "wait for a ruling" in reasons(refused)
    actions.approve_priors(proposal_id=row.pk, by=cast.actor("second-prescriber"), at=NOW)
    with pytest.raises(ActionRefused) as refused:
        proposed(cast, at=LATER)
    assert "Nothing would change" in reasons(refused)


def test_a_ruling_is_made_once_and_a_refusal_has_a_reason(cast):
    row, other = proposed(cast, at=NOW), cast.actor("second-prescriber")
    with pytest.raises(ActionRefused, match="no-reason"):
        actions.turn_down_priors(proposal_id=row.pk, reason=" ", by=other, at=NOW)
    actions.turn_down_priors(proposal_id=row.pk, reason="Too few who relapsed", by=other, at=NOW)
    with pytest.raises(ActionRefused, match="ruled"):
        actions.approve_priors(proposal_id=row.pk, by=other, at=NOW)
    assert speaking(cast.here, "phq9", None, at=LATER).proposal is None
    assert proposed(cast, at=LATER).pk  # another may follow


def test_every_step_is_on_record_with_the_digest(cast):
    row = in_force(cast, at=NOW)
    actions.take_back_priors(proposal_id=row.pk, reason="Bands too narrow", by=cast.actor("prescriber"), at=LATER)
    events = AuditEvent.objects.filter(did__startswith="priors of forecasts").order_by("pk")
    assert [one.did.removeprefix("priors of forecasts ") for one in events] == ["proposed", "approved", "taken back"]
    assert {one.details["sha256"] for one in events} == {row.sha256}


def test_a_file_that_is_not_what_was_approved_speaks_for_nobody(cast):
    row = in_force(cast, at=NOW)
    row.told["priors"]["noise_sd"] = 0.1
    with pytest.raises(BadFacts, match="not what was proposed"):
        told_of(row)


def test_the_forecast_rests_on_what_is_in_force_and_says_so(browse, followed):  # noqa: F811
    at = timezone.now()
    before = forecast_of(followed, at=at)
    row = in_force(followed, at=at)
    after = forecast_of(followed, at=at)
    assert after.weeks[0][1].severity != before.weeks[0][1].severity
    assert forecast_of(followed, preset="community", at=at).weeks[0][1] == before.weeks[0][1]
    client = browse("prescriber")
    where = reverse("followup:forecast", args=[followed.ada_course])
    shown = client.get(where).content.decode()
    assert reverse("followup:priors-proposal", args=[row.pk]) in shown
    assert "refitted to 60 people, approved by" in shown
    assert "published priors, research" in client.get(where, {"preset": "research"}).content.decode()


def test_what_a_wanted_session_rests_on_names_the_priors_that_spoke(followed):  # noqa: F811
    at = timezone.now()
    on = at.date() + timedelta(days=7)
    published = what_it_rests_on(forecast_of(followed, extra=on, at=at), on)
    assert (published["preset"], "own" in published) == ("community", False)
    row = in_force(followed, at=at)
    rests_on = what_it_rests_on(forecast_of(followed, extra=on, at=at), on)
    assert (rests_on["own"], rests_on["sha256"]) == (row.pk, row.sha256)


def test_the_page_shows_what_forecasts_were_worth_before_and_after(browse, cast):
    row = proposed(cast, at=NOW)
    where = reverse("followup:priors-proposal", args=[row.pk])
    shown = browse("second-prescriber").get(where).content.decode()
    assert "30 people nobody learnt from" in shown
    assert "Fitted to <strong>60 people</strong>" in shown
    assert "1.573 points" in shown
    assert "1.564 points" in shown
    assert "Approve" in shown
    assert "another person approves it" in browse("prescriber").get(where).content.decode()
    assert "Turn it down" not in browse("nurse").get(where).content.decode()


def test_from_today_to_the_approval_by_the_pages(browse, cast):
    row = proposed(cast, at=NOW)
    client = browse("second-prescriber")
    assert "Rule on proposed priors" in client.get(reverse("worklist:today")).content.decode()
    assert "Rule on proposed priors" not in browse("prescriber").get(reverse("worklist:today")).content.decode()
    client.post(reverse("followup:priors-approve", args=[row.pk]))
    assert "own</a>, since" in client.get(reverse("followup:priors")).content.decode()
    reply = client.post(
        reverse("followup:priors-take-back", args=[row.pk]), {"reason": "Bands too narrow"}, follow=True
    )
    assert "Taken back by" in reply.content.decode()
    assert client.post(reverse("followup:priors-turn-down", args=[row.pk]), {"reason": "x"}).status_code == 409
