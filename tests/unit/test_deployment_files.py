"""The files of the deployment: compose.yaml, the image, Dagster's settings there, the settings to fill in.

No container engine is needed: what is checked is what the files say. Their commands are run in
``tests/integration/test_deployment_processes.py``.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from mixtrove.api.settings import ApiSettings
from mixtrove.cli import COMMANDS, main
from mixtrove.messaging.channels import NotifySettings
from mixtrove.providers.registry import PROVIDERS
from mixtrove.settings import Settings
from tests.deployment import COMPOSE, ROOT, composed, ours, used_variables, variables

GIVEN = {
    "POSTGRES_PASSWORD": "p" * 24, "REDIS_PASSWORD": "r" * 24, "RABBITMQ_PASSWORD": "q" * 24,
    "MIXTROVE_API_TOKENS": f"dj:edit:{'t' * 24}",
}  # fmt: skip
SERVICES: dict[str, Any] = composed({**variables(), **GIVEN})["services"]
ONCE = {"store", "dagster-store"}
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def test_compose_has_the_form_of_the_compose_specification() -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(schema.read_text(encoding="utf-8")))
    with pytest.raises(jsonschema.ValidationError):  # the schema is one that refuses
        jsonschema.validate({**document, "services": {"x": {"imagee": "y"}}}, json.loads(schema.read_text()))


def test_the_parts_are_there() -> None:
    assert set(SERVICES) == {
        "postgres", "redis", "rabbitmq", "store", "dagster-store", "code-server", "webserver", "daemon",
        "api", "messages",
    }  # fmt: skip


def test_every_part_ends_well_is_started_again_and_has_its_share_of_memory() -> None:
    for name, one in SERVICES.items():
        assert one["restart"] == ("on-failure:3" if name in ONCE else "unless-stopped"), name
        assert re.fullmatch(r"\d+[mg]", one["mem_limit"]), name
        assert one["logging"]["options"], name
        if name in ONCE:
            continue
        check = one["healthcheck"]
        if name == "messages":
            assert check == {"disable": True}
            continue
        assert check["test"][0] == "CMD", name
        assert {"interval", "timeout", "retries"} <= set(check), name


def test_parts_wait_for_what_they_need() -> None:
    for name, one in SERVICES.items():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_completed_successfully":
                assert other in ONCE, name
            else:
                assert how["condition"] == "service_healthy"
                assert "test" in SERVICES[other]["healthcheck"], (name, other)
        if name in ours(SERVICES):
            assert "postgres" in one["depends_on"], name
    for name in ("webserver", "daemon"):
        assert SERVICES[name]["depends_on"]["code-server"] == {"condition": "service_healthy"}


def test_only_the_api_and_the_ui_are_reached_from_outside_and_by_default_from_the_host_only() -> None:
    ports = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert ports == {"webserver": ["127.0.0.1:3000:3000"], "api": ["127.0.0.1:8000:8000"]}


def test_every_volume_is_declared() -> None:
    declared = set(composed({**variables(), **GIVEN})["volumes"])
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())}
    assert used == declared


def test_the_settings_to_fill_in_are_those_that_are_used() -> None:
    rest = set(variables()) - set(used_variables())
    assert set(used_variables()) <= set(variables())
    assert rest
    assert rest <= settings_of_ours()  # they get there because our parts get the whole file
    for name, one in ours(SERVICES).items():
        assert one["env_file"] == ".env", name


def test_no_secret_works_as_it_stands() -> None:
    needed = {name for name, forms in used_variables().items() if ":?" in forms}
    assert needed == set(GIVEN)
    for name, value in variables().items():
        if name in needed or re.search(r"TOKEN|SECRET|PASSWORD|_ID$", name):
            assert value == "", name
    for name in needed:
        with pytest.raises(KeyError, match=name):
            composed({**variables(), **GIVEN, name: ""})


def settings_of_ours() -> set[str]:
    """The variables that mixtrove reads."""
    kinds = [Settings, ApiSettings, NotifySettings, *(one.settings_class for one in PROVIDERS)]
    known = {
        f"{kind.model_config['env_prefix']}{name}".upper() for kind in kinds for name in kind.model_fields
    }
    return known | {"MIXTROVE_LOG_FORMAT", "MIXTROVE_LOG_LEVEL"}


def test_every_variable_of_ours_is_a_setting() -> None:
    for name, one in ours(SERVICES).items():
        given = {variable for variable in one["environment"] if variable.startswith("MIXTROVE_")}
        assert given <= settings_of_ours(), name


def test_every_program_exists() -> None:
    programs = Path(sys.executable).parent
    for name, one in ours(SERVICES).items():
        for command in (one["command"], one.get("healthcheck", {}).get("test", ["CMD", "python"])[1:]):
            assert (programs / command[0]).exists(), (name, command)


@pytest.mark.parametrize(
    "name", [name for name, one in ours(SERVICES).items() if one["command"][0] == "mixtrove"]
)
def test_every_command_of_ours_exists_with_its_options(name: str) -> None:
    command: click.Command = main
    context = click.Context(main, info_name="mixtrove", resilient_parsing=True)
    rest = SERVICES[name]["command"][1:]
    if rest[0] not in COMMANDS:
        pytest.skip(f"mixtrove {rest[0]} does not exist yet")
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None, SERVICES[name]["command"]
        command, context = found, click.Context(found, parent=context)
    options = {text for option in command.params for text in (*option.opts, *option.secondary_opts)}
    assert {word for word in rest if word.startswith("--")} <= options


def test_dagsters_settings_differ_from_those_of_a_laptop_in_where_things_are_only() -> None:
    here, there = (
        yaml.safe_load((ROOT / "deploy" / name).read_text(encoding="utf-8"))
        for name in ("dagster.yaml", "dagster-compose.yaml")
    )
    assert set(there) - set(here) == {"storage", "compute_logs", "local_artifact_storage"}
    assert {name: there[name] for name in here} == here
    assert here["scheduler"]["config"]["max_catchup_runs"] >= 7  # a week without the daemon
    assert there["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_PG_URL"}}}
    for one in ours(SERVICES).values():
        assert one["environment"]["DAGSTER_PG_URL"].startswith("postgresql+psycopg2://")


def test_webserver_and_daemon_find_the_code_server_where_it_listens() -> None:
    workspace = yaml.safe_load((ROOT / "deploy" / "workspace-compose.yaml").read_text(encoding="utf-8"))
    [location] = workspace["load_from"]
    server = location["grpc_server"]
    command = SERVICES["code-server"]["command"]
    environment = SERVICES["daemon"]["environment"]
    assert environment[server["host"]["env"]] == "code-server"
    assert environment[server["port"]["env"]] == command[command.index("-p") + 1]
    assert server["location_name"] == command[command.index("--location-name") + 1] == "discovery"


def test_the_image_runs_as_nobody_special_and_has_locked_dependencies_with_hashes() -> None:
    last = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert DOCKERFILE.count("\nFROM ") == 2
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["mixtrove"]
    installs = re.findall(r"pip install (.+)$", DOCKERFILE, re.MULTILINE)
    assert [("--require-hashes" in one, "--no-deps" in one) for one in installs] == [
        (True, True),
        (False, True),
    ]
    assert not re.search(r"https?://|--index|--find-links|trusted-host", DOCKERFILE)


def test_the_image_copies_what_is_there_and_what_is_sent() -> None:
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in sent, source


def test_the_images_dependencies_are_the_locked_ones() -> None:
    def locked(path: Path) -> dict[str, str]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|--index|--find-links", text)
        parts = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
        return {part.split("==")[0]: part for part in parts if "==" in part}

    image, tests = locked(ROOT / "deploy" / "requirements.lock"), locked(ROOT / "requirements.lock")
    assert {"dagster-postgres", "fastapi", "duckdb", "redis", "hatchling"} <= set(image)
    assert not {"pytest", "mypy", "ruff", "schemathesis"} & set(image)
    for name in set(image) & set(tests):
        assert re.findall(r"sha256:\w+", image[name]) == re.findall(r"sha256:\w+", tests[name]), name
    assert all("--hash=sha256:" in part for part in image.values())
