"""Why a rule fired, stayed silent or is unknown: every comparison of it with the patient's value, the limit and the verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ketacare.science.rules.conditions import (
    AllOf,
    AnyOf,
    Asked,
    Comparison,
    Condition,
    Incomplete,
    Known,
    Operand,
    Verdict,
)
from ketacare.science.rules.findings import Used
from ketacare.science.rules.judging import Case, Judged

WORDS: Mapping[Verdict, str] = {True: "true", False: "false", None: "unknown"}
STATES: Mapping[Verdict, str] = {True: "fires", False: "is silent", None: "is unknown"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One part of a condition as it was judged: ``any`` or ``all`` of its parts, a comparison, or facts that must be there.

    A comparison has the patient's value in ``used``, the operator in ``op`` and what it was compared with in ``limit``; ``param`` names the
    parameter that gave the limit. Facts that must be there (``asked``) have in ``missing`` those that are not.
    """

    kind: str
    verdict: Verdict
    parts: tuple["Step", ...] = ()
    used: Used | None = None
    op: str = ""
    limit: Operand = None
    param: str | None = None
    missing: tuple[str, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the step and its parts in words, indented."""
        yield f"{'  ' * depth}{WORDS[self.verdict]:8}{self._says()}"
        for part in self.parts:
            yield from part.lines(depth + 1)

    def _says(self) -> str:
        if self.used is not None:
            limit = "" if self.limit is None else f" {_listed(self.limit)}"
            return f"{in_words(self.used)}; {self.op}{limit}{f' ({self.param})' if self.param else ''}?"
        if self.kind == "asked":
            return f"missing: {', '.join(self.missing)}" if self.missing else "nothing is missing"
        return f"{self.kind} of"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """How one rule was judged. ``why`` says what decided beside the condition, where something did."""

    rule_id: str
    statement: str
    verdict: Verdict
    skipped: bool
    why: str
    applies: Step | None
    when: Step

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the trace in words, one comparison a line."""
        yield f"{self.rule_id} {'is skipped' if self.skipped else STATES[self.verdict]}: {self.statement}"
        if self.why:
            yield f"  {self.why}"
        if self.applies is not None:
            yield "  for whom it is"
            yield from self.applies.lines(2)
        yield "  when"
        yield from self.when.lines(2)


class Traces(Mapping[str, Trace]):
    """The trace of every rule of a book by its id, worked out when it is asked for."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def __getitem__(self, rule_id: str) -> Trace:
        case = self._case
        rule = next((one for one in case.book.rules if one.id == rule_id), None)
        if rule is None:
            raise KeyError(rule_id)
        judged = case.judged(rule)
        return Trace(
            rule_id=rule.id,
            statement=rule.statement,
            verdict=judged.verdict,
            skipped=judged.skipped,
            why=_why(case, judged),
            applies=None if rule.applies is None else _step(case, rule.applies, judged.world),
            when=_step(case, rule.when, judged.world),
        )

    def __iter__(self) -> Iterator[str]:
        return (rule.id for rule in self._case.book.rules)

    def __len__(self) -> int:
        return len(self._case.book.rules)


def _why(case: Case, judged: Judged) -> str:
    if judged.skipped:
        return "It is for another route or another jurisdiction."
    when = judged.rule.when.verdict(judged.world, case.params)
    if when is judged.verdict:
        return ""
    if case.is_contradicted(judged.rule):
        return f"It fires because sources contradict each other: {', '.join(case.facts.worlds.rivals)}."
    return "It is unknown whether it is for this patient's route."


def _step(case: Case, condition: Condition, world: Known) -> Step:
    verdict = condition.verdict(world, case.params)
    match condition:
        case AnyOf() | AllOf():
            parts = tuple(_step(case, one, world) for one in condition.members)
            return Step(kind="any" if isinstance(condition, AnyOf) else "all", verdict=verdict, parts=parts)
        case Incomplete():
            asked = tuple(_asked(case, one, world) for one in condition.asked)
            return Step(kind="any", verdict=verdict, parts=asked)
        case Comparison():
            limit = condition.value if condition.param is None else case.params[condition.param]
            return Step(
                kind="comparison",
                verdict=verdict,
                used=case.used(condition.fact, world),
                op=condition.op,
                limit=limit,
                param=condition.param,
            )


def _asked(case: Case, asked: Asked, world: Known) -> Step:
    missing = asked.missing(world, case.params)
    parts = () if asked.when is None else (_step(case, asked.when, world),)
    return Step(kind="asked", verdict=bool(missing), parts=parts, missing=missing)


def in_words(used: Used) -> str:
    """Return a fact as it was used, in words."""
    if used.value is None:
        return f"{used.name} is too old ({used.as_of})" if used.stale else f"{used.name} is missing"
    least = "" if used.complete else "at least "
    return f"{used.name} = {least}{_listed(used.value)}{f' {used.unit}' if used.unit else ''}"


def _listed(value: Operand) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return (", ".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)
