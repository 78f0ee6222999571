"""The pinned header of a patient. The room that knows weight and allergies lies above this one: a setting names it."""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from ketacare.clinic.indications import indication_name
from ketacare.clinic.models import Course, Patient
from ketacare.clinic.queries import active_holds
from ketacare.ui.header import PatientHeader
from ketacare.ui.words import years


def header_of(patient: Patient, *, course: Course | None = None, at: datetime) -> PatientHeader:
    """The header, on a course or on the patient's newest one."""
    course = course or patient.courses.order_by("-opened_at", "-pk").first()
    return cast("PatientHeader", import_string(settings.PATIENT_HEADER)(patient, course=course, at=at))


def frame_header(patient: Patient, *, course: Course | None, at: datetime) -> PatientHeader:
    """What this room itself knows of a patient; weight and allergies are left unknown."""
    return PatientHeader(
        patient_id=patient.pk,
        name=str(patient),
        initials=patient.initials,
        born_on=patient.born_on,
        age_years=years(patient.born_on, at.date()),
        sex=patient.get_sex_at_birth_display().lower(),
        time_zone=course.site.time_zone if course else "UTC",
        course_id=course.pk if course else None,
        indication=indication_name(course.indication) if course else "",
        course_status=course.get_status_display() if course else "",
        holds=tuple(hold.reason for hold in active_holds(course)) if course else (),
    )
