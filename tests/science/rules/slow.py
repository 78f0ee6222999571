"""A slow, obvious evaluator of rulebooks, written from the language's description and sharing no code with the engine.

Verdicts are numbers: 0 false, 1/2 unknown, 1 true; so `any` is the largest and `all` the smallest.
"""

from fractions import Fraction

import yaml

from ketacare.science import reference

HALF = Fraction(1, 2)


def book(name):
    return yaml.safe_load(reference.path(reference.newest(f"rulebooks/{name}")).read_text(encoding="utf-8"))


def judge(tree, facts, book):
    if "any" in tree:
        return max(judge(one, facts, book) for one in tree["any"])
    if "all" in tree:
        return min(judge(one, facts, book) for one in tree["all"])
    if tree["f"] == "*required_facts":
        return int(any(fact not in facts for fact in book["required_facts"]))
    if tree["f"] == "*conditional_required":
        return int(
            any(
                judge(one["if"], facts, book) == 1 and any(fact not in facts for fact in one["then"])
                for one in book["conditional_required"]
            )
        )
    value = facts.get(tree["f"])
    if tree["op"] in ("missing", "present", "not_true"):
        return int({"missing": value is None, "present": value is not None, "not_true": value is not True}[tree["op"]])
    if value is None:
        return HALF
    other = book["params"][tree["param"]]["default"] if "param" in tree else tree.get("value")
    rounding = book.get("round_half_up")
    if rounding and book["fields"].get(tree["f"], {}).get("unit") in rounding["units"]:
        value = int(abs(Fraction(str(value))) * 10**4 + HALF) / 10**4 * (1 if value >= 0 else -1)
    return int(COMPARE[tree["op"]](value, other))


COMPARE = {
    "is_true": lambda value, _: value is True,
    "is_false": lambda value, _: value is False,
    "eq": lambda value, other: value == other,
    "ne": lambda value, other: value != other,
    "lt": lambda value, other: value < other,
    "le": lambda value, other: value <= other,
    "gt": lambda value, other: value > other,
    "ge": lambda value, other: value >= other,
    "in": lambda value, other: value in other,
    "not_in": lambda value, other: value not in other,
    "contains_any": lambda value, other: len([one for one in other if one in value]) > 0,
}


def derive(facts, book):
    facts = dict(facts)
    for one in book.get("derivations", []):
        if "set" in one and judge(one["when"], facts, book) == 1:
            facts = one["set"] | facts
        if "count_of" in one and one["count_of"] in facts and one["fact"] not in facts:
            facts[one["fact"]] = sum(1 for among in one["among"] if among in facts[one["count_of"]])
        if "difference" in one and all(name in facts for name in one["difference"]) and one["fact"] not in facts:
            facts[one["fact"]] = facts[one["difference"][0]] - facts[one["difference"][1]]
    return facts


def evaluate(book, facts):
    """Return (fired, unknown, result) for facts without clearances and without contradicting derivations."""
    facts = derive({name: value for name, value in facts.items() if value is not None}, book)
    verdicts = {}
    for rule in book["rules"]:
        if rule.get("jurisdiction") and facts.get("site.jurisdiction") not in (None, rule["jurisdiction"]):
            continue
        if "plan.route" in facts and facts["plan.route"] not in rule.get("applies_to", [facts["plan.route"]]):
            continue
        verdict = judge(rule["when"], facts, book)
        if "applies_to" in rule and "plan.route" not in facts:
            verdict = min(verdict, HALF)
        verdicts[rule["id"]] = (verdict, rule["severity"])
    fired = {rule for rule, (verdict, _) in verdicts.items() if verdict == 1}
    unknown = {rule for rule, (verdict, _) in verdicts.items() if verdict == HALF}
    return fired, unknown, result(book, verdicts)


def result(book, verdicts):
    fired = {severity for verdict, severity in verdicts.values() if verdict == 1}
    unknown = {severity for verdict, severity in verdicts.values() if verdict == HALF}
    for row in book["result"][:-1]:
        wanted = row["if"]
        named = set(wanted.get("fired", [])) | set(wanted.get("uncleared", []))  # nothing is cleared here
        if fired & named or unknown & set(wanted.get("unknown", [])):
            return row["then"]
    return book["result"][-1]["else"]
