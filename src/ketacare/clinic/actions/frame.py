"""What is done to sites, people, patients, courses, holds and accesses."""

from datetime import date, datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction

from ketacare.clinic import audit, queries
from ketacare.clinic.actions.rulebooks import start_rulebooks
from ketacare.clinic.actions.screening import ask_for_safety
from ketacare.clinic.actor import Actor, Operator, Staff, System, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed
from ketacare.clinic.models import (
    COURSE_TRANSITIONS,
    AccessGrant,
    Course,
    Hold,
    Membership,
    Patient,
    Role,
    Site,
    User,
)
from ketacare.clinic.permissions import fetch, holds_somewhere, may, require, site_ids, sites_where

GRANT_LASTS = timedelta(hours=4)


@transaction.atomic
def open_site(
    *,
    name: str,
    by: Actor,
    at: datetime,
    time_zone: str = "UTC",
    jurisdiction: str = "other",
    currency: str = "USD",
) -> Site:
    """Set up a place of treatment: from the command line or by the software itself, never from a page."""
    if not isinstance(by, Operator | System):
        raise NotAllowed("site.open", name)
    site = Site.objects.create(name=name, time_zone=time_zone, jurisdiction=jurisdiction, currency=currency)
    start_rulebooks(site=site, by=by, at=at)
    audit.record(by=by, at=at, did="site opened", on=site)
    return site


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
    language: str = Patient.Language.ENGLISH,
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
        language=language,
    )
    patient.sites.add(site)
    audit.record(by=by, at=at, did="patient registered", on=patient)
    return patient


@transaction.atomic
def set_language(*, patient_id: int, language: str, by: Actor, at: datetime) -> Patient:
    """Say in which language a patient is spoken to."""
    patient = fetch(by, "patient.language", Patient.objects.select_for_update(of=("self",)), pk=patient_id)
    if language not in Patient.Language.values:
        raise ActionRefused("no-such-language", ["Choose one of the languages that the pages speak."])
    if patient.language != language:
        patient.language = language
        patient.save(update_fields=["language"])
        audit.record(by=by, at=at, did="language set", on=patient)
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
    ask_for_safety(Course.objects.filter(pk=course_id), at=at)
    audit.record(by=by, at=at, did=f"course became {to}", on=course)
    return course


@transaction.atomic
def place_hold(
    *, course: Course, reason: str, lifts_when: str, by: Actor, at: datetime, ends_with_decision: bool = False
) -> Hold:
    """Say that the course must not go on, and what will lift that."""
    require(by, "hold.place", course)
    hold = Hold.objects.create(
        course=course,
        reason=reason,
        lifts_when=lifts_when,
        ends_with_decision=ends_with_decision,
        placed_by_id=user_id(by),
        placed_at=at,
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
def break_glass_by_name(
    *, given_name: str, family_name: str, born_on: date, reason: str, by: Actor, at: datetime
) -> AccessGrant:
    """Find one patient of any site by exact name and birth date and open the record; a near miss says nothing."""
    if not holds_somewhere(by, "access.break-glass"):
        raise NotAllowed("access.break-glass", "clinic.patient:by-name")
    found = list(queries.exact_matches(given_name=given_name, family_name=family_name, born_on=born_on)[:2])
    if len(found) != 1:
        raise ActionRefused("no-one-match", ["No single record has exactly this name and date of birth."])
    if may(by, "patient.view", found[0]):
        raise ActionRefused("already-open", ["This record is open to you already: look under Patients or below."])
    return break_glass(patient=found[0], reason=reason, by=by, at=at)


@transaction.atomic
def review_grant(*, grant_id: int, by: Actor, at: datetime) -> AccessGrant:
    """Say that a break-glass access was looked at."""
    grant = AccessGrant.objects.select_for_update().get(pk=grant_id)
    require(by, "access.review", grant)
    grant.reviewed_by_id, grant.reviewed_at = user_id(by), at
    grant.save(update_fields=["reviewed_by", "reviewed_at"])
    audit.record(by=by, at=at, did="break-glass reviewed", on=grant)
    return grant


@transaction.atomic
def invite_person(*, site: Site, email: str, name: str, role: str, by: Actor, at: datetime) -> User:
    """Give somebody a role at a site; a person not known yet gets a log-in without a password, to be set by a link."""
    require(by, "people.manage", site)
    user = User.objects.filter(email=email.lower()).first()
    if user is None:
        user = User.objects.create_user(email, None, name=name)
        audit.record(by=by, at=at, did="person invited", on=user, details={"site": site.pk})
    return add_role(user=user, site=site, role=role, by=by, at=at).user


@transaction.atomic
def add_role(*, user: User, site: Site, role: str, by: Actor, at: datetime) -> Membership:
    """Give a person one more role at a site."""
    require(by, "people.manage", site)
    if role == Role.PATIENT or Patient.objects.filter(user=user).exists():
        raise ActionRefused("patient-role", ["A patient's log-in has no role, and no role makes somebody a patient."])
    if user.memberships.filter(site=site, role=role).exists():
        raise ActionRefused("role-held", ["This person has that role already."])
    membership = Membership.objects.create(user=user, site=site, role=role)
    audit.record(by=by, at=at, did="role added", on=user, details={"site": site.pk, "role": role})
    return membership


@transaction.atomic
def remove_role(*, membership_id: int, by: Actor, at: datetime) -> User:
    """Take a role away; never the last administrator's."""
    membership = Membership.objects.select_related("user").get(pk=membership_id)
    require(by, "people.manage", membership)
    _keep_an_administrator(membership.user, {membership.site_id} if membership.role == Role.ADMINISTRATOR else set())
    details = {"site": membership.site_id, "role": membership.role}
    membership.delete()
    audit.record(by=by, at=at, did="role removed", on=membership.user, details=details)
    return membership.user


@transaction.atomic
def deactivate_person(*, user_id: int, by: Actor, at: datetime) -> User:
    """End a person's log-in at once; their name stays on what they did."""
    user = _managed_everywhere(user_id, by)
    sites = user.memberships.filter(role=Role.ADMINISTRATOR).values_list("site_id", flat=True)
    _keep_an_administrator(user, set(sites))
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(by=by, at=at, did="person deactivated", on=user)
    return user


@transaction.atomic
def reactivate_person(*, user_id: int, by: Actor, at: datetime) -> User:
    """Let a person log in again."""
    user = _managed_everywhere(user_id, by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by=by, at=at, did="person reactivated", on=user)
    return user


@transaction.atomic
def reset_log_in(*, user_id: int, by: Actor, at: datetime) -> User:
    """Take a lost password and second factor away, so that a one-time link can set both up afresh."""
    user = _managed_everywhere(user_id, by)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    audit.record(by=by, at=at, did="log-in reset", on=user)
    return user


def _managed_everywhere(user_id: int, by: Actor) -> User:
    """The person, if the administrator manages every site they work at."""
    user = User.objects.select_for_update().get(pk=user_id)
    require(by, "people.manage", user)
    if site_ids(user) - sites_where(by, "people.manage"):
        raise ActionRefused("works-elsewhere", ["This person also works at a site that you do not manage."])
    return user


def _keep_an_administrator(user: User, sites: set[int]) -> None:
    """Refuse to leave a site without an administrator; its row is locked, so that two cannot remove each other."""
    for site in Site.objects.select_for_update().filter(pk__in=sites).order_by("pk"):
        if not queries.other_administrators(site.pk, user).exists():
            raise ActionRefused("last-administrator", [f"{site.name} would be left without an administrator."])
