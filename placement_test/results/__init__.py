"""Marking and placing a session; reports and exports."""
