"""Long-term safety as it is shown: each line in words, the sum of what was given with its curve, and how near its limits are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ketacare.clinic.models import Course, Membership, User
from ketacare.clinic.queries import in_force
from ketacare.followup.safety import queries
from ketacare.followup.safety.judging import Judged, judged
from ketacare.followup.safety.models import SafetyCheck, SafetyFinding
from ketacare.record.due import ORDER, SIGNS, DueLine
from ketacare.record.models import DueItem
from ketacare.science.rules import Book
from ketacare.science.surveillance.checks import Ask, Check, Limit, checks
from ketacare.science.surveillance.due import Standing
from ketacare.science.surveillance.exposure import Dose, Drug, curve, within
from ketacare.ui.curves import Curve, CurveChart, Pictures, pictures

DRUGS: Mapping[Drug, str] = {"racemic": "Ketamine", "esketamine": "Esketamine"}
MINUTE = timedelta(minutes=1)
YES_NO = {True: "yes", False: "no", None: "not known"}


@dataclass(frozen=True, kw_only=True)
class CheckLine:
    """One check on the page of a patient."""

    kind: str
    check: Check
    standing: Standing
    state: str

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def word(self) -> str:
        """How it stands; what nothing has made due yet was not done."""
        return "not due" if self.state == "done" and self.standing.last is None else self.state


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One limit of the exposure, and how much of it there is."""

    words: str
    given: str


@dataclass(frozen=True, kw_only=True)
class DoneLine:
    """A check that somebody wrote down, with what was told."""

    check: SafetyCheck
    title: str
    told: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """A finding with the rule's own statement."""

    finding: SafetyFinding
    statement: str


@dataclass(frozen=True, kw_only=True)
class ExposurePage:
    """Everything on the page of one patient."""

    judged: Judged
    lines: tuple[CheckLine, ...]
    limits: tuple[Reached, ...]
    drawn: tuple[tuple[str, Pictures], ...]
    findings: tuple[FindingLine, ...]
    done: tuple[DoneLine, ...]
    is_waiting: bool  # the clock has still to work it out

    @property
    def open(self) -> int:
        return sum(one.state != "done" for one in self.lines)


def lines(rows: Iterable[DueItem]) -> list[DueLine]:
    """The items of a list, each with its check."""
    return [DueLine(item=row, check=checks().checks[row.kind], state=row.state) for row in rows]


def named(rows: Iterable[Membership]) -> list[User]:
    """People once each, by name."""
    return sorted({row.user for row in rows.select_related("user")}, key=lambda user: user.name)  # type: ignore[attr-defined]


def exposure_page(course: Course, *, at: datetime) -> ExposurePage:
    """What the page tells of a course now; it is worked out afresh, so it never lags behind."""
    now = judged(course, at=at)
    book, policy = in_force(course.site, checks().book, at=at)
    return ExposurePage(
        judged=now,
        lines=check_lines(now),
        limits=tuple(limits(now, policy.values, at=at)),
        drawn=tuple(drawn(now.known.doses, at=at)),
        findings=tuple(finding_lines(course, book)),
        done=tuple(done_lines(course)),
        is_waiting=course.safety_requests.exists(),
    )


def check_lines(now: Judged) -> tuple[CheckLine, ...]:
    """Every check, what is open first."""
    rows = [
        CheckLine(kind=kind, check=checks().checks[kind], standing=one, state=one.on(now.on))
        for kind, one in now.standings.items()
    ]
    return tuple(sorted(rows, key=lambda one: ORDER.index(one.state)))


def limits(now: Judged, params: Mapping[str, float], *, at: datetime) -> Iterator[Reached]:
    """How much there is of each exposure that brings a review."""
    for limit in checks().checks["exposure_review"].due[0].at_exposure:
        if limit.months:
            months = now.exposure.months_of_maintenance
            yield Reached(words=f"{params[limit.months]:g} months of maintenance", given=f"{months:.1f}")
        else:
            yield counted(now, limit, params, at=at)


def counted(now: Judged, limit: Limit, params: Mapping[str, float], *, at: datetime) -> Reached:
    """Sessions, within some days or in all."""
    some = within(now.known.doses, days=limit.within_days, at=at) if limit.within_days else now.known.doses
    words = f"in {limit.within_days} days" if limit.within_days else "in all"
    return Reached(words=f"{params[limit.sessions or '']:g} sessions {words}", given=str(len(some)))


def drawn(doses: tuple[Dose, ...], *, at: datetime) -> Iterator[tuple[str, Pictures]]:
    """The curve of each drug that was given: it rises at each session, and lies flat between."""
    for drug, name in DRUGS.items():
        points = curve(doses, drug)
        if points:
            begun = points[0][0]
            steps = [(0.0, 0.0)]
            for moment, total in points:
                steps += [((moment - begun) / MINUTE, steps[-1][1]), ((moment - begun) / MINUTE, float(total))]
            steps.append(((at - begun) / MINUTE, steps[-1][1]))
            yield name, pictures(chart_of(name, steps, given=[(one - begun) / MINUTE for one, _ in points]))


def chart_of(name: str, steps: list[tuple[float, float]], *, given: list[float]) -> CurveChart:
    """A staircase with a diamond for each session."""
    times, values = zip(*steps, strict=True)
    return CurveChart(
        title=f"{name} given in all",
        quantity=f"{name} given in all",
        unit="mg",
        curves=(Curve(label="as given, diamonds: sessions", t_min=times, values=values),),
        given=tuple((one, one) for one in given),
        name=f"exposure-{name.lower()}",
    )


def finding_lines(course: Course, book: Book) -> Iterator[FindingLine]:
    """Every finding, newest first."""
    statements = {rule.id: rule.statement for rule in book.rules}
    for one in queries.findings_of(course):
        yield FindingLine(finding=one, statement=statements.get(one.rule, one.rule))


def done_lines(course: Course) -> Iterator[DoneLine]:
    """Every check that somebody wrote down, newest first."""
    for row in course.safety_checks.select_related("by").order_by("-checked_at", "-pk"):
        check = checks().checks[row.kind]
        asks = {ask.key: ask for ask in check.asks}
        told = tuple((asks[name].says, said(asks[name], value)) for name, value in row.told.items() if name in asks)
        yield DoneLine(check=row, title=check.title, told=told)


def said(ask: Ask, value: Any) -> str:
    """An answer in words."""
    if value is None or isinstance(value, bool):
        return YES_NO[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def due_words(on: date | None) -> str:
    """A day, or that there is none."""
    return on.strftime("%-d %b %Y") if on else "nothing will make it due as things are"
