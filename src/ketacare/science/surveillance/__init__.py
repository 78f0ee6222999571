"""Long-term safety: what is checked for as long as somebody is treated, when it falls due, and what was given in all."""
