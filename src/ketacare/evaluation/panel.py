"""Which current patients a proposed rulebook concerns: judged with the book in force and with the proposed one."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ketacare.clinic.models import Course, RulebookProposal, Site
from ketacare.clinic.queries import in_force
from ketacare.evaluation import queries
from ketacare.evaluation.changes import Change, changes, kept
from ketacare.science import rules
from ketacare.science.errors import BadFacts
from ketacare.science.rules import Book, Evaluation, Policy


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """One course that would be judged otherwise."""

    course: Course
    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def changes_disposition(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What a proposal means for everybody in care at a site."""

    looked_at: int
    concerned: tuple[Concerned, ...]
    unjudged: tuple[Course, ...]  # whose facts no evaluation may start from

    @property
    def dispositions(self) -> list[tuple[str, str, int]]:
        """How many go from which disposition to which, the most first."""
        counted = Counter((one.before, one.after) for one in self.concerned if one.changes_disposition)
        return [(before, after, count) for (before, after), count in counted.most_common()]

    @property
    def by_rule(self) -> list[tuple[str, str, int]]:
        """How many patients each change of a rule concerns, the most first."""
        counted = Counter((change.rule, change.words) for one in self.concerned for change in one.changes)
        return [(rule, words, count) for (rule, words), count in counted.most_common()]

    @property
    def digest(self) -> str:
        """A short proof of what a page showed."""
        shown = [
            [one.course.pk, one.before, one.after, [(c.rule, c.now) for c in one.changes]] for one in self.concerned
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def panel(proposal: RulebookProposal, *, at: datetime) -> Panel:
    """Judge everybody in care at the proposal's site with both books, on what is known of them now."""
    before = in_force(proposal.site, proposal.book, at=at)
    book = rules.load(proposal.book, proposal.version)
    after = book, book.policy(proposal.parameters, loosened_by="as proposed")
    concerned, unjudged, looked_at = [], [], 0
    for course in courses_in_care(proposal.site):
        looked_at += 1
        try:
            one = list(compared(course, before, after, at=at))
        except BadFacts:
            unjudged.append(course)
        else:
            concerned.extend(one)
    return Panel(looked_at=looked_at, concerned=tuple(concerned), unjudged=tuple(unjudged))


def compared(
    course: Course, before: tuple[Book, Policy], after: tuple[Book, Policy], *, at: datetime
) -> Iterator[Concerned]:
    """The course, if the second book judges it otherwise than the first."""
    on, facts = queries.today_at(course, at), queries.facts(course, at=at)
    letters = queries.clearances(course, on=on)

    def judged(book: Book, policy: Policy) -> Evaluation:
        return book.evaluate(facts, on=on, policy=policy, clearances=letters)

    first, second = judged(*before), judged(*after)
    found = changes(kept(first, facts), kept(second, facts))
    if found or first.disposition != second.disposition:
        yield Concerned(course=course, before=first.disposition, after=second.disposition, changes=tuple(found))


def courses_in_care(site: Site) -> QuerySet[Course]:
    """The courses of a site that have not ended, of patients who are not closed, by name."""
    rows = Course.objects.filter(site=site, patient__closed_at__isnull=True).exclude(status=Course.Status.ENDED)
    return rows.select_related("site", "patient").order_by("patient__family_name", "patient__given_name", "pk")
