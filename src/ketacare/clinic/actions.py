"""Everything that writes in this room."""

from datetime import date, datetime, timedelta

from django.db import transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import Actor, Staff, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import COURSE_TRANSITIONS, AccessGrant, Course, Hold, Patient, Site
from ketacare.clinic.permissions import holds_somewhere, require

GRANT_LASTS = timedelta(hours=4)


@transaction.atomic
def add_patient(
    *,
    site: Site,
    given_name: str,
    family_name: str,
    born_on: date,
    sex_at_birth: str,
    by: Actor,
    at: datetime,
    phone: str = "",
    email: str = "",
) -> Patient:
    """Register a person at a site."""
    require(by, "patient.create", site)
    if born_on > at.date():
        raise ActionRefused("born-in-the-future", ["The date of birth lies in the future."])
    patient = Patient.objects.create(
        given_name=given_name,
        family_name=family_name,
        born_on=born_on,
        sex_at_birth=sex_at_birth,
        phone=phone,
        email=email,
    )
    patient.sites.add(site)
    audit.record(by=by, at=at, did="patient registered", on=patient)
    return patient


@transaction.atomic
def open_course(*, patient: Patient, site: Site, indication: str, by: Actor, at: datetime) -> Course:
    """Open a course of treatment: a referral for one indication."""
    require(by, "course.open", patient)
    require(by, "course.open", site)
    if patient.courses.filter(site=site, indication=indication).exclude(status=Course.Status.ENDED).exists():
        raise ActionRefused("course-open", ["A course for this indication is already open at this site."])
    course = Course.objects.create(patient=patient, site=site, indication=indication, opened_at=at)
    audit.record(by=by, at=at, did="course opened", on=course)
    return course


@transaction.atomic
def move_course(*, course_id: int, to: str, by: Actor, at: datetime) -> Course:
    """Take a course to its next status, along the table of legal steps."""
    course = Course.objects.select_for_update().get(pk=course_id)
    require(by, "course.move", course)
    if to not in COURSE_TRANSITIONS[course.status]:
        raise ActionRefused("course-step", [f"A course that is {course.status} does not become {to}."])
    course.status = to
    course.save(update_fields=["status"])
    audit.record(by=by, at=at, did=f"course became {to}", on=course)
    return course


@transaction.atomic
def place_hold(*, course: Course, reason: str, lifts_when: str, by: Actor, at: datetime) -> Hold:
    """Say that the course must not go on, and what will lift that."""
    require(by, "hold.place", course)
    hold = Hold.objects.create(
        course=course, reason=reason, lifts_when=lifts_when, placed_by_id=user_id(by), placed_at=at
    )
    audit.record(by=by, at=at, did="hold placed", on=hold)
    return hold


@transaction.atomic
def lift_hold(*, hold_id: int, reason: str, by: Actor, at: datetime) -> Hold:
    """Lift a hold, with the reason."""
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    require(by, "hold.lift", hold)
    if hold.lifted_at is not None:
        raise ActionRefused("hold-lifted", ["This hold has already been lifted."])
    hold.lifted_by_id, hold.lifted_at, hold.lift_reason = user_id(by), at, reason
    hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason"])
    audit.record(by=by, at=at, did="hold lifted", on=hold)
    return hold


@transaction.atomic
def break_glass(*, patient: Patient, reason: str, by: Actor, at: datetime) -> AccessGrant:
    """Open a patient of another site to one person for a short time; the quality lead sees it the same day."""
    if not isinstance(by, Staff) or not holds_somewhere(by, "access.break-glass"):
        raise NotAllowed("access.break-glass", f"clinic.patient:{patient.pk}")
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why you need to see this record."])
    grant = AccessGrant.objects.create(
        user_id=by.user_id, patient=patient, reason=reason.strip(), granted_at=at, expires_at=at + GRANT_LASTS
    )
    audit.record(by=by, at=at, did="broke the glass", on=grant)
    return grant


@transaction.atomic
def review_grant(*, grant_id: int, by: Actor, at: datetime) -> AccessGrant:
    """Say that a break-glass access was looked at."""
    grant = AccessGrant.objects.select_for_update().get(pk=grant_id)
    require(by, "access.review", grant)
    grant.reviewed_by_id, grant.reviewed_at = user_id(by), at
    grant.save(update_fields=["reviewed_by", "reviewed_at"])
    audit.record(by=by, at=at, did="break-glass reviewed", on=grant)
    return grant
