"""Print the performance report of the whole installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from placement_test.monitoring.window import RECENT_SECONDS
from placement_test.performance_monitor import PerformanceMonitor

if TYPE_CHECKING:
    from argparse import ArgumentParser

# Figures are kept for eight days.
MOST_SECONDS = 8 * 86_400
WIDEST_NAME = 48


class Command(BaseCommand):
    """Print figures, targets and recommendations over all workers and hosts."""

    help = "Prints the figures of all servers together, with what to do about them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--json`` and ``--seconds``."""
        parser.add_argument("--json", action="store_true", help="print everything as JSON")
        parser.add_argument(
            "--seconds", type=int, default=RECENT_SECONDS, help="how far back to look (300)"
        )

    def handle(self, *args: Any, seconds: int, **options: Any) -> None:
        """Make the report and print it.

        :raises CommandError: for a time that is not kept
        """
        if not 0 < seconds <= MOST_SECONDS:
            raise CommandError(f"--seconds must be from 1 to {MOST_SECONDS}")
        report = PerformanceMonitor.get_performance_report(seconds)
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
            return
        self.stdout.write("\n".join(lines(report)))


def lines(report: dict[str, Any]) -> list[str]:
    """Return the report as lines of text."""
    return [
        f"Performance of the last {report['window_seconds']} s, {report['generated_at']}",
        "",
        f"Health: {report['health']['status']}",
        *(f"  {name:<12} {line}" for name, line in report["health"]["checks"].items()),
        "",
        "Key metrics",
        *(_metric(name, metric) for name, metric in report["metrics"].items()),
        "",
        *_durations("Requests", report["routes"]),
        *_durations("Operations", report["operations"]),
        f"Entries: {_counts(report['saves']['entries'])}",
        f"Cache: {_counts(report['cache'])}",
        f"Database: {report['database']['bytes'] / 2**20:.1f} MB",
        f"Processes: {len(report['workers'])}",
        "",
        "Recommendations",
        *(_advice(advice) for advice in report["recommendations"]),
        *([] if report["recommendations"] else ["  none"]),
    ]


def _metric(name: str, metric: dict[str, Any]) -> str:
    value = "no traffic" if metric["value"] is None else f"{metric['value']:g}"
    verdict = {None: "", True: "met", False: "MISSED"}[metric["met"]]
    return f"  {name:<22} {value:>12}   target {metric['target']:<6} {verdict}".rstrip()


def _durations(title: str, rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return [f"{title}: no traffic", ""]
    head = f"{title:<{WIDEST_NAME}} {'count':>8} {'avg ms':>9} {'p95 ms':>9} {'failed':>7}"
    return [
        head,
        *(
            f"  {row['name'][: WIDEST_NAME - 2]:<{WIDEST_NAME - 2}} {row['count']:>8}"
            f" {row['average_ms']:>9.1f} {row['p95_ms']:>9.1f} {row['failures']:>7}"
            for row in rows
        ),
        "",
    ]


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _advice(advice: dict[str, Any]) -> str:
    figures = ", ".join(f"{name}={value}" for name, value in advice["figures"].items())
    return f"  [{advice['rule']}] {advice['text']} ({figures})"
