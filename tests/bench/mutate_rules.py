"""Would the clinical cases notice a wrong rule? Every book is made wrong in every place, one at a time, and its cases are run.

``./run bench --mutate-rules``; for a book or the rules whose ids begin so: ``python -m tests.bench.mutate_rules alarms REL-``.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ketacare.science.rules import Book, load, names
from ketacare.science.rules.admit import Admitted, admit
from ketacare.science.rules.cases import Case, RuleExpectation, run_case, with_clearances
from ketacare.science.rules.conditions import Params
from tests.bench.equivalent import means_the_same
from tests.bench.mutants import Mutant, mutants
from tests.spec.rules.files import EACH_RULE, HERE, ON, cases

GOAL_PCT = 98
WIDE = ("route", "jurisdiction")  # what these change shows where the condition is false, too


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A case with its facts as the rules see them."""

    case: Case
    facts: Admitted
    params: Params

    def may_tell(self, mutant: Mutant, book: Book) -> bool:
        """Whether the case could come out otherwise; if not, there is no need to run it."""
        if mutant.param and mutant.param in self.case.policy:
            return False  # the site's own number stands in for the default that was shifted
        if not mutant.rule or mutant.kind in WIDE or self.facts.worlds.rivals:
            return True
        rule = book.rule(mutant.rule)
        if rule.reads_clearances:
            return True
        before = rule.when.verdict(self.facts.worlds.base, self.params)
        if mutant.when is None:
            return before is not False
        params = {**mutant.book.defaults.values, **self.params}
        return mutant.book.rule(mutant.rule).when.verdict(self.facts.worlds.base, params) is not before


def prepared(book: Book) -> tuple[Prepared, ...]:
    """Every case of a book, in all three formats; those of one rule come first."""
    found = []
    for case in (*cases(EACH_RULE), *cases(HERE)):
        if case.book != book.id:
            continue
        params = book.policy(case.policy, loosened_by=case.loosened_by).values
        facts, clearances = with_clearances(book, case.facts, on=ON)
        admitted = admit(book, facts, on=ON, params=params, clearances=clearances)
        found.append(Prepared(case=case, facts=admitted, params=params))
    return tuple(found)


def is_caught(mutant: Mutant, book: Book, given: Sequence[Prepared]) -> bool:
    """Whether any case comes out otherwise."""
    own = [one for one in given if isinstance(one.case.expect, RuleExpectation) and one.case.expect.rule == mutant.rule]
    mine = set(map(id, own))
    rest = [one for one in given if id(one) not in mine]
    return any(
        one.may_tell(mutant, book) and run_case(one.case, on=ON, book=mutant.book).mismatches for one in (*own, *rest)
    )


@dataclass
class Count:
    """How many mutants were caught, and those that were not."""

    caught: int = 0
    equivalent: int = 0
    survived: int = 0

    @property
    def pct(self) -> float:
        """The share of the mutants that were caught, those that mean the same left out."""
        made = self.caught + self.survived
        return 100 * self.caught / made if made else 100.0

    def __str__(self) -> str:
        same = f", {self.equivalent} mean the same" if self.equivalent else ""
        return f"{self.pct:6.2f} %  {self.caught} of {self.caught + self.survived} caught{same}"


def hunt(book: Book, chosen: Iterable[str]) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant of a book with what became of it: caught, equivalent, survived."""
    given = prepared(book)
    for mutant in mutants(book):
        if chosen and not any(mutant.rule.startswith(prefix) for prefix in chosen):
            continue
        if is_caught(mutant, book, given):
            yield mutant, "caught"
        elif means_the_same(book, mutant):
            yield mutant, "equivalent"
        else:
            yield mutant, "survived"


def run(wanted: Sequence[str] = ()) -> int:
    """Print the score and every survivor; return 1 when it is below the goal."""
    began = time.perf_counter()
    prefixes = [one for one in wanted if one not in names()]
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    left: dict[str, list[str]] = defaultdict(list)
    for name in [one for one in wanted if one in names()] or names():
        for mutant, fate in hunt(load(name), prefixes):
            for key in (("book", name), ("kind", mutant.kind), ("all", "together")):
                setattr(counts[key], fate, getattr(counts[key], fate) + 1)
            if fate != "caught":
                left[fate].append(str(mutant))
    for what, heading in (("equivalent", "Mean the same for every patient, proved"), ("survived", "Survived")):
        if left[what]:
            print(f"{heading}:", *left[what], sep="\n  ")
    for (_, name), count in sorted(counts.items()):
        print(f"  {name:16}{count}")
    print(f"  in {time.perf_counter() - began:.0f} s; the goal is {GOAL_PCT} %")
    return int(counts["all", "together"].pct < GOAL_PCT)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
