"""How alarms live in time: levels, when an unseen one calls the next person, when a lasting one grows worse."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import cast, get_args

from pydantic import ValidationError

from ketacare.science.errors import BadReference
from ketacare.science.monitoring.events import Evidence, Level
from ketacare.science.monitoring.parameters import LIVE
from ketacare.science.reference import Frozen, problems_of
from ketacare.science.rules.admit import Given
from ketacare.science.rules.book import Book, load
from ketacare.science.rules.findings import Evaluation, Finding
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.rule import Rule

LEVELS: tuple[Level, ...] = get_args(Level)
NO_DATA = "ALM-19"  # judged for each parameter that the schedule asks for
PRESSURE_IS_RED = "ALM-06"
SYMPTOM_WITH_PRESSURE = "ALM-03"
SCHEDULED = "session.scheduled"
CALLS = ("second-person", "everyone")  # whom an unseen alarm calls, one after the other
# fact of a finding -> the name under which the policy gives its times; all others are "other"
TIMED_AS = {
    "now.spo2": "spo2",
    "now.resp_rate": "resp_rate",
    "now.bp_sys": "bp",
    "now.bp_dia": "bp",
    "now.bp_sys_rise": "bp",
}


class AlarmPolicy(Frozen):
    """The annex of the alarm book, as written there."""

    escalate_unacknowledged_s: dict[str, int]
    red_persists_min: dict[str, int]
    amber_missing_data_min: dict[str, int]
    symptom_unanswered_at_red_bp_s: int
    amber_unresolved_min: int
    two_reds_in_session: str
    any_black: str
    any_red: str
    patient_asks_to_stop: str
    pause_by_route: dict[str, str]
    note: str
    mark: str

    def calls_after(self, level: Level) -> timedelta | None:
        """How long an alarm of this level may stay unseen; None: it calls nobody."""
        seconds = self.escalate_unacknowledged_s.get(level)
        return None if seconds is None else timedelta(seconds=seconds)

    def blackens_after(self, facts: tuple[str, ...]) -> timedelta:
        """How long an alarm may stay red before it counts as black: the shortest time among what caused it."""
        return _shortest(self.red_persists_min, facts)

    def reddens_after(self, parameter: str) -> timedelta:
        """How long a value may be missing before that counts as red."""
        return _shortest(self.amber_missing_data_min, (LIVE + parameter,))


def _shortest(minutes: Mapping[str, int], facts: tuple[str, ...]) -> timedelta:
    names = {TIMED_AS.get(fact, "other") for fact in facts} or {"other"}
    return timedelta(minutes=min(minutes.get(name, minutes["other"]) for name in names))


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One alarm rule that holds now; the rule about missing data gives one verdict a parameter."""

    rule: str
    parameter: str = ""
    level: Level
    values: Mapping[str, Evidence]

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.parameter}" if self.parameter else self.rule

    @property
    def causes(self) -> tuple[str, ...]:
        return tuple(self.values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """What the alarm book says of the facts of one moment: which alarms hold, and which nobody can judge."""

    fired: tuple[Verdict, ...] = ()
    unknown: frozenset[str] = frozenset()
    pending: tuple[Verdict, ...] = ()  # hold, and have not lasted long enough to be believed
    held: frozenset[str] = frozenset()  # hold no more, and have not come back far and long enough to be over


@cache
def alarm_policy(version: int | None = None) -> AlarmPolicy:
    """Return the policy of a version of the alarm book.

    Args:
        version: which one; None: the newest.

    Raises:
        BadReference: everything that is wrong with it.
    """
    try:
        return AlarmPolicy.model_validate(load("alarms", version).annex["policy"])
    except ValidationError as error:
        raise BadReference(problems_of(error, place="alarms: annex.policy")) from error


def judge(facts: Given, *, at: datetime, book: Book | None = None, limits: Policy | None = None) -> Verdicts:
    """Return what the alarm book says of the facts of one moment.

    Args:
        facts: by name, with ``session.scheduled``, the parameters that the schedule asks for.
        at: the moment, with time zone; facts age up to it.
        book: the version of the alarm book; None: the newest.
        limits: the site's own limits; None: the book's.

    Returns:
        One verdict for every rule that fired; the rule about missing data gives one for each parameter, which it names.
    """
    alarms = book or load("alarms")
    said = alarms.evaluate(facts, on=at, policy=limits)
    fired = [_verdict(one) for one in said.findings if one.fires and one.rule.id != NO_DATA]
    if NO_DATA in said.fired:
        fired += _missing(alarms.rule(NO_DATA), said)
    return Verdicts(fired=tuple(fired), unknown=frozenset(said.unknown))


def _missing(rule: Rule, said: Evaluation) -> Iterator[Verdict]:
    """Ask the rule about missing data for one parameter at a time: of the schedule, or where that is unknown of those it names itself."""
    known = {name: one.value for name, one in said.facts.items() if one.value is not None}
    named = [name.removeprefix(LIVE) for name in rule.when.reasons(known, said.params) if name.startswith(LIVE)]
    for parameter in cast("Sequence[str]", known.get(SCHEDULED, named)):
        if rule.when.verdict(known | {SCHEDULED: (parameter,)}, said.params):
            level = cast("Level", rule.severity)
            yield Verdict(rule=rule.id, parameter=parameter, level=level, values={LIVE + parameter: None})


def _verdict(finding: Finding) -> Verdict:
    return Verdict(
        rule=finding.rule.id,
        level=cast("Level", finding.severity),
        values={one.name: one.value for one in finding.because},
    )
