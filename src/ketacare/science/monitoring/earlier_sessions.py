"""What the sessions before an order say about it: how long ago, how well borne, how much lower or higher the dose is now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import SessionsBefore
from ketacare.science.rules import Value

HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class EarlierSession:
    """One treatment given here. None: not known, which is never read as fine."""

    started_at: datetime
    route: str
    is_of_this_course: bool
    dose_mg: Decimal  # as ordered; what was given where the session was stopped early
    dosing_weight_kg: Decimal | None = None
    improvement_pct: Decimal | None = None
    alarm_levels: frozenset[str] | None = None
    pressure_alarm_levels: frozenset[str] | None = None
    lowest_moaas: int | None = None
    highest_dissociation: int | None = None
    highest_distress: int | None = None


@dataclass(frozen=True, kw_only=True)
class EarlierSessions:
    """Everything given before: here, and elsewhere as told."""

    here: tuple[EarlierSession, ...] = ()
    told_starts: tuple[datetime, ...] = ()
    has_any_elsewhere: bool | None = None

    def newest_first(self) -> list[EarlierSession]:
        """The sessions given here, newest first."""
        return sorted(self.here, key=lambda one: one.started_at, reverse=True)

    def starts(self) -> list[datetime]:
        """Every known start, here or elsewhere."""
        return [*(one.started_at for one in self.here), *self.told_starts]


def facts_of_earlier_sessions(
    earlier: EarlierSessions,
    *,
    planned_at: datetime,
    zone: tzinfo,
    route: str,
    dose_mg: Decimal | None,
    mg_per_kg: Decimal | None,
) -> Iterator[tuple[str, Value | None]]:
    """Yield the order facts that rest on earlier sessions; None where one cannot be known.

    Args:
        earlier: everything given before.
        planned_at: start of the session that is ordered.
        zone: the site's time zone; calendar days are its days.
        route: of the order.
        dose_mg: of the order, mg.
        mg_per_kg: of the order, mg per kg of its dosing weight.

    Returns:
        Pairs of fact name and value.

    Assumes: every start lies before `planned_at`.
    Source: order-check book, field texts; cuts from the dosing protocol, sessions_before (our default).
    """
    rules = protocol.load().dosing.sessions_before
    yield "order.session_number", 1 + sum(one.is_of_this_course for one in earlier.here)
    yield "order.has_earlier_session", True if earlier.starts() else earlier.has_any_elsewhere
    yield from _interval_facts(earlier, planned_at, zone, rules.window_days)
    yield from _step_facts(earlier, route, dose_mg, mg_per_kg)
    this_course = [one for one in earlier.newest_first() if one.is_of_this_course]
    yield "order.poor_tolerated_sessions", _poor_tolerated(this_course, rules)
    yield "order.last_session_adverse", _is_adverse(earlier.newest_first(), rules)


def _interval_facts(
    earlier: EarlierSessions, planned_at: datetime, zone: tzinfo, window_days: int
) -> Iterator[tuple[str, Value | None]]:
    planned_at = planned_at.astimezone(UTC)  # two moments of one zone would be subtracted by the clock on the wall
    days = [planned_at.astimezone(zone).date() - start.astimezone(zone).date() for start in earlier.starts()]
    last = max(earlier.starts(), default=None)
    yield "order.since_last_session_h", None if last is None else (planned_at - last) / HOUR
    yield "order.full_day_between", min(days) >= timedelta(days=2) if days else None
    yield "order.sessions_7d", 1 + sum(day < timedelta(days=window_days) for day in days)


def _step_facts(
    earlier: EarlierSessions, route: str, dose_mg: Decimal | None, mg_per_kg: Decimal | None
) -> Iterator[tuple[str, Value | None]]:
    same = (one for one in earlier.newest_first() if one.is_of_this_course and one.route == route)
    last = next(same, None)
    if last is None:
        return
    if mg_per_kg is not None and last.dosing_weight_kg is not None:
        yield "order.step_mg_per_kg", float(mg_per_kg - last.dose_mg / last.dosing_weight_kg)
    if dose_mg is not None:
        yield "order.step_mg", float(dose_mg - last.dose_mg)
        yield "order.step_pct", float((dose_mg - last.dose_mg) / last.dose_mg * 100)


def _poor_tolerated(newest_first: list[EarlierSession], rules: SessionsBefore) -> int | None:
    """How many of the last sessions in a row brought little and were borne well; None once one cannot be judged."""
    for number, session in enumerate(newest_first):
        verdict = _all_known([_is_poor(session, rules), _is_tolerated(session, rules)])
        if verdict is not True:
            return None if verdict is None else number
    return len(newest_first)


def _is_poor(session: EarlierSession, rules: SessionsBefore) -> bool | None:
    improvement = session.improvement_pct
    return None if improvement is None else improvement < rules.poor_improvement_below_pct


def _is_tolerated(session: EarlierSession, rules: SessionsBefore) -> bool | None:
    cut = rules.tolerated
    levels, moaas, dissociation = session.alarm_levels, session.lowest_moaas, session.highest_dissociation
    return _all_known(
        [
            None if levels is None else not levels.intersection(cut.alarms_other_than),
            None if moaas is None else moaas >= cut.moaas_at_least,
            None if dissociation is None else dissociation < cut.dissociation_below,
        ]
    )


def _is_adverse(newest_first: list[EarlierSession], rules: SessionsBefore) -> bool | None:
    """Whether the last session was an adverse one; false when there was none."""
    if not newest_first:
        return False
    last, cut = newest_first[0], rules.adverse
    dissociation, distress = last.highest_dissociation, last.highest_distress
    moaas, levels = last.lowest_moaas, last.pressure_alarm_levels
    signs = [
        _all_known(
            [
                None if dissociation is None else dissociation >= cut.dissociation_at_least,
                None if distress is None else distress >= cut.distress_at_least,
            ]
        ),
        None if levels is None else bool(levels.intersection(cut.pressure_alarms)),
        None if moaas is None else moaas <= cut.moaas_at_most,
    ]
    return True if True in signs else None if None in signs else False


def _all_known(parts: list[bool | None]) -> bool | None:
    """Three-valued and: one false settles it, else an unknown leaves it open."""
    return False if False in parts else None if None in parts else True
