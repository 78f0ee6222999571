"""The trace follows every comparison of any rule: fired, silent, unknown or skipped."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.science.rules import Fact, load, names
from ketacare.science.rules.conditions import comparisons
from ketacare.science.rules.trace import Step
from tests.science.rules.healthy import HEALTHY
from tests.science.rules.small_book import small_book

ON = date(2026, 11, 22)


def every(step):
    yield step
    for part in step.parts:
        yield from every(part)


def followed(step):
    """What a reader would conclude from the parts alone."""
    if step.kind not in {"any", "all"}:
        return step.verdict
    reached = [followed(part) for part in step.parts]
    decides = step.kind == "any"
    return decides if decides in reached else None if None in reached else not decides


@pytest.mark.parametrize("name", names())
def test_every_rule_of_every_book_has_a_trace_with_each_of_its_comparisons(name):
    book = load(name)
    found = book.evaluate({})
    assert list(found.trace) == [rule.id for rule in book.rules]
    assert len(found.trace) == len(book.rules)
    for rule in book.rules:
        trace = found.trace[rule.id]
        said = [one for one in every(trace.when) if one.kind == "comparison"]
        own = list(comparisons(rule.when))
        assert {(one.fact, one.op) for one in own} <= {(one.used.name, one.op) for one in said}
        assert followed(trace.when) is trace.when.verdict
        assert trace.verdict is (True if rule.id in found.fired else None if rule.id in found.unknown else False)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(HEALTHY)), st.none(), max_size=8))
def test_the_verdicts_of_the_steps_lead_to_that_of_the_rule(left_out):
    found = load("eligibility").evaluate(HEALTHY | left_out)
    for trace in found.trace.values():
        assert followed(trace.when) is trace.when.verdict
        assert trace.why or trace.when.verdict is trace.verdict


def test_a_comparison_tells_value_limit_parameter_and_verdict():
    policy = load("eligibility").policy({"bp_treat_sys": 150})
    found = load("eligibility").evaluate(HEALTHY | {"cv.bp_sys": 152}, policy=policy)
    (step,) = [one for one in every(found.trace["REL-01"].when) if one.param == "bp_treat_sys"]
    assert (step.used.value, step.op, step.limit, step.verdict) == (152, "ge", 150, True)
    assert "true    cv.bp_sys = 152 mmHg; ge 150 (bp_treat_sys)?" in str(found.trace["REL-01"])


def test_a_silent_an_unknown_and_a_skipped_rule_are_told_too():
    found = load("eligibility").evaluate(HEALTHY | {"cv.avm": None, "site.jurisdiction": "NZ"})
    assert str(found.trace["ABS-04"]).startswith("ABS-04 is silent: ")
    assert str(found.trace["ABS-02"]).startswith("ABS-02 is unknown: ")
    assert "unknown cv.avm is missing; is_true?" in str(found.trace["ABS-02"])
    assert "It is for another route or another jurisdiction." in str(found.trace["WU-05"])
    assert found.trace["WU-05"].skipped


def test_what_must_be_asked_and_is_missing_is_listed():
    found = small_book().evaluate({"bp": 120, "risk": "high", "since": 3})
    steps = [one for one in every(found.trace["R-4"].when) if one.kind == "asked"]
    assert [one.missing for one in steps] == [(), ("told",), ("dia", "kinds")]
    assert "missing: dia, kinds" in str(found.trace["R-4"])


def test_a_trace_shows_the_world_that_made_the_verdict():
    told = [Fact(name="told", value=one, source=source) for one, source in ((False, "answer"), (True, "record"))]
    found = small_book().evaluate({"bp": 120, "dia": 70, "kinds": [], "risk": "low", "told": told})
    assert "true    told = true; is_true?" in str(found.trace["R-2"])
    assert "It fires because sources contradict each other: told." in str(found.trace["R-3"])


def test_an_unknown_route_is_named_as_what_keeps_a_rule_from_firing():
    found = load("eligibility").evaluate(HEALTHY | {"plan.route": None, "patient.bmi": 31})
    trace = found.trace["CAU-04"]
    assert trace.why == "It is unknown whether it is for this patient's route."
    assert isinstance(trace.applies, Step)
    assert "for whom it is" in str(trace)


def test_a_rule_that_no_book_has_leaves_no_trace():
    with pytest.raises(KeyError):
        small_book().evaluate({}).trace["R-9"]
