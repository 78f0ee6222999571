"""``ketacare register`` and what ``ketacare verify`` says of it."""

import json

import pytest

from ketacare.clinic.models import AuditEvent
from ketacare.config.cli import main
from ketacare.record.models import Treatment
from tests.rooms.infusion import treatment
from tests.rooms.infusion.treatment import START
from tests.rooms.stewardship import vault


def test_the_register_is_printed_and_written_once(cast, capsys, tmp_path):
    vault.opened(cast)
    vault.waste(cast, vault.issued(cast, "6"), None)
    table, paper = tmp_path / "register.csv", tmp_path / "register.pdf"
    given = ["register", "--from", "2026-03-01", "--to", "2026-03-03", "--csv", str(table), "--pdf", str(paper)]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "Harbour Clinic, 2026-03-01 to 2026-03-03: 3 movements, 0 counts" in said
    assert "ketamine 50.000 mg/mL, lot K1, expires 2027-06-30: 194.000 mg" in said
    assert len(table.read_text().splitlines()) == 1 + 2 + 1 + 1
    assert paper.read_bytes().startswith(b"%PDF")
    assert AuditEvent.objects.filter(did="saw register on the command line", patients=[cast.ada]).exists()
    assert main(given) == 2


def test_the_balance_is_that_of_the_last_day_asked_for(cast, capsys):
    vault.opened(cast)
    vault.issued(cast, "6")
    main(["register", "--to", "2026-03-01", "--from", "2026-02-01"])
    assert "nothing" in capsys.readouterr().out


def test_an_open_discrepancy_is_exit_code_1(cast, capsys):
    vault.opened(cast)
    vault.waste(cast, vault.issued(cast, "6"), None, witnessed=False)
    assert main(["register"]) == 1
    assert "OPEN" in capsys.readouterr().out


@pytest.mark.parametrize("given", [["--site", "Nowhere"], []])
def test_without_a_register_there_is_nothing_to_print(cast, capsys, given):
    assert main(["register", *given]) == 2


def test_verify_compares_chart_and_vault(cast, capsys):
    vault.opened(cast)
    vault.issued(cast, at=START)
    treatment.recovering(cast)
    main(["verify", "--json"])
    assert json.loads(capsys.readouterr().out)["registers"] == []
    Treatment.objects.update(given_mg=1)
    assert main(["verify"]) == 1
    assert "35.000 mg are booked" in capsys.readouterr().out
