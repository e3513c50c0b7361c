"""The product, but for taking more entries of one session than any student can enter."""

# ruff: noqa: I001 - the first sets Django up
from primepath.wsgi import application
from placement_test.saving import limits

__all__ = ["application"]

# The product refuses what is above 20,000, and a page would wait for ever.
limits.MOST_EVENTS = 10**7
