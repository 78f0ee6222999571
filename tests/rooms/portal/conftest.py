"""Mail is caught by Django's own test outbox here, so it can be sent."""

import pytest


@pytest.fixture(autouse=True)
def mail_can_be_sent(settings):
    settings.CAN_SEND_EMAIL = True
