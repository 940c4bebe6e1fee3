"""Standing checks: what has waited or failed for so long that somebody should look, run or no run.

They are of no single run: the job ``standing_checks`` runs them every few hours, and every ``discover`` does.
Neither blocks. Not here: finding it (``mixtrove.library.waiting``).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from discovery_assets.metadata import preview
from mixtrove.errors import BrokerUnavailable
from mixtrove.library.waiting import dead_letters as find_dead_letters
from mixtrove.library.waiting import pending_since_before
from mixtrove.settings import Settings
from resources.home import OperationalStore

TOO_LONG = timedelta(days=1)
"""How long an entry may wait for its first decision: a run decides all, so none came, or none ended."""

KEY = dg.AssetKey(["match", "track_discoveries"])


@dg.asset_check(
    asset=KEY,
    name="entries_pending_too_long",
    description=(
        "No entry has waited for its first decision for longer than a day. One that does waits for a run: "
        "look whether the daemon runs, whether runs fail, and whether the sensor inbox is switched on."
    ),
)
def entries_pending_too_long(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for entries that nobody decides."""
    now = datetime.now(UTC)
    with store.open() as opened, opened.read() as connection:
        found = pending_since_before(connection, now - TOO_LONG)
    oldest = min((one.since for one in found), default=None)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(found):,} entries, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
        if oldest
        else None,
        metadata={
            "violations": len(found),
            "sample": preview(
                ("entry", "line", "tracklist", "since"),
                [(one.id, one.line, one.tracklist_id, f"{one.since:%Y-%m-%d %H:%M}") for one in found],
            ),
        },
    )


@dg.asset_check(
    asset=KEY,
    name="dead_letters",
    description=(
        "Nothing that was asked for has failed for good: no discovery job whose lines were not done since, "
        "no question that a provider left unanswered twenty times, no message that was refused. Ask for a "
        "job again, or see `mixtrove providers list` and `mixtrove dead-letters list`; a failed job is "
        "forgotten after 30 days."
    ),
)
def dead_letters(store: OperationalStore) -> dg.AssetCheckResult:
    """Look for what failed for good."""
    with store.open() as opened, opened.read() as connection:
        found = find_dead_letters(connection)
    refused = _refused_messages(store.settings())
    said = [f"{len(found):,} failed for good, the first: {found[0].why}"] if found else []
    if refused:
        said.append(f"{refused:,} messages were refused: `mixtrove dead-letters list`")
    return dg.AssetCheckResult(
        passed=not said,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(said) or None,
        metadata={
            "violations": len(found) + refused,
            "sample": preview(
                ("kind", "id", "about", "why", "since"),
                [(one.kind, one.id, one.about, one.why, f"{one.since:%Y-%m-%d %H:%M}") for one in found],
            ),
        },
    )


def _refused_messages(settings: Settings) -> int:
    """How many lie in RabbitMQ's queue of dead letters; none while it is away, which others say."""
    if settings.amqp_url is None:
        return 0
    from mixtrove.messaging.check import queue_depths

    try:
        return queue_depths(settings).get("dead-letters", 0)
    except BrokerUnavailable:
        return 0
