from ketacare.science import rules
from ketacare.science.rules import questions


def test_every_fact_that_a_person_supplies_is_asked_once():
    asked = [question.fact for section in questions.sections("eligibility") for question in section.questions]
    assert len(asked) == len(set(asked))
    assert set(asked) >= questions.to_ask(rules.load("eligibility").fields)


def test_nobody_is_asked_what_follows_from_other_answers():
    assert not {"patient.age_years", "patient.bmi", "clearance.cardiology", "site.jurisdiction"} & questions.to_ask(
        rules.load("eligibility").fields
    )
