"""A talk about consent as it is handed in."""

from collections.abc import Iterator
from dataclasses import dataclass

from ketacare.clinic.errors import Reason
from ketacare.clinic.models import Course, User
from ketacare.clinic.permissions import PERMISSIONS
from ketacare.consent.models import ConsentTalk


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Who explained, through which interpreter, and what the patient asked and was told."""

    explained_by: User
    interpreter: str = ConsentTalk.Interpreter.NONE_NEEDED
    interpreter_name: str = ""
    interpreter_language: str = ""
    questions: str = ""

    def obstacles(self, course: Course) -> list[Reason]:
        """Every reason why this cannot be kept as a talk."""
        return [*self._about_the_interpreter(), *self._about_who_explained(course)]

    def _about_the_interpreter(self) -> Iterator[Reason]:
        named = bool(self.interpreter_name.strip()), bool(self.interpreter_language.strip())
        if self.interpreter not in ConsentTalk.Interpreter.values:
            yield Reason(text="Say whether an interpreter was needed.")
        elif self.interpreter == ConsentTalk.Interpreter.PRESENT and not all(named):
            yield Reason(text="Name the interpreter and the language.")
        elif self.interpreter == ConsentTalk.Interpreter.NONE_NEEDED and any(named):
            yield Reason(text="An interpreter is named, and the form says that none was needed.")

    def _about_who_explained(self, course: Course) -> Iterator[Reason]:
        roles = PERMISSIONS["consent.explain"]
        if not self.explained_by.memberships.filter(site=course.site, role__in=roles).exists():
            yield Reason(text="Who explained must be a nurse or a prescriber of this site.")
