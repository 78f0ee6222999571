"""What every page knows about access: idle time, and whether the patient on it was opened in an emergency."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from ketacare.clinic import queries
from ketacare.clinic.login import lacks_second_factor
from ketacare.clinic.models import AccessGrant


def access(request: Any) -> dict[str, object]:
    """For the base template; the grants are read only where a page shows them."""
    return {
        "idle_minutes": settings.IDLE_MINUTES,
        "can_send_email": bool(settings.EMAIL_HOST),
        "lacks_second_factor": SimpleLazyObject(lambda: lacks_second_factor(request.user)),
        "emergency_grants": SimpleLazyObject(lambda: emergency_grants(request)),
    }


def emergency_grants(request: Any) -> list[AccessGrant]:
    """The reader's own running emergency accesses to the patients that this page shows."""
    if not getattr(request, "shown", None) or not request.user.is_authenticated:
        return []
    return list(queries.own_grants(request.user, at=timezone.now()).filter(patient__in=request.shown))
