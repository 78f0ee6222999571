"""What waits about people's own papers: missing, running out, recorded and seen by nobody."""

from collections.abc import Iterator
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ketacare.clinic.actor import Actor, user_id
from ketacare.clinic.papers import Ending, Standing, not_seen, standings
from ketacare.clinic.permissions import sites_where
from ketacare.science.qualifications import table
from ketacare.worklist.queries.work import AT_MOST, WorkItem


def papers_wanting(by: Actor, at: datetime) -> list[WorkItem]:
    """One's own papers that are missing or run out; for an administrator, everybody's at their sites."""
    own, mine = user_id(by), sites_where(by, "qualification.own")
    others = sites_where(by, "qualification.record")
    rows = [one for one in standings(mine | others, at=at) if one.user.pk == own or one.site.pk in others]
    return [item for one in rows for item in lines(one, is_own=one.user.pk == own)][:AT_MOST]


def lines(one: Standing, *, is_own: bool) -> Iterator[WorkItem]:
    """A line for everything that is missing, and one for each paper that runs out."""
    if one.gaps:
        said = "; ".join(f"{gap.label}: {gap.words}" for gap in one.gaps)
        # since its last day, where one ran out; where nothing was ever recorded, since today
        begun = min((gap.gap.on for gap in one.gaps if gap.gap.on and gap.gap.state == "expired"), default=one.on)
        yield line(one, "A paper is missing", said, urgency=0, since=begun, is_own=is_own)
    for soon in one.ending:
        yield line(one, "A paper runs out", in_words(soon), urgency=urgency(soon), since=one.on, is_own=is_own)


def in_words(soon: Ending) -> str:
    """Which paper runs out when."""
    days = f"{soon.days_left} day{'' if soon.days_left == 1 else 's'}"
    return f"{soon.held.kind.label}: {soon.held.row.expires_on:%d %b %Y}, in {days}"


def urgency(soon: Ending) -> int:
    """The first warning as it comes, the second as work of the day, the last at once."""
    days = table().warnings.days
    return max(0, len(days) - 1 - days.index(soon.warning_days))


def line(one: Standing, what: str, why: str, *, urgency: int, since: object, is_own: bool) -> WorkItem:
    return WorkItem(
        what=what,
        patient_id=None,
        person=one.user.name,
        why=why,
        since=datetime.combine(since, time.min, tzinfo=ZoneInfo(one.site.time_zone)),
        page="clinic:qualifications-mine" if is_own else "clinic:qualifications-person",
        of=() if is_own else (one.user.pk,),
        button="See your papers" if is_own else "See the papers",
        urgency=urgency,
        owner="you" if is_own else one.user.name,
    )


def papers_to_confirm(by: Actor, at: datetime) -> list[WorkItem]:
    """Papers that somebody else recorded and that nobody has seen."""
    rows = not_seen(sites_where(by, "qualification.confirm"), besides=user_id(by))
    return [
        WorkItem(
            what="Look at a paper and confirm it",
            patient_id=None,
            person=row.user.name,
            why=f"{table().kinds[row.kind].label}, recorded by {row.recorded_by.name if row.recorded_by else 'the operator'}",
            since=row.recorded_at,
            page="clinic:qualifications-person",
            of=(row.user_id,),
            button="See the paper",
            urgency=1,
        )
        for row in rows[:AT_MOST]
    ]
