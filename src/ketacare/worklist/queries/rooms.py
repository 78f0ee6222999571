"""What the clinical rooms know to be waiting: one function a room."""

from datetime import datetime

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.models import Course, User
from ketacare.clinic.permissions import sites_where
from ketacare.clinic.queries import prescribers_at
from ketacare.evaluation.changes import Change
from ketacare.evaluation.models import Screening
from ketacare.evaluation.queries import decisions_to_confirm
from ketacare.evaluation.screenings import changes_to_see
from ketacare.infusion.rems import forms_due
from ketacare.outcomes.looking_after import Waiting, late_alerts, waiting_alerts
from ketacare.outcomes.models import Alert
from ketacare.planning.due_reviews import waiting_reviews
from ketacare.planning.models import Order
from ketacare.planning.queries import orders_to_second_sign, orders_to_sign, signed_by
from ketacare.stewardship.queries import open_discrepancies
from ketacare.worklist.queries.work import AT_MOST, WorkItem

URGENCY = {Alert.Level.EMERGENCY: 0, Alert.Level.URGENT: 0, Alert.Level.REVIEW: 2}


def alerts_open(by: Actor, at: datetime) -> list[WorkItem]:
    """Alerts that nobody has taken yet, whoever is named for them, and the reader's own."""
    waiting = [one for one in waiting_alerts(by) if not one.is_taken or one.alert.owner_id == user_id(by)]
    return [
        WorkItem(
            what="Close your alert" if one.is_taken else "Take an alert",
            patient_id=one.alert.course.patient_id,
            person=str(one.alert.course.patient),
            why=f"{alert_owner(one, by)}. {one.scale}: {'; '.join(one.because)}",
            since=one.alert.raised_at,
            page="outcomes:alert",
            of=(one.alert.pk,),
            button="Open the alert",
            urgency=0 if one.is_late(at) else URGENCY[Alert.Level(one.alert.level)],
            owner=whose(one.alert.owner, one.alert.owner_id, by),
            take="" if one.is_taken else "outcomes:alert-take",
        )
        for one in waiting[:AT_MOST]
    ]


def whose(person: User | None, person_id: int | None, by: Actor) -> str:
    """Who has a thing, as its reader is told it."""
    if person is None:
        return "nobody yet"
    return "you" if person_id == user_id(by) else person.name


def alerts_late(by: Actor, at: datetime) -> list[WorkItem]:
    """For whoever watches how long alerts take and looks after none: those that nobody answered in time, one line a site."""
    sites = sites_where(by, "alert.times") - sites_where(by, "alert.own")
    by_site: dict[str, list[Alert]] = {}
    for alert in late_alerts(sites, at=at):
        by_site.setdefault(alert.course.site.name, []).append(alert)
    return [
        WorkItem(
            what="Alerts not answered in time",
            patient_id=None,
            person=site,
            why=f"{len(late)} without somebody who took it, or without a contact with the patient",
            since=min(alert.raised_at for alert in late),
            page="outcomes:alert-times",
            of=(),
            button="See how long",
            urgency=1,
        )
        for site, late in by_site.items()
    ]


def alert_owner(one: Waiting, by: Actor) -> str:
    """Who has to look after an alert, first of all in its line."""
    if not one.is_named:
        return "NOBODY IS NAMED"
    yours = one.alert.owner_id == user_id(by)
    name = "you" if yours else str(one.alert.owner)
    spoken = "" if one.alert.contact_id else ", no contact yet"
    return f"Taken by {name}{spoken}" if one.is_taken else f"Named: {name}, not taken yet"


def decisions_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Decisions to treat that need a second prescriber, who is not the first one."""
    rows = decisions_to_confirm(sites_where(by, "evaluation.decide")).exclude(decided_by=user_id(by))
    return [
        WorkItem(
            what="Confirm a decision",
            patient_id=pending.course.patient_id,
            person=str(pending.course.patient),
            why=f"{pending.decided_by} decided to treat against a finding that needs two prescribers",
            since=pending.decided_at,
            page="evaluation:course",
            of=(pending.course_id,),
            button="Read and confirm",
            urgency=1,
        )
        for pending in rows[:AT_MOST]
    ]


def changes_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """What changed about patients: for the responsible prescriber; where none can look, for each prescriber of the site."""
    sites = sites_where(by, "evaluation.decide")
    newest: dict[int, Screening] = {}
    for one in changes_to_see(sites):
        newest.setdefault(one.course_id, one)
    here = set(prescribers_at(sites).values_list("site", "user"))
    mine = [one for one in newest.values() if is_for(one.course, by, prescribers=here)]
    return [
        WorkItem(
            what="Look at what has changed",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=change_words(one),
            since=one.at,
            page="evaluation:changes",
            of=(one.course_id,),
            button="See what changed",
            urgency=0 if any(change["urgent"] and change["now"] == "fires" for change in one.changes) else 1,
        )
        for one in mine[:AT_MOST]
    ]


def is_for(course: Course, by: Actor, *, prescribers: set[tuple[int, int]]) -> bool:
    """Whether a course's changes are this person's to look at; ``prescribers``: who prescribes where, as (site, user)."""
    someone_answers = course.prescriber_id is not None and (course.site_id, course.prescriber_id) in prescribers
    return not someone_answers or course.prescriber_id == user_id(by)


def change_words(one: Screening) -> str:
    """What a screening found, in one line: the first of what is worse."""
    if one.problem:
        return f"Could not be judged: {one.problem}"
    changes = sorted((Change(**change) for change in one.changes), key=lambda change: not change.must_be_seen)
    first = f"{changes[0].rule} {changes[0].words}: {changes[0].statement}" if changes else one.result
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{'On hold. ' if one.hold_id else ''}{first}{more}"


def orders_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Orders without a signature, and those without a second one that the reader did not sign first."""
    drafts = orders_to_sign(sites_where(by, "order.sign"))[:AT_MOST]
    halves = orders_to_second_sign(sites_where(by, "order.second-sign"))[:AT_MOST]
    others = [order for order in halves if signed_by(order) != user_id(by)]
    return [order_item(order, "Sign an order") for order in drafts] + [
        order_item(order, "Sign an order as the second prescriber") for order in others
    ]


def reviews_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Reviews of courses that nobody has decided, and those that need a second prescriber who is not the first."""
    rows = waiting_reviews(sites_where(by, "review.decide"), at=at)
    mine = [one for one in rows if one.review is None or one.review.decided_by_id != user_id(by)]
    return [
        WorkItem(
            what="Confirm a review" if one.review else "Review a course",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=f"After session {one.after_session}; no later order can be signed before",
            since=one.since,
            page="planning:review" if one.review else "followup:review",
            of=(one.review.pk if one.review else one.course.pk,),
            button="Read and confirm" if one.review else "Review and decide",
            urgency=1,
        )
        for one in mine[:AT_MOST]
    ]


def forms_waiting(by: Actor, at: datetime) -> list[WorkItem]:
    """Esketamine monitoring forms that are not submitted yet; overdue ones come first of all."""
    return [
        WorkItem(
            what="Send an esketamine monitoring form",
            patient_id=one.session.patient_id,
            person=str(one.session.patient),
            why=f"Session {one.session.number}, {one.words}",
            since=one.session.started_at,
            page="infusion:rems-form",
            of=(one.session.pk,),
            button="Fill in the form",
            urgency=0 if one.is_overdue else 2,
        )
        for one in forms_due(sites_where(by, "rems.submit"), at=at)[:AT_MOST]
    ]


def discrepancies_open(by: Actor, at: datetime) -> list[WorkItem]:
    """What in the drug register two people have to explain."""
    return [
        WorkItem(
            what="Explain a discrepancy",
            patient_id=one.course.patient_id if one.course else None,
            person=str(one.course.patient) if one.course else one.site.name,
            why=f"{one.get_kind_display()}: {one.says}",
            since=one.opened_at,
            page="stewardship:discrepancy",
            of=(one.pk,),
            button="Explain it",
            urgency=1,
        )
        for one in open_discrepancies(sites_where(by, "register.explain"))[:AT_MOST]
    ]


def order_item(order: Order, what: str) -> WorkItem:
    return WorkItem(
        what=what,
        patient_id=order.course.patient_id,
        person=str(order.course.patient),
        why=f"Session {order.session_number}, drafted by {order.author}",
        since=order.drafted_at,
        page="planning:order",
        of=(order.pk,),
        button="Read and sign",
        urgency=1,
    )
