"""Exams and their keys."""
