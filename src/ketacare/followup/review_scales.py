"""How a course answered on each scale, in words: harm as large as benefit, and what is missing as "not known"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Course
from ketacare.outcomes.models import AnswerSet
from ketacare.outcomes.queries import standing
from ketacare.record.models import Treatment
from ketacare.science.errors import OutOfRange
from ketacare.science.monitoring import protocol
from ketacare.science.monitoring.protocol_files import Maintenance
from ketacare.science.scales import bridges, library
from ketacare.science.scales.bridges import Bridge
from ketacare.science.scales.course import CourseResponse, Measured, bridged_response, course_response
from ketacare.science.scales.definition import ChangeRule, Instrument
from ketacare.ui.words import plain

ON_RELAPSE = "MAINT-PRN"  # the pattern that says how much of a gain is lost in a relapse
Scored = Mapping[tuple[str, int], list[Measured]]  # by scale and its version

# verdict -> what it is called, and the mark that goes with it
VERDICTS: Mapping[str, tuple[str, str]] = {
    "worse": ("Worse than before treatment, by more than chance", "stop"),
    "lost": ("Response lost", "hold"),
    "remission": ("Better: in the range of remission", "clear"),
    "response": ("Better: a response", "clear"),
    "partial": ("Better: a partial response", "info"),
    "better": ("Better, less than a response", "info"),
    "chance": ("No change beyond chance", "caution"),
    "undefined": ("No response; what is beyond chance this scale does not say", "caution"),
    "unknown": ("Not known", "unknown"),
}
# verdict -> what follows "worse by so many points", where the points went the wrong way all the same
WORSE_ALL_THE_SAME: Mapping[str, str] = {
    "chance": ", within chance",
    "undefined": "; beyond chance or not is not known",
    "remission": ", still in the range of remission",
}
MISSING: Mapping[str, str] = {
    "baseline": "there is no score from before the first session",
    "current": "there is no score from after the last session",
    "both": "there is neither a score from before the first session nor one from after the last",
    "conversion": "the converted score may mean either side of a limit",
}


@dataclass(frozen=True, kw_only=True)
class ScaleShown:
    """One scale of a course as the review shows it."""

    instrument: Instrument
    response: CourseResponse
    latest: Measured | None  # the newest score, wherever it stands
    same_day: tuple[tuple[date, tuple[Measured, ...]], ...]
    bridge: Bridge | None = None
    bridge_says: str = ""

    @property
    def words(self) -> str:
        """The verdict in words, the direction first."""
        found = self.response.points_better
        if found is None or found >= 0 or self.response.verdict not in WORSE_ALL_THE_SAME:
            return VERDICTS[self.response.verdict][0]
        return f"Worse by {plain(abs(found))} point{'' if abs(found) == 1 else 's'}{WORSE_ALL_THE_SAME[self.response.verdict]}"

    @property
    def look(self) -> str:
        """The mark beside the words."""
        return VERDICTS[self.response.verdict][1]

    @property
    def why_not(self) -> str:
        """Why there is no verdict; empty where there is one."""
        return MISSING.get(self.response.missing, "")

    @property
    def percent(self) -> str:
        """How many percent better or worse, in words."""
        found = self.response.change.percent_change if self.response.change else None
        if found is None:
            return ""
        return "unchanged" if found == 0 else f"{plain(abs(found))} % {'better' if found > 0 else 'worse'}"


def scales_shown(course: Course, given: Sequence[Treatment], *, wanted: Sequence[str]) -> tuple[ScaleShown, ...]:
    """Every scale of a course that can tell a change, those the protocol judges by first; what was never answered too."""
    if not given:
        return ()
    scored = scores_of(standing(course))
    answered = {name for name, _ in scored}
    judged = [name for name in wanted if name in answered] or list(wanted[:1])
    keys = [(name, library.load(name).version) for name in judged if name not in answered]
    keys += sorted(scored, key=lambda one: (one[0] not in judged, one))
    return tuple(shown(key, scored, given, zone=ZoneInfo(course.site.time_zone)) for key in keys)


def scores_of(rows: Sequence[AnswerSet]) -> Scored:
    """The main scores of answer sets, oldest first, of the scales that can tell a change."""
    found: dict[tuple[str, int], list[Measured]] = {}
    for row in rows:
        if row.score.main is not None and tells_change(library.load(row.instrument_id, row.instrument_version)):
            key = row.instrument_id, row.instrument_version
            is_prorated = row.score.status == "prorated"
            found.setdefault(key, []).append(
                Measured(at=row.answered_at, value=row.score.main, is_prorated=is_prorated)
            )
    return found


def tells_change(instrument: Instrument) -> bool:
    """Whether the scale's file says what a change of its main score means."""
    rules = instrument.change
    named = (rules.response, rules.remission, rules.mcid, rules.reliable_change, rules.partial_response)
    return instrument.score_rule(instrument.main_score) is not None and any(named)


def shown(key: tuple[str, int], scored: Scored, given: Sequence[Treatment], *, zone: ZoneInfo) -> ScaleShown:
    """One scale: judged by itself, else through a published conversion."""
    instrument, scores = library.load(*key), scored.get(key, [])
    found = judged(instrument, scores, given)
    bridge, says = None, ""
    if found.verdict == "unknown":
        found, bridge, says = bridged(instrument, found, scored, given)
    return ScaleShown(
        instrument=instrument,
        response=found,
        latest=scores[-1] if scores else None,
        same_day=tuple(same_day(scores, zone)),
        bridge=bridge,
        bridge_says=says,
    )


def judged(instrument: Instrument, scores: Sequence[Measured], given: Sequence[Treatment]) -> CourseResponse:
    """A scale by itself; where its file names no relapse, the protocol's holds."""
    first, last = (begun(one) for one in (given[0], given[-1]))
    return course_response(instrument, scores, first_at=first, last_at=last, relapse=relapse_rule())


def begun(one: Treatment) -> datetime:
    """When a treatment that was given began."""
    if one.started_at is None:
        raise LookupError(f"{one} has not begun")
    return one.started_at


def relapse_rule() -> ChangeRule | None:
    """How much of the gain is lost in a relapse, as the protocol says."""
    pattern: Maintenance = protocol.load().template_file.maintenance[ON_RELAPSE]
    share = pattern.relapse_share_of_gain
    return None if share is None else ChangeRule(type="share_of_gain_lost", value=100 * share, mark=pattern.mark)


def bridged(
    instrument: Instrument, found: CourseResponse, scored: Scored, given: Sequence[Treatment]
) -> tuple[CourseResponse, Bridge | None, str]:
    """What a published conversion from another scale of the course makes of it, or why it cannot."""
    scores = scored.get((instrument.id, instrument.version), [])
    for (name, _), others in scored.items():
        bridge = bridges.between(name, instrument.id) if name != instrument.id else None
        if bridge is None or not scores:
            continue
        if bridge.to != instrument.id:
            return found, bridge, f"converted to the {library.load(bridge.to).abbreviation}: see there"
        try:
            first, last = (begun(one) for one in (given[0], given[-1]))
            made = bridged_response(instrument, bridge, scores, others, first_at=first, last_at=last)
        except OutOfRange as error:
            return found, bridge, str(error)
        return made, bridge, "converted; the verdict holds for both ends of each converted score"
    return found, None, ""


def same_day(scores: Sequence[Measured], zone: ZoneInfo) -> Iterator[tuple[date, tuple[Measured, ...]]]:
    """The days with more than one score, each with all of them, oldest first."""
    days: dict[date, list[Measured]] = {}
    for one in scores:
        days.setdefault(one.at.astimezone(zone).date(), []).append(one)
    yield from ((day, tuple(rows)) for day, rows in days.items() if len(rows) > 1)
