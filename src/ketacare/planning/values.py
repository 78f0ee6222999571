"""What a prescriber hands in, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class PlanInput:
    """A plan as the prescriber asks for it."""

    template_id: str
    setting: str
    first_on: date
    sessions: int | None = None  # None: the most that the template has
    per_week: int | None = None  # None: the fewest that keep the course inside its days
    maintenance: str = ""  # the pattern after the induction
    weekdays_only: bool = False
    attested: Mapping[str, bool] = field(default_factory=dict)  # requirements that only the prescriber can answer


@dataclass(frozen=True, kw_only=True)
class EarlierDoses:
    """What the prescriber answers about doses before this one. None: not asked or not sure, which is never read as fine."""

    had_elsewhere: bool | None = None
    last_elsewhere_on: date | None = None
    last_session_adverse: bool | None = None
    poor_tolerated_sessions: int | None = None

    def as_answers(self) -> dict[str, object]:
        """The answers as an order keeps them."""
        on = self.last_elsewhere_on
        return {
            "had_elsewhere": self.had_elsewhere,
            "last_elsewhere_on": on.isoformat() if on else None,
            "last_session_adverse": self.last_session_adverse,
            "poor_tolerated_sessions": self.poor_tolerated_sessions,
        }


def earlier_doses(answers: dict[str, object]) -> EarlierDoses:
    """The answers that an order keeps."""
    on = answers.get("last_elsewhere_on")
    return EarlierDoses(**{**answers, "last_elsewhere_on": date.fromisoformat(str(on)) if on else None})


@dataclass(frozen=True, kw_only=True)
class OrderInput:
    """An order as the prescriber writes it; the weight is the record's, never typed here."""

    session_number: int
    dose_mg_per_kg: Decimal | None = None
    dose_mg: Decimal | None = None  # instead, where the route's form asks for mg
    devices: int | None = None  # instead, where the drug comes in devices
    concentration_mg_ml: Decimal | None = None  # of the vial or bottle
    duration_min: Decimal | None = None
    diluted_to_ml: Decimal | None = None
    etco2_planned: bool | None = None
    weight_change_confirmed: bool = False
    earlier: EarlierDoses = EarlierDoses()


@dataclass(frozen=True, kw_only=True)
class ReviewInput:
    """What a prescriber decides at a review point, with what only they can answer there."""

    decision: str
    reason: str
    answers: Mapping[str, object] = field(default_factory=dict)  # fact -> value; what is not there is not known
    recorded: Mapping[str, str] = field(default_factory=dict)  # what a maintenance review must record


@dataclass(frozen=True, kw_only=True)
class VialCheck:
    """What is known only at the vial: who computed the volume independently, and whether the label was the ordered one."""

    computed_by: int | None  # user id of a second person
    label_matches: bool | None
