"""What people type about long-term safety, as plain values."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms

from ketacare.clinic.models import User
from ketacare.followup.safety.queries import STATES, Narrowed
from ketacare.followup.safety.values import CheckInput
from ketacare.science.rules import Value, catalogue
from ketacare.science.rules.fields import Field
from ketacare.science.surveillance.checks import Ask, Check, checks

ANSWERS = {"yes": True, "no": False}
YES_NO_UNKNOWN = [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")]
WITHIN = [("", "all patients"), ("0", "a session today"), ("7", "a session within 7 days")]
LOCAL = "%Y-%m-%dT%H:%M"


class DueFilterForm(forms.Form):
    """What the due-list is narrowed to; asked in the address, since it names no patient."""

    state = forms.ChoiceField(label="Standing", required=False)
    kind = forms.ChoiceField(label="Check", required=False)
    prescriber = forms.TypedChoiceField(label="Responsible", required=False, coerce=int, empty_value=None)
    comes = forms.TypedChoiceField(label="Who have", choices=WITHIN, required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, prescribers: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", "everything open"), *((one, one) for one in STATES)]
        kinds = [(name, one.title) for name, one in checks().checks.items()]
        self.fields["kind"].choices = [("", "every check"), *kinds]
        self.fields["prescriber"].choices = [("", "anybody"), *((one.pk, one.name) for one in prescribers)]

    def value(self) -> Narrowed:
        """What is asked; what makes no sense is left out."""
        given = self.cleaned_data if self.is_valid() else {}
        return Narrowed(
            state=given.get("state") or "",
            kind=given.get("kind") or "",
            prescriber=given.get("prescriber"),
            comes_within_days=given.get("comes"),
        )


class CheckForm(forms.Form):
    """One check. Nothing is filled in beforehand: an answer that nobody gave must not look like one."""

    checked_at = forms.DateTimeField(
        label="Done at", widget=forms.DateTimeInput({"type": "datetime-local"}, format=LOCAL), input_formats=[LOCAL]
    )
    note = forms.CharField(label="Note", required=False, max_length=2000, widget=forms.Textarea({"rows": "2"}))
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    session = forms.IntegerField(widget=forms.HiddenInput, required=False)  # whose start gate the page goes back to

    def __init__(self, *args: Any, kind: str, now: datetime, session: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial={"checked_at": now, "form_key": uuid4(), "session": session}, **kwargs)
        self.kind, self.now = kind, now
        self.check: Check = checks().checks[kind]
        for ask in self.check.asks:
            self.fields[html_name(ask.key)] = question(ask)
        self.order_fields([html_name(ask.key) for ask in self.check.asks])

    def clean_checked_at(self) -> datetime:
        """A moment that has come."""
        at: datetime = self.cleaned_data["checked_at"]
        if at > self.now:
            raise forms.ValidationError("This moment has not come yet.")
        return at

    def value(self) -> CheckInput:
        """What the action takes."""
        given = self.cleaned_data
        told = {ask.key: answer_of(ask, given[html_name(ask.key)]) for ask in self.check.asks}
        return CheckInput(
            kind=self.kind,
            told=told,
            checked_at=given["checked_at"],
            note=given["note"],
            form_key=given["form_key"],
        )


class AnswerForm(forms.Form):
    """What was done about a finding."""

    answer = forms.CharField(label="What was found and done", max_length=2000, widget=forms.Textarea({"rows": "2"}))


def html_name(key: str) -> str:
    """A question's name in a form."""
    return key.replace(".", "__")


def field_of(ask: Ask) -> Field | None:
    """The fact that a question is about, as the book declares it."""
    return catalogue()[ask.fact] if ask.fact else None


def question(ask: Ask) -> forms.Field:
    """A question as its answer is typed or chosen."""
    fact = field_of(ask)
    kind = fact.type if fact else ask.type
    if ask.values or kind == "enum":
        choices = [(one, one) for one in ask.values or (fact.allowed if fact else ())]
        return forms.ChoiceField(label=ask.says, choices=[*choices, ("unknown", "Not known")], widget=forms.RadioSelect)
    if kind == "bool":
        return forms.ChoiceField(label=ask.says, choices=YES_NO_UNKNOWN, widget=forms.RadioSelect)
    if kind == "text":
        return forms.CharField(label=ask.says, max_length=500, required=not ask.may_be_empty)
    low, high = (fact.range if fact and fact.range else None) or (None, None)
    made = forms.IntegerField if kind == "int" else forms.FloatField
    return made(label=ask.says, min_value=low, max_value=high, required=False, help_text="Empty: not known.")


def answer_of(ask: Ask, given: object) -> Value | None:
    """A typed or chosen answer as a value; "not known" is none."""
    if given in (None, "", "unknown"):
        return None
    if isinstance(given, str) and given in ANSWERS and not ask.values:
        return ANSWERS[given]
    return given if isinstance(given, bool | int | float | str) else None
