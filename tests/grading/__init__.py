"""Marking one answer."""
