"""The academy, its staff and its days."""
