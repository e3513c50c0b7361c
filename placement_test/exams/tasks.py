"""Work on exams that takes longer than a page may take."""

from __future__ import annotations

from placement_test.exams import services
from placement_test.performance_monitor import PerformanceMonitor


@PerformanceMonitor.track_execution_time("exams.render_paper")
def render_paper(version_id: int) -> int:
    """Draw the pages of a version that wait for it; return how many were drawn.

    Safe to repeat.

    :raises PaperRejected: if a page cannot be drawn
    """
    return services.render_paper(version_id)
