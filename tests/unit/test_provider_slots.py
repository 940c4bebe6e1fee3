"""The arithmetic of slots: spacing, blocks, breaker, whatever the clock does."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mixtrove.providers.slots import (
    BREAKER,
    LONGEST,
    Slot,
    after_block,
    after_failure,
    after_refusal,
    after_success,
    blocked,
    reserved,
)

SECOND = 1_000_000
NOW = 1_800_000_000 * SECOND
HOUR = 3600 * SECOND


def test_slots_are_an_interval_apart_and_none_is_saved_up() -> None:
    slot, waits = Slot(), []
    for now in (NOW, NOW, NOW, NOW + 10 * SECOND, NOW + 10 * SECOND):
        slot, got = reserved(slot, now, 2 * SECOND, 30 * SECOND, "")
        waits.append(got.wait)
    assert waits == [0, 2, 4, 0, 2]
    assert slot.requests == 5


def test_a_slot_too_far_ahead_is_not_reserved() -> None:
    slot, _ = reserved(Slot(), NOW, 20 * SECOND, 10 * SECOND, "")
    after, got = reserved(slot, NOW, 20 * SECOND, 10 * SECOND, "")
    assert (got.taken, got.wait, after) == (False, 20, slot)


def test_requests_are_counted_by_the_day() -> None:
    slot, _ = reserved(Slot(), NOW, 1, HOUR, "")
    slot, _ = reserved(slot, NOW, 1, HOUR, "")
    slot, _ = reserved(slot, NOW + 24 * HOUR, 1, HOUR, "")
    assert (slot.day, slot.requests) == (NOW // (24 * HOUR) + 1, 1)


def steps(*seconds: int) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    return st.lists(
        st.tuples(
            st.integers(0, 5 * SECOND),  # real time that goes by
            st.sampled_from([0, 0, 0, *seconds]),  # that the wall clock is set
            st.integers(0, int(LONGEST) * SECOND),  # how far ahead a slot may be
        ),
        max_size=60,
    )


@given(steps(-1, -30, -3600) | steps(1, 45, 86400), st.integers(SECOND // 100, 5 * SECOND))
def test_no_two_requests_are_nearer_than_the_interval_however_the_clock_is_set(
    taken: list[tuple[int, int, int]], interval: int
) -> None:
    """A sleeper sleeps real time; one that the wall clock finds too late gives his slot up (the limiter).

    A clock set forth makes the last slot look long ago: one request may come too soon after it. One that is
    set forth and back again within the seconds that somebody sleeps may let more come too soon: not covered.
    """
    slot, real, offset = Slot(), NOW, 0
    sleeping: list[tuple[int, int]] = []  # real moments, and what the wall clock should say then
    sent: list[int] = []
    for passed, step, at_most in [*taken, (100 * SECOND, 0, 0)]:
        real += passed
        for moment, wall in [one for one in sleeping if one[0] <= real]:
            sleeping.remove((moment, wall))
            if moment + offset <= wall:
                sent.append(moment)
        offset += step * SECOND
        slot, got = reserved(slot, real + offset, interval, at_most, "")
        if got.taken:
            moment = real + round(got.wait * SECOND)
            sleeping.append((moment, moment + offset))
    sent.sort()
    forth = sum(1 for _, step, _ in taken if step > 0)
    assert sum(later - earlier < interval - 1 for earlier, later in pairwise(sent)) <= forth


def test_a_clock_set_back_costs_no_more_than_the_longest_wait_and_clears_no_block() -> None:
    slot, _ = reserved(Slot(), NOW, SECOND, SECOND, "")
    slot = after_block(slot, NOW, "quota", "too often", 86_400, "")
    _, got = reserved(slot, NOW - 24 * HOUR, SECOND, SECOND, "")
    assert got.block is not None
    assert got.block.seconds == 2 * 86_400
    _, got = reserved(replace(slot, blocked_until=0), NOW - 24 * HOUR, SECOND, SECOND, "")
    assert got.wait == LONGEST + 1


def test_a_longer_block_stays() -> None:
    slot = after_block(Slot(), NOW, "quota", "a day", 86_400, "")
    slot = after_block(slot, NOW, "quota", "a minute", 60, "")
    block = blocked(slot, NOW + HOUR)
    assert block is not None
    assert (block.by, block.why, block.seconds) == ("quota", "a day", 82_800)


def test_a_block_longer_than_a_year_is_a_year() -> None:
    assert after_block(Slot(), NOW, "quota", "", 1e300, "").blocked_until == NOW + 366 * 24 * HOUR


def test_refusals_without_a_time_block_for_longer_each_time_up_to_half_an_hour() -> None:
    slot, now, seconds = Slot(), NOW, []
    for _ in range(6):
        slot = after_refusal(slot, now, "403", 300)
        assert after_refusal(slot, now, "403", 300) == slot  # of a request that was under way
        block = blocked(slot, now)
        assert block is not None
        seconds.append(block.seconds)
        now = slot.blocked_until
    assert seconds == [300, 600, 1200, 1800, 1800, 1800]
    slot = after_success(slot, now)
    assert after_refusal(slot, now, "403", 300).blocked_until == now + 300 * SECOND


def test_the_fifth_failure_in_a_row_opens_the_breaker_and_one_more_opens_it_for_longer() -> None:
    slot, now, seconds = Slot(), NOW, []
    for _ in range(BREAKER - 1):
        slot = after_failure(slot, now, "503", 1)
        assert blocked(slot, now) is None
    for _ in range(7):
        slot = after_failure(slot, now, "503", 1)
        assert after_failure(slot, now, "503", 1) == slot  # of a request that was under way
        block = blocked(slot, now)
        assert block is not None
        seconds.append(block.seconds)
        now = slot.blocked_until
    assert seconds == [30, 60, 120, 240, 480, 900, 900]
    assert slot.failing_since == NOW
    slot = after_success(slot, now)
    assert (slot.failures, slot.opened, slot.failing_since) == (0, 0, 0)


def test_an_answer_during_a_block_does_not_end_it() -> None:
    slot = after_block(Slot(), NOW, "quota", "", 60, "")
    assert after_success(slot, NOW + 59 * SECOND) == slot
    assert blocked(after_success(slot, NOW + 60 * SECOND), NOW) is None


def test_other_credentials_lift_the_block_of_refused_ones() -> None:
    slot = after_block(Slot(), NOW, "credentials", "401", 900, "old")
    assert not reserved(slot, NOW, 1, SECOND, "old")[1].taken
    assert not reserved(slot, NOW, 1, SECOND, "")[1].taken
    after, got = reserved(slot, NOW, 1, SECOND, "new")
    assert got.taken
    assert after.blocked_until == 0


def test_a_quota_block_is_not_lifted_by_other_credentials() -> None:
    slot = after_block(Slot(), NOW, "quota", "429", 900, "old")
    assert not reserved(slot, NOW, 1, SECOND, "new")[1].taken
