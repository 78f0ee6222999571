"""The pages of a person's record."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.actor import Operator
from ketacare.clinic.models import AuditEvent, Patient, Site
from ketacare.interop.fhir import import_unit
from ketacare.record import actions
from tests.cast import NOW
from tests.contract.fhir import made


@pytest.fixture
def browse(cast):
    client = Client()
    client.force_login(cast.user("nurse"), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def vale(cast, tmp_path) -> Patient:
    weight = made.observation(value=72.5, unit="stone")
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), made.condition(), weight))])
    actions.import_resources(unit=unit, site=Site.objects.get(pk=cast.here), by=Operator(), at=NOW)
    return Patient.objects.get(family_name="Vale")


def page(browse, name: str, pk: int) -> str:
    reply = browse.get(reverse(f"record:{name}", args=[pk]))
    assert reply.status_code == 200
    return reply.content.decode()


def test_every_entry_stands_one_click_from_its_source(browse, vale):
    text = page(browse, "documents", vale.pk)
    assert "Hypertension" in text
    links = re.findall(r'href="(/sources/\d+/)"', text)
    assert len(links) == vale.entries.count()
    source = browse.get(links[0]).content.decode()
    assert "unit.json" in source
    assert "/entry/1/resource" in source or "/entry/2/resource" in source
    assert "&quot;resourceType&quot;" in source


def test_what_could_not_be_used_as_a_fact_says_why(browse, vale):
    assert "its unit stone cannot be turned into kg" in page(browse, "documents", vale.pk)


def test_an_empty_chapter_is_unknown_and_not_none(browse, cast):
    text = page(browse, "documents", cast.ada)
    assert text.count("no entry") == 6
    assert "not asked" in text


def test_who_looked_is_written_down(browse, vale):
    page(browse, "documents", vale.pk)
    assert AuditEvent.objects.filter(did="saw record:documents", patients=[vale.pk]).exists()


def test_measurements_are_entered_at_the_site_s_own_time(browse, cast):
    address = reverse("record:measure", args=[cast.ada])
    sent = {"measured_at": "2026-01-05T10:30", "seated": "on", "weight_kg": "70.5", "bp_sys": "121"}
    assert browse.post(address, sent).status_code == 302
    entries = {entry.code: entry for entry in cast.patient("ada").entries.all()}
    assert entries["29463-7"].value == "70.5"
    assert entries["29463-7"].as_of.isoformat() == "2026-01-05T09:30:00+00:00"
    assert "70.5" in page(browse, "documents", cast.ada)


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        ({"measured_at": "2026-01-05T10:30", "weight_kg": "700"}, 409, "must lie between"),
        ({"measured_at": "2026-01-05T10:30"}, 409, "Nothing was measured"),
        ({"measured_at": "yesterday", "weight_kg": "70"}, 200, "Enter a valid date"),
        ({"measured_at": "2026-01-05T10:30", "weight_kg": "seventy"}, 200, "Enter a number"),
    ],
)
def test_a_wrong_form_says_what_is_wrong_and_writes_nothing(browse, cast, sent, status, says):
    reply = browse.post(reverse("record:measure", args=[cast.ada]), sent)
    assert reply.status_code == status
    assert says in reply.content.decode()
    assert not cast.patient("ada").entries.exists()


def test_the_pages_cost_a_fixed_number_of_queries(browse, vale, cast, tmp_path, django_assert_max_num_queries):
    many = [made.observation(value=n, id=f"w{n}", effectiveDateTime=f"2026-01-{n:02}") for n in range(1, 29)]
    unit = import_unit([made.write(tmp_path, made.bundle(made.patient(), *many))])
    actions.import_resources(unit=unit, site=Site.objects.get(pk=cast.here), by=Operator(), at=NOW)
    with django_assert_max_num_queries(20):
        page(browse, "documents", vale.pk)
