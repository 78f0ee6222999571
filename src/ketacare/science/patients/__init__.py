"""What patients are told, in their words: the dose day, what a score means, and messages that name danger."""
