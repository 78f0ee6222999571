from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import AuditEvent, DecisionRecord
from ketacare.evaluation import queries
from ketacare.evaluation.models import Answer
from ketacare.planning import course_review
from ketacare.record.models import Entry, Source
from ketacare.science import rules
from ketacare.science.facts.entries import EntryKind, Standing
from tests.cast import NOW
from tests.rooms.evaluation import answers
from tests.rooms.evaluation.answers import answer, decide, pending


@pytest.fixture
def page(cast):
    return reverse("evaluation:course", args=[cast.ada_course])


@pytest.fixture
def told(cast):
    """Puts a condition of another system into Ada's record."""

    def run(code: str, *, at: datetime = NOW) -> Entry:
        source = Source.objects.create(
            patient=cast.patient("ada"),
            key=f"Condition/{code}",
            resource_type="Condition",
            sha256="0" * 64,
            file="bundle.json",
            file_sha256="0" * 64,
            imported_at=NOW,
            imported_by="operator",
        )
        return Entry.objects.create(
            patient=cast.patient("ada"),
            kind=EntryKind.CONDITION,
            codings=[["http://hl7.org/fhir/sid/icd-10-cm", code, ""]],
            display="Aneurysm",
            standing=Standing.PRESENT,
            status="active",
            as_of=at,
            as_of_given=at.isoformat(),
            group=source.key,
            source=source,
            recorded_at=NOW,
        )

    return run


def test_the_page_says_what_is_missing_and_who_can_tell(cast, browse, page):
    shown = browse("prescriber").get(page).content.decode()
    assert "Cannot be judged yet" in shown
    assert "Arteriovenous malformation" in shown
    assert "The patient can tell" in shown
    assert AuditEvent.objects.filter(did="saw evaluation:course", subjects__patient=cast.ada).count() == 1


def test_a_finding_shows_the_patients_values_and_its_sources(cast, browse, page):
    answer(cast, at=timezone.now(), cv__bp_sys=166)
    shown = browse("prescriber").get(page).content.decode()
    assert "REL-01" in shown
    assert "<strong>166 mmHg</strong>" in shown
    assert reverse("evaluation:source", args=["D-CLINIC"]) in shown


def test_a_nurse_sees_no_button_to_decide(cast, browse, page):
    answer(cast, at=timezone.now())
    assert "Record the decision" in browse("prescriber").get(page).content.decode()
    assert "Record the decision" not in browse("nurse").get(page).content.decode()


def test_who_may_not_answer_is_shown_no_way_to_the_questions(cast, browse, page):
    way = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    assert way in browse("nurse").get(page).content.decode()
    assert way not in browse("quality").get(page).content.decode()


def test_only_another_prescriber_sees_the_button_for_the_second_signature(cast, browse, page):
    pending(cast)
    assert "Sign as second prescriber" not in browse("prescriber").get(page).content.decode()
    assert "Sign as second prescriber" in browse("second-prescriber").get(page).content.decode()


def test_a_decision_shows_the_values_of_then_in_words(cast, browse):
    answer(cast)
    decide(cast)
    shown = browse("nurse").get(reverse("evaluation:decision", args=[DecisionRecord.objects.get().pk]))
    assert "Planned route: into a vein" in shown.content.decode()


def test_a_section_is_answered_and_only_what_changed_is_kept(cast, browse):
    address = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    posted = {"cv__avm": "false", "cv__bp_sys": "122", "cv__phaeochromocytoma": "not-sure"}
    assert browse("nurse").post(address, posted).status_code == 302
    kept = dict(Answer.objects.filter(course=cast.ada_course).values_list("fact", "value"))
    assert kept == {"cv.avm": False, "cv.bp_sys": 122, "cv.phaeochromocytoma": None}
    browse("nurse").post(address, posted | {"cv__bp_sys": "125"})
    assert Answer.objects.filter(fact="cv.bp_sys").count() == 2
    assert Answer.objects.filter(fact="cv.avm").count() == 1


def test_a_value_out_of_range_is_refused_on_a_page_and_nothing_is_kept(cast, browse):
    address = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    answered = browse("nurse").post(address, {"cv__bp_sys": "1220"})
    assert answered.status_code == 409
    assert "cv.bp_sys" in answered.content.decode()
    assert not Answer.objects.exists()


def test_a_patient_who_cannot_be_judged_has_a_page_that_says_why(cast, browse, page):
    answers.unfit(cast)
    for reply in (
        browse("prescriber").get(page),
        browse("prescriber").post(reverse("evaluation:decide", args=[cast.ada_course]), {"seen": "x"}),
    ):
        assert reply.status_code == 409
        assert "cv.bp_sys: must lie between" in reply.content.decode()


def test_days_that_nobody_changed_are_not_answered_again(cast, browse):
    address = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    browse("nurse").post(address, {"cv__days_since_mi_or_event": "41"})
    told = queries.known(cast.course("ada"), at=timezone.now()).facts["cv.days_since_mi_or_event"].value.isoformat()
    browse("nurse").post(address, {"cv__days_since_mi_or_event": told})
    assert Answer.objects.filter(fact="cv.days_since_mi_or_event").count() == 1


@pytest.mark.parametrize("text", ["9" * 5000, "yesterday", "2026-13-01", "-4"])
def test_a_date_that_is_none_is_named(cast, browse, text):
    address = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    answered = browse("nurse").post(address, {"cv__days_since_mi_or_event": text})
    assert "Give a date" in answered.content.decode()


def test_a_prescriber_decides_in_the_browser(cast, browse, page):
    answer(cast, at=timezone.now())
    seen = queries.assess(cast.course("ada"), at=timezone.now())
    form = {"seen": seen.digest, "decided": "treat", "reason": ""}
    form |= {f"read-{one.finding.rule.id}": "on" for one in seen.obstacles}
    assert browse("prescriber").post(reverse("evaluation:decide", args=[cast.ada_course]), form).status_code == 302
    assert DecisionRecord.objects.get().decided == "treat"
    again = browse("prescriber").get(page).content.decode()
    assert "the rulebook said: eligible" in again


def test_the_page_needs_the_same_number_of_queries_however_much_was_answered(
    cast, browse, page, django_assert_max_num_queries
):
    client = browse("prescriber")
    answer(cast, at=timezone.now())
    answer(cast, at=timezone.now())
    with django_assert_max_num_queries(30):
        client.get(page)


def test_while_a_second_signature_is_awaited_nothing_else_can_be_decided(cast, browse, page):
    answers.pending(cast)
    shown = browse("second-prescriber").get(page).content.decode()
    assert "Sign as second prescriber" in shown
    assert "Go on against it" not in shown
    assert "Record the decision" not in shown


@pytest.mark.parametrize("name", ["source", "rule"])
def test_an_unknown_source_or_rule_is_not_found(browse, name):
    assert browse("prescriber").get(reverse(f"evaluation:{name}", args=["NONE-1"])).status_code == 404


def test_every_source_and_every_rule_has_a_page(browse):
    client = browse("prescriber")
    assert "seen" in client.get(reverse("evaluation:source", args=["L-ESK-EU"])).content.decode()
    assert "Systolic" in client.get(reverse("evaluation:rule", args=["ALM-06"])).content.decode()


def test_an_answer_against_the_record_is_a_contradiction_until_somebody_says_why(cast, browse, page, told):
    told("I71.4")
    answer(cast, at=timezone.now(), cv__aneurysmal_vascular_disease=False)
    shown = browse("prescriber").get(page).content.decode()
    assert "Answers and record differ" in shown
    assert "answered <strong>no</strong>" in shown
    assert "the record says <strong>yes</strong>: Aneurysm" in shown
    assert queries.assess(cast.course("ada"), at=timezone.now()).evaluation.disposition == "not_eligible"

    address = reverse("evaluation:section", args=[cast.ada_course, "heart"])
    form = browse("prescriber").get(address)
    seen = next(one for one in form.context["questions"] if one.entries).extra[-1].value()
    posted = {
        "cv__aneurysmal_vascular_disease": "false",
        "why-cv__aneurysmal_vascular_disease": "Repaired in 2019, letter of 3 May",
        "seen-cv__aneurysmal_vascular_disease": seen,
    }
    browse("prescriber").post(address, posted)
    settled = Answer.objects.filter(fact="cv.aneurysmal_vascular_disease").latest("pk")
    assert (settled.value, settled.note, settled.settles) == (False, "Repaired in 2019, letter of 3 May", seen.split())
    assert "Answers and record differ" not in browse("prescriber").get(page).content.decode()
    assert queries.assess(cast.course("ada"), at=timezone.now()).evaluation.disposition != "not_eligible"


def test_a_list_of_the_record_is_whole_when_a_clinician_says_so(cast, browse, told):
    told("F10.20")
    address = reverse("evaluation:section", args=[cast.ada_course, "medicines"])
    assert "These are all of them" in browse("prescriber").get(address).content.decode()
    browse("prescriber").post(address, {"meds__classes": ["alcohol_regular"]})
    assert not Answer.objects.exists()
    browse("prescriber").post(address, {"meds__classes": ["alcohol_regular"], "all-meds__classes": "on"})
    assert Answer.objects.get().value == ["alcohol_regular"]
    known = queries.facts(cast.course("ada"), at=timezone.now())["meds.classes"]
    assert (known.value, known.complete) == (["alcohol_regular"], True)


def test_what_the_record_says_stands_beside_its_question(cast, browse, told):
    told("G47.33")
    shown = browse("prescriber").get(reverse("evaluation:section", args=[cast.ada_course, "organs"])).content.decode()
    assert "In the record:" in shown
    assert "Aneurysm" in shown  # the made entry's own words


def test_the_page_says_what_would_have_to_be_true_with_its_sources(cast, browse, page):
    ecg = {"cv__ecg_done": True, "cv__qtc_ms": 420, "cv__ecg_interpretation": "normal"}
    answer(cast, at=timezone.now(), cv__bp_sys=170, cv__stable_cad=True, **ecg)
    shown = browse("prescriber").get(page).content.decode()
    assert "Systolic pressure, mean of two or more seated readings: from 90 to below 160 mmHg" in shown
    assert "(now 170 mmHg)" in shown
    assert "A clearance from cardiology" in shown
    outlook = shown.partition('id="outlook"')[2].partition("</section>")[0]
    assert reverse("evaluation:rule", args=["REL-01"]) in outlook
    assert reverse("evaluation:source", args=["L-ESK-FR"]) in outlook


def test_of_a_patient_nobody_knows_the_page_counts_the_missing_answers(browse, page):
    assert "questions answered" in browse("prescriber").get(page).content.decode()


def test_a_history_that_stays_is_said_to_have_no_way(cast, browse, page):
    answer(cast, at=timezone.now(), cv__avm=True)
    assert "Nothing that can change would lead to treatment" in browse("prescriber").get(page).content.decode()


def test_a_disputed_rule_shows_the_readings_and_who_holds_them(browse):
    shown = browse("prescriber").get(reverse("evaluation:rule", args=["ABS-10"])).content.decode()
    assert "6 months." in shown
    assert "Swiss label of injectable esketamine" in shown
    assert "Days since the last heart attack" in shown or "below 42 days" in shown


def test_disputed_evidence_has_a_page_of_its_own(browse):
    shown = browse("nurse").get(reverse("evaluation:disputes")).content.decode()
    assert "May a person with bipolar disorder be treated?" in shown
    assert "two Canadian programmes" in shown


@pytest.mark.parametrize("name", rules.names())
def test_every_book_has_a_page_with_every_rule_and_its_sources(browse, name):
    shown = browse("nurse").get(reverse("evaluation:book", args=[name])).content.decode()
    for rule in rules.load(name).rules:
        assert reverse("evaluation:rule", args=[rule.id]) in shown
        assert all(reverse("evaluation:source", args=[key]) in shown for key in rule.sources)


def test_a_book_that_does_not_exist_is_not_found(browse):
    assert browse("nurse").get(reverse("evaluation:book", args=["horoscopes"])).status_code == 404


def test_a_contradiction_is_said_to_be_settled_by_a_person(cast, browse, page):
    answer(cast, at=timezone.now(), dx__primary="bipolar_depression", psych__bipolar_history="none")
    assert "when a person has settled which of the answers holds" in browse("prescriber").get(page).content.decode()


def test_rooms_that_read_one_fact_read_the_record_s_of_a_contradiction(cast, told):
    told("F31.81")
    told("Z91.19")
    answer(cast, psych__bipolar_history="none", meds__classes=["ssri_snri"])
    assert queries.known(cast.course("ada"), at=NOW).rivals.keys() == {"psych.bipolar_history"}
    assert course_review.is_bipolar(cast.course("ada"), at=NOW) is True


def test_a_later_heart_attack_than_answered_is_a_contradiction_of_days(cast, browse, page, told):
    now = timezone.now()
    told("I21.9", at=now - timedelta(days=20))
    answer(cast, at=now, cv__had_mi_or_cv_event=True, cv__days_since_mi_or_event=400)
    assert "Answers and record differ" in browse("prescriber").get(page).content.decode()
    assert queries.assess(cast.course("ada"), at=now).evaluation.finding("ABS-10").fires
