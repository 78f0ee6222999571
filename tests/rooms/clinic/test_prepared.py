"""A query that is made once asks the database what the query itself would ask, with the values of each time."""

from datetime import timedelta

import pytest
from django.db.models import Q

from ketacare.clinic.models import AuditEvent, User
from ketacare.clinic.prepared import Prepared
from tests.cast import NOW

PEOPLE = Prepared(lambda pks, email: User.objects.filter(Q(pk__in=pks) | Q(email=email)).order_by("-pk"))
TRAIL = Prepared(lambda since, did: AuditEvent.objects.filter(at__gte=since).exclude(did="").filter(did__in=did))


def emails(rows):
    return [one.email for one in rows]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_it_finds_what_the_query_finds_each_time_it_is_asked(cast, size):
    everybody = sorted(cast.staff.values())
    for first in range(len(everybody) - size):
        pks, other = everybody[first : first + size], User.objects.get(pk=everybody[-1]).email
        asked = User.objects.filter(Q(pk__in=pks) | Q(email=other)).order_by("-pk")
        assert emails(PEOPLE.rows(pks, other)) == emails(asked)


def test_it_sees_what_was_written_since(cast):
    pk = cast.staff["nurse"]
    assert PEOPLE.rows([pk], "")[0].is_active
    User.objects.filter(pk=pk).update(is_active=False)
    assert not PEOPLE.rows([pk], "")[0].is_active


def test_moments_are_told_as_each_database_wants_them(cast):
    said = AuditEvent.objects.order_by("pk").last().did
    since = [NOW - timedelta(days=400), NOW + timedelta(days=400 * 30)]
    asked = [list(AuditEvent.objects.filter(at__gte=one, did__in=[said])) for one in since]
    assert [TRAIL.rows(one, [said]) for one in since] == asked
    assert asked[0]
    assert asked[0] != asked[1]


def test_of_an_empty_list_nothing_is_found_and_nothing_asked(cast, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert PEOPLE.rows([], "nurse@harbour.example") == []


def test_a_value_of_a_type_that_has_no_stand_in_is_refused(cast):
    with pytest.raises(KeyError):
        PEOPLE.rows([1], 0.5)
