"""Make what the reference server's load needs: ``python -m bench.plain.seating ORDER``."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import msgspec

from bench._orders import Order
from placement_test.lib import clock

TOGETHER = 5000
ALLOTTED = dt.timedelta(hours=10)


def main() -> None:
    """Make tables where there are none, and the rows of an order's seats and questions."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.plain.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    from bench.plain.models import Exam, Question, Sitting

    order = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    exam, _made = Exam.objects.get_or_create(id=1, defaults={"title": "Placement"})
    Question.objects.bulk_create(
        [Question(id=part, exam=exam) for part, _kind in order.parts], ignore_conflicts=True
    )
    deadline = clock.now() + ALLOTTED
    Sitting.objects.bulk_create(
        [
            Sitting(id=seat.session, exam=exam, token=seat.token, deadline=deadline)
            for seat in order.seats
        ],
        batch_size=TOGETHER,
    )


if __name__ == "__main__":
    main()
