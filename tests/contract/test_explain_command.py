"""``ketacare explain``: a decision judged again, years later, with the very version of the book it rested on."""

import json
from datetime import timedelta

import pytest

from ketacare.clinic import queries
from ketacare.clinic.models import AuditEvent, DecisionRecord, Site
from ketacare.config.cli import main
from tests.cast import NOW, Cast
from tests.data_folder import data_apart, forget, next_version
from tests.rooms.clinic.rulebooks import approve, propose
from tests.rooms.evaluation import answers
from tests.rooms.infusion import treatment

HEART = {
    "cv__had_mi_or_cv_event": True,
    "cv__days_since_mi_or_event": "2024-01-05",
    "cv__stable_cad": True,
    "cv__ecg_done": True,
    "cv__qtc_ms": 420,
    "cv__ecg_interpretation": "normal",
}


@pytest.fixture
def rulebooks(tmp_path):
    with data_apart(tmp_path) as folder:
        yield folder


def decided(cast: Cast, **answered: object) -> DecisionRecord:
    answers.answer(cast, **answered)
    record = answers.decide(cast, decided="work-up")
    assert isinstance(record, DecisionRecord)
    return record


def explained(capsys: pytest.CaptureFixture[str], record: DecisionRecord, code: int = 0) -> str:
    assert main(["explain", str(record.pk)]) == code
    return capsys.readouterr().out


def test_what_it_rested_on_who_decided_and_that_it_comes_out_the_same(cast, capsys):
    record = decided(cast, **HEART)
    told = explained(capsys, record)
    assert "Harbour Prescriber" in told
    assert f"SHA-256 {record.book_sha256}" in told
    assert "REL-04 relative, fires" in told
    assert told.endswith("reproduced: same result\n")
    assert AuditEvent.objects.filter(did="saw decision on the command line", patients=[cast.ada]).count() == 1


def test_it_names_nobody_but_who_decided(cast, capsys):
    assert "Lindqvist" not in explained(capsys, decided(cast))


def test_it_comes_out_the_same_after_a_newer_book_is_in_force_and_the_sites_numbers_changed(cast, capsys, rulebooks):
    before = decided(cast, cv__bp_sys=155)
    next_version(
        rulebooks,
        "eligibility",
        ("default: 160, unit: mmHg, bounds: [140, 160]", "default: 150, unit: mmHg, bounds: [140, 150]"),
    )
    later = NOW + timedelta(hours=1)
    approve(cast, propose(cast, version=2, bp_treat_sys=145, at=later), at=later)
    assert queries.in_force(Site.objects.get(pk=cast.here), "eligibility", at=later)[0].version == 2
    answers.answer(cast, at=later, cv__bp_sys=155)
    after = answers.decide(cast, decided="work-up", at=later)
    assert (before.book_version, before.result) == (1, "eligible_with_precautions")
    assert (after.book_version, after.result) == (2, "needs_workup")
    for record in (before, after):
        assert "reproduced: same result" in explained(capsys, record)


def test_a_missing_version_is_said(cast, capsys, rulebooks):
    next_version(rulebooks, "eligibility")
    approve(cast, propose(cast, version=2))
    record = decided(cast)
    (rulebooks / "eligibility.2.yaml").unlink()
    forget()
    told = explained(capsys, record, code=1)
    assert "cannot be reproduced" in told
    assert "there is no version 2" in told


def test_a_version_whose_file_has_changed_is_said(cast, capsys, rulebooks):
    record = decided(cast)
    file = rulebooks / "eligibility.1.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# touched\n", encoding="utf-8")
    forget()
    assert "is not the file it was" in explained(capsys, record, code=1)


def test_a_record_that_does_not_come_out_the_same_names_what_differs(cast, capsys):
    record = decided(cast, cv__bp_sys=155)
    row = {field.attname: getattr(record, field.attname) for field in record._meta.fields if field.name != "id"}
    facts = record.facts | {"cv.bp_sys": record.facts["cv.bp_sys"] | {"value": 120}}
    forged = DecisionRecord.objects.create(**row | {"facts": facts})
    told = explained(capsys, forged, code=1)
    assert "NOT the same" in told
    assert "CAU-01 was fired, is silent" in told


def test_as_json_it_holds_everything_that_was_kept(cast, capsys):
    record = decided(cast, **HEART)
    assert main(["explain", str(record.pk), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reproduced"] is True
    assert told["kept"]["on"] == "2026-03-02"
    assert told["kept"]["facts"]["cv.bp_sys"]["source"].startswith("answer:")
    assert told["kept"]["params"]["bp_treat_sys"] == 160


def test_the_gates_and_the_orders_decisions_are_repeated_too(cast, capsys):
    treatment.started(cast)
    books = set()
    for record in DecisionRecord.objects.all():
        assert "reproduced: same result" in explained(capsys, record)
        books.add(record.book_id)
    assert books == {"eligibility", "order_checks", "start_gate"}


def test_a_decision_that_is_not_there(cast, capsys):
    assert main(["explain", "987654"]) == 2
    assert "There is no decision 987654." in capsys.readouterr().out
