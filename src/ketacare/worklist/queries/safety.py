"""What waits after a session: reports of adverse events, entries without a case, calls of the next day; and long-term safety."""

from datetime import datetime

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.queries import prescribers_at, sites_of
from ketacare.followup.calls import calls_due
from ketacare.followup.queries import reports_open, without_case
from ketacare.followup.safety.models import SafetyFinding
from ketacare.followup.safety.queries import findings_waiting, pressing
from ketacare.ui.words import in_words
from ketacare.worklist.queries.rooms import whose
from ketacare.worklist.queries.work import AT_MOST, WorkItem


def events_to_report(by: Actor, at: datetime) -> list[WorkItem]:
    """Serious adverse events, and those of which nobody has said whether they are, until a person decides about the report."""
    return [
        WorkItem(
            what="Report a serious adverse event"
            if one.case.is_serious
            else "Say whether an adverse event was serious",
            patient_id=one.case.course.patient_id,
            person=str(one.case.course.patient),
            why=f"{in_words(one.case.term).capitalize()}, grade {one.case.grade}, {one.words}; "
            + (f"{one.case.owner.name} sees it through" if one.case.owner else "nobody has taken it yet"),
            since=one.case.known_at,
            page="followup:case",
            of=(one.case.pk,),
            button="Open the event",
            urgency=0 if one.is_overdue else 1,
            owner=whose(one.case.owner, one.case.owner_id, by),
            take="followup:take" if one.case.owner is None else "",
        )
        for one in reports_open(sites_where(by, "safety.report"), at=at)[:AT_MOST]
    ]


def events_without_case(by: Actor, at: datetime) -> list[WorkItem]:
    """Adverse events in a session's timeline for which nobody has opened a case."""
    return [
        WorkItem(
            what="Open the case of an adverse event",
            patient_id=entry.session.patient_id,
            person=str(entry.session.patient),
            why=f"Session {entry.session.number}, written down by {entry.by_name}",
            since=entry.recorded_at,
            page="followup:course",
            of=(entry.session.course_id,),
            button="See the adverse events",
            urgency=1,
        )
        for entry in without_case(sites_where(by, "safety.record"))[:AT_MOST]
    ]


def calls_to_make(by: Actor, at: datetime) -> list[WorkItem]:
    """Patients who went home from a session and were not reached since."""
    return [
        WorkItem(
            what="Call the patient after the session",
            patient_id=one.session.patient_id,
            person=str(one.session.patient),
            why=f"Session {one.session.number}; booked: {one.booked or 'nobody was named'}"
            + (f"; tried {one.tries} time{'' if one.tries == 1 else 's'}" if one.tries else "")
            + ("; overdue" if one.is_overdue(at) else ""),
            since=one.left_at,
            page="followup:call",
            of=(one.session.pk,),
            button="Call",
            urgency=0 if one.is_overdue(at) else 1,
        )
        for one in calls_due(sites_where(by, "safety.record"), limit=AT_MOST)
    ]


def findings_to_answer(by: Actor, at: datetime) -> list[WorkItem]:
    """What safety checks have set off: for the responsible prescriber; where there is none, for each who may answer."""
    sites = sites_where(by, "safety.answer")
    here = set(prescribers_at(sites).values_list("site", "user"))
    mine = [one for one in findings_waiting(sites) if is_for(one, by, prescribers=here)]
    return [
        WorkItem(
            what="Act on a safety finding",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=f"{one.rule}, before the next session" + ("; no longer so by newer answers" if one.over_at else ""),
            since=one.found_at,
            page="followup:exposure",
            of=(one.course_id,),
            button="See what was found",
            urgency=1,
        )
        for one in mine[:AT_MOST]
    ]


def is_for(one: SafetyFinding, by: Actor, *, prescribers: set[tuple[int, int]]) -> bool:
    """Whether a finding is this person's to answer; ``prescribers``: who prescribes where, as (site, user)."""
    owner = one.course.prescriber_id
    return owner is None or (one.course.site_id, owner) not in prescribers or owner == user_id(by)


def checks_pressing(by: Actor, at: datetime) -> list[WorkItem]:
    """Long-term checks that are overdue or abnormal, told once for each site: the list itself is a page of its own."""
    return [
        WorkItem(
            what="See to long-term checks",
            patient_id=None,
            person=one.site.name,
            why=one.words,
            since=one.since,
            page="followup:due",
            of=(),
            button="Open the due-list",
            urgency=1,
        )
        for one in pressing(list(sites_of(sites_where(by, "safety.record"))), at=at)
    ]
