"""What patients are told before they decide."""
