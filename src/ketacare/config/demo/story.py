"""The believable day: one person at each station of the pathway, everything made by the rooms' own actions and back-dated."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ketacare.clinic import actions as clinic
from ketacare.config.demo import asking, charging, checking, ordering, own_pages, pathway, people, talking
from ketacare.config.demo.ordering import days_between_sessions
from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.config.demo.shift import Shift, play, waiting
from ketacare.config.demo.team import CHAIRS, Team
from ketacare.infusion import actions as infusion
from ketacare.infusion.models import Session
from ketacare.outcomes import actions as outcomes
from ketacare.outcomes.models import Alert

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
TALK = timedelta(minutes=15)
SPARE_DAYS = 7  # from the referral to the first session
USUAL_CHAIR = CHAIRS[0]
TOLD_TOGETHER = 4
Told = Mapping[str, Any]


def tell(team: Team, *, at: datetime, say: Callable[[str], None]) -> None:
    """Make the people whose story stands still, as of the opening."""
    stories = read("story.yaml")["people"]
    for number, told in enumerate(stories):
        if number % TOLD_TOGETHER == 0:
            say(f"making the day: {number} of {len(stories)} people")
        case = newcomer(team, told, days=told["days"], at=at)
        ask_all(case, told, at=at)  # first: a review looks at the scores of its day
        STATIONS[told["at"]](case, told, at)
        asking.reach(case, told, at=at)
        if told.get("talks"):
            talking.talk(case, at=at)
            own_pages.open_pages(case, at=at)
        if "wants" in told:
            talking.want_session(case, told["wants"], at=at - HOUR)
        checking.check_all(case, told, at=at)
    talking.propose_own_priors(team, at=at - DAY)


def open_chairs(team: Team, *, at: datetime, say: Callable[[str], None]) -> None:
    """Make the people who are being treated or recover at the opening, minute by minute."""
    chairs = read("story.yaml")["chairs"]
    for number, told in enumerate(chairs, start=1):
        say(f"making the sessions under way: {number} of {len(chairs)}")
        starts_at = at - told["since_start_min"] * MINUTE
        days = days_between_sessions()[told["session"] - 1] + SPARE_DAYS
        case = newcomer(team, told, days=days, at=at)
        ask_all(case, told, at=at)
        session = course_until(case, told["session"], starts_at=starts_at, chair=told["chair"])
        treat(Shift(team=team), session, chair=told["chair"], starts_at=starts_at, until=at, step=watched())


def newcomer(team: Team, told: Told, *, days: float, at: datetime) -> Case:
    """Refer the person that a story is about."""
    person = people.person(told["number"], seed=team.seed, today=at.date(), age_years=told.get("age_years"))
    return pathway.refer(team, person, at=at - days * DAY)


def referred(case: Case, told: Told, at: datetime) -> None:
    """Just referred: nothing more."""


def asked(case: Case, told: Told, at: datetime) -> None:
    """In evaluation, with some answers missing."""
    day = case.course.opened_at + DAY
    pathway.measure(case, at=day)
    pathway.answer(case, at=day, without=read("answers.yaml")["unanswered_yet"])


def answered(case: Case, told: Told, at: datetime) -> None:
    """In evaluation, everything answered: a prescriber may decide."""
    day = case.course.opened_at + DAY
    pathway.measure(case, at=day)
    pathway.answer(case, at=day, told=told.get("told", ""))


def half_decided(case: Case, told: Told, at: datetime) -> None:
    """A decision that waits for the second prescriber."""
    answered(case, told, at)
    reason = "Small stroke five months ago, no deficit; the neurologist agrees to treatment under close watch."
    pathway.decide(case, "treat", at=case.course.opened_at + 2 * DAY, reason=reason, goes_on=reason)


def turned_down(case: Case, told: Told, at: datetime) -> None:
    """Not eligible, for a reason that nobody may go on against."""
    answered(case, told, at)
    reason = "Known aneurysm of the aorta. Told why, and referred for transcranial magnetic stimulation."
    pathway.decide(case, "do-not-treat", at=case.course.opened_at + 2 * DAY, reason=reason)


def eligible(case: Case, told: Told, at: datetime) -> None:
    """Eligible; the talk about consent has been, the signature has not."""
    answered(case, told, at)
    pathway.decide(case, "treat", at=case.course.opened_at + 2 * DAY)
    charging.estimate(case, at=case.course.opened_at + 2 * DAY + HOUR)
    pathway.judge_capacity(case, at=case.course.opened_at + 3 * DAY)


def consented(case: Case, told: Told, at: datetime) -> None:
    """Consent signed."""
    eligible(case, told, at)
    pathway.sign_consent(case, at=case.course.opened_at + 3 * DAY + HOUR)


def drafted(case: Case, told: Told, at: datetime) -> None:
    """Planned, the first order written and not signed."""
    consented(case, told, at)
    planned_at = case.course.opened_at + 3 * DAY + 2 * HOUR
    ordering.draft_plan(case, number=1, on=at + DAY, at=planned_at)
    pathway.answer_again(case, at=at - 2 * HOUR)
    ordering.draft_order(case, 1, at=at - HOUR)
    ordering.book(case, 1, on=at + DAY, at=at - HOUR)


def half_signed(case: Case, told: Told, at: datetime) -> None:
    """Planned, the order signed once where the checks ask for two prescribers."""
    consented(case, told, at)
    planned_at = case.course.opened_at + 3 * DAY + 2 * HOUR
    ordering.draft_plan(case, number=1, on=at + DAY, at=planned_at)
    pathway.answer_again(case, at=at - 3 * HOUR)
    order = ordering.draft_order(case, 1, at=at - 2 * HOUR, dose="careful_mg_per_kg")
    ordering.sign(case, order, at=at - HOUR)
    ordering.book(case, 1, on=at + DAY, at=at - HOUR)


def booked(case: Case, told: Told, at: datetime) -> None:
    """On today's list with a signed order."""
    course_until(case, 1, starts_at=at + told["in_min"] * MINUTE)


def held(case: Case, told: Told, at: datetime) -> None:
    """On tomorrow's list, and the outcome's alert holds the session."""
    course_until(case, 1, starts_at=at + DAY)


def maintained(case: Case, told: Told, at: datetime) -> None:
    """Through induction and in maintenance."""
    number = read("story.yaml")["given_in_maintenance"]
    given = days_between_sessions()[number - 1]
    last = at - (told["days"] - SPARE_DAYS - given) * DAY
    session = course_until(case, number, starts_at=last)
    pathway.decide_beside(case, told.get("beside", {}), at=case.course.opened_at + 3 * DAY + HOUR)
    treat(
        Shift(team=case.team, is_calm=True),
        session,
        chair=USUAL_CHAIR,
        starts_at=last,
        until=last + 3 * HOUR,
        step=charted(),
    )
    reviewed_at = last + read("story.yaml")["reviewed_after_days"]["last"] * DAY
    ordering.review(case, at=reviewed_at)
    clinic.move_course(course_id=case.course.pk, to="in-maintenance", by=case.by("prescriber"), at=reviewed_at)
    charging.bill(case, at=reviewed_at)


def gone_home(case: Case, told: Told, at: datetime) -> None:
    """Treated this morning and gone home."""
    starts_at = at - read("story.yaml")["gone_home_since_start_min"] * MINUTE
    session = course_until(case, told["number_of_session"], starts_at=starts_at)
    treat(
        Shift(team=case.team, is_calm=True), session, chair=USUAL_CHAIR, starts_at=starts_at, until=at, step=charted()
    )


STATIONS: dict[str, Callable[[Case, Told, datetime], None]] = {
    "referred": referred,
    "asked": asked,
    "answered": answered,
    "half_decided": half_decided,
    "turned_down": turned_down,
    "eligible": eligible,
    "drafted": drafted,
    "half_signed": half_signed,
    "booked": booked,
    "held": held,
    "maintained": maintained,
    "gone_home": gone_home,
}


def course_until(case: Case, number: int, *, starts_at: datetime, chair: str = USUAL_CHAIR) -> Session:
    """Everything up to session ``number``, which is on the list with its order signed; the sessions before it are given."""
    consented(case, {}, starts_at)
    ordering.draft_plan(case, number=number, on=starts_at, at=case.course.opened_at + 3 * DAY + 2 * HOUR)
    offsets = days_between_sessions()
    calm = Shift(team=case.team, is_calm=True)
    for earlier in range(1, number):
        began = starts_at - (offsets[number - 1] - offsets[earlier - 1]) * DAY
        session = prepare(case, earlier, starts_at=began)
        treat(calm, session, chair=chair, starts_at=began, until=began + 3 * HOUR, step=charted())
        ordering.review(case, at=began + read("story.yaml")["reviewed_after_days"]["earlier"] * DAY)
    return prepare(case, number, starts_at=starts_at)


def prepare(case: Case, number: int, *, starts_at: datetime) -> Session:
    """The day before a session: asked again, order written and signed, on the list."""
    day_before = starts_at - 22 * HOUR
    pathway.answer_again(case, at=day_before)
    order = ordering.draft_order(case, number, at=day_before + HOUR)
    ordering.sign(case, order, at=day_before + 2 * HOUR)
    return ordering.book(case, number, on=starts_at, at=day_before + 3 * HOUR)


def treat(shift: Shift, session: Session, *, chair: str, starts_at: datetime, until: datetime, step: timedelta) -> None:
    """Check the patient in, so that the drug starts when it is to, and play the session."""
    arrives_at = starts_at - read("bedside.yaml")["acts"]["coming"][-1]["minute"] * MINUTE
    monitor = shift.team.monitors[chair]
    nurse = shift.team.staff["colleague"]
    infusion.check_in(session_id=session.pk, chair=chair, device=monitor, by=nurse, at=arrives_at)
    talking.go_through_medicines(session.patient, by=nurse, at=arrives_at)
    play(shift, session, since=arrives_at, until=until, step=step)


def ask_all(case: Case, told: Told, *, at: datetime) -> None:
    """The questionnaires of a story, and what the therapist made of the alerts that they raised."""
    for days, total in told.get("phq9", ()):
        is_last = days == told["phq9"][-1][0]
        pathway.ask_phq9(case, total, at=at - days * DAY, thoughts=told.get("thoughts", 0) if is_last else 0)
    alerts = list(Alert.objects.filter(course=case.course).order_by("-level", "pk"))
    look_after([one for one in alerts if at - one.raised_at > DAY], case, is_done=True)
    look_after([one for one in alerts if at - one.raised_at <= DAY][1:], case, is_done=False)  # the gravest still waits


def look_after(alerts: Iterable[Alert], case: Case, *, is_done: bool) -> None:
    """The therapist takes alerts an hour after they were raised, and closes those that are done with."""
    for alert in alerts:
        said = {"alert_id": alert.pk, "by": case.by("therapist"), "at": alert.raised_at + HOUR}
        outcomes.take_alert(**said)
        alert.refresh_from_db()
        if is_done and alert.contact_id is None:
            spoke = {"made_at": said["at"] - TALK, "made_by": said["by"].name, "how": "phone"}
            outcomes.record_contact(found="Thoughts without plan or intent; safety plan gone through.", **spoke, **said)
        if is_done:
            outcomes.close_alert(reason="Talked it over; safe, and the course goes on as planned.", **said)


def restock(team: Team, *, at: datetime) -> None:
    """Book somebody new when few are waiting, so that the demo never runs dry."""
    told = read("story.yaml")
    if len(waiting(team)) >= told["kept_booked"]:
        return
    number = Session.objects.filter(site=team.site).count() + len(told["people"]) + len(told["chairs"])
    case = newcomer(team, {"number": number}, days=SPARE_DAYS, at=at)
    course_until(case, 1, starts_at=at + told["booked_after_min"] * MINUTE)


def watched() -> timedelta:
    return timedelta(seconds=read("story.yaml")["steps"]["watched_s"])


def charted() -> timedelta:
    return read("story.yaml")["steps"]["charted_min"] * MINUTE
