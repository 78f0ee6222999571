"""What a model file says, and how it becomes a linear system for somebody."""
