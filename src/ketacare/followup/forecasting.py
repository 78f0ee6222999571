"""What a patient's own scores say of the weeks to come: the course as the model wants it, and its answer in a clinic's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.followup.priors.queries import Speaking, speaking
from ketacare.followup.values import Thought
from ketacare.infusion.models import CALLED_OFF, Session
from ketacare.outcomes.queries import standing
from ketacare.record.models import Treatment
from ketacare.science.trajectory import course as science
from ketacare.science.trajectory import mixture
from ketacare.science.trajectory.forecast import Day, Fit, fit, threshold_of
from ketacare.science.trajectory.presets import Preset, Scale, file
from ketacare.science.trajectory.window import Date, Window, window
from ketacare.ui.curves import Pictures
from ketacare.ui.score_chart import Expected, ScoreChart, score_pictures

DAY = timedelta(days=1)
WEEK_DAYS = 7
WEEKS = 12  # looked ahead on the page, week by week: the grid on which a relapse would be noticed
LAST_HELD = 3  # sessions whose effect is told
AT_NOON = time(12)  # of a session that is thought of: a date has no hour


@dataclass(frozen=True, kw_only=True)
class Held:
    """How long a session kept the severity below the threshold."""

    number: int
    days: int | None  # None: it never fell below
    is_open: bool  # it still held when the next session came, or at the last score


@dataclass(frozen=True, kw_only=True)
class When:
    """A date of the maintenance window."""

    name: str
    risk: float
    on: date | None
    earliest: date | None
    latest: date | None
    is_past: bool


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Everything that the page tells."""

    scale: str
    scale_of: Scale
    speaking: Speaking
    preset_of: Preset
    threshold: float
    weeks: tuple[tuple[date, Day, Day | None], ...]  # as planned, and as thought
    risk_today: float  # without what is planned
    window: Window
    dates: tuple[When, ...]
    thought_dates: tuple[When, ...]
    held: tuple[Held, ...]
    too_soon: int  # scores that were taken while the drug still acted: not used
    planned: tuple[Session, ...]
    pictures: Pictures
    scores: int


def scales_of(course: Course) -> list[str]:
    """The scales that the model knows and this patient has answered, most often first."""
    known = file().scales
    found = [row.instrument_id for row in standing(course) if row.instrument_id in known and row.score.main is not None]
    return sorted(set(found), key=lambda scale: (-found.count(scale), list(known).index(scale)))


def planned_of(course: Course, *, at: datetime) -> list[Session]:
    """The sessions to come, as they are planned."""
    ahead = Session.objects.filter(course=course, started_at__isnull=True, planned_at__gt=at)
    return list(ahead.exclude(status__in=CALLED_OFF).order_by("planned_at"))


def forecast(
    course: Course, *, scale: str, preset: str | None, threshold: float | None, thought: Thought, at: datetime
) -> Forecast:
    """The forecast of a course by one scale, from a published preset or, where none is named, from what is in force at the site.

    Raises:
        ScienceError: no such scale or preset; a thought before the last score.
    """
    told = told_of(course, scale=scale, at=at)
    priors = speaking(course.site_id, scale, preset, at=at)
    known = fit(told.course, priors.prior)
    limit = threshold_of(told.course, scale) if threshold is None else threshold
    planned = [told.day(one.planned_at) for one in told.planned]
    thoughts = _thoughts(told, thought)
    weeks = [max(told.today, told.course.last_day) + WEEK_DAYS * (week + 1) for week in range(WEEKS)]
    as_planned = known.forecast(weeks, threshold=limit, infusions=planned)
    as_thought = known.forecast(weeks, threshold=limit, infusions=thoughts) if thoughts is not None else [None] * WEEKS
    found = window(known, threshold=limit, infusions=planned)
    other = window(known, threshold=limit, infusions=thoughts) if thoughts is not None else None
    return Forecast(
        scale=scale,
        scale_of=file().scales[scale],
        speaking=priors,
        preset_of=file().presets[priors.preset],
        threshold=limit,
        weeks=tuple(zip(map(told.date, weeks), as_planned, as_thought, strict=True)),
        risk_today=known.forecast([max(told.today, told.course.last_day)], threshold=limit)[0].point_risk,
        window=found,
        dates=_dates(told, found.dates),
        thought_dates=_dates(told, other.dates if other else ()),
        held=tuple(_held(told, known, limit)),
        too_soon=told.too_soon,
        planned=told.planned,
        pictures=_pictures(told, known, planned, thoughts, limit),
        scores=len(told.course.scores),
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """A course in days from its first score or session, with what is planned."""

    course: science.Course
    first: datetime  # day 0
    today: float
    zone: ZoneInfo
    given: tuple[Treatment, ...]
    planned: tuple[Session, ...]
    too_soon: int  # scores that were taken while the drug still acted: not used

    def day(self, at: datetime) -> float:
        """Days since the first score or session."""
        return (at - self.first) / DAY

    def date(self, day: float) -> date:
        """The date at the site."""
        return (self.first + day * DAY).astimezone(self.zone).date()

    def noon(self, on: date) -> float:
        """The day of a date that has no hour."""
        return self.day(datetime.combine(on, AT_NOON, self.zone))


def told_of(course: Course, *, scale: str, at: datetime) -> Told:
    """What has happened in a course, as the model wants it."""
    given = list(Treatment.objects.filter(course=course, started_at__isnull=False).order_by("started_at"))
    rows = [row for row in standing(course) if row.instrument_id == scale and row.score.main is not None]
    settled = timedelta(hours=file().guard.settled_after_h)
    used = [
        row for row in rows if not any(one.started_at < row.answered_at < one.started_at + settled for one in given)
    ]
    first = min([row.answered_at for row in used] + [one.started_at for one in given], default=at)
    return Told(
        course=science.course(
            [(one.started_at - first) / DAY for one in given],
            [((row.answered_at - first) / DAY, float(row.score.main)) for row in used],
        ),
        first=first,
        today=(at - first) / DAY,
        zone=ZoneInfo(course.site.time_zone),
        given=tuple(given),
        planned=tuple(planned_of(course, at=at)),
        too_soon=len(rows) - len(used),
    )


def _thoughts(told: Told, thought: Thought) -> list[float] | None:
    """The sessions to come as somebody thinks of them; None: nothing was thought."""
    if thought.extra is None and thought.without is None:
        return None
    kept = [told.day(one.planned_at) for one in told.planned if one.number != thought.without]
    return sorted(kept + ([told.noon(thought.extra)] if thought.extra else []))


def _dates(told: Told, dates: Sequence[Date]) -> tuple[When, ...]:
    last = told.course.last_day

    def on(days: int | None) -> date | None:
        return None if days is None else told.date(last + days)

    return tuple(
        When(
            name=one.name,
            risk=one.risk,
            on=on(one.days),
            earliest=on(one.between[0]),
            latest=on(one.between[1]),
            is_past=one.days is not None and last + one.days < told.today,
        )
        for one in dates
    )


def _held(told: Told, known: Fit, limit: float) -> list[Held]:
    """How long each of the last sessions held, of those with a week at least before the next."""
    days = [day for day, _ in told.course.infusions]
    ends = [*days[1:], told.course.last_day] if days else []
    found = []
    for treatment, start, end in zip(told.given, days, ends, strict=True):
        if end - start < WEEK_DAYS:
            continue
        whole = [start + one for one in range(1, int(end - start) + 1)]
        weights, mean, _ = known.past(whole)
        severity = (weights[:, None] * mean).sum(axis=0)
        below = [index for index, value in enumerate(severity) if value <= limit]
        above = (
            next((index for index in range(below[0], len(severity)) if severity[index] > limit), None)
            if below
            else None
        )
        held = None if not below else (len(severity) if above is None else above)
        found.append(Held(number=treatment.number, days=held, is_open=bool(below) and above is None))
    return found[-LAST_HELD:]


def _pictures(told: Told, known: Fit, planned: list[float], thoughts: list[float] | None, limit: float) -> Pictures:
    start = max(told.today, told.course.last_day)
    ahead = [start + day for day in range(1, WEEK_DAYS * WEEKS + 1)]
    past = _whole(told.course.first_day, told.course.last_day)
    lines = [_line("expected, with 50 and 90 % bands", told, known, past, ahead, planned)]
    if thoughts is not None:
        mean, _ = known.each_day(ahead, infusions=thoughts)
        middle = (known.weights[:, None] * mean).sum(axis=0).tolist()
        lines.append(Expected(label="as thought", days=[day - told.today for day in ahead], middle=middle))
    chart = ScoreChart(
        title=f"{file().scales[known.prior.scale].title}: measured and expected",
        scale=file().scales[known.prior.scale].title,
        largest=file().scales[known.prior.scale].largest,
        scores=[(day - told.today, score) for day, score in told.course.scores],
        sessions=[day - told.today for day, _ in told.course.infusions] + [day - told.today for day in planned],
        lines=tuple(lines),
        threshold=limit,
    )
    return score_pictures(chart)


def _whole(first: float, last: float) -> list[float]:
    return [first + day for day in range(int(last - first) + 1)]


def _line(label: str, told: Told, known: Fit, past: list[float], ahead: list[float], planned: list[float]) -> Expected:
    """The severity from the first day to the last that is looked ahead to."""
    weights, before, before_sd = known.past(past)
    after, after_sd = known.each_day(ahead, infusions=planned)
    parts = [(before, before_sd), (after, after_sd)]
    inner, outer = ([mixture.interval(level, weights, mean, sd) for mean, sd in parts] for level in (0.5, 0.9))
    middle = [value for mean, _ in parts for value in (weights[:, None] * mean).sum(axis=0).tolist()]
    return Expected(
        label=label,
        days=[day - told.today for day in (*past, *ahead)],
        middle=middle,
        band_50=_joined(inner),
        band_90=_joined(outer),
    )


def _joined(parts: list) -> tuple[list[float], list[float]]:
    return [v for low, _ in parts for v in low.tolist()], [v for _, high in parts for v in high.tolist()]
