"""The two answers that are not a page: refused, with every reason, and not found, which is also not allowed."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why something was refused: what stands in the way and who can do something about it."""

    text: str
    who: str = ""
    rule: str = ""


class ActionRefused(Exception):
    """An action was refused; nothing was written."""

    def __init__(self, code: str, reasons: Sequence[Reason | str]) -> None:
        self.code = code
        self.reasons = [reason if isinstance(reason, Reason) else Reason(text=reason) for reason in reasons]
        super().__init__(f"{code}: " + "; ".join(reason.text for reason in self.reasons))


class NotAllowed(Http404):
    """The actor may not; the answer is the same as for a thing that does not exist, the reason is for the audit."""

    def __init__(self, permission: str, on: str) -> None:
        self.permission = permission
        self.on = on
        super().__init__(f"{permission} on {on}")
