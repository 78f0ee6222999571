"""What people type on the pages of this room, as plain values."""

from typing import Any

from django import forms

from ketacare.clinic.models import Patient
from ketacare.portal.models import HOURS_A_DAY, ContactWishes
from ketacare.portal.values import Given, WishesInput
from ketacare.science.checkins.local import zone_names

HOURS = [(hour, f"{hour:02}:00") for hour in range(HOURS_A_DAY)]
LEFT_OPEN = "left-open"


class AnswerForm(forms.Form):
    """One tap of a patient: the button that was pressed, and which question it stood under."""

    scale = forms.CharField(max_length=40)
    version = forms.IntegerField()
    item = forms.CharField(max_length=40)
    answer = forms.CharField(max_length=40)

    def value(self) -> Given:
        """What the action takes."""
        told = self.cleaned_data
        return Given(
            scale=told["scale"],
            version=told["version"],
            item=told["item"],
            answer=told["answer"],
            is_left_open=told["answer"] == LEFT_OPEN,
        )


class WishesForm(forms.Form):
    """How and when a patient wants to be written to."""

    channel = forms.ChoiceField(
        label="How are they reached?", choices=ContactWishes.Channel.choices, widget=forms.RadioSelect
    )
    email = forms.EmailField(label="E-mail address", required=False)
    phone = forms.CharField(label="Mobile number", max_length=40, required=False)
    time_zone = forms.ChoiceField(label="Their time zone", choices=lambda: [(one, one) for one in sorted(zone_names())])
    hour = forms.TypedChoiceField(
        label="Written to at", choices=HOURS, coerce=int, help_text="By their own clock, summer and winter."
    )
    quiet_from_h = forms.TypedChoiceField(label="Never from", choices=HOURS, coerce=int)
    quiet_until_h = forms.TypedChoiceField(
        label="Never until", choices=HOURS, coerce=int, help_text="The same hour twice: at any time."
    )
    language = forms.ChoiceField(label="Language", choices=Patient.Language.choices)
    is_opted_out = forms.BooleanField(
        label="They want no messages", required=False, help_text="They are asked at the clinic instead."
    )

    def value(self) -> WishesInput:
        """What the action takes."""
        return WishesInput(**self.cleaned_data)

    def clean(self) -> dict[str, Any]:
        """The way chosen has an address."""
        cleaned: dict[str, Any] = super().clean() or {}
        channel = cleaned.get("channel")
        if channel == ContactWishes.Channel.EMAIL and not cleaned.get("email"):
            self.add_error("email", "Say where the mails are to go.")
        if channel == ContactWishes.Channel.TEXT and not cleaned.get("phone"):
            self.add_error("phone", "Say where the messages are to go.")
        return cleaned
