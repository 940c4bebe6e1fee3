"""What providers say about a track, kept as far as their terms allow, each value with its source (DESIGN §6).

Here: which facts may cross from one recording to another, and writing them to a track: empty columns,
``track_attribute`` and external ids. Not here: links to buy (``purchase_links.py``); asking, and which terms
a provider has (``mixtrove.providers``); which recording a line is (``mixtrove.identify``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.purchase_links import Link, expire_prices, write_links
from mixtrove.library.store import Store, Transaction, upsert
from mixtrove.library.track_columns import COLUMNS, OF_THE_RECORDING, fill_columns, same_length
from mixtrove.library.tracks import ExternalId, add_external_ids, isrc_ids

_track = schema.library_track
_attribute = schema.track_attribute


@dataclass(frozen=True, slots=True)
class Facts:
    """What one provider says about one recording, and how long it may be kept."""

    provider: str
    external_id: str
    url: str | None
    cut: str | None
    duration: float | None  # seconds; only to tell whether it is the same recording
    fetched_at: datetime
    named: bool  # whether the library may take artist and title as the provider spells them
    columns: Mapping[str, Any] = field(default_factory=dict)  # may stay, and enter the warehouse
    attributes: Mapping[str, tuple[Any, datetime | None]] = field(default_factory=dict)  # value, until when
    links: tuple[Link, ...] = ()
    keep_until: datetime | None = None  # when nothing but id and link may be left; None: all may stay

    def written(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "provider": self.provider,
            "external_id": self.external_id,
            "url": self.url,
            "cut": self.cut,
            "duration": self.duration,
            "fetched_at": self.fetched_at.isoformat(),
            "named": self.named,
            "columns": dict(self.columns),
            "attributes": {name: [value, _iso(until)] for name, (value, until) in self.attributes.items()},
            "links": [
                {
                    "store": one.store, "url": one.url, "kind": one.kind, "cut": one.cut,
                    "price": None if one.price is None else str(one.price), "currency": one.currency,
                    "expires_at": _iso(one.expires_at),
                }
                for one in self.links
            ],
            "keep_until": _iso(self.keep_until),
        }  # fmt: skip

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Facts:
        """The facts that ``written`` wrote down."""
        return cls(
            provider=value["provider"],
            external_id=value["external_id"],
            url=value["url"],
            cut=value["cut"],
            duration=value["duration"],
            fetched_at=datetime.fromisoformat(value["fetched_at"]),
            named=value["named"],
            columns=value["columns"],
            attributes={
                name: (known, _time(until)) for name, (known, until) in value["attributes"].items()
            },
            links=tuple(
                Link(
                    one["store"], one["url"], one["kind"],
                    None if one["price"] is None else Decimal(one["price"]), one["currency"], one["cut"],
                    _time(one["expires_at"]),
                )
                for one in value["links"]
            ),
            keep_until=_time(value["keep_until"]),
        )  # fmt: skip


def learn(tx: Transaction, track_id: str, facts: Sequence[Facts]) -> set[str]:
    """Write what is known of a track; returns the names of columns and attributes it has afterwards.

    Columns that have a value stay as they are, so that what a person set is never changed. Values that hold
    for one recording only are taken from recordings of the same length.

    Args:
        tx: the transaction.
        track_id: an identified track.
        facts: what is said of it, the most trusted first.
    """
    row = tx.connection.execute(sa.select(_track).where(_track.c.id == track_id)).mappings().one()
    length = row["duration"] or next((one.duration for one in facts if one.duration), None)
    said: dict[str, Any] = {}
    attributes: list[dict[str, Any]] = []
    for one in facts:
        same = same_length(length, one.duration)
        for name, value in one.columns.items():
            if value and (same or name not in OF_THE_RECORDING):
                attributes.append(_attribute_row(track_id, one, name, value, None))
                said.setdefault(name, value)
        for name, (value, until) in one.attributes.items():
            if value is not None and (same or name not in OF_THE_RECORDING):
                attributes.append(_attribute_row(track_id, one, name, value, until))
    filled = fill_columns(tx, row, said)
    upsert(tx, _attribute, attributes, on=("library_track_id", "name", "provider"))
    ids = [ExternalId(one.provider, one.external_id, cut=one.cut, url=one.url) for one in facts]
    add_external_ids(tx, track_id, [*ids, *isrc_ids(filled.get("isrcs", ()))])
    write_links(tx, track_id, [(link, one.fetched_at) for one in facts for link in one.links])
    return {name for name in COLUMNS if row[name] or filled.get(name)} | {one["name"] for one in attributes}


def expire(store: Store) -> int:
    """Take away what providers' terms let us keep no longer; returns how many rows that were.

    Candidates and attributes go; of a link to buy, and of the event that told of it, only the price.
    """
    with store.write() as tx:
        candidate = schema.entry_candidate
        gone = tx.connection.execute(sa.delete(candidate).where(candidate.c.expires_at <= tx.now)).rowcount
        gone += tx.connection.execute(sa.delete(_attribute).where(_attribute.c.expires_at <= tx.now)).rowcount
        return gone + expire_prices(tx)


def _attribute_row(
    track_id: str, facts: Facts, name: str, value: Any, until: datetime | None
) -> dict[str, Any]:
    return {
        "library_track_id": track_id,
        "name": name,
        "provider": facts.provider,
        "value": value,
        "fetched_at": facts.fetched_at,
        "expires_at": until,
    }


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
