"""Every scale as a FHIR Questionnaire: its calculated score is ours, its answers come back as they went."""

from decimal import Decimal
from typing import Any

import pytest
from fhirpathpy import compile as fhirpath
from fhirpathpy.models import models
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.interop.mapping import questionnaire
from ketacare.science.errors import BadFacts
from ketacare.science.scales import library
from ketacare.science.scales.definition import Instrument
from ketacare.science.scales.scoring import score

SCALES = library.shipped()
SCORED = [
    name for name in SCALES for page in [questionnaire.to_fhir(library.load(name))] if page["item"][-1].get("readOnly")
]
PATHS: dict[str, Any] = {}


def calculated(name: str, response: dict[str, Any]) -> Decimal | None:
    """What another's FHIRPath engine makes of the expression."""
    if name not in PATHS:
        said = questionnaire.to_fhir(library.load(name))["item"][-1]["extension"][0]["valueExpression"]["expression"]
        PATHS[name] = fhirpath(said, models["r4"])
    found = PATHS[name](response, {"resource": response})
    assert len(found) <= 1
    return Decimal(str(found[0])) if found else None


def answers(instrument: Instrument, data: st.DataObject) -> dict[str, Any]:
    """Answers of which none, few or most are missing."""
    gaps = set(
        data.draw(
            st.lists(
                st.sampled_from([item.id for item in instrument.items]),
                max_size=data.draw(st.sampled_from([0, 1, 2, 4])),
            )
        )
    )
    return {
        item.id: data.draw(st.sampled_from(list(instrument.points(item))), label=item.id)
        for item in instrument.items
        if item.id not in gaps
    }


@pytest.mark.parametrize("name", SCORED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_calculated_score_is_ours_whatever_is_answered(name: str, data: st.DataObject) -> None:
    instrument = library.load(name)
    given_answers = answers(instrument, data)
    ours = score(instrument, given_answers).main
    assert calculated(name, questionnaire.response_to_fhir(instrument, given_answers)) == ours


@pytest.mark.parametrize("name", SCORED)
def test_nothing_answered_is_calculated_to_nothing(name: str) -> None:
    assert calculated(name, questionnaire.response_to_fhir(library.load(name), {})) is None


@pytest.mark.parametrize("name", SCALES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_answers_come_back_as_they_went(name: str, data: st.DataObject) -> None:
    instrument = library.load(name)
    given_answers = {"total": 20} if instrument.entry == "total" else answers(instrument, data)
    assert (
        questionnaire.answers_from_fhir(instrument, questionnaire.response_to_fhir(instrument, given_answers))
        == given_answers
    )


@pytest.mark.parametrize("name", SCALES)
def test_a_code_stands_only_where_one_was_found(name: str) -> None:
    instrument, page = library.load(name), questionnaire.to_fhir(library.load(name))
    assert ("code" in page) == ("panel" in instrument.loinc)
    codes = {item["linkId"]: item["code"][0]["code"] for item in page["item"] if "code" in item}
    found = {item.id: item.loinc.code for item in instrument.items if item.loinc and instrument.entry != "total"}
    main = instrument.loinc.get(instrument.main_score or "")
    assert codes == found | ({instrument.main_score: main.code} if main else {})


def test_answers_to_another_version_and_what_is_not_permitted_are_refused_together() -> None:
    phq9 = library.load("phq9")
    sent = questionnaire.response_to_fhir(phq9, {"phq9_1": 1, "phq9_2": 2})
    sent["questionnaire"] = "urn:ketacare:scale:phq9|7"
    sent["item"][0]["answer"] = [{"valueInteger": 1}]
    sent["item"].append({"linkId": "phq9_x", "answer": []})
    with pytest.raises(BadFacts) as refused:
        questionnaire.answers_from_fhir(phq9, sent)
    assert [problem.place for problem in refused.value.problems] == ["questionnaire", "phq9_1", "phq9_x"]
