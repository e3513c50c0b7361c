"""Counting what the system does, and judging it; knows nothing of exams."""
