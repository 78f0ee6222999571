"""Who holds which paper on which day: asked before an act, read by the pages, the worklist and the public profile."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from ketacare.clinic.actor import Staff
from ketacare.clinic.errors import ActionRefused, Reason
from ketacare.clinic.models import Membership, Qualification, QualificationRuling, Role, Site, User
from ketacare.science.qualifications import Gap, Kind, Paper, gaps, is_valid, standing, table

CARE = (Role.PRESCRIBER, Role.NURSE, Role.THERAPIST, Role.MEDICAL_DIRECTOR)
W = QualificationRuling.What
WHERE = "Settings, Qualifications"
# what stands in the way -> what it says, and who can do something about it
WORDS: dict[str, tuple[str, str]] = {
    "missing": (
        "nothing is recorded, and unknown is never a pass.",
        "{name} or an administrator records the paper, a second person confirms it: {where}",
    ),
    "not-seen": (
        "recorded, but no second person has seen the paper yet.",
        "somebody other than {name} and whoever recorded it: {where}",
    ),
    "expired": (
        "ran out on {on}.",
        "{name} renews it and records the new paper, a second person confirms it: {where}",
    ),
    "not-yet": ("valid only from {on}.", "an administrator, if the date is wrong: {where}"),
    "ended": (
        "ended before its day, or replaced.",
        "{name} or an administrator records a valid paper, a second person confirms it: {where}",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Held:
    """One paper as it is shown: its kind, its row, how it stands today."""

    kind: Kind
    row: Qualification
    paper: Paper
    is_valid: bool
    words: str  # why it does not count; nothing where it does


@dataclass(frozen=True, kw_only=True)
class Told:
    """A demand that nothing meets, in words."""

    label: str
    words: str
    gap: Gap


@dataclass(frozen=True, kw_only=True)
class QualifiedPerson:
    """Somebody who treats at a site, with the papers of theirs that count on a day and may be public."""

    user_id: int
    name: str
    roles: tuple[str, ...]
    papers: tuple[Held, ...]


def refuse_unqualified(by: Staff, act: str, *, sites: Iterable[int], at: datetime) -> None:
    """Refuse an act that asks for a paper which this person does not hold today at the site; one query, none for other acts."""
    if act not in table().acts:
        return
    reasons = [reason_of(gap, by.name) for gap in gaps_at(by.user_id, act, sites=set(sites), at=at)]
    if reasons:
        raise ActionRefused("not-qualified", reasons)


def gaps_at(user_id: int, act: str, *, sites: set[int], at: datetime) -> tuple[Gap, ...]:
    """What an act asks for that the person does not hold, on the day that it is at the site; of several sites the kindest."""
    papers: dict[tuple[str, str], list[Paper]] = {}
    for zone, law, *told in _rows(user_id, sites):
        found = papers.setdefault((zone, law), [])
        if told[0] is not None:
            found.append(_paper(*told))
    answers = [
        gaps(act, held, law=law, on=at.astimezone(ZoneInfo(zone)).date()) for (zone, law), held in papers.items()
    ]
    return min(answers, key=len, default=gaps(act, (), law="", on=at.date()))


def _rows(user_id: int, sites: set[int]) -> QuerySet[Membership, Any]:
    """The sites where the person works with each of their papers, in one statement; a site without papers is there too."""
    rows = Membership.objects.filter(user_id=user_id, site_id__in=sites).annotate(**_flags("user__qualifications"))
    return rows.values_list(
        "site__time_zone",
        "site__jurisdiction",
        "user__qualifications__kind",
        "user__qualifications__valid_from",
        "user__qualifications__expires_on",
        "is_seen",
        "has_ended",
        "replaced_from",
    )


def _flags(row: str) -> dict[str, Any]:
    """Whether a paper was seen, whether it was ended, and from when a newer record of it counts that was seen."""
    of_it = QualificationRuling.objects.filter(qualification=OuterRef(row))
    newer = Qualification.objects.filter(supersedes=OuterRef(row), rulings__what=W.SEEN)
    return {
        "is_seen": Exists(of_it.filter(what=W.SEEN)),
        "has_ended": Exists(of_it.filter(what=W.ENDED)),
        "replaced_from": Subquery(newer.values("valid_from")[:1]),
    }


def _paper(
    kind: str, valid_from: date, expires_on: date | None, is_seen: bool, has_ended: bool, replaced_from: date | None
) -> Paper:
    return Paper(
        kind=kind,
        valid_from=valid_from,
        expires_on=expires_on,
        is_seen=is_seen,
        has_ended=has_ended,
        replaced_from=replaced_from,
    )


def reason_of(gap: Gap, name: str) -> Reason:
    """One gap as a refusal tells it: what ran out when, and who can do something about it."""
    told = in_words(gap)
    return Reason(text=f"{name}. {told.label}: {told.words}", who=WORDS[gap.state][1].format(name=name, where=WHERE))


def in_words(gap: Gap) -> Told:
    """One gap: which paper, and how it stands."""
    kinds = table().kinds
    label = kinds[gap.kind].label if gap.state != "missing" else " or ".join(kinds[one].label for one in gap.kinds)
    return Told(label=label, words=says(gap.state, gap.on), gap=gap)


def says(state: str, on: date | None) -> str:
    """How a paper stands, with the day that matters."""
    return WORDS[state][0].format(on=f"{on:%d %b %Y}" if on else "")


def qualifications() -> QuerySet[Qualification]:
    """Every paper with how it stands: by person, each kind's newest first."""
    rows = Qualification.objects.annotate(**_flags("pk")).select_related("user", "recorded_by")
    return rows.order_by("user__name", "user_id", "kind", "-pk")


def held(row: Qualification, *, on: date) -> Held:
    """A row of ``qualifications`` as it stands on a day."""
    paper = _paper(row.kind, row.valid_from, row.expires_on, row.is_seen, row.has_ended, row.replaced_from)
    counts = is_valid(paper, on=on)
    words = "" if counts else says(*standing(paper, on=on))
    return Held(kind=table().kinds[row.kind], row=row, paper=paper, is_valid=counts, words=words)


def papers_of(user: User, *, on: date) -> list[Held]:
    """A person's papers, each kind's newest first."""
    return [held(row, on=on) for row in qualifications().filter(user=user).prefetch_related("rulings__by")]


def qualified_staff(site: Site, on: date) -> tuple[QualifiedPerson, ...]:
    """Who treats at a site with at least one paper that counts on that day and may be public; by name. Two queries."""
    rows = Membership.objects.filter(site=site, role__in=CARE, user__is_active=True).select_related("user")
    roles: dict[int, list[Membership]] = {}
    for one in rows.order_by("user__name", "user_id", "role"):
        roles.setdefault(one.user_id, []).append(one)
    papers: dict[int, list[Held]] = {}
    for one in (held(row, on=on) for row in qualifications().filter(user__in=roles)):
        if one.is_valid and one.kind.is_public:
            papers.setdefault(one.row.user_id, []).append(one)
    return tuple(
        QualifiedPerson(
            user_id=user,
            name=of[0].user.name,
            roles=tuple(str(one.get_role_display()) for one in of),
            papers=tuple(papers[user]),
        )
        for user, of in roles.items()
        if user in papers
    )
