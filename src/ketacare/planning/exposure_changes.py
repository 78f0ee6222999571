"""What changes with the time an order runs, the weight and a second medicine: the same mg each time, never another dose."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ketacare.planning.exposure import Exposure, exposure
from ketacare.planning.figures import Figure, curve, figure_of, plasma
from ketacare.planning.prescribed import Asked, said
from ketacare.science.errors import OutOfRange
from ketacare.science.pkpd.regimen import Regimen

WEIGHTS = (0.9, 1.1)  # of the weight
DURATIONS = (0.75, 1.5)  # of the time the infusion runs; 40 minutes beside 30 and 60
APART = (2,)  # of the rest between two devices
MOST_DRAWN = 4
SECOND = "A second medicine"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One variant beside the order: its figures, and how far they lie from the order's; or why there are none."""

    label: str
    exposure: Exposure | None
    base: Exposure
    because: str = ""

    @property
    def auc(self) -> float | None:
        """The area of the parent's curve to infinity."""
        return None if self.exposure is None else area(self.exposure)

    @property
    def of_highest(self) -> float:
        """The change of the highest concentration, percent."""
        return percent(self.exposure.landmarks.plasma, self.base.landmarks.plasma)

    @property
    def of_effect_site(self) -> float:
        """The change of the highest concentration at the effect site, percent."""
        return percent(self.exposure.landmarks.effect_site, self.base.landmarks.effect_site)

    @property
    def of_area(self) -> float | None:
        """The change of the area, percent."""
        now, before = area(self.exposure), area(self.base)
        return None if now is None or before is None else percent(now, before)

    @property
    def is_other(self) -> bool:
        """Whether the curve is another one at all: a medicine without a number changes none, and that is no pass."""
        return self.exposure is not None and self.exposure.landmarks != self.base.landmarks

    @property
    def new(self) -> tuple[str, ...]:
        """What is to be known of this variant and not of the order."""
        known = {*self.base.of_this, *self.base.of_model}
        return tuple(one for one in self.exposure.of_this if one not in known) if self.exposure else ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Variants of one thing, drawn together."""

    title: str
    changes: tuple[Change, ...]
    figure: Figure | None

    @property
    def is_of_medicines(self) -> bool:
        """Whether these are medicines: no number for one of them is no pass."""
        return self.title == SECOND


def groups(base: Exposure, medicines: Sequence[str]) -> tuple[Group, ...]:
    """Everything that is varied, one thing at a time; medicines by the words of the record."""
    asked = base.asked
    named = {
        "How long it runs" if asked.regimen.doses[0].duration_min else "How far apart the devices are": timed(asked),
        "How heavy the patient is, with the same mg": weighing(asked),
        SECOND: ((name, replace(asked, interactions=(name,))) for name in medicines),
    }
    found = (group(title, variants, base) for title, variants in named.items())
    return tuple(one for one in found if one.changes)


def timed(asked: Asked) -> Iterator[tuple[str, Asked]]:
    """The same mg over another time, or devices farther apart."""
    first, *later = asked.regimen.doses
    if first.duration_min:
        for factor in DURATIONS:
            minutes = first.duration_min * factor
            dose = replace(first, duration_min=minutes)
            yield f"over {minutes:g} min", replace(asked, regimen=replace(asked.regimen, doses=(dose,)))
    elif later:
        for factor in APART:
            apart = (later[0].start_min - first.start_min) * factor
            regimen = Regimen.devices(len(asked.regimen.doses), apart_min=apart)
            yield f"{apart:g} min apart", replace(asked, regimen=regimen)


def weighing(asked: Asked) -> Iterator[tuple[str, Asked]]:
    """Somebody lighter or heavier."""
    for factor in WEIGHTS:
        subject = replace(asked.subject, weight_kg=asked.subject.weight_kg * factor)
        yield f"{subject.weight_kg:.4g} kg", replace(asked, subject=subject)


def group(title: str, variants: Iterable[tuple[str, Asked]], base: Exposure) -> Group:
    """Variants simulated, and drawn beside the order."""
    changes = tuple(change(label, asked, base) for label, asked in variants)
    drawn = [one for one in changes if one.is_other][: MOST_DRAWN - 1]
    return Group(title=title, changes=changes, figure=figure(title, base, drawn) if drawn else None)


def change(label: str, asked: Asked, base: Exposure) -> Change:
    """One variant, or why the model refuses it."""
    try:
        return Change(label=label, exposure=exposure(asked), base=base)
    except OutOfRange as problem:
        return Change(label=label, exposure=None, base=base, because="; ".join(said(problem)))


def figure(title: str, base: Exposure, drawn: Sequence[Change]) -> Figure:
    """The plasma curves of the order and its variants in one picture."""
    of_order = curve(base.asked.called, base.shown.t_min, plasma(base.shown))
    others = [curve(one.label, one.exposure.shown.t_min, plasma(one.exposure.shown)) for one in drawn if one.exposure]
    return figure_of(title, "Plasma, typical person", (of_order, *others), base, name=f"changes-{len(title)}")


def area(of: Exposure) -> float | None:
    """The parent's area to infinity."""
    return of.parent.auc_inf_ng_h_per_ml


def percent(now: float, before: float) -> float:
    """How far one number lies from another, in percent of the other."""
    return 100 * (now - before) / before
