"""What a condition could ever say, by search over the cells of its facts.

A tree of conditions is asked for the verdicts it can reach. Members that read no fact together are asked apart and their answers combined;
members that share a fact are asked once for each cell of that fact. So a proof looks at every kind of patient, and at few of them one by one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ketacare.science.rules import cells
from ketacare.science.rules.conditions import (
    AnyOf,
    Asked,
    AtLeast,
    Compared,
    Comparison,
    Condition,
    Incomplete,
    Known,
    Params,
    Verdict,
)
from ketacare.science.rules.fields import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """A verdict that no fact can change any more."""

    verdict: Verdict
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Leaf:
    """A fact with the verdict on each of its cells, in the order of the cells."""

    fact: str
    verdicts: tuple[Verdict, ...]
    facts: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Gate:
    """Any (the strongest verdict is true) or all (the strongest is false) of its members."""

    strongest: bool
    members: tuple["_Node", ...]
    facts: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Is:
    """True when the verdict on a tree is one of the named, else false; never unknown."""

    tree: "_Node"
    verdicts: frozenset[Verdict]
    facts: frozenset[str] = field(default_factory=frozenset)


_Node = _Known | _Leaf | _Gate | _Is


def reachable(
    condition: Condition,
    fields: Mapping[str, Field],
    params: Params,
    *,
    never: Sequence[Condition] = (),
    from_below: Collection[str] = (),
) -> frozenset[Verdict]:
    """Return which of true, false and None (unknown) a condition can be, over every patient that may be described.

    Args:
        condition: any condition of a book, stars too.
        fields: the book's fields: a fact takes each value it may be given, or is missing, whatever the other facts are.
        params: the parameters in use, by name.
        never: conditions that are true of no patient, for example that a derived fact is missing while its inputs are there. Those that
            read no fact of the condition do not matter and are left out.
        from_below: the facts of which no more than a part may be known: lists that may be open, and counts of such lists.

    Returns:
        The verdicts, exactly: each is reached by some patient, and no other can be.

    Assumes: facts vary independently but for ``never``, and an open list may hold something that no condition names. Where that is not so,
        the answer names too many verdicts and never too few, so that neither "can never fire" nor "always fires" is ever claimed wrongly.
    Source: our own; checked in the tests against trying every patient one by one, on generated conditions.
    """
    facts = set(cells.reads(condition))
    ruled_out = [one for one in never if facts & set(cells.reads(one))]
    build = _Build.of([condition, *ruled_out], fields, params, from_below)
    tree = build.node(condition)
    if not ruled_out:
        return _reach(tree)
    allowed = [_is(build.node(one), frozenset({False, None})) for one in ruled_out]
    return frozenset(
        verdict
        for verdict in (True, False, None)
        if True in _reach(_gate(False, [_is(tree, frozenset({verdict})), *allowed]))
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Build:
    """Makes trees of leaves out of conditions; all of one search share the cells of their facts."""

    fields: Mapping[str, Field]
    params: Params
    found: Mapping[str, Sequence[Compared | None]]
    kinds: Mapping[str, tuple[str, ...]]
    from_below: Collection[str]

    @classmethod
    def of(
        cls, conditions: Sequence[Condition], fields: Mapping[str, Field], params: Params, from_below: Collection[str]
    ) -> "_Build":
        asked: dict[str, list[Comparison]] = {}
        for condition in conditions:
            for one in cells.compared(condition):
                asked.setdefault(one.fact, []).append(one)
        kinds = {
            fact: cells.kinds_of_members(several, fields[fact])
            for fact, several in asked.items()
            if fields[fact].type == "list"
        }
        found: dict[str, Sequence[Compared | None]] = {}
        for fact in (fact for condition in conditions for fact in cells.reads(condition)):
            known = cells.of_fact(asked.get(fact, ()), fields[fact], params)
            lower = (
                [AtLeast(value) for value in known if isinstance(value, int) and value > 0]
                if fact in from_below
                else []
            )
            found[fact] = (*known, *lower)
        return cls(fields=fields, params=params, found=found, kinds=kinds, from_below=from_below)

    def node(self, condition: Condition) -> _Node:
        """Return the tree of a condition."""
        if isinstance(condition, Comparison):
            return self._comparison(condition)
        if isinstance(condition, Incomplete):
            return _gate(True, [self._asked(asked) for asked in condition.asked])
        return _gate(isinstance(condition, AnyOf), [self.node(member) for member in condition.members])

    def _asked(self, asked: Asked) -> _Node:
        missing = [self._comparison(Comparison(fact=fact, op="missing")) for fact in asked.facts]
        holds = [] if asked.when is None else [_is(self.node(asked.when), frozenset({True}))]
        return _gate(False, [*holds, _gate(True, missing)])

    def _comparison(self, one: Comparison) -> _Node:
        if self.fields[one.fact].type == "list":
            return self._of_list(one)
        worlds = ({} if value is None else {one.fact: value} for value in self.found[one.fact])
        return _leaf(one.fact, *(one.verdict(world, self.params) for world in worlds))

    def _of_list(self, one: Comparison) -> _Node:
        """A list is complete, missing or open, and holds each kind of member or not: as many facts, each with its few cells."""
        states: list[tuple[bool, Known]] = [(True, {one.fact: ()}), (False, {})]
        if one.fact in self.from_below:
            states.append((True, {one.fact: AtLeast(())}))
        itself = _leaf(one.fact, *(one.verdict(state, self.params) for _, state in states))
        if not isinstance(one.value, tuple):
            return itself
        there = _leaf(one.fact, *(there for there, _ in states))
        held = [_leaf(f"{one.fact} {kind}", True, False) for kind in self.kinds[one.fact] if kind in one.value]
        return _gate(True, [itself, _gate(False, [there, _gate(True, held)])])


def _leaf(fact: str, *verdicts: Verdict) -> _Node:
    return _Leaf(fact=fact, verdicts=verdicts, facts=frozenset({fact}))


def _is(tree: _Node, verdicts: frozenset[Verdict]) -> _Node:
    if isinstance(tree, _Known):
        return _Known(verdict=tree.verdict in verdicts)
    return _Is(tree=tree, verdicts=verdicts, facts=tree.facts)


def _gate(strongest: bool, members: Iterable[_Node]) -> _Node:
    """Return a gate without members that cannot matter; a known verdict where its members settle it."""
    kept: list[_Node] = []
    unknown = False
    for member in members:
        if not isinstance(member, _Known):
            kept.append(member)
        elif member.verdict is strongest:
            return member
        else:
            unknown = unknown or member.verdict is None
    if unknown:
        kept.append(_Known(verdict=None))
    if len(kept) == 1:
        return kept[0]
    if not kept:
        return _Known(verdict=not strongest)
    return _Gate(strongest=strongest, members=tuple(kept), facts=frozenset().union(*(one.facts for one in kept)))


def _reach(node: _Node, known: frozenset[Verdict] = frozenset()) -> frozenset[Verdict]:
    """Return the verdicts a tree can reach; those already known to be within reach may be left out."""
    match node:
        case _Known():
            return frozenset({node.verdict})
        case _Leaf():
            return frozenset(node.verdicts)
        case _Is():
            return frozenset(verdict in node.verdicts for verdict in _reach(node.tree))
    groups = _apart(node.members)
    if len(groups) == 1:
        return _reach_together(node.strongest, groups[0], known)
    return _combined(node.strongest, [_reach_together(node.strongest, members) for members in groups])


def _combined(strongest: bool, reached: Sequence[frozenset[Verdict]]) -> frozenset[Verdict]:
    """Return what a gate can reach whose members vary independently."""
    weakest = not strongest
    verdicts: set[Verdict] = {strongest} if any(strongest in one for one in reached) else set()
    if all(one - {strongest} for one in reached):
        verdicts |= {None} if any(None in one for one in reached) else set()
        verdicts |= {weakest} if all(weakest in one for one in reached) else set()
    return frozenset(verdicts)


def _at_most(node: _Node) -> frozenset[Verdict]:
    """Return what a tree could reach if all its leaves varied independently: never less than it can."""
    match node:
        case _Known():
            return frozenset({node.verdict})
        case _Leaf():
            return frozenset(node.verdicts)
        case _Is():
            return frozenset(verdict in node.verdicts for verdict in _at_most(node.tree))
    return _combined(node.strongest, [_at_most(member) for member in node.members])


def _reach_together(
    strongest: bool, members: Sequence[_Node], known: frozenset[Verdict] = frozenset()
) -> frozenset[Verdict]:
    """Return what members that share facts can reach: the union over the cells of the fact that most of them read.

    A cell that could add nothing is passed over.
    """
    if len(members) == 1:
        return _reach(members[0], known)
    fact = Counter(fact for member in members for fact in sorted(member.facts)).most_common(1)[0][0]
    reached: frozenset[Verdict] = frozenset()
    for cell in _distinct(fact, members):
        rest = _gate(strongest, [_settled(member, fact, cell) for member in members])
        if not _at_most(rest) <= reached | known:
            reached |= _reach(rest, reached | known)
    return reached


def _apart(members: Sequence[_Node]) -> list[list[_Node]]:
    """Return the members in groups that have no fact in common."""
    groups: list[tuple[frozenset[str], list[_Node]]] = []
    for member in members:
        joined = [group for group in groups if group[0] & member.facts]
        groups = [group for group in groups if not group[0] & member.facts]
        groups.append(
            (
                member.facts.union(*(facts for facts, _ in joined)),
                [*(one for _, ones in joined for one in ones), member],
            )
        )
    return [ones for _, ones in groups]


def _distinct(fact: str, members: Sequence[_Node]) -> list[int]:
    """Return one of each kind of a fact's cells, as far as the leaves of these members tell them apart."""
    leaves = {leaf.verdicts for member in members for leaf in _leaves(member, fact)}
    return list({row: cell for cell, row in enumerate(zip(*leaves, strict=True))}.values())


def _leaves(node: _Node, fact: str) -> Iterator[_Leaf]:
    if fact not in node.facts:
        return
    match node:
        case _Leaf():
            yield node
        case _Is():
            yield from _leaves(node.tree, fact)
        case _Gate():
            for member in node.members:
                yield from _leaves(member, fact)


def _settled(node: _Node, fact: str, cell: int) -> _Node:
    """Return a tree with one fact given."""
    if fact not in node.facts:
        return node
    match node:
        case _Leaf():
            return _Known(verdict=node.verdicts[cell])
        case _Is():
            return _is(_settled(node.tree, fact, cell), node.verdicts)
        case _Gate():
            return _gate(node.strongest, [_settled(member, fact, cell) for member in node.members])
    return node
