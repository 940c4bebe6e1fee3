"""The seconds for one track: only requests count, and those at the same time once."""

from __future__ import annotations

from mixtrove.providers.budget import Budget


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_what_is_under_way_counts() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    clock.now += 50
    with budget.spending() as end:
        assert end == 160
        clock.now += 4
        assert budget.left == 6
    clock.now += 50
    assert budget.left == 6


def test_requests_at_the_same_time_count_once() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    first = budget.spending(5)
    assert first.__enter__() == 105
    clock.now += 2
    with budget.spending() as end:
        assert end == 110
        clock.now += 1
    first.__exit__(None, None, None)
    assert budget.left == 7


def test_no_less_than_nothing_is_left() -> None:
    clock = Clock()
    budget = Budget(1, clock)
    with budget.spending():
        clock.now += 5
    assert budget.left == 0
    with budget.spending() as end:
        assert end == clock.now
