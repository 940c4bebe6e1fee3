"""What has to be said beside what providers gave; their clients are imported on the first use."""

from __future__ import annotations

from collections.abc import Collection


def attributions(names: Collection[str]) -> list[str]:
    """The sentences of these providers and shops."""
    if not names:
        return []
    from mixtrove.providers import registry

    return registry.attributions(names)
