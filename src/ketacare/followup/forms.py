"""What people type on the pages of this room, as plain values."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django import forms

from ketacare.followup.models import Reporting
from ketacare.followup.values import Happened, Sent, Thought, Told
from ketacare.infusion.models import Session
from ketacare.science.monitoring.adverse import adverse_events
from ketacare.science.monitoring.events import AdverseEvent, BadEvent, build
from ketacare.science.trajectory.presets import file

OTHER = "other"
ANSWERS = {"yes": True, "no": False}
YES_NO_UNKNOWN = [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")]
CRITERION = "serious_"  # what the fields of the criteria begin with


def words(code: str) -> str:
    """A term of the list as people read it."""
    return code.replace("_", " ").capitalize()


class JudgementForm(forms.Form):
    """What happened and how it is judged. Nothing is filled in beforehand: an answer nobody gave must not look like one."""

    term = forms.ChoiceField(label="What happened")
    other = forms.CharField(label="In own words, if it is not in the list", max_length=120, required=False)
    grade = forms.TypedChoiceField(label="Grade", coerce=int, widget=forms.RadioSelect)
    relatedness = forms.ChoiceField(label="Was it from the drug?", widget=forms.RadioSelect)
    drug_action = forms.ChoiceField(label="What was done with the drug because of it")
    outcome = forms.ChoiceField(label="How it ended, as far as is known")
    detail = forms.CharField(
        label="What was seen and done",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": "4"}),
        help_text="No names: a report tells these words to others.",
    )

    def __init__(self, *args: Any, before: Told | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=(initial(before) if before else {}) | kwargs.pop("initial", {}), **kwargs)
        book = adverse_events()
        empty = ("", "Choose")
        self.fields["term"].choices = [empty, *((one, words(one)) for one in book.terms), (OTHER, "Something else")]
        self.fields["grade"].choices = [(number, f"{number}: {says}") for number, says in book.grading.grades.items()]
        self.fields["relatedness"].choices = told_choices(book.relatedness.steps)
        self.fields["drug_action"].choices = [empty, *plain_choices(book.drug_action)]
        self.fields["outcome"].choices = [empty, *plain_choices(book.outcome)]
        for name, says in book.seriousness.criteria.items():
            self.fields[CRITERION + name] = forms.ChoiceField(
                label=says, choices=YES_NO_UNKNOWN, widget=forms.RadioSelect, required=False
            )
        self.order_fields(["happened_at", "term", "other", "grade", *self.criteria(), "relatedness"])

    def criteria(self) -> list[str]:
        """The names of the fields of the criteria."""
        return [CRITERION + name for name in adverse_events().seriousness.criteria]

    def visible_criteria(self) -> list[Any]:
        """The bound fields of the criteria."""
        return [self[name] for name in self.criteria()]

    def clean(self) -> dict[str, Any]:
        """What is in the list or in own words, and without a contradiction."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("term") == OTHER and not given.get("other", "").strip():
            self.add_error("other", "Say in your own words what happened.")
        if self.errors:
            return given
        try:
            self.said = build(AdverseEvent, self._fields(given))
        except BadEvent as error:
            self.add_error(None, [problem.says.removeprefix("Value error, ") for problem in error.problems])
        return given

    def _fields(self, given: dict[str, Any]) -> dict[str, Any]:
        answers = {name: ANSWERS.get(given[CRITERION + name]) for name in adverse_events().seriousness.criteria}
        term = given["other"].strip() if given["term"] == OTHER else given["term"]
        told = {name: given[name] for name in ("grade", "relatedness", "drug_action", "outcome", "detail")}
        return told | {"term": term, "seriousness": answers}


class HappenedForm(JudgementForm):
    """An adverse event that is written down for the first time."""

    happened_at = forms.DateTimeField(
        label="When it began", widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, initial={"happened_at": now, "form_key": uuid4()}, **kwargs)
        self.now = now

    def clean_happened_at(self) -> datetime:
        """A moment that has come; the minute that is running counts as come."""
        at: datetime = self.cleaned_data["happened_at"]
        if at > self.now:
            raise forms.ValidationError("This moment has not come yet.")
        return at

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        happened = Happened(said=self.said, at=self.cleaned_data["happened_at"])
        return {"happened": happened, "form_key": self.cleaned_data["form_key"]}


class AgainForm(JudgementForm):
    """A later judgement; the number of the one it follows tells whether somebody else was quicker."""

    after = forms.IntegerField(widget=forms.HiddenInput)

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        return {"said": self.said, "after": self.cleaned_data["after"]}


class TakeUpForm(forms.Form):
    """A case to be opened on what a timeline says."""

    entry = forms.IntegerField(widget=forms.HiddenInput)
    form_key = forms.UUIDField(widget=forms.HiddenInput)


class SentForm(forms.Form):
    """When, to whom and how a report was sent; or why it will not be."""

    decision = forms.ChoiceField(label="The report", choices=Reporting.Decision.choices, widget=forms.RadioSelect)
    sent_on = forms.DateField(
        label="Sent on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    sent_to = forms.CharField(label="To whom", max_length=120, required=False)
    how = forms.CharField(
        label="How", max_length=120, required=False, help_text="The authority's web form, by post, by fax."
    )
    reference = forms.CharField(label="Their reference, if there is one", max_length=120, required=False)
    reason = forms.CharField(
        label="If it will not be sent: why", required=False, max_length=2000, widget=forms.Textarea({"rows": "2"})
    )

    def value(self) -> Sent:
        """The decision with what belongs to it; what belongs to the other one is left out."""
        given = self.cleaned_data
        if given["decision"] == Reporting.Decision.NOT_SENT:
            return Sent(decision=given["decision"], reason=given["reason"])
        told: dict[str, Any] = {name: given[name] for name in ("sent_to", "how", "reference")}
        day: date | None = given["sent_on"]
        return Sent(decision=given["decision"], sent_on=day, **told)


class CallForm(forms.Form):
    """What was heard when the patient was called."""

    reached = forms.ChoiceField(
        label="The patient", choices=[("yes", "was reached"), ("no", "was not reached")], widget=forms.RadioSelect
    )
    said = forms.CharField(
        label="What was heard, or how it was tried",
        max_length=2000,
        widget=forms.Textarea({"rows": "4"}),
        help_text="Mood and thoughts of suicide, sleep, side effects, whether anybody drove.",
    )

    def value(self) -> dict[str, Any]:
        """What the action takes."""
        return {"reached": ANSWERS[self.cleaned_data["reached"]], "said": self.cleaned_data["said"]}


def told_choices(steps: Any) -> list[tuple[str, str]]:
    """A step with what it means."""
    return [(name, f"{words(name)}: {says}") for name, says in steps.items()]


def plain_choices(named: Any) -> list[tuple[str, str]]:
    """What a code says."""
    return [(name, says[:1].upper() + says[1:]) for name, says in named.items()]


def initial(before: Told) -> dict[str, Any]:
    """The last judgement, to be changed; what it did not say stays open."""
    in_list = before.term in adverse_events().terms
    told: dict[str, Any] = {
        "term": before.term if in_list else OTHER,
        "other": "" if in_list else before.term,
        "grade": before.grade,
        "detail": before.detail,
    }
    if not isinstance(before, AdverseEvent):
        return told | {"relatedness": before.causality}
    spoken = {True: "yes", False: "no", None: "unknown"}
    told |= {CRITERION + name: spoken[answer] for name, answer in before.seriousness.items()}
    return told | {name: getattr(before, name) for name in ("relatedness", "drug_action", "outcome")}


class ForecastForm(forms.Form):
    """By which scale and belief, and what if: asked in the address, since nothing of it is kept."""

    scale = forms.ChoiceField(label="Scale", required=False)
    preset = forms.ChoiceField(label="People like", required=False)
    threshold = forms.FloatField(
        label="Relapse above (points)", required=False, help_text="Empty: the scale's own, or half of the first score."
    )
    extra = forms.DateField(
        label="What if: another session on", required=False, widget=forms.DateInput({"type": "date"})
    )
    without = forms.TypedChoiceField(label="What if: without session", coerce=int, empty_value=None, required=False)

    def __init__(
        self, *args: Any, scales: Sequence[str], planned: Sequence[Session], now: datetime, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = file()
        self.scales, self.now = scales, now
        self.fields["scale"].choices = [(one, known.scales[one].title) for one in scales]
        named = [(name, f"{name}: {one.title}") for name, one in known.presets.items()]
        self.fields["preset"].choices = [("", "as in force at this site"), *named]
        self.fields["without"].choices = [("", "keep all that are planned")] + [
            (one.number, f"session {one.number}, planned {one.planned_at:%d %b %Y}") for one in planned
        ]

    def clean_extra(self) -> date | None:
        """A session that is thought of lies ahead."""
        found = self.cleaned_data["extra"]
        if found is not None and found <= self.now.date():
            raise forms.ValidationError("A session that is thought of lies in the future.")
        return found

    def clean_threshold(self) -> float | None:
        """A score, and no more than the scale has."""
        found, scale = self.cleaned_data["threshold"], self.cleaned_data.get("scale") or next(iter(self.scales), "")
        largest = file().scales[scale].largest if scale else 0
        if found is not None and not 0 < found < largest:
            raise forms.ValidationError(f"A score of the scale is needed: above 0 and below {largest:g}.")
        return found

    def value(self) -> dict[str, Any]:
        """What is asked; of what was left open, the usual."""
        given = self.cleaned_data if self.is_bound else {}
        return {
            "scale": given.get("scale") or self.scales[0],
            "preset": given.get("preset") or None,
            "threshold": given.get("threshold"),
            "thought": Thought(extra=given.get("extra"), without=given.get("without")),
        }


class WantForm(forms.Form):
    """Why a session is wanted that a forecast was read with."""

    reason = forms.CharField(label="Why", max_length=1000, widget=forms.Textarea({"rows": "2"}))


class BookForm(forms.Form):
    """When a wanted session is booked for."""

    planned_at = forms.DateTimeField(
        label="Day and time", widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
