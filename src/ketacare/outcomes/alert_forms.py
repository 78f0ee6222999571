"""What people type about an alert, and about who is on for alerts, as plain values."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ketacare.clinic.models import User
from ketacare.outcomes.models import How
from ketacare.science.scales.alerting import crisis_lines

TYPED = "%Y-%m-%dT%H:%M"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_DAY = ""
OTHER = ""
MOST_RANKS = 9


def words(label: str, help_text: str = "") -> forms.CharField:
    """A few lines of text."""
    area = forms.Textarea({"rows": "3"})
    return forms.CharField(label=label, max_length=2000, widget=area, help_text=help_text)


def typed_time(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, widget=forms.DateTimeInput({"type": "datetime-local"}, format=TYPED))


class AtThatTime(forms.Form):
    """A form with one time, typed by the site's clock."""

    when = "at"

    def __init__(self, data: Any = None, *, zone: str, now: datetime, **kwargs: Any) -> None:
        self.zone = ZoneInfo(zone)
        here = now.astimezone(self.zone).replace(tzinfo=None)
        initial = {self.when: here} | kwargs.pop("initial", {})
        super().__init__(data, initial=initial, auto_id=f"{self.when}_%s", **kwargs)  # two stand on one page

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        typed: datetime = self.cleaned_data[self.when]
        return self.cleaned_data | {self.when: typed.replace(tzinfo=self.zone)}


class ContactForm(AtThatTime):
    """A conversation with the patient."""

    when = "made_at"
    made_by = forms.CharField(label="Who spoke with the patient", max_length=120)
    made_at = typed_time("When")
    how = forms.ChoiceField(label="How", choices=How.choices)
    found = words("What was found", "How the patient is, the risk as you judge it, the safety plan.")


class AttemptForm(AtThatTime):
    """An attempt to reach the patient."""

    when = "tried_at"
    tried_at = typed_time("When it was tried")
    how = forms.ChoiceField(
        label="How it was tried", choices=[one for one in How.choices if one[0] != How.THROUGH_OTHERS]
    )
    done_then = words("What was done then", "Whom you called, what was left as a message, when it is tried again.")


class CloseForm(forms.Form):
    """What was done about an alert."""

    reason = words("What was found and done")


class HandOverForm(forms.Form):
    """Who looks after an alert from now on."""

    to = forms.TypedChoiceField(label="To whom", coerce=int)
    seen_owner = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, people: Iterable[User], seen_owner: int | None = None) -> None:
        super().__init__(data, initial={"seen_owner": seen_owner})
        self.fields["to"].choices = [("", "Choose"), *((user.pk, user.name) for user in people)]


class DutyForm(forms.Form):
    """One person's hours on the rota."""

    person = forms.TypedChoiceField(label="Who", coerce=int)
    weekday = forms.TypedChoiceField(
        label="When",
        choices=[*enumerate(WEEKDAYS), (NO_DAY, "When nobody else is on (no hours)")],
        coerce=int,
        empty_value=None,
        required=False,
    )
    starts = forms.TimeField(label="From", required=False, widget=forms.TimeInput({"type": "time"}))
    ends = forms.TimeField(
        label="Until",
        required=False,
        widget=forms.TimeInput({"type": "time"}),
        help_text="At or before the start: until the next day.",
    )
    rank = forms.IntegerField(label="Called as number", min_value=1, max_value=MOST_RANKS, initial=1)

    def __init__(self, data: Any = None, *, people: Iterable[User]) -> None:
        super().__init__(data)
        self.fields["person"].choices = [("", "Choose"), *((user.pk, user.name) for user in people)]

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        given = dict(self.cleaned_data)
        return given | {"person_id": given.pop("person")} if "person" in given else given


class CrisisLinesForm(forms.Form):
    """Whom a patient in crisis can reach."""

    country = forms.ChoiceField(label="Country", required=False)
    emergency = forms.CharField(label="Emergency number, if another than the country's", max_length=40, required=False)
    own_name = forms.CharField(label="A line of your own: what it is called", max_length=120, required=False)
    own_reach = forms.CharField(
        label="How it is reached", max_length=200, required=False, help_text="For example: call 555 0100, day and night"
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        known = sorted(crisis_lines().countries.items(), key=lambda one: one[1].name)
        self.fields["country"].choices = [(OTHER, "Another country"), *((code, one.name) for code, one in known)]


class LicenceForm(forms.Form):
    """What a site states about its right to use a scale."""

    holds = forms.ChoiceField(
        label="This site",
        choices=[("yes", "may use it"), ("no", "may not use it, or not any more")],
        widget=forms.RadioSelect,
    )
    holder = forms.CharField(label="Who holds the right, or answers for the use", max_length=200)
    since = forms.DateField(label="Since", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    number = forms.CharField(
        label="Number, or where the confirmation is kept",
        max_length=120,
        required=False,
        help_text="Needed for a registration.",
    )

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        return self.cleaned_data | {"holds": self.cleaned_data["holds"] == "yes"}
