"""A linear system of compartments and what is put into it, solved: exactly, and fast where that is as good."""
