"""The pages about one patient, in the order of the pathway."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from ketacare.ui.header import PatientHeader


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One page in the bar: its name for people, its address, and whether it is the one shown."""

    label: str
    url: str
    is_current: bool


# label, URL name, what its address is made with (an attribute of the header)
TABS = (
    ("Summary", "worklist:patient", "patient_id"),
    ("Evaluation", "evaluation:course", "course_id"),
    ("Consent", "consent:course", "course_id"),
    ("Plan", "planning:course", "course_id"),
    ("Booking", "booking:course", "course_id"),
    ("Sessions", "infusion:course", "course_id"),
    ("Outcomes", "outcomes:course", "course_id"),
    ("Safety", "followup:course", "course_id"),
    ("Notes", "therapy:course", "course_id"),
    ("Account", "billing:account", "course_id"),
    ("Record", "record:documents", "patient_id"),
    ("Access", "clinic:patient-access", "patient_id"),
)
# a page that answers another tab's question than its room's -> that tab's page
BELONGS_TO = {
    "portal:course": "outcomes:course",
    "portal:wishes": "outcomes:course",
    "followup:forecast": "outcomes:course",
    "followup:wanted": "infusion:course",
    "followup:review": "planning:course",
    "followup:review-decide": "planning:course",
}


def tabs_of(header: PatientHeader, *, current: str, may_see: Callable[[str], bool]) -> list[Tab]:
    """The tabs whose page exists, applies to this patient and may be seen by the reader."""
    found, shown = [], BELONGS_TO.get(current, current)
    for label, name, key in TABS:
        number = getattr(header, key)
        url = address(name, number) if number is not None and may_see(name) else ""
        if url:
            found.append(Tab(label=label, url=url, is_current=is_current(name, shown)))
    return found


def is_current(name: str, current: str) -> bool:
    """Whether the page shown is this tab's, or lies in the same room where the room has one tab."""
    room = name.partition(":")[0]
    rooms = [other.partition(":")[0] for _, other, _ in TABS]
    return name == current or (rooms.count(room) == 1 and current.startswith(f"{room}:") and room != "clinic")


def address(name: str, number: int) -> str:
    """The page's address, or nothing when no such page exists."""
    try:
        return reverse(name, args=[number])
    except NoReverseMatch:
        return ""
