"""Mixes whose lines were decided, for tests of what is shown of them."""

from __future__ import annotations

from collections.abc import Collection

from mixtrove.library.discoveries import (
    EntryDecision,
    Lines,
    TrackRecord,
    entries_to_identify,
    write_decisions,
)
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.tracklists.model import Tracklist


def import_and_decide(store: Store, tracklist: Tracklist, *, provisional: Collection[str] = ()) -> str:
    """Import a mix and identify every line as what it says, but for these titles; returns its id."""
    tracklist_id = import_tracklist(store, tracklist).tracklist_id
    with store.read() as connection:
        entries = list(entries_to_identify(connection, "c", only=Lines(tracklist_id)))
    write_decisions(
        store,
        [
            EntryDecision(one.entry_id, "provisional", method="catalogue")
            if one.credit.title in provisional
            else EntryDecision(
                one.entry_id,
                "identified",
                track=TrackRecord("catalogue", f"c:{one.line_key}", one.credit),
                confidence=1.0,
                method="catalogue",
            )
            for one in entries
        ],
    )
    return tracklist_id
