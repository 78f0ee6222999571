"""What other rooms' pages show of the register."""

from typing import Any

from django import template
from django.template import Context

from ketacare.clinic.permissions import sites_where
from ketacare.stewardship import queries

register = template.Library()


@register.inclusion_tag("stewardship/board_notice.html", takes_context=True)
def open_discrepancies(context: Context) -> dict[str, Any]:
    """How many discrepancies are open at the reader's sites, and since when."""
    return queries.summary(sites_where(context["request"].actor, "register.view"))
