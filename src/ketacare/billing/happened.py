"""What happened and is not billed yet: sessions as their timelines tell of them, and what people state was done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from ketacare.billing import queries
from ketacare.billing.facts import Document
from ketacare.billing.models import Billed, Service
from ketacare.clinic.models import Course
from ketacare.clinic.routes import route_name
from ketacare.infusion import queries as infusion
from ketacare.infusion import rems, states
from ketacare.infusion.models import Session
from ketacare.infusion.outside import live_order
from ketacare.planning.ordering import DRUGS
from ketacare.science.billing.catalogue import catalogue
from ketacare.science.billing.units import VEIN, Given, Part, session_parts
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.delivered import portions
from ketacare.science.monitoring.dosing import round_half_up
from ketacare.science.monitoring.timeline import dose_steps
from ketacare.science.stewardship.ledger import SMALLEST
from ketacare.stewardship import queries as stewardship
from ketacare.stewardship.models import Account, Line

LEFT = ("discharged", "transferred")
MISSED = "missed"
WASTE = Account.Kind.WASTE
SECOND, SECONDS_PER_MINUTE = timedelta(seconds=1), 60


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that happened, with what it is billed as."""

    what: str  # session:12, service:3
    on: date
    label: str
    parts: tuple[Part, ...]
    details: tuple[str, ...]  # of each part: which medicine
    drug: Document | None  # what was given and wasted; None: no drug
    clinician_id: int | None


def unbilled(course: Course, *, at: datetime) -> list[Happening]:
    """Everything of a course that happened and is on no superbill that counts, the oldest first."""
    done = set(
        Billed.objects.filter(superbill__course=course, superbill__void__isnull=True).values_list("what", flat=True)
    )
    found = [*sessions(course, at=at), *services(course)]
    return sorted((one for one in found if one.what not in done), key=lambda one: (one.on, one.what))


def sessions(course: Course, *, at: datetime) -> Iterator[Happening]:
    """The sessions that are over: those in which drug was given, and those nobody came to where that has a price."""
    rows = Session.objects.filter(course=course, status__in=(*LEFT, MISSED)).select_related("course", "patient", "site")
    for session in rows:
        if session.status == MISSED:
            yield from missed(session)
        elif parts := session_parts(given_in(session, at=at)):
            on = queries.today_at(session.site, session.started_at)
            yield Happening(
                what=f"session:{session.pk}",
                on=on,
                label=f"Session {session.number}, {route_name(session.route)}",
                parts=tuple(parts),
                details=("",) * len(parts),
                drug=drug_of(session, at=at),
                clinician_id=who_ordered(session),
            )


def who_ordered(session: Session) -> int | None:
    """Who answers for a session: whoever wrote the order that it was given by."""
    order = live_order(session)
    return order.author_id if order else session.course.prescriber_id


def given_in(session: Session, *, at: datetime) -> Given:
    """What was given in a session, by its timeline."""
    found, decimals = infusion.totals(session, at=at), protocol.load().dosing.shown_decimals
    identity = queries.identity_of(session.site)
    return Given(
        route=session.route,
        on=queries.today_at(session.site, session.started_at),
        minutes=running_minutes(session) if session.route == VEIN else found.given_min,
        given_mg=round_half_up(found.given_mg, decimals["mg"]),
        is_bundled=identity is None or identity.bundles_esketamine,
    )


def running_minutes(session: Session) -> Decimal:
    """For how long the pump ran: a pause is nothing that is billed."""
    state = states.current(session)
    parts = portions(dose_steps(state), until=state.ended_at or session.started_at)
    ran = sum((one.ends - one.begins for one in parts if one.mg > 0), timedelta(0))
    return Decimal(ran // SECOND) / SECONDS_PER_MINUTE


def missed(session: Session) -> Iterator[Happening]:
    """An appointment that nobody came to, where the site charges for it on that day."""
    on, item = queries.today_at(session.site, session.planned_at), "missed_appointment"
    if any(line.item == item for line in queries.price_list(session.site, on=on)):
        part = Part(item=item, units=Decimal(1), codes=(), why=f"session {session.number} was missed")
        label = f"Session {session.number}: missed"
        what = f"session:{session.pk}"
        yield Happening(what=what, on=on, label=label, parts=(part,), details=("",), drug=None, clinician_id=None)


def drug_of(session: Session, *, at: datetime) -> Document:
    """The drug of a session: what was given by the timeline, what was wasted and from which lots by the register."""
    told = given_in(session, at=at)
    wasted = wasted_mg(session)
    return {
        "session": session.number,
        "on": told.on.isoformat(),
        "drug": DRUGS.get(session.route, "ketamine"),
        "route": route_name(session.route),
        "given_mg": f"{told.given_mg.normalize():f}",
        "wasted_mg": "" if wasted is None else f"{wasted.normalize():f}",
        "minutes": f"{int(told.minutes)}",
        "lots": rems.lots(session),
        "ndc": "",  # the register does not hold it yet
        "approval": approval(session.course.indication, session.route),
    }


def wasted_mg(session: Session) -> Decimal | None:
    """What the register says was wasted of a session's drug; None: the site keeps no register."""
    if not stewardship.is_kept(session.site_id):
        return None
    rows = Line.objects.filter(movement__course=session.course_id, movement__session=session.number)
    into = rows.filter(into__kind=WASTE).aggregate(all=Sum("ug"))["all"] or 0
    out = rows.filter(out_of__kind=WASTE).aggregate(all=Sum("ug"))["all"] or 0
    return (into - out) * SMALLEST


def approval(indication: str, route: str) -> str:
    """Whether this use is approved, in the words of the indications' file; empty where it does not say."""
    known = protocol.load().indications.get(indication)
    if known is None:
        return ""
    found = known.approval_of(route)
    return found.status.replace("_", "-") + (f": {found.says}" if found.says else "")


def services(course: Course) -> Iterator[Happening]:
    """What people state was done outside a session."""
    for row in Service.objects.filter(course=course).select_related("by", "clinician"):
        codes = (row.code,) if row.code else ()
        why = f"stated by {row.by.name}" + (f", done by {row.clinician.name}" if row.clinician else "")
        part = Part(item=row.item, units=row.units.normalize(), codes=codes, why=why)
        label = queries.label_of(row.item, row.detail)
        yield Happening(
            what=f"service:{row.pk}",
            on=row.done_on,
            label=label,
            parts=(part,),
            details=(row.detail,),
            drug=None,
            clinician_id=row.clinician_id,
        )


def choosable(item: str, on: date) -> tuple[str, ...]:
    """The codes that a clinician may choose for an item on a day."""
    known = catalogue()
    return tuple(code for code in known.items[item].may_be if known.codes[code].is_valid(on))
