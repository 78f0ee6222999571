"""One thing that waits for somebody, and where such things come from."""

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
    owner: str = ""  # who has taken it, or is named for it; empty: whoever of the role comes first
    take: str = ""  # URL name by which the reader makes it theirs, where nobody has it yet

    @property
    def url(self) -> str:
        """The address of the page."""
        return reverse(self.page, args=self.of)

    @property
    def take_url(self) -> str:
        """The address that makes it the reader's; empty where somebody has it or nobody takes such a thing."""
        return reverse(self.take, args=self.of) if self.take else ""


# Asks one room what waits at the sites where the reader may do something about it: a fixed number of queries, AT_MOST rows.
Items = Callable[[Actor, datetime], list[WorkItem]]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of thing that waits: how the menu calls it, who is asked, and the tables whose open rows it tells."""

    name: str  # in the address
    label: str
    permissions: tuple[str, ...]  # whoever holds one of them somewhere is asked to do it
    items: Items
    tables: tuple[str, ...]  # "room.Model"; a test holds every table that can be open to this
