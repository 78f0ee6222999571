"""What is begun and not finished: reports without a signature, consents that run out, drafts, things a site has not settled."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, OuterRef, Q

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.models import Course, Site
from ketacare.clinic.permissions import sites_where
from ketacare.infusion.models import RefusedDelivery, SessionEvent
from ketacare.infusion.queries import sessions
from ketacare.outcomes.models import AlertDuty
from ketacare.planning.practices import PRACTICES, TOLD_AT_LEAVING
from ketacare.therapy.models import Draft
from ketacare.worklist.queries.work import AT_MOST, WorkItem

S = Course.Status
OVER = ("discharged", "transferred")
UNDER_CONSENT = (S.PLANNED, S.IN_INDUCTION, S.IN_MAINTENANCE)
BEFORE_ITS_END = timedelta(weeks=2)  # our own choice: time enough for another talk before the next session
LATELY = timedelta(days=1)
DRAFTS = {Draft.Form.SESSION: "therapy:session-new", Draft.Form.NOTE: "therapy:notes"}


def reports_unsigned(by: Actor, at: datetime) -> list[WorkItem]:
    """Sessions that are over and whose report nobody has signed."""
    signed = SessionEvent.objects.filter(session=OuterRef("pk"), kind="signature", payload__meaning="report")
    rows = sessions().filter(status__in=OVER, site__in=sites_where(by, "infusion.sign")).filter(~Exists(signed))
    return [
        WorkItem(
            what="Sign a report",
            patient_id=one.patient_id,
            person=str(one.patient),
            why=f"Session {one.number} is over, its report is not signed",
            since=one.ended_at,
            page="infusion:report",
            of=(one.pk,),
            button="Read and sign",
            urgency=1,
        )
        for one in rows.order_by("ended_at", "pk")[:AT_MOST]
    ]


def consents_wanted(by: Actor, at: datetime) -> list[WorkItem]:
    """Courses under way without a consent, or with one that runs out within two weeks."""
    rows = Course.objects.filter(status__in=UNDER_CONSENT, site__in=sites_where(by, "consent.sign"))
    rows = rows.filter(patient__closed_at__isnull=True).select_related("patient", "site")
    standing = Q(consents__withdrawal__isnull=True)
    rows = rows.annotate(
        until=Max("consents__expires_at", filter=standing), withdrawn_at=Max("consents__withdrawal__withdrawn_at")
    )
    rows = rows.filter(Q(until__isnull=True) | Q(until__lte=at + BEFORE_ITS_END)).order_by("until", "pk")
    return [consent_item(course, at) for course in rows[:AT_MOST]]


def consent_item(course: Course, at: datetime) -> WorkItem:
    """A course whose consent is wanted, withdrawn, over, or nearly."""
    until, withdrawn = course.until, course.withdrawn_at
    is_over = until is None or until <= at
    why = (
        "No consent stands" if until is None else f"The consent {'ran' if is_over else 'runs'} out on {until:%d %b %Y}"
    )
    return WorkItem(
        what="Talk through consent again",
        patient_id=course.patient_id,
        person=str(course.patient),
        why=why
        + (", it was withdrawn" if until is None and withdrawn else "")
        + (": nothing is given" if is_over else ""),
        since=(withdrawn or course.opened_at) if until is None else min(until, at),
        page="consent:course",
        of=(course.pk,),
        button="Open consent",
        urgency=1 if is_over else 2,
    )


def drafts_begun(by: Actor, at: datetime) -> list[WorkItem]:
    """Notes that the reader began to write and has neither kept nor thrown away; nobody else is told of them."""
    rows = Draft.objects.filter(author=user_id(by), course__site__in=sites_where(by, "therapy.write"))
    rows = rows.exclude(locked="").select_related("course__patient").order_by("at", "pk")
    return [
        WorkItem(
            what="Finish a note that you began",
            patient_id=one.course.patient_id,
            person=str(one.course.patient),
            why=f"{one.get_form_display()}, not kept yet",
            since=one.at,
            page=DRAFTS[Draft.Form(one.form)],
            of=(one.course_id,),
            button="Go on writing",
            urgency=2,
            owner="you",
        )
        for one in rows[:AT_MOST]
    ]


def rotas_empty(by: Actor, at: datetime) -> list[WorkItem]:
    """Sites where an alert would be nobody's: not one person is on the rota."""
    named = AlertDuty.objects.filter(site=OuterRef("pk"), ended_at__isnull=True, person__is_active=True)
    rows = Site.objects.filter(pk__in=sites_where(by, "alert.arrange")).filter(~Exists(named)).order_by("name")
    return [
        WorkItem(
            what="Say who is on for alerts",
            patient_id=None,
            person=site.name,
            why="Nobody is on the rota: an alert raised now is nobody's",
            since=midnight(site, at),
            page="outcomes:rota",
            of=(),
            button="Open the rota",
            urgency=1,
        )
        for site in rows[:AT_MOST]
    ]


def numbers_unsettled(by: Actor, at: datetime) -> list[WorkItem]:
    """Sites that have not said whom patients call after a session: until then nobody can be sent home."""
    told = Count("practices__name", filter=Q(practices__name__in=TOLD_AT_LEAVING), distinct=True)
    rows = Site.objects.filter(pk__in=sites_where(by, "practice.settle")).annotate(told=told)
    return [
        WorkItem(
            what="Say whom patients call",
            patient_id=None,
            person=site.name,
            why=f"{site.told} of {len(TOLD_AT_LEAVING)} settled: "
            + ", ".join(PRACTICES[one].label for one in TOLD_AT_LEAVING),
            since=midnight(site, at),
            page="planning:practice",
            of=(),
            button="Settle them",
            urgency=1,
        )
        for site in rows.filter(told__lt=len(TOLD_AT_LEAVING)).order_by("name")[:AT_MOST]
    ]


def readings_refused(by: Actor, at: datetime) -> list[WorkItem]:
    """Sites at which a device sent something that was not taken since yesterday, one line each."""
    rows = RefusedDelivery.objects.filter(site__in=sites_where(by, "device.manage"), last_at__gt=at - LATELY)
    found = rows.values("site__name").annotate(senders=Count("sender", distinct=True), last=Max("last_at"))
    return [
        WorkItem(
            what="Look at readings that were refused",
            patient_id=None,
            person=one["site__name"],
            why=f"{one['senders']} sender{'' if one['senders'] == 1 else 's'} since yesterday",
            since=one["last"],
            page="infusion:bedside-devices",
            of=(),
            button="See what was refused",
            urgency=1,
        )
        for one in found.order_by("site__name")[:AT_MOST]
    ]


def midnight(site: Site, at: datetime) -> datetime:
    """The beginning of the day at a site."""
    zone = ZoneInfo(site.time_zone)
    return datetime.combine(at.astimezone(zone).date(), time.min, tzinfo=zone)
