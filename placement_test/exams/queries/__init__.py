"""Reads of exams: each says how many queries it takes."""

from placement_test.exams.queries.keys import current_entries, latest_key
from placement_test.exams.queries.outlines import outline
from placement_test.exams.queries.serving import published_for

__all__ = ["current_entries", "latest_key", "outline", "published_for"]
