"""Going home: the written sheet, the receipt, the escort, who may go on against what."""

import pytest
from django.urls import reverse

from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import Site
from ketacare.infusion import actions, home_sheet, queries
from ketacare.infusion.queries import going_home, state_of
from ketacare.planning.models import SitePractice
from ketacare.planning.practices import CALL_NIGHT, TOLD_AT_LEAVING
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import HOME, MORNING, after


def stops(session):
    return {one.requirement.id for one in going_home(session, at=after(100)) if one.stops}


def attest(cast, session, item, value, note=""):
    actions.attest_items(session_id=session.pk, answers={item: (value, note)}, by=cast.actor("nurse"), at=after(99.7))


def without_number(cast, monkeypatch):
    """A site that has not settled who is called at night: rows are for good, so the reading of one is left out."""
    monkeypatch.setattr("ketacare.infusion.queries.TOLD_AT_LEAVING", (*TOLD_AT_LEAVING, "rems_certified"))


@pytest.mark.parametrize(
    "item, requirement",
    [
        ("home.no_driving_receipt", "no_driving"),
        ("home.next_day_call_booked", "next_day_call"),
        ("home.written_instructions_given", "instructions"),
        ("home.escort_present", "escort"),
    ],
)
@pytest.mark.parametrize("value", [False, None])
def test_nobody_goes_home_without_escort_sheet_receipt_or_call(cast, item, requirement, value):
    session = treatment.settled(cast)
    attest(cast, session, item, value)
    assert stops(session) == {requirement, "signature"}
    with pytest.raises(ActionRefused):
        actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))


def test_a_refused_discharge_names_the_missing_escort_and_who_may_go_on_without(cast):
    session = treatment.settled(cast)
    attest(cast, session, "home.escort_present", False)
    with pytest.raises(ActionRefused) as refused:
        actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100))
    (reason,) = refused.value.reasons
    assert (reason.rule, reason.who) == ("escort", "a prescriber, in writing")


def test_only_a_prescriber_lets_a_patient_go_without_escort_and_says_why(cast):
    session = treatment.settled(cast)
    attest(cast, session, "home.escort_present", False)
    told = {"session_id": session.pk, "requirement": "escort", "reason_code": "other", "at": after(100)}
    with pytest.raises(NotAllowed):
        actions.override_requirement(**told, reason="Taxi", by=cast.actor("nurse"))
    with pytest.raises(ActionRefused, match="Say why"):
        actions.override_requirement(**told, reason=" ", by=cast.actor("prescriber"))
    actions.override_requirement(**told, reason="Walks home with our nurse", by=cast.actor("prescriber"))
    assert actions.discharge(session_id=session.pk, by=cast.actor("nurse"), at=after(100)).status == "discharged"


def test_a_sheet_that_lacks_a_number_keeps_the_patient(cast, monkeypatch):
    session = treatment.settled(cast)
    without_number(cast, monkeypatch)
    assert stops(session) == {"instructions", "signature"}
    told = next(one for one in going_home(session, at=after(100)) if one.requirement.id == "instructions")
    assert "the sheet does not tell: this site is certified" in told.requirement.reason


def test_a_site_without_numbers_tells_each_that_is_missing(cast):
    bare = Site.objects.create(name="New clinic")
    session = treatment.planned(cast)
    session.site = bare
    assert len(queries.missing_on_sheet(session)) == len(TOLD_AT_LEAVING)
    assert "number that patients call at night" in queries.missing_on_sheet(session)


def test_the_sheet_tells_whom_to_call_who_comes_and_what_not_to_do(cast, browse):
    session = treatment.settled(cast)
    sheet = home_sheet.home_sheet(session, at=after(100))
    assert dict(sheet.numbers)["Number that patients call at night"] == "555 0101"
    assert (sheet.escort, sheet.call, sheet.missing) == ("Olaf, brother", HOME["home.next_day_call_booked"][1], ())
    assert sheet.unreviewed
    client = browse("nurse")
    assert sheet.by_hand == ("Your integration or therapy appointment", "When to take your usual medicines")
    page = client.get(reverse("infusion:home-sheet", args=[session.pk])).content.decode()
    assert all(one in page for one in sheet.by_hand)
    for words in ("No driving", "555 0100", "Olaf, brother", "red flags", "no clinician has signed"):
        assert words.lower() in page.lower()
    assert client.get(reverse("infusion:home-sheet-pdf", args=[session.pk])).content.startswith(b"%PDF")


def test_a_sheet_with_a_gap_says_that_it_is_not_to_be_handed_out(cast, browse, monkeypatch):
    session = treatment.settled(cast)
    without_number(cast, monkeypatch)
    page = browse("nurse").get(reverse("infusion:home-sheet", args=[session.pk])).content.decode()
    assert "Not to be handed out" in page
    assert "Print the sheet" not in page


def test_a_newer_number_is_the_one_that_is_told(cast):
    by = cast.actor("prescriber")
    treatment_site = Site.objects.get(pk=cast.here)
    SitePractice.objects.create(
        site=treatment_site,
        name=CALL_NIGHT,
        value="555 0199",
        reason="Moved",
        signed_by_id=by.user_id,
        signed_at=MORNING,
    )
    session = treatment.planned(cast)
    assert dict(home_sheet.home_sheet(session, at=MORNING).numbers)["Number that patients call at night"] == "555 0199"


def test_the_version_of_the_scores_stands_in_the_timeline(cast):
    session = treatment.settled(cast)
    last = state_of(session).of_kind("observation")[-1].payload
    assert set(last.editions) == {"modified_aldrete", "padss"}
    assert last.editions["padss"].startswith("discharge 1: ")


def test_a_patient_who_is_not_fit_to_leave_after_four_hours_is_reviewed(cast, browse):
    session = treatment.recovering(cast)
    assert queries.review_overdue(session, at=after(40 + 239)) is None
    assert queries.review_overdue(session, at=after(40 + 240)) == 240
    page = browse("nurse").get(reverse("infusion:recovery", args=[session.pk])).content.decode()
    assert "decides about a transfer" in page
    assert "May go on against it: a prescriber, in writing" in page
