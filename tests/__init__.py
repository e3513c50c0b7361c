"""The tests of PrimePath."""
