"""Which runs have lost their process."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from sensors.abandoned import is_abandoned, process_started


def test_a_run_without_a_process_is_abandoned() -> None:
    assert is_abandoned(1000.0, None)


def test_a_run_whose_number_a_younger_process_has_is_abandoned() -> None:
    assert is_abandoned(1000.0, 2000.0)
    assert not is_abandoned(1000.0, 990.0)
    assert not is_abandoned(1000.0, 1001.0)  # two clocks never agree to the second


def test_this_process_was_started_a_while_ago() -> None:
    started = process_started(os.getpid())
    assert started is not None
    assert 0.0 <= started <= time.time() + 1


def test_a_killed_process_is_gone_before_and_after_its_parent_notices() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert process_started(child.pid) is not None
    child.kill()
    time.sleep(0.2)
    if sys.platform == "linux":
        assert process_started(child.pid) is None  # a zombie
    child.wait()
    assert process_started(child.pid) is None
