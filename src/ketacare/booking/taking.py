"""The one writer of taken time. Two who want the same slice of the same place: the database gives it to one of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from ketacare.booking import slices
from ketacare.booking.models import Appointment, Taken
from ketacare.booking.standing import numbers_of
from ketacare.clinic.errors import ActionRefused, Reason

DESK = "the front desk"
JUST_TAKEN = Reason(text="Somebody else has just taken this time. Look for another one.", who=DESK)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """How much of one resource an appointment takes."""

    resource: str
    holds: int
    span: range


def claims(appointment: Appointment, *, since: int = 0) -> Iterator[Claim]:
    """What an appointment takes, from a slice on."""
    begin = max(since, slices.at_or_before(appointment.starts_at))
    span, stay = (range(begin, slices.at_or_after(end)) for end in (appointment.free_at, appointment.ends_at))
    numbers = numbers_of(appointment.site)
    if appointment.patient_id is not None:
        yield Claim(resource=f"patient:{appointment.patient_id}", holds=1, span=stay)
    if appointment.kind == Appointment.Kind.CONSULTATION:
        yield Claim(resource=f"visit:{appointment.prescriber_id}", holds=1, span=stay)
        return
    yield Claim(resource=f"chair:{appointment.chair_id}", holds=1, span=span)
    yield Claim(resource=f"nurse:{appointment.nurse_id}", holds=numbers["patients_per_nurse"], span=span)
    yield Claim(resource=f"prescriber:{appointment.prescriber_id}", holds=numbers["sessions_per_prescriber"], span=span)


def take(appointment: Appointment, *, since: int = 0) -> None:
    """Take what an appointment needs, or refuse: nothing of it is taken then."""
    rows = [row for claim in claims(appointment, since=since) for row in free_rows(appointment, claim)]
    rows.sort(
        key=lambda row: (row.resource, row.slice, row.place)
    )  # everybody in the same order: nobody waits in a ring
    try:
        with transaction.atomic():
            Taken.objects.bulk_create(rows)
    except IntegrityError as error:
        raise ActionRefused("just-taken", [JUST_TAKEN]) from error


def free_rows(appointment: Appointment, claim: Claim) -> Iterator[Taken]:
    """The lowest free place of each slice."""
    here = Taken.objects.filter(resource=claim.resource, slice__gte=claim.span.start, slice__lt=claim.span.stop)
    used: dict[int, set[int]] = {}
    for number, place in here.values_list("slice", "place"):
        used.setdefault(number, set()).add(place)
    for number in claim.span:
        place = next((one for one in range(claim.holds) if one not in used.get(number, ())), None)
        if place is None:
            raise ActionRefused("just-taken", [JUST_TAKEN])
        yield Taken(resource=claim.resource, slice=number, place=place, appointment=appointment)


def release(appointment: Appointment, *, since: int = 0) -> None:
    """Give back what an appointment took, from a slice on."""
    Taken.objects.filter(appointment=appointment, slice__gte=since).delete()
