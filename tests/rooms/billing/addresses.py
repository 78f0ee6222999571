"""What the walk over every address opens in this room."""

from ketacare.billing.models import Price
from tests.cast import Cast
from tests.rooms.billing import paying


def charging(cast: Cast, site: str) -> Cast:
    """The cast of a site that has prices."""
    people = paying.side(cast, site)
    if not Price.objects.filter(site=people.here).exists():
        paying.priced(people)
    return people


def at_site(cast: Cast, site: str) -> dict[str, object]:
    people = paying.side(cast, site)
    return {"pk": people.here}


def estimate(cast: Cast, site: str) -> dict[str, object]:
    people = charging(cast, site)
    return {"pk": paying.estimated(people).pk}


def superbill(cast: Cast, site: str) -> dict[str, object]:
    people = charging(cast, site)
    return {"pk": paying.billed(people, f"service:{paying.done(people).pk}").pk}


def payment(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": paying.paid(paying.side(cast, site)).pk}
