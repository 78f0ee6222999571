"""Pages for the public whose day to be looked at again has come, or comes soon."""

from datetime import UTC, date, datetime, time, timedelta

from ketacare.clinic.actor import Actor
from ketacare.clinic.permissions import sites_where
from ketacare.public.education import Page, look_again_on, pages
from ketacare.worklist.queries.work import AT_MOST, WorkItem

BEFORE = timedelta(weeks=2)  # our own choice: time enough to read the sources again


def pages_to_look_at(by: Actor, at: datetime) -> list[WorkItem]:
    """Pages of which a claim or the whole is to be looked at again; from then on the page itself says that it may be out of date."""
    if not sites_where(by, "policy.approve"):
        return []
    found = ((look_again_on(one), one) for one in pages("en"))
    due = sorted((day, one.front.title, one) for day, one in found if day <= (at + BEFORE).date())
    return [to_look_at(one, day, at) for day, _, one in due[:AT_MOST]]


def to_look_at(page: Page, day: date, at: datetime) -> WorkItem:
    """One page, whatever number of its claims is due."""
    is_over = day < at.date()
    return WorkItem(
        what="Look at a public page again",
        patient_id=None,
        person=page.front.title,
        why=f"What it says was to be looked at again by {day:%d %b %Y}" + ("; the page says so" if is_over else ""),
        since=min(at, datetime.combine(day, time.min, tzinfo=UTC)),
        page="public:page",
        of=(page.front.id,),
        button="Read the page",
        urgency=1 if is_over else 2,
    )
