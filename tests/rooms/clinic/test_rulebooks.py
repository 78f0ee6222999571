"""Which rulebooks a site works by: proposed by one person, approved by another, and never changed by an upgrade."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ketacare.clinic import actions, queries
from ketacare.clinic.actor import System
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import AuditEvent, RulebookRuling, Site
from ketacare.science import rules
from ketacare.science.errors import BadReference
from tests.cast import NOW, Cast
from tests.data_folder import data_apart, next_version
from tests.rooms.clinic.rulebooks import BOOK, approve, propose

STRICTER = {"bp_treat_sys": 150}
LATER = NOW + timedelta(days=30)


@pytest.fixture
def rulebooks(tmp_path):
    with data_apart(tmp_path) as folder:
        yield folder


def site(cast: Cast) -> Site:
    return Site.objects.get(pk=cast.here)


def limit(cast: Cast, at: datetime = NOW) -> float:
    return queries.in_force(site(cast), BOOK, at=at)[1].values["bp_treat_sys"]


def test_a_new_site_works_by_the_newest_version_of_every_book(cast):
    made = actions.open_site(name="A third site", by=System(name="test"), at=NOW)
    for name in rules.names():
        book, policy = queries.in_force(made, name, at=NOW - timedelta(days=400))
        assert book is rules.load(name)
        assert policy.changed == {}


def test_a_site_without_a_book_in_force_is_a_mistake_and_not_a_default(cast):
    bare = Site.objects.create(name="Made by hand")
    with pytest.raises(BadReference, match="no version of this rulebook"):
        queries.in_force(bare, BOOK, at=NOW)


def test_a_newer_file_changes_nothing_until_it_is_approved(cast, rulebooks):
    next_version(rulebooks, BOOK)
    assert queries.in_force(site(cast), BOOK, at=NOW)[0].version == 1
    approve(cast, propose(cast, version=2))
    assert queries.in_force(site(cast), BOOK, at=NOW)[0].version == 2
    other = Site.objects.get(pk=cast.there)
    assert queries.in_force(other, BOOK, at=NOW)[0].version == 1


def test_a_file_that_is_not_the_one_put_in_force_is_refused(cast, rulebooks):
    next_version(rulebooks, BOOK)
    approve(cast, propose(cast, version=2))
    next_version(
        rulebooks,
        BOOK,
        ("default: 160, unit: mmHg", "default: 159, unit: mmHg"),
        ("bounds: [140, 160]", "bounds: [140, 159]"),
    )
    with pytest.raises(BadReference, match="not the file that was put in force"):
        queries.in_force(site(cast), BOOK, at=NOW)
    (says,) = queries.books_not_as_put_in_force(at=NOW)
    assert "Harbour Clinic: eligibility" in says


def test_a_stricter_number_counts_from_its_approval_and_not_before(cast):
    proposal = propose(cast, **STRICTER)
    assert limit(cast) == 160
    ruling = approve(cast, proposal, at=LATER)
    assert limit(cast, LATER) == 150
    assert limit(cast, LATER - timedelta(seconds=1)) == 160
    assert AuditEvent.objects.filter(did="rulebook proposed").exists()
    event = AuditEvent.objects.get(did="rulebook approved")
    assert event.details == {"book": BOOK, "version": 1, "proposal": proposal.pk}
    assert (ruling.proposed_by_id, ruling.ruled_by_id) == (cast.staff["prescriber"], cast.staff["second-prescriber"])


def test_an_approval_may_begin_on_a_later_day_of_the_site(cast):
    approve(cast, propose(cast, **STRICTER), days=3)
    begins = datetime.fromisoformat("2026-03-05T00:00:00+01:00")  # midnight in Berlin
    assert limit(cast, begins - timedelta(seconds=1)) == 160
    assert limit(cast, begins) == 150
    assert list(queries.rulings_to_come(site(cast), BOOK, at=NOW))
    assert not list(queries.rulings_to_come(site(cast), BOOK, at=begins))


def test_a_later_approval_overtakes_one_whose_day_has_not_come(cast):
    approve(cast, propose(cast, bp_treat_sys=150), days=3)
    approve(cast, propose(cast, bp_treat_sys=145))
    assert limit(cast) == 145
    assert limit(cast, LATER) == 145
    assert not list(queries.rulings_to_come(site(cast), BOOK, at=NOW))


def test_the_default_is_no_change_of_the_sites_own(cast):
    with pytest.raises(ActionRefused, match="Nothing would change"):
        propose(cast, bp_treat_sys=160)


def test_every_problem_of_a_proposal_is_told_at_once(cast):
    with pytest.raises(ActionRefused) as refused:
        actions.propose_rulebook(
            site=site(cast),
            book=BOOK,
            version=1,
            parameters={"bp_treat_sys": 170, "bp_treat_sis": 150},
            reason=" ",
            by=cast.actor("prescriber"),
            at=NOW,
        )
    said = " ".join(reason.text for reason in refused.value.reasons)
    assert "Say why" in said
    assert "170 mmHg lies outside 140 to 160" in said
    assert "no such parameter" in said


def test_only_the_medical_director_loosens_and_answers_for_it_by_name(cast):
    with pytest.raises(ActionRefused, match="medical director"):
        propose(cast, bp_caution_sys_65=150)
    approve(cast, propose(cast, role="medical-director", bp_caution_sys_65=150), role="prescriber")
    policy = queries.in_force(site(cast), BOOK, at=NOW)[1]
    assert policy.loosened_by == cast.user("medical-director").name
    approve(cast, propose(cast, bp_caution_sys_65=150, bp_treat_sys=150))
    kept = queries.in_force(site(cast), BOOK, at=NOW)[1]
    assert kept.loosened_by == policy.loosened_by
    approve(cast, propose(cast, bp_treat_sys=150))
    assert queries.in_force(site(cast), BOOK, at=NOW)[1].loosened_by == ""


def test_nobody_loosens_past_a_bound(cast):
    with pytest.raises(ActionRefused, match="lies outside"):
        propose(cast, role="medical-director", bp_caution_sys_65=151)


def test_one_who_proposed_cannot_approve(cast):
    proposal = propose(cast, **STRICTER)
    with pytest.raises(ActionRefused, match="cannot approve"):
        approve(cast, proposal, role="prescriber")
    with pytest.raises(IntegrityError), transaction.atomic():
        RulebookRuling.objects.create(
            proposal=proposal,
            approved=True,
            proposed_by_id=proposal.proposed_by_id,
            ruled_by_id=proposal.proposed_by_id,
            ruled_at=NOW,
        )
    assert limit(cast) == 160


def test_nothing_begins_before_it_was_approved(cast):
    with pytest.raises(ActionRefused, match="a day that is over"):
        approve(cast, propose(cast, **STRICTER), days=-1)


def test_a_book_that_changed_since_it_was_proposed_is_not_approved(cast, rulebooks):
    next_version(rulebooks, BOOK)
    proposal = propose(cast, version=2)
    next_version(rulebooks, BOOK, ("status: unreviewed", "status:  unreviewed"))
    with pytest.raises(ActionRefused, match="has changed since"):
        approve(cast, proposal)


def test_a_proposal_is_turned_down_or_taken_back_with_a_reason_and_once(cast):
    proposal = propose(cast, **STRICTER)
    with pytest.raises(ActionRefused, match="Another proposal"):
        propose(cast, bp_treat_sys=145)
    with pytest.raises(ActionRefused, match="Say why"):
        actions.reject_rulebook(proposal_id=proposal.pk, reason=" ", by=cast.actor("second-prescriber"), at=NOW)
    with pytest.raises(NotAllowed):  # another's proposal, by somebody who may not approve
        actions.reject_rulebook(proposal_id=proposal.pk, reason="No", by=cast.actor("quality"), at=NOW)
    actions.reject_rulebook(proposal_id=proposal.pk, reason="Too strict", by=cast.actor("second-prescriber"), at=NOW)
    with pytest.raises(ActionRefused, match="decided on already"):
        approve(cast, proposal)
    assert limit(cast) == 160
    assert AuditEvent.objects.filter(did="rulebook rejected").count() == 1


@pytest.mark.parametrize("role", ["nurse", "therapist", "front-desk", "custodian", "administrator"])
def test_who_may_not_propose_or_approve(cast, role):
    with pytest.raises(NotAllowed):
        propose(cast, role=role, **STRICTER)
    with pytest.raises(NotAllowed):
        approve(cast, propose(cast, **STRICTER), role=role)


def test_a_prescriber_of_another_site_is_nobody_here(cast):
    with pytest.raises(NotAllowed):
        actions.propose_rulebook(
            site=site(cast),
            book=BOOK,
            version=1,
            parameters=STRICTER,
            reason="Why not",
            by=cast.actor("prescriber", there=True),
            at=NOW,
        )
