"""The set-up guide names what is there, and following it opens a clinic that may sign."""

import re
from datetime import timedelta
from pathlib import Path

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ketacare.clinic.actor import of_user
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import Qualification, Role, Site, User
from ketacare.clinic.permissions import require
from ketacare.config.cli import main
from ketacare.worklist.queries.today import worklist

GUIDE = (Path(__file__).resolve().parents[2] / "docs/how-to/set-up-a-clinic.md").read_text(encoding="utf-8")
STAFF = [role for role in Role if role != Role.PATIENT]


def test_everything_the_guide_names_under_settings_is_a_link_there(cast, browse):
    shown = "".join(browse(role).get(reverse("clinic:settings")).content.decode() for role in STAFF)
    links = {text.replace("&#x27;", "'").strip() for text in re.findall(r"<a [^>]*>([^<]+)</a>", shown)}
    named = set(re.findall(r"\*\*Settings, ([^*]+)\*\*", GUIDE))
    assert len(named) >= 7
    assert named - links == set()


def test_the_steps_are_numbered_without_a_gap():
    numbers = [int(found) for found in re.findall(r"^(\d+)\. ", GUIDE, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def refuses(user: User, site: Site) -> bool:
    try:
        require(of_user(user), "infusion.start", site, at=timezone.now())
    except ActionRefused:
        return True
    return False


def test_two_people_who_follow_it_open_a_clinic_in_which_a_nurse_may_start(db, settings):
    settings.REQUIRE_MFA = False
    main(["site", "Quay Clinic", "--administrator", "helene@quay.example", "--person", "Helene Duquesne"])
    site, helene = Site.objects.get(name="Quay Clinic"), User.objects.get(email="helene@quay.example")
    office = as_(helene)
    office.post(
        reverse("clinic:person-new"),
        {"name": "Nora Quist", "email": "nora@quay.example", "role": "nurse", "site": site.pk},
    )
    nora = User.objects.get(email="nora@quay.example")
    assert refuses(nora, site)
    assert "papers" in {one.name for one in worklist(of_user(helene), at=timezone.now()).kinds}
    until = {"valid_from": "2026-01-01", "expires_on": (timezone.now() + timedelta(days=400)).date().isoformat()}
    for kind in ("licence", "ketamine_care", "basic_life_support"):
        told = {"kind": kind, "issued_by": "The board", "number": "RN 1"} | until
        assert as_(nora).post(reverse("clinic:qualifications-mine"), told).status_code == 302
    assert refuses(nora, site)  # nobody has seen them
    for row in Qualification.objects.filter(user=nora):
        assert office.post(reverse("clinic:qualification-confirm", args=[row.pk])).status_code == 302
    assert not refuses(nora, site)
    left = {one.name for one in worklist(of_user(helene), at=timezone.now()).kinds}
    assert left == {"rota"}  # what is not set up yet
