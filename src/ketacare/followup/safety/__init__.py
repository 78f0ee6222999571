"""Long-term safety: the due-list, what somebody was given in all, and what the checks set off."""
