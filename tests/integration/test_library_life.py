"""Random sequences of everything that happens to a library: whatever comes after whatever, nothing is lost,
nothing is invented, and what people said holds.

The steps are ``life_steps.py``. ``MIXTROVE_LIVES=2000`` lets it run for longer, with other
sequences each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from mixtrove.library.store import Store
from tests.integration.life_steps import Life

Make = Callable[..., Any]
LIVES = int(os.environ.get("MIXTROVE_LIVES", "0"))
STEPS = 40


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    yield opened
    opened.close()


def live(store: Store, other: Store, make: Make, *, lives: int) -> None:
    run_state_machine_as_test(
        lambda: Life(store, other, make),
        settings=settings(
            max_examples=LIVES or lives,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not LIVES,
            database=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_happens_to_a_library_nothing_is_lost_and_people_win(
    sqlite_url: str, other: Store, make_tracklist: Make
) -> None:
    store = Store.open(sqlite_url)
    live(store, other, make_tracklist, lives=40)
    store.close()


@pytest.mark.postgres
def test_whatever_happens_to_a_library_on_postgres_nothing_is_lost_and_people_win(
    postgres_url: str, other: Store, make_tracklist: Make
) -> None:
    store = Store.open(postgres_url)
    live(store, other, make_tracklist, lives=6)
    store.close()
