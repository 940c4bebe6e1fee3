"""Logs: both forms, the fields of a record, and that no secret of the settings is in any of them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from mixtrove.api.settings import ApiSettings
from mixtrove.logs import carried, configure, fields
from mixtrove.providers.registry import PROVIDERS
from mixtrove.secrets_hidden import hide, secrets_of
from mixtrove.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LOG = logging.getLogger("mixtrove.tested")

SECRET = "s3cr3t-Qx7!/k9"
URL_SECRET = "s3cr3t-Qx7%21%2Fk9"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("mixtrove")
    handlers, levels, factory = root.handlers[:], (root.level, ours.level), logging.getLogRecordFactory()
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.setLogRecordFactory(factory)


def secret_variables() -> dict[str, str]:
    """Every variable of ours that holds a secret → a value with the secret in it."""
    found: dict[str, str] = {}
    kinds: list[type[BaseSettings]] = [Settings, ApiSettings, *(one.settings_class for one in PROVIDERS)]
    for kind in kinds:
        for name, field in kind.model_fields.items():
            variable = f"{kind.model_config['env_prefix']}{name}".upper()
            if name in ("database_url", "redis_url", "amqp_url"):
                found[variable] = f"scheme://user:{URL_SECRET}@host:1/name"
            elif variable == "MIXTROVE_API_TOKENS":
                found[variable] = f"dj:edit:{SECRET}-of-twenty-signs phone:read:{SECRET}-of-twenty-more"
            elif "SecretStr" in str(field.annotation):
                found[variable] = SECRET
    return found


def test_the_secrets_that_are_looked_for_are_those_of_the_settings() -> None:
    names = set(secret_variables())
    assert {
        "MIXTROVE_DATABASE_URL", "MIXTROVE_REDIS_URL", "MIXTROVE_API_TOKENS", "MIXTROVE_DISCOGS_TOKEN",
        "MIXTROVE_SPOTIFY_CLIENT_SECRET", "MIXTROVE_BEATPORT_PASSWORD", "MIXTROVE_BEATPORT_REFRESH_TOKEN",
    } <= names  # fmt: skip
    assert SecretStr(SECRET).get_secret_value() == SECRET


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("variable", sorted(secret_variables()))
def test_no_secret_of_the_settings_is_in_a_log(
    variable: str,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    value = secret_variables()[variable]
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("MIXTROVE_LOG_FORMAT", form)
    configure(service=True)
    LOG.warning("connecting to %s", value)
    of_a_token = f"{SECRET}-of-twenty-signs" if variable == "MIXTROVE_API_TOKENS" else SECRET
    LOG.warning("the server refused %r", {"given": value, "header": of_a_token})
    with fields(provider=f"one of {value}"):
        try:
            raise ConnectionError(f"no route: {value}")
        except ConnectionError:
            LOG.exception("failed")
    said = capsys.readouterr().err + caplog.text
    assert "connecting to" in said
    assert "no route" in said
    assert SECRET not in said
    assert URL_SECRET not in said


def test_records_of_others_have_no_secret_either(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MIXTROVE_DISCOGS_TOKEN", SECRET)
    configure(service=True)
    logging.getLogger("urllib3.connectionpool").warning("retrying %s", f"/search?token={SECRET}")
    assert SECRET not in caplog.text
    assert "retrying /search?token=***" in caplog.text


def test_what_looks_like_a_secret_is_hidden_without_being_known() -> None:
    assert hide("amqp://guest:guest@127.0.0.1:5672/") == "amqp://guest:***@127.0.0.1:5672/"
    assert hide("postgresql+psycopg2://me:p%40ss@db/x?sslmode=require") == (
        "postgresql+psycopg2://me:***@db/x?sslmode=require"
    )
    assert hide("redis://:pw@h:6379/0") == "redis://:***@h:6379/0"
    assert hide("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.x") == "Authorization: Bearer ***"
    assert hide("mxt_Zk3-9fQabc0123 was refused") == "mxt_*** was refused"
    assert (
        hide('{"access_token": "abc1", "expires_in": 3600}') == '{"access_token": "***", "expires_in": 3600}'
    )
    assert (
        hide("client_id=me&client_secret=abc&grant_type=x") == "client_id=me&client_secret=***&grant_type=x"
    )


def test_sentences_stay_as_they_are() -> None:
    for sentence in (
        "there is no token: make one first, with `mixtrove token create NAME`",
        "http://127.0.0.1:3000/runs/4f2a at 12:30:01, user@example.org",
        "Bearer of bad news: basic understanding is missing",
        "Secret Cinema - Timeless Altitude (Password Mix)",
    ):
        assert hide(sentence) == sentence


def test_an_address_of_notifications_is_secret_as_a_whole() -> None:
    known = secrets_of({"MIXTROVE_NOTIFY_URLS": "tgram://123456:ABCdef/-100777 discord://id12345/tok98765"})
    assert hide("POST https://discord.com/api/webhooks/id12345/tok98765 failed", known) == (
        "POST https://discord.com/api/webhooks/***/*** failed"
    )
    assert "ABCdef" not in hide("bot ABCdef", known)
    known = secrets_of({"MIXTROVE_NOTIFY_URLS": "json://127.0.0.1:8080/secret-hook"})
    assert hide("secret-hook at 127.0.0.1", known) == "*** at 127.0.0.1"


def test_json_lines_have_the_fields_also_in_other_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIXTROVE_LOG_FORMAT", "json")
    configure(service=True)
    with fields(job="j1", tracklist="t1"), ThreadPoolExecutor(2) as pool:
        list(pool.map(carried(lambda n: LOG.info("asked %d", n)), (1, 2)))
        with fields(provider="discogs", batch=None):
            LOG.warning("slow")
    LOG.info("later")
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert sorted(line["event"] for line in lines) == ["asked 1", "asked 2", "later", "slow"]
    by = {line["event"]: line for line in lines}
    for event in ("asked 1", "asked 2"):
        assert (by[event]["job"], by[event]["tracklist"]) == ("j1", "t1")
    assert by["slow"] | {"timestamp": ""} == {
        "timestamp": "", "level": "warning", "logger": "mixtrove.tested", "event": "slow",
        "job": "j1", "tracklist": "t1", "provider": "discogs",
    }  # fmt: skip
    assert set(by["later"]) == {"timestamp", "level", "logger", "event"}
    assert by["later"]["timestamp"].endswith("Z")


def test_a_command_says_warnings_as_sentences_and_nothing_less(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure()
    configure()  # twice is once
    LOG.info("starting")
    logging.getLogger("alembic").info("context")
    with fields(provider="discogs"):
        LOG.warning("it is slow")
    assert capsys.readouterr().err == "it is slow\n"
    monkeypatch.setenv("MIXTROVE_LOG_LEVEL", "error")
    configure()
    LOG.warning("it is slow")
    assert capsys.readouterr().err == ""


def test_a_service_says_when_who_and_about_what(capsys: pytest.CaptureFixture[str]) -> None:
    configure(service=True)
    with fields(batch="b1"):
        LOG.info("began")
    logging.getLogger("alembic").info("context")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(" INFO mixtrove.tested: began [batch=b1]")
    assert len(line.split(" INFO ")[0]) == len("2026-01-01 00:00:00")


@pytest.mark.parametrize("name", ["MIXTROVE_LOG_LEVEL", "MIXTROVE_LOG_FORMAT"])
def test_a_wrong_variable_is_one_sentence(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mixtrove", "db", "upgrade"], capture_output=True, text=True, check=False,
        cwd=ROOT, env={**os.environ, name: "loud"}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith(f"mixtrove: {name} is set to 'loud', which cannot be used: use ")
    assert done.stderr.count("\n") == 1


def test_a_run_of_dagster_logs_json_lines_with_its_id(tmp_path: Path) -> None:
    program = (
        "from discovery_assets.definitions import defs\n"
        "import logging\n"
        "done = defs.resolve_job_def('merge_duplicates').execute_in_process()\n"
        "logging.getLogger('mixtrove.tested').warning('after postgresql://me:hidden-pw@db/x')\n"
        "print(done.run_id)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, cwd=ROOT,
        timeout=120,
        env={**os.environ, "MIXTROVE_HOME": str(tmp_path / "home"), "MIXTROVE_LOG_FORMAT": "json"},
    )  # fmt: skip
    run_id = done.stdout.split()[-1]
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    of_run = [line for line in lines if line.get("run") == run_id]
    [said] = [line for line in of_run if line.get("step") == "match__duplicate_tracks"]
    assert said["event"].startswith("0 tracks looked through")
    assert {line["level"] for line in lines} <= {"info", "warning"}  # not Dagster's events, which are debug
    assert lines[-1]["event"] == "after postgresql://me:***@db/x"
    assert "hidden-pw" not in done.stderr
