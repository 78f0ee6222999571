"""Two links of one check-in answered at the same moment: what one records the other does not write over unseen."""

import time
from threading import Event, Thread

from django.db import connection

from ketacare.clinic.errors import ActionRefused
from ketacare.outcomes.models import AnswerSet
from ketacare.portal import actions
from ketacare.portal.actions import answering
from ketacare.portal.models import CheckInScale, Invitation
from ketacare.portal.values import Given
from tests.rooms.infusion.treatment import START
from tests.rooms.portal.asked import DAY, HOUR, arranged, treated, turn

AT = START + 7 * DAY + HOUR


def test_an_answer_by_another_link_while_the_last_one_is_recorded_is_refused_and_not_lost_unseen(own_cast, monkeypatch):
    arranged(own_cast)
    treated(own_cast)
    turn(AT)
    turn(AT + DAY)
    first, second = Invitation.objects.filter(check_in__point_id="day_7").order_by("pk")
    scale = CheckInScale.objects.get(check_in=first.check_in, instrument_id="phq9")
    by = answering.link_of(own_cast.patient("ada"))

    def answer(link, device, item, said):
        given = Given(scale="phq9", version=scale.instrument_version, item=item, answer=said, is_left_open=False)
        return actions.answer_question(invitation_id=link.pk, device=device, given=given, by=by, at=AT + DAY + HOUR)

    for number in range(1, 9):
        answer(first, "phone", f"phq9_{number}", "0")
    holds, read = Event(), answering.value_of

    def slowly(*asked):
        if not holds.is_set():
            holds.set()
            time.sleep(1)  # long enough for the other to come as far as the lock
        return read(*asked)

    monkeypatch.setattr(answering, "value_of", slowly)
    came_to = {}

    def in_thread(name, *said):
        try:
            came_to[name] = answer(*said)
        except ActionRefused as refused:
            came_to[name] = refused
        finally:
            connection.close()

    last = Thread(target=in_thread, args=("last", first, "phone", "phq9_9", "0"))
    last.start()
    assert holds.wait(10)
    in_thread("other", second, "tablet", "phq9_8", "3")
    last.join(20)
    assert isinstance(came_to["other"], ActionRefused)
    recorded = AnswerSet.objects.get(form_key=scale.form_key).answers
    assert CheckInScale.objects.get(pk=scale.pk).answers == recorded
