"""The whole sheet of the simulator: its regimens, when they are looked at, and how many virtual people."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from django import forms

from ketacare.planning.simulator_form import Arm, ArmForm
from ketacare.science.errors import OutOfRange, Problem, ScienceError
from ketacare.science.pkpd import dose_text, scenario
from ketacare.science.pkpd.regimen import Regimen
from ketacare.science.pkpd.solving.arrays import Floats

Value = TypeVar("Value")
LETTERS = "abcd"
MOST_MOMENTS, MOST_PEOPLE, MOST_POINTS, MOST_OWN = 1500, 2000, 500_000, 200
TIMES = ("until", "step")
WHERE = {"until": "until", "step": "step", "t_min": "until", "subjects": "people", "rng": "seed"}  # what science names


class SharedForm(forms.Form):
    """What holds for every regimen."""

    until = forms.CharField(
        label="Until", max_length=40, initial="8 h", help_text='With its unit: "8 h", "90 min", "14 d".'
    )
    step = forms.CharField(
        label="A point every", max_length=40, initial="2 min", help_text='With its unit: "30 s", "2 min".'
    )
    people = forms.IntegerField(
        label="Virtual people for the band",
        required=False,
        min_value=0,
        max_value=MOST_PEOPLE,
        help_text=f"At most {MOST_PEOPLE:,}. Empty or 0: the typical person alone.",
    )
    seed = forms.IntegerField(
        label="Seed", required=False, min_value=0, initial=1, help_text="The same seed, the same people."
    )


class Sheet:
    """Everything that was typed, and what is simulated if nothing is wrong with it."""

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        self.shared = SharedForm(data)
        first = ArmForm(data, letter=LETTERS[0])
        self.forms = [first, *(ArmForm(data, letter=letter, first=first) for letter in LETTERS[1:])]
        self.t_min: Floats | None = None
        self.is_valid = data is not None and self.looked_at()

    @property
    def arms(self) -> list[Arm]:
        """The regimens that were asked for and can be simulated."""
        return [form.arm for form in self.forms if form.arm]

    @property
    def people(self) -> int:
        """How many virtual people there are; 0: the typical person alone."""
        return self.shared.cleaned_data.get("people") or 0

    @property
    def seed(self) -> int:
        """What their chance rests on."""
        return self.shared.cleaned_data.get("seed") or 0

    def looked_at(self) -> bool:
        """Look at every form, whatever is wrong with another; whether nothing is."""
        asked = [form for form in self.forms if form.is_asked]
        fine = [form.is_valid() for form in asked]
        shared = self.shared
        shared.full_clean()
        self.t_min = self.times()
        for field, says in list(self.too_much()):
            shared.add_error(field, says)
        return all(fine) and shared.is_valid()

    def times(self) -> Floats | None:
        """The moments that are looked at."""
        given = dict(self.shared.cleaned_data)
        until, step = (self.tried(partial(a_time, given[name], name)) if name in given else None for name in TIMES)
        return self.tried(partial(moments, until, step)) if until and step else None

    def tried(self, make: Callable[[], Value]) -> Value | None:
        """What is made; or nothing, with each problem at its field."""
        try:
            return make()
        except ScienceError as bad:
            self.add_problems(bad.problems)
            return None

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Put each problem at the field it is about, where it is about one of these."""
        for one in problems:
            name = WHERE.get(one.place, one.place)
            self.shared.add_error(
                name if name in self.shared.fields else None, one.says if name in WHERE.values() else str(one)
            )

    def too_much(self) -> Iterator[tuple[str, str]]:
        """What is more than a page answers in a moment, and what has no answer."""
        if self.t_min is None:
            return
        for arm in self.arms:
            if arm.regimen.end_min > self.t_min[-1]:
                yield "until", f"{arm.letter} goes on until minute {arm.regimen.end_min:g}, after the last moment."
            if self.people and (why := why_not(arm, self.people)):
                yield "people", f"{arm.letter}: {why}"
        points = len(self.arms) * self.people * len(self.t_min)
        if points > MOST_POINTS:
            says = (
                f"{len(self.arms)} × {self.people:,} people at {len(self.t_min):,} moments are {points:,} points; this page stops at "
                f"{MOST_POINTS:,}. Fewer people, a longer step, or the command line."
            )
            yield "people", says


def a_time(text: str, name: str) -> float:
    """A time in minutes, more than none."""
    found = dose_text.minutes(text, place=name)
    if not found:
        raise OutOfRange([Problem(place=name, says="must be more than 0")])
    return found


def moments(until_min: float, step_min: float) -> Floats:
    """The moments from 0, if a page can show them."""
    if until_min / step_min > MOST_MOMENTS:
        says = f"{until_min / step_min:.4g} moments are more than this page draws ({MOST_MOMENTS:,}): a longer step"
        raise OutOfRange([Problem(place="step", says=says)])
    return scenario.grid(until_min, step_min)


def why_not(arm: Arm, people: int) -> str:
    """Why no such band can be drawn around a regimen here."""
    if not arm.model.varying:
        return f"how much people differ is not known for {arm.model.id}; leave this empty."
    if has_own_ends(arm) and people > MOST_OWN:
        return f"in {arm.model.id} everybody absorbs over a time of their own: at most {MOST_OWN} people here, more on the command line."
    return ""


def has_own_ends(arm: Arm) -> bool:
    """Whether virtual people differ in how long a dose of this regimen takes to enter."""
    entries = [entry for route in routes(arm.regimen) for entry in arm.model.entries.get(route, ())]
    lasting = [arm.model.parameters[one.over] for one in entries if one.over in arm.model.parameters]
    return any(one.between_occasion or one.between_subject for one in lasting)


def routes(regimen: Regimen) -> Sequence[str]:
    """The routes of a regimen, each once."""
    return tuple(dict.fromkeys(dose.route for dose in regimen.doses))
