"""Numbers that other systems know a person by, as keyed hashes: enough to find somebody again, useless to read."""

import hashlib
import hmac

from django.conf import settings

from ketacare.record.values import Identifier


def digest(identifier: Identifier) -> str:
    """The hash of a number within its system, keyed with this installation's secret."""
    key = hashlib.sha256(b"ketacare identifiers " + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, f"{identifier.system}\n{identifier.value}".encode(), hashlib.sha256).hexdigest()
