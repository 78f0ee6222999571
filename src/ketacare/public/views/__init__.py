"""The pages of this room; each file holds those of one subject."""
