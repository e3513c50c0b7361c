"""Health, metrics and the performance page of the running system."""
