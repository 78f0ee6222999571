"""How often a public form may be sent: by one address, and by everybody together. Addresses are kept as hashes, for an hour."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from ketacare.frontdesk.models import Knock

WINDOW = timedelta(hours=1)
# Within the window. Whole families and wards share an address; without the work of a script fewer are let in.
PER_CALLER = {False: 10, True: 4}
IN_ALL = {False: 200, True: 40}


def caller_of(address: str, *, at: datetime) -> str:
    """An address as it is kept: a hash under a key of the day, which no one can turn back without the server's secret."""
    return salted_hmac(f"frontdesk.knock:{at.date().isoformat()}", address, algorithm="sha256").hexdigest()


@transaction.atomic
def let_in(address: str, *, is_slow: bool, at: datetime) -> bool:
    """Whether one more sending is taken now; it is counted if so, and what is older than the window is forgotten."""
    forget(at=at)
    caller = caller_of(address, at=at)
    rows = Knock.objects.filter(at__gt=at - WINDOW)
    kinds = (False, True) if is_slow else (False,)
    for kind in kinds:
        counted = rows.filter(is_slow=True) if kind else rows
        if counted.count() >= IN_ALL[kind] or counted.filter(caller=caller).count() >= PER_CALLER[kind]:
            return False
    Knock.objects.create(caller=caller, at=at, is_slow=is_slow)
    return True


def has_old(*, at: datetime) -> bool:
    """Whether anything is older than the window."""
    return Knock.objects.filter(at__lte=at - WINDOW).exists()


def forget(*, at: datetime) -> int:
    """Remove what is older than the window."""
    gone, _ = Knock.objects.filter(at__lte=at - WINDOW).delete()
    return gone
