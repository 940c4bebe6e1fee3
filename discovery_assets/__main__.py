"""``python -m discovery_assets``: the job in this process, or the UI with everything that runs by itself."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import click

from mixtrove.errors import BadInput, MixtroveError
from mixtrove.logs import configure, log_format
from mixtrove.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]

DAGSTER_FORMATS = {"text": "colored", "json": "json"}
"""Our form of logs → what Dagster calls it."""


@click.group()
def main() -> None:
    """Discovery as Dagster runs it: assets, checks, schedules.

    \b
    For example:
      python -m discovery_assets discover
      python -m discovery_assets ui
    """


@main.command()
def discover() -> None:
    """Run the job discover here and now: inbox, identification, wants, warehouse.

    The run is recorded under the home, so the UI shows it. The exit code is 1 when a step or a blocking
    check failed.

    \b
    For example:
      MIXTROVE_HOME=data python -m discovery_assets discover
    """
    from discovery_assets.running import run_discovery

    configure()
    sys.exit(0 if run_discovery(load_settings()) else 1)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address the UI listens on.")
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def ui(host: str, port: int) -> None:
    """Start the Dagster UI and the daemon that runs sensors and schedules; Ctrl-C ends both.

    \b
    For example:
      MIXTROVE_HOME=data python -m discovery_assets ui --port 3001
    """
    from discovery_assets.running import prepare_dagster_home

    check_free(host, port)
    settings = load_settings()
    folder = prepare_dagster_home(settings)
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(folder),
        "MIXTROVE_HOME": str(settings.home.resolve()),
        "MIXTROVE_LOG_FORMAT": log_format(),
    }
    programs = Path(sys.executable).parent
    common = ["-w", str(ROOT / "workspace.yaml"), "--log-format", DAGSTER_FORMATS[log_format()]]
    commands = [
        [str(programs / "dagster-webserver"), *common, "-h", host, "-p", str(port)],
        [str(programs / "dagster-daemon"), "run", *common],
    ]
    click.echo(f"UI: http://{host}:{port}   inbox: {settings.inbox.resolve()}")
    sys.exit(_together(commands, environment))


def check_free(host: str, port: int) -> None:
    """Refuse an address that the UI could not listen on, before anything starts.

    Raises:
        BadInput: another program listens there, or the address cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # a UI that just ended does not count; elsewhere this means otherwise
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BadInput(
                f"port {port} of {host} is in use: end the program that listens there, or choose another "
                f"port with `make ui PORT={port % 65535 + 1}` or --port"
            ) from error
        raise BadInput(
            f"the UI cannot listen on {host}, port {port}: {error.strerror}; choose others with --host and "
            "--port"
        ) from error


def _together(commands: list[list[str]], environment: dict[str, str]) -> int:
    """Run programs until one ends or we are told to end; ends the others. The exit code of the first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    running = [subprocess.Popen(command, env=environment, cwd=ROOT) for command in commands]
    try:
        while True:
            for process in running:
                try:
                    return process.wait(timeout=0.5)
                except subprocess.TimeoutExpired:
                    continue
    except KeyboardInterrupt:
        return 130
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=30)


if __name__ == "__main__":
    try:
        main(prog_name="python -m discovery_assets")
    except MixtroveError as error:
        click.echo(f"mixtrove: {error}", err=True)
        sys.exit(1)
