import pytest
from django.utils import timezone

from ketacare.clinic import actions
from ketacare.clinic.actor import Operator, System
from ketacare.clinic.errors import NotAllowed
from ketacare.clinic.models import AuditEvent, Patient, Role
from ketacare.clinic.permissions import PERMISSIONS, fetch, may, require, visible_patients
from tests.cast import NOW


@pytest.mark.parametrize("permission", PERMISSIONS)
@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_staff_hold_a_permission_only_at_their_own_site(cast, role, permission):
    by = cast.actor(role)
    assert may(by, permission, cast.patient("ada")) == (role in PERMISSIONS[permission])
    assert not may(by, permission, cast.patient("zoe"))


def test_a_missing_patient_and_a_forbidden_one_get_the_same_answer(cast):
    nurse = cast.actor("nurse")
    for pk in (cast.zoe, 987654):
        with pytest.raises(NotAllowed):
            fetch(nurse, "patient.view", Patient.objects.all(), pk=pk)


def test_lists_hold_only_patients_of_the_actors_sites(cast):
    assert set(visible_patients(cast.actor("nurse")).values_list("pk", flat=True)) == {cast.ada, cast.ben}
    assert set(visible_patients(cast.patient_actor()).values_list("pk", flat=True)) == {cast.ada}


def test_the_command_line_may_nothing_without_a_person(cast):
    assert not may(Operator(), "patient.view", cast.patient("ada"))
    assert may(Operator(acting_as=cast.actor("nurse")), "patient.view", cast.patient("ada"))


def test_the_software_itself_may_only_what_the_table_says(cast):
    assert may(System(name="watch"), "hold.place", cast.patient("ada"))
    assert not may(System(name="watch"), "hold.lift", cast.patient("ada"))


def test_break_glass_opens_reading_and_never_writing(cast):
    nurse, zoe = cast.actor("nurse"), cast.patient("zoe")
    actions.break_glass(patient=zoe, reason="Collapsed in our waiting room", by=nurse, at=NOW)
    with pytest.raises(NotAllowed):
        require(nurse, "patient.view", zoe)  # granted on a day long past
    actions.break_glass(patient=zoe, reason="Collapsed in our waiting room", by=nurse, at=timezone.now())
    require(nurse, "patient.view", zoe)
    with pytest.raises(NotAllowed):
        require(nurse, "hold.place", zoe)
    assert AuditEvent.objects.filter(did="broke the glass", subjects__patient=zoe).count() == 2
