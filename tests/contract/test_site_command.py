"""``ketacare site``: how the first person comes into an empty clinic."""

import pytest

from ketacare.clinic.models import AuditEvent, Membership, Role, Site
from ketacare.config.cli import main

COMMAND = ["site", "Quay Clinic", "--administrator", "Nora@Quay.example", "--person", "Nora Quist"]


def test_a_site_is_opened_and_its_administrator_chooses_a_password(db, client, capsys):
    assert main([*COMMAND, "--time-zone", "Europe/Berlin", "--jurisdiction", "EU", "--currency", "EUR"]) == 0
    site = Site.objects.get(name="Quay Clinic")
    assert (site.time_zone, site.jurisdiction, site.currency) == ("Europe/Berlin", "EU", "EUR")
    assert Membership.objects.get(site=site).role == Role.ADMINISTRATOR
    assert AuditEvent.objects.filter(did="site opened", actor="operator:").count() == 1
    link = capsys.readouterr().out.split()[-1]
    assert client.get(link.removeprefix("http://localhost:8000"), follow=True).status_code == 200


def test_a_second_administrator_of_the_same_site_comes_in_the_same_way(db, capsys):
    main(COMMAND)
    assert main([*COMMAND[:3], "omar@quay.example", "--person", "Omar Idris"]) == 0
    assert Site.objects.filter(name="Quay Clinic").count() == 1
    assert Membership.objects.filter(site__name="Quay Clinic").count() == 2


def test_the_same_call_again_is_refused_with_its_reason(db, capsys):
    main(COMMAND)
    assert main(COMMAND) == 1
    assert "Refused: This person has that role already." in capsys.readouterr().err


def test_a_time_zone_that_is_none_opens_nothing(db, capsys):
    assert main([*COMMAND, "--time-zone", "Europe/Atlantis"]) == 2
    assert "Europe/Atlantis is no time zone" in capsys.readouterr().err
    assert not Site.objects.filter(name="Quay Clinic").exists()


def test_a_jurisdiction_that_no_rule_knows_is_not_taken(capsys):
    with pytest.raises(SystemExit) as ended:
        main([*COMMAND, "--jurisdiction", "Atlantis"])
    assert ended.value.code == 2
