"""What becomes of appointments: called off, not come to, or arranged anew for a whole day."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from django.db import transaction

from ketacare.booking import slices
from ketacare.booking.actions.booking import lock
from ketacare.booking.checking import NOT_THERE, has_room
from ketacare.booking.models import Appointment
from ketacare.booking.rearranging import has_begun, rows_of_day
from ketacare.booking.standing import clinic_between, numbers_of
from ketacare.booking.taking import DESK, release, take
from ketacare.booking.values import KINDS, Place
from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch
from ketacare.infusion import actions as infusion

STATE = Appointment.State
OPEN = (STATE.BOOKED, STATE.UNPLACED)


@transaction.atomic
def call_off(*, appointment_id: int, how: str, reason: str, by: Actor, at: datetime) -> Appointment:
    """An appointment does not take place: cancelled, in time or late, or the patient did not come. Its time is free again."""
    found = fetch(by, "booking.book", Appointment.objects.select_related("site"), pk=appointment_id)
    lock(found.site)
    row = Appointment.objects.select_related("site", "session").get(pk=found.pk)
    refuse_call_off(row, how, reason, at=at)
    if row.session is not None:
        act = infusion.mark_missed if how == STATE.MISSED else infusion.cancel
        act(session_id=row.session_id, reason=reason, by=by, at=at)
    notice = timedelta(hours=numbers_of(row.site)["cancel_notice_h"])
    is_late = how == STATE.CANCELLED and row.starts_at - at < notice
    row.state, row.end_reason = STATE.LATE if is_late else how, reason.strip()
    row.save(update_fields=["state", "end_reason"])
    release(row, since=slices.at_or_before(at))
    audit.record(by=by, at=at, did="appointment called off", on=row, details={"state": row.state})
    return row


def refuse_call_off(row: Appointment, how: str, reason: str, *, at: datetime) -> None:
    """Refuse what cannot be called off so."""
    reasons = []
    if row.state not in OPEN:
        reasons.append("It was called off already.")
    if how not in (STATE.CANCELLED, STATE.MISSED):
        reasons.append("Say whether it was cancelled or nobody came.")
    if how == STATE.MISSED and row.starts_at > at:
        reasons.append("It has not begun yet: nobody has missed it.")
    if not reason.strip():
        reasons.append("Say why.")
    if reasons:
        raise ActionRefused("not-called-off", reasons)


@transaction.atomic
def apply_day(
    *, site_id: int, on: date, places: Mapping[int, Place], without_place: Collection[int], by: Actor, at: datetime
) -> list[Appointment]:
    """Arrange a day anew as it was shown: each named appointment gets its other place, or none and needs another day."""
    site = fetch(by, "booking.replan", Site.objects.all(), pk=site_id)
    lock(site)
    rows = {row.pk: row for row in rows_of_day(site, on, at=at)}
    if not set(places) | set(without_place) <= set(rows) or set(places) & set(without_place):
        raise ActionRefused("day-changed", ["The day has changed since this was worked out. Look at it again."])
    changed = [rows[pk] for pk in sorted({*places, *without_place})]
    refuse_places(site, on, {pk: (rows[pk], place) for pk, place in places.items()})
    for row in changed:
        release(row, since=places[row.pk].start if row.pk in places and has_begun(row) else 0)
    for row in changed:
        settle(row, places.get(row.pk), by=by, at=at)
    details = {"moved": sorted(places), "without_place": sorted(without_place), "on": on.isoformat()}
    patients = {row.patient_id for row in changed if row.patient_id is not None}
    audit.record(by=by, at=at, did="day arranged anew", on=site, patients=patients, details=details)
    return changed


def refuse_places(site: Site, on: date, wanted: Mapping[int, tuple[Appointment, Place]]) -> None:
    """Refuse places that are not there any more, every one at once."""
    clinic = clinic_between(site, on, on, without=list(wanted))
    reasons = []
    for row, place in wanted.values():
        size = length_from(row, place)
        stay = slice(place.start - clinic.first, place.start - clinic.first + size)
        lacking = [
            NOT_THERE[kind]
            for kind in KINDS
            if place.start < clinic.first or not has_room(clinic, kind, place, stay, size)
        ]
        stays = not has_begun(row) or place.chair == row.chair_id
        reasons += [
            Reason(text=why, who=DESK)
            for why in (lacking if stays else [*lacking, "Who has begun stays in the chair."])
        ]
    if reasons:
        raise ActionRefused("day-changed", reasons)


def length_from(row: Appointment, place: Place) -> int:
    """How many slices an appointment still needs from the start of a place."""
    end = slices.at_or_after(row.free_at)
    return end - (place.start if has_begun(row) else slices.at_or_before(row.starts_at))


def settle(row: Appointment, place: Place | None, *, by: Actor, at: datetime) -> None:
    """One appointment as it is from now on."""
    row.changes += 1
    if place is None:
        row.state = STATE.UNPLACED
        if row.kind == Appointment.Kind.SESSION:
            row.chair = row.nurse = row.prescriber = None
        row.save()
        return
    row.chair_id, row.nurse_id, row.prescriber_id = place.chair, place.nurse, place.prescriber
    later = timedelta(0) if has_begun(row) else slices.moment_of(place.start) - row.starts_at
    if later:
        row.starts_at, row.ends_at, row.free_at = row.starts_at + later, row.ends_at + later, row.free_at + later
        infusion.move_session(session_id=row.session_id, planned_at=row.starts_at, by=by, at=at)
    row.save()
    take(row, since=place.start if has_begun(row) else 0)
