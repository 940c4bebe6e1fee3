"""Every command of compose.yaml as a process of this machine, with the servers here, until its check answers.

The commands, health checks and variables are those of the file; only hosts, ports and folders are others.
Each part ends when it is told to. The image is not built: no container engine is needed.
"""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mixtrove.cli import COMMANDS
from tests.conftest import POSTGRES_URL
from tests.deployment import PASSWORD, TOKEN, Parts

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.xdist_group("deployment")]


@pytest.fixture
def own_database() -> Iterator[str]:
    """The URL of a database of this test's own; it has a password, which a server that trusts us ignores."""
    import psycopg
    from sqlalchemy import make_url

    name = f"mixtrove_test_{uuid.uuid4().hex}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        url = make_url(POSTGRES_URL).set(database=name)
        yield (url if url.password else url.set(password=PASSWORD)).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_every_part_runs_until_its_check_answers(
    tmp_path: Path, postgres_url: str, redis_url: str, rabbitmq_url: str, own_database: str
) -> None:
    """``postgres_url`` is here for its skip without a server."""
    parts = Parts(tmp_path, database=own_database, redis=redis_url, rabbitmq=rabbitmq_url)
    assert "has schema" in parts.run("store")
    parts.run("dagster-store")
    said: list[str] = []
    try:
        parts.start("api")
        parts.start("code-server")
        parts.start("webserver")
        parts.start("daemon")
        if "messages" in COMMANDS:
            parts.start("messages")
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{parts.ports['8000']}/api/v1", timeout=30,
            headers={"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "10.0.0.9"},
        )  # fmt: skip
        # daemon → code server → Postgres, and back to the API by the home
        parts.until(
            "daemon", lambda: 'last_tick_timestamp_seconds{sensor="inbox"}' in api.get("/metrics").text
        )
        # a record of Dagster is stored, which a plain postgresql:// would not do
        graphql = f"http://127.0.0.1:{parts.ports['3000']}/graphql"
        launched = httpx.post(graphql, json={"query": LAUNCH}, timeout=60).json()["data"]["launchRun"]
        run_id = launched["run"]["runId"]
        asked = {"query": STATUS, "variables": {"id": run_id}}
        parts.until(
            "code-server",
            lambda: (
                httpx.post(graphql, json=asked, timeout=60).json()["data"]["runOrError"]["status"]
                in ("SUCCESS", "FAILURE")
            ),
        )
        found = httpx.post(graphql, json=asked, timeout=60).json()["data"]["runOrError"]
        assert found["status"] == "SUCCESS"
        api.close()
    finally:
        ended = {name: parts.end(name) for name in list(parts.running)[::-1]}
        said = [log.read_text(errors="replace") for log in tmp_path.glob("*.log")]
        parts.forget_queues()
    assert ended["api"] in (0, -signal.SIGTERM)
    assert not any(PASSWORD in text or TOKEN in text for text in said)
    for name in ("api", "daemon", "webserver", "code-server"):
        lines = parts.lines(name)
        assert lines, name
        for line in lines:
            assert {"timestamp", "level", "event"} <= set(json.loads(line)), (name, line)
    assert len(set(parts.lines("code-server"))) == len(parts.lines("code-server"))


LAUNCH = """mutation { launchRun(executionParams: {
  selector: {
    repositoryLocationName: "discovery", repositoryName: "__repository__", jobName: "standing_checks"
  },
  mode: "default", runConfigData: "{}"
}) { ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""

STATUS = "query Status($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
