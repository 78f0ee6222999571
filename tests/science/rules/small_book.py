"""A small rulebook of tests: two severities, a parameter, a derivation; every key can be changed."""

import copy

from ketacare.science.rules.book import parse_book

SMALL = {
    "id": "small",
    "version": 1,
    "schema": "ketacare.rulebook/1",
    "title": "A small book",
    "status": "test",
    "review": {"status": "unreviewed"},
    "severities": {"stop": {"meaning": "stop"}, "ask": {"meaning": "ask", "override": "reason"}},
    "result": [
        {"if": {"fired": ["stop"]}, "then": "stopped"},
        {"if": {"unknown": ["stop"], "uncleared": ["ask"]}, "then": "open"},
        {"if": {"fired": ["ask"]}, "then": "careful"},
        {"else": "clear"},
    ],
    "contradictions": "R-3",
    "clearances": {"max_age_days": {"crisis": 0, "others": 10}},
    "params": {
        "limit": {"default": 160, "unit": "mmHg", "bounds": [140, 160], "stricter": "lower"},
        "floor": {"default": 90, "unit": "mmHg", "bounds": [80, 100], "stricter": "higher", "may_loosen": "medical_director"},
    },
    "param_order": [["floor", "<", "limit"]],
    "fields": {
        "bp": {"type": "int", "unit": "mmHg", "range": [40, 300], "from": "device", "fresh_for": "30 days"},
        "dia": {"type": "int", "unit": "mmHg", "range": [20, 200], "from": "device", "fresh_for": "15 min"},
        "gap": {"type": "int", "unit": "mmHg", "range": [-160, 280], "from": "derived", "fresh_for": "30 days"},
        "since": {"type": "int", "unit": "days", "range": [0, 9999], "from": "self", "fresh_for": "always"},
        "kinds": {"type": "list", "values": ["a", "b", "c"], "from": "clin", "fresh_for": "same day"},
        "many": {"type": "int", "range": [0, 3], "from": "derived", "fresh_for": "always"},
        "told": {"type": "bool", "from": "self", "fresh_for": "always", "ask": "Were you told?"},
        "risk": {"type": "enum", "values": ["none", "low", "high"], "from": "clin", "fresh_for": "7 days"},
        "clearance.crisis": {"type": "bool", "from": "clin", "fresh_for": "always"},
        "clearance.heart": {"type": "bool", "from": "clin", "fresh_for": "always"},
    },
    "derivations": [
        {"id": "D-1", "fact": "gap", "difference": ["bp", "dia"]},
        {"id": "D-2", "fact": "many", "count_of": "kinds", "among": ["a", "b"]},
        {"id": "D-3", "when": {"f": "risk", "op": "eq", "value": "none"}, "set": {"told": False}},
    ],
    "complete_for": ["stop", "ask"],
    "required_facts": ["bp", "risk"],
    "conditional_required": [
        {"if": {"f": "risk", "op": "eq", "value": "high"}, "then": ["told", "since"]},
        {"if": {"f": "bp", "op": "present"}, "then": ["dia", "kinds"]},
    ],
    "rules": [
        {
            "id": "R-1",
            "statement": "Pressure too high.",
            "when": {"any": [{"f": "bp", "op": "ge", "param": "limit"}]},
            "severity": "stop",
            "override": "forbidden",
            "sources": ["D-CLINIC"],
            "evidence": "default",
            "certainty": "low",
            "urgent": True,
        },
        {
            "id": "R-2",
            "statement": "High risk, or told.",
            "when": {"any": [{"f": "risk", "op": "eq", "value": "high"}, {"f": "told", "op": "is_true"}]},
            "severity": "ask",
            "cleared_by": ["clearance.crisis", "clearance.heart"],
            "sources": ["D-CLINIC"],
            "evidence": "default",
            "certainty": "low",
            "urgent": True,
            "tell_patient": "We will call you.",
        },
        {
            "id": "R-3",
            "statement": "Two answers contradict each other.",
            "when": {"any": [{"all": [{"f": "risk", "op": "eq", "value": "none"}, {"f": "since", "op": "present"}]}, {"f": "gap", "op": "le", "value": 0}]},
            "severity": "ask",
            "override": "second_prescriber",
            "sources": ["D-CLINIC"],
            "evidence": "default",
            "certainty": "low",
        },
        {
            "id": "R-4",
            "statement": "Something was not asked, or the pressure is low, or there is too much of everything.",
            "when": {"any": [{"f": "*required_facts", "op": "missing"}, {"f": "*conditional_required", "op": "missing"}, {"f": "bp", "op": "lt", "param": "floor"}, {"f": "many", "op": "ge", "value": 2}]},
            "severity": "ask",
            "sources": ["D-CLINIC"],
            "evidence": "default",
            "certainty": "low",
        },
    ],
}  # fmt: skip


def changed(path="", value=None, *, drop=False):
    """Return the small book's tree with the value at a dotted path replaced or dropped."""
    tree = copy.deepcopy(SMALL)
    if not path:
        return tree
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split("/")]
    place = tree
    for step in steps:
        place = place[step]
    if drop:
        del place[last]
    else:
        place[last] = value
    return tree


def small_book(path="", value=None):
    return parse_book(changed(path, value), place="small.yaml", sha256="0")
