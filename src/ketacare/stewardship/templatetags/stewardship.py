"""How movements of the register are said on a page."""

from dataclasses import dataclass
from decimal import Decimal

from django import template

from ketacare.stewardship.models import Line, Movement
from ketacare.ui.words import quantity

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Lines of a movement that are alike, told as one."""

    lines: tuple[Line, ...]

    @property
    def words(self) -> str:
        first = self.lines[0]
        amount = quantity(first.amount.mg, "mg")
        if len(self.lines) == 1:
            return f"{amount} {first.container.drug}, {first.container}"
        last = self.lines[-1].container.serial
        return f"{len(self.lines)} × {amount} {first.container.drug}, {first.container} to {last}"

    @property
    def path(self) -> str:
        return f"{self.lines[0].out_of} → {self.lines[0].into}"


@register.filter
def told(movement: Movement) -> list[Moved]:
    """What a movement moved, alike lines together: forty vials of a lot are one row."""
    alike: dict[tuple[int, int, str, str, Decimal], list[Line]] = {}
    for line in sorted(movement.lines.all(), key=lambda one: one.pk):
        key = (line.out_of_id, line.into_id, line.container.drug, line.container.lot, line.amount.mg)
        alike.setdefault(key, []).append(line)
    return [Moved(lines=tuple(lines)) for lines in alike.values()]
