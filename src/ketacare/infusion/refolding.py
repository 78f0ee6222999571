"""Anything cached can be rebuilt: fold every session anew and compare."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from ketacare.infusion import states
from ketacare.infusion.models import Session
from ketacare.infusion.timeline import columns_of, treatment_of
from ketacare.record.models import Treatment
from ketacare.science.monitoring.events import BadEvent
from ketacare.science.monitoring.timeline import State, dose_steps


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A session whose cached columns, or whose numbers, are not what its events say."""

    session: int
    says: str


def differences() -> Iterator[Difference]:
    """Every session that does not refold to what is cached of it."""
    for pk in Session.objects.order_by("pk").values_list("pk", flat=True):
        for says in _checked(pk):
            yield Difference(session=pk, says=says)


@transaction.atomic
def _checked(pk: int) -> list[str]:
    """What is wrong with one session; under its lock, so that a session under way stands still while it is looked at."""
    return list(_wrong(Session.objects.select_for_update().get(pk=pk)))


def _wrong(session: Session) -> Iterator[str]:
    numbers = list(session.events.order_by("seq").values_list("seq", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        yield "its timeline has holes"
    try:
        state = states.refolded(session)
    except BadEvent as error:
        yield f"an entry cannot be read: {'; '.join(map(str, error.problems))}"
        return
    for name, value in columns_of(state).items():
        if getattr(session, name) != value:
            yield f"{name} is {getattr(session, name)!s} and its events say {value!s}"
    yield from _wrong_treatment(session, state)


def _wrong_treatment(session: Session, state: State) -> Iterator[str]:
    given = Treatment.objects.filter(course=session.course_id, number=session.number).first()
    if given is None and state.started_at is not None:
        yield "its events say that the drug was given and there is no treatment"
    if given is not None and state.ended_at is not None:
        last = max([state.ended_at, *(one.at for one in dose_steps(state))])  # a line loss may be noticed after the end
        for name, value in treatment_of(session, state, until=last).items():
            if getattr(given, name) != value:
                yield f"the treatment's {name} is {getattr(given, name)!s} and its events say {value!s}"
