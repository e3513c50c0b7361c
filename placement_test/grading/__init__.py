"""Marking one answer of one part."""
