"""Sixteen people write at once: every balance is exact, no number is missing, a form sent by all is done once."""

import threading
from collections.abc import Callable
from decimal import Decimal

from django.db import connection

from ketacare.clinic.errors import ActionRefused
from ketacare.stewardship import actions, checking, queries
from ketacare.stewardship.models import Account, Movement
from tests.rooms.stewardship import vault
from tests.rooms.stewardship.vault import LATER, chair, delivery

D = Decimal
WRITERS, ACTS = 16, 6


def all_at_once(work: Callable[[int], None]) -> list[Exception]:
    """Run a piece of work in every writer, each with its own connection; what any of them raised."""
    raised: list[Exception] = []
    gate = threading.Barrier(WRITERS)

    def run(writer: int) -> None:
        gate.wait()
        try:
            work(writer)
        except Exception as error:  # noqa: BLE001  # told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(writer,)) for writer in range(WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return raised


def test_sixteen_writers_leave_exact_balances(own_cast, django_db_blocker):
    cast = own_cast
    with django_db_blocker.unblock():
        vault.opened(cast, delivery(how_many=WRITERS))
        boxes = [one.container for one in queries.vault(cast.here)]

        def work(writer: int) -> None:
            told = {"site_id": cast.here, "at": LATER, "by": cast.actor("nurse")}
            for act in range(ACTS):
                box = boxes[(writer + act) % WRITERS]
                where = chair(cast, number=writer + 1)
                actions.issue(chair=where, container_ids=[box.pk], mg=D("3.003"), **told)
                actions.return_drug(chair=where, container_id=box.pk, mg=D("1.001"), **told)
                actions.waste(
                    chair=where,
                    container_id=box.pk,
                    mg=D("0.002"),
                    reason="Rest",
                    witness=cast.actor("prescriber"),
                    **told,
                )

        assert all_at_once(work) == []
        moved = WRITERS * ACTS
        assert vault.vault_mg(cast) == D(100) * WRITERS - moved * D("2.002")
        assert sum(one.mg for one in queries.at_chairs(cast.here)) == moved * D("2.000")
        assert queries.held(Account.objects.filter(site=cast.here)) == []
        assert Movement.objects.count() == 1 + 3 * moved
        assert not list(checking.disagreements())


def test_one_form_sent_by_sixteen_at_once_is_done_once(own_cast, django_db_blocker):
    cast = own_cast
    with django_db_blocker.unblock():
        vault.opened(cast)
        box = vault.issued(cast, "6")
        assert all_at_once(lambda _: vault.waste(cast, box, "1", nonce="the same form")) == []
        assert vault.chair_mg(cast) == D(5)


def test_the_last_vial_goes_to_one_of_sixteen(own_cast, django_db_blocker):
    cast = own_cast
    with django_db_blocker.unblock():
        vault.opened(cast, delivery(how_many=1))
        box = vault.vial(cast)

        def take(writer: int) -> None:
            where = chair(cast, number=writer + 1)
            actions.issue(site_id=cast.here, chair=where, container_ids=[box.pk], by=cast.actor("nurse"), at=LATER)

        refused = all_at_once(take)
        assert len(refused) == WRITERS - 1
        assert all(isinstance(one, ActionRefused) for one in refused)
        assert vault.vault_mg(cast) == 0
