"""Asset ``search/provider_results``: what online providers offer for entries that nothing else decides."""

import dagster as dg
import sqlalchemy as sa
from pydantic import Field

from discovery_assets.metadata import layer_asset, preview, store_table
from discovery_assets.search.due import DueEntries
from discovery_assets.search.uses import uses
from mixtrove.library import schema
from mixtrove.library.watch import queue_lengths, queued_questions
from mixtrove.online import BATCH, WORKERS, ask_providers
from mixtrove.providers.schema import provider_result, provider_use
from resources.home import OperationalStore
from resources.providers import Providers


class ProviderQuestions(DueEntries):
    """At most one batch, unless told otherwise: the sensor provider_questions asks for further runs."""

    limit: int | None = Field(
        default=BATCH, ge=1, description="At most so many entries; null: all that are due, batch by batch."
    )
    batch_size: int = Field(
        default=BATCH, ge=1, le=BATCH, description="Entries that this run claims and asks about at a time."
    )
    workers: int = Field(
        default=WORKERS, ge=1, le=64, description="Requests to one provider that may be under way at a time."
    )


@layer_asset(
    "search",
    "provider_results",
    "sql",
    deps=[dg.AssetKey(["raw", "tracklist_entries"]), dg.AssetKey(["search", "catalogue_candidates"])],
    description=(
        "Recordings of MusicBrainz, Beatport, Spotify, Discogs and iTunes that could be what was played, "
        "asked for where library and catalogue decide nothing. One provider after the other, the one with "
        "most expected answers per request first, until a line is decided; every request within the quota "
        "that all processes share. A question that cannot be answered now waits in the queue with its time. "
        "A line that was asked about is left alone until its watch date. Providers that are not set up are "
        "left out."
    ),
    code_version="1",
    metadata=store_table(provider_result, provider_use),
)
def provider_results(
    context: dg.AssetExecutionContext,
    config: ProviderQuestions,
    store: OperationalStore,
    providers: Providers,
) -> dg.MaterializeResult[None]:
    """Ask providers about every entry that is due, and that nothing else decides."""
    with store.open() as opened, providers.open() as (online, why):
        found = ask_providers(
            opened,
            online.providers if online else {},
            only=config.only,
            limit=config.limit,
            batch_size=config.batch_size,
            workers=config.workers,
            rule=store.settings().rule,
            progress=lambda done, of: context.log.info("%d of %d entries", done, of),
        )
        spent = uses(online, why or found.trouble)
        candidate, entry = schema.entry_candidate, schema.tracklist_entry
        with opened.read() as connection:
            queued = queue_lengths(connection)
            waiting = queued_questions(connection, limit=10)
            best = connection.execute(
                sa.select(
                    entry.c.raw_line, candidate.c.source, candidate.c.candidate_id, candidate.c.confidence,
                    candidate.c.decision, candidate.c.reasons,
                )
                .join(entry, entry.c.id == candidate.c.entry_id)
                .where(candidate.c.source.not_in(("library", "catalogue")))
                .order_by(candidate.c.entry_id.desc(), candidate.c.rank)
                .limit(10)
            ).all()  # fmt: skip
    sentence = (
        f"{found.entries:,} entries looked at, {found.asked:,} lines asked about: {found.decided:,} certain, "
        f"{found.offered:,} with something close, {found.unknown:,} unknown, {found.queued:,} queued"
        if online and online.ready
        else "no provider is ready: `mixtrove providers list` says why"
    )
    context.log.info(sentence)
    if why or found.trouble:
        context.log.warning("providers were not asked about everything: %s", why or found.trouble)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": spent.get("answers_kept", 0),
            "entries": found.entries,
            "lines_asked": found.asked,
            "decided": found.decided,
            "something_close": found.offered,
            "unknown": found.unknown,
            "queued": found.queued,
            "batches": found.batches,
            **spent,
            "queue": preview(
                ("provider", "questions", "next at"), [(name, *rest) for name, rest in queued.items()]
            ),
            "queued_next": preview(
                ("provider", "line", "next at", "attempts", "why"),
                [(one.provider, one.line, one.next_at, one.attempts, one.why) for one in waiting],
            ),
            "preview": preview(("line", "provider", "candidate", "confidence", "decision", "reasons"), best),
        }
    )
