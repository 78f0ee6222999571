"""What people type on the pages of this room, as plain values."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ketacare.science.facts.codes import code_book

TYPED = "%Y-%m-%dT%H:%M"  # what a browser sends for a date with a time


class MeasureForm(forms.Form):
    """What was measured together; every value may stay empty, one must not."""

    measured_at = forms.DateTimeField(
        label="Measured at",
        input_formats=[TYPED],
        widget=forms.DateTimeInput(format=TYPED, attrs={"type": "datetime-local"}),
    )
    seated = forms.BooleanField(label="Seated", required=False, initial=True)

    def __init__(self, data: Any, *, now: datetime, time_zone: str) -> None:
        super().__init__(data, initial={"measured_at": now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)})
        self.zone = ZoneInfo(time_zone)
        for one in code_book().entered:
            unit = one.unit.replace("[", "").replace("]", "")
            self.fields[one.name] = forms.DecimalField(
                label=f"{one.says.capitalize()}, {unit}",
                required=False,
                max_digits=8,
                decimal_places=3,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "autocomplete": "off", "step": "any"}),
            )

    def clean_measured_at(self) -> datetime:
        """The wall-clock time at the site as a moment."""
        typed: datetime = self.cleaned_data["measured_at"]
        return typed.replace(tzinfo=self.zone)

    def measured(self) -> dict[str, Any]:
        """The arguments of the action."""
        given = {one.name: self.cleaned_data.get(one.name) for one in code_book().entered}
        return {
            "values": {name: value for name, value in given.items() if value is not None},
            "measured_at": self.cleaned_data["measured_at"],
            "seated": self.cleaned_data["seated"],
        }
