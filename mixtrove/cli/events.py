"""``mixtrove events``: what happened, as the outbox has it, with RabbitMQ or without."""

from __future__ import annotations

from dataclasses import asdict

import click

from mixtrove.cli.given import TEXT
from mixtrove.cli.opened import opened_store
from mixtrove.cli.output import AS_JSON, print_json, print_table


@click.group()
def events() -> None:
    """See what happened: tracks identified, wants added and available, discoveries that ended.

    Events are written in the transaction in which it happens and wait there until `mixtrove messages work`,
    or Dagster, publishes them. Without RabbitMQ they are read here.

    \b
    For example:
      mixtrove events list --event want.available
    """


@events.command("list")
@click.option("--event", type=TEXT, help="Only of this name: want.added, discovery.completed …")
@click.option("--key", type=TEXT, help="Only of this track or tracklist, by its whole id.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only behind this id; for programs.")
@click.option("--waiting", is_flag=True, help="Only those that were not published.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@AS_JSON
def list_(event: str | None, key: str | None, after: int, waiting: bool, limit: int, as_json: bool) -> None:
    """List events in the order in which they happened: the newest, or those behind an id.

    What was published is kept for 30 days. A program that reads on remembers the last id it saw.

    \b
    For example:
      mixtrove events list --waiting
      mixtrove events list --after 1200 --limit 500 --json
    """
    from mixtrove.library.outbox import list_events

    with opened_store() as (store, _), store.read() as connection:
        found = list_events(connection, event=event, key=key, after=after, waiting=waiting, limit=limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (one.id, one.created_at, one.event, _about(dict(one.payload)), one.key, one.published_at)
        for one in found
    ]
    columns = ("id", "at", "event", "about", "key", "published")
    print_table(columns, rows, empty="nothing happened yet", spare=("key", "published"))


def _about(payload: dict[str, object]) -> str:
    """What an event is about, for people."""
    if "artist" in payload:
        version = f" ({payload['version']})" if payload.get("version") else ""
        return f"{payload['artist']} - {payload['title']}{version}"
    if "error" in payload:
        return str(payload["error"])
    counts = [
        f"{payload[name]} {name}"
        for name in ("identified", "provisional", "pending", "skipped")
        if payload.get(name)
    ]
    return ", ".join(counts)
