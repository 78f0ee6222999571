"""Who acts at the command line."""

from ketacare.clinic.actor import Operator, Staff, of_user
from ketacare.clinic.errors import ActionRefused
from ketacare.clinic.models import User


def operator(email: str | None) -> Operator:
    """The operator, with the permissions of a member of staff where one is named."""
    if email is None:
        return Operator()
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    found = None if user is None else of_user(user)
    if not isinstance(found, Staff):
        raise ActionRefused("no-such-person", [f"No member of staff logs in as {email}."])
    return Operator(acting_as=found)
