"""What somebody types into the simulator: up to four regimens for virtual people, read in the command line's own words.

Every problem is named at its field, all at once. A regimen after the first says only in what it differs from the first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from django import forms

from ketacare.planning.curve_words import DRUGS
from ketacare.planning.medicines import to_choose_from
from ketacare.science.errors import OutOfRange, Problem, ScienceError
from ketacare.science.pkpd import dose_text, guards, models
from ketacare.science.pkpd.modelling.model_file import Model
from ketacare.science.pkpd.regimen import Drug, Regimen
from ketacare.science.pkpd.subject import Race, Subject

Value = TypeVar("Value")
DEFAULT = "default"
AS_FIRST = [("", "as in A")]
BY_DEFAULT = [(DEFAULT, "the default")]
NOT_SAID = [("", "not said")]
FIRST_VALUES = {"doses": "35 mg iv 40 min", "drug": "racemic_ketamine", "model": DEFAULT, "weight_kg": "70"}
MISSING = {
    "doses": f"Say what is given: {dose_text.FORM}.",
    "weight_kg": "Say the weight.",
    "drug": "Say which ketamine.",
    "model": "Say which model.",
}


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One regimen for one virtual person, and the model that answers."""

    letter: str
    words: str
    model: Model
    regimen: Regimen
    subject: Subject
    interactions: tuple[str, ...]


class ArmForm(forms.Form):
    """One regimen; of all but the first, what is left empty is as in the first."""

    doses = forms.CharField(
        label="Doses, one a line",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        help_text='Such as "0.5 mg/kg iv 40 min", "10 mg iv push", "28 mg intranasal at 5 min".',
    )
    drug = forms.ChoiceField(label="Drug", required=False)
    model = forms.ChoiceField(label="Model", required=False)
    weight_kg = forms.FloatField(label="Weight, kg", required=False)
    age_years = forms.FloatField(label="Age, years", required=False)
    race = forms.ChoiceField(label="Race, where the model looks at it", required=False)
    medicine = forms.ChoiceField(label="Another medicine", required=False)

    def __init__(self, data: Mapping[str, str] | None, *, letter: str, first: "ArmForm | None" = None) -> None:
        super().__init__(data, prefix=letter, initial=None if first else FIRST_VALUES)
        self.letter, self.first = letter.upper(), first
        self.arm: Arm | None = None
        again = AS_FIRST if first else []
        names = [(name, name) for name in models.names() if models.load(name).is_simulable]
        self.fields["drug"].choices = [*again, *((name, DRUGS[name]) for name in get_args(Drug))]
        self.fields["model"].choices = [*again, *BY_DEFAULT, *names]
        self.fields["race"].choices = [*(again or NOT_SAID), *((name, name.capitalize()) for name in get_args(Race))]
        self.fields["medicine"].choices = [
            *(again or [("", "none")]),
            *((name, name.capitalize()) for name in to_choose_from()),
        ]

    @property
    def is_asked(self) -> bool:
        """Whether there is such a regimen at all."""
        return self.first is None or any(self.data.get(self.add_prefix(name), "").strip() for name in self.fields)

    def clean(self) -> dict[str, Any]:
        """Read the regimen, each problem at its field."""
        given = dict(self.cleaned_data)
        if self.first is not None:
            above = getattr(self.first, "cleaned_data", {})
            given |= {name: above.get(name) for name in self.fields if given.get(name) in (None, "")}
        for name, says in MISSING.items():
            if self.first is None and given.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, says)
        subject = self.tried(lambda: self.subject_of(given)) if given.get("weight_kg") is not None else None
        regimen = self.tried(lambda: regimen_of(given, subject)) if given.get("doses") else None
        model = self.tried(lambda: model_of(given, regimen)) if regimen and given.get("model") else None
        if subject and regimen and model and not self.errors:
            self.tried(lambda: guards.flags(model, regimen, [subject]))
            others = (given["medicine"],) if given.get("medicine") else ()
            words = arm_words(given, subject, model)
            self.arm = Arm(
                letter=self.letter, words=words, model=model, regimen=regimen, subject=subject, interactions=others
            )
        return self.cleaned_data | {name: value for name, value in given.items() if name not in self.errors}

    def subject_of(self, given: Mapping[str, Any]) -> Subject:
        """Whom it is given to."""
        return Subject(given["weight_kg"], given.get("age_years"), race=given.get("race") or None)

    def tried(self, make: Callable[[], Value]) -> Value | None:
        """What is made; or nothing, with each problem at its field."""
        try:
            return make()
        except ScienceError as bad:
            self.add_problems(bad.problems)
            return None

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Put each problem at the field it is about."""
        for one in problems:
            name = "doses" if one.place.startswith("dose") else one.place
            self.add_error(name if name in self.fields else None, str(one) if name != one.place else one.says)


def regimen_of(given: Mapping[str, Any], subject: Subject | None) -> Regimen:
    """The doses as they are written; a weight that is refused is told once, and the doses are still read."""
    lines = [line for line in given["doses"].splitlines() if line.strip()]
    return Regimen(dose_text.doses(lines, weight_kg=subject.weight_kg if subject else 1), given.get("drug") or None)


def model_of(given: Mapping[str, Any], regimen: Regimen) -> Model:
    """The model that was chosen, or the default of route and drug."""
    if given["model"] != DEFAULT:
        return models.load(given["model"])
    first = regimen.doses[0]
    if regimen.drug is None:
        raise OutOfRange([Problem(place="drug", says="is needed to choose a model")])
    return models.default_for(route=first.route, drug=regimen.drug, duration_min=first.duration_min)


def arm_words(given: Mapping[str, Any], subject: Subject, model: Model) -> str:
    """What a regimen is called beside its curve."""
    doses = ", ".join(line.strip() for line in given["doses"].splitlines() if line.strip())
    beside = f" with {given['medicine']}" if given.get("medicine") else ""
    return f"{doses}{beside}, {subject.weight_kg:g} kg, {model.id}"
