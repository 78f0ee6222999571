from threading import Thread

from django.db import connection

from ketacare.clinic.models import Site


def test_other_connections_see_what_was_committed_in_an_own_database(own_cast):
    Site.objects.create(name="A third site")
    seen = []

    def look() -> None:
        seen.append(Site.objects.count())
        connection.close()

    other = Thread(target=look)
    other.start()
    other.join()
    assert seen == [3]


def test_the_next_test_sees_the_cast_alone(cast):
    assert Site.objects.count() == 2
