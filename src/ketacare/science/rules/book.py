"""A rulebook: parsed once from its file into a frozen value, with every problem reported at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ketacare.science import reference
from ketacare.science.errors import BadReference, Problem
from ketacare.science.reference import Review
from ketacare.science.rules import proofs
from ketacare.science.rules.admit import Given
from ketacare.science.rules.catalogue import FOLDER, declared, names
from ketacare.science.rules.checks import problems_in
from ketacare.science.rules.clearances import Clearance
from ketacare.science.rules.conditions import Asked, Condition, parse
from ketacare.science.rules.evaluate import judge
from ketacare.science.rules.fields import Field
from ketacare.science.rules.findings import Evaluation
from ketacare.science.rules.policy import Param, Policy, make_policy
from ketacare.science.rules.rule import Deriving, Rule, derived_from, make_rule
from ketacare.science.rules.shapes import BookShape, Outcome, Rounding, Severity, shape_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A rulebook: load one with ``rules.load``, then ``evaluate`` patients with it."""

    id: str
    version: int
    sha256: str
    title: str
    status: str
    review: Review
    severities: Mapping[str, Severity]
    result: tuple[Outcome, ...]
    params: Mapping[str, Param]
    param_order: tuple[tuple[str, ...], ...]
    fields: Mapping[str, Field]
    rules: tuple[Rule, ...]
    derivations: tuple[Deriving, ...]
    derived_from: Mapping[str, tuple[str, ...]]
    required_facts: tuple[str, ...]
    clearance_max_age_days: Mapping[str, int]
    prefix: str
    contradictions: str | None
    rounding: Rounding | None
    annex: Mapping[str, Any]
    defaults: Policy

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by its id."""
        return next(rule for rule in self.rules if rule.id == rule_id)

    def evaluate(
        self,
        facts: Given,
        *,
        on: date | None = None,
        policy: Policy | None = None,
        clearances: Sequence[Clearance] = (),
    ) -> Evaluation:
        """Return what the rulebook says about a patient.

        Args:
            facts: by name: a plain value, a ``Fact`` with its evidence, or None (unknown). A number of days since something may be given as
                the date of it. A bare name takes the book's prefix.
            on: the day of evaluation, or the moment (with time zone) where facts age by seconds. It may be left out while nothing
                is dated: no fact, and no clearance.
            policy: the site's parameters, from ``book.policy``; None: every default.
            clearances: the records on file; each lifts the relative rules it covers while it is valid.

        Returns:
            The disposition with findings (strongest severity first), needs, contradictions and the facts as used.

        Raises:
            BadFacts: every fact that is unknown, of the wrong type or unit, outside its range, or dated in the future; what is
                dated while the day of evaluation is not known.

        Assumes: facts describe one patient at one time; a fact without ``as_of`` is as fresh as the evaluation.
        Source: the rulebook's own semantics, docs/explanation/rule-engine.md; checked against every case in tests/spec/rules and against an
            independent slow evaluator in tests/science/rules.
        """
        return judge(self, facts, on=on, policy=policy, clearances=clearances)

    def policy(self, changes: Mapping[str, float], *, loosened_by: str = "") -> Policy:
        """Return a site's parameters, checked; raises BadPolicy with every problem."""
        return make_policy(self.params, self.param_order, changes, loosened_by=loosened_by)

    def fact_name(self, name: str) -> str:
        """Return the full name of a fact that a case or a device may name without the book's prefix."""
        return name if name in self.fields or "." in name else self.prefix + name


@cache
def load(name: str, version: int | None = None) -> Book:
    """Return a shipped rulebook, parsed once.

    Args:
        name: for example ``eligibility``.
        version: one of ``versions(name)``; None: the newest.

    Raises:
        BadReference: no such book or version, or everything that is wrong with it.
    """
    there = reference.versions(f"{FOLDER}/{name}")
    chosen = max(there) if version is None else version
    if chosen not in there:
        says = f"there is no version {chosen}; there {'is' if len(there) == 1 else 'are'} {', '.join(map(str, there))}"
        raise BadReference([Problem(place=f"{FOLDER}/{name}", says=says)])
    return _parsed(there[chosen])


@cache
def _parsed(file: str) -> Book:
    reference.refuse_if_changed(file)
    tree = reference.read_yaml(file)
    book = parse_book(tree, place=file, sha256=reference.digest(file))
    if problems := [*_misfiled(book, file), *_twins(tree, reference.versions(file.rsplit(".", 2)[0]), place=file)]:
        raise BadReference(problems)
    return book


def _misfiled(book: Book, file: str) -> Iterator[Problem]:
    """Yield what a version's file says of itself that is not so: decisions name a version, and it must be that one."""
    stem, version, _ = file.rsplit(".", 2)
    if (f"{FOLDER}/{book.id}", str(book.version)) != (stem, version):
        yield Problem(place=file, says=f"says that it is version {book.version} of {book.id}")


def _twins(tree: Mapping[str, Any], versions: Mapping[int, str], *, place: str) -> Iterator[Problem]:
    """Yield the other versions that say the very same, whatever they call themselves."""
    for other in versions.values():
        if other != place and reference.read_yaml(other) | {"version": tree["version"]} == tree:
            yield Problem(place=place, says=f"says the same as {other}: a new version must change something")


def load_file(path: Path) -> Book:
    """Return a rulebook that lies outside the package, for example a draft; raises BadReference."""
    text = path.read_text(encoding="utf-8")
    tree = reference.parse_yaml(text, place=path.name)
    book = parse_book(tree, place=path.name, sha256=reference.sha256(text))
    shipped = reference.versions(f"{FOLDER}/{book.id}") if book.id in names() else {}
    others = {version: file for version, file in shipped.items() if version != book.version}
    if problems := list(_twins(tree, others, place=path.name)):
        raise BadReference(problems)
    return book


def parse_book(tree: object, *, place: str, sha256: str) -> Book:
    """Return the rulebook a parsed file states, or raise BadReference with every problem."""
    problems: list[Problem] = []
    shape = shape_of(tree, problems)
    if shape is None:
        raise BadReference([_placed(one, place) for one in problems])
    asked = _asked(shape, problems)
    stars = {"required_facts": asked[:1], "conditional_required": asked[1:]}
    conditions = [
        parse(rule.when, place=f"rules.{rule.id}.when", stars=stars, problems=problems) for rule in shape.rules
    ]
    derivations = tuple(
        Deriving(
            stated=one, when=None if one.when is None else parse(one.when, place=one.id, stars={}, problems=problems)
        )
        for one in shape.derivations
    )
    fields = _imported(shape, problems) | shape.fields
    deriving = [one.when for one in derivations]
    problems += problems_in(
        shape, conditions=conditions, asked=asked, derivations=deriving, fields=fields, wrong=problems
    )
    problems += proofs.problems(shape, conditions=conditions, derivations=deriving, fields=fields, wrong=problems)
    if problems:
        raise BadReference([_placed(one, place) for one in problems])
    return _book(shape, conditions, derivations, fields=fields, sha256=sha256)


def _placed(problem: Problem, place: str) -> Problem:
    return Problem(place=": ".join(filter(None, [place, problem.place])), says=problem.says)


def _imported(shape: BookShape, problems: list[Problem]) -> dict[str, Field]:
    """Return the facts that another book declares, as it did in the version named."""
    if shape.imports is None:
        return {}
    there = reference.versions(f"{FOLDER}/{shape.imports.book}") if shape.imports.book in names() else {}
    if shape.imports.version not in there:
        problems.append(Problem(place="imports", says=f"there is no {shape.imports.book}.{shape.imports.version}"))
        return {}
    fields = declared(there[shape.imports.version])
    return {fact: fields[fact] for fact in shape.imports.facts if fact in fields}


def _asked(shape: BookShape, problems: list[Problem]) -> tuple[Asked, ...]:
    conditional = [
        Asked(
            facts=one.then, when=parse(one.when, place=f"conditional_required.{index}.if", stars={}, problems=problems)
        )
        for index, one in enumerate(shape.conditional_required)
    ]
    return (Asked(facts=shape.required_facts), *conditional)


def _book(
    shape: BookShape,
    conditions: list[Condition],
    derivations: tuple[Deriving, ...],
    *,
    fields: Mapping[str, Field],
    sha256: str,
) -> Book:
    return Book(
        id=shape.id,
        version=shape.version,
        sha256=sha256,
        title=shape.title,
        status=shape.status,
        review=shape.review,
        severities=MappingProxyType(shape.severities),
        result=shape.result,
        params=MappingProxyType(shape.params),
        param_order=shape.param_order,
        fields=MappingProxyType(dict(fields)),
        rules=tuple(make_rule(shape, rule, when) for rule, when in zip(shape.rules, conditions, strict=True)),
        derivations=derivations,
        derived_from=MappingProxyType(dict(derived_from(derivations))),
        required_facts=shape.required_facts,
        clearance_max_age_days=MappingProxyType(shape.clearances.max_age_days if shape.clearances else {}),
        prefix=shape.prefix,
        contradictions=shape.contradictions,
        rounding=shape.round_half_up,
        annex=MappingProxyType(shape.annex),
        defaults=make_policy(shape.params, shape.param_order, {}),
    )
