"""What a patient is asked between sessions: the plan as data, and what of it is due when by the person's own clock."""
