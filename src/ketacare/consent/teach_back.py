"""Whether a text was understood: which questions are still open, and what was tried."""

from collections.abc import Iterable
from dataclasses import dataclass

from ketacare.consent.models import ConsentTalk, TeachBackAnswer
from ketacare.consent.shapes import TeachBack, Text


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question with what was answered to it, oldest first."""

    question: TeachBack
    tries: tuple[TeachBackAnswer, ...]

    @property
    def is_understood(self) -> bool:
        return bool(self.tries) and self.tries[-1].is_right

    @property
    def was_wrong(self) -> bool:
        """Whether the last try was wrong: then it is explained again before it is asked again."""
        return bool(self.tries) and not self.tries[-1].is_right


def asked(talk: ConsentTalk | None, text: Text) -> list[Asked]:
    """Every question of a text with its tries in a talk."""
    tries = list(tries_of(talk, text)) if talk else []
    return [
        Asked(question=question, tries=tuple(one for one in tries if one.question == question.id))
        for question in text.stated.teach_back
    ]


def tries_of(talk: ConsentTalk, text: Text) -> Iterable[TeachBackAnswer]:
    """What was answered in a talk about exactly this text, oldest first."""
    return talk.answers.filter(document_sha256=text.reference.sha256).order_by("pk")


def unanswered(talk: ConsentTalk, text: Text) -> list[TeachBack]:
    """The questions whose last answer is not right, or that nobody has answered."""
    return [one.question for one in asked(talk, text) if not one.is_understood]
