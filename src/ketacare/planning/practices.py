"""What a site settles for itself beside the parameters of its rulebooks, as values and in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

PO_SL, INK = "route.po_sl_ketamine", "route.in_ketamine_compounded"
NASAL_LIMIT, HIGH_BMI = "compounded_nasal_limit_mg", "high_bmi_basis"
ESK_28, PAIN_TRAINED, REMS_CERTIFIED = "esketamine_28", "pain_trained", "rems_certified"
PUBLIC_PROFILE, PUBLIC_OUTCOMES = "public_profile", "public_outcomes"
CALL_DAY, CALL_NIGHT, NIGHT_ANSWERS, EMERGENCY = "call_day", "call_night", "night_answers", "emergency_number"
Kind = Literal["yes-no", "number", "basis", "people", "text"]


@dataclass(frozen=True, kw_only=True)
class PracticeKind:
    """One thing that may be settled: its name for people, what answers it, and what is so while nobody has."""

    label: str
    kind: Kind
    until_settled: str


NOBODY_LEAVES = "not known: nobody is discharged, the written sheet would not tell it"
TOLD_AT_LEAVING = (CALL_DAY, CALL_NIGHT, NIGHT_ANSWERS, EMERGENCY)  # what the written sheet says whom to call
PRACTICES: Mapping[str, PracticeKind] = {
    PO_SL: PracticeKind(
        label="Ketamine by mouth or under the tongue is given here, supervised", kind="yes-no", until_settled="no"
    ),
    INK: PracticeKind(label="Compounded nasal ketamine is given here", kind="yes-no", until_settled="no"),
    NASAL_LIMIT: PracticeKind(
        label="The most of compounded nasal ketamine in one session, mg",
        kind="number",
        until_settled="no limit is signed, so nothing can be ordered",
    ),
    HIGH_BMI: PracticeKind(
        label="The weight that doses go by at a high BMI", kind="basis", until_settled="as the protocol says: ideal"
    ),
    ESK_28: PracticeKind(
        label="Esketamine may start at 28 mg below the age of the label", kind="yes-no", until_settled="no"
    ),
    PAIN_TRAINED: PracticeKind(
        label="Prescribers with a credential in anaesthesia or pain medicine", kind="people", until_settled="nobody"
    ),
    REMS_CERTIFIED: PracticeKind(
        label="This site is certified in the esketamine REMS", kind="yes-no", until_settled="not known"
    ),
    CALL_DAY: PracticeKind(label="Number that patients call by day", kind="text", until_settled=NOBODY_LEAVES),
    CALL_NIGHT: PracticeKind(label="Number that patients call at night", kind="text", until_settled=NOBODY_LEAVES),
    NIGHT_ANSWERS: PracticeKind(label="Who answers at night", kind="text", until_settled=NOBODY_LEAVES),
    EMERGENCY: PracticeKind(label="Emergency number", kind="text", until_settled=NOBODY_LEAVES),
    PUBLIC_PROFILE: PracticeKind(
        label="Anybody may see this clinic's page: who treats, how sessions are watched, whom to call, prices",
        kind="yes-no",
        until_settled="no: there is no such page",
    ),
    PUBLIC_OUTCOMES: PracticeKind(
        label="That page also tells the clinic's own outcomes, small numbers kept back",
        kind="yes-no",
        until_settled="no",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Practice:
    """What a site has settled. None: nobody has said."""

    routes_enabled: frozenset[str]
    compounded_nasal_limit_mg: Decimal | None
    high_bmi_basis: Literal["ideal", "adjusted"] | None
    may_start_esketamine_at_28: bool
    pain_trained: frozenset[int]
    is_rems_certified: bool | None
    is_profile_public: bool
    are_outcomes_public: bool
    numbers: Mapping[str, str]  # what the written sheet tells, by name; what is not settled is not in it


def practice_of(settled: Mapping[str, object]) -> Practice:
    """What a site has settled, from the newest value of each name."""
    basis, limit, people = settled.get(HIGH_BMI), settled.get(NASAL_LIMIT), settled.get(PAIN_TRAINED)
    certified = settled.get(REMS_CERTIFIED)
    return Practice(
        routes_enabled=frozenset(name.partition(".")[2] for name in (PO_SL, INK) if settled.get(name) is True),
        compounded_nasal_limit_mg=None if limit is None else Decimal(str(limit)),
        high_bmi_basis="ideal" if basis == "ideal" else "adjusted" if basis == "adjusted" else None,
        may_start_esketamine_at_28=settled.get(ESK_28) is True,
        pain_trained=frozenset(people) if isinstance(people, list) else frozenset(),
        is_rems_certified=certified if isinstance(certified, bool) else None,
        is_profile_public=settled.get(PUBLIC_PROFILE) is True,
        are_outcomes_public=settled.get(PUBLIC_OUTCOMES) is True,
        numbers={name: str(settled[name]) for name in TOLD_AT_LEAVING if settled.get(name)},
    )
