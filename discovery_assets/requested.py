"""The job ``discovery_jobs``: what the REST API was asked for, done in Dagster, not by the server's worker.

An op and not assets: a job is some lines of one tracklist, and somebody waits for them. What it changes in
assets is told as their materialisations. Not here: doing a job (``mixtrove.requested``).
"""

from collections import Counter

import dagster as dg

from discovery_assets.statistics import POOL
from mixtrove.library.jobs import get_jobs
from mixtrove.requested import work_queue
from mixtrove.warehouse.refresh import refresh
from resources.home import OperationalStore
from resources.providers import Providers

DISCOVERIES = dg.AssetKey(["match", "track_discoveries"])
PUBLISHED = dg.AssetKey(["statistics", "published"])


@dg.op(
    name="work_queue",
    description="Take up every job that waits, one after another; then bring the warehouse up to date.",
    pool=POOL,
)
def work_jobs(context: dg.OpExecutionContext, store: OperationalStore, providers: Providers) -> None:
    """Do the jobs that wait."""
    with store.open() as opened, providers.open() as (online, why):
        done: list[str] = []
        for job in work_queue(opened, store.settings(), online=online, trouble=why):
            context.log.info("job %s: %d lines of %s", job.id, len(job.positions), job.tracklist_id)
            done.append(job.id)
        with opened.read() as connection:
            ended = Counter(job.status for job in get_jobs(connection, done))
        result = refresh(opened, store.settings())
    counts = {f"jobs {status}": number for status, number in sorted(ended.items())}
    if done:
        context.log_event(
            dg.AssetMaterialization(DISCOVERIES, description="Lines that were asked for.", metadata=counts)
        )
    if result.changed:
        context.log_event(
            dg.AssetMaterialization(PUBLISHED, metadata={"revision": result.published.source_revision})
        )


@dg.job(
    name="discovery_jobs",
    description=(
        "Discover the lines that somebody asked for over the REST API (POST …/discover-tracks), then bring "
        "want list and warehouse up to date. The sensor discovery_jobs starts it; a job whose run was killed "
        "is taken up by the next."
    ),
)
def discovery_jobs() -> None:
    """Work the queue."""
    work_jobs()
