"""What pages tell of bedside devices: whose they are now, how far their clocks are off, and what was refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from ketacare.clinic.models import Device
from ketacare.infusion.models import OCCUPYING, DeviceClock, RefusedDelivery, Session
from ketacare.infusion.queries import sessions
from ketacare.science.monitoring.skew import device_policy

MOST_REFUSED = 50
SECONDS_PER_MINUTE, SECONDS_PER_HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One device as the list shows it."""

    device: Device
    session: Session | None
    clock: DeviceClock | None

    @property
    def clock_words(self) -> str:
        """What is known of its clock."""
        if self.clock is None or self.clock.skew_s is None:
            return "not measured yet"
        return off(self.clock.skew_s) or "right"

    @property
    def is_off(self) -> bool:
        return self.clock is not None and bool(off(self.clock.skew_s or 0))


def devices(*, sites: Iterable[int]) -> list[Shown]:
    """Every device of these sites, those in use first."""
    rows = list(Device.objects.filter(site__in=sites).select_related("site").order_by("site__name", "name"))
    running = {one.device_id: one for one in sessions().filter(device__in=rows, status__in=OCCUPYING)}
    clocks = {one.device_id: one for one in DeviceClock.objects.filter(device__in=rows)}
    shown = [Shown(device=one, session=running.get(one.pk), clock=clocks.get(one.pk)) for one in rows]
    return sorted(shown, key=lambda one: one.device.retired_at is not None)


def refused(*, sites: Iterable[int]) -> QuerySet[RefusedDelivery]:
    """What was sent and not taken, the latest first."""
    rows = RefusedDelivery.objects.filter(site__in=sites).select_related("device", "site")
    return rows.order_by("-last_at", "-pk")[:MOST_REFUSED]


def session_of(device: Device) -> Session | None:
    """The session that a device is in now."""
    return sessions().filter(device=device, status__in=OCCUPYING).first()


def pairable(device: Device) -> QuerySet[Session]:
    """The sessions under way where a device is, by chair."""
    return sessions().filter(site=device.site_id, status__in=OCCUPYING).order_by("chair", "pk")


def clock_notice(session: Session) -> str:
    """What is to be said beside a session's numbers of its device's clock; empty while it is right."""
    if session.device_id is None or session.status not in OCCUPYING:
        return ""
    row = DeviceClock.objects.filter(device=session.device_id).first()
    words = off(row.skew_s) if row is not None and row.skew_s is not None else ""
    if not words or session.device is None:
        return ""
    return f"The clock of {session.device.name} is {words}; its times are corrected by that."


def off(skew_s: float) -> str:
    """How far a clock is off, in words; empty within what is not worth saying."""
    size = abs(skew_s)
    if size <= device_policy().clock.stated_above_s:
        return ""
    if size < 2 * SECONDS_PER_MINUTE:
        amount = f"{size:.0f} s"
    elif size < 2 * SECONDS_PER_HOUR:
        amount = f"{size / SECONDS_PER_MINUTE:.0f} min"
    else:
        amount = f"{size / SECONDS_PER_HOUR:.1f} h"
    return f"{amount} {'slow' if skew_s > 0 else 'fast'}"
