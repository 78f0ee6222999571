"""How long it took until somebody took an alert, and until somebody spoke with the patient: by site, level and person."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from ketacare.outcomes.models import Alert
from ketacare.ui.words import span

ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Waited:
    """How long a number of alerts waited for one thing; those that still wait are counted, and how long the longest has."""

    done: int
    middle: timedelta | None
    worst: timedelta | None
    open: int
    longest_open: timedelta | None
    unknown: int = 0  # closed without it: nobody can say any more

    @property
    def middle_words(self) -> str:
        """The median, as a length of time."""
        return "" if self.middle is None else span(self.middle.total_seconds())

    @property
    def worst_words(self) -> str:
        """The longest, as a length of time."""
        return "" if self.worst is None else span(self.worst.total_seconds())

    @property
    def open_words(self) -> str:
        """How many wait, and the longest wait so far."""
        return "" if self.longest_open is None else f"{self.open}, longest {span(self.longest_open.total_seconds())}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the report."""

    site: str
    of: str  # a level, or a person
    alerts: int
    taken: Waited
    contact: Waited


def report(sites: set[int], *, since: datetime, at: datetime) -> tuple[list[Row], list[Row]]:
    """The alerts raised since, by site and level (most urgent first), and by site and person; one query."""
    rows = Alert.objects.filter(course__site__in=sites, raised_at__gte=since)
    rows = rows.select_related("course__site", "contact__recorded_by", "first_taken_by", "owner").order_by(
        "-level", "pk"
    )
    by_level: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    by_person: dict[tuple[str, str], list[Alert]] = defaultdict(list)
    for alert in rows:
        site = alert.course.site.name
        by_level[site, alert.get_level_display()].append(alert)
        by_person[site, person_of(alert)].append(alert)
    levels = [row_of(*key, alerts, at=at) for key, alerts in by_level.items()]
    people = [row_of(*key, alerts, at=at) for key, alerts in sorted(by_person.items())]
    return sorted(levels, key=lambda row: row.site), people


def person_of(alert: Alert) -> str:
    """Whose alert it is in the report: who took it first, else who is named."""
    person = alert.first_taken_by or alert.owner
    return "nobody" if person is None else person.name


def row_of(site: str, of: str, alerts: list[Alert], *, at: datetime) -> Row:
    """One line: what is known of these alerts."""
    return Row(
        site=site,
        of=of,
        alerts=len(alerts),
        taken=waited(((one, one.first_taken_at) for one in alerts), at=at),
        contact=waited(((one, one.contact.made_at if one.contact else None) for one in alerts), at=at),
    )


def waited(ends: Iterable[tuple[Alert, datetime | None]], *, at: datetime) -> Waited:
    """How long alerts waited, from being raised; a conversation during the sitting itself waited no time at all."""
    done, still, unknown = [], [], 0
    for alert, end in ends:
        if end is not None:
            done.append(max(end - alert.raised_at, ZERO))
        elif alert.status == Alert.Status.CLOSED:
            unknown += 1
        else:
            still.append(at - alert.raised_at)
    return Waited(
        done=len(done),
        middle=median(done) if done else None,
        worst=max(done, default=None),
        open=len(still),
        longest_open=max(still, default=None),
        unknown=unknown,
    )
