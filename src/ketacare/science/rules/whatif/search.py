"""The search for the smallest sets of changes and clearances that lead from one result of a rulebook to another."""

import heapq
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from itertools import count, takewhile

from ketacare.science.rules import cells
from ketacare.science.rules.admit import Given
from ketacare.science.rules.book import Book
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import Params, Value
from ketacare.science.rules.fields import Fact
from ketacare.science.rules.findings import Evaluation, Finding, Used
from ketacare.science.rules.policy import Policy
from ketacare.science.rules.whatif.changes import Change, Changes
from ketacare.science.rules.whatif.wanted import Wanted
from ketacare.science.rules.whatif.ways import Scene, Way, known_values, smallest, ways

CHOSEN = Change(kind="settle", may_become=Wanted())  # a fact that a person states anew, or that a way is free to choose
MOST_NARROWED = 20  # facts of a set that is looked at step by step; a larger one says "answer the questions first"
MOST_JUDGED = 400  # evaluations of one search; a search that ends here says so


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """One search under way."""

    book: Book
    on: date
    policy: Policy | None
    clearances: Sequence[Clearance]
    first: Evaluation
    given: Mapping[str, Fact | Sequence[Fact] | Value]  # as the first evaluation used them, rivals and open lists too
    may: Changes
    cells: Mapping[str, tuple[Value | None, ...]]
    inputs: Mapping[str, tuple[str, ...]]

    def judged(self, way: Way) -> tuple[Evaluation, Scene]:
        """Return what the engine says after a way was gone."""
        known = {name: one.value for name, one in self.first.facts.items() if one.value is not None}
        return self.judge(known_values(known, way, self.cells), way)

    def judge(self, values: Mapping[str, Value], way: Way) -> tuple[Evaluation, Scene]:
        """Return what the engine says with these values for the facts of a way and its clearances on file, and the scene then."""
        letters = [
            Clearance(clearance=kind, covers=way.asked_by[kind], dated=self.on, expires=self.on, inputs={})
            for kind in sorted(way.clearances)
        ]
        facts = {**self.given, **{name: values[name] for name in way.facts}}
        found = self.book.evaluate(facts, on=self.on, policy=self.policy, clearances=[*self.clearances, *letters])
        seen = {name: one.value for name, one in found.facts.items() if one.value is not None and one.complete}
        scene = Scene(
            fields=self.book.fields,
            values=seen,
            params=found.params,
            changes=self.may.facts,
            inputs=self.inputs,
            rivals={name: _told(one) for name, one in found.facts.items() if one.rivals},
        )
        return found, scene


def search_from(
    book: Book,
    facts: Given,
    *,
    on: date,
    policy: Policy | None,
    clearances: Sequence[Clearance],
    may: Changes,
) -> Search:
    """Return a search that starts from a patient as they are."""
    first = book.evaluate(facts, on=on, policy=policy, clearances=clearances)
    return Search(
        book=book,
        on=on,
        policy=policy,
        clearances=clearances,
        first=first,
        given={name: _as_given(one) for name, one in first.facts.items() if not one.derived and one.value is not None},
        may=may,
        cells=_cells(book, first.params),
        inputs=_inputs(book),
    )


def _told(used: Used) -> tuple[Value, ...]:
    return tuple(one.value for one in (used, *used.rivals) if one.value is not None)


def _as_given(used: Used) -> list[Fact]:
    """Return a fact as it may be given again: what each source says of it."""
    return [
        Fact(name=one.name, value=one.value, unit=one.unit, as_of=one.as_of, source=one.source, complete=one.complete)
        for one in (used, *used.rivals)
    ]


def _cells(book: Book, params: Params) -> Mapping[str, tuple[Value | None, ...]]:
    """Return the values of every fact that the book can tell apart; of a fact that it only asks for, one."""
    conditions = [*(rule.when for rule in book.rules), *(one.when for one in book.derivations if one.when is not None)]
    return cells.of(conditions, book.fields, params)


def _inputs(book: Book) -> dict[str, tuple[str, ...]]:
    derived = (one.stated for one in book.derivations)
    return {one.fact: one.difference or (str(one.count_of),) for one in derived if one.fact is not None}


def smallest_ways(search: Search, *, most: int) -> tuple[list[Way], bool]:
    """Return the smallest ways that reach a goal, and whether everything was looked at."""
    order = count()
    waiting = [(0, next(order), Way())]
    found: list[Way] = []
    seen: set[str] = set()
    for _ in range(MOST_JUDGED):
        if not waiting or len(found) >= most:
            return smallest(found), True
        _, _, way = heapq.heappop(waiting)
        further = _further(search, way)
        if further is None:
            found.append(_without_needless(search, way))
            continue
        for one in further:
            if repr(one) not in seen:
                seen.add(repr(one))
                heapq.heappush(waiting, (one.size, next(order), one))
    return smallest(found), False


def _without_needless(search: Search, way: Way) -> Way:
    """Return the way without any step that the engine does not miss."""
    for name in sorted(way.asked_by) if len(way.facts) <= MOST_NARROWED else ():
        less = Way(
            facts={fact: want for fact, want in way.facts.items() if fact != name},
            clearances=way.clearances - {name},
            asked_by={one: rules for one, rules in way.asked_by.items() if one != name},
        )
        if not blocking(search, search.judged(less)[0]):
            way = less
    return way


def _further(search: Search, way: Way) -> list[Way] | None:
    """Return the ways that go on from one, none where it is a dead end; None when it reaches a goal with everything it admits."""
    evaluation, scene = search.judged(way)
    options = [_onward(search, one, scene, way) for one in blocking(search, evaluation)]
    if not options:
        return _narrowed(search, way, scene)
    if not all(options):
        return []
    merged = way
    for (only,) in (one for one in options if len(one) == 1):
        merged = merged.and_also(only) or merged  # what excludes an earlier step is looked at again after it
    if merged != way:
        return [merged]
    fewest: list[Way] = min(options, key=len)
    return [one for one in map(way.and_also, fewest) if one is not None and one != way]


def _onward(search: Search, finding: Finding, scene: Scene, way: Way) -> list[Way]:
    """Return the ways out of a finding: where our own choice of a value made it fire, another value and nothing else."""
    chosen = _rests_on(search, finding) & way.facts.keys() if finding.fires else set()
    otherwise = [one for one in _by_other_values(finding, scene, chosen) if way.and_also(one) not in (None, way)]
    return otherwise or _ways_out_of(search, finding, scene)


def _rests_on(search: Search, finding: Finding) -> set[str]:
    """Return the facts that a finding rests on, behind a derived one those it follows from."""
    return {name for one in finding.because for name in search.inputs.get(one.name, (one.name,))}


def _by_other_values(finding: Finding, scene: Scene, chosen: Set[str]) -> list[Way]:
    """Return the ways out of a finding that touch nothing but these facts, which a way chooses anyway."""
    free = replace(scene, changes=dict.fromkeys(chosen, CHOSEN))
    found = ways(finding.rule.when, False, free, rule=finding.rule.id)
    return [one for one in found if one.facts.keys() <= chosen and not one.clearances]


def _narrowed(search: Search, way: Way, scene: Scene) -> list[Way] | None:
    """Return the way with its ranges made narrower where another value of one would block again; None when none would."""
    if len(way.facts) > MOST_NARROWED:
        return None
    narrower = way
    for name in way.facts:
        for value in _others(search, way, name, scene.values[name]):
            if not narrower.facts[name].admits(value):
                continue
            evaluation, there = search.judge({**scene.values, name: value}, way)
            for finding in blocking(search, evaluation):
                for only in _by_other_values(finding, there, {name})[:1]:
                    narrower = narrower.and_also(only) or narrower
    return None if narrower == way else [narrower]


def _others(search: Search, way: Way, name: str, chosen: Value) -> Iterator[Value]:
    """Yield the other values of a fact that a way admits; a known list is only ever made shorter."""
    now = search.first.facts.get(name)
    for value in search.cells[name]:
        if value is None or value == chosen or not way.facts[name].admits(value):
            continue
        if not (now is not None and now.complete and _has_grown(value, now.value)):
            yield value


def _has_grown(value: Value, now: Value | None) -> bool:
    return isinstance(value, tuple) and isinstance(now, tuple) and not set(value) <= set(now)


def blocking(search: Search, evaluation: Evaluation) -> list[Finding]:
    """Return the findings because of which the result is no goal."""
    rows = takewhile(lambda row: (row.then or row.otherwise) not in search.may.goals, search.book.result)
    when = [row.when for row in rows if row.when is not None]
    fired = {severity for one in when for severity in one.fired}
    unknown = {severity for one in when for severity in one.unknown}
    uncleared = {severity for one in when for severity in one.uncleared}

    def blocks(one: Finding) -> bool:
        if one.fires is None:
            return one.severity in unknown
        return one.severity in fired or (one.severity in uncleared and not one.cleared)

    return [one for one in evaluation.findings if blocks(one)]


def _ways_out_of(search: Search, finding: Finding, scene: Scene) -> list[Way]:
    """Return the ways out of one finding; none where it rests on facts that stay as they are and no clearance lifts it."""
    rule = finding.rule
    if differing := [name for name in _rests_on(search, finding) if name in scene.rivals]:
        return [_settled(name, value, rule.id) for name in sorted(differing) for value in scene.rivals[name]]
    kinds = frozenset(kind for kind, _ in finding.standing)
    letters = [Way(clearances=kinds, asked_by={kind: frozenset({rule.id}) for kind in kinds})] if kinds else []
    if rule.id == search.book.contradictions:
        scene = replace(scene, changes=dict.fromkeys(_rests_on(search, finding), CHOSEN))
    return smallest([*letters, *ways(rule.when, False, scene, rule=rule.id)])


def _settled(name: str, value: Value, rule: str) -> Way:
    """Return the way in which a person says that one of several sources is right."""
    return Way(facts={name: Wanted.exactly(value)}, asked_by={name: frozenset({rule})})


def dead_ends(search: Search) -> Iterator[Finding]:
    evaluation, scene = search.judged(Way())
    for finding in blocking(search, evaluation):
        if not _ways_out_of(search, finding, scene):
            yield finding
