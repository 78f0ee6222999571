"""What every public page carries."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.utils.translation import get_language

from ketacare.clinic.language import PARAMETER
from ketacare.public import queries

register = template.Library()


@register.inclusion_tag("public/crisis.html", takes_context=True)
def crisis_numbers(context: Mapping[str, Any]) -> Mapping[str, object]:
    """Whom to call now: as the page's own site has set it, or where none is known, as every site has."""
    return {"helps": queries.crisis_helps(context.get("crisis_site"))}


@register.inclusion_tag("public/languages.html")
def language_switch(form: str = "", path: str = "", *, stays: bool = False) -> Mapping[str, object]:
    """The page in each language; what is current is said, not only shown.

    Where a form on the page holds what somebody answered, the switch sends that form to ``path``, so that it comes back in the
    other language. ``stays``: it is shown again as it is, not taken as filled in.
    """
    current = get_language()
    return {
        "form": form,
        "path": path,
        "stays": stays,
        "languages": [
            {"code": code, "name": name, "address": f"?{urlencode({PARAMETER: code})}", "is_current": code == current}
            for code, name in settings.LANGUAGES
        ],
    }
