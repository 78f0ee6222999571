"""Letting go of what is no health record once it has stayed its time. What the law keeps is refused, whoever asks."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Site
from ketacare.clinic.permissions import fetch
from ketacare.frontdesk.actions import erase_requests
from ketacare.portal import retention

Letting = Callable[..., int]


@transaction.atomic
def let_go(*, site_id: int, kind: str, by: Actor, at: datetime) -> int:
    """Let go of everything of one kind at a site that has stayed its time; how many rows."""
    site = fetch(by, "retention.apply", Site.objects.all(), pk=site_id)
    if kind not in retention.GOING:
        raise ActionRefused("kept", [f"{kind} stays: {retention.STAYING.get(kind, 'there is no such kind')}."])
    before = retention.limit_of(site, kind, at=at)
    if kind == retention.CONSULTATIONS:
        return erase_requests(site_id=site_id, over_before=before, by=by, at=at)
    tables = [one for one in retention.TABLES if one.kind == kind]
    counts = {one.name: one.rows(site).filter(over_at__lt=before).delete()[0] for one in tables}
    audit.record(by=by, at=at, did=f"{kind} let go", on=site, details=counts)
    return sum(counts.values())
