"""The courses of a site for a refit: the same as the forecast page's, and that they were read is on record."""

import pytest
from django.utils import timezone

from ketacare.clinic.models import AuditEvent, Course
from ketacare.config.trajectory import own_site
from ketacare.followup.forecasting import told_of
from ketacare.science.errors import MissingInput
from tests.rooms.followup.test_forecast import followed  # noqa: F401  # a fixture


def test_the_courses_of_a_site_are_those_of_the_forecast_page_and_reading_them_is_audited(followed):  # noqa: F811
    ada = Course.objects.get(pk=followed.ada_course)
    at = timezone.now()
    found = own_site.courses(ada.site.name, scale="phq9", at=at)
    assert told_of(ada, scale="phq9", at=at).course in found
    assert all(one.scores for one in found)
    event = AuditEvent.objects.latest("pk")
    assert event.did == "read scores for a refit of forecasts"
    assert ada.patient_id in event.patients


@pytest.mark.django_db
def test_an_unknown_site_is_refused_with_the_names_there_are(cast):
    with pytest.raises(MissingInput, match="there is no 'Nowhere'; there are:"):
        own_site.courses("Nowhere", scale="phq9", at=timezone.now())
