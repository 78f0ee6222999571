"""Browser text to answers, clearances and decisions."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from ketacare.evaluation.decision import Override
from ketacare.evaluation.letter import Letter
from ketacare.evaluation.models import Decided, OverrideReason
from ketacare.evaluation.queries import Known
from ketacare.evaluation.settling import Settling
from ketacare.evaluation.words import said
from ketacare.science.rules import Evaluation, Field
from ketacare.science.rules.override import Obstacle
from ketacare.science.rules.questions import Question, Section

NOT_SURE = "not-sure"
YES_NO = [("true", "Yes"), ("false", "No"), (NOT_SURE, "Not sure")]
YES_NO_VALUES = {"true": True, "false": False, NOT_SURE: None}
DATED = ("_days_ago", "days_since_", "days_in_")  # facts in days that may be told as a date


def field_name(fact: str) -> str:
    """The name of a fact's form field: a dot is no part of one."""
    return fact.replace(".", "__")


class AnswersForm(forms.Form):
    """One section of the evaluation. A question left empty stays as it was; "not sure" is an answer: unknown."""

    def __init__(self, section: Section, known: Known, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        values, told = values_of(known), said_for_good(known)
        for question in section.questions:
            name, fact = field_name(question.fact), known.facts.get(question.fact)
            self.fields[name] = form_field(question, values.get(question.fact))
            if fact is not None and not fact.complete:
                self.fields[f"all-{name}"] = forms.BooleanField(label="These are all of them", required=False)
            if keys := told.get(question.fact):
                self.fields[f"why-{name}"] = forms.CharField(
                    label="If the record is not right: why", required=False, max_length=500
                )
                self.fields[f"seen-{name}"] = forms.CharField(
                    initial=" ".join(keys), required=False, widget=forms.HiddenInput
                )

    def answers(self) -> dict[str, object]:
        """The answers that differ from what the page showed, by fact."""
        names = {field_name(question.fact): question for question in self.section.questions}
        return {
            question.fact: as_value(question.field, self.cleaned_data[name])
            for name, question in names.items()
            if self.was_given(name) and self.cleaned_data[name] not in (None, "", [])
        }

    def was_given(self, name: str) -> bool:
        """Whether a question was answered: its answer changed, a list was called whole, or why it stays against the record was said."""
        said = (self.cleaned_data.get(f"{part}-{name}") for part in ("why", "all"))
        return name in self.changed_data or any(said)

    def settles(self) -> dict[str, Settling]:
        """Why answers count although the record says otherwise, by fact."""
        names = {question.fact: field_name(question.fact) for question in self.section.questions}
        said = {fact: (self.cleaned_data.get(f"why-{name}"), f"seen-{name}") for fact, name in names.items()}
        return {
            fact: Settling(why=why, entries=tuple(self.cleaned_data[seen].split()))
            for fact, (why, seen) in said.items()
            if why
        }


def values_of(known: Known) -> dict[str, Any]:
    """The values that the controls show: of a contradiction the answer, which stays while only the reason is filled in."""
    rivals = {name: one.answer.value for name, one in known.rivals.items()}
    return {name: fact.value for name, fact in known.facts.items()} | rivals


def said_for_good(known: Known) -> dict[str, tuple[str, ...]]:
    """For each fact that the record says for good, the keys of the entries that say it."""
    lasting = known.record.lasting
    return {fact: tuple(one.key for one in rows) for fact, rows in known.record.rests_on.items() if fact in lasting}


def form_field(question: Question, value: object) -> forms.Field:
    """The control that fits a fact."""
    field, shared = question.field, {"label": question.label, "required": False}
    shared["help_text"] = "; ".join(filter(None, [unit_and_range(field), field.ask, field.note]))
    match field.type:
        case "bool":
            initial = {True: "true", False: "false"}.get(value)
            return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, initial=initial, **shared)
        case "enum":
            choices = [("", "–"), *((one, said(str(one))) for one in field.values), (NOT_SURE, "Not sure")]
            return forms.ChoiceField(choices=choices, initial=value, **shared)
        case "list":
            choices = [(one, said(str(one))) for one in field.values]
            return ClassesField(choices=choices, widget=forms.CheckboxSelectMultiple, initial=value, **shared)
    if is_dated(question.fact):
        return DaysOrDateField(initial=None if value is None else str(value), **shared)
    kind = forms.IntegerField if field.type == "int" else forms.FloatField
    return kind(initial=value, **shared)


class ClassesField(forms.MultipleChoiceField):
    """Several of a list, or none of it, which is an answer too."""

    def __init__(self, *, choices: list[tuple[object, str]], **kwargs: Any) -> None:
        super().__init__(choices=[("none", "None of these"), *choices], **kwargs)

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        if "none" in chosen and len(chosen) > 1:
            raise forms.ValidationError("Choose the classes, or none of these, not both.")
        return chosen


class DaysOrDateField(forms.CharField):
    """A number of days, or the date that they are counted from."""

    def clean(self, value: Any) -> int | str | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return int(text) if text.isdecimal() else date.fromisoformat(text).isoformat()
        except ValueError:  # a number of thousands of digits is none either
            raise forms.ValidationError("Give a date as 2026-03-31, or a number of days.") from None


def is_dated(fact: str) -> bool:
    """Whether a fact counts days since something that has a date."""
    return any(part in fact for part in DATED)


def unit_and_range(field: Field) -> str:
    """What a number may be, in words."""
    if field.range is None or field.type not in {"int", "float"}:
        return ""
    low, high = field.range
    return f"{low:g} to {high:g} {field.unit or ''}".strip()


def as_value(field: Field, cleaned: Any) -> object:
    """A cleaned answer as the fact's value; None for "not sure"."""
    if field.type == "bool":
        return YES_NO_VALUES[cleaned]
    if field.type == "enum" and cleaned == NOT_SURE:
        return None
    if field.type == "list":
        return [one for one in cleaned if one != "none"]
    return cleaned


class ClearanceForm(forms.Form):
    """A specialist's letter for one kind of clearance."""

    clearance = forms.CharField(widget=forms.HiddenInput)
    covers = forms.MultipleChoiceField(label="The letter covers", widget=forms.CheckboxSelectMultiple)
    given_by = forms.CharField(label="Given by (name, licence)", max_length=200)
    specialty = forms.CharField(label="Specialty", max_length=80)
    document = forms.CharField(label="Document (letter or note, and where it is)", max_length=200)
    dated = forms.DateField(label="Dated", widget=forms.DateInput(attrs={"type": "date"}))
    expires = forms.DateField(label="Valid until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, clearance: str, evaluation: Evaluation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"clearance": clearance}, **kwargs)
        named = [one for one in evaluation.findings if one.fires and clearance in one.rule.cleared_by]
        self.fields["covers"].choices = [(one.rule.id, f"{one.rule.id}: {one.rule.stated.statement}") for one in named]

    def letter(self) -> Letter:
        """The letter as it was filled in."""
        given = self.cleaned_data
        return Letter(**given | {"covers": tuple(given["covers"])})


class DecisionForm(forms.Form):
    """What is decided, and for each finding what going on against it asks for."""

    seen = forms.CharField(widget=forms.HiddenInput)
    decided = forms.ChoiceField(label="Your decision", choices=Decided, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Why, where you differ from the findings", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, obstacles: Iterable[Obstacle], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obstacles = list(obstacles)
        for one in self.obstacles:
            rule = one.finding.rule.id
            if one.demand == "acknowledge":
                self.fields[f"read-{rule}"] = forms.BooleanField(label=f"I have read {rule}", required=False)
            elif one.demand in {"reason", "second_prescriber"}:
                self.fields[f"code-{rule}"] = forms.ChoiceField(
                    label=f"Go on against {rule} because", choices=[("", "–"), *OverrideReason.choices], required=False
                )
                self.fields[f"text-{rule}"] = forms.CharField(label=f"In your words ({rule})", required=False)
                self.fields[f"document-{rule}"] = forms.CharField(label=f"Document ({rule})", required=False)
                self.fields[f"expires-{rule}"] = forms.DateField(
                    label=f"Counts until ({rule})",
                    help_text="Left empty: as long as the decision. It falls earlier when the values change.",
                    required=False,
                    widget=forms.DateInput(attrs={"type": "date"}),
                )

    def overrides(self) -> dict[str, Override]:
        """The overrides that were filled in, by rule."""
        rules = [one.finding.rule.id for one in self.obstacles if f"code-{one.finding.rule.id}" in self.fields]
        given = self.cleaned_data
        return {
            rule: Override(**{part: given[f"{part}-{rule}"] for part in ("code", "text", "document", "expires")})
            for rule in rules
            if given[f"code-{rule}"]
        }

    def acknowledged(self) -> list[str]:
        """The rules that were ticked as read."""
        return [
            name.removeprefix("read-")
            for name, ticked in self.cleaned_data.items()
            if name.startswith("read-") and ticked
        ]
