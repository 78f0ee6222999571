"""The pages of this room: the clinic's, and those that a patient reads and signs."""
