"""``mixtrove notify``: people are told what is due. Not here: what, and how (``mixtrove.messaging``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mixtrove.cli.output import AS_JSON
from mixtrove.errors import BadInput

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.messaging.channels import Channel, NotifySettings
    from mixtrove.messaging.notifications import Outcome
    from mixtrove.settings import Settings


@click.command()
@click.option(
    "--dry-run", is_flag=True, help="Print what would be sent, and to whom; nothing is sent or kept."
)
@click.option("--test", "trial", is_flag=True, help="Send a test message to every channel, and nothing else.")
@click.option(
    "--now", "force", is_flag=True, help="In quiet times too, and to channels that failed just now."
)
@AS_JSON
def notify(dry_run: bool, trial: bool, force: bool, as_json: bool) -> None:
    """Tell people what is new: by ntfy, Discord, e-mail and a hundred others.

    New tracks, new wants, wanted tracks that can be bought or are cheaper, IDs that have a name now,
    providers and jobs that fail. What came together is one message. MIXTROVE_NOTIFY_URLS says where to, as
    https://appriseit.com/services writes it; docs/notifications.md has examples. The first call only notes
    where it begins: what was known before is no news. In Dagster the sensor `notifications` does this.

    \b
    For example:
      export MIXTROVE_NOTIFY_URLS="ntfys://ntfy.sh/a-topic-that-nobody-guesses"
      mixtrove notify --test
      mixtrove notify --dry-run
      mixtrove discover && mixtrove notify
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.messaging.channels import notify_settings, open_channels
    from mixtrove.messaging.notifications import preview, send_trial

    if dry_run and trial:
        raise BadInput("give --dry-run or --test, not both")
    chosen = notify_settings()
    channels = open_channels(chosen)
    if not channels:
        raise BadInput(
            "nobody is to be told: set MIXTROVE_NOTIFY_URLS, for example to ntfys://ntfy.sh/YOUR-TOPIC "
            "(`mixtrove notify --help`)"
        )
    if trial:
        _tell(send_trial(channels), as_json=as_json)
        return
    with opened_store() as (store, settings):
        if dry_run:
            found = preview(store, channels, chosen.events, settings.user)
            _show(found, channels, as_json=as_json)
        else:
            _tell(_send(store, settings, channels, chosen, force=force), as_json=as_json)


def _send(
    store: Store, settings: Settings, channels: Sequence[Channel], chosen: NotifySettings, *, force: bool
) -> list[Outcome]:
    from datetime import UTC, datetime

    from mixtrove.messaging.looking import look
    from mixtrove.messaging.notifications import send_due
    from mixtrove.messaging.timing import within

    look(store, settings, channels, chosen)
    now = datetime.now(UTC).astimezone()
    if chosen.quiet is not None and within(now.time(), chosen.quiet) and not force:
        click.echo(f"quiet until {chosen.quiet[1]:%H:%M}: what is due waits; --now sends it", err=True)
        return []
    return send_due(store, channels, force=force)


def _show(found: Sequence[Outcome], channels: Sequence[Channel], *, as_json: bool) -> None:
    from mixtrove.cli.output import print_json
    from mixtrove.messaging.channels import names_of

    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        click.echo(f"nothing is due for {names_of(channels)}")
    for number, one in enumerate(found):
        click.echo("\n" * bool(number) + f"to {one.channel}\n{one.title}\n\n{one.text}")


def _tell(found: Sequence[Outcome], *, as_json: bool) -> None:
    from mixtrove.cli.output import print_json

    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            click.echo(one.sentence, err=one.state != "sent")
        if not found:
            click.echo("nothing is due")
    if any(one.state == "failed" for one in found):
        click.get_current_context().exit(1)
