"""Lines as flat records: the shape of ``mixtrove parse --json``, which other programs rely on (DESIGN §9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mixtrove.tracklists.model import Line


def line_records(line: Line) -> Iterator[dict[str, Any]]:
    """One record a component; a line without any gives one with ``component`` null. Cues are in seconds."""
    for one in line.components or (None,):
        credit = one.credit if one else None
        yield {
            "line_no": line.line_no,
            "kind": line.kind,
            "skip_reason": line.skip_reason,
            "position": line.position,
            "component": one.component if one else None,
            "cue_seconds": line.cue_seconds,
            "raw": line.raw,
            "artists": list(credit.artists) if credit else [],
            "featured": list(credit.featured) if credit else [],
            "title": credit.title if credit else None,
            "version": credit.version if credit else None,
            "mix_type": credit.mix_type if credit else None,
            "cut": credit.cut if credit else None,
            "remixers": list(credit.remixers) if credit else [],
            "label": credit.label if credit else None,
            "catalog_number": credit.catalog_number if credit else None,
            "is_id": one.is_id if one else False,
            "unreleased": one.unreleased if one else False,
            "layered": one.layered if one else False,
            "mashup": one.mashup if one else False,
        }
