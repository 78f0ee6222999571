"""Before a rulebook comes into force: which patients in care are judged otherwise, and why."""

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic import queries as clinic
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import AuditEvent, Course, Site
from ketacare.evaluation import actions
from ketacare.evaluation.panel import panel
from ketacare.science import rules
from tests.cast import NOW, Cast
from tests.data_folder import data_apart, next_version
from tests.rooms.clinic.rulebooks import propose
from tests.rooms.evaluation import answers
from tests.rooms.evaluation.answers import unfit

HIGH = {"cv__bp_sys": 155, "cv__bp_dia": 84}


@pytest.fixture
def rulebooks(tmp_path):
    with data_apart(tmp_path) as folder:
        yield folder


def approved_after_looking(cast: Cast, proposal, *, at=NOW, role="second-prescriber"):
    seen = panel(proposal, at=at).digest
    return actions.approve_rulebook(
        proposal_id=proposal.pk, effective_on=at.date(), seen=seen, by=cast.actor(role), at=at
    )


def test_a_stricter_limit_names_who_changes_and_by_which_rule_on_which_value(cast):
    answers.answer(cast, **HIGH)
    (one,) = panel(propose(cast, bp_treat_sys=150), at=NOW).concerned
    assert one.course == cast.course("ada")
    assert (one.before, one.after) == ("eligible_with_precautions", "needs_workup")
    (rule,) = [change for change in one.changes if change.rule == "REL-01"]
    assert (rule.was, rule.now, rule.is_worse, rule.severity) == ("silent", "fires", True, "relative")
    assert {used["fact"]: used["value"] for used in rule.because}["cv.bp_sys"] == 155
    assert rule.sources


def test_a_limit_that_nobody_reaches_concerns_nobody(cast):
    answers.answer(cast)
    found = panel(propose(cast, bp_treat_sys=150), at=NOW)
    assert found.looked_at == 1
    assert found.concerned == ()


def test_a_patient_of_another_site_and_an_ended_course_are_no_part_of_it(cast):
    answers.answer(cast, "zoe", **HIGH)
    answers.answer(cast, **HIGH)
    course = cast.course("ada")
    course.status = Course.Status.ENDED
    course.save()
    assert panel(propose(cast, bp_treat_sys=150), at=NOW).looked_at == 0


def test_a_rule_that_a_new_version_drops_is_shown_as_silent_from_then_on(cast, rulebooks):
    answers.answer(cast, **HIGH)
    next_version(
        rulebooks,
        "eligibility",
        ("default: 140, unit: mmHg, bounds: [130, 140]", "default: 156, unit: mmHg, bounds: [130, 156]"),
    )
    (one,) = panel(propose(cast, version=2), at=NOW).concerned
    changed = {change.rule: (change.was, change.now) for change in one.changes}
    assert changed["CAU-01"] == ("fires", "silent")


def test_one_patient_who_cannot_be_judged_is_named_and_hides_nobody_else(cast):
    answers.answer(cast, **HIGH)
    unfit(cast)
    found = panel(propose(cast, bp_treat_sys=150), at=NOW)
    assert [one.pk for one in found.unjudged] == [cast.ada_course]


def test_nothing_changes_by_looking(cast):
    answers.answer(cast, **HIGH)
    proposal = propose(cast, bp_treat_sys=150)
    panel(proposal, at=NOW)
    assert clinic.in_force(proposal.site, "eligibility", at=NOW)[1].changed == {}


def test_an_approval_counts_only_for_the_patients_that_were_shown(cast):
    answers.answer(cast)
    proposal = propose(cast, bp_treat_sys=150)
    seen = panel(proposal, at=NOW).digest
    answers.answer(cast, **HIGH)
    with pytest.raises(ActionRefused, match="Look again"):
        actions.approve_rulebook(
            proposal_id=proposal.pk, effective_on=NOW.date(), seen=seen, by=cast.actor("second-prescriber"), at=NOW
        )
    approved_after_looking(cast, proposal)
    assert clinic.in_force(Site.objects.get(pk=cast.here), "eligibility", at=NOW)[1].values["bp_treat_sys"] == 150


class TestPages:
    def test_every_book_with_its_version_and_that_nobody_has_reviewed_it(self, browse):
        page = browse("nurse").get(reverse("clinic:rulebooks")).content.decode()
        assert page.count("not reviewed by a clinician") == 5

    def test_a_newer_version_is_announced_and_can_be_looked_at(self, browse, cast, rulebooks):
        next_version(rulebooks, "eligibility")
        client, address = browse("prescriber"), reverse("clinic:rulebook", args=[cast.here, "eligibility"])
        assert "Version 2 came with the software and is not in force" in client.get(address).content.decode()
        assert "numbers of version 2" in client.get(address, {"version": 2}).content.decode()
        assert client.get(address, {"version": "9" * 5000}).status_code == 200

    def test_the_form_shows_what_would_change_before_anything_is_proposed(self, browse, cast):
        client, address = browse("prescriber"), reverse("clinic:rulebook", args=[cast.here, "eligibility"])
        sent = self.filled(client, address, bp_treat_sys="150")
        page = client.post(address, sent | {"look": "1"}).content.decode()
        assert "stricter than now" in page
        assert clinic.open_proposal(Site.objects.get(pk=cast.here), "eligibility") is None
        client.post(address, sent | {"propose": "1"})
        assert clinic.open_proposal(Site.objects.get(pk=cast.here), "eligibility").parameters == {"bp_treat_sys": 150}

    def test_a_number_past_its_bound_is_refused_in_the_form_with_the_reason(self, browse, cast):
        client, address = browse("medical-director"), reverse("clinic:rulebook", args=[cast.here, "eligibility"])
        page = client.post(
            address, self.filled(client, address, bp_treat_sys="170") | {"propose": "1"}
        ).content.decode()
        assert "170 mmHg lies outside 140 to 160" in page

    def test_loosening_by_anybody_else_is_refused_and_says_who_may(self, browse, cast):
        client, address = browse("prescriber"), reverse("clinic:rulebook", args=[cast.here, "eligibility"])
        reply = client.post(address, self.filled(client, address, bp_caution_sys_65="150") | {"propose": "1"})
        assert reply.status_code == 409
        assert "only the medical director" in reply.content.decode()

    def test_the_proposals_page_names_patients_only_to_who_may_read_evaluations(self, browse, cast):
        answers.answer(cast, at=timezone.now(), **HIGH)
        address = reverse("evaluation:rulebook-proposal", args=[propose(cast, bp_treat_sys=150).pk])
        assert "Lindqvist" in browse("second-prescriber").get(address).content.decode()
        assert AuditEvent.objects.filter(did="saw evaluation:rulebook-proposal", patients=[cast.ada]).count() == 1
        page = browse("administrator").get(address).content.decode()
        assert "Lindqvist" not in page
        assert "REL-01" in page
        assert AuditEvent.objects.filter(did="saw evaluation:rulebook-proposal").count() == 1

    @staticmethod
    def filled(client, address, **changes):
        """The form as the page gives it, with some numbers changed."""
        form = client.get(address).context["form"]
        return {name: str(form[name].value() or "") for name in form.fields} | {"reason": "A reason"} | changes


@pytest.mark.parametrize("book", rules.names())
def test_every_book_can_be_judged_on_what_is_known_of_a_patient(cast, book):
    answers.answer(cast)
    name, param = next((name, one) for name, one in rules.load(book).params.items() if one.bounds[0] < one.bounds[1])
    value = param.bounds[0] if param.stricter == "lower" else param.bounds[1]
    found = panel(propose(cast, book=book, **{name: value}), at=NOW)
    assert (found.looked_at, found.unjudged) == (1, ())


def test_a_rule_that_a_newer_version_dropped_can_still_be_read(cast, browse, rulebooks):
    next_version(rulebooks, "eligibility", ("- id: INF-02\n", "- id: INF-99\n"))
    for rule, version in (("INF-02", 1), ("INF-99", 2)):
        page = browse("nurse").get(reverse("evaluation:rule", args=[rule])).content.decode()
        assert f"version {version}" in page
