"""The review of a course on one page: words first, harm as large as benefit, and a lost response that finds its owner."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.models import Course
from ketacare.evaluation.words import label_of, labels
from ketacare.followup.review_losses import losses
from ketacare.outcomes import actions as outcomes
from ketacare.planning.actions import decide_review
from ketacare.planning.models import CourseReview
from ketacare.planning.values import ReviewInput
from ketacare.science.rules import load
from ketacare.worklist.queries.today import work
from tests.rooms.followup.telling import IN_HOSPITAL, afterwards
from tests.rooms.outcomes.caring import licensed
from tests.rooms.planning.asking import answered, course_with

DAY = timedelta(days=1)
WELL = {"fu.serious_event": False, "fu.anaphylaxis": False, "fu.patient_chooses_stop": False}


def page(browse, cast, role="prescriber") -> str:
    return browse(role).get(reverse("followup:review", args=[cast.ada_course])).content.decode()


def total(cast, scale: str, value: int, *, at) -> None:
    """A total typed in whole, as a clinic with its own form does."""
    licensed(cast, scale)
    outcomes.record_answers(
        course_id=cast.ada_course,
        instrument_id=scale,
        answers={"total": value},
        how="asked",
        answered_at=at,
        form_key=uuid4(),
        by=cast.actor("nurse"),
        at=at,
    )


def reviewed(cast, *, at) -> None:
    review = ReviewInput(decision="go-on", reason="Sleeps again", answers=WELL)
    decide_review(course_id=cast.ada_course, review=review, by=cast.actor("prescriber"), at=at)


def lost(cast, *, best=6, now=15):
    """Ada after three sessions: a response, and half of it gone again."""
    at = course_with(cast, 3, before=20, until=timezone.now() - 10 * DAY)
    answered(cast, best, at=at + DAY)
    answered(cast, now, at=at + 9 * DAY)
    return at + 9 * DAY


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (20, 8, "Better: a response"),
        (20, 4, "Better: in the range of remission"),
        (20, 19, "No change beyond chance"),
        (14, 16, "Worse by 2 points, within chance"),
        (12, 20, "Worse than before treatment, by more than chance"),
    ],
)
def test_better_and_worse_are_said_in_the_same_size(cast, browse, before, after, words):
    course_with(cast, 3, before=before, after=after, until=timezone.now())
    shown = page(browse, cast)
    verdict = shown[shown.index('<p class="verdict"><strong>PHQ-9</strong>') :].split("</p>")[0]
    assert words in verdict


def test_a_course_without_a_score_after_its_last_session_is_not_known_and_not_unchanged(cast, browse):
    course_with(cast, 3, before=20, until=timezone.now())
    shown = page(browse, cast)
    assert "Not known is not &quot;no change&quot;" in shown or 'Not known is not "no change"' in shown
    assert "there is no score from after the last session" in shown
    assert "No change beyond chance" not in shown


def test_a_scale_that_was_never_answered_is_said_to_be_missing(cast, browse):
    course_with(cast, 3, until=timezone.now())
    assert "there is neither a score from before the first session" in page(browse, cast)


def test_two_scores_of_one_day_are_both_shown_with_the_rule(cast, browse):
    at = course_with(cast, 3, before=20, after=8, until=timezone.now())
    noon = (at - DAY).replace(hour=11, minute=0)
    answered(cast, 9, at=noon + timedelta(hours=1))
    answered(cast, 12, at=noon + timedelta(hours=2))
    shown = page(browse, cast)
    assert "scores on" in shown
    assert "9 (" in shown
    assert "12 (" in shown
    assert "The last one written down for a day counts." in shown


def test_a_changed_scale_is_bridged_by_the_named_table_alone(cast, browse):
    at = course_with(cast, 3, until=timezone.now())
    total(cast, "hamd17", 24, at=at - 40 * DAY)
    total(cast, "qids_sr16", 4, at=at)
    shown = page(browse, cast)
    assert "QIDS-SR16 to HAM-D17, table of the IDS/QIDS authors: converted" in shown
    assert "Better: in the range of remission" in shown


def test_a_conversion_for_groups_is_named_and_not_used(cast, browse):
    at = course_with(cast, 3, before=20, until=timezone.now())
    total(cast, "madrs", 8, at=at)
    shown = page(browse, cast)
    assert "for groups only, not for one patient" in shown
    assert "Better" not in shown


def test_the_page_holds_doses_side_effects_and_what_the_protocol_says_with_its_source(cast, browse):
    course_with(cast, 3, before=20, after=20, until=timezone.now())
    afterwards(cast, timezone.now())
    shown = page(browse, cast)
    for words in (
        "35\N{NO-BREAK SPACE}mg",
        "0.5\N{NO-BREAK SPACE}mg/kg",
        "Nausea, grade 1",
        "STOP-NR3",
        "D-CLINIC",
        "cannot be judged",
        "not known",
    ):
        assert words in shown


def test_a_nurse_reads_the_review_and_decides_nothing(cast, browse):
    course_with(cast, 3, before=20, after=8, until=timezone.now())
    assert "Record the decision" not in page(browse, cast, "nurse")
    asked = {"act": "decide", "decision": "go-on", "reason": "Well"}
    assert browse("nurse").post(reverse("followup:review-decide", args=[cast.ada_course]), asked).status_code == 404
    assert not CourseReview.objects.exists()


def test_a_lost_response_waits_for_the_responsible_prescriber_by_name(cast):
    at = lost(cast)
    items = [item for item in work(cast.actor("prescriber"), at=at) if item.what == "A response was lost"]
    assert [item.why for item in items] == ["PHQ-9 6 at its best, now 15; nobody is responsible yet"]
    Course.objects.filter(pk=cast.ada_course).update(prescriber=cast.staff["second-prescriber"])
    assert [one for one in work(cast.actor("prescriber"), at=at) if one.what == "A response was lost"] == []
    (item,) = [one for one in work(cast.actor("second-prescriber"), at=at) if one.what == "A response was lost"]
    assert item.why.endswith("Harbour Second-Prescriber sees to it") or "sees to it" in item.why


def test_a_lost_response_waits_until_a_review_is_decided_and_comes_back_with_a_newer_score(cast):
    at = lost(cast)
    assert len(losses([cast.here])) == 1
    reviewed(cast, at=at + timedelta(hours=1))
    assert losses([cast.here]) == []
    answered(cast, 17, at=at + DAY)
    assert len(losses([cast.here])) == 1


def test_a_response_that_holds_is_no_item(cast):
    lost(cast, best=6, now=7)
    assert losses([cast.here]) == []


def test_lost_responses_take_the_same_few_queries_however_many_scores(cast, django_assert_num_queries):
    at = lost(cast)
    with django_assert_num_queries(4):
        losses([cast.here])
    for hour in range(5):
        answered(cast, 16, at=at + timedelta(hours=hour + 1))
    with django_assert_num_queries(4):
        losses([cast.here])


def test_the_forecast_and_the_review_light_the_tab_they_belong_to(cast, browse):
    course_with(cast, 3, before=20, after=8, until=timezone.now())
    forecast = browse("prescriber").get(reverse("followup:forecast", args=[cast.ada_course])).content.decode()
    assert lit(forecast) == ["Outcomes"]
    assert lit(page(browse, cast)) == ["Plan"]


def lit(shown: str) -> list[str]:
    """The words of the tabs that are marked as the page shown."""
    tabs = shown[shown.index('aria-current="page"') :] if 'aria-current="page"' in shown else ""
    found = [part.split(">", 1)[1].split("<")[0].strip() for part in tabs.split('aria-current="page"')[1:]]
    return [word for word in found if word not in {"Patients"}]


def serious_said(page: str) -> str:
    """How the question about a serious event stands on the page: the answer that is chosen, or nothing."""
    block = page[page.index("A serious adverse event") :]
    chosen = re.search(r'value="(\w*)"[^>]*checked', block[: block.index("</fieldset>")])
    return chosen.group(1) if chosen else ""


def test_a_serious_event_is_answered_before_anybody_asks_and_its_case_is_one_step_away(cast, browse):
    at = course_with(cast, 3, before=20, after=18, until=timezone.now())
    assert serious_said(page(browse, cast)) == ""  # silence answers nothing
    over = afterwards(cast, at, seriousness=IN_HOSPITAL)
    assert serious_said(page(browse, cast)) == ""  # it is over
    case = afterwards(cast, at, seriousness=IN_HOSPITAL, outcome="not_recovered")
    shown = page(browse, cast)
    assert serious_said(shown) == "yes"
    assert reverse("followup:case", args=[over.pk]) in shown
    assert reverse("followup:case", args=[case.pk]) in shown
    for name in ("exposure", "effects", "course"):
        assert reverse(f"followup:{name}", args=[cast.ada_course]) in shown


def test_what_is_asked_has_words_and_no_codes(cast, browse):
    course_with(cast, 3, before=20, after=18, until=timezone.now())
    shown = page(browse, cast)
    assert "The patient wants to stop" in shown
    assert "atient chooses stop" not in shown


def test_every_fact_of_the_surveillance_book_has_a_name():
    assert label_of("fu.luts_weeks") == "Weeks with urinary symptoms"
    assert set(load("surveillance").fields) <= set(labels())
