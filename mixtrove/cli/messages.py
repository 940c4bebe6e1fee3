"""``mixtrove messages``: requests from RabbitMQ, events to it."""

from __future__ import annotations

from dataclasses import asdict

import click

from mixtrove.cli.output import AS_JSON, print_json


@click.group()
def messages() -> None:
    """Take requests from RabbitMQ and publish events, as docs/messages.md describes.

    \b
    For example:
      export MIXTROVE_AMQP_URL=amqp://mixtrove:secret@rabbit.example.org/music
      mixtrove messages work
      mixtrove dead-letters list
    """


@messages.command()
@click.option("--once", is_flag=True, help="Take and publish what is there, then end.")
@AS_JSON
def work(once: bool, as_json: bool) -> None:
    """Take requests and publish events until it is stopped (Ctrl-C, SIGTERM).

    The exchange and the queues are declared when they are not there. A request becomes jobs, which Dagster
    or `mixtrove serve --worker` does. When RabbitMQ or the store goes away, this process waits for it. Any
    number of these processes may run. With --json, which goes with --once, what was moved is counted.

    \b
    For example:
      mixtrove messages work
      mixtrove messages work --once --json
    """
    import signal
    import threading

    from mixtrove.errors import BadInput
    from mixtrove.logs import configure
    from mixtrove.messaging.worker import pump
    from mixtrove.messaging.worker import work as work_on
    from mixtrove.settings import load_settings

    if as_json and not once:
        raise BadInput("--json goes with --once: without it there is no end at which to count")
    settings = load_settings()
    configure(service=True)
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    if not once:
        work_on(settings, ended)
        return
    moved = pump(settings, stopping=ended.is_set)
    if as_json:
        print_json(asdict(moved))
    else:
        click.echo(moved.sentence)
