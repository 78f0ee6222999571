"""What people type on the pages of this room, as plain values."""

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms

from ketacare.outcomes.models import AnswerSet
from ketacare.science.scales.definition import Instrument, Item

NOON = time(12)


class AnswersForm(forms.Form):
    """One question list. Nothing is filled in beforehand: an answer nobody gave must not look like one."""

    how = forms.ChoiceField(label="How is this answered?", choices=AnswerSet.How.choices, widget=forms.RadioSelect)
    answered_on = forms.DateField(
        label="Answered on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    leave_open = forms.BooleanField(label="The patient leaves the unanswered questions open", required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, instrument: Instrument, now: datetime, zone: str) -> None:
        today = now.astimezone(ZoneInfo(zone)).date()
        super().__init__(data, initial={"how": AnswerSet.How.BY_PATIENT, "answered_on": today, "form_key": uuid4()})
        self.instrument, self.now, self.zone, self.today = instrument, now, zone, today
        for item in instrument.items:
            self.fields[item.id] = question(instrument, item)
        for name, asked in instrument.context.items():
            choices = [(value, value) for value in asked.values]
            self.fields[name] = forms.ChoiceField(label=name.replace("_", " "), choices=choices, initial=asked.default)

    def questions(self) -> list[Any]:
        """The bound fields of the questions, in the scale's order."""
        return [self[item.id] for item in self.instrument.items]

    def told(self) -> list[Any]:
        """The bound fields of the facts about the person that the scale asks for."""
        return [self[name] for name in self.instrument.context]

    def clean_answered_on(self) -> date:
        """A sitting is today or earlier."""
        day: date = self.cleaned_data["answered_on"]
        if day > self.today:
            raise forms.ValidationError("This day has not come yet.")
        return day

    def clean(self) -> dict[str, Any]:
        """Ask once more about questions without an answer; a slip and a wish look the same."""
        cleaned: dict[str, Any] = super().clean() or {}
        open_ones = [item for item in self.instrument.items if item.required and cleaned.get(item.id) is None]
        if open_ones and not cleaned.get("leave_open"):
            numbers = ", ".join(str(item.n) for item in open_ones)
            self.add_error("leave_open", f"Without an answer: {numbers}. Answer them, or say that they stay open.")
        return cleaned

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        cleaned, day = self.cleaned_data, self.cleaned_data["answered_on"]
        noon = datetime.combine(day, NOON, tzinfo=ZoneInfo(self.zone))
        return {
            "instrument_id": self.instrument.id,
            "answers": {item.id: cleaned[item.id] for item in self.instrument.items},
            "context": {name: cleaned[name] for name in self.instrument.context},
            "how": cleaned["how"],
            "answered_at": self.now if day == self.today else noon,
            "form_key": cleaned["form_key"],
        }


def question(instrument: Instrument, item: Item) -> forms.TypedChoiceField:
    """A question with its permitted answers and nothing chosen."""
    options = [(str(option.value), option.label or str(option.value)) for option in instrument.options[item.options]]
    return forms.TypedChoiceField(
        label=f"{item.n}. {item.text or item.label}",
        choices=options,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class CloseForm(forms.Form):
    """What was done about an alert."""

    reason = forms.CharField(label="What was found and done", max_length=1000, required=False)
