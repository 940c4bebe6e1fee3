"""``mixtrove dead-letters``: messages that nobody could use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mixtrove.cli.output import (
    AS_JSON,
    confirm,
    harmless,
    is_terminal,
    print_json,
    print_table,
    refuse_to_ask,
    say_rest,
)

if TYPE_CHECKING:
    from pika import BlockingConnection

    from mixtrove.messaging.dead_letters import DeadLetter
    from mixtrove.messaging.topology import Topology

LONGEST = 4_000
"""Characters of a message that are shown on a terminal."""

_IDS = click.argument("ids", nargs=-1)
_ALL = click.option("--all", "everything", is_flag=True, help="All of them.")


@click.group()
def dead_letters() -> None:
    """Look after messages that nobody could use: each is kept with the reason.

    \b
    For example:
      mixtrove dead-letters list
      mixtrove dead-letters show 3fa9c1d2
      mixtrove dead-letters retry 3fa9c1d2
      mixtrove dead-letters drop --all --yes
    """


@dead_letters.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
def list_(limit: int, as_json: bool) -> None:
    """List dead letters, the oldest first, with the reason of each.

    \b
    For example:
      mixtrove dead-letters list --json
    """
    from mixtrove.messaging.dead_letters import list_dead

    with _queue() as (connection, topology):
        found = list_dead(connection, topology)
    shown = found[:limit]
    if as_json:
        print_json([asdict(one) for one in shown])
    else:
        _print(shown)
    say_rest(len(shown), len(found), "dead letters", err=as_json)


def _print(shown: list[DeadLetter]) -> None:
    columns = ("id", "since", "message_id", "routing_key", "bytes", "copies", "reason")
    rows = [
        (one.id, one.since, one.message_id, one.routing_key, one.size, one.copies, one.reason)
        for one in shown
    ]
    spare = ("copies", "bytes", "routing_key", "message_id")
    print_table(columns, rows, empty="there are no dead letters", spare=spare)


@dead_letters.command()
@click.argument("id_", metavar="ID")
@AS_JSON
def show(id_: str, as_json: bool) -> None:
    """Show one dead letter: the reason, where it was sent to, and what it says.

    \b
    For example:
      mixtrove dead-letters show 3fa9c1d2 --json
    """
    from mixtrove.messaging.dead_letters import show_dead

    with _queue() as (connection, topology):
        found, body = show_dead(connection, topology, id_)
    text = body.decode("utf-8", "backslashreplace")
    if as_json:
        print_json({**asdict(found), "body": text})
        return
    for name, value in asdict(found).items():
        click.echo(f"{name.replace('_', ' '):12} {'' if value is None else harmless(str(value))}")
    click.echo()
    longest = LONGEST if is_terminal() else len(text)
    click.echo(harmless(text[:longest]))
    if longest < len(text):
        click.echo(
            f"\n{longest:,} of {len(text):,} characters: `mixtrove dead-letters show {found.id} --json` "
            "has all"
        )


@dead_letters.command()
@_IDS
@_ALL
@AS_JSON
def retry(ids: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Send dead letters again to where they were sent to, once what was wrong is mended.

    \b
    For example:
      mixtrove dead-letters retry 3fa9c1d2 0b77e1aa
      mixtrove dead-letters retry --all
    """
    from mixtrove.messaging.dead_letters import count_dead, retry_dead

    meant = _meant(ids, everything)
    with _queue() as (connection, topology):
        done = retry_dead(connection, topology, meant)
        left = count_dead(connection, topology)
    _say(done, "sent again", left if everything else 0, as_json)


@dead_letters.command()
@_IDS
@_ALL
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
def drop(ids: tuple[str, ...], everything: bool, yes: bool, as_json: bool) -> None:
    """Delete dead letters for good.

    \b
    For example:
      mixtrove dead-letters drop 3fa9c1d2 --yes
    """
    from mixtrove.messaging.dead_letters import count_dead, drop_dead

    meant = _meant(ids, everything)
    if as_json:
        refuse_to_ask(yes=yes)
    elif not yes:
        confirm("delete all dead letters?" if meant is None else f"delete {', '.join(meant)}?")
    with _queue() as (connection, topology):
        done = drop_dead(connection, topology, meant)
        left = count_dead(connection, topology)
    _say(done, "deleted", left if everything else 0, as_json)


def _meant(ids: tuple[str, ...], everything: bool) -> tuple[str, ...] | None:
    from mixtrove.errors import BadInput

    if everything == bool(ids):
        raise BadInput("say which: ids of `mixtrove dead-letters list`, or --all")
    return None if everything else ids


def _say(done: list[DeadLetter], what: str, left: int, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in done])
    elif done or not left:
        click.echo(f"{len(done):,} {what}" if done else "there are no dead letters")
    if left:
        click.echo(f"{left:,} came meanwhile and are left: `mixtrove dead-letters list`", err=as_json)


@contextmanager
def _queue() -> Iterator[tuple[BlockingConnection, Topology]]:
    from mixtrove.messaging.broker import connected
    from mixtrove.messaging.worker import topology_of
    from mixtrove.settings import load_settings

    settings = load_settings()
    with connected(settings) as connection:
        yield connection, topology_of(settings)
