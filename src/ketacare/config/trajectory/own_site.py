"""The courses of one site as the trajectory model takes them, from the clinic's database; reading them is on record."""

from datetime import datetime

from ketacare.clinic import audit
from ketacare.clinic.actor import Operator
from ketacare.clinic.models import Course as CourseOfCare
from ketacare.clinic.models import Site
from ketacare.consent.beyond_care import LEARNT_FROM, asked
from ketacare.followup.forecasting import told_of
from ketacare.science.errors import MissingInput, Problem
from ketacare.science.trajectory.course import Course


def courses(name: str, *, scale: str, at: datetime) -> tuple[list[Course], str]:
    """Every course of a site with a score on this scale whose patient allows it, and how many are left out and why.

    Raises:
        MissingInput: no such site.
    """
    site = Site.objects.filter(name=name).first()
    if site is None:
        known = ", ".join(Site.objects.order_by("name").values_list("name", flat=True)) or "none"
        raise MissingInput([Problem(place="--site", says=f"there is no {name!r}; there are: {known}")])
    rows = CourseOfCare.objects.filter(site=site).select_related("site", "patient").order_by("pk")
    told = [(row, told_of(row, scale=scale, at=at)) for row in rows]
    scored = [(row, one.course) for row, one in told if one.course.scores]
    who = asked((row.patient_id for row, _ in scored), LEARNT_FROM, at=at)
    found = [(row, one) for row, one in scored if row.patient_id in who.allowed]
    patients = {row.patient_id for row, _ in found}
    did = "read scores for a refit of forecasts"
    audit.record(by=Operator(), at=at, did=did, on=site, patients=patients, details={"scale": scale} | who.details)
    return [one for _, one in found], who.says
