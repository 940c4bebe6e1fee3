"""Kill a run of discovery at a random moment, run it again, and compare with a run nobody disturbed.

``make drill`` does this 30 times each; the test suite a few times with a fixed seed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.deployment import outside
from tests.drills.contents import contents

ROUNDS = int(os.environ.get("MIXTROVE_DRILLS", "2"))
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DISCOVER = ("mixtrove", "discover")
JOB = ("discovery_assets", "discover")

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the example tracklists imported and the starter catalogue built, nothing identified."""
    home = tmp_path_factory.mktemp("drill") / "prepared"
    run(home, "mixtrove", "import", str(EXAMPLES / "tracklists"))
    run(home, "mixtrove", "owned", "import", str(EXAMPLES / "owned.csv"))
    run(home, "mixtrove", "catalogue", "build", str(EXAMPLES / "catalogue.csv"))
    return home


@pytest.mark.parametrize("command", [DISCOVER, JOB], ids=["discover", "dagster-job"])
def test_a_killed_run_goes_on_to_the_same_library(
    prepared: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(prepared, undisturbed)
    started = time.monotonic()
    run(undisturbed, *command)
    duration = time.monotonic() - started
    expected = contents(undisturbed)
    assert len(expected["plays"]) > 400
    chance = random.Random(2026)
    interrupted = rounds = 0
    while interrupted < ROUNDS and rounds < 4 * ROUNDS:
        home = tmp_path / f"killed-{rounds}"
        shutil.copytree(prepared, home)
        moment = chance.uniform(0.15, 1.0) * duration
        if killed(home, moment, *command):
            interrupted += 1
        else:
            duration = moment  # it was faster than the first time: aim earlier
        run(home, *command)
        assert contents(home) == expected, f"round {rounds}, killed after {moment:.2f} s"
        shutil.rmtree(home)
        rounds += 1
    print(f"\n{' '.join(command)}: killed {interrupted} times, the library was the same each time")
    assert interrupted == ROUNDS


def environment(home: Path) -> dict[str, str]:
    return outside() | {"MIXTROVE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}


def run(home: Path, module: str, *arguments: str) -> None:
    """Run a module to its end; its output is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def killed(home: Path, after: float, module: str, *arguments: str) -> bool:
    """Start a module and kill it, with all its children, after some seconds; whether it still ran."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False
