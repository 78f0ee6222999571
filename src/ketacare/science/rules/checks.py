"""What must hold in a rulebook beyond its shape: names that exist, types that fit, nothing left unguarded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ketacare.science import reference
from ketacare.science.errors import Problem
from ketacare.science.rules.clearances import PREFIX
from ketacare.science.rules.conditions import OPERATORS, Asked, Comparison, Condition, comparisons, possible
from ketacare.science.rules.fields import Field, did_you_mean
from ketacare.science.rules.policy import Param, broken_orders
from ketacare.science.rules.shapes import OVERRIDES, BookShape, Derivation, RuleShape

STRICT = ("forbidden", "second_prescriber")
NUMBERS = ("int", "float")


def problems_in(
    shape: BookShape,
    *,
    conditions: Sequence[Condition],
    asked: Sequence[Asked],
    derivations: Sequence[Condition | None],
    fields: Mapping[str, Field],
    wrong: Sequence[Problem] = (),
) -> list[Problem]:
    """Return everything wrong with a book whose shape is right; ``wrong`` is what was found before."""
    given = [(f"rules.{rule.id}.when", when) for rule, when in zip(shape.rules, conditions, strict=True)]
    given += [(f"conditional_required.{index}.if", one.when) for index, one in enumerate(asked[1:]) if one.when]
    given += [(one.id, when) for one, when in zip(shape.derivations, derivations, strict=True) if when]
    found = [
        *_repeated(shape),
        *_unknown_facts(shape, fields),
        *(
            problem
            for place, when in given
            for problem in _misused(when, place=place, fields=fields, params=shape.params)
        ),
        *(problem for one in shape.derivations for problem in _derivation_problems(one, fields)),
        *(problem for rule in shape.rules for problem in _rule_problems(rule, shape, fields)),
        *_result_problems(shape),
        *_param_problems(shape),
    ]
    if found or wrong:
        return found  # a condition that is not understood may guard a fact or use a parameter
    return [*_unused(shape, given), *_unguarded(shape, conditions, asked)]


def _repeated(shape: BookShape) -> Iterator[Problem]:
    for kind, ids in (
        ("rules", [rule.id for rule in shape.rules]),
        ("derivations", [one.id for one in shape.derivations]),
    ):
        for name, times in Counter(ids).items():
            if times > 1:
                yield Problem(place=f"{kind}.{name}", says=f"this id is given {times} times")


def _unknown_facts(shape: BookShape, fields: Mapping[str, Field]) -> Iterator[Problem]:
    named: list[tuple[str, Iterable[str]]] = [
        ("required_facts", shape.required_facts),
        ("imports.facts", shape.imports.facts if shape.imports else ()),
    ]
    named += [(f"conditional_required.{index}.then", one.then) for index, one in enumerate(shape.conditional_required)]
    for one in shape.derivations:
        named.append((one.id, [*(one.set or {}), *(one.difference or ()), *filter(None, (one.fact, one.count_of))]))
    for place, facts in named:
        for fact in facts:
            if fact not in fields:
                yield Problem(place=place, says=f"unknown fact {fact}{did_you_mean(fact, fields)}")
    for fact in shape.imports.facts if shape.imports else ():
        if fact in shape.fields:
            yield Problem(place=f"fields.{fact}", says="is declared here and imported too")
    for one in shape.derivations:
        for fact, value in (one.set or {}).items():
            if fact in fields and (complaint := fields[fact].complaint(value)):
                yield Problem(place=f"{one.id}.set.{fact}", says=complaint)


def _derivation_problems(one: Derivation, fields: Mapping[str, Field]) -> Iterator[Problem]:
    """Yield what would make a derivation silently derive nothing, or what its fact cannot be."""
    result = fields.get(one.fact or "")
    if result is not None and result.type not in NUMBERS:
        yield Problem(place=one.id, says=f"{one.fact} is of type {result.type}, but what is derived is a number")
    for fact in one.difference or ():
        if fact in fields and fields[fact].type not in NUMBERS:
            yield Problem(place=one.id, says=f"{fact} is of type {fields[fact].type}, not a number")
    counted = fields.get(one.count_of or "")
    if counted is None:
        return
    if counted.type != "list":
        yield Problem(place=one.id, says=f"{one.count_of} is of type {counted.type}, not a list")
    elif wrong := [member for member in one.among or () if member not in counted.allowed]:
        yield Problem(place=f"{one.id}.among", says=_not_among(wrong, counted))
    elif result is not None and (complaint := result.complaint(len(set(one.among or ())))):
        yield Problem(place=one.id, says=f"{one.fact} {complaint}")


def _misused(
    condition: Condition, *, place: str, fields: Mapping[str, Field], params: Mapping[str, Param]
) -> Iterator[Problem]:
    for one in comparisons(condition):
        field = fields.get(one.fact)
        if field is None:
            yield Problem(place=place, says=f"unknown fact {one.fact}{did_you_mean(one.fact, fields)}")
        elif field.type not in OPERATORS[one.op].types:
            yield Problem(place=place, says=f"{one.op} cannot be asked of {one.fact}, which is of type {field.type}")
        elif complaint := _operand_complaint(one, field, params):
            yield Problem(place=place, says=f"{one.fact} {one.op}: {complaint}")


def _operand_complaint(one: Comparison, field: Field, params: Mapping[str, Param]) -> str | None:
    if one.param is not None:
        if field.type not in NUMBERS:
            return f"a parameter cannot be compared with type {field.type}"
        if one.param not in params:
            return f"unknown parameter {one.param}{did_you_mean(one.param, params)}"
        return _outside(params[one.param].bounds, field)
    members = one.value if isinstance(one.value, tuple) else () if one.value is None else (one.value,)
    if field.type in ("enum", "list"):
        wrong = [member for member in members if member not in field.allowed]
        return _not_among(wrong, field) if wrong else None
    if field.type in NUMBERS:
        wrong = [member for member in members if isinstance(member, bool | str)]
        return f"{', '.join(map(repr, wrong))} is no number" if wrong else _outside(members, field)
    return None


def _not_among(wrong: Iterable[object], field: Field) -> str:
    return f"{', '.join(map(repr, wrong))} not among {', '.join(map(str, field.allowed))}"


def _outside(numbers: Iterable[object], field: Field) -> str | None:
    """Return which numbers the fact can never be: a slip of a digit or of a unit, however the rest of the rule reads."""
    if field.range is None:
        return None
    low, high = field.range
    wrong = [one for one in numbers if isinstance(one, int | float) and not low <= one <= high]
    return f"{', '.join(map(repr, wrong))} lies outside its range {low:g} to {high:g}" if wrong else None


def _rule_problems(rule: RuleShape, shape: BookShape, fields: Mapping[str, Field]) -> Iterator[Problem]:
    def problem(key: str, says: str) -> Problem:
        return Problem(place=f"rules.{rule.id}.{key}", says=says)

    severity = shape.severities.get(rule.severity)
    if severity is None:
        yield problem("severity", f"unknown severity {rule.severity}; there are {', '.join(shape.severities)}")
    elif severity.override is None and rule.override not in STRICT:
        yield problem("override", f"a rule of severity {rule.severity} needs an override of {' or '.join(STRICT)}")
    elif severity.override and rule.override and OVERRIDES.index(rule.override) > OVERRIDES.index(severity.override):
        yield problem("override", f"{rule.override} is looser than {severity.override}, the default of {rule.severity}")
    if not rule.sources:
        yield problem("sources", "names no source")
    yield from (problem("sources", f"unknown source {key}") for key in rule.sources if key not in reference.sources())
    known = [name for name in fields if name.startswith(PREFIX)]
    yield from (problem("cleared_by", f"unknown clearance {key}") for key in rule.cleared_by if key not in known)
    if rule.applies_to == ():
        yield problem("applies_to", "names no route, so the rule applies to nobody")
    routes = fields["plan.route"].allowed if "plan.route" in fields else ()
    yield from (problem("applies_to", f"unknown route {one}") for one in rule.applies_to or () if one not in routes)
    places = fields["site.jurisdiction"].allowed if "site.jurisdiction" in fields else ()
    if rule.jurisdiction is not None and rule.jurisdiction not in places:
        yield problem("jurisdiction", f"unknown jurisdiction {rule.jurisdiction}")


def _result_problems(shape: BookShape) -> Iterator[Problem]:
    rows = list(shape.result)
    if [row.otherwise is not None for row in rows].count(True) != 1 or rows[-1].otherwise is None:
        yield Problem(place="result", says="must end with one {else: ...}, and have no other")
    for index, row in enumerate(rows):
        named = (*row.when.fired, *row.when.uncleared, *row.when.unknown) if row.when else ()
        for severity in named:
            if severity not in shape.severities:
                yield Problem(place=f"result.{index}", says=f"unknown severity {severity}")
        if row.when and not named:
            yield Problem(place=f"result.{index}", says="names no severity, so it never matches")
    if shape.contradictions and shape.contradictions not in {rule.id for rule in shape.rules}:
        yield Problem(place="contradictions", says=f"unknown rule {shape.contradictions}")
    for severity in shape.complete_for:
        if severity not in shape.severities:
            yield Problem(place="complete_for", says=f"unknown severity {severity}")
    yield from _clearance_problems(shape)


def _clearance_problems(shape: BookShape) -> Iterator[Problem]:
    days = shape.clearances.max_age_days if shape.clearances else {}
    if "others" not in days and (shape.clearances or any(rule.cleared_by for rule in shape.rules)):
        yield Problem(place="clearances.max_age_days", says="must say how long others last")
    for kind, most in days.items():
        if most < 0:
            yield Problem(place=f"clearances.max_age_days.{kind}", says=f"{most} days is over before it begins")


def _param_problems(shape: BookShape) -> Iterator[Problem]:
    for name, param in shape.params.items():
        if param.complaint:
            yield Problem(place=f"params.{name}", says=param.complaint)
    malformed = False
    for index, order in enumerate(shape.param_order):
        wrong = [name for name in order[::2] if name not in shape.params] + [
            sign for sign in order[1::2] if sign not in ("<", "<=")
        ]
        if wrong or len(order) % 2 == 0:
            malformed = True
            yield Problem(
                place=f"param_order.{index}",
                says=f"must read [param, '<', param, ...]; {', '.join(wrong)} is not understood",
            )
    if not malformed:
        defaults = {name: param.default for name, param in shape.params.items()}
        yield from (Problem(place="param_order", says=says) for says in broken_orders(shape.param_order, defaults))


def _unused(shape: BookShape, given: Sequence[tuple[str, Condition]]) -> Iterator[Problem]:
    used = {one.param for _, when in given for one in comparisons(when)}
    yield from (Problem(place=f"params.{name}", says="no rule uses it") for name in shape.params if name not in used)


def _unguarded(shape: BookShape, conditions: Sequence[Condition], asked: Sequence[Asked]) -> Iterator[Problem]:
    known = {fact for one in asked for fact in one.facts}
    for one in shape.derivations:
        inputs = {*(one.difference or ()), *filter(None, [one.count_of])}
        if one.fact and inputs <= known:
            known.add(one.fact)
    for rule, when in zip(shape.rules, conditions, strict=True):
        if rule.severity not in shape.complete_for:
            continue
        facts = dict.fromkeys(one.fact for one in comparisons(when))
        for fact in facts:
            if fact not in known and None in possible(when, without=fact):
                says = f"{fact} is neither in required_facts or conditional_required nor guarded in the rule"
                yield Problem(place=f"rules.{rule.id}", says=says)
