"""Small statistics that several topics need."""
