"""What a person types in this room, as plain values. Ranges are the books' own; nothing is saved here."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms

from ketacare.infusion.words import UNITS, name_of, unit_of, value_words
from ketacare.planning.values import VialCheck
from ketacare.science.monitoring.events import Dose, Event, Note, Observation, Reading
from ketacare.science.monitoring.parameters import Value, attestable, measured
from ketacare.science.monitoring.way_home import way_home

YES_NO = [("", "–"), ("yes", "yes"), ("no", "no")]
UNSURE = "not-sure"
WORDS = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}
MOST_MINUTES_AGO = 24 * 60


class ParameterForm(forms.Form):
    """Fields made from the catalogue of what a session charts."""

    def add(self, name: str, kind: str, *, label: str = "", required: bool = False) -> None:
        """A field for one parameter, checked against the catalogue's own range."""
        parameter = measured(kind)[name]
        attributes = {"class": "form-control", "inputmode": "decimal", "maxlength": "6"}
        match parameter.type:
            case "bool":
                field: forms.Field = forms.ChoiceField(choices=YES_NO, required=required)
            case "enum":
                choices = [("", "–"), *((value, value.replace("_", " ")) for value in parameter.values or ())]
                field = forms.ChoiceField(choices=choices, required=required)
            case "int":
                field = forms.IntegerField(required=required, widget=forms.TextInput(attributes))
            case _:
                field = forms.FloatField(required=required, widget=forms.TextInput(attributes))
        field.label = label or f"{name_of(name)} {f'({unit_of(name)})' if unit_of(name) else ''}".strip()
        field.help_text = "" if label else parameter.note
        self.fields[name] = field

    def values(self, kind: str) -> dict[str, Value]:
        """What was filled in of one kind."""
        typed = {name: value for name, value in self.cleaned_data.items() if name in measured(kind)}
        return {name: WORDS.get(value, value) for name, value in typed.items() if value not in (None, "")}

    def clean(self) -> dict[str, Any]:
        """Judge every value by the catalogue; an empty form charts nothing and says so."""
        cleaned = super().clean() or {}
        for kind in ("reading", "observation"):
            for name, value in self.values(kind).items():
                if complaint := measured(kind)[name].complaint(value):
                    self.add_error(name, complaint)
        if not self.errors and not self.values("reading") and not self.values("observation"):
            raise forms.ValidationError("Nothing was filled in, so nothing was charted.")
        return cleaned


class YesNoKey(forms.CharField):
    """Yes or no by one key, for a row that is typed and never clicked."""

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value)).strip().lower()
        if typed and typed not in WORDS:
            raise forms.ValidationError("y or n")
        return {True: "yes", False: "no"}.get(WORDS.get(typed), "")


class VitalsForm(ParameterForm):
    """One row of vital signs, typed without looking: eight short fields and Enter."""

    ROW = (
        ("bp_sys", "reading", "Systolic"),
        ("bp_dia", "reading", "Diastolic"),
        ("heart_rate", "reading", "HR"),
        ("spo2", "reading", "SpO2"),
        ("resp_rate", "reading", "RR"),
        ("moaas", "observation", "MOAA/S"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind, label in self.ROW:
            self.add(name, kind, label=label)
        key = forms.TextInput({"class": "form-control", "maxlength": "3", "placeholder": "y / n"})
        self.fields["end_organ_symptom"] = YesNoKey(required=False, label="Symptom", widget=key)
        ago = forms.NumberInput({"class": "form-control", "min": "0", "placeholder": "0"})
        self.fields["minutes_ago"] = forms.IntegerField(
            required=False, min_value=0, max_value=MOST_MINUTES_AGO, label="Minutes ago", widget=ago
        )
        self.add("temp_c", "reading", label="Temp °C")
        first = self.fields["bp_sys"].widget.attrs
        first.update({"data-key": "v", "data-key-name": "Chart vital signs"})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if ("bp_sys" in self.values("reading")) != ("bp_dia" in self.values("reading")) and not self.errors:
            raise forms.ValidationError("A pressure has two numbers: systolic and diastolic.")
        return cleaned

    def taken_at(self, now: datetime) -> datetime:
        return now - timedelta(minutes=self.cleaned_data.get("minutes_ago") or 0)


class ObservationForm(ParameterForm):
    """Everything that may be seen or heard at the bedside."""

    NAMES = (
        "moaas", "rass", "dissociation", "distress", "nausea", "pain", "vomiting", "end_organ_symptom", "seizure",
        "anaphylaxis", "new_arrhythmia", "danger", "patient_asks_stop", "oriented", "on_air",
    )  # fmt: skip

    def __init__(self, *args: Any, names: Iterable[str] = NAMES, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in names:
            self.add(name, "observation")


class AssessmentForm(ObservationForm):
    """One assessment of recovery: both scores, item by item, and the signs that the way home asks for."""

    SIGNS = (
        "moaas",
        "oriented",
        "on_air",
        "dissociation",
        "end_organ_symptom",
        "nausea_controlled",
        "takes_fluids",
        "vomiting",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        items = [item for score in way_home().assessments.values() for item in score.items]
        super().__init__(*args, names=(*self.SIGNS, *items), **kwargs)


class AttestForm(forms.Form):
    """Items that a named person answers; "not sure" is stored and stays unknown, blank is not answered at all."""

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in names:
            self.fields[name] = attest_field(name)
            if name in NAMED:
                note = forms.TextInput({"class": "form-control"})
                self.fields[f"{name}.note"] = forms.CharField(required=False, label=NAMED[name], widget=note)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, (value, _) in self.answers().items():
            if complaint := attestable()[name].complaint(value) if value is not None else None:
                self.add_error(name, complaint)
        if not self.errors and not self.answers():
            raise forms.ValidationError("Nothing was answered.")
        return cleaned

    def answers(self) -> dict[str, tuple[Value | None, str]]:
        """What was answered, each with its note."""
        given = {
            name: value for name, value in self.cleaned_data.items() if name in attestable() and value not in (None, "")
        }
        return {name: (answer_of(value), self.cleaned_data.get(f"{name}.note", "")) for name, value in given.items()}


NAMED = {"home.escort_present": "Name of the escort", "home.next_day_call_booked": "Who calls, and when"}


def answer_of(value: Any) -> Value | None:
    return None if value == UNSURE else WORDS.get(value, value) if isinstance(value, str) else value


def attest_field(name: str) -> forms.Field:
    """The field of one item, by its type in the book."""
    item = attestable()[name]
    if item.type in ("bool", "enum"):
        values = ["yes", "no"] if item.type == "bool" else list(item.values or ())
        choices = [("", "–"), *((value, value.replace("_", " ")) for value in values), (UNSURE, "not sure")]
        field: forms.Field = forms.ChoiceField(
            choices=choices, required=False, widget=forms.Select({"class": "form-select"})
        )
    else:
        field = forms.FloatField(
            required=False, widget=forms.TextInput({"class": "form-control", "inputmode": "decimal"})
        )
    field.label = item_words(name)
    field.help_text = item.note or UNITS.get(item.unit or "", item.unit or "")
    return field


def item_words(name: str) -> str:
    """How an item is asked."""
    item = attestable().get(name)
    return item.ask if item and item.ask else name_of(name)


class CheckInForm(forms.Form):
    """The patient is here."""

    chair = forms.CharField(max_length=40, label="Chair or room")
    device = forms.ModelChoiceField(queryset=None, required=False, label="Bedside monitor")

    def __init__(self, *args: Any, devices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device"].queryset = devices


class PlanForm(forms.Form):
    """A session on the day's list."""

    number = forms.IntegerField(min_value=1, label="Session number")
    planned_at = forms.DateTimeField(
        label="Day and time", widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


class StartForm(forms.Form):
    """What is known only at the vial."""

    computed_by = forms.ModelChoiceField(
        queryset=None, required=False, label="Who else computed the volume, without looking at the first result"
    )
    label_matches = forms.ChoiceField(choices=YES_NO, required=False, label="The vial's label is the ordered one")

    def __init__(self, *args: Any, seconds: Any, is_drawn_up: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["computed_by"].queryset = seconds
        if not is_drawn_up:
            del self.fields["computed_by"]
            self.fields["label_matches"].label = "The label of the package is the ordered one"

    def vial(self) -> VialCheck:
        second = self.cleaned_data.get("computed_by")
        label = WORDS.get(self.cleaned_data["label_matches"])
        return VialCheck(computed_by=second.pk if second else None, label_matches=label)


class NoteForm(forms.Form):
    """Free text."""

    text = forms.CharField(label="Note", widget=forms.Textarea({"rows": "4"}))


class InterventionForm(forms.Form):
    """Something done for the patient."""

    what = forms.CharField(max_length=120, label="What was done")
    detail = forms.CharField(required=False, max_length=300, label="Dose, route, details")


class ReasonedForm(forms.Form):
    """A decision against a finding: a code and a reason."""

    CODES = [("benefit", "Benefit outweighs the risk today"), ("baseline", "It is this patient's own baseline"),
             ("treated", "Treated and settled"), ("measured-wrong", "The measurement is known to be wrong"), ("other", "Other, as written")]  # fmt: skip
    reason_code = forms.ChoiceField(choices=CODES)
    reason = forms.CharField(max_length=1000)


class TransferForm(forms.Form):
    """To whom the patient is handed over, and why."""

    to = forms.CharField(max_length=120, label="To")
    reason = forms.CharField(max_length=1000, label="Why", widget=forms.Textarea({"rows": "3"}))


class CorrectForm(forms.Form):
    """What an entry should have said; or a note that takes it back."""

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event = event
        for name, value in values_of(event).items():
            self.fields[name] = forms.CharField(initial=value_words(value), required=False, label=name_of(name))
        self.fields["take_back"] = forms.CharField(
            required=False, label="Or take the entry back: say why", widget=forms.Textarea({"rows": "2"})
        )

    def payload(self) -> dict[str, Any]:
        """The correction as the timeline stores it."""
        if why := self.cleaned_data["take_back"].strip():
            return Note(text=f"Entry {self.event.seq} taken back: {why}").to_json()
        before = self.event.payload.to_json()
        typed = {name: typed_value(self.cleaned_data[name]) for name in values_of(self.event)}
        if isinstance(self.event.payload, Reading | Observation):
            return before | {"values": {name: value for name, value in typed.items() if value != ""}}
        return before | typed


def values_of(event: Event) -> dict[str, Value]:
    """What of an entry can be typed anew."""
    match event.payload:
        case Reading(values=values) | Observation(values=values):
            return dict(values)
        case Note(text=text):
            return {"text": text}
        case Dose(rate_mg_per_h=rate) if rate is not None:
            return {"rate_mg_per_h": str(rate)}
        case _:
            return {}


def typed_value(text: str) -> Value:
    """A number where it is one, yes and no as truth, else the text."""
    text = text.strip()
    if text.lower() in ("yes", "no"):
        return text.lower() == "yes"
    try:
        return float(text)
    except ValueError:
        return text


class RemsForm(forms.Form):
    """What a session cannot tell of the esketamine monitoring form, and the day it was sent."""

    lot = forms.CharField(label="Lot of the devices", max_length=120)
    vitals_acceptable = forms.ChoiceField(
        label="Vital signs were acceptable before the patient left",
        choices=[("yes", "Yes"), ("no", "No")],
        widget=forms.RadioSelect,
    )
    submitted_on = forms.DateField(label="Sent to the programme on", widget=forms.DateInput(attrs={"type": "date"}))

    def value(self) -> dict[str, Any]:
        """The answers, and the day."""
        given = self.cleaned_data
        answers = {"lot": given["lot"], "vitals_acceptable": given["vitals_acceptable"] == "yes"}
        return {"answers": answers, "submitted_on": given["submitted_on"]}


class EnrolmentForm(forms.Form):
    """Since when a patient is enrolled."""

    enrolled_on = forms.DateField(label="Enrolled in the REMS on", widget=forms.DateInput(attrs={"type": "date"}))
