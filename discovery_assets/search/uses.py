"""What asking providers cost, as metadata of the assets that ask. No asset is here."""

from typing import Any

from discovery_assets.metadata import preview
from mixtrove.discovery import Online
from mixtrove.errors import StoreUnavailable
from mixtrove.providers.use import Use

COLUMNS = (
    "provider", "state", "requests", "cache hits", "waited (s)", "without answer", "requests today",
    "hit rate today", "requests per identified line",
)  # fmt: skip


def uses(online: Online | None, trouble: str) -> dict[str, Any]:
    """State of every provider and what this run asked of it; why not, where that is so."""
    told = {"not_asked_because": trouble} if trouble else {}
    if online is None:
        return told
    try:
        states = online.states()
    except StoreUnavailable as error:
        return {"not_asked_because": trouble or str(error)}
    summary = online.gateway.summary()
    rows = []
    for state in states:
        use, today = summary.get(state.name, Use()), state.counted
        rows.append(
            (
                state.name, state.sentence, use.requests, use.cache_hits, round(use.waited, 1),
                use.failures + use.refused, today.requests, today.hit_rate, today.requests_per_line,
            )
        )  # fmt: skip
    return {"providers": preview(COLUMNS, rows), "answers_kept": online.gateway.answers(), **told}
