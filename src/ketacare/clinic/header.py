"""The pinned header of a patient. The room that knows weight and allergies lies above this one: a setting names it."""

from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from ketacare.clinic.models import Course, Patient
from ketacare.ui.header import PatientHeader


def header_of(patient: Patient, *, course: Course | None = None, at: datetime) -> PatientHeader:
    """The header, on a course or on the patient's newest open one."""
    return cast("PatientHeader", import_string(settings.PATIENT_HEADER)(patient, course=course, at=at))
