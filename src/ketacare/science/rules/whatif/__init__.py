"""What would have to be true for another result: ``what_if`` and the values it answers with."""

from ketacare.science.rules.whatif.answer import Letter, Step, WayOut, WhatIf, what_if
from ketacare.science.rules.whatif.changes import changes
from ketacare.science.rules.whatif.wanted import Wanted

__all__ = ["Letter", "Step", "Wanted", "WayOut", "WhatIf", "changes", "what_if"]
