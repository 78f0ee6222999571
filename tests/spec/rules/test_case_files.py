"""What a file of rule cases may say, and what is refused, with its place."""

import pytest
import yaml

from ketacare.science.errors import BadReference
from ketacare.science.rules.cases import read_cases, run_case
from tests.spec.rules.files import BASES, EACH_RULE, ON

QUIET = yaml.safe_load((BASES / "alarms.yaml").read_text("utf-8"))["facts"]


def read(*cases, rule="ALM-07", base="alarms", beside=EACH_RULE, **more):
    tree = {"schema": "ketacare.rule_cases/1", "book": "alarms", "base": base, "rules": {rule: list(cases)}} | more
    return read_cases(yaml.safe_dump(tree), place="mine.yaml", beside=beside)


def mismatches(*cases, **more):
    return [says for case in read(*cases, **more) for says in run_case(case, on=ON).mismatches]


@pytest.mark.parametrize(
    "case",
    [
        {"fires": {"now.spo2": 89}},
        {"fires": {"now.spo2": 89}, "result": "red"},
        {"silent": {"now.spo2": 90}},
        {"unknown": {"now.spo2": None}, "needs": ["now.spo2"]},
        {"fires": {"now.spo2": 91}, "policy": {"spo2_red": 92}},
    ],
)
def test_a_case_that_is_right_passes(case):
    assert mismatches(case | {"why": "w"}) == []


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ({"silent": {"now.spo2": 89}}, "ALM-07 fires, expected that it stays silent"),
        ({"silent": {"now.spo2": None}}, "ALM-07 is unknown, expected that it stays silent"),
        ({"fires": {"now.spo2": 90}}, "ALM-07 stays silent, expected that it fires"),
        ({"skipped": {"now.spo2": 90}}, "ALM-07 stays silent, expected that it is skipped"),
        ({"fires": {"now.spo2": 89}, "urgent": True}, "urgent is False, expected True"),
        ({"fires": {"now.spo2": 89}, "cleared": True}, "cleared is False, expected True"),
        ({"fires": {"now.spo2": 89}, "result": "black"}, "result is red, expected black"),
        (
            {"unknown": {"now.spo2": None}, "needs": ["now.rass"]},
            "now.rass should be needed by ALM-07, which needs now.spo2",
        ),
        ({"silent": {"now.spo": 89}}, "refused: now.spo: unknown fact; did you mean now.spo2?"),
        ({"fires": {"now.spo2": 89}, "policy": {"spo2_red": 80}}, "refused: spo2_red: 80 % lies outside 90 to 92"),
    ],
)
def test_a_case_that_comes_out_otherwise_says_how(case, says):
    assert mismatches(case | {"why": "w"}) == [says]


def test_a_silent_case_of_a_misspelt_rule_does_not_pass():
    assert mismatches({"silent": {}, "why": "w"}, rule="ALM-7") == ["the book alarms has no rule ALM-7"]


def test_the_base_may_stand_in_the_file():
    assert mismatches({"fires": {"now.spo2": 89}, "why": "w"}, base=QUIET, beside=None) == []


@pytest.mark.parametrize(
    ("cases", "says"),
    [
        ([{"fires": {}}], "rules.ALM-07.0.why"),
        ([{"fires": {}, "why": ""}], "rules.ALM-07.0.why"),
        ([{"why": "w"}], "needs one of fires, silent, unknown, skipped"),
        ([{"fires": {}, "silent": {}, "why": "w"}], "needs one of fires, silent, unknown, skipped"),
        ([{"silent": {}, "cleared": False, "why": "w"}], "only a rule that fires is cleared"),
        ([{"silent": {}, "needs": ["now.rass"], "why": "w"}], "only an unknown rule needs facts"),
        ([{"fires": {}, "why": "w", "mood": "good"}], "rules.ALM-07.0.mood"),
        ([{"fires": {}, "why": "same"}, {"silent": {}, "why": "same"}], "two cases give the same why"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_the_place(cases, says):
    with pytest.raises(BadReference, match=says):
        read(*cases)


@pytest.mark.parametrize("beside", [EACH_RULE, None])
def test_a_base_that_is_not_there_is_named(beside):
    with pytest.raises(BadReference, match=r"mine.yaml: base: there is no base/nobody.yaml beside it"):
        read({"fires": {}, "why": "w"}, base="nobody", beside=beside)
