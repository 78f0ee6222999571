"""A slow, obvious evaluator of rulebooks, written from the language's description and sharing no code with the engine.

Verdicts are numbers: 0 false, 1/2 unknown, 1 true; so `any` is the largest and `all` the smallest, and of several worlds the most cautious
verdict is the largest. A fact of which several sources say different things is tried in every way it may be, all facts with all.
"""

from fractions import Fraction
from itertools import product

import yaml

from ketacare.science import reference

HALF = Fraction(1, 2)


def book(name):
    return yaml.safe_load(reference.path(reference.newest(f"rulebooks/{name}")).read_text(encoding="utf-8"))


class Open(list):
    """A list that holds at least these."""


class Several(list):
    """What several sources say of one fact, freshest first."""


class From:
    """A count that is at least so many; it may be any number from there on."""

    def __init__(self, least):
        self.may_be = range(least, least + 200)

    def __contains__(self, number):
        return number >= self.may_be[0]


def is_there(fact, facts):
    return fact in facts and not isinstance(facts[fact], Open | From)


def judge(tree, facts, book):
    if "any" in tree:
        return max(judge(one, facts, book) for one in tree["any"])
    if "all" in tree:
        return min(judge(one, facts, book) for one in tree["all"])
    if tree["f"] == "*required_facts":
        return int(any(not is_there(fact, facts) for fact in book["required_facts"]))
    if tree["f"] == "*conditional_required":
        return int(
            any(
                judge(one["if"], facts, book) == 1 and any(not is_there(fact, facts) for fact in one["then"])
                for one in book["conditional_required"]
            )
        )
    value = facts.get(tree["f"])
    if tree["op"] == "missing" and isinstance(value, Open | From):
        return 1  # somebody must still say the rest
    if tree["op"] in ("missing", "present", "not_true"):
        return int({"missing": value is None, "present": value is not None, "not_true": value is not True}[tree["op"]])
    if value is None:
        return HALF
    other = book["params"][tree["param"]]["default"] if "param" in tree else tree.get("value")
    rounding = book.get("round_half_up")
    if rounding and book["fields"].get(tree["f"], {}).get("unit") in rounding["units"]:
        value = int(abs(Fraction(str(value))) * 10**4 + HALF) / 10**4 * (1 if value >= 0 else -1)
    if isinstance(value, Open):
        return 1 if COMPARE[tree["op"]](value, other) else HALF
    if isinstance(value, From):
        every = {COMPARE[tree["op"]](number, other) for number in value.may_be}
        return HALF if len(every) > 1 else int(every.pop())
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


def derived(facts, book):
    """Return what follows from facts as they were given."""
    found = {}
    for one in book.get("derivations", []):
        if "set" in one and judge(one["when"], facts, book) == 1:
            found |= one["set"]
        if "count_of" in one and one["count_of"] in facts:
            listed = facts[one["count_of"]]
            count = sum(1 for among in one["among"] if among in listed)
            if isinstance(listed, Open) and count < len(one["among"]):
                found |= {one["fact"]: From(count)} if count else {}
            else:
                found[one["fact"]] = count
        if "difference" in one and all(name in facts for name in one["difference"]):
            found[one["fact"]] = facts[one["difference"][0]] - facts[one["difference"][1]]
    return found


def alternatives(value):
    """Return what a fact may be: nothing, one value, or those in which its sources differ."""
    told = [one for one in (value if isinstance(value, Several) else [value]) if one is not None]
    told = [one for one in told if not isinstance(one, Open) or one]  # an open list of nothing says nothing
    least = Open(member for one in told if isinstance(one, Open) for member in one)
    closed = []
    for one in told:
        if not isinstance(one, Open) and not any(same(one, other) for other in closed):
            closed.append(one)
    if least and not any(set(least) <= set(one) for one in closed):
        closed.append(least)
    return closed


def same(one, other):
    return set(one) == set(other) if isinstance(one, list) else one == other


def worlds(facts, book):
    """Return every way the facts may be, and whether sources contradict each other."""
    may_be = {name: alternatives(value) for name, value in facts.items()}
    may_be = {name: values for name, values in may_be.items() if values}
    contradicted = any(len(values) > 1 for values in may_be.values())
    found = []
    for picked in product(*may_be.values()):
        given = dict(zip(may_be, picked, strict=True))
        follows = derived(given, book)
        differ = [name for name in follows if name in given and not fits(given[name], follows[name])]
        contradicted = contradicted or bool(differ)
        for taken in product([False, True], repeat=len(differ)):
            instead = {name: follows[name] for name, take in zip(differ, taken, strict=True) if take}
            found.append(follows | given | instead)
    return found, contradicted


def fits(given, follows):
    return given in follows if isinstance(follows, From) else given == follows


def verdict(rule, facts, book):
    """Return the verdict on a rule in one world; None: it is for another route or jurisdiction."""
    if rule.get("jurisdiction") and facts.get("site.jurisdiction") not in (None, rule["jurisdiction"]):
        return None
    if "plan.route" in facts and facts["plan.route"] not in rule.get("applies_to", [facts["plan.route"]]):
        return None
    found = judge(rule["when"], facts, book)
    return min(found, HALF) if "applies_to" in rule and "plan.route" not in facts else found


def evaluate(book, facts):
    """Return (fired, unknown, result) for facts without clearances."""
    every, contradicted = worlds(facts, book)
    verdicts = {}
    for rule in book["rules"]:
        found = [one for one in (verdict(rule, world, book) for world in every) if one is not None]
        if contradicted and rule["id"] == book.get("contradictions"):
            found.append(1)
        if found:
            verdicts[rule["id"]] = (max(found), rule["severity"])
    fired = {rule for rule, (found, _) in verdicts.items() if found == 1}
    unknown = {rule for rule, (found, _) in verdicts.items() if found == HALF}
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
