"""Figures about the running system; nothing here names a person."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models


class Figure(models.Model):
    """How often something took about so long: one cell of a histogram over time.

    ``slot`` is the start of the cell's time in seconds since 1970 and ``step`` its length; step 0
    (slot 0) holds what was ever counted.  Every process adds to the same rows, so that a sum over
    rows is a sum over all workers and hosts.
    """

    step = models.PositiveSmallIntegerField()
    slot = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=160)
    outcome = models.CharField(max_length=24)
    bound = models.PositiveSmallIntegerField()
    count = models.BigIntegerField()
    sum_us = models.BigIntegerField()
    max_us = models.BigIntegerField()
    queries = models.BigIntegerField()
    database_us = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["step", "slot", "kind", "name", "outcome", "bound"],
                name="one_cell_of_a_figure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.outcome}"


class MonitoredProcess(models.Model):
    """A process that counts.

    ``flushes`` numbers what it has handed in, so that a hand-in whose outcome it could not learn
    is not added twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=80)
    pid = models.PositiveIntegerField()
    role = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    flushes = models.PositiveBigIntegerField()
    memory_bytes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class SlowOperation(models.Model):
    """Something took longer than a second; at most one row a minute, name and process."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=160)
    outcome = models.CharField(max_length=24)
    milliseconds = models.PositiveIntegerField()
    host = models.CharField(max_length=80)
    pid = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.milliseconds} ms"


class Probe(models.Model):
    """The row that health checks write to know that a commit works."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"probe {self.pk}"
