"""Finding a student at registration, and what staff decide about records of students."""

from placement_test.students.services.finding import find_or_create

__all__ = ["find_or_create"]
