"""The courses of a site for a refit: the same as the forecast page's, and that they were read is on record."""

import pytest
from django.utils import timezone

from ketacare.clinic.models import AuditEvent, Course
from ketacare.config.trajectory import own_site
from ketacare.followup.forecasting import told_of
from ketacare.science.errors import MissingInput
from tests.rooms.followup.test_forecast import followed  # noqa: F401  # a fixture
from tests.rooms.rights.asking import limit


def test_the_courses_of_a_site_are_those_of_the_forecast_page_and_reading_them_is_audited(followed):  # noqa: F811
    ada = Course.objects.get(pk=followed.ada_course)
    at = timezone.now()
    found, left_out = own_site.courses(ada.site.name, scale="phq9", at=at)
    assert told_of(ada, scale="phq9", at=at).course in found
    assert all(one.scores for one in found)
    assert left_out == ""
    event = AuditEvent.objects.latest("pk")
    assert event.did == "read scores for a refit of forecasts"
    assert ada.patient_id in event.patients


@pytest.mark.django_db
def test_an_unknown_site_is_refused_with_the_names_there_are(cast):
    with pytest.raises(MissingInput, match="there is no 'Nowhere'; there are:"):
        own_site.courses("Nowhere", scale="phq9", at=timezone.now())


def test_whoever_forbids_research_is_not_learnt_from_and_how_many_is_said_and_on_record(followed):  # noqa: F811
    ada, at = Course.objects.get(pk=followed.ada_course), timezone.now()
    before, _ = own_site.courses(ada.site.name, scale="phq9", at=at)
    limit(followed, "research", at=at)
    found, left_out = own_site.courses(ada.site.name, scale="phq9", at=at)
    assert len(found) == len(before) - 1
    assert (
        left_out
        == "1 patient left out: use for fitting forecasts to the clinic's own patients is forbidden by the patient."
    )
    event = AuditEvent.objects.latest("pk")
    assert ada.patient_id not in event.patients
    assert event.details["left_out"] == 1
