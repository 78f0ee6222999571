"""The drug at a session's chair, beside what its order asks for. A fact for the page of the start gate; it decides nothing."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.infusion.outside import live_order
from ketacare.infusion.queries import todays_sessions
from ketacare.stewardship import queries as stewardship
from ketacare.stewardship.values import Chair


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What was issued to a session's chair."""

    session: Session
    ordered_mg: Decimal | None
    held_mg: Decimal
    lots: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        return self.ordered_mg is not None and self.held_mg >= self.ordered_mg


def issued(session: Session) -> Issued | None:
    """The drug at the chair of a session; None: the site keeps no register."""
    if not stewardship.is_kept(session.site_id):
        return None
    held = stewardship.issued(session.site_id, Chair(course_id=session.course_id, number=session.number))
    order = live_order(session)
    return Issued(
        session=session,
        ordered_mg=order.dose_mg if order else None,
        held_mg=stewardship.total_mg(held),
        lots=tuple(dict.fromkeys(one.container.lot for one in held if one.container.lot)),
    )


def todays(site_id: int, time_zone: str, *, at: datetime) -> list[Issued]:
    """The sessions of a site's day that take place, each with what was issued to it."""
    zone = ZoneInfo(time_zone)
    begins = datetime.combine(at.astimezone(zone).date(), time.min, zone)
    rows = todays_sessions(sites=[site_id], since=begins, until=begins + timedelta(days=1))
    return [one for row in rows.exclude(status__in=CALLED_OFF) if (one := issued(row))]
