"""What needs me now? Every room is asked once; the answer is one list, and the menu counts what it found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.actor import Actor, Operator, Staff
from ketacare.clinic.models import Role
from ketacare.clinic.permissions import PERMISSIONS, holds_somewhere
from ketacare.worklist.queries.sources import SOURCES
from ketacare.worklist.queries.work import AT_MOST, Source, WorkItem
from ketacare.worklist.rail import may_see


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One entry of the menu: a kind of thing that waits, and how many."""

    name: str
    label: str
    count: int
    is_more: bool  # there may be more than were read
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of the reader's own roles in the menu, with how much waits for it."""

    name: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """What waits for a person, narrowed to what they chose, with the whole menu."""

    items: tuple[WorkItem, ...]
    kinds: tuple[Kind, ...]
    roles: tuple[Choice, ...]  # empty for somebody with one role
    total: int
    kind: str  # what was chosen; empty: everything
    role: str


def work(by: Actor, *, at: datetime) -> list[WorkItem]:
    """What waits for this person, in the order in which to do it."""
    return in_order(item for _, items in asked(by, at=at) for item in items)


def worklist(by: Actor, *, at: datetime, kind: str = "", role: str = "") -> Worklist:
    """The same with the menu; an unknown kind or role narrows nothing. Counts are read off the rows: no query of their own."""
    found = asked(by, at=at)
    mine = roles_of(by)
    chosen_role = role if role in mine else ""
    for_role = [(source, items) for source, items in found if not chosen_role or is_for_role(source, chosen_role)]
    chosen = kind if kind in {source.name for source, _ in for_role} else ""
    return Worklist(
        items=tuple(in_order(item for source, items in for_role if chosen in ("", source.name) for item in items)),
        kinds=tuple(entry(source, items, chosen) for source, items in for_role if items),
        roles=tuple(choice(one, found, chosen_role) for one in mine) if len(mine) > 1 else (),
        total=sum(len(items) for _, items in for_role),
        kind=chosen,
        role=chosen_role,
    )


def asked(by: Actor, *, at: datetime) -> list[tuple[Source, list[WorkItem]]]:
    """What each source says that may ask something of this person, as far as its pages are open to them."""
    sources = [one for one in SOURCES if any(holds_somewhere(by, permission) for permission in one.permissions)]
    return [(one, [item for item in one.items(by, at) if may_see(by, item.page)]) for one in sources]


def in_order(items: Iterable[WorkItem]) -> list[WorkItem]:
    """What cannot wait first, in the order of the sources; then what is for today and what comes, the longest waiting first."""
    return sorted(items, key=lambda item: (item.urgency, item.since) if item.urgency else (0,))


def roles_of(by: Actor) -> list[str]:
    """The reader's own roles, in the order in which the house names them."""
    staff = by.acting_as if isinstance(by, Operator) else by
    held = {role for _, role in staff.roles} if isinstance(staff, Staff) else set()
    return [role.value for role in Role if role.value in held]


def is_for_role(source: Source, role: str) -> bool:
    """Whether somebody of this role is asked by a source."""
    return any(role in PERMISSIONS[permission] for permission in source.permissions)


def entry(source: Source, items: list[WorkItem], chosen: str) -> Kind:
    return Kind(
        name=source.name,
        label=source.label,
        count=len(items),
        is_more=len(items) >= AT_MOST,
        is_chosen=source.name == chosen,
    )


def choice(role: str, found: list[tuple[Source, list[WorkItem]]], chosen: str) -> Choice:
    count = sum(len(items) for source, items in found if is_for_role(source, role))
    return Choice(name=role, label=str(Role(role).label), count=count, is_chosen=role == chosen)
