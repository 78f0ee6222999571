"""What a decision to treat has to deal with."""

from datetime import date

from ketacare.science import rules
from ketacare.science.rules.override import obstacles
from tests.science.rules.healthy import HEALTHY

ON = date(2026, 3, 2)
KNOWN = frozenset({"absolute", "relative"})


def demands(**changes: object) -> dict[str, str]:
    facts = HEALTHY | {name.replace("__", "."): value for name, value in changes.items()}
    evaluation = rules.load("eligibility").evaluate(facts, on=ON)
    return {one.finding.rule.id: one.demand for one in obstacles(evaluation, must_be_known=KNOWN)}


def test_a_healthy_patient_leaves_only_notices_to_read():
    assert set(demands().values()) == {"acknowledge"}


def test_an_absolute_finding_is_forbidden_or_needs_two_prescribers_as_its_rule_says():
    book = rules.load("eligibility")
    found = demands(cv__avm=True)
    assert found["ABS-02"] == book.rule("ABS-02").override
    assert found["ABS-02"] in {"forbidden", "second_prescriber"}


def test_an_unknown_absolute_rule_must_be_settled():
    assert demands(cv__avm=None)["ABS-02"] == "settle"


def test_a_cleared_relative_finding_is_only_read():
    facts = HEALTHY | {"cv.had_mi_or_cv_event": True, "cv.days_since_mi_or_event": 1095, "cv.stable_cad": True}
    letter = rules.Clearance(
        clearance="clearance.cardiology", covers=frozenset({"REL-04"}), dated=ON, expires=date(2026, 6, 1)
    )
    book = rules.load("eligibility")
    without = book.evaluate(facts, on=ON)
    cleared = book.evaluate(facts, on=ON, clearances=[letter])
    by_rule = [
        {one.finding.rule.id: one.demand for one in obstacles(evaluation, must_be_known=KNOWN)}
        for evaluation in (without, cleared)
    ]
    assert [found["REL-04"] for found in by_rule] == ["reason", "acknowledge"]
