"""What an invitation to a log-in comes to."""

from datetime import datetime

from django.db.models import QuerySet

from ketacare.portal.models import LogInInvitation
from ketacare.portal.queries import digest


def invitations_open(*, at: datetime) -> QuerySet[LogInInvitation]:
    """The invitations whose link works now."""
    rows = LogInInvitation.objects.filter(expires_at__gt=at, withdrawn_at__isnull=True, used_at__isnull=True)
    return rows.select_related("patient__user")


def invitation(token: str, *, at: datetime) -> LogInInvitation | None:
    """The invitation of a link that works now; None for an unknown, used, run-out or withdrawn one alike."""
    return invitations_open(at=at).filter(token_digest=digest(token)).first()
