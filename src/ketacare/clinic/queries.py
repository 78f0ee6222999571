"""Reads that several rooms share."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q, QuerySet

from ketacare.clinic.models import (
    AccessGrant,
    AuditEvent,
    Course,
    Disagreement,
    Hold,
    Membership,
    Patient,
    Restriction,
    Role,
    RulebookProposal,
    RulebookRuling,
    Site,
    User,
)
from ketacare.clinic.prepared import Prepared
from ketacare.science import rules
from ketacare.science.errors import BadReference, Problem
from ketacare.science.rules import Book, Policy


def active_holds(course: Course) -> QuerySet[Hold]:
    """The open reasons not to treat, oldest first."""
    return course.holds.filter(lifted_at__isnull=True).select_related("placed_by").order_by("placed_at", "pk")


APPROVALS = Prepared(
    lambda site, book: RulebookRuling.objects.filter(proposal__site=site, proposal__book=book, approved=True).order_by(
        "-pk"
    )
)
PROPOSALS = Prepared(lambda ids: RulebookProposal.objects.filter(pk__in=ids))
MACHINES = ("device:", "system:")  # actors that are nobody: a monitor, the software itself


def who_looked(patient: Patient, *, machines: bool = True) -> QuerySet[AuditEvent]:
    """Everything done to or seen of a patient, newest first; without the machines, what people did and saw."""
    rows = AuditEvent.objects.filter(subjects__patient=patient).order_by("-at", "-pk")
    for kind in () if machines else MACHINES:
        rows = rows.exclude(actor__startswith=kind)
    return rows


def open_courses(patient: Patient) -> QuerySet[Course]:
    """The courses that have not ended, newest first."""
    return patient.courses.exclude(status=Course.Status.ENDED).select_related("site", "prescriber").order_by("-pk")


def grants_to_review(*, sites: set[int]) -> QuerySet[AccessGrant]:
    """Break-glass accesses to patients of these sites that no quality lead has looked at, oldest first."""
    rows = AccessGrant.objects.filter(patient__sites__in=sites, reviewed_at__isnull=True)
    return rows.select_related("user", "patient").distinct().order_by("granted_at")


def current_grants(patient: Patient, *, at: datetime) -> QuerySet[AccessGrant]:
    """The break-glass accesses to a patient that have not run out."""
    return patient.grants.filter(expires_at__gt=at).select_related("user").order_by("granted_at")


def own_grants(user: User, *, at: datetime) -> QuerySet[AccessGrant]:
    """A person's own break-glass accesses that have not run out, newest first."""
    rows = AccessGrant.objects.filter(user=user, expires_at__gt=at)
    return rows.select_related("patient").order_by("-granted_at")


def members(*, sites: set[int]) -> QuerySet[User]:
    """The people who work at these sites, by name."""
    return User.objects.filter(memberships__site__in=sites).distinct().order_by("name", "pk")


def roles_of(user: User, *, sites: set[int]) -> QuerySet[Membership]:
    """A person's roles at these sites."""
    return user.memberships.filter(site__in=sites).select_related("site").order_by("site__name", "role")


def roles_at(sites: set[int]) -> QuerySet[Membership]:
    """Everybody's roles at these sites, by person."""
    rows = Membership.objects.filter(site__in=sites).select_related("site", "user")
    return rows.order_by("user__name", "user_id", "site__name", "role")


def prescribers_at(sites: set[int]) -> QuerySet[Membership]:
    """Who prescribes at these sites and can log in."""
    return Membership.objects.filter(site__in=sites, role=Role.PRESCRIBER, user__is_active=True)


def other_administrators(site_id: int, user: User) -> QuerySet[User]:
    """The active administrators of a site beside this person."""
    rows = User.objects.filter(memberships__site=site_id, memberships__role=Role.ADMINISTRATOR, is_active=True)
    return rows.exclude(pk=user.pk)


def exact_matches(*, given_name: str, family_name: str, born_on: date) -> QuerySet[Patient]:
    """The patients of any site with exactly this name and date of birth."""
    return Patient.objects.filter(given_name__iexact=given_name, family_name__iexact=family_name, born_on=born_on)


def grants_reviewed_since(*, sites: set[int], since: datetime) -> QuerySet[AccessGrant]:
    """Break-glass accesses to patients of these sites that somebody has looked at since, newest first."""
    rows = AccessGrant.objects.filter(patient__sites__in=sites, reviewed_at__gte=since)
    return rows.select_related("user", "patient", "reviewed_by").distinct().order_by("-reviewed_at")


def holds_of(patient: Patient) -> QuerySet[Hold]:
    """Every hold there ever was on a patient's courses, newest first."""
    rows = Hold.objects.filter(course__patient=patient).select_related("course__site", "placed_by", "lifted_by")
    return rows.order_by("-placed_at", "-pk")


def grants_of(patient: Patient) -> QuerySet[AccessGrant]:
    """Every break-glass access to a patient there ever was, newest first."""
    return patient.grants.select_related("user", "reviewed_by").order_by("-granted_at")


def rulings(site: Site, book: str) -> QuerySet[RulebookRuling]:
    """Everything that was ever ruled on a book at a site, newest first."""
    rows = RulebookRuling.objects.filter(proposal__site=site, proposal__book=book)
    return rows.select_related("proposal__loosened_by", "proposal__proposed_by", "ruled_by").order_by("-pk")


def ruling_in_force(site: Site, book: str, *, at: datetime) -> RulebookRuling:
    """The newest approval of a book whose day has come; what was in force at a past moment never changes again."""
    begun = Q(effective_from__isnull=True) | Q(effective_from__lte=at)
    ruling = rulings(site, book).filter(begun, approved=True).first()
    if ruling is None:
        raise BadReference([Problem(place=f"{site}: {book}", says="no version of this rulebook is in force here")])
    return ruling


def approvals(site: Site, book: str) -> list[RulebookRuling]:
    """Every approval of a book at a site, newest first: for asking what was in force at many moments."""
    found = APPROVALS.rows(site.pk, book)
    proposals = {one.pk: one for one in PROPOSALS.rows([one.proposal_id for one in found])}
    for one in found:
        one.proposal = proposals[one.proposal_id]
    return found


def in_force(
    site: Site, book: str, *, at: datetime, among: Sequence[RulebookRuling] | None = None
) -> tuple[Book, Policy]:
    """The version of a rulebook that a site works by at a moment, with the site's own numbers: the one way to either.

    ``among``: the site's ``approvals``, where they are known already.
    """
    begun = (one for one in among or () if one.effective_from is None or one.effective_from <= at)
    proposal = (next(begun, None) or ruling_in_force(site, book, at=at)).proposal
    found = rules.load(book, proposal.version)
    if found.sha256 != proposal.sha256:
        says = f"version {found.version} is not the file that was put in force here (SHA-256 {proposal.sha256})"
        raise BadReference([Problem(place=f"{site}: {book}", says=says)])
    answers = "" if proposal.loosened_by is None else proposal.loosened_by.name
    return found, found.policy(proposal.parameters, loosened_by=answers)


def books_not_as_put_in_force(*, at: datetime) -> list[str]:
    """Each book in force at a site whose file is gone, or is not the file it was: there nobody can be judged."""
    sites = Site.objects.filter(rulebook_proposals__isnull=False).distinct().order_by("name")
    return [says for site in sites for name in rules.names() if (says := _complaint(site, name, at=at))]


def _complaint(site: Site, book: str, *, at: datetime) -> str:
    try:
        in_force(site, book, at=at)
    except BadReference as bad:
        return "; ".join(map(str, bad.problems))
    return ""


def rulings_to_come(site: Site, book: str, *, at: datetime) -> QuerySet[RulebookRuling]:
    """Approvals of a book whose day has not come and that no later approval has overtaken."""
    now = ruling_in_force(site, book, at=at)
    return rulings(site, book).filter(approved=True, effective_from__gt=at, pk__gt=now.pk)


def proposals_open(*, sites: set[int]) -> QuerySet[RulebookProposal]:
    """Proposals at these sites on which nobody has ruled yet, oldest first."""
    rows = RulebookProposal.objects.filter(site__in=sites, ruling__isnull=True)
    return rows.select_related("site", "proposed_by").order_by("proposed_at", "pk")


def open_proposal(site: Site, book: str) -> RulebookProposal | None:
    """The proposal for a book that waits at a site."""
    return proposals_open(sites={site.pk}).filter(book=book).first()


def sites_of(ids: set[int]) -> QuerySet[Site]:
    """These sites, by name."""
    return Site.objects.filter(pk__in=ids).order_by("name")


def restrictions_of(patient: Patient) -> QuerySet[Restriction]:
    """What a patient's record may not be used for now."""
    return patient.restrictions.filter(lifted_at__isnull=True).order_by("scope")


def restrictions(patient: Patient) -> frozenset[str]:
    """The same as names (``Restriction.Scope``), for a room that must leave this patient out."""
    return frozenset(restrictions_of(patient).values_list("scope", flat=True))


def disagreements_of(patient: Patient) -> QuerySet[Disagreement]:
    """Everything a patient said beside their record, the oldest first."""
    return patient.disagreements.order_by("pk")


def disagreements_with(on: str) -> QuerySet[Disagreement]:
    """What a patient said beside one entry, ``table:id``, the oldest first."""
    return Disagreement.objects.filter(on=on).order_by("pk")
