"""How values are said on a page: quantities, ages, findings, fields."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select, Widget
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

import ketacare
from ketacare.ui import words
from ketacare.ui.header import PatientHeader
from ketacare.ui.tabs import tabs_of

register = template.Library()

register.filter("quantity", words.quantity)
register.filter("clock", words.clock)
register.filter("moment", words.moment)
register.filter("in_words", words.in_words)
register.filter("three_digits", words.three_digits)
register.filter("signed", words.signed)
register.filter("plain", words.plain)

MARKS = {  # kind -> the sign that says the same as its colour
    "clear": "✓",
    "wait": "…",
    "hold": "‖",
    "stop": "✕",
    "caution": "!",
    "unknown": "?",
    "info": "i",
}


@register.simple_tag
def software_version() -> str:
    """The version that is running."""
    return ketacare.__version__


@register.simple_tag
def optional_url(name: str, *args: object) -> str:
    """The address of a page by its name; empty when this clinic's software has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def age(context: Context, at: datetime | None, limit_minutes: float | None = None) -> SafeString:
    """How long ago: "4 min ago"; marked overdue, in words too, beyond a limit in minutes."""
    if at is None:
        return unknown("never")
    now = context.get("now") or timezone.now()
    overdue = limit_minutes is not None and (now - at).total_seconds() > limit_minutes * 60
    return format_html(
        '<time class="age{}" datetime="{}">{}{}</time>',
        " age-overdue" if overdue else "",
        at.isoformat(),
        words.age(at, now=now),
        ", overdue" if overdue else "",
    )


@register.simple_tag
def unknown(text: str = "unknown") -> SafeString:
    """A value nobody knows: hatched, and said in a word."""
    return format_html('<span class="unknown">{}</span>', text)


@register.simple_tag
def badge(text: str, kind: str = "info") -> SafeString:
    """A word with a sign and a tint: clear, wait, hold, stop, caution, unknown or info."""
    return format_html(
        '<span class="mark mark-{}"><span aria-hidden="true">{}</span> {}</span>', kind, MARKS[kind], text
    )


@register.simple_tag
def alarm(text: str, priority: str) -> SafeString:
    """An alarm: a filled shape with its priority (high, medium or low) in a word."""
    return format_html('<span class="alarm alarm-{0}"><b>{0}</b> {1}</span>', priority, text)


@register.simple_tag
def source(title: str, url: str = "") -> SafeString:
    """Where a number or a rule comes from; a link only when it has an address."""
    if url:
        return format_html('<a class="source" href="{}" rel="noreferrer">[{}]</a>', url, title)
    return format_html('<span class="source">[{}]</span>', title)


@register.simple_tag
def progress(done: int, total: int, label: str) -> SafeString:
    """How far something is, in words and as a bar."""
    return format_html(
        '<span class="progress-words">{0}: {1} of {2}</span>'
        '<progress max="{2}" value="{1}" aria-label="{0}">{1} of {2}</progress>',
        label,
        done,
        total,
    )


@register.inclusion_tag("ui/empty.html")
def empty_state(title: str, advice: str = "", url: str = "", button: str = "") -> dict[str, str]:
    """What an empty list says: that it is empty, and what to do next."""
    return {"title": title, "advice": advice, "url": url, "button": button}


@register.inclusion_tag("ui/field.html")
def form_field(field: BoundField) -> dict[str, Any]:
    """A field with its label, help and errors; Django ties them to the control by the ids that the template gives."""
    widget = field.field.widget
    as_group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    as_check = isinstance(widget, CheckboxInput)
    classes = [widget.attrs.get("class"), "" if as_group else control_class(widget, as_check=as_check)]
    return {
        "field": field,
        "control": field.as_widget(attrs={"class": " ".join(filter(None, classes))}),
        "as_group": as_group,
        "as_check": as_check,
    }


def control_class(widget: Widget, *, as_check: bool) -> str:
    """The class that gives a control its look."""
    if as_check:
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Context, page: Page) -> dict[str, Any]:
    """Links to the pages before and after that keep the filter."""
    query = context["request"].GET.copy()

    def query_for(number: int) -> str:
        query["page"] = str(number)
        return query.urlencode()

    return {
        "page": page,
        "previous_query": query_for(page.number - 1),
        "next_query": query_for(page.number + 1),
    }


@register.inclusion_tag("ui/tabs.html", takes_context=True)
def patient_tabs(context: Context, header: PatientHeader) -> dict[str, Sequence[object]]:
    """The pages about this patient that exist and that the reader may see, in the order of the pathway."""
    request = context["request"]
    may_see = context.get("may_see", lambda name: True)
    return {"tabs": tabs_of(header, current=request.resolver_match.view_name, may_see=may_see)}


@register.filter
def percent(part: float | Decimal, whole: float | Decimal) -> str:
    """A part of a whole in whole per cent."""
    return "–" if not whole else f"{100 * part / whole:.0f} %"


@register.simple_tag(takes_context=True)
def may_open(context: Context, name: str) -> bool:
    """Whether the page of this name exists and the reader may open it."""
    return bool(name) and bool(context.get("may_see", lambda _: False)(name))
