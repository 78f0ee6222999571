"""How the papers of everybody at a site stand: what their roles ask for and they lack, what runs out soon, what waits to be seen."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ketacare.clinic.models import Membership, Qualification, Site, User
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.clinic.qualified import Held, Told, held, in_words, qualifications
from ketacare.science.qualifications import gap_of, standing, table, warned


@dataclass(frozen=True, kw_only=True)
class Ending:
    """A paper that counts and runs out soon, without another one that takes over."""

    held: Held
    warning_days: int  # the warning that it has reached
    days_left: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One person at one site: roles, papers, what is missing, what ends soon, what nobody has seen."""

    user: User
    site: Site
    roles: tuple[Membership, ...]
    papers: tuple[Held, ...]
    gaps: tuple[Told, ...]
    ending: tuple[Ending, ...]
    not_seen: tuple[Held, ...]
    on: date

    @property
    def needs_any(self) -> bool:
        """Whether the person's roles ask for any paper at all."""
        return bool(acts_of({one.role for one in self.roles}))


def acts_of(roles: Collection[str]) -> frozenset[str]:
    """The acts of these roles that ask for papers."""
    return frozenset(act for act in table().acts if PERMISSIONS[act] & set(roles))


def standings(sites: Collection[int], *, at: datetime, user_id: int | None = None) -> list[Standing]:
    """Everybody who works at these sites and can log in, by name and site; the same four queries for any number."""
    rows = Membership.objects.filter(site__in=sites, user__is_active=True).select_related("user", "site")
    if user_id is not None:
        rows = rows.filter(user=user_id)
    places: dict[tuple[int, int], list[Membership]] = {}
    for one in rows.order_by("user__name", "user_id", "site__name", "role"):
        places.setdefault((one.user_id, one.site_id), []).append(one)
    papers: dict[int, list[Qualification]] = {}
    for row in qualifications().filter(user__in={user for user, _ in places}).prefetch_related("rulings__by"):
        papers.setdefault(row.user_id, []).append(row)
    return [stands(roles, papers.get(user, []), at=at) for (user, _), roles in places.items()]


def stands(roles: list[Membership], rows: list[Qualification], *, at: datetime) -> Standing:
    """How one person stands at one site, on the day that it is there."""
    site = roles[0].site
    on = at.astimezone(ZoneInfo(site.time_zone)).date()
    papers = tuple(held(row, on=on) for row in rows)
    acts = acts_of({one.role for one in roles})
    asked = [
        one for one in table().demands if acts & set(one.acts) and (one.where is None or site.jurisdiction in one.where)
    ]
    found = [gap for one in asked if (gap := gap_of(one, [paper.paper for paper in papers], on=on)) is not None]
    gaps = tuple(in_words(gap) for gap in {gap.kinds: gap for gap in found}.values())
    kinds = {kind for one in asked for kind in one.any_of}
    return Standing(
        user=roles[0].user,
        site=site,
        roles=tuple(roles),
        papers=papers,
        gaps=gaps,
        ending=tuple(soon for paper in papers if paper.row.kind in kinds and (soon := ending(paper, papers, on=on))),
        not_seen=tuple(paper for paper in papers if waits_to_be_seen(paper, on=on)),
        on=on,
    )


def ending(paper: Held, among: Collection[Held], *, on: date) -> Ending | None:
    """The warning that a paper has reached; None where it does not count, or where a later one of its kind is seen already."""
    last = paper.row.expires_on
    days = warned(last, on=on)
    if not paper.is_valid or last is None or days is None:
        return None
    later = [one for one in among if one.row.kind == paper.row.kind and takes_over(one, last, on=on)]
    return None if later else Ending(held=paper, warning_days=days, days_left=(last - on).days)


def takes_over(other: Held, last: date, *, on: date) -> bool:
    """Whether another paper goes on after this day: seen, not ended, and longer."""
    longer = other.row.expires_on is None or other.row.expires_on > last
    return longer and other.paper.is_seen and not other.paper.has_ended


def waits_to_be_seen(paper: Held, *, on: date) -> bool:
    """Whether a second person has still to look at a paper that could count."""
    return not paper.paper.is_seen and standing(paper.paper, on=on)[0] in ("not-seen", "not-yet")


def not_seen(sites: Collection[int], *, besides: int | None) -> list[Qualification]:
    """Papers of people at these sites that somebody other than this person recorded and that nobody has seen, oldest first."""
    people = Membership.objects.filter(site__in=sites, user__is_active=True).values("user")
    rows = qualifications().filter(user__in=people, is_seen=False, has_ended=False)
    rows = rows.exclude(user=besides).exclude(recorded_by=besides)
    return list(rows.order_by("recorded_at", "pk"))
