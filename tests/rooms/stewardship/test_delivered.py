"""Chart and vault cannot disagree: what the dose steps deliver is what the patient's account holds."""

from decimal import Decimal

import pytest

from ketacare.clinic.errors import ActionRefused
from ketacare.infusion import actions as infusion
from ketacare.infusion.refolding import differences
from ketacare.record.models import Treatment
from ketacare.science.monitoring.events import Note
from ketacare.stewardship import actions, checking, queries
from ketacare.stewardship.models import Container, Discrepancy, Movement
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import START, after
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import chair, delivery, issued

D = Decimal


def agree(cast) -> None:
    given = Treatment.objects.get(course=cast.ada_course, number=1).given_mg
    assert vault.given_mg(cast) == given
    assert not list(checking.disagreements())
    assert not list(differences())


def test_each_dose_step_books_what_has_arrived_since_the_last(cast):
    vault.opened(cast)
    session = treatment.ready(cast)
    box = issued(cast, at=START)
    nurse = cast.actor("nurse")
    treatment.read(cast, session, START, **treatment.QUIET)
    infusion.start_treatment(session_id=session.pk, vial=treatment.vial(cast), by=nurse, at=START)
    assert vault.given_mg(cast) == 0
    infusion.pause(session_id=session.pk, by=nurse, at=after(10))
    assert vault.given_mg(cast) == D("8.750")  # 52.5 mg/h
    agree(cast)
    infusion.resume(session_id=session.pk, by=nurse, at=after(20))
    assert vault.given_mg(cast) == D("8.750")
    infusion.stop_treatment(session_id=session.pk, reason="Wishes to stop", by=nurse, at=after(30))
    assert vault.given_mg(cast) == D("17.500")
    assert vault.chair_mg(cast) == D("82.500")
    agree(cast)
    vault.waste(cast, box, None)
    assert list(queries.at_chairs(cast.here)) == []
    assert not Discrepancy.objects.exists()


def test_a_line_loss_and_a_correction_are_booked_back_and_never_edited(cast):
    vault.opened(cast)
    issued(cast, at=START)
    session = treatment.recovering(cast)
    nurse = cast.actor("nurse")
    assert vault.given_mg(cast) == D(35)
    infusion.record_line_loss(session_id=session.pk, dose_mg=D(5), by=nurse, at=after(41))
    assert (vault.given_mg(cast), vault.chair_mg(cast)) == (D(30), D(70))
    newest = Movement.objects.filter(kind="dose").order_by("-number").first()
    assert newest.reason.startswith("5 mg lost from the line")
    agree(cast)
    loss = session.events.filter(kind="dose").order_by("-seq").first()
    infusion.correct_event(
        session_id=session.pk,
        seq=loss.seq,
        payload=Note(text="The line did not leak").to_json(),
        by=nurse,
        at=after(42),
    )
    assert vault.given_mg(cast) == D(35)
    agree(cast)


def test_a_dose_that_nobody_issued_is_never_refused_and_must_be_explained(cast):
    vault.opened(cast)
    treatment.recovering(cast)
    assert vault.given_mg(cast) == D(35)
    assert vault.open_kinds(cast) == ["not-issued"]  # one, however many steps
    assert queries.unissued(cast.here, chair(cast)) == D(35)
    agree(cast)


def test_a_vial_issued_late_takes_over_what_was_given_and_the_question_stays(cast):
    vault.opened(cast)
    treatment.recovering(cast)
    issued(cast, "20", at=after(50))
    assert queries.unissued(cast.here, chair(cast)) == D(15)
    issued(cast, "20", at=after(51))
    assert queries.unissued(cast.here, chair(cast)) == 0
    assert vault.chair_mg(cast) == D(5)
    assert vault.open_kinds(cast) == ["not-issued"]
    agree(cast)


def test_several_containers_are_used_up_in_the_order_they_came(cast):
    vault.opened(cast, delivery(content_mg=D(20), how_many=3))
    boxes = [one.container.pk for one in queries.vault(cast.here)]
    actions.issue(site_id=cast.here, chair=chair(cast), container_ids=boxes, by=cast.actor("nurse"), at=START)
    treatment.recovering(cast)
    left = {one.container.pk: one.amount.mg for one in queries.issued(cast.here, chair(cast))}
    assert left == {boxes[1]: D(5), boxes[2]: D(20)}


def test_what_comes_back_comes_back_to_the_last_container_and_to_the_unissued_before_all(cast):
    vault.opened(cast, delivery(content_mg=D(20), how_many=1))
    issued(cast)
    vault.book(cast, "30")
    assert queries.unissued(cast.here, chair(cast)) == D(10)
    vault.book(cast, "15")
    assert queries.unissued(cast.here, chair(cast)) == 0
    assert vault.chair_mg(cast) == D(5)
    vault.book(cast, "15")
    assert Movement.objects.filter(kind="dose").count() == 2  # nothing new, nothing booked


def test_a_treatment_that_was_running_when_the_register_began_is_not_in_it(cast):
    treatment.started(cast)
    vault.opened(cast, at=after(5))
    infusion.pause(session_id=cast.course("ada").treatment_sessions.get().pk, by=cast.actor("nurse"), at=after(10))
    assert not Movement.objects.filter(kind="dose").exists()
    assert not list(checking.disagreements())


def test_a_refused_step_books_nothing(cast):
    vault.opened(cast)
    issued(cast, at=START)
    session = treatment.recovering(cast)
    before = Movement.objects.count()
    with pytest.raises(ActionRefused):
        infusion.record_line_loss(session_id=session.pk, dose_mg=D(99), by=cast.actor("nurse"), at=after(41))
    assert Movement.objects.count() == before


def test_verify_names_a_treatment_that_the_vault_does_not_know_of(cast):
    vault.opened(cast)
    issued(cast, at=START)
    treatment.recovering(cast)
    Treatment.objects.update(given_mg=D(36))
    (one,) = checking.disagreements()
    assert one.says == f"course {cast.ada_course}, session 1: 36.000 mg were given and 35.000 mg are booked"


def test_half_a_milligram_is_booked_too_and_says_nothing_of_a_loss(cast):
    vault.opened(cast)
    issued(cast)
    assert vault.book(cast, "0.5").reason == ""
    assert vault.given_mg(cast) == D("0.5")


def test_a_treatment_begun_in_the_moment_the_register_was_is_in_it(cast):
    session = treatment.started(cast)
    vault.opened(cast, at=START)
    infusion.pause(session_id=session.pk, by=cast.actor("nurse"), at=after(10))
    assert vault.given_mg(cast) == D("8.750")
    agree(cast)


def test_of_what_nobody_issued_each_session_is_asked_about_once_until_it_is_explained(cast):
    vault.opened(cast)
    vault.book(cast, "30")
    vault.book(cast, "32")
    (first,) = queries.open_discrepancies(cast.here)
    assert (first.kind, first.gap_mg, first.course_id, first.session) == ("not-issued", D(-30), cast.ada_course, 1)
    told = {"site": first.site, "lost_mg": D(0), "by": cast.actor("nurse"), "at": vault.LATER}
    actions.book_delivered(treatment=cast.course("ada"), number=2, delivered_mg=D(5), **told)
    assert sorted(one.session for one in queries.open_discrepancies(cast.here)) == [1, 2]
    people = {"by": cast.actor("nurse"), "witness": cast.actor("prescriber")}
    actions.explain(discrepancy_id=first.pk, reason="From the other vial", at=vault.LATER, **people)
    vault.book(cast, "35")
    assert sorted(one.session for one in queries.open_discrepancies(cast.here)) == [1, 2]


def test_what_nobody_issued_comes_back_first_even_where_it_was_the_first_to_go_in(cast):
    vault.opened(cast, delivery(content_mg=D(20), how_many=1))
    vault.book(cast, "5")
    issued(cast)  # takes over the 5
    vault.book(cast, "30")
    assert queries.unissued(cast.here, chair(cast)) == D(10)
    vault.book(cast, "20")
    assert queries.unissued(cast.here, chair(cast)) == 0


@pytest.mark.parametrize(
    "route, drug", [("in_esketamine", "esketamine"), ("im_ketamine", "ketamine"), ("", "ketamine")]
)
def test_drug_that_nobody_issued_is_the_drug_of_the_route(cast, route, drug):
    treatment.recovering(cast)
    Treatment.objects.update(route=route)
    vault.opened(cast, at=START)
    vault.book(cast, "35")
    assert Container.objects.get(lot="").drug == drug
