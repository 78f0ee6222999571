"""What a person types about the drug: a rate as the pump takes it, an amount, and when it happened."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from ketacare.infusion.words import PUMP_UNITS
from ketacare.science.monitoring.pump import Basis, mg_per_h_of

SMALLEST = Decimal("0.001")
MOST_MINUTES_AGO = 60


class TimedForm(forms.Form):
    """Something that happened now, or some minutes ago."""

    minutes_ago = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_MINUTES_AGO, label="Happened how many minutes ago",
        help_text="Empty: now. What happened earlier is marked as a late entry.",
    )  # fmt: skip

    def happened_at(self, now: datetime) -> datetime:
        """When it happened; now, where nothing else is said."""
        return now - timedelta(minutes=self.cleaned_data.get("minutes_ago") or 0)


def number(label: str, *, required: bool = True, help_text: str = "") -> forms.DecimalField:
    """A field for an amount or a rate."""
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(
        min_value=SMALLEST, decimal_places=3, max_digits=8, label=label, required=required, help_text=help_text, widget=widget
    )  # fmt: skip


class RateForm(TimedForm):
    """Another rate of the pump, in the unit of whoever sets it, and what the pump then shows."""

    rate = number("New rate")
    unit = forms.ChoiceField(label="Unit", choices=list(PUMP_UNITS.items()), required=False)
    pump_shows = number("The pump shows", required=False, help_text="Read it off the pump: it must be the same rate.")
    pump_unit = forms.ChoiceField(label="Unit on the pump", choices=list(PUMP_UNITS.items())[1:], required=False)
    field_order = ("rate", "unit", "pump_shows", "pump_unit", "minutes_ago")

    def __init__(self, *args: Any, basis: Basis | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.basis = basis
        if basis is None:  # nothing to reckon with: the order's own unit alone
            for name in ("unit", "pump_shows", "pump_unit"):
                del self.fields[name]
            self.fields["rate"].label = "New rate (mg/h)"

    def values(self, now: datetime) -> dict[str, Any]:
        """The rate in mg/h, with what the pump shows and when it was set."""
        given = self.cleaned_data
        told = {"happened_at": self.happened_at(now)}
        if self.basis is None:
            return told | {"rate_mg_per_h": given["rate"]}
        told |= {"rate_mg_per_h": mg_per_h_of(given["rate"], given["unit"] or "mg_per_h", self.basis)}
        if given["pump_shows"] is None:
            return told
        return told | {"pump_shows": given["pump_shows"], "pump_unit": given["pump_unit"] or "ml_per_h"}


class AmountForm(TimedForm):
    """So many mg, at once."""

    dose_mg = number("Amount (mg)")
    field_order = ("dose_mg", "minutes_ago")

    def values(self, now: datetime) -> dict[str, Any]:
        """The amount and when."""
        return {"dose_mg": self.cleaned_data["dose_mg"], "happened_at": self.happened_at(now)}


class EndForm(TimedForm):
    """The end of the drug; a reason where the ordered dose is not all in."""

    reason = forms.CharField(
        required=False, label="Reason, where the drug is stopped early", widget=forms.Textarea({"rows": "2"})
    )
    field_order = ("reason", "minutes_ago")
