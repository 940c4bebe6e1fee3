"""Asset ``search/catalogue_candidates``: what the offline catalogue offers for entries that are due."""

import time

import dagster as dg
import sqlalchemy as sa

from discovery_assets.metadata import layer_asset, preview, store_table
from discovery_assets.search.due import SharedBacklog
from mixtrove.identify import SearchSummary, search_catalogue
from mixtrove.library import schema
from resources.home import OfflineCatalogue, OperationalStore


@layer_asset(
    "search",
    "catalogue_candidates",
    "sql",
    "duckdb",
    deps=[dg.AssetKey(["raw", "tracklist_entries"])],
    description=(
        "Recordings of the offline catalogue that could be what was played, best first, with score and "
        "reasons. Asked about every entry that is due: new ones, and undecided ones when the catalogue "
        "has changed. Without a catalogue nothing is offered and the run goes on with the library. Batch by "
        "batch: several runs (job search_backlog) may share one backlog, on one machine or, with Postgres, "
        "on several."
    ),
    code_version="1",
    metadata=store_table(schema.entry_candidate),
)
def catalogue_candidates(
    context: dg.AssetExecutionContext,
    config: SharedBacklog,
    store: OperationalStore,
    catalogue: OfflineCatalogue,
) -> dg.MaterializeResult[None]:
    """Ask the catalogue about every entry that is due."""
    started = time.monotonic()
    with store.open() as opened, catalogue.open() as recordings:
        if recordings is None:
            found, about = SearchSummary(), "there is none; build one: mixtrove catalogue build"
        else:
            found = search_catalogue(
                opened,
                recordings,
                only=config.only,
                limit=config.limit,
                batch_size=config.batch_size,
                processes=config.processes,
                rule=store.settings().rule,
            )
            about = f"{recordings.info.recordings:,} recordings, id {recordings.id}"
        seconds = time.monotonic() - started
        candidate, entry = schema.entry_candidate, schema.tracklist_entry
        with opened.read() as connection:
            rows = connection.execute(sa.select(sa.func.count()).select_from(candidate)).scalar_one()
            best = connection.execute(
                sa.select(
                    entry.c.raw_line, candidate.c.candidate_id, candidate.c.confidence,
                    candidate.c.decision, candidate.c.reasons,
                )
                .join(entry, entry.c.id == candidate.c.entry_id)
                .where(candidate.c.rank == 1)
                .order_by(candidate.c.entry_id.desc())
                .limit(10)
            ).all()  # fmt: skip
    sentence = (
        f"{found.searched:,} entries searched in {found.batches:,} batches, {found.offered:,} have something "
        f"close; catalogue: {about}"
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": rows,
            "catalogue": about,
            "entries_searched": found.searched,
            "entries_offered": found.offered,
            "batches": found.batches,
            "batch_size": config.batch_size,
            "lines_per_second": round(found.searched / seconds) if seconds else 0,
            "preview": preview(("line", "candidate", "confidence", "decision", "reasons"), best),
        }
    )
