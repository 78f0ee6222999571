"""What the pages about rulebooks show, as plain values: what is in force, what is proposed, and how they differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic import queries
from ketacare.clinic.models import RulebookProposal, RulebookRuling, Site
from ketacare.science import rules
from ketacare.science.rules import Book, Param, Policy, Rule
from ketacare.science.rules.conditions import comparisons

LOWER_FIRST = {"lower": "a lower number", "higher": "a higher number"}


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One rulebook at one site: what is in force, what is newer, what waits."""

    site: Site
    name: str
    ruling: RulebookRuling
    book: Book
    policy: Policy
    newest: int
    waiting: RulebookProposal | None
    coming: tuple[RulebookRuling, ...]

    @property
    def has_newer(self) -> bool:
        return self.newest > self.book.version


@dataclass(frozen=True, kw_only=True)
class Number:
    """One parameter of a book: its bounds, the book's own value, and the site's."""

    name: str
    param: Param
    default: float
    now: float | None  # None: the version in force has no such parameter
    wanted: float
    rules: tuple[str, ...]  # that compare with it

    @property
    def stricter_is(self) -> str:
        return LOWER_FIRST[self.param.stricter]

    @property
    def is_changed(self) -> bool:
        return self.wanted != self.now

    @property
    def is_looser_than_default(self) -> bool:
        return self.param.is_looser(self.wanted)

    @property
    def direction(self) -> str:
        """Against what is in force, in a word."""
        if self.now is None or not self.is_changed:
            return "new" if self.now is None else "as now"
        lower = self.wanted < self.now
        return "stricter than now" if lower == (self.param.stricter == "lower") else "looser than now"


@dataclass(frozen=True, kw_only=True)
class RuleDifference:
    """A rule that another version states differently."""

    rule: Rule
    what: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A proposed version and its numbers, against what is in force."""

    before: Book
    after: Book
    numbers: tuple[Number, ...]  # those that change
    gone: tuple[str, ...]  # parameters that the other version no longer has
    rules: tuple[RuleDifference, ...]

    @property
    def is_none(self) -> bool:
        return self.before.sha256 == self.after.sha256 and not self.numbers


def shelf(site: Site, *, at: datetime) -> list[Shelved]:
    """Every rulebook of a site."""
    return [shelved(site, name, at=at) for name in rules.names()]


def shelved(site: Site, name: str, *, at: datetime) -> Shelved:
    """One rulebook of a site."""
    book, policy = queries.in_force(site, name, at=at)
    return Shelved(
        site=site,
        name=name,
        ruling=queries.ruling_in_force(site, name, at=at),
        book=book,
        policy=policy,
        newest=rules.versions(name)[-1],
        waiting=queries.open_proposal(site, name),
        coming=tuple(queries.rulings_to_come(site, name, at=at)),
    )


def numbers(book: Book, now: Policy, wanted: Mapping[str, float]) -> list[Number]:
    """Every parameter of a version, with what is in force and what is wanted (default: as now, where it may be)."""
    users = rules_by_parameter(book)
    return [
        Number(
            name=name,
            param=param,
            default=param.default,
            now=now.values.get(name),
            wanted=wanted.get(name, now.changed.get(name, param.default)),
            rules=users.get(name, ()),
        )
        for name, param in book.params.items()
    ]


def rules_by_parameter(book: Book) -> dict[str, tuple[str, ...]]:
    """The rules that compare with each parameter."""
    found: dict[str, list[str]] = {}
    for rule in book.rules:
        for name in {one.param for one in comparisons(rule.when) if one.param}:
            found.setdefault(name, []).append(rule.id)
    return {name: tuple(ids) for name, ids in found.items()}


def difference(before: Book, now: Policy, after: Book, wanted: Mapping[str, float]) -> Difference:
    """What a proposal would change."""
    wanted = {name: param.default for name, param in after.params.items()} | dict(wanted)
    return Difference(
        before=before,
        after=after,
        numbers=tuple(one for one in numbers(after, now, wanted) if one.is_changed),
        gone=tuple(sorted(before.params.keys() - after.params.keys())),
        rules=tuple(rule_differences(before, after)),
    )


def rule_differences(before: Book, after: Book) -> Iterator[RuleDifference]:
    """The rules that are new, gone or stated otherwise."""
    old, new = ({rule.id: rule for rule in book.rules} for book in (before, after))
    for key, rule in new.items():
        if key not in old:
            yield RuleDifference(rule=rule, what="new")
        elif rule.stated != old[key].stated:
            yield RuleDifference(rule=rule, what="stated otherwise")
    for key in old.keys() - new.keys():
        yield RuleDifference(rule=old[key], what="gone")
