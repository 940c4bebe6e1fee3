"""What a catalogue offers for entries: kept between searching and deciding, which are two steps of a run.

Writing a decision, with the candidates that it considered, is ``discoveries.py``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from mixtrove.library import credits, schema
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import CHUNK, PAUSE, EntryToIdentify
from mixtrove.library.store import Store
from mixtrove.matching import Ranked
from mixtrove.matching.choice import Candidate

_entry = schema.tracklist_entry
_candidate = schema.entry_candidate

OfferRow = dict[str, Any]  # a row of entry_candidate without its entry: plain values
Offer = tuple[EntryToIdentify, Sequence[OfferRow]]


def write_offers(store: Store, offers: Iterable[Offer], catalogue_id: str) -> int:
    """Keep what the catalogue offers for entries, best first; returns for how many it has something.

    An entry that was provisional and is offered something new is pending again: a decision is due. An
    entry that changed since it was read, or is gone, is left alone. Written in chunks of 200 entries.
    """
    offered = 0
    remaining = iter(offers)
    while some := list(islice(remaining, CHUNK)):
        with store.write() as tx:
            unchanged = _unchanged(tx.connection, [entry for entry, _ in some])
            present = _present(tx.connection, unchanged)
            searched: list[dict[str, Any]] = []
            rows: list[dict[str, Any]] = []
            replaced: list[str] = []
            for entry, rows_of_entry in some:
                if entry.entry_id not in unchanged:
                    continue
                new = [{"entry_id": entry.entry_id, **row} for row in rows_of_entry]
                offered += bool(new)
                again = entry.status == "pending" or new != present.get(entry.entry_id, [])
                if again:
                    replaced.append(entry.entry_id)
                    rows += new
                status = "pending" if again else entry.status
                searched.append({"b_id": entry.entry_id, "catalogue": catalogue_id, "status": status})
            tx.connection.execute(sa.delete(_candidate).where(_candidate.c.entry_id.in_(replaced)))
            if rows:
                tx.connection.execute(sa.insert(_candidate), rows)
            if searched:
                tx.connection.execute(
                    sa.update(_entry)
                    .where(_entry.c.id == sa.bindparam("b_id"))
                    .values(
                        catalogue=sa.bindparam("catalogue"),
                        status=sa.bindparam("status"),
                        revision=tx.revision,
                    ),
                    searched,
                )
        time.sleep(PAUSE)
    return offered


def _unchanged(connection: sa.Connection, entries: Sequence[EntryToIdentify]) -> set[str]:
    """The ids of those entries that are still as they were read."""
    read = {entry.entry_id: entry.revision for entry in entries}
    rows = connection.execute(sa.select(_entry.c.id, _entry.c.revision).where(_entry.c.id.in_(read)))
    return {row.id for row in rows if row.revision == read[row.id]}


def read_offers(connection: sa.Connection, entry_ids: Iterable[str]) -> dict[str, list[Candidate]]:
    """What a catalogue offers for these entries, best first; entries without offers are absent."""
    found: dict[str, list[Candidate]] = {}
    for some in chunks(entry_ids):
        for row in _catalogue_rows(connection, some):
            found.setdefault(row["entry_id"], []).append(
                Candidate(
                    row["candidate_id"],
                    credits.read(row["record"]),
                    source="catalogue",
                    url=row["record"].get("url"),
                )
            )
    return found


def _present(connection: sa.Connection, entry_ids: Iterable[str]) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _catalogue_rows(connection, entry_ids):
        found.setdefault(row["entry_id"], []).append(dict(row))
    return found


def _catalogue_rows(connection: sa.Connection, entry_ids: Iterable[str]) -> Iterator[sa.RowMapping]:
    for some in chunks(entry_ids):
        yield from connection.execute(
            sa.select(_candidate)
            .where(_candidate.c.entry_id.in_(some), _candidate.c.source == "catalogue")
            .order_by(_candidate.c.entry_id, _candidate.c.rank)
        ).mappings()


def offer_rows(ranked: Sequence[Ranked]) -> list[OfferRow]:
    """What a catalogue offers for one entry, best first, as it is kept; cheap to hand to another process."""
    return [
        {
            "rank": rank,
            "source": "catalogue",
            "candidate_id": one.candidate.id,
            "record": credits.written(one.candidate.credit)
            | ({"url": one.candidate.url} if one.candidate.url else {}),
            "score": one.verdict.score,
            "confidence": one.verdict.confidence,
            "decision": one.verdict.decision,
            "reasons": list(one.verdict.reasons),
        }
        for rank, one in enumerate(ranked, 1)
    ]
