"""What people type on the pages of this room, as plain values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms

from ketacare.record.models import Entry, ReconciledMedicine, Reconciliation
from ketacare.record.reconciling import Added, Answered, Told
from ketacare.science.facts.codes import code_book

SAID = [choice for choice in ReconciledMedicine.Said.choices if choice[0] != ReconciledMedicine.Said.ADDED]
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


class ReconcileForm(forms.Form):
    """A list of medicines gone through. No answer is given beforehand: one that nobody gave must not look like one."""

    NEW = 3  # rows for medicines that were not listed; more of them in a second go

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, entries: Sequence[Entry]) -> None:
        super().__init__(data, initial={"form_key": uuid4()})
        self.entries = entries
        for entry in entries:
            self.fields[f"said_{entry.pk}"] = forms.ChoiceField(
                label=str(entry.display), choices=SAID, widget=forms.RadioSelect
            )
            self.fields[f"detail_{entry.pk}"] = forms.CharField(
                label="How it is taken now, if otherwise", required=False, max_length=500
            )
            self.fields[f"stopped_{entry.pk}"] = forms.DateField(
                label="Stopped on, if it is known", required=False, widget=forms.DateInput({"type": "date"})
            )
        for number in range(self.NEW):
            self.fields[f"name_{number}"] = forms.CharField(
                label="Medicine and strength", required=False, max_length=500
            )
            self.fields[f"how_{number}"] = forms.CharField(label="Dose and how often", required=False, max_length=500)
        self.fields["against"] = forms.ChoiceField(
            label="Checked against", choices=Reconciliation.Against.choices, widget=forms.RadioSelect
        )

    def rows(self) -> list[tuple[Entry, Any, Any, Any]]:
        """Each medicine with its three fields."""
        return [
            (one, self[f"said_{one.pk}"], self[f"detail_{one.pk}"], self[f"stopped_{one.pk}"]) for one in self.entries
        ]

    def new_rows(self) -> list[tuple[Any, Any]]:
        """The rows for what was not listed."""
        return [(self[f"name_{number}"], self[f"how_{number}"]) for number in range(self.NEW)]

    def clean(self) -> dict[str, Any]:
        """A dose without a name says nothing."""
        given: dict[str, Any] = super().clean() or {}
        for number in range(self.NEW):
            if given.get(f"how_{number}") and not given.get(f"name_{number}"):
                self.add_error(f"name_{number}", "Which medicine?")
        return given

    def value(self) -> Told:
        """The list as it was gone through."""
        given = self.cleaned_data
        answers = {
            one.pk: Answered(
                said=given[f"said_{one.pk}"], detail=given[f"detail_{one.pk}"], stopped_on=given[f"stopped_{one.pk}"]
            )
            for one in self.entries
        }
        added = [(given[f"name_{number}"], given[f"how_{number}"]) for number in range(self.NEW)]
        return Told(
            against=given["against"],
            answers=answers,
            added=tuple(Added(name=name, detail=how) for name, how in added if name.strip()),
            form_key=given["form_key"],
        )
