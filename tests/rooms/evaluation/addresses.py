"""How the walk over every address fills those of this room."""

from ketacare.clinic.actor import System
from ketacare.evaluation import actions
from tests.cast import NOW, Cast
from tests.rooms.clinic import rulebooks
from tests.rooms.evaluation import answers

HERE = "here"


def who(site: str) -> str:
    return "ada" if site == HERE else "zoe"


def course(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": cast.course(who(site)).pk}


def decision(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": answers.decide(cast, who(site), decided="work-up").pk}


def pending(cast: Cast, site: str) -> dict[str, object]:
    return {"pk": answers.pending(cast, who(site)).pk}


def proposal(cast: Cast, site: str) -> dict[str, object]:
    """Numbers that somebody of the site wants."""
    return {"pk": rulebooks.propose(cast, site=site, bp_treat_sys=150).pk}


def screening(cast: Cast, site: str) -> dict[str, object]:
    """What the software found when it judged a course again."""
    made = actions.screen_course(course_id=cast.course(who(site)).pk, by=System(name="watch"), at=NOW, anyway=True)
    assert made is not None
    return {"pk": made.pk}


ARGUMENTS = {
    "evaluation:book": lambda *_: {"name": "eligibility"},
    "evaluation:changes": course,
    "evaluation:screening-seen": screening,
    "evaluation:clearance": lambda cast, site: {**course(cast, site), "clearance": "clearance.cardiology"},
    "evaluation:confirm": pending,
    "evaluation:course": course,
    "evaluation:decide": course,
    "evaluation:decision": decision,
    "evaluation:rule": lambda cast, site: {"rule": "ABS-02"},
    "evaluation:rulebook-approve": proposal,
    "evaluation:rulebook-proposal": proposal,
    "evaluation:rulebook-reject": proposal,
    "evaluation:section": lambda cast, site: {**course(cast, site), "section": "heart"},
    "evaluation:source": lambda cast, site: {"key": "D-CLINIC"},
    "evaluation:withdraw": pending,
}
# Reference pages: they are about no patient, so every site sees the same.
ABOUT_NOBODY = {"evaluation:book", "evaluation:rule", "evaluation:source"}
