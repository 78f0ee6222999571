"""The clinic whose bills are in dollars."""

import pytest

from tests.rooms import steps
from tests.rooms.billing.paying import priced


@pytest.fixture
def hill(cast):
    people = steps.at_the_other_site(cast)
    priced(people)
    return people
