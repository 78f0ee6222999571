"""How each requirement of the way home is judged on what was charted since the drug ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from ketacare.science.monitoring.events import Observation, Signature
from ketacare.science.monitoring.parameters import Value
from ketacare.science.monitoring.timeline import Attested, Sample, State
from ketacare.science.monitoring.way_home import Assessment, Limits, Span, way_home

NO_DRIVING = "home.no_driving_receipt"
RED = ("black", "red")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is known about one requirement: met, not met (False) or unknown (None), why, and the own values."""

    met: bool | None
    reason: str
    values: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a requirement is judged on."""

    state: State
    at: datetime
    limits: Limits
    minimum: timedelta
    baseline: Mapping[str, float]
    unsettled: tuple[str, ...]  # what the written sheet cannot tell, since the site has not settled it

    def recovered(self, name: str) -> Sample | None:
        """The newest value of a parameter that was taken since the drug ended."""
        sample, ended_at = self.state.latest(name, at=self.at), self.state.ended_at
        return sample if sample is not None and ended_at is not None and sample.at >= ended_at else None

    def values(self, *names: str) -> dict[str, Value | None]:
        """The newest values since the drug ended, None where there is none."""
        return {name: sample.value if (sample := self.recovered(name)) else None for name in names}


def _minimum_observation(asked: Asked) -> Answer:
    if asked.state.ended_at is None:
        return Answer(met=False, reason="the drug has not ended", values={})
    minutes = (asked.at - asked.state.ended_at) / timedelta(minutes=1)
    wanted = asked.minimum / timedelta(minutes=1)
    return Answer(
        met=minutes >= wanted,
        reason=f"{int(minutes)} of {wanted:g} min since the drug ended",
        values={"observed_min": int(minutes), "minimum_min": wanted},
    )


def assessments(state: State, assessment: Assessment, *, at: datetime) -> list[tuple[datetime, dict[str, int]]]:
    """Return the complete assessments since the drug ended, oldest first: those whose items were charted together.

    Args:
        state: the session so far.
        assessment: the score.
        at: the moment; later ones do not count.

    Returns:
        Pairs of time and item values. An incomplete one has no score: it is left out, never filled.
    """
    found = []
    for event in state.of_kind("observation"):
        if isinstance(event.payload, Observation) and state.ended_at and state.ended_at <= event.at <= at:
            items = {item: event.payload.values[item] for item in assessment.items if item in event.payload.values}
            if len(items) == len(assessment.items):
                found.append((event.at, {item: int(value) for item, value in items.items()}))
    return found


def _score(name: str) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        score = way_home().assessments[name]
        done = assessments(asked.state, score, at=asked.at)
        if not done:
            return Answer(met=None, reason="no complete assessment since the drug ended", values={})
        values = {"totals": [score.total(items) for _, items in done], **done[-1][1]}
        if not score.passes(done[-1][1]):
            return Answer(met=False, reason=f"the last assessment gives {score.total(done[-1][1])}", values=values)
        passed = [when for when, _ in takewhile(lambda one: score.passes(one[1]), reversed(done))]
        if score.times > 1 and passed[0] - passed[-1] < timedelta(minutes=score.apart_min):
            reason = f"a second assessment {score.apart_min:g} min or more after the first is wanted"
            return Answer(met=None, reason=reason, values=values)
        return Answer(met=True, reason=f"the last assessment gives {score.total(done[-1][1])}", values=values)

    return answer


def _blood_pressure(asked: Asked) -> Answer:
    limits = asked.limits
    pairs = [
        one for one in _pressures(asked.state) if asked.state.ended_at and asked.state.ended_at <= one[0] <= asked.at
    ]
    earlier = [one for one in pairs if pairs[-1][0] - one[0] >= timedelta(minutes=limits.bp_apart_min)]
    if not earlier:
        wanted = (
            f"{limits.bp_readings} pressures {limits.bp_apart_min:g} min or more apart are wanted since the drug ended"
        )
        return Answer(met=None, reason=wanted, values={})
    judged = pairs[pairs.index(earlier[-1]) :]
    values: dict[str, object] = {"pressures": [f"{systolic:g}/{diastolic:g}" for _, systolic, diastolic in judged]}
    if not {"bp_sys", "bp_dia"} <= asked.baseline.keys():
        return Answer(met=None, reason="there is no pressure from before the drug to compare with", values=values)
    complaints = [says for place, span in ((1, "bp_sys"), (2, "bp_dia")) for says in _off(asked, judged, place, span)]
    return Answer(met=not complaints, reason="; ".join(complaints) or "within the limits and not rising", values=values)


Pressure = tuple[datetime, float, float]


def _pressures(state: State) -> list[Pressure]:
    diastolic = {sample.seq: sample for sample in state.series.get("bp_dia", ())}
    return [
        (sample.at, float(sample.value), float(diastolic[sample.seq].value))
        for sample in state.series.get("bp_sys", ())
        if sample.seq in diastolic
    ]


def _off(asked: Asked, judged: list[Pressure], place: int, name: str) -> list[str]:
    """What is wrong with the systolic or the diastolic of a run of pressures."""
    span: Span = getattr(asked.limits, name)
    base = asked.baseline[name]
    values = [float(str(one[place])) for one in judged]
    word = {"bp_sys": "systolic", "bp_dia": "diastolic"}[name]
    found = []
    if outside := [value for value in values if not span[0] <= value <= span[1]]:
        found.append(f"{word} {outside[-1]:g} is outside {span[0]:g} to {span[1]:g}")
    if far := [value for value in values if abs(value - base) > asked.limits.bp_within_of_baseline * base]:
        found.append(
            f"{word} {far[-1]:g} is more than {asked.limits.bp_within_of_baseline:.0%} off the baseline {base:g}"
        )
    if values[-1] - values[0] > asked.limits.bp_not_rising_by:
        found.append(f"{word} rises from {values[0]:g} to {values[-1]:g}")
    return found


def _heart_and_breathing(asked: Asked) -> Answer:
    values = asked.values("heart_rate", "resp_rate")
    spans = {"heart_rate": asked.limits.heart_rate, "resp_rate": asked.limits.resp_rate}
    missing = _missing(values)
    outside = [
        f"{_words(name)} {value:g} is outside {spans[name][0]:g} to {spans[name][1]:g}{_before(asked, name)}"
        for name, value in values.items()
        if isinstance(value, int | float) and not spans[name][0] <= value <= spans[name][1]
    ]
    return _judged(outside, missing, values, well="both within their limits")


def _oxygen(asked: Asked) -> Answer:
    values = asked.values("spo2", "on_air")
    low = values["spo2"]
    outside = []
    if isinstance(low, int | float) and low < asked.limits.spo2_at_least:
        outside.append(f"saturation {low:g} is below {asked.limits.spo2_at_least:g}{_before(asked, 'spo2')}")
    if values["on_air"] is False:
        outside.append("oxygen is being given")
    return _judged(outside, _missing(values), values, well="on air")


def _awake(asked: Asked) -> Answer:
    values = asked.values("moaas", "oriented")
    outside = []
    if isinstance(values["moaas"], int | float) and values["moaas"] < asked.limits.moaas_at_least:
        outside.append(f"MOAA/S {values['moaas']:g}")
    if values["oriented"] is False:
        outside.append("not oriented")
    return _judged(outside, _missing(values), values, well="awake and oriented")


def _dissociation(asked: Asked) -> Answer:
    values = asked.values("dissociation")
    now, started_at = values["dissociation"], asked.state.started_at
    before = asked.state.latest("dissociation", at=started_at) if started_at else None
    allowed = max(asked.limits.dissociation_at_most, float(before.value) if before else 0)
    outside = [f"dissociation {now:g} of 10"] if isinstance(now, int | float) and now > allowed else []
    return _judged(outside, _missing(values), values, well="dissociation has passed")


def _symptoms(asked: Asked) -> Answer:
    values = asked.values("end_organ_symptom")
    outside = ["a symptom is present"] if values["end_organ_symptom"] else []
    return _judged(outside, _missing(values), values, well="free of symptoms")


def _alarms(asked: Asked) -> Answer:
    log, since = asked.state.alarms, asked.at - timedelta(minutes=asked.limits.no_red_or_black_min)
    recent = [one for one in log.all if one.reddened and (one.resolved_at is None or one.resolved_at > since)]
    outside = [f"{one.key} was on in the last {asked.limits.no_red_or_black_min:g} min" for one in recent]
    outside += [f"{one.key} is not acknowledged" for one in log.waiting]
    return _judged(outside, [], {"alarms": [one.key for one in recent]}, well="quiet and all acknowledged")


def _suicide_screen(asked: Asked) -> Answer:
    values = _attested(asked, "home.suicide_screen")
    found = values["home.suicide_screen"]
    outside = [_words(str(found))] if found not in (None, "no_plan_or_intent") else []
    return _judged(outside, _missing(values), values, well="no plan or intent")


def _stomach(asked: Asked) -> Answer:
    values = asked.values("nausea_controlled", "takes_fluids", "vomiting")
    since = asked.at - timedelta(minutes=asked.limits.no_vomiting_min)
    vomited = [
        one for one in asked.state.series.get("vomiting", ()) if one.value is True and since < one.at <= asked.at
    ]
    outside = [f"vomited in the last {asked.limits.no_vomiting_min:g} min"] if vomited else []
    outside += [f"no: {_words(name)}" for name in ("nausea_controlled", "takes_fluids") if values[name] is False]
    return _judged(outside, _missing(values), values, well="settled")


def _ticked(*items: str, names_somebody: bool = False) -> Callable[[Asked], Answer]:
    def answer(asked: Asked) -> Answer:
        values = _attested(asked, *items)
        outside = [f"no: {_words(item)}" for item, value in values.items() if value is False]
        unnamed = [item for item in items if names_somebody and values[item] is True and not _note(asked, item)]
        return _judged(
            outside, _missing(values) + [f"the name for {_words(item)}" for item in unnamed], values, well="yes"
        )

    return answer


def _instructions(asked: Asked) -> Answer:
    values = _attested(asked, "home.written_instructions_given")
    outside = [f"the sheet does not tell: {', '.join(asked.unsettled)}"] if asked.unsettled else []
    outside += ["not given"] if values["home.written_instructions_given"] is False else []
    return _judged(outside, _missing(values), values, well="given")


def _no_driving(asked: Asked) -> Answer:
    values, receipt = _attested(asked, NO_DRIVING), _since_the_end(asked, NO_DRIVING)
    outside = ["not signed"] if values[NO_DRIVING] is False else []
    witness = f"signed before {receipt.by_name}" if receipt else ""
    return _judged(outside, _missing(values), values, well=witness)


def _signature(asked: Asked) -> Answer:
    ended_at = asked.state.ended_at
    signed = [
        event
        for event in asked.state.of_kind("signature")
        if isinstance(event.payload, Signature)
        and event.payload.meaning == "discharge"
        and ended_at is not None
        and ended_at <= event.at <= asked.at
    ]
    if not signed:
        return Answer(met=None, reason="nobody has signed yet", values={})
    return Answer(met=True, reason=f"signed by {signed[-1].by_name}", values={"signed_by": signed[-1].by_name})


def _attested(asked: Asked, *items: str) -> dict[str, Value | None]:
    return {item: one.value if (one := _since_the_end(asked, item)) else None for item in items}


def _note(asked: Asked, item: str) -> str:
    answer = _since_the_end(asked, item)
    return answer.note if answer else ""


def _since_the_end(asked: Asked, item: str) -> Attested | None:
    answer, ended_at = asked.state.attested(item), asked.state.ended_at
    return answer if answer is not None and ended_at is not None and answer.at >= ended_at else None


def _missing(values: Mapping[str, object]) -> list[str]:
    return [_words(name) for name, value in values.items() if value is None]


def _judged(outside: list[str], missing: list[str], values: Mapping[str, object], *, well: str) -> Answer:
    """Not met when something is outside; unknown when something was not asked; else met."""
    if outside:
        return Answer(met=False, reason="; ".join(outside), values=values)
    if missing:
        return Answer(met=None, reason=f"not charted since the drug ended: {', '.join(missing)}", values=values)
    return Answer(met=True, reason=well, values=values)


def _before(asked: Asked, name: str) -> str:
    base = asked.baseline.get(name)
    return "" if base is None else f" (before the drug {base:g}: a clinician's written decision)"


def _words(name: str) -> str:
    return name.removeprefix("home.").replace("_", " ")


ANSWERS: Mapping[str, Callable[[Asked], Answer]] = {
    "minimum_observation": _minimum_observation,
    "aldrete": _score("modified_aldrete"),
    "padss": _score("padss"),
    "blood_pressure": _blood_pressure,
    "heart_and_breathing": _heart_and_breathing,
    "oxygen": _oxygen,
    "awake": _awake,
    "dissociation": _dissociation,
    "symptoms": _symptoms,
    "alarms": _alarms,
    "suicide_screen": _suicide_screen,
    "stomach": _stomach,
    "cannula": _ticked("home.cannula_removed"),
    "escort": _ticked("home.escort_present", names_somebody=True),
    "home_tonight": _ticked("home.not_sole_carer_until_next_day", "home.adult_stays_tonight"),
    "instructions": _instructions,
    "no_driving": _no_driving,
    "next_day_call": _ticked("home.next_day_call_booked", names_somebody=True),
    "signature": _signature,
}
