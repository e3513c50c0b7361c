"""Reads of exams: each says how many queries it takes."""

from placement_test.exams.queries.keys import current_entries, latest_key, part_keys
from placement_test.exams.queries.outlines import outline
from placement_test.exams.queries.serving import published_for

__all__ = ["current_entries", "latest_key", "outline", "part_keys", "published_for"]
