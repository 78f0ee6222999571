"""What people type on the pages of this room, as plain values."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ketacare.booking.models import Absence, Appointment, Waiting, WorkingHours
from ketacare.booking.queries import people_of
from ketacare.booking.slices import begins, ends
from ketacare.booking.values import Place
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Role, Site
from ketacare.science.monitoring import booking

WEEKDAYS = list(enumerate(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]))
PARTS_OF_PLACE = 5
LATEST = time(23, 59)


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)


def time_field(label: str, **options: Any) -> forms.TimeField:
    """A time of the day."""
    return forms.TimeField(label=label, widget=forms.TimeInput({"type": "time"}, format="%H:%M"), **options)


class WishForm(forms.Form):
    """From when, and in which half of the day, a patient would like to come."""

    first_on = day_field("From")
    part = forms.ChoiceField(label="When in the day", choices=Waiting.Part.choices, required=False)


class UnavailableForm(forms.Form):
    """When a patient cannot come: a date, or a day of every week."""

    on = day_field("Date", required=False)
    weekday = forms.TypedChoiceField(
        label="Or every", choices=[("", "–"), *WEEKDAYS], coerce=int, empty_value=None, required=False
    )
    starts = time_field("From", initial=time(0))
    ends = time_field("Until", initial=LATEST)


class DayForm(forms.Form):
    """The day on which a time is looked for."""

    on = day_field("Day")


class CallOffForm(forms.Form):
    """That an appointment does not take place."""

    how = forms.ChoiceField(
        label="What happened",
        choices=[
            (Appointment.State.CANCELLED, "It was cancelled"),
            (Appointment.State.MISSED, "The patient did not come"),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="Why, or what they said", max_length=500)


class AbsenceForm(forms.Form):
    """Who is not there, and from when to when, by the site's clock."""

    person_id = forms.TypedChoiceField(label="Who", coerce=int)
    why = forms.ChoiceField(label="Why", choices=Absence.Why.choices)
    first_on = day_field("First day")
    from_time = time_field("From", initial=time(0))
    last_on = day_field("Last day")
    until_time = time_field("Until", initial=LATEST)

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(site.time_zone)
        people = people_of(site, [Role.NURSE, Role.PRESCRIBER])
        self.fields["person_id"].choices = [(one.pk, one.name) for one in people]

    def value(self) -> dict[str, object]:
        """The absence with its moments."""
        data = self.cleaned_data
        return {
            "person_id": data["person_id"],
            "why": data["why"],
            "starts_at": begins(data["first_on"], data["from_time"], self.zone),
            "ends_at": ends(data["last_on"], data["until_time"], self.zone),
        }


class WaitForm(forms.Form):
    """Between which days, and when in the day, somebody who waits can come."""

    earliest_on = day_field("From")
    latest_on = day_field("Until")
    part = forms.ChoiceField(label="When in the day", choices=Waiting.Part.choices)
    note = forms.CharField(label="Note", max_length=240, required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="Why", max_length=240)


class ChairForm(forms.Form):
    """A chair."""

    name = forms.CharField(label="Name of the chair", max_length=40)


class HoursForm(forms.Form):
    """Hours of a day of the week."""

    weekday = forms.TypedChoiceField(label="Day", choices=WEEKDAYS, coerce=int)
    starts = time_field("From", initial=time(8))
    ends = time_field("Until", initial=time(17))


class WorkForm(HoursForm):
    """Hours of a person."""

    person_id = forms.TypedChoiceField(label="Who", coerce=int)
    work = forms.ChoiceField(label="As", choices=WorkingHours.Work.choices)
    field_order = ("person_id", "work", "weekday", "starts", "ends")

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_of(site, [Role.NURSE, Role.PRESCRIBER])
        self.fields["person_id"].choices = [(one.pk, one.name) for one in people]


class ClosureForm(forms.Form):
    """A day on which the site is closed."""

    on = day_field("Day")
    why = forms.CharField(label="Why", max_length=120, required=False)


class NumberForm(forms.Form):
    """A number that the site books by."""

    name = forms.ChoiceField(label="What")
    value = forms.IntegerField(label="From now on", min_value=0)
    reason = forms.CharField(label="Why", max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = booking.load().settings.items()
        self.fields["name"].choices = [
            (name, f"{one.label} ({one.bounds[0]} to {one.bounds[1]} {one.unit})") for name, one in known
        ]


def token(key: int, place: Place) -> str:
    """A place as a form carries it: whose, when, and where; no names."""
    return f"{key}.{place.start}.{place.chair}.{place.nurse}.{place.prescriber}"


def places_of(tokens: list[str]) -> dict[int, Place]:
    """The places that a form sends back, or a refusal."""
    found = {}
    for one in tokens:
        parts = one.split(".")
        if len(parts) != PARTS_OF_PLACE or not all(
            part.isascii() and part.isdigit() and len(part) < 16 for part in parts
        ):
            raise ActionRefused("not-readable", ["This form cannot be read. Open the page again."])
        key, start, chair, nurse, prescriber = map(int, parts)
        found[key] = Place(start=start, chair=chair, nurse=nurse, prescriber=prescriber)
    if not found:
        raise ActionRefused("nothing-chosen", ["Nothing was chosen."])
    return found


def day_of(said: str | None, otherwise: date) -> date:
    """A day as an address says it."""
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return otherwise


def moments(on: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A whole day."""
    return begins(on, time(0), zone), ends(on, LATEST, zone)
