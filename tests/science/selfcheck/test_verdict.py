"""What a self-check says is what the eligibility book finds: nothing weaker, and nothing that nobody answered passes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.science import reference, rules
from ketacare.science.errors import BadReference
from ketacare.science.selfcheck import definition
from ketacare.science.selfcheck.verdict import Verdict, facts_of, flags, judge, shows_help

CHECK, BOOK, DAY = definition.load(), rules.load("eligibility"), date(2026, 3, 2)
WELL = {"pregnancy": ["cannot"], "tried": ["two"], "age": ["40"], "reason": ["depression"]}
RANK = {Verdict.CONSULT: 0, Verdict.DOCTOR_FIRST: 1, Verdict.NOT_NOW: 2}


def nothing_wrong(question):
    """The answer of somebody to whom nothing applies."""
    none_of = next((option.id for option in question.options if option.none_of), None)
    wanted = none_of or ("yes" if question.id in {"diagnosed", "escort", "carer"} else None)
    return [wanted or question.options[0].id]


ANSWERS = {question.id: WELL.get(question.id) or nothing_wrong(question) for question in CHECK.questions}
OPTIONS = [(question.id, option) for question in CHECK.questions for option in question.options]
any_answers = st.fixed_dictionaries(
    {},
    optional={
        question.id: st.lists(st.sampled_from([option.id for option in question.options]), unique=True, max_size=3)
        if question.options
        else st.sampled_from([["17"], ["18"], ["24"], ["65"], ["999"], ["١٨"], [""]])
        for question in CHECK.questions
    },
)


def outcome(answers, policy=None):
    return judge(CHECK, answers, book=BOOK, policy=policy, on=DAY)


def test_somebody_with_nothing_against_it_may_find_a_consultation_worth_it():
    found = outcome(ANSWERS)
    assert (found.verdict, found.reasons, found.still_open) == (Verdict.CONSULT, (), ())


@pytest.mark.parametrize("question", CHECK.questions, ids=lambda question: question.id)
def test_a_question_left_open_is_never_a_pass(question):
    found = outcome({name: given for name, given in ANSWERS.items() if name != question.id})
    assert found.verdict == Verdict.DOCTOR_FIRST
    assert [one.id for one in found.still_open] == [question.id]


@pytest.mark.parametrize(
    ("name", "option"), [pair for pair in OPTIONS if not pair[1].is_told], ids=lambda value: getattr(value, "id", value)
)
def test_not_sure_is_never_a_pass(name, option):
    assert outcome(ANSWERS | {name: [option.id]}).verdict == Verdict.DOCTOR_FIRST


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=lambda value: getattr(value, "id", value))
def test_each_answer_weighs_as_the_rulebook_alone_says(name, option):
    answers = ANSWERS | {name: [option.id]}
    found = outcome(answers)
    fired = {one.rule.severity for one in BOOK.evaluate(facts_of(CHECK, answers), on=DAY).findings if one.fires}
    if "absolute" in fired:
        assert found.verdict == Verdict.NOT_NOW
    elif "relative" in fired:
        assert found.verdict == Verdict.DOCTOR_FIRST
    else:
        assert found.verdict != Verdict.NOT_NOW


@pytest.mark.parametrize(
    ("name", "answer", "verdict", "rule"),
    [
        ("age", "17", Verdict.NOT_NOW, "ABS-17"),
        ("vessels", "aneurysm", Verdict.NOT_NOW, "ABS-01"),
        ("stroke", "recent", Verdict.NOT_NOW, "ABS-24"),
        ("stroke", "year", Verdict.DOCTOR_FIRST, "REL-02"),
        ("reason", "wellness", Verdict.NOT_NOW, "ABS-26"),
        ("substances", "now", Verdict.NOT_NOW, "ABS-23"),
        ("tried", "one", Verdict.DOCTOR_FIRST, "REL-23"),
        ("medicines", "maoi", Verdict.DOCTOR_FIRST, "DDI-07"),
        ("medicines", "benzodiazepine", Verdict.DOCTOR_FIRST, "WU-20"),
        ("body", "milk", Verdict.DOCTOR_FIRST, "REL-15"),
    ],
)
def test_the_reason_is_the_rule_behind_it(name, answer, verdict, rule):
    found = outcome(ANSWERS | {name: [answer]})
    assert found.verdict == verdict
    assert rule in [one.rule for one in found.reasons]


@pytest.mark.parametrize(
    ("age", "verdict"), [("18", Verdict.CONSULT), ("55", Verdict.CONSULT), ("17", Verdict.NOT_NOW)]
)
def test_what_the_clinic_settles_with_its_own_tests_is_no_reason_to_wait(age, verdict):
    assert outcome(ANSWERS | {"age": [age]}).verdict == verdict


def test_a_site_that_treats_from_a_later_age_says_so():
    strict = BOOK.policy({"age_min": 21})
    assert outcome(ANSWERS | {"age": ["20"]}).verdict == Verdict.CONSULT
    assert outcome(ANSWERS | {"age": ["20"]}, strict).verdict == Verdict.NOT_NOW


def test_answers_that_contradict_each_other_count_as_the_more_cautious_one():
    found = outcome(ANSWERS | {"vessels": ["aneurysm", "none"]})
    assert found.verdict == Verdict.NOT_NOW
    assert "ABS-01" in [one.rule for one in found.reasons]


def test_two_answers_to_a_question_that_takes_one_are_none():
    assert outcome(ANSWERS | {"chest": ["no", "recent"]}).verdict == Verdict.DOCTOR_FIRST


@pytest.mark.parametrize(
    ("name", "answer", "rule"),
    [
        ("suicide", "intent", "REL-19"),
        ("suicide", "attempt", "REL-19"),
        ("chest", "now", "WU-14"),
        ("voices", "yes", "ABS-05"),
        ("pregnancy", "yes", "ABS-13"),
    ],
)
def test_what_cannot_wait_is_a_flag_and_its_rule_fires(name, answer, rule):
    answers = ANSWERS | {name: [answer]}
    assert [flag.rule for flag in flags(CHECK, answers)] == [rule]
    assert rule in outcome(answers).evaluation.fired


def test_every_flag_is_asked_before_anything_else():
    first, *later = CHECK.steps
    assert not [option for step in later for question in step.questions for option in question.options if option.flag]
    assert {option.flag for question in first.questions for option in question.options} - {None} == set(CHECK.flags)


@pytest.mark.parametrize("answer", ["passive", "thoughts", "unsure"])
def test_dark_thoughts_without_a_plan_bring_crisis_help_with_them(answer):
    assert shows_help(CHECK, ANSWERS | {"suicide": [answer]})
    assert not shows_help(CHECK, ANSWERS)


@given(answers=any_answers, name=st.sampled_from([question.id for question in CHECK.questions]))
def test_leaving_an_answer_out_never_makes_a_pass_of_it(answers, name):
    fewer = {key: value for key, value in answers.items() if key != name}
    assert outcome(fewer).verdict != Verdict.CONSULT


@given(answers=any_answers)
def test_any_answers_come_to_a_verdict_with_words_for_every_reason(answers):
    found = outcome(answers)
    strongest = max((RANK[one.verdict] for one in found.reasons), default=0)
    assert RANK[found.verdict] == max(strongest, 1 if found.still_open else 0)
    assert all(one.text["en"] and one.text["es"] for one in (*found.reasons, *found.notes))


def test_every_rule_that_answers_can_reach_has_words_in_both_languages():
    assert definition.reachable(CHECK, BOOK) == []
    assert list(definition.problems(CHECK)) == []


def test_a_rule_too_strong_for_it_is_not_left_to_the_clinics_own_checks():
    weak = CHECK.model_copy(update={"clinic_checks": ["ABS-01"]})
    assert [(one.place, one.says) for one in definition.problems(weak)] == [
        ("ABS-01", "is too strong to be only checked by the clinic")
    ]


def test_a_self_check_says_at_once_what_is_wrong_with_it(monkeypatch):
    tree = reference.read_yaml("selfcheck/eligibility.1.yaml")
    tree["steps"][0]["questions"][0]["options"][0] |= {"facts": {"psych.nothing": 1}, "text": {"en": "No"}}
    del tree["reasons"]["ABS-01"]
    monkeypatch.setattr(reference, "read_yaml", lambda _: tree)
    with pytest.raises(BadReference) as refused:
        definition.load.__wrapped__()
    said = " ".join(f"{one.place} {one.says}" for one in refused.value.problems)
    assert all(word in said for word in ("psych.nothing", "suicide.no must be worded", "ABS-01 may fire"))
