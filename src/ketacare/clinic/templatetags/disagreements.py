"""What the patient says beside an entry, on every page that shows it."""

from typing import Any

from django import template
from django.db.models import Model

from ketacare.clinic.models import Patient
from ketacare.clinic.queries import disagreements_of, disagreements_with

register = template.Library()


@register.inclusion_tag("clinic/disagreements.html")
def disagreements(row: Model) -> dict[str, Any]:
    """The patient's own words about this entry, the oldest first."""
    return {"disagreements": disagreements_with(f"{row._meta.label_lower}:{row.pk}")}


@register.inclusion_tag("clinic/disagreements.html")
def disagreements_about(patient: Patient, table: str) -> dict[str, Any]:
    """The patient's own words about every entry of one table, for a page that lists them; one query."""
    return {"disagreements": disagreements_of(patient).filter(on__startswith=f"{table}:")}
