"""The live addresses stand outside Django's middleware; they ask the same of a log-in."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.utils import timezone

from ketacare.config.live.who import Refused, as_request, person, sender


def request_of(client: Client):
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"localhost"), (b"cookie", cookies.encode())]
    return as_request({"type": "http", "method": "POST", "path": "/live/x", "query_string": b"", "headers": headers})


def test_a_person_is_known_by_their_cookie(cast, browse):
    assert person(request_of(browse("nurse"))) == cast.actor("nurse")


def test_nobody_is_refused(cast):
    with pytest.raises(Refused, match="Sign in"):
        person(request_of(Client()))


def test_staff_without_a_second_factor_are_refused_where_the_clinic_asks_for_one(cast, browse, settings):
    settings.REQUIRE_MFA = True
    nurse = browse("nurse")
    with pytest.raises(Refused, match="second factor"):
        person(request_of(nurse))
    TOTP.activate(cast.user("nurse"), generate_totp_secret())
    assert person(request_of(nurse)) == cast.actor("nurse")


def test_a_person_sends_nothing_after_idle_time(browse):
    nurse = browse("nurse")
    nurse.get("/")
    later = timezone.now() + timedelta(minutes=16)
    with time_machine.travel(later), pytest.raises(Refused, match="Locked"):
        sender(request_of(nurse))


def test_a_person_sends_nothing_without_the_pages_token(browse):
    with pytest.raises(Refused, match="anti-forgery"):
        sender(request_of(browse("nurse")))
