"""Alarms of a session as a pure machine: what is true now and what was stored before give the transitions to store next.

A transition becomes history when it is stored. The machine never forgets: an alarm whose rule can no longer be judged stays raised
(silence is not normal), one that has passed unseen stays unacknowledged, and a late entry may raise an alarm but never un-raises one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from types import MappingProxyType

from ketacare.science.monitoring.events import Alarm, Evidence, Level, Transition
from ketacare.science.monitoring.policy import (
    CALLS,
    LEVELS,
    PRESSURE_IS_RED,
    SYMPTOM_WITH_PRESSURE,
    AlarmPolicy,
    Verdict,
    Verdicts,
)
from ketacare.science.monitoring.signal_files import alarm_signals

PATIENT_LEVELS: tuple[Level, ...] = ("black", "red", "amber")  # the others tell of equipment and of the clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Somebody acknowledged or silenced an alarm at the level it then had."""

    level: Level
    at: datetime
    by_name: str
    until: datetime | None = None  # how long it is silenced


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """One alarm from being raised to being resolved."""

    rule: str
    parameter: str
    number: int
    level: Level  # as it stands, escalations included
    raised_at: datetime
    level_since: datetime
    happened_at: datetime | None  # set when a late entry raised it
    values: Mapping[str, Evidence]  # the facts it rests on, as they were
    acknowledged: tuple[Seen, ...] = ()
    silenced: tuple[Seen, ...] = ()
    stored: frozenset[str] = frozenset()  # which transitions have happened, by the name under which they happen once
    reddened: bool  # it was red or black at some time
    resolved_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.rule}/{self.parameter}" if self.parameter else self.rule

    @property
    def began_at(self) -> datetime:
        return self.happened_at or self.raised_at

    @property
    def causes(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def is_active(self) -> bool:
        return self.resolved_at is None

    @property
    def is_acknowledged(self) -> bool:
        """Seen at the level it has now, or at a stronger one: an alarm that grew worse must be seen again."""
        return any(self._covers(seen) for seen in self.acknowledged)

    @property
    def silenced_until(self) -> datetime | None:
        """Until when its sound is off, at the level it has now; None: it was not silenced since it grew worse."""
        times = [seen.until for seen in self.silenced if seen.until is not None and self._covers(seen)]
        return max(times, default=None)

    def is_silenced(self, *, at: datetime) -> bool:
        """Whether its sound is off at a moment; an alarm that grew worse sounds again."""
        return self.silenced_until is not None and at < self.silenced_until

    def _covers(self, seen: Seen) -> bool:
        return LEVELS.index(seen.level) <= LEVELS.index(self.level)

    @property
    def is_latched(self) -> bool:
        """Over, of a level that sounds on until somebody has seen it, and nobody has."""
        return not self.is_active and not self.is_acknowledged and alarm_signals().latches(self.level)

    @property
    def is_waiting(self) -> bool:
        """Nobody has acknowledged it yet, whether it is over or not."""
        return self.level in PATIENT_LEVELS and not self.is_acknowledged


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmLog:
    """All alarms that a session has had: for each, its episodes in order."""

    episodes: Mapping[str, tuple[Episode, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def last(self, key: str) -> Episode | None:
        """The latest episode of an alarm."""
        episodes = self.episodes.get(key)
        return episodes[-1] if episodes else None

    def episode(self, key: str, number: int) -> Episode | None:
        """One episode of an alarm."""
        return next((one for one in self.episodes.get(key, ()) if one.number == number), None)

    @property
    def all(self) -> tuple[Episode, ...]:
        """Every episode, in the order they were raised."""
        return tuple(sorted((one for many in self.episodes.values() for one in many), key=_raised))

    @property
    def active(self) -> tuple[Episode, ...]:
        """The alarms that are on, strongest first."""
        on = [many[-1] for many in self.episodes.values() if many[-1].is_active]
        return tuple(sorted(on, key=lambda one: (LEVELS.index(one.level), *_raised(one))))

    @property
    def waiting(self) -> tuple[Episode, ...]:
        """The alarms about the patient that nobody has acknowledged, strongest first, over or not."""
        unseen = [one for one in self.all if one.is_waiting]
        return tuple(sorted(unseen, key=lambda one: LEVELS.index(one.level)))

    @property
    def latched(self) -> tuple[Episode, ...]:
        """The alarms that are over and sound on until somebody has seen them, in the order they were raised."""
        return tuple(one for one in self.all if one.is_latched)

    def sounding(self, *, at: datetime) -> tuple[Episode, ...]:
        """The alarms that make a sound at a moment, strongest first: on or latched, seen by nobody, not silenced."""
        signals = alarm_signals()
        loud = [
            one
            for one in (*self.active, *self.latched)
            if not one.is_acknowledged and not one.is_silenced(at=at) and signals.silence(one.level) is not None
        ]
        return tuple(sorted(loud, key=lambda one: (LEVELS.index(one.level), *_raised(one))))

    @property
    def level(self) -> Level | None:
        """The strongest level that is on."""
        return self.active[0].level if self.active else None

    def with_transition(self, alarm: Alarm, *, at: datetime, by_name: str) -> "AlarmLog":
        """Return the log with one more stored transition."""
        episodes = self.episodes.get(alarm.key, ())
        if alarm.transition == "raised":
            changed = (*episodes, _raised_by(alarm, at=at))
        else:
            changed = tuple(
                _moved_by(one, alarm, at=at, by_name=by_name) if one.number == alarm.episode else one
                for one in episodes
            )
        return AlarmLog(episodes=MappingProxyType({**self.episodes, alarm.key: changed}))


def _raised(one: Episode) -> tuple[datetime, str, int]:
    return one.raised_at, one.key, one.number


def _raised_by(alarm: Alarm, *, at: datetime) -> Episode:
    return Episode(
        rule=alarm.rule,
        parameter=alarm.parameter,
        number=alarm.episode,
        level=alarm.level,
        raised_at=at,
        level_since=at,
        happened_at=alarm.happened_at,
        values=alarm.values,
        stored=frozenset({alarm.once}),
        reddened=alarm.level in ("black", "red"),
    )


def _moved_by(one: Episode, alarm: Alarm, *, at: datetime, by_name: str) -> Episode:
    one = replace(one, stored=one.stored | {alarm.once})
    match alarm.transition:
        case "acknowledged":
            return replace(one, acknowledged=(*one.acknowledged, Seen(level=alarm.level, at=at, by_name=by_name)))
        case "silenced":
            quiet = Seen(level=alarm.level, at=at, by_name=by_name, until=alarm.until)
            return replace(one, silenced=(*one.silenced, quiet))
        case "resolved":
            return replace(one, resolved_at=at)
        case _:
            worse = alarm.level != one.level
            since = at if worse else one.level_since
            return replace(one, level=alarm.level, level_since=since, reddened=one.reddened or alarm.level == "red")


def due_transitions(log: AlarmLog, verdicts: Verdicts, *, policy: AlarmPolicy, at: datetime) -> tuple[Alarm, ...]:
    """Return the alarm transitions that have come due and are not stored yet.

    Args:
        log: the alarms so far.
        verdicts: what the alarm book says of the facts at this moment.
        policy: how alarms live in time.
        at: the moment.

    Returns:
        Raised, escalated and resolved transitions in the order to store them. Storing them and asking again for the same moment gives
        nothing: two watchers may both ask.
    """
    found: list[Alarm] = []
    while fresh := tuple(_one_pass(log, verdicts, policy=policy, at=at)):
        found += fresh
        log = reduce(lambda so_far, alarm: so_far.with_transition(alarm, at=at, by_name=""), fresh, log)
    return tuple(found)


def late_transitions(log: AlarmLog, verdicts: Verdicts, *, at: datetime) -> tuple[Alarm, ...]:
    """Return the alarms that a late entry raises now, marked late.

    Args:
        log: the alarms so far.
        verdicts: what the book says of the facts as they were when the entry happened, and only rules that the entry has a part in.
        at: when the entry happened.

    Returns:
        A raised transition for every finding that had no alarm on at that moment. Never a resolved one: a late entry un-raises nothing.
    """
    return tuple(_raise(log, one, happened_at=at) for one in verdicts.fired if not _is_or_was_on(log, one.key, at=at))


def acknowledge(log: AlarmLog, key: str, number: int) -> Alarm | None:
    """Return the transition by which somebody acknowledges an episode of an alarm, or None when there is nothing to acknowledge."""
    one = log.episode(key, number)
    return None if one is None or one.is_acknowledged else _next(one, "acknowledged", one.level)


def silence(log: AlarmLog, key: str, number: int, *, at: datetime) -> Alarm | None:
    """Return the transition by which somebody silences an episode for its level's own time, or None when it makes no sound now."""
    one = next((one for one in log.sounding(at=at) if (one.key, one.number) == (key, number)), None)
    span = None if one is None else alarm_signals().silence(one.level)
    if one is None or span is None:
        return None
    return _next(one, "silenced", one.level, until=at + span)


def advised(log: AlarmLog, policy: AlarmPolicy) -> str | None:
    """Return what the policy advises for the drug: ``stop``, ``pause`` or None. Advice, never a command."""
    levels = {one.level for one in log.active}
    if "black" in levels:
        return policy.any_black
    if sum(one.reddened for one in log.all) > 1:
        return policy.two_reds_in_session
    return policy.any_red if "red" in levels else None


def _one_pass(log: AlarmLog, verdicts: Verdicts, *, policy: AlarmPolicy, at: datetime) -> Iterator[Alarm]:
    for one in verdicts.fired:
        if not _is_on(log, one.key):
            yield _raise(log, one)
    fired = {one.key: one for one in verdicts.fired}
    for episode in (*log.active, *log.latched):
        is_on = episode.key in fired or episode.key in verdicts.unknown
        if episode.is_active and not is_on and episode.key not in verdicts.held:
            yield _next(episode, "resolved", episode.level)
            continue
        due = list(_calls(episode, policy=policy, at=at))
        if episode.is_active and is_on:
            due += _worse(episode, fired.get(episode.key), policy=policy, at=at)
        for level, reason in due:
            alarm = _next(episode, "escalated", level, reason=reason)
            if alarm.once not in episode.stored:
                yield alarm
    if (unasked := _unasked_symptom(log, verdicts, policy=policy, at=at)) is not None:
        yield unasked


def _calls(episode: Episode, *, policy: AlarmPolicy, at: datetime) -> Iterator[tuple[Level, str]]:
    """Whom an alarm that nobody has seen calls by now: (level, whom)."""
    stood, calls_after = at - episode.level_since, policy.calls_after(episode.level)
    if calls_after is not None and not episode.is_acknowledged:
        yield from ((episode.level, whom) for n, whom in enumerate(CALLS, start=1) if stood >= n * calls_after)


def _worse(
    episode: Episode, verdict: Verdict | None, *, policy: AlarmPolicy, at: datetime
) -> Iterator[tuple[Level, str]]:
    """What the time that has passed makes of an alarm that holds: (level, reason)."""
    stood = at - episode.level_since
    if episode.level == "red" and stood >= policy.blackens_after(verdict.causes if verdict else episode.causes):
        yield "black", "persists"
    if episode.level == "amber" and episode.parameter and stood >= policy.reddens_after(episode.parameter):
        yield "red", "still-no-data"
    if episode.level == "amber" and stood >= timedelta(minutes=policy.amber_unresolved_min):
        yield "amber", "clinician-review"


def _unasked_symptom(log: AlarmLog, verdicts: Verdicts, *, policy: AlarmPolicy, at: datetime) -> Alarm | None:
    """At a red pressure an unasked symptom counts as present after a while."""
    pressure = log.last(PRESSURE_IS_RED)
    if pressure is None or not pressure.is_active or SYMPTOM_WITH_PRESSURE not in verdicts.unknown:
        return None
    if _is_on(log, SYMPTOM_WITH_PRESSURE):
        return None
    waited = at - pressure.raised_at
    if waited < timedelta(seconds=policy.symptom_unanswered_at_red_bp_s):
        return None
    return Alarm(
        transition="raised",
        rule=SYMPTOM_WITH_PRESSURE,
        episode=_number(log, SYMPTOM_WITH_PRESSURE),
        level=LEVELS[0],
        reason="symptom-not-asked",
        values=pressure.values,
    )


def _raise(log: AlarmLog, verdict: Verdict, *, happened_at: datetime | None = None) -> Alarm:
    return Alarm(
        transition="raised",
        rule=verdict.rule,
        parameter=verdict.parameter,
        episode=_number(log, verdict.key),
        level=verdict.level,
        happened_at=happened_at,
        values=verdict.values,
    )


def _next(
    episode: Episode, transition: Transition, level: Level, *, reason: str = "", until: datetime | None = None
) -> Alarm:
    return Alarm(
        transition=transition,
        rule=episode.rule,
        parameter=episode.parameter,
        episode=episode.number,
        level=level,
        reason=reason,
        until=until,
    )


def _number(log: AlarmLog, key: str) -> int:
    return len(log.episodes.get(key, ())) + 1


def _is_on(log: AlarmLog, key: str) -> bool:
    last = log.last(key)
    return last is not None and last.is_active


def _is_or_was_on(log: AlarmLog, key: str, *, at: datetime) -> bool:
    return any(one.resolved_at is None or one.began_at <= at <= one.resolved_at for one in log.episodes.get(key, ()))
