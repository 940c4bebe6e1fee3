"""What catalogue and providers offer for entries: kept between searching and deciding, two steps of a run.

Writing a decision, with the candidates that it considered, is ``discoveries.py``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from mixtrove.library import credits, schema
from mixtrove.library.deletion import chunks
from mixtrove.library.discoveries import CHUNK, TO_SEARCH, EntryToIdentify, expiry_of, record_of
from mixtrove.library.store import PAUSE, Store, Transaction
from mixtrove.matching import Ranked
from mixtrove.matching.choice import Candidate

_entry = schema.tracklist_entry
_candidate = schema.entry_candidate

OfferRow = dict[str, Any]  # a row of entry_candidate without its entry: plain values
Offer = tuple[EntryToIdentify, Sequence[OfferRow]]


def write_offers(store: Store, offers: Iterable[Offer], catalogue_id: str) -> int:
    """Keep what the catalogue offers for entries, best first; returns for how many it has something.

    An entry that was provisional and is offered something new is pending again: a decision is due. An
    entry that changed since it was read, or is gone, is left alone. What providers offered stays. Written in
    chunks of 100 entries.
    """
    offered = 0
    remaining = iter(offers)
    while some := list(islice(remaining, CHUNK)):
        with store.write() as tx:
            unchanged = _unchanged(tx.connection, [entry for entry, _ in some])
            present = _present(tx.connection, unchanged)
            searched: list[dict[str, Any]] = []
            replaced: dict[str, list[OfferRow]] = {}
            for entry, new in some:
                if entry.entry_id not in unchanged:
                    continue
                old = present.get(entry.entry_id, [])
                offered += bool(new)
                again = entry.status == "pending" or not _equal(new, _of(old, "catalogue"))
                if again:
                    replaced[entry.entry_id] = [*new, *(row for row in old if row["source"] != "catalogue")]
                status = "pending" if again else entry.status
                searched.append({"b_id": entry.entry_id, "catalogue": catalogue_id, "status": status})
            _replace(tx, replaced)
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


def write_answers(tx: Transaction, line_key: str, answers: Mapping[str, Sequence[OfferRow]]) -> list[str]:
    """Keep what providers offer for a line, in every mix that has it and where it is not decided yet.

    An entry that was provisional and is offered something new is pending again: a decision is due.

    Args:
        tx: the transaction.
        line_key: the line.
        answers: what each provider that answered offers, best first; nothing means that it knows nothing.

    Returns:
        The ids of the open entries.
    """
    open_entries = tx.connection.execute(
        sa.select(_entry.c.id)
        .where(_entry.c.line_key == line_key, _entry.c.status.in_(TO_SEARCH))
        .order_by(_entry.c.id)
    )
    entries = list(open_entries.scalars())
    present = _present(tx.connection, entries)
    replaced: dict[str, list[OfferRow]] = {}
    for entry_id in entries:
        old = present.get(entry_id, [])
        if all(_equal(new, _of(old, provider)) for provider, new in answers.items()):
            continue
        replaced[entry_id] = [row for row in old if row["source"] not in answers]
        replaced[entry_id] += [row for rows in answers.values() for row in rows]
    _replace(tx, replaced)
    for some in chunks(replaced):
        tx.connection.execute(
            sa.update(_entry).where(_entry.c.id.in_(some)).values(status="pending", revision=tx.revision)
        )
    return entries


def _unchanged(connection: sa.Connection, entries: Sequence[EntryToIdentify]) -> set[str]:
    """The ids of those entries that are still as they were read."""
    read = {entry.entry_id: entry.revision for entry in entries}
    rows = connection.execute(sa.select(_entry.c.id, _entry.c.revision).where(_entry.c.id.in_(read)))
    return {row.id for row in rows if row.revision == read[row.id]}


def read_offers(connection: sa.Connection, entry_ids: Iterable[str]) -> dict[str, list[Candidate]]:
    """What is offered for these entries, best first; entries without offers are absent."""
    return {
        entry_id: [
            Candidate(
                row["candidate_id"], credits.read(row["record"]), source=row["source"],
                url=row["record"].get("url"), facts=row["record"].get("facts"),
            )
            for row in rows
        ]
        for entry_id, rows in _present(connection, entry_ids).items()
    }  # fmt: skip


def _present(connection: sa.Connection, entry_ids: Iterable[str]) -> dict[str, list[OfferRow]]:
    """What was offered for entries so far, by entry; tracks of the library are not offers."""
    found: dict[str, list[OfferRow]] = {}
    for some in chunks(entry_ids):
        rows = connection.execute(
            sa.select(_candidate)
            .where(_candidate.c.entry_id.in_(some), _candidate.c.source != "library")
            .order_by(_candidate.c.entry_id, _candidate.c.rank)
        ).mappings()
        for row in rows:
            found.setdefault(row["entry_id"], []).append(dict(row))
    return found


def _of(rows: Sequence[OfferRow], source: str) -> list[OfferRow]:
    return [row for row in rows if row["source"] == source]


def _equal(new: Sequence[OfferRow], old: Sequence[OfferRow]) -> bool:
    """Whether two lists offer the same recordings; when they were asked for makes no difference."""
    compared = ("source", "candidate_id", "score", "confidence", "decision")
    return [[row[name] for name in compared] for row in new] == [
        [row[name] for name in compared] for row in old
    ]


def _replace(tx: Transaction, offers: Mapping[str, Sequence[OfferRow]]) -> None:
    """Make these the offers of entries, in this order."""
    for some in chunks(offers):
        tx.connection.execute(sa.delete(_candidate).where(_candidate.c.entry_id.in_(some)))
    rows = [
        {**row, "entry_id": entry_id, "rank": rank}
        for entry_id, some in offers.items()
        for rank, row in enumerate(some, 1)
    ]
    if rows:
        tx.connection.execute(sa.insert(_candidate), rows)


def offer_rows(ranked: Sequence[Ranked]) -> list[OfferRow]:
    """What is offered for one entry, best first, as it is kept; cheap to hand to another process."""
    return [
        {
            "source": one.candidate.source,
            "candidate_id": one.candidate.id,
            "record": record_of(one.candidate.credit, one.candidate.url, one.candidate.facts),
            "score": one.verdict.score,
            "confidence": one.verdict.confidence,
            "decision": one.verdict.decision,
            "reasons": list(one.verdict.reasons),
            "expires_at": expiry_of(one.candidate.facts),
        }
        for one in ranked
    ]
