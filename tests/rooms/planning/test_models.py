"""The pages of the models: every number with its unit, how sure it is and where it was read, one click from its source."""

import pytest
from django.urls import reverse

from ketacare.planning.model_pages import model_lines, model_page
from ketacare.science import reference
from ketacare.science.pkpd import models


def text_of(response, status=200) -> str:
    assert response.status_code == status
    return response.content.decode().replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", models.names())
def test_a_models_page_shows_every_number_and_links_every_source(browse, name):
    page, text = model_page(name), text_of(browse("nurse").get(reverse("planning:model", args=[name])))
    model = page.line.model
    assert [line.name for line in page.parameters] == list(model.parameters)
    for line in page.parameters:
        assert f'<td data-label="Value">{line.value} {line.unit}</td>' in text
        assert line.sources
    for key in page.sources:
        assert key in reference.sources()
        assert reverse("evaluation:source", args=[key]) in text
    assert model.reference.sha256 in text
    assert "not reviewed by a clinician" in text


def test_the_list_names_every_model_with_its_site_and_how_it_is_known(browse):
    text = text_of(browse("nurse").get(reverse("planning:models")))
    for line in model_lines():
        assert reverse("planning:model", args=[line.model.id]) in text
        assert line.site in text
        assert line.in_short in text
    assert "ketamine (racemate) into a vein, venous plasma" in text


def test_a_variance_is_said_as_people_read_it():
    lines = {one.name: one for one in model_page("otto2021_s_ketamine").parameters}
    assert lines["CL"].varies == "between people 16 % (variance 0.026048)"
    assert lines["CL"].by_weight == "× (weight / 70 kg)^0.75"
    assert (lines["Q1"].varies, lines["Q1"].by_weight) == ("–", "–")


def test_there_is_no_page_of_a_model_that_is_not_there(browse):
    assert browse("nurse").get(reverse("planning:model", args=["nobody_1899"])).status_code == 404


@pytest.mark.parametrize("role, status", [("quality", 200), ("therapist", 200), ("front-desk", 404), ("patient", 404)])
def test_models_are_for_those_who_treat_or_check(browse, role, status):
    assert browse(role).get(reverse("planning:models")).status_code == status


@pytest.mark.parametrize(
    "name, says", [("hornik2018_child", "Not into a muscle"), ("flint2017_picu", "Not s-norketamine")]
)
def test_what_a_model_refuses_is_said_on_its_page(browse, name, says):
    assert says in text_of(browse("nurse").get(reverse("planning:model", args=[name])))
