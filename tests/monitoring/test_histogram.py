from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.monitoring.histogram import BOUNDS_US, Histogram, bound_of

durations = st.lists(st.integers(min_value=0, max_value=30_000_000), max_size=60)


def merged(*parts: Histogram) -> Histogram:
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    return whole


@given(durations, durations)
def test_merging_is_the_same_as_counting_together(one: list[int], other: list[int]) -> None:
    assert merged(Histogram.of(one), Histogram.of(other)) == Histogram.of(one + other)


@given(durations, durations, durations)
def test_order_of_merging_does_not_matter(a: list[int], b: list[int], c: list[int]) -> None:
    first, second, third = map(Histogram.of, (a, b, c))

    assert merged(first, merged(second, third)) == merged(merged(third, first), second)


@given(durations.filter(bool), st.floats(min_value=1, max_value=100))
def test_a_percentile_lies_in_the_bucket_of_the_real_one(values: list[int], percent: float) -> None:
    found = Histogram.of(values).percentile_ms(percent)

    ordered = sorted(values)
    exact = next(
        value
        for rank, value in enumerate(ordered, 1)
        if rank >= len(ordered) * percent / 100 - 1e-9
    )
    edges = [0, *BOUNDS_US, max(*values, BOUNDS_US[-1])]
    low, high = edges[bound_of(exact)], edges[bound_of(exact) + 1]
    assert found is not None
    assert low / 1000 - 1e-6 <= found <= high / 1000 + 1e-6


@given(durations.filter(bool))
def test_percentiles_rise(values: list[int]) -> None:
    histogram = Histogram.of(values)

    found = [histogram.percentile_ms(percent) or 0 for percent in (1, 25, 50, 75, 95, 99, 100)]

    assert found == sorted(found)


def test_a_hundred_thousand_samples_of_four_workers_agree_with_their_log() -> None:
    source = random.Random(5)  # noqa: S311 - the same durations each time
    logs = [[int(source.lognormvariate(10.5, 1)) for _ in range(25_000)] for _ in range(4)]

    whole = merged(*map(Histogram.of, logs))

    everything = [value for log in logs for value in log]
    p95 = statistics.quantiles(everything, n=20)[-1] / 1000
    assert whole.count == 100_000
    assert whole.mean_ms == pytest.approx(statistics.fmean(everything) / 1000)
    assert whole.percentile_ms(95) == pytest.approx(p95, rel=0.05)


def test_no_traffic_is_not_zero_milliseconds() -> None:
    nothing = Histogram()

    assert (nothing.count, nothing.mean_ms, nothing.max_ms, nothing.percentile_ms(95)) == (
        0,
        None,
        None,
        None,
    )


def test_only_what_takes_longer_than_a_second_is_slow() -> None:
    assert Histogram.of([999_999, 1_000_000, 1_000_001]).slow == 1
