"""Reads that several rooms share."""

from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.models import AccessGrant, AuditEvent, Course, Hold, Patient, User


def active_holds(course: Course) -> QuerySet[Hold]:
    """The open reasons not to treat, oldest first."""
    return course.holds.filter(lifted_at__isnull=True).select_related("placed_by").order_by("placed_at", "pk")


def who_looked(patient: Patient) -> QuerySet[AuditEvent]:
    """Everything done to or seen of a patient, newest first."""
    return AuditEvent.objects.filter(subjects__patient=patient).order_by("-pk")


def open_courses(patient: Patient) -> QuerySet[Course]:
    """The courses that have not ended, newest first."""
    return patient.courses.exclude(status=Course.Status.ENDED).select_related("site", "prescriber").order_by("-pk")


def grants_to_review(*, sites: set[int]) -> QuerySet[AccessGrant]:
    """Break-glass accesses to patients of these sites that no quality lead has looked at, oldest first."""
    rows = AccessGrant.objects.filter(patient__sites__in=sites, reviewed_at__isnull=True)
    return rows.select_related("user", "patient").distinct().order_by("granted_at")


def current_grants(patient: Patient, *, at: datetime) -> QuerySet[AccessGrant]:
    """The break-glass accesses to a patient that have not run out."""
    return patient.grants.filter(expires_at__gt=at).select_related("user").order_by("granted_at")


def own_grants(user: User, *, at: datetime) -> QuerySet[AccessGrant]:
    """A person's own break-glass accesses that have not run out, newest first."""
    rows = AccessGrant.objects.filter(user=user, expires_at__gt=at)
    return rows.select_related("patient").order_by("-granted_at")
