"""What asking providers cost, as metadata of the assets that ask. No asset is here."""

import dagster as dg

from discovery_assets.metadata import preview
from mixtrove.discovery import Online
from mixtrove.providers.use import Use


def uses(online: Online) -> dg.MarkdownMetadataValue:
    """State of every provider, and what this run asked of it."""
    summary = online.gateway.summary()
    rows = []
    for state in online.states():
        use, today = summary.get(state.name, Use()), state.counted
        rows.append(
            (
                state.name, state.sentence, use.requests, use.cache_hits, round(use.waited, 1),
                use.failures + use.refused, today.requests, today.hit_rate, today.requests_per_line,
            )
        )  # fmt: skip
    columns = (
        "provider", "state", "requests", "cache hits", "waited (s)", "without answer", "requests today",
        "hit rate today", "requests per identified line",
    )  # fmt: skip
    return preview(columns, rows)
