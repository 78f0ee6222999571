"""Talk and lists beside the drug: preparation and integration, what is shared, the medicines gone through, a session that is wanted."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ketacare.clinic.actor import Staff
from ketacare.clinic.models import Patient
from ketacare.config.demo import people
from ketacare.config.demo.pathway import Case
from ketacare.config.demo.people import read
from ketacare.config.demo.team import Team
from ketacare.followup import actions as followup
from ketacare.followup import forecasting
from ketacare.followup.calls import calls_of
from ketacare.followup.priors.actions import propose_priors
from ketacare.followup.values import Thought
from ketacare.followup.wanted import Wanted, what_it_rests_on
from ketacare.infusion.models import Session
from ketacare.record import actions as record
from ketacare.record.reconciling import Answered, Told, listed
from ketacare.science.trajectory import own
from ketacare.therapy import actions as therapy
from ketacare.therapy.values import Held, Kept, Shares

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def key(*said: object) -> UUID:
    """The key of a form, the same at every start."""
    return UUID(int=people.chance("form", *map(str, said)).getrandbits(128))


def go_through_medicines(patient: Patient, *, by: Staff, at: datetime) -> None:
    """A nurse goes through the list with the patient and the practice's own: all is taken as it stands there."""
    answers = {one.pk: Answered(said="taken") for one in listed(patient)}
    told = Told(against="pharmacy", answers=answers, added=(), form_key=key("medicines", patient.pk, at))
    record.reconcile_medicines(patient=patient, told=told, by=by, at=at)


def talk(case: Case, *, at: datetime) -> None:
    """A therapist prepares, integrates, writes for the team and for themself; the patient shares an intention."""
    told, by = read("story.yaml")["therapy"], case.by("therapist")
    for number, one in enumerate(told["sessions"]):
        held_at = at - one["days"] * DAY
        said = {name: one[name] for name in ("kind", "minutes", "summary")}
        held = Held(at=held_at, form_key=key("talk", case.patient.pk, number), **said)
        therapy.record_session(course_id=case.course.pk, held=held, by=by, at=held_at)
    since: dict[str, Any] = {"course_id": case.course.pk, "by": by, "at": at - DAY}
    therapy.keep_note(kept=Kept(text=told["process_note"], form_key=key("note", case.patient.pk)), **since)
    for one in told["shared"]:
        shares = Shares(consent="spoken", form_key=key("shared", case.patient.pk, one["words"]), **one)
        therapy.record_shared(shares=shares, **since)


def want_session(case: Case, told: dict[str, Any], *, at: datetime) -> None:
    """A prescriber reads the forecast, thinks of another session, and asks the front desk for it."""
    on = (at + told["in_days"] * DAY).date()
    found = forecasting.forecast(
        case.course,
        scale="phq9",
        preset=None,
        threshold=None,
        thought=Thought(extra=on),
        at=at,
    )
    wanted = Wanted(on=on, instead_of=None, reason=told["reason"], forecast=what_it_rests_on(found, on))
    followup.want_session(course_id=case.course.pk, wanted=wanted, by=case.by("prescriber"), at=at)


def call_back(team: Team, *, at: datetime) -> None:
    """The nurse's call on the day after every session that was given: only those of the last day still wait."""
    given = Session.objects.filter(site=team.site, ended_at__lt=at - DAY)
    told = read("story.yaml")["called"]
    for due in calls_of(given, limit=given.count()):
        called_at = due.left_at + told["after_h"] * HOUR
        heard = {"session_id": due.session.pk, "reached": True, "said": told["said"]}
        followup.record_call(**heard, by=team.staff["colleague"], at=min(called_at, at))


def propose_own_priors(team: Team, *, at: datetime) -> None:
    """A prescriber brings priors that were fitted to made-up people before the site; another one has not ruled yet."""
    told = own.parse(read("priors.yaml"), place="priors.yaml")
    reason = read("story.yaml")["priors"]["reason"]
    propose_priors(site=team.site, told=told, reason=reason, by=team.staff["prescriber"], at=at)
