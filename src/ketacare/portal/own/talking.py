"""The threads of messages: for their patient, and for whoever answers."""

from collections.abc import Collection

from django.db.models import Count, Prefetch, Q, QuerySet

from ketacare.clinic.models import Patient
from ketacare.portal.models import Thread, ThreadMessage


def threads() -> QuerySet[Thread]:
    """Threads with their messages, the oldest first, and who wrote them."""
    rows = ThreadMessage.objects.select_related("by").order_by("pk")
    return Thread.objects.select_related("patient", "site", "owner").prefetch_related(
        Prefetch("messages", queryset=rows)
    )


def threads_of(patient: Patient) -> QuerySet[Thread]:
    """A patient's threads, the newest first, each with how many answers they have not read."""
    unread = Count("messages", filter=Q(messages__is_from_patient=False, messages__read_at__isnull=True))
    return patient.threads.filter(erased_at__isnull=True).annotate(unread=unread).order_by("-pk")


def unread(patient: Patient) -> int:
    """How many answers a patient has not read."""
    rows = ThreadMessage.objects.filter(thread__patient=patient, thread__erased_at__isnull=True)
    return rows.filter(is_from_patient=False, read_at__isnull=True).count()


def threads_waiting(sites: Collection[int]) -> QuerySet[Thread]:
    """What patients of these sites wrote and nobody has answered, the most pressing first."""
    rows = Thread.objects.filter(site__in=sites, waits_since__isnull=False, erased_at__isnull=True)
    return rows.select_related("patient", "owner", "site").order_by("answer_by", "pk")


def threads_answered(sites: Collection[int]) -> QuerySet[Thread]:
    """What was answered at these sites, the newest first."""
    rows = Thread.objects.filter(site__in=sites, waits_since__isnull=True, erased_at__isnull=True)
    return rows.select_related("patient", "owner", "site").order_by("-pk")
