"""Which rulebooks a site works by: one person proposes, another one approves."""

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic import audit, queries
from ketacare.clinic.actor import Actor, Operator, System, user_id
from ketacare.clinic.errors import ActionRefused, NotAllowed, Reason
from ketacare.clinic.models import RulebookProposal, RulebookRuling, Site
from ketacare.clinic.permissions import may, require
from ketacare.science import rules
from ketacare.science.errors import BadPolicy, BadReference
from ketacare.science.rules import Book

FOUNDING = "The versions that were newest when the site was opened."


@transaction.atomic
def start_rulebooks(*, site: Site, by: Actor, at: datetime) -> list[RulebookRuling]:
    """Put the newest version of each book in force at a site that works by none yet, with the books' own numbers."""
    if not isinstance(by, Operator | System):
        raise NotAllowed("site.open", site.name)
    missing = [book for book in rules.names() if not queries.rulings(site, book).exists()]
    made = [_founding(site, rules.load(book), at=at) for book in missing]
    if made:
        books = {row.proposal.book: row.proposal.version for row in made}
        audit.record(by=by, at=at, did="rulebooks put in force", on=site, details=books)
    return made


@transaction.atomic
def propose_rulebook(
    *, site: Site, book: str, version: int, parameters: Mapping[str, float], reason: str, by: Actor, at: datetime
) -> RulebookProposal:
    """Propose a version of a book and a site's own numbers; nothing changes until another person approves it."""
    Site.objects.select_for_update().get(pk=site.pk)  # two proposals at one site: one after the other
    require(by, "policy.propose", site)
    standing = queries.ruling_in_force(site, book, at=at)
    chosen = _shipped(book, version)
    own = {name: value for name, value in parameters.items() if _differs(chosen, name, value)}
    loosened = _newly_loosened(chosen, own, standing.proposal)
    if reasons := _against(site, chosen, own, standing.proposal, reason):
        raise ActionRefused("cannot-propose", reasons)
    if loosened and not may(by, "policy.loosen", site):
        raise ActionRefused("loosened", [_only_the_director(chosen, name) for name in loosened])
    row = RulebookProposal.objects.create(
        site=site,
        book=book,
        version=chosen.version,
        sha256=chosen.sha256,
        parameters=own,
        loosened_by_id=user_id(by) if loosened else _still_answers(chosen, own, standing.proposal),
        reason=reason.strip(),
        proposed_by_id=user_id(by),
        proposed_at=at,
    )
    details = {"book": book, "version": chosen.version, "parameters": own}
    audit.record(by=by, at=at, did="rulebook proposed", on=row, details=details)
    return row


@transaction.atomic
def approve_rulebook(
    *, proposal_id: int, effective_on: date, by: Actor, at: datetime, reason: str = ""
) -> RulebookRuling:
    """Put a proposal in force from a day on, as another person than the one who proposed it."""
    proposal = _open(proposal_id, by=by, permission="policy.approve")
    zone = ZoneInfo(proposal.site.time_zone)
    today = at.astimezone(zone).date()
    reasons = [
        *(["The one who proposed it cannot approve it."] if proposal.proposed_by_id == user_id(by) else []),
        *(["It cannot take effect on a day that is over."] if effective_on < today else []),
        *_changed_since(proposal),
    ]
    if reasons:
        raise ActionRefused("cannot-approve", reasons)
    begins = at if effective_on == today else datetime.combine(effective_on, time.min, tzinfo=zone)
    return _rule(proposal, approved=True, effective_from=begins, reason=reason, by=by, at=at)


@transaction.atomic
def reject_rulebook(*, proposal_id: int, reason: str, by: Actor, at: datetime) -> RulebookRuling:
    """Turn a proposal down, or take back one's own, with the reason."""
    proposal = _open(proposal_id, by=by, permission="policy.propose")
    if proposal.proposed_by_id != user_id(by):
        require(by, "policy.approve", proposal)
    if not reason.strip():
        raise ActionRefused("no-reason", ["Say why it does not come into force."])
    return _rule(proposal, approved=False, effective_from=None, reason=reason, by=by, at=at)


def _founding(site: Site, book: Book, *, at: datetime) -> RulebookRuling:
    proposal = RulebookProposal.objects.create(
        site=site, book=book.id, version=book.version, sha256=book.sha256, reason=FOUNDING, proposed_at=at
    )
    return RulebookRuling.objects.create(proposal=proposal, approved=True, ruled_at=at)


def _shipped(book: str, version: int) -> Book:
    if book not in rules.names():
        raise ActionRefused("no-such-book", ["There is no such rulebook."])
    try:
        return rules.load(book, version)
    except BadReference as bad:
        raise ActionRefused("bad-book", [str(one) for one in bad.problems]) from bad


def _differs(book: Book, name: str, value: object) -> bool:
    return name not in book.params or value != book.params[name].default


def _newly_loosened(book: Book, own: Mapping[str, float], standing: RulebookProposal) -> list[str]:
    """The values looser than the book's own that are not in force already."""
    return [
        name
        for name, value in own.items()
        if name in book.params and book.params[name].is_looser(value) and standing.parameters.get(name) != value
    ]


def _still_answers(book: Book, own: Mapping[str, float], standing: RulebookProposal) -> int | None:
    """Who answers for the looser values that stay as they are."""
    stays = any(name in book.params and book.params[name].is_looser(value) for name, value in own.items())
    return standing.loosened_by_id if stays else None


def _only_the_director(book: Book, name: str) -> Reason:
    param = book.params[name]
    return Reason(
        text=f"{name} would be looser than {param.default:g} {param.unit}: only the medical director may set that.",
        who="the medical director",
    )


def _against(
    site: Site, book: Book, own: Mapping[str, float], standing: RulebookProposal, reason: str
) -> list[Reason | str]:
    """Every reason why this cannot be proposed."""
    reasons: list[Reason | str] = []
    if not reason.strip():
        reasons.append("Say why it should change.")
    if queries.open_proposal(site, book.id) is not None:
        reasons.append(Reason(text="Another proposal for this book waits.", who="whoever may approve it"))
    if (book.version, book.sha256, dict(own)) == (standing.version, standing.sha256, standing.parameters):
        reasons.append("Nothing would change.")
    try:
        book.policy(own, loosened_by="the medical director")
    except BadPolicy as bad:
        reasons.extend(str(problem) for problem in bad.problems)
    return reasons


def _open(proposal_id: int, *, by: Actor, permission: str) -> RulebookProposal:
    """The proposal, with its site locked, if nobody has ruled on it yet."""
    proposal = RulebookProposal.objects.select_related("site").get(pk=proposal_id)
    Site.objects.select_for_update().get(pk=proposal.site_id)
    require(by, permission, proposal)
    if RulebookRuling.objects.filter(proposal=proposal).exists():
        raise ActionRefused("ruled", ["This proposal has been decided on already."])
    return proposal


def _changed_since(proposal: RulebookProposal) -> list[str]:
    """What keeps the proposed book from being the one that was looked at."""
    book = _shipped(proposal.book, proposal.version)
    return (
        [] if book.sha256 == proposal.sha256 else ["The book's file has changed since it was proposed: propose anew."]
    )


def _rule(
    proposal: RulebookProposal, *, approved: bool, effective_from: datetime | None, reason: str, by: Actor, at: datetime
) -> RulebookRuling:
    row = RulebookRuling.objects.create(
        proposal=proposal,
        approved=approved,
        effective_from=effective_from,
        reason=reason.strip(),
        proposed_by_id=proposal.proposed_by_id,
        ruled_by_id=user_id(by),
        ruled_at=at,
    )
    did = "rulebook approved" if approved else "rulebook rejected"
    details = {"book": proposal.book, "version": proposal.version, "proposal": proposal.pk}
    audit.record(by=by, at=at, did=did, on=proposal.site, details=details)
    return row
