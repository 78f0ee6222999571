"""Papers of the staff: recorded, seen by another person, run out, and what nobody may do without them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic import actions
from ketacare.clinic.actor import Operator, System, of_user
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, Qualification, QualificationRuling, Site, User
from ketacare.clinic.permissions import PERMISSIONS, fetch, may, require
from ketacare.clinic.qualified import qualified_staff
from ketacare.consent.actions import record_capacity
from ketacare.infusion import actions as infusion
from ketacare.science.qualifications import table
from tests import cast as people
from tests.cast import NOW
from tests.rooms.infusion.treatment import after, started

RATE = Decimal(10)  # mg/h, below what the order allows
LICENCE = {
    "kind": "licence",
    "issued_by": "State Board of Nursing",
    "number": "RN 12345",
    "valid_from": date(2025, 1, 1),
}


def ended(cast, role: str, kind: str, *, there: bool = False) -> None:
    """End the standing paper of this kind."""
    rows = Qualification.objects.filter(user=cast.user(role, there=there), kind=kind)
    by = cast.actor("quality", there=there)
    for row in rows:
        if not row.rulings.filter(what="ended").exists():
            actions.end_qualification(qualification_id=row.pk, reason="For the test", by=by, at=NOW)


def held_until(cast, role: str, kind: str, last: date | None, *, seen: bool = True, **more) -> int:
    """Put another paper of this kind in the place of the one that the cast gave."""
    ended(cast, role, kind)
    seer = cast.actor("quality") if seen else None
    recorder = cast.actor("administrator")
    return people.paper(cast.staff[role], kind, recorder=recorder, seer=seer, expires_on=last, **more)


def refused(cast, role: str, act: str, *, at: datetime = NOW) -> list[str]:
    """What the act is refused with; nothing if it is not."""
    try:
        require(cast.actor(role), act, cast.course("ada"), at=at)
    except ActionRefused as refusal:
        return [f"{one.text} [{one.who}]" for one in refusal.reasons if refusal.code == "not-qualified"]
    return []


def test_whoever_holds_every_paper_may_and_whoever_lacks_one_is_told_which_and_how_to_mend_it(cast):
    assert refused(cast, "nurse", "infusion.start") == []
    ended(cast, "nurse", "ketamine_care")
    (said,) = refused(cast, "nurse", "infusion.start")
    assert "Harbour Nurse. Training in ketamine care" in said
    assert "Settings, Qualifications" in said


def test_a_paper_that_was_never_recorded_is_unknown_and_never_a_pass(cast):
    newcomer = User.objects.create_user("new@harbour.example", None, name="Nora Quist")
    actions.add_role(
        user=newcomer, site=Site.objects.get(pk=cast.here), role="nurse", by=cast.actor("administrator"), at=NOW
    )
    with pytest.raises(ActionRefused) as caught:
        require(of_user(newcomer), "infusion.start", cast.course("ada"), at=NOW)
    said = [one.text for one in caught.value.reasons]
    assert len(said) == 3
    assert all("nothing is recorded" in one for one in said)
    assert any("Basic life support (BLS) or Advanced life support" in one for one in said)


def test_the_last_day_of_a_paper_counts_and_the_next_one_at_the_site_does_not(cast):
    last = date(2026, 3, 29)  # in Berlin the clocks go forward on this very night
    held_until(cast, "nurse", "basic_life_support", last)
    before_midnight, after_midnight = (
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 0, tzinfo=UTC),
    )
    assert refused(cast, "nurse", "infusion.start", at=before_midnight) == []
    (said,) = refused(cast, "nurse", "infusion.start", at=after_midnight)
    assert "Basic life support (BLS): ran out on 29 Mar 2026" in said


def test_a_paper_does_not_count_before_its_first_day(cast):
    held_until(cast, "nurse", "basic_life_support", date(2027, 1, 1), valid_from=date(2026, 3, 3))
    assert "valid only from 03 Mar 2026" in refused(cast, "nurse", "infusion.start")[0]
    assert refused(cast, "nurse", "infusion.start", at=NOW + timedelta(days=1)) == []


def test_a_paper_that_only_its_recorder_saw_does_not_count(cast):
    held_until(cast, "nurse", "basic_life_support", date(2027, 1, 1), seen=False)
    assert "no second person has seen" in refused(cast, "nurse", "infusion.start")[0]


def test_advanced_life_support_stands_in_for_basic(cast):
    ended(cast, "nurse", "basic_life_support")
    held_until(cast, "nurse", "advanced_life_support", date(2027, 1, 1))
    assert refused(cast, "nurse", "infusion.dose") == []


def test_a_drug_registration_is_asked_for_where_the_law_of_the_site_asks(cast):
    for there in (False, True):
        ended(cast, "prescriber", "drug_registration", there=there)
    require(cast.actor("prescriber"), "order.sign", cast.course("ada"), at=NOW)
    with pytest.raises(ActionRefused, match="Controlled-drug registration"):
        require(cast.actor("prescriber", there=True), "order.sign", cast.course("zoe"), at=NOW)


def test_every_gap_is_told_at_once(cast):
    for kind in ("licence", "ketamine_care", "basic_life_support"):
        ended(cast, "nurse", kind)
    assert len(refused(cast, "nurse", "infusion.start")) == 3


def test_a_renewal_recorded_early_takes_over_on_its_first_day_and_leaves_no_gap(cast):
    old = held_until(cast, "nurse", "basic_life_support", date(2026, 3, 10))
    by, seer = cast.actor("nurse"), cast.actor("administrator")
    fresh = {"kind": "basic_life_support", "issued_by": "Red Cross", "valid_from": date(2026, 3, 8)}
    row = actions.record_qualification(
        person_id=cast.staff["nurse"], **fresh, expires_on=date(2028, 3, 8), supersedes=old, by=by, at=NOW
    )
    actions.confirm_qualification(qualification_id=row.pk, by=seer, at=NOW)
    for day in (2, 7, 8, 9, 10, 11, 400):
        assert (
            refused(cast, "nurse", "infusion.start", at=datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day))
            == []
        )


def test_a_correction_that_was_seen_stands_in_the_place_of_what_was_wrong(cast):
    wrong = held_until(cast, "nurse", "basic_life_support", date(2036, 1, 1), valid_from=date(2024, 1, 1))
    right = {"kind": "basic_life_support", "issued_by": "Red Cross", "valid_from": date(2024, 1, 1)}
    row = actions.record_qualification(
        person_id=cast.staff["nurse"],
        **right,
        expires_on=date(2026, 1, 1),
        supersedes=wrong,
        by=cast.actor("administrator"),
        at=NOW,
    )
    assert refused(cast, "nurse", "infusion.start") == []  # nobody has seen the correction yet
    actions.confirm_qualification(qualification_id=row.pk, by=cast.actor("quality"), at=NOW)
    assert "ran out on 01 Jan 2026" in refused(cast, "nurse", "infusion.start")[0]


def test_a_paper_ended_by_one_person_counts_no_more_from_that_moment(cast):
    row = Qualification.objects.get(user=cast.staff["nurse"], kind="licence")
    actions.end_qualification(
        qualification_id=row.pk, reason="Suspended by the board", by=cast.actor("quality"), at=NOW
    )
    assert "ended before its day" in refused(cast, "nurse", "infusion.sign")[0]
    with pytest.raises(ActionRefused, match="ended already"):
        actions.end_qualification(qualification_id=row.pk, reason="Again", by=cast.actor("quality"), at=NOW)


@pytest.mark.parametrize("act", sorted(table().never.acts))
def test_stopping_helping_and_writing_down_never_ask_for_a_paper(cast, act):
    role = next(one for one in ("nurse", "prescriber", "quality") if one in PERMISSIONS[act])
    for row in Qualification.objects.all():
        actions.end_qualification(
            qualification_id=row.pk,
            reason="Everything lapsed",
            by=cast.actor("quality", there=row.user_id in cast.staff_there.values()),
            at=NOW,
        )
    require(cast.actor(role), act, cast.course("ada"), at=NOW)


def test_every_act_of_the_table_is_a_permission_of_the_software():
    assert table().acts <= PERMISSIONS.keys()
    assert set(table().never.acts) <= PERMISSIONS.keys()


def test_an_act_that_asks_for_papers_cannot_be_asked_about_without_a_moment(cast):
    with pytest.raises(TypeError, match="papers"):
        require(cast.actor("nurse"), "infusion.start", cast.course("ada"))


def test_a_page_shows_the_button_to_whoever_has_the_role_and_the_act_says_what_is_missing(cast):
    ended(cast, "nurse", "licence")
    assert may(cast.actor("nurse"), "infusion.start", cast.course("ada"))
    fetch(cast.actor("nurse"), "infusion.start", type(cast.course("ada")).objects.all(), pk=cast.ada_course)


def test_somebody_without_the_role_learns_nothing_about_papers(cast):
    with pytest.raises(NotAllowed):
        require(cast.actor("front-desk"), "infusion.start", cast.course("ada"), at=NOW)
    with pytest.raises(NotAllowed):
        require(cast.actor("nurse"), "infusion.start", cast.course("zoe"), at=NOW)


def test_a_paper_costs_one_query_an_act_and_none_for_acts_that_ask_for_none(cast):
    course, nurse = cast.course("ada"), cast.actor("nurse")
    with CaptureQueriesContext(connection) as asked:
        require(nurse, "infusion.start", course, at=NOW)
    assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        require(nurse, "infusion.chart", course, at=NOW)
        may(nurse, "infusion.start", course)
    assert len(asked) == 0


def test_an_operator_acting_as_somebody_needs_their_papers_and_the_software_needs_none(cast):
    ended(cast, "nurse", "licence")
    with pytest.raises(ActionRefused):
        require(Operator(acting_as=cast.actor("nurse")), "infusion.start", cast.course("ada"), at=NOW)
    require(System(name="watch"), "evaluation.screen", cast.course("ada"), at=NOW)


# Two people


def test_people_record_their_own_papers_and_an_administrator_those_of_others(cast):
    for by in ("nurse", "administrator"):
        actions.record_qualification(
            person_id=cast.staff["nurse"], **LICENCE, expires_on=date(2027, 1, 1), by=cast.actor(by), at=NOW
        )
    for by in ("prescriber", "front-desk"):
        with pytest.raises(NotAllowed):
            actions.record_qualification(
                person_id=cast.staff["nurse"], **LICENCE, expires_on=date(2027, 1, 1), by=cast.actor(by), at=NOW
            )
    with pytest.raises(NotAllowed):
        actions.record_qualification(
            person_id=cast.staff["nurse"],
            **LICENCE,
            expires_on=date(2027, 1, 1),
            by=cast.actor("administrator", there=True),
            at=NOW,
        )


def test_neither_the_holder_nor_the_recorder_confirms_a_paper(cast):
    told = LICENCE | {"expires_on": date(2027, 1, 1)}
    own = actions.record_qualification(
        person_id=cast.staff["administrator"], **told, by=cast.actor("administrator"), at=NOW
    )
    for_quality = actions.record_qualification(
        person_id=cast.staff["quality"], **told, by=cast.actor("administrator"), at=NOW
    )
    for row, by in ((own, "administrator"), (for_quality, "administrator"), (for_quality, "quality")):
        with pytest.raises(ActionRefused, match="somebody else"):
            actions.confirm_qualification(qualification_id=row.pk, by=cast.actor(by), at=NOW)
    with pytest.raises(NotAllowed):
        actions.confirm_qualification(qualification_id=own.pk, by=cast.actor("nurse"), at=NOW)
    with pytest.raises(NotAllowed):
        actions.confirm_qualification(qualification_id=own.pk, by=cast.actor("quality", there=True), at=NOW)
    actions.confirm_qualification(qualification_id=own.pk, by=cast.actor("quality"), at=NOW)


def test_the_database_itself_refuses_a_paper_seen_by_its_holder(cast):
    row = Qualification.objects.filter(user=cast.staff["nurse"]).first()
    fresh = Qualification.objects.create(
        user=row.user, kind="licence", issued_by="x", valid_from=NOW.date(), recorded_at=NOW
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        QualificationRuling.objects.create(qualification=fresh, what="seen", person=row.user, by=row.user, at=NOW)


def test_every_mistake_of_a_paper_is_told_at_once(cast):
    with pytest.raises(ActionRefused) as caught:
        actions.record_qualification(
            person_id=cast.staff["nurse"],
            kind="licence",
            issued_by=" ",
            valid_from=NOW.date(),
            by=cast.actor("nurse"),
            at=NOW,
        )
    assert len(caught.value.reasons) == 3
    with pytest.raises(ActionRefused, match="no such kind"):
        actions.record_qualification(
            person_id=cast.staff["nurse"], **LICENCE | {"kind": "wizard"}, by=cast.actor("nurse"), at=NOW
        )


def test_a_paper_replaces_only_one_of_the_same_person_and_kind_and_only_once(cast):
    other = Qualification.objects.get(user=cast.staff["prescriber"], kind="licence")
    own = Qualification.objects.get(user=cast.staff["nurse"], kind="licence")
    told = LICENCE | {"person_id": cast.staff["nurse"], "expires_on": date(2027, 1, 1)}
    with pytest.raises(ActionRefused, match="another person"):
        actions.record_qualification(**told, supersedes=other.pk, by=cast.actor("nurse"), at=NOW)
    actions.record_qualification(**told, supersedes=own.pk, by=cast.actor("nurse"), at=NOW)
    with pytest.raises(ActionRefused, match="replaces that one already"):
        actions.record_qualification(**told, supersedes=own.pk, by=cast.actor("nurse"), at=NOW)


def test_the_trail_says_who_recorded_and_who_saw_a_paper_and_no_number(cast):
    row = actions.record_qualification(
        person_id=cast.staff["nurse"], **LICENCE, expires_on=date(2027, 1, 1), by=cast.actor("nurse"), at=NOW
    )
    actions.confirm_qualification(qualification_id=row.pk, by=cast.actor("quality"), at=NOW)
    events = AuditEvent.objects.filter(on=f"clinic.qualification:{row.pk}").order_by("pk")
    assert [(one.did, one.actor) for one in events] == [
        ("qualification recorded", cast.actor("nurse").key),
        ("qualification confirmed", cast.actor("quality").key),
    ]
    assert all("12345" not in str(one.details) for one in events)


# What it stops, in the rooms


def test_a_lapsed_prescriber_does_not_assess_capacity_and_nothing_is_written(cast):
    ended(cast, "prescriber", "licence")
    with pytest.raises(ActionRefused, match="Licence to practise"):
        record_capacity(course_id=cast.ada_course, answers={}, by=cast.actor("prescriber"), at=NOW)
    assert not cast.course("ada").capacity_assessments.exists()


def test_in_a_running_session_a_lapsed_nurse_slows_pauses_and_stops_but_does_not_resume_or_give_more(cast):
    session, nurse = started(cast), cast.actor("nurse")
    ended(cast, "nurse", "basic_life_support")
    for act, more in (
        (infusion.change_rate, {"rate_mg_per_h": RATE * 1000}),
        (infusion.give_bolus, {"dose_mg": Decimal(1)}),
    ):
        with pytest.raises(ActionRefused, match="life support"):
            act(session_id=session.pk, **more, by=nurse, at=after(5))
    infusion.change_rate(session_id=session.pk, rate_mg_per_h=RATE / 2, by=nurse, at=after(6))
    infusion.pause(session_id=session.pk, by=nurse, at=after(7))
    with pytest.raises(ActionRefused, match="life support"):
        infusion.resume(session_id=session.pk, by=nurse, at=after(8))
    infusion.add_note(session_id=session.pk, text="Paused", by=nurse, at=after(8))
    infusion.stop_treatment(session_id=session.pk, reason="Nobody may resume", by=nurse, at=after(9))


# The public profile


def test_the_profile_names_who_treats_with_papers_that_count_and_never_a_drug_registration(cast):
    site = Site.objects.get(pk=cast.here)
    staff = {one.name: one for one in qualified_staff(site, NOW.date())}
    assert {"Harbour Prescriber", "Harbour Nurse", "Harbour Therapist"} <= staff.keys()
    assert "Harbour Custodian" not in staff
    shown = {one.row.kind for one in staff["Harbour Prescriber"].papers}
    assert shown == {"licence", "ketamine_care", "advanced_life_support"}
    ended(cast, "therapist", "licence")
    assert "Harbour Therapist" not in {one.name for one in qualified_staff(site, NOW.date())}


def test_the_profile_costs_the_same_few_queries_however_many_people(cast, django_assert_max_num_queries):
    site = Site.objects.get(pk=cast.here)
    with django_assert_max_num_queries(2):
        qualified_staff(site, NOW.date())


# The pages


def test_everybody_sees_and_records_their_own_papers(cast, browse):
    client = browse("nurse")
    page = client.get("/settings/qualifications/mine/")
    assert b"Basic life support (BLS)" in page.content
    form = {
        "kind": "advanced_life_support",
        "issued_by": "Red Cross",
        "valid_from": "2026-01-01",
        "expires_on": "2028-01-01",
    }
    assert client.post("/settings/qualifications/mine/", form).status_code == 302
    row = Qualification.objects.get(user=cast.staff["nurse"], kind="advanced_life_support")
    assert row.recorded_by_id == cast.staff["nurse"]
    assert b"no second person has seen" in client.get("/settings/qualifications/mine/").content


def test_what_is_wrong_with_a_form_is_said_beside_the_field_and_nothing_typed_is_lost(cast, browse):
    page = browse("nurse").post(
        "/settings/qualifications/mine/",
        {"kind": "licence", "issued_by": "Board of Nursing", "valid_from": "2026-01-01"},
    )
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"number", "expires_on"}
    assert b"Board of Nursing" in page.content


def test_the_administrator_records_and_the_quality_lead_confirms(cast, browse):
    form = LICENCE | {"expires_on": "2027-01-01", "valid_from": "2025-01-01"}
    path = f"/settings/qualifications/people/{cast.staff['nurse']}/"
    assert browse("administrator").post(f"{path}record/", form).status_code == 302
    row = Qualification.objects.get(number="RN 12345")
    assert b"I have seen the paper" not in browse("administrator").get(path).content
    quality = browse("quality")
    assert b"I have seen the paper" in quality.get(path).content
    assert quality.post(f"/settings/qualifications/{row.pk}/confirm/").status_code == 302
    assert row.rulings.get().by_id == cast.staff["quality"]
    assert (
        browse("administrator").post(f"/settings/qualifications/{row.pk}/end/", {"reason": "Suspended"}).status_code
        == 302
    )
    assert set(row.rulings.values_list("what", flat=True)) == {"seen", "ended"}


def test_somebody_ends_a_paper_of_their_own_and_of_nobody_else(cast, browse):
    own = Qualification.objects.get(user=cast.staff["nurse"], kind="licence")
    other = Qualification.objects.get(user=cast.staff["therapist"], kind="licence")
    client = browse("nurse")
    assert (
        client.post("/settings/qualifications/mine/end/", {"paper": own.pk, "reason": "Gave it back"}).status_code
        == 302
    )
    assert client.post("/settings/qualifications/mine/end/", {"paper": other.pk, "reason": "No"}).status_code == 409
    assert own.rulings.filter(what="ended").exists()
    assert not other.rulings.filter(what="ended").exists()


def test_the_page_of_everybody_says_who_lacks_what_and_costs_the_same_for_any_number(cast, browse):
    ended(cast, "nurse", "ketamine_care")
    client = browse("administrator")
    page = client.get("/settings/qualifications/")
    assert b"Training in ketamine care</strong>" in page.content
    assert b"Hill" not in page.content.split(b"<table")[1]
    with CaptureQueriesContext(connection) as few:
        client.get("/settings/qualifications/")
    for number in range(6):
        user = User.objects.create_user(f"more-{number}@harbour.example", None, name=f"More {number}")
        actions.add_role(
            user=user, site=Site.objects.get(pk=cast.here), role="nurse", by=cast.actor("administrator"), at=NOW
        )
    with CaptureQueriesContext(connection) as many:
        client.get("/settings/qualifications/")
    assert len(many) == len(few)


def test_a_refused_act_says_in_words_what_ran_out_and_who_can_mend_it(cast, browse):
    session = started(cast)
    infusion.pause(session_id=session.pk, by=cast.actor("nurse"), at=after(5))
    held_until(cast, "nurse", "basic_life_support", date(2026, 3, 1))
    page = browse("nurse").post(reverse("infusion:resume", args=[session.pk]))
    assert page.status_code == 409
    assert b"Basic life support (BLS): ran out on 01 Mar 2026" in page.content
    assert b"renews it" in page.content
