"""Marking, placing, re-marking and overruling."""
