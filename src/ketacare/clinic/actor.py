"""Everything done is done by somebody: an Actor."""

from dataclasses import dataclass, field

from ketacare.clinic.models import Device as DeviceRow
from ketacare.clinic.models import Patient, User


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A logged-in person with roles at sites."""

    user_id: int
    name: str
    roles: frozenset[tuple[int, str]] = field(default_factory=frozenset)  # (site id, role)

    @property
    def key(self) -> str:
        return f"staff:{self.user_id}"


@dataclass(frozen=True, kw_only=True)
class PatientLink:
    """A patient acting for themself."""

    user_id: int | None  # None: without a log-in, by a link sent to them
    patient_id: int
    name: str

    @property
    def key(self) -> str:
        return f"patient:{self.patient_id}"


@dataclass(frozen=True, kw_only=True)
class Device:
    """A bedside device."""

    device_id: int
    site_id: int
    name: str

    @property
    def key(self) -> str:
        return f"device:{self.device_id}"


@dataclass(frozen=True, kw_only=True)
class System:
    """The software itself, by the name of the part that acts."""

    name: str

    @property
    def key(self) -> str:
        return f"system:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Somebody at the command line; with ``--as EMAIL`` they act with that person's permissions."""

    acting_as: Staff | None = None

    @property
    def name(self) -> str:
        return f"operator as {self.acting_as.name}" if self.acting_as else "operator"

    @property
    def key(self) -> str:
        return f"operator:{self.acting_as.user_id}" if self.acting_as else "operator:"


Actor = Staff | PatientLink | Device | System | Operator


def of_user(user: User) -> Staff | PatientLink:
    """The actor that a logged-in person is."""
    patient = Patient.objects.filter(user=user).only("pk").first()
    if patient is not None:
        return PatientLink(user_id=user.pk, patient_id=patient.pk, name=user.name)
    roles = frozenset(user.memberships.values_list("site_id", "role"))
    return Staff(user_id=user.pk, name=user.name, roles=roles)


def of_device(row: DeviceRow) -> Device:
    """The actor that a known device is."""
    return Device(device_id=row.pk, site_id=row.site_id, name=row.name)


def user_id(actor: Actor) -> int | None:
    """The person behind an actor, for a column that names who; None for devices, the system and a bare operator."""
    match actor:
        case Staff() | PatientLink():
            return actor.user_id
        case Operator(acting_as=Staff() as staff):
            return staff.user_id
        case _:
            return None
