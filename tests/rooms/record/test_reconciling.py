"""Going through the medicines at a visit: what is taken, changed, stopped, new; what it has judged again; what waits."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, ScreeningRequest
from ketacare.evaluation import actions as evaluation
from ketacare.evaluation.queries import known
from ketacare.evaluation.screenings import seen_since
from ketacare.infusion.outside import facts
from ketacare.planning.medicines import taken
from ketacare.record import actions
from ketacare.record.models import Reconciliation
from ketacare.record.reconciling import Added, Answered, Told, listed
from ketacare.worklist.queries.today import work
from tests.cast import NOW
from tests.rooms.evaluation.test_screening import SOON, eligible, screen
from tests.rooms.infusion.today import in_a_chair

DAY = timedelta(days=1)


def told(cast, answers=None, *, added=(), against="pharmacy", **more) -> Told:
    """Everything on Ada's list is taken, but for what a test says otherwise."""
    said = {one.pk: Answered(said="taken") for one in listed(cast.patient("ada"))}
    new = tuple(Added(name=name, detail=how) for name, how in added)
    return Told(**({"against": against, "answers": said | (answers or {}), "added": new, "form_key": uuid4()} | more))


def gone_through(cast, value: Told, *, at=NOW, role="nurse") -> Reconciliation:
    return actions.reconcile_medicines(patient=cast.patient("ada"), told=value, by=cast.actor(role), at=at)


def entry(cast, name: str):
    return listed(cast.patient("ada")).get(display=name)


@pytest.fixture
def listing(cast):
    """Ada takes sertraline and a benzodiazepine, as the nurse wrote down a week ago."""
    new = (("Sertraline 50 MG Oral Tablet", "1 tablet daily"), ("Clonazepam 1 MG Oral Tablet", "1 tablet at night"))
    gone_through(cast, told(cast, added=new), at=NOW - 7 * DAY)
    return cast


def classes(cast, at=NOW) -> set[str]:
    fact = known(cast.course("ada"), at=at).facts.get("meds.classes")
    return set(fact.value or ()) if fact else set()


def test_a_new_medicine_is_taken_from_then_on_and_reaches_the_rules(listing):
    assert taken(listing.patient("ada"), at=NOW) == ("Clonazepam 1 MG Oral Tablet", "Sertraline 50 MG Oral Tablet")
    assert "benzodiazepine" in classes(listing)


def test_a_stopped_medicine_is_taken_no_more_and_its_entry_stays_readable(listing):
    before = entry(listing, "Clonazepam 1 MG Oral Tablet")
    stopped = Answered(said="stopped", stopped_on=(NOW - DAY).date())
    row = gone_through(listing, told(listing, {before.pk: stopped}))
    assert "benzodiazepine" not in classes(listing)
    before.refresh_from_db()
    assert before.standing == "present"
    assert before.superseded_by.standing == "past"
    assert row.has_changes


def test_a_changed_dose_supersedes_the_old_one(listing):
    before = entry(listing, "Clonazepam 1 MG Oral Tablet")
    gone_through(listing, told(listing, {before.pk: Answered(said="changed", detail="half a tablet at night")}))
    assert entry(listing, "Clonazepam 1 MG Oral Tablet").detail == "half a tablet at night"


def test_a_day_that_nobody_knows_stays_unknown(listing):
    before = entry(listing, "Clonazepam 1 MG Oral Tablet")
    gone_through(listing, told(listing, {before.pk: Answered(said="stopped")}))
    before.refresh_from_db()
    assert before.superseded_by.ended_at is None


def test_every_course_is_judged_again_with_the_new_list(listing):
    ScreeningRequest.objects.all().delete()
    gone_through(listing, told(listing))
    assert ScreeningRequest.objects.filter(course=listing.ada_course, because="medicines were reconciled").exists()


def test_a_list_gone_through_in_full_answers_the_rulebooks_question(listing):
    assert known(listing.course("ada"), at=NOW).facts["meds.reconciled"].value is True


@pytest.mark.parametrize("against", ["patient", "records"])
def test_without_a_second_source_the_list_is_not_complete(cast, against):
    row = gone_through(cast, told(cast, against=against))
    assert not row.is_complete
    assert "meds.reconciled" not in known(cast.course("ada"), at=NOW).facts


def test_what_nobody_can_say_leaves_the_list_incomplete(listing):
    before = entry(listing, "Sertraline 50 MG Oral Tablet")
    assert not gone_through(listing, told(listing, {before.pk: Answered(said="unknown")})).is_complete


def test_a_list_that_changed_meanwhile_is_not_kept(listing):
    value = told(listing)
    gone_through(listing, told(listing, added=[("Lithium 300 MG Oral Tablet", "twice daily")]))
    with pytest.raises(ActionRefused, match="list has changed"):
        gone_through(listing, value)


def test_every_reason_against_is_told_at_once(listing):
    one, two = listed(listing.patient("ada"))
    wrong = {one.pk: Answered(said="changed"), two.pk: Answered(said="stopped", stopped_on=(NOW + 9 * DAY).date())}
    with pytest.raises(ActionRefused) as refused:
        gone_through(listing, told(listing, wrong, against="nobody"))
    assert len(refused.value.reasons) == 3


def test_a_form_sent_twice_is_one(listing):
    value = told(listing, added=[("Lithium 300 MG Oral Tablet", "twice daily")])
    assert gone_through(listing, value).pk == gone_through(listing, value).pk
    assert listed(listing.patient("ada")).count() == 3


@pytest.mark.parametrize("role", ["therapist", "front-desk", "quality", "administrator"])
def test_only_nurses_and_prescribers_go_through_it(cast, role):
    with pytest.raises(NotAllowed):
        gone_through(cast, told(cast), role=role)


def test_it_is_never_changed_and_stands_in_the_audit(listing):
    assert AuditEvent.objects.filter(did="medicines reconciled").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Reconciliation.objects.update(is_complete=False)


# ---------------------------------------------------------------- at a visit


def test_a_visit_without_it_waits_for_the_nurse_until_it_is_done(cast):
    in_a_chair(cast)
    at = timezone.now()
    waits = [one for one in work(cast.actor("nurse"), at=at) if one.what == "Go through the medicines"]
    assert [one.why for one in waits] == ["Here for session 1; never done here"]
    gone_through(cast, told(cast), at=at)
    assert [one for one in work(cast.actor("nurse"), at=at) if one.what == "Go through the medicines"] == []


def gate(session, at) -> dict:
    found = facts(session, at=timezone.localtime(at))
    return {name: fact.value for name, fact in found.items() if name.startswith("gate.medicine")}


def test_the_start_gate_knows_what_was_found_today(cast):
    session, at = in_a_chair(cast), timezone.now()
    assert gate(session, at) == {}
    gone_through(cast, told(cast), at=at)
    assert gate(session, at) == {"gate.medicines_changed": False}
    gone_through(cast, told(cast, added=[("Lithium 300 MG Oral Tablet", "twice daily")]), at=at + timedelta(seconds=1))
    gone_through(cast, told(cast), at=at + timedelta(seconds=2))
    assert gate(session, at + timedelta(seconds=3)) == {"gate.medicines_changed": True}, "changed today stays changed"


def test_yesterdays_list_says_nothing_about_today(cast):
    session, at = in_a_chair(cast), timezone.now()
    gone_through(cast, told(cast), at=at - DAY)
    assert gate(session, at) == {}


def test_an_incomplete_list_never_says_that_nothing_changed(cast):
    session, at = in_a_chair(cast), timezone.now()
    gone_through(cast, told(cast, against="patient"), at=at)
    assert gate(session, at) == {}


def test_the_page_asks_about_each_and_shows_what_was_said(listing, browse):
    where = reverse("record:reconcile", args=[listing.ada])
    shown = browse("nurse").get(where).content.decode()
    assert "Clonazepam 1 MG Oral Tablet" in shown
    one, two = (entry(listing, name) for name in ("Clonazepam 1 MG Oral Tablet", "Sertraline 50 MG Oral Tablet"))
    form = {"form_key": str(uuid4()), "against": "packages", f"said_{one.pk}": "stopped", "name_0": "Bupropion 150 MG"}
    assert browse("nurse").post(where, form).status_code == 422
    shown = browse("nurse").post(where, form | {f"said_{two.pk}": "taken"}, follow=True).content.decode()
    assert "day not known" in shown
    assert "Bupropion 150 MG" in shown
    assert "What changed since the decision" in shown


# ---------------------------------------------------------------- judged again


def test_a_new_medicine_that_forbids_treatment_holds_the_course_and_waits_for_the_prescriber(cast):
    eligible(cast)
    gone_through(cast, told(cast, added=[("Phenelzine 15 MG Oral Tablet", "1 tablet three times a day")]), at=SOON)
    found = screen(cast)
    assert any(change["now"] == "fires" and "MAO" in change["statement"].upper() for change in found.changes)
    assert found.must_be_seen
    waits = [one.what for one in work(cast.actor("prescriber"), at=SOON)]
    assert "Look at what has changed" in waits


def test_the_gate_takes_a_change_as_reviewed_once_a_prescriber_has_seen_what_it_changes(cast):
    eligible(cast)
    gone_through(cast, told(cast, added=[("Phenelzine 15 MG Oral Tablet", "1 tablet three times a day")]), at=SOON)
    found = screen(cast, at=SOON)
    course = cast.course("ada")
    assert not seen_since(course, SOON)
    evaluation.acknowledge_screening(screening_id=found.pk, by=cast.actor("prescriber"), at=SOON)
    assert seen_since(course, SOON)
    assert not seen_since(course, SOON + DAY)
