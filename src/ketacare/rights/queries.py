"""What patients asked about their record."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.models import Patient
from ketacare.evaluation.queries import today_there
from ketacare.rights.models import RightsRequest

S = RightsRequest.Status


def requests() -> QuerySet[RightsRequest]:
    """Requests with what every page about one names."""
    return RightsRequest.objects.select_related("patient", "site", "decided_by")


def requests_open(sites: Collection[int]) -> QuerySet[RightsRequest]:
    """What is still to be decided at these sites, the nearest date first."""
    return requests().filter(site__in=sites, status=S.OPEN).order_by("due_on", "pk")


def requests_decided(sites: Collection[int]) -> QuerySet[RightsRequest]:
    """What was decided at these sites, the newest first."""
    return requests().filter(site__in=sites).exclude(status=S.OPEN).order_by("-decided_at", "-pk")


def requests_of(patient: Patient) -> QuerySet[RightsRequest]:
    """What one patient asked, the newest first."""
    return requests().filter(patient=patient).order_by("-pk")


def late(rows: Iterable[RightsRequest], *, at: datetime) -> frozenset[int]:
    """Those of them whose last day is over, each by the day of its site."""
    return frozenset(one.pk for one in rows if one.due_on < today_there(one.site, at))
