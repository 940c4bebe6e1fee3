"""When a run that asks providers is asked for: the decision alone, with times and what is due given."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.backlog_decision import LONGEST, PATIENCE, QUESTIONS, Decision, Due, decide

NOW = 1_800_000_000.0


class Sensor:
    """Looks second after second, and remembers the cursor as Dagster does."""

    def __init__(self) -> None:
        self.cursor: str | None = None

    def look(self, due: Due, after: float, *, running: bool = False) -> Decision:
        decision = decide(due, self.cursor, NOW + after, running=running, backlog=QUESTIONS)
        self.cursor = decision.cursor
        return decision


def due(*entries: str, queued: Iterable[tuple[str, int]] = (), number: int | None = None) -> Due:
    return Due(len(entries) if number is None else number, entries, list(queued))


def test_what_is_due_is_asked_for_at_once_and_not_twice() -> None:
    sensor = Sensor()
    first = sensor.look(due("a", "b"), 0)
    assert first.run_key is not None
    second = sensor.look(due("a", "b"), 30)
    assert (second.run_key, second.reason) == (None, "2 entries are due; asked for and not taken yet")


def test_nothing_due_asks_for_nothing_and_remembers_what_was_asked_for() -> None:
    sensor = Sensor()
    sensor.look(due("a"), 0)
    idle = sensor.look(due(), 30)
    assert (idle.run_key, idle.reason) == (None, "no provider has to be asked now")
    assert sensor.look(due("a"), 60).run_key is None


def test_while_a_run_is_under_way_no_other_is_asked_for() -> None:
    sensor = Sensor()
    waits = sensor.look(due("a", number=1200), 0, running=True)
    assert (waits.run_key, waits.reason) == (None, "1,200 entries are due; a run is under way")
    assert sensor.look(due("a"), 30).run_key is not None


def test_the_next_batch_is_another_question() -> None:
    sensor = Sensor()
    keys = [sensor.look(one, 30.0 * at).run_key for at, one in enumerate((due("a"), due("b"), due("a", "b")))]
    assert None not in keys
    assert len(set(keys)) == 3


def test_a_question_of_the_queue_that_failed_once_more_is_another_question() -> None:
    sensor = Sensor()
    assert sensor.look(due("a", queued=[("q", 1)]), 0).run_key is not None
    assert sensor.look(due("a", queued=[("q", 1)]), 60).run_key is None
    assert sensor.look(due("a", queued=[("q", 2)]), 90).run_key is not None


def test_what_no_run_took_is_asked_for_again_ever_more_seldom() -> None:
    sensor = Sensor()
    asked = [at for at in range(0, 5 * 86_400, 60) if sensor.look(due("a"), at).run_key is not None]
    pauses = [late - early for early, late in pairwise(asked)]
    assert pauses[:4] == [PATIENCE, 2 * PATIENCE, 4 * PATIENCE, 8 * PATIENCE]
    assert max(pauses) == LONGEST
    assert pauses[-1] == LONGEST


@pytest.mark.parametrize("cursor", [None, "", "nonsense", "[]", "{}", '{"digest": 1}', "null", "7"])
def test_a_cursor_that_is_lost_or_was_edited_asks_once_more_with_a_new_key(cursor: str | None) -> None:
    before = decide(due("a"), None, NOW, running=False, backlog=QUESTIONS)
    after = decide(due("a"), cursor, NOW + 1, running=False, backlog=QUESTIONS)
    assert after.run_key is not None
    assert after.run_key != before.run_key  # Dagster would drop a key that it knows
    assert decide(due("a"), after.cursor, NOW + 2, running=False, backlog=QUESTIONS).run_key is None


@given(
    looks=st.lists(
        st.tuples(st.lists(st.sampled_from("abc"), unique=True), st.floats(0, 1e5), st.booleans()),
        max_size=20,
    )
)
def test_a_key_is_never_given_twice_and_only_for_what_is_due(
    looks: list[tuple[list[str], float, bool]],
) -> None:
    sensor, keys, at = Sensor(), [], 0.0
    for entries, pause, running in looks:
        at += 1 + pause
        decision = sensor.look(due(*entries), at, running=running)
        assert bool(decision.run_key) != bool(decision.reason)
        if decision.run_key:
            assert entries
            assert not running
            keys.append(decision.run_key)
    assert len(set(keys)) == len(keys)
