"""What the staff see: a course's check-ins, how a patient is reached, and the capture rate."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from ketacare.outcomes import actions as outcomes
from ketacare.portal import capture, course_page, queries
from ketacare.portal.models import CheckIn, ContactWishes, Message, Trouble
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, HOUR, MAIL, arranged, booked, check_in, link, phone, tap, treated, turn
from tests.rooms.rights.asking import limit

CALM = {f"phq9_{n}": 0 for n in range(1, 10)}


def answer_at_the_clinic(cast, at, *, scale="phq9", answers=CALM, key=1):
    form_key = f"00000000-0000-4000-8000-{key:012}"
    given = {"instrument_id": scale, "answers": answers, "how": "asked", "answered_at": at, "form_key": form_key}
    return outcomes.record_answers(course_id=cast.ada_course, **given, by=cast.actor("nurse"), at=at)


def page_of(cast, browse, at, role="nurse"):
    with time_machine.travel(at, tick=False):
        return browse(role).get(reverse("portal:course", args=[cast.ada_course])).content.decode()


def test_the_page_says_what_is_open_what_was_sent_and_what_comes(cast, browse):
    arranged(cast)
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    text = page_of(cast, browse, START + 7 * DAY + 2 * HOUR)
    for words in ("Day 7", "PHQ-9", "Message by e-mail: sent", "Next message", "Day 14", "Send a new link", "missed"):
        assert words in text, words


def test_the_page_says_why_nothing_is_sent(cast, browse):
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    assert "Nobody has kept how the patient wants to be reached." in page_of(cast, browse, START + 7 * DAY + 2 * HOUR)


def test_an_answer_given_at_the_clinic_counts_and_says_what_its_look_back_means(cast, browse):
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    answer_at_the_clinic(cast, START + 7 * DAY + HOUR)
    text = page_of(cast, browse, START + 7 * DAY + 2 * HOUR)
    assert "asked by a member of staff" in text
    assert "of them lie before the first session" in text
    assert queries.is_answered(check_in("day_7"))


def test_the_newest_past_check_ins_stand_open_and_older_ones_are_folded_and_all_there(cast, browse, monkeypatch):
    monkeypatch.setattr(course_page, "UNFOLDED", 1)
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    text = page_of(cast, browse, START + 7 * DAY + 2 * HOUR)
    newest, _, folded = text[text.index('id="past"') :].partition("<details>")
    assert newest.count('data-label="Came to"') == 1
    closed = CheckIn.objects.filter(closes_at__lte=START + 7 * DAY + 2 * HOUR).count()
    assert closed > 1
    assert folded.count('data-label="Came to"') == closed - 1
    assert f"Earlier: {closed - 1} more" in folded


def test_a_begun_check_in_says_how_far(cast, browse):
    arranged(cast)
    treated(cast)
    with time_machine.travel(START + 7 * DAY + HOUR, tick=False):
        turn(START + 7 * DAY + HOUR)
        tap(phone(), link(), 0)
    assert "1 of 9 begun" in page_of(cast, browse, START + 7 * DAY + 2 * HOUR)


def test_wishes_are_kept_by_the_form_and_a_wrong_one_is_not(cast, browse):
    path = reverse("portal:wishes", args=[cast.ada_course])
    sent = {one: getattr(MAIL, one) for one in ("email", "phone", "time_zone", "hour", "quiet_from_h", "quiet_until_h")}
    nurse = browse("nurse")
    assert "Europe/Berlin" in nurse.get(path).content.decode()
    assert nurse.post(path, sent | {"channel": "text", "language": "en"}).status_code == 422
    assert nurse.post(path, sent | {"channel": "email", "language": "en", "time_zone": "Mars"}).status_code == 422
    assert nurse.post(path, sent | {"channel": "email", "language": "en"}).status_code == 302
    assert ContactWishes.objects.get().kept_by_id == cast.staff["nurse"]


def test_the_nurse_sends_a_new_link_and_marks_what_went_wrong_as_seen(cast, browse):
    arranged(cast)
    booked(cast)
    turn(START - DAY)
    row = check_in("before_session")
    trouble = Trouble.objects.create(check_in=row, kind="other-device", told_at=START - DAY)
    with time_machine.travel(START - DAY + HOUR, tick=False):
        nurse = browse("nurse")
        assert nurse.post(reverse("portal:send", args=[row.pk])).status_code == 302
        assert nurse.post(reverse("portal:seen", args=[trouble.pk])).status_code == 302
    assert Message.objects.count() == 2
    assert not queries.troubles({cast.here}).exists()


def rates(cast, at, by="scale"):
    return {one.name: (one.asked, one.captured) for one in capture.rates({cast.here}, by=by, at=at)}


def test_what_closed_counts_and_only_a_usable_score_in_its_window_is_captured(cast):
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    answer_at_the_clinic(cast, START + 7 * DAY + HOUR, answers={"phq9_9": 0}, key=1)  # too little for a score
    now = START + 13 * DAY
    assert rates(cast, now) == {"PGI-C": (3, 0), "PHQ-2": (1, 0), "PHQ-9": (1, 0)}
    answer_at_the_clinic(cast, START + 7 * DAY + 2 * HOUR, key=2)
    assert rates(cast, now)["PHQ-9"] == (1, 1)
    assert rates(cast, now, by="clinic") == {"Harbour Clinic": (5, 1)}
    assert rates(cast, now, by="nurse") == {"Harbour Nurse": (5, 1)}
    assert not capture.rates({cast.there}, by="scale", at=now)


def test_what_is_still_open_overtaken_or_called_off_is_not_counted_but_told(cast):
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    assert "PHQ-9" not in rates(cast, START + 7 * DAY + 2 * HOUR)
    CheckIn.objects.filter(point_id="day_7").update(is_overtaken=True)
    now = START + 13 * DAY
    assert "PHQ-9" not in rates(cast, now)
    assert queries.left_out({cast.here}, since=START - DAY, at=now) == 1


def test_whoever_forbids_research_is_in_no_figure_and_how_many_is_said(cast, browse):
    treated(cast)
    turn(START + 7 * DAY + HOUR)
    now = START + 13 * DAY
    assert all(rates for _, rates in capture.page({cast.here}, at=now).tables)
    limit(cast, "research", at=START)
    page = capture.page({cast.here}, at=now)
    assert not any(rates for _, rates in page.tables)
    assert page.not_allowed == "1 patient left out: use for figures about the clinic is forbidden by the patient."
    with time_machine.travel(now, tick=False):
        text = browse("nurse").get(reverse("portal:capture")).content.decode()
    assert "1 patient left out" in text


def test_each_figure_is_one_query(cast, django_assert_num_queries):
    treated(cast)
    turn(START + 20 * DAY)
    for by in capture.BY:
        with django_assert_num_queries(1):
            capture.rates({cast.here}, by=by, at=START + 20 * DAY)


def test_the_obvious_way_gives_the_same_rate(cast):
    treated(cast)
    turn(START + 20 * DAY)
    answer_at_the_clinic(cast, START + 8 * DAY)
    now = START + 19 * DAY
    asked = captured = 0
    for row in CheckIn.objects.all():
        if row.closes_at <= now and not row.is_overtaken and row.called_off_at is None:
            for scale in row.scales.all():
                asked += 1
                sets = cast.course("ada").answer_sets.filter(instrument_id=scale.instrument_id)
                captured += any(
                    row.opens_at <= one.answered_at < row.closes_at and one.score.main is not None for one in sets
                )
    (rate,) = capture.rates({cast.here}, by="clinic", at=now)
    assert (rate.asked, rate.captured) == (asked, captured) == (asked, 1)


@pytest.mark.parametrize("asked, captured, met", [(19, 19, None), (20, 16, True), (20, 15, False), (200, 200, True)])
def test_a_share_is_told_from_so_many_on_and_held_against_the_aim(asked, captured, met):
    assert capture.Rate(name="PHQ-9", asked=asked, captured=captured, target=0.8, few=20).is_met is met


def test_the_page_explains_what_it_counts(cast, browse):
    treated(cast)
    turn(START + 13 * DAY)
    with time_machine.travel(START + 14 * DAY + timedelta(hours=1), tick=False):
        text = browse("quality").get(reverse("portal:capture")).content.decode()
    for words in ("80 %", "13 weeks", "too few", "Harbour Nurse", "PGI-C"):
        assert words in text, words
