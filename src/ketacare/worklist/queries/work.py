"""One thing that waits for somebody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from ketacare.clinic.actor import Actor

AT_MOST = 50  # of each kind, the longest waiting first


@dataclass(frozen=True, kw_only=True)
class WorkItem:
    """What waits, for whom, why, since when, and the one page where it is done."""

    what: str
    patient_id: int | None  # None: it is about no patient
    person: str
    why: str
    since: datetime
    page: str  # URL name
    of: tuple[int, ...]  # what the page's address is made with
    button: str
    urgency: int  # 0 now, 1 today, 2 as it comes

    @property
    def url(self) -> str:
        """The address of the page."""
        return reverse(self.page, args=self.of)


# A source asks one room what waits at the sites where the reader may do something about it.
Source = Callable[[Actor, datetime], list[WorkItem]]
