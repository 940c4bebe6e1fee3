"""Requests made up from the OpenAPI document, sent to a live server: nothing may break or be undocumented.

    python -m tests.fuzz --examples 40                                 # on SQLite
    python -m tests.fuzz --examples 40 --database postgresql://…/test  # on Postgres, in a schema of its own

Schemathesis makes them up: examples, edges of every field, random ones, and calls that follow from earlier
answers (stateful links). The server has a library of a few tracks and a worker; it asks nobody.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.api_scene import MIX, Served, served

CONFIG = Path(__file__).parent / "schemathesis.toml"


@dataclass(frozen=True)
class Outcome:
    """What one run found."""

    cases: int
    passed: bool
    output: str


def fuzz(home: Path, database_url: str | None, *, examples: int, seed: int, phases: str = "") -> Outcome:
    """Ask a server on this home; ``examples`` is the most for each operation and phase."""
    with served(home, database_url, tokens_only=True, rate=10_000_000) as api, _working(api):
        api.discovered(MIX, dj="Four Tet", title="Printworks", played_on="2019-03-02")
        token = api.client.http.headers["Authorization"]
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run"),
                *(f"{api.address}/api/v1/openapi.json", "-H", f"Authorization: {token}"),
                *("--max-examples", str(examples), "--seed", str(seed)),
                *(("--phases", phases) if phases else ()),
                *("--warnings", "off", "--no-color"),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore", "SCHEMATHESIS_HOOKS": "tests.schemathesis_hooks"},
            cwd=CONFIG.parents[1],
            check=False,
        )
        assert api.get("/ready").status_code == 200
    found = re.search(r"([\d,]+) generated", done.stdout)
    cases = int(found[1].replace(",", "")) if found else 0
    return Outcome(cases, done.returncode == 0, done.stdout + done.stderr)


@contextmanager
def _working(api: Served) -> Iterator[None]:
    """A worker in a thread, so that requests for discovery are answered."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.2):
            api.work()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def own_schema(url: str | None) -> Iterator[str | None]:
    """The URL of a schema of its own in this Postgres, dropped afterwards; None stays None."""
    if url is None:
        yield None
        return
    import psycopg

    name = f"mixtrove_fuzz_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')  # type: ignore[arg-type]
        try:
            yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
        finally:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE')  # type: ignore[arg-type]


def main() -> None:
    """Fuzz once, print what was found, exit with 1 when anything was."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=40)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--database", help="URL of a Postgres; by default SQLite")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, own_schema(given.database) as url:
        done = fuzz(Path(folder), url, examples=given.examples, seed=given.seed)
    print(done.output)
    sys.exit(0 if done.passed else 1)


if __name__ == "__main__":
    main()
