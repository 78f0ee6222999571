from threading import Barrier, Thread

from django.db import connection

from ketacare.clinic.errors import ActionRefused
from ketacare.planning import actions
from ketacare.planning.models import Order, OrderEvent
from tests.rooms.steps import SIGNED, draft, planned


def at_once(*acts) -> list[str]:
    """Run acts at the same moment, each on its own connection; what became of each."""
    gate, outcomes = Barrier(len(acts)), []

    def run(act) -> None:
        gate.wait()
        try:
            act()
            outcomes.append("done")
        except ActionRefused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_two_prescribers_who_sign_at_once_leave_one_signature(own_cast):
    planned(own_cast)
    order = draft(own_cast)
    signers = [own_cast.actor("prescriber"), own_cast.actor("second-prescriber")]
    acts = [lambda by=by: actions.sign_order(order_id=order.pk, by=by, at=SIGNED) for by in signers]
    assert at_once(*acts) == ["done", "order-step"]
    assert OrderEvent.objects.count() == 1


def test_two_drafts_for_one_session_at_once_leave_one_order(own_cast):
    planned(own_cast)
    assert at_once(lambda: draft(own_cast), lambda: draft(own_cast)) == ["done", "order-not-possible"]
    assert Order.objects.count() == 1
