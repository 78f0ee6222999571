"""What people type on the pages of this room, as plain values."""

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms

from ketacare.outcomes.models import AnswerSet
from ketacare.science.scales import wording
from ketacare.science.scales.definition import Instrument, Item
from ketacare.science.scales.wording import Wording

NOON = time(12)
AT_THE_CLINIC = [one for one in AnswerSet.How.choices if one[0] != AnswerSet.How.BY_LINK]


class AnswersForm(forms.Form):
    """One question list. Nothing is filled in beforehand: an answer nobody gave must not look like one."""

    how = forms.ChoiceField(label="How is this answered?", choices=AT_THE_CLINIC, widget=forms.RadioSelect)
    answered_on = forms.DateField(
        label="Answered on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    leave_open = forms.BooleanField(label="The patient leaves the unanswered questions open", required=False)
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    wording_version = forms.IntegerField(required=False, widget=forms.HiddenInput)  # the texts that this page showed

    def __init__(
        self, data: Any, *, instrument: Instrument, now: datetime, zone: str, texts: Wording | None = None
    ) -> None:
        today = now.astimezone(ZoneInfo(zone)).date()
        shown = {"form_key": uuid4(), "wording_version": texts and texts.version}
        super().__init__(data, initial={"how": AnswerSet.How.BY_PATIENT, "answered_on": today} | shown)
        self.instrument, self.now, self.zone, self.today = instrument, now, zone, today
        self.asked = () if instrument.entry == "total" else instrument.items
        for item in self.asked:
            self.fields[item.id] = question(instrument, item)
        self.total = instrument.entered_total()
        if self.total:
            self.fields[self.total.id] = total(*self.total.range, alone=not self.asked)
        for name, asked in instrument.context.items():
            choices = [(value, value) for value in asked.values]
            self.fields[name] = forms.ChoiceField(label=name.replace("_", " "), choices=choices, initial=asked.default)

    def questions(self) -> list[Any]:
        """The bound fields of the questions, in the scale's order, and of the total where it may be typed in."""
        return [self[item.id] for item in self.asked] + ([self[self.total.id]] if self.total else [])

    def told(self) -> list[Any]:
        """The bound fields of the facts about the person that the scale asks for."""
        return [self[name] for name in self.instrument.context]

    def clean_answered_on(self) -> date:
        """A sitting is today or earlier."""
        day: date = self.cleaned_data["answered_on"]
        if day > self.today:
            raise forms.ValidationError("This day has not come yet.")
        return day

    def clean_wording_version(self) -> int | None:
        """Texts that there are, or none."""
        version: int | None = self.cleaned_data["wording_version"]
        if version is not None and version not in wording.versions(self.instrument.id):
            raise forms.ValidationError("These texts are not known. Open the page afresh.")
        return version

    def clean(self) -> dict[str, Any]:
        """Ask once more about questions without an answer; a slip and a wish look the same."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.total and cleaned.get(self.total.id) is not None:
            self.refuse_both(cleaned, self.total.id)
            return cleaned
        open_ones = [item for item in self.asked if item.required and cleaned.get(item.id) is None]
        if open_ones and not cleaned.get("leave_open"):
            numbers = ", ".join(str(item.n) for item in open_ones)
            self.add_error("leave_open", f"Without an answer: {numbers}. Answer them, or say that they stay open.")
        return cleaned

    def refuse_both(self, cleaned: dict[str, Any], total_id: str) -> None:
        """A total beside answers could contradict them."""
        if any(cleaned.get(item.id) is not None for item in self.asked):
            self.add_error(total_id, "Give the answers or the total, not both.")

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        cleaned, day = self.cleaned_data, self.cleaned_data["answered_on"]
        version = cleaned["wording_version"]
        noon = datetime.combine(day, NOON, tzinfo=ZoneInfo(self.zone))
        return {
            "instrument_id": self.instrument.id,
            "answers": {field.name: cleaned[field.name] for field in self.questions()},
            "context": {name: cleaned[name] for name in self.instrument.context},
            "how": cleaned["how"],
            "answered_at": self.now if day == self.today else noon,
            "form_key": cleaned["form_key"],
            "wording": version and wording.load(self.instrument.id, version),
        }


def question(instrument: Instrument, item: Item) -> forms.Field:
    """A question with its permitted answers and nothing chosen, or with room for a number."""
    label = f"{item.n}. {item.text or item.label}"
    if numbers := instrument.number_range(item):
        unit = f" ({numbers.unit})" if numbers.unit else ""
        return forms.IntegerField(label=label + unit, min_value=numbers.low, max_value=numbers.high, required=False)
    answers = {str(option.answer): option.answer for option in instrument.choices(item)}
    return forms.TypedChoiceField(
        label=label,
        choices=[(str(option.answer), option.label or str(option.answer)) for option in instrument.choices(item)],
        coerce=lambda text: answers[text],
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


def total(low: int, high: int, *, alone: bool) -> forms.IntegerField:
    """The total of a form the clinic holds, typed in whole."""
    label = f"Total of the form, {low} to {high}" if alone else f"Or only the total of the form, {low} to {high}"
    return forms.IntegerField(label=label, min_value=low, max_value=high, required=False)
