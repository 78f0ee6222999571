"""What a prescriber writes into a plan, an order and a signature."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from ketacare.evaluation.words import label_of
from ketacare.planning.course_review import Looked
from ketacare.planning.fitting import Fit, is_attested, requirement_words
from ketacare.planning.models import CourseReview
from ketacare.planning.practices import PRACTICES
from ketacare.planning.values import EarlierDoses, OrderInput, PlanInput, ReviewInput
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Route
from ketacare.science.rules import Field, Finding, catalogue
from ketacare.ui.words import unit_as_read

YES_NO = [("yes", "Yes"), ("no", "No"), ("", "Not sure")]
ANSWERS = {"yes": True, "no": False, "": None}
YES_OR_NO = ("yes", "no")


class PlanForm(forms.Form):
    """A course from a template that fits it."""

    template_id = forms.ChoiceField(label="Protocol")
    setting = forms.ChoiceField(label="Where")
    first_on = forms.DateField(
        label="First session on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Of a plan under way: the next session. What was given keeps its day.",
    )
    sessions = forms.IntegerField(
        label="Sessions", required=False, min_value=1, help_text="Of the induction. Empty: as the protocol says."
    )
    per_week = forms.IntegerField(
        label="Sessions a week", required=False, min_value=1, help_text="Empty: as few as fit the protocol."
    )
    weekdays_only = forms.BooleanField(label="From Monday to Friday only", required=False)
    maintenance = forms.ChoiceField(label="After the induction", required=False)
    reason = forms.CharField(label="Why the plan changes", widget=forms.Textarea(attrs={"rows": 2}), required=False)

    def __init__(self, *args: Any, fits: Sequence[Fit], is_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template_id"].choices = [
            (one.template.id, f"{one.template.label} ({one.template.id})") for one in fits
        ]
        settings = catalogue()["plan.setting"].allowed
        self.fields["setting"].choices = [(name, str(name).replace("_", " ")) for name in settings]
        patterns = {name: pattern.label for one in fits for name, pattern in one.maintenance}
        self.fields["maintenance"].choices = [("", "Nothing is planned yet"), *patterns.items()]
        self.attested = sorted({one.name for fit in fits for one in fit.requirements if is_attested(one.name)})
        for name in self.attested:
            words = requirement_words(name).capitalize()
            field = forms.ChoiceField(label=words, choices=YES_NO, widget=forms.RadioSelect, required=False)
            self.fields[name] = field
        self.fields["reason"].required = is_change
        if not is_change:
            del self.fields["reason"]
        self.order_fields([name for name in self.fields if name != "reason"])

    def value(self) -> PlanInput:
        """The plan as it was asked for."""
        given = self.cleaned_data
        said = {name: ANSWERS[given[name]] for name in self.attested}
        rest = {name: given[name] for name in given if name != "reason" and name not in self.attested}
        return PlanInput(**rest, attested={name: value for name, value in said.items() if value is not None})


class ReviewForm(forms.Form):
    """What is decided at a review point, with what only a person can answer there."""

    decision = forms.ChoiceField(label="Decision", choices=CourseReview.Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, looked: Looked, known: Mapping[str, bool] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = {name: self.fields.pop(name) for name in ("decision", "reason")}
        self.asked = {name: f"fact_{number}" for number, name in enumerate(looked.asked)}
        for name, field in looked.asked.items():
            self.fields[self.asked[name]] = asked_field(name, field)
            if known and name in known:
                self.initial[self.asked[name]] = "yes" if known[name] else "no"
        rules = protocol.load().template_file.maintenance_review
        self.to_record = rules.must_record if looked.point.is_maintenance else ()
        for number, name in enumerate(self.to_record):
            self.fields[f"record_{number}"] = forms.CharField(
                label=name.capitalize(), widget=forms.Textarea(attrs={"rows": 2}), required=False
            )
        self.fields |= last

    def answers(self) -> dict[str, object]:
        """What was answered, by fact; what was not is not there."""
        self.is_valid()
        said = {name: self.cleaned_data.get(key) for name, key in self.asked.items()} if self.is_bound else {}
        known = {name: ANSWERS[value] if value in YES_OR_NO else value for name, value in said.items()}
        return {name: value for name, value in known.items() if value not in (None, "")}

    def value(self) -> ReviewInput:
        """The decision as it was handed in."""
        given = self.cleaned_data
        recorded = {name: given[f"record_{number}"] for number, name in enumerate(self.to_record)}
        return ReviewInput(
            decision=given["decision"], reason=given["reason"], answers=self.answers(), recorded=recorded
        )


def asked_field(name: str, field: Field) -> forms.Field:
    """A form field for a fact of a rulebook; none of them must be answered."""
    label, says = label_of(name), (field.ask or field.note or "").strip()
    if field.type == "bool":
        return forms.ChoiceField(
            label=label, choices=YES_NO, widget=forms.RadioSelect, required=False, help_text=sentence(says)
        )
    if field.type == "enum":
        choices = [("", "Not known"), *((str(one), str(one).replace("_", " ")) for one in field.allowed)]
        return forms.ChoiceField(label=label, choices=choices, required=False, help_text=sentence(says))
    number = forms.IntegerField if field.type == "int" else forms.FloatField
    low, high = field.range or (None, None)
    told = ", ".join(part for part in (unit_as_read(field.unit) if field.unit else "", says) if part)
    return number(label=label, required=False, min_value=low, max_value=high, help_text=sentence(told))


def sentence(says: str) -> str:
    """A remark of the book as a sentence."""
    return f"{says[0].upper()}{says[1:].rstrip('.')}." if says else ""


# form of a route -> the amounts that an order of it says
ASKED_FOR = {
    "pump": ("dose_mg_per_kg", "concentration_mg_ml", "diluted_to_ml", "duration_min"),
    "injection": ("dose_mg_per_kg", "concentration_mg_ml"),
    "spray": ("dose_mg_per_kg", "concentration_mg_ml"),
    "swallowed": ("dose_mg",),
    "devices": ("devices",),
}
AMOUNTS = {name for names in ASKED_FOR.values() for name in names}


class OrderForm(forms.Form):
    """An order, with the amounts that its route has; the weight is the record's and has no field."""

    dose_mg_per_kg = forms.DecimalField(label="Dose, mg per kg", min_value=0, max_digits=5, decimal_places=2)
    dose_mg = forms.DecimalField(label="Dose, mg", min_value=0, max_digits=6, decimal_places=2)
    devices = forms.TypedChoiceField(label="Devices", coerce=int, widget=forms.RadioSelect)
    concentration_mg_ml = forms.DecimalField(
        label="Vial, mg per mL",
        min_value=0,
        max_digits=6,
        decimal_places=2,
        help_text="As its label says, of the base.",
    )
    diluted_to_ml = forms.DecimalField(
        label="Diluted to, mL",
        min_value=0,
        max_digits=6,
        decimal_places=2,
        required=False,
        help_text="Empty: given as it is in the vial.",
    )
    duration_min = forms.DecimalField(label="Over, minutes", min_value=0, max_digits=5, decimal_places=1)
    etco2_planned = forms.ChoiceField(
        label="Capnography (EtCO2) is planned for this session",
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    weight_change_confirmed = forms.BooleanField(label="The weight was checked again, in kilograms", required=False)
    had_elsewhere = forms.ChoiceField(
        label="Has the patient had ketamine or esketamine before, anywhere else?",
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    last_elsewhere_on = forms.DateField(
        label="If so, last on", widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    last_session_adverse = forms.ChoiceField(
        label="Last session: severe dissociation with distress, a red or black pressure alarm, or hardly rousable?",
        choices=YES_NO,
        widget=forms.RadioSelect,
        required=False,
    )
    poor_tolerated_sessions = forms.IntegerField(
        label="Last sessions in a row with little improvement and good tolerance", min_value=0, required=False
    )

    def __init__(self, *args: Any, number: int, route: Route | None, purpose: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number
        asked = ASKED_FOR["pump" if route is None else route.form]
        for name in AMOUNTS.difference(asked):
            del self.fields[name]
        if route is not None and "devices" in self.fields:
            each = route.device_mg or 1
            choices = [(mg // each, device_words(mg // each, mg)) for mg in route.doses_mg]
            self.fields["devices"].choices = choices
        if purpose != "pain":
            del self.fields["etco2_planned"]
        if number == 1:
            del self.fields["last_session_adverse"], self.fields["poor_tolerated_sessions"]

    def value(self) -> OrderInput | None:
        """The order as it was written; None while something is missing or wrong."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return OrderInput(
            session_number=self.number,
            **{name: given[name] for name in AMOUNTS if name in given},
            etco2_planned=ANSWERS[given.get("etco2_planned", "")],
            weight_change_confirmed=given["weight_change_confirmed"],
            earlier=self.earlier(),
        )

    def earlier(self) -> EarlierDoses:
        """What was answered about the doses before; what is not answered or cannot be read is not known."""
        given = self.cleaned_data if self.is_bound and hasattr(self, "cleaned_data") else {}
        return EarlierDoses(
            had_elsewhere=ANSWERS[given.get("had_elsewhere", "")],
            last_elsewhere_on=given.get("last_elsewhere_on"),
            last_session_adverse=ANSWERS[given.get("last_session_adverse", "")],
            poor_tolerated_sessions=given.get("poor_tolerated_sessions"),
        )


def device_words(count: int, mg: int) -> str:
    """A number of devices with what they hold."""
    return f"{count} device{'' if count == 1 else 's'}, {mg} mg"


class PracticeForm(forms.Form):
    """One thing that a site settles: what answers it depends on what it is."""

    reason = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, name: str, prescribers: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.practice = PRACTICES[name]
        self.fields = {"value": self._field(prescribers), "reason": self.fields["reason"]}

    def _field(self, prescribers: Sequence[tuple[int, str]]) -> forms.Field:
        label = self.practice.label
        match self.practice.kind:
            case "yes-no":
                yes_no = [("yes", "Yes"), ("no", "No")]
                return forms.TypedChoiceField(
                    label=label, choices=yes_no, coerce=lambda said: ANSWERS[said], widget=forms.RadioSelect
                )
            case "number":
                return forms.FloatField(label=label, min_value=0)
            case "text":
                return forms.CharField(label=label, max_length=120)
            case "basis":
                bases = [("ideal", "Ideal weight"), ("adjusted", "Adjusted weight")]
                return forms.ChoiceField(label=label, choices=bases, widget=forms.RadioSelect)
            case "people":
                return forms.TypedMultipleChoiceField(
                    label=label, choices=prescribers, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
                )


class SignForm(forms.Form):
    """A reason for each warning."""

    def __init__(self, *args: Any, findings: Sequence[Finding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.findings = findings
        for one in findings:
            label = f"{one.rule.id}: {one.rule.statement} Why go on?"
            self.fields[one.rule.id] = forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 2}))

    def acknowledged(self) -> dict[str, str]:
        """The reasons by rule."""
        return {one.rule.id: self.data.get(one.rule.id, "") for one in self.findings}


class VoidForm(forms.Form):
    """Why an order is void."""

    reason = forms.CharField(label="Why the order is void", widget=forms.Textarea(attrs={"rows": 2}))
