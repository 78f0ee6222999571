from django.urls import reverse

from ketacare.clinic import audit
from ketacare.clinic.actor import Device, System
from tests.cast import NOW


def test_people_are_not_buried_under_monitors_and_every_machine_is_one_click_away(cast, browse):
    for by in (Device(device_id=1, site_id=cast.here, name="Monitor 1"), System(name="watch"), cast.actor("nurse")):
        audit.record(by=by, at=NOW, did="readings recorded", on=cast.patient("ada"))
    address = reverse("clinic:patient-access", args=[cast.ada])
    people, everybody = (browse("quality").get(f"{address}{query}").content.decode() for query in ("", "?machines"))
    assert people.count("eadings recorded") == 1
    assert everybody.count("eadings recorded") == 3
