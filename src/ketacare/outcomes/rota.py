"""Who is on for a site's alerts, in the order in which they are called."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.clinic.models import Site, User
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.outcomes.models import AlertDuty

OWN = "alert.own"
NEXT_DAY = timedelta(days=1)


def may_look_after(site_id: int) -> QuerySet[User]:
    """The people of a site who may look after its alerts and can log in, by name."""
    here = User.objects.filter(memberships__site=site_id, memberships__role__in=PERMISSIONS[OWN], is_active=True)
    return here.distinct().order_by("name", "pk")


def duties(site_id: int) -> QuerySet[AlertDuty]:
    """The rota of a site as it stands: by day and hour, those without hours last."""
    rows = AlertDuty.objects.filter(site=site_id, ended_at__isnull=True).select_related("person", "site")
    return rows.order_by("weekday", "starts", "rank", "pk")


def callable_people(site: Site, *, at: datetime) -> list[User]:
    """Whom an alert of this site finds at a moment: those on by rank, then those called when nobody is; one query each."""
    here = {user.pk: user for user in may_look_after(site.pk)}
    return [here[pk] for pk in order_of_call(duties(site.pk), at=at, zone=site.time_zone) if pk in here]


def order_of_call(rows: Iterable[AlertDuty], *, at: datetime, zone: str) -> list[int]:
    """The same as ids, without regard to who still works here."""
    called = [row for row in rows if row.weekday is None or is_on(row, at=at, zone=zone)]
    called.sort(key=lambda row: (row.weekday is None, row.rank, row.pk))
    return list(dict.fromkeys(row.person_id for row in called))


def is_on(duty: AlertDuty, *, at: datetime, zone: str) -> bool:
    """Whether a moment lies in the hours of a duty, by the site's own clock; hours may run past midnight."""
    place = ZoneInfo(zone)
    today = at.astimezone(place).date()
    for day in (today, today - NEXT_DAY):
        if day.weekday() != duty.weekday or duty.starts is None or duty.ends is None:
            continue
        last = day + NEXT_DAY if duty.ends <= duty.starts else day
        begins, ends = (
            datetime.combine(on, hour, tzinfo=place) for on, hour in ((day, duty.starts), (last, duty.ends))
        )
        if begins.astimezone(UTC) <= at < ends.astimezone(UTC):
            return True
    return False
