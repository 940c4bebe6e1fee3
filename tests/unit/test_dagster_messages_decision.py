"""When the sensor turns to RabbitMQ: the decision alone, with times given."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sensors.messages_decision import FIRST, LONGEST, Looked, failed, wait_for

NOW = 1_800_000_000.0


def test_a_server_that_is_away_is_asked_more_and_more_seldom() -> None:
    looked, now, attempts = Looked.read(None), NOW, []
    for second in range(3_600):
        now = NOW + second
        if wait_for(looked, now) is None:
            attempts.append(now)
            looked = Looked.read(failed(looked, now, "it is away").written())
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert pauses[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert set(pauses[6:]) == {LONGEST}
    assert wait_for(looked, attempts[-1] + 100) == "it is away; tried again in 200 s"


def test_after_an_attempt_that_went_well_every_look_turns_to_the_server() -> None:
    assert wait_for(Looked.read(Looked().written()), NOW) is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"failures": "x"}', '{"moon": 1}', "3"])
def test_a_cursor_that_somebody_edited_says_nothing(cursor: str) -> None:
    assert Looked.read(cursor) == Looked()


def test_the_daemon_was_off_for_a_week_or_the_clock_was_set_back() -> None:
    away = failed(Looked(5), NOW, "it is away")
    assert wait_for(away, NOW + 7 * 86_400) is None
    assert wait_for(away, NOW - 7 * 86_400) is None
