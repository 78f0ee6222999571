import pytest
from django.db import DatabaseError, connection, transaction

from ketacare.clinic import audit
from ketacare.clinic.actor import System
from ketacare.clinic.guards import guarded_tables, unguarded_tables
from ketacare.clinic.models import AuditEvent
from tests.cast import NOW


def test_every_append_only_table_is_guarded(cast):
    assert guarded_tables()
    assert unguarded_tables() == []


def test_an_audit_event_cannot_be_changed(cast):
    event = audit.record(by=System(name="test"), at=NOW, did="something")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(did="something else")


def test_an_audit_event_cannot_be_removed(cast):
    event = audit.record(by=System(name="test"), at=NOW, did="something")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).delete()


@pytest.mark.parametrize("table", ["clinic_auditevent", "clinic_auditseal", "clinic_decisionrecord"])
def test_a_guarded_table_cannot_be_emptied_by_hand(cast, table):
    audit.record(by=System(name="test"), at=NOW, did="something")
    if connection.vendor == "sqlite" and table != "clinic_auditevent":
        pytest.skip("SQLite has no TRUNCATE, and a DELETE of no rows fires no trigger")
    statement = f"TRUNCATE {table} CASCADE" if connection.vendor == "postgresql" else f"DELETE FROM {table}"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_table_that_lost_a_trigger_is_found(cast):
    drop = "DROP TRIGGER clinic_auditevent_no_update"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(drop if connection.vendor == "sqlite" else f"{drop} ON clinic_auditevent")
        assert unguarded_tables() == ["clinic_auditevent"]
        transaction.set_rollback(True)
    assert unguarded_tables() == []
