"""Whose pages these are, and by which clock and at which clinic."""

from dataclasses import dataclass

from ketacare.clinic.actor import Actor, PatientLink
from ketacare.clinic.models import Course, Patient, Site
from ketacare.clinic.permissions import fetch
from ketacare.portal.models import ContactWishes

VIEW = "own.view"


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A patient who is logged in. ``courses``: the newest first."""

    patient: Patient
    courses: tuple[Course, ...]
    site: Site
    time_zone: str

    @property
    def course(self) -> Course | None:
        """The course that the pages speak of: the newest that has not ended, else the newest."""
        is_open = (one for one in self.courses if one.status != Course.Status.ENDED)
        return next(is_open, next(iter(self.courses), None))


def visitor(by: Actor) -> Visitor:
    """The patient that a log-in belongs to; nobody else's pages can be asked for."""
    own = by.patient_id if isinstance(by, PatientLink) else None
    patient = fetch(by, VIEW, Patient.objects.select_related("contact_wishes"), pk=own)
    return visitor_of(patient)


def visitor_of(patient: Patient) -> Visitor:
    """The same for a patient whom somebody else has fetched, for what is made of their whole record."""
    courses = tuple(patient.courses.select_related("site", "patient").order_by("-pk"))
    site = courses[0].site if courses else patient.sites.order_by("pk")[0]
    wishes: ContactWishes | None = getattr(patient, "contact_wishes", None)
    return Visitor(
        patient=patient, courses=courses, site=site, time_zone=wishes.time_zone if wishes else site.time_zone
    )
