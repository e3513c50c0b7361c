"""Things every area uses, each named by its subject."""
