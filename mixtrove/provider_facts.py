"""What providers say, as candidates to decide on and as facts that their terms let the library keep.

Values to values. Not here: asking (``mixtrove.online``, ``mixtrove.enrichment``), what may cross from one
recording to another and writing it down (``mixtrove.library.facts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mixtrove.library.facts import Facts
from mixtrove.library.purchase_links import Link
from mixtrove.matching.choice import Candidate
from mixtrove.providers.recording import Field, Offer, Recording, Terms

LATER = 3600.0
"""Seconds after which a question is asked again whose answer could not be read."""

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer of no sense can end in."""

_COLUMN: Mapping[str, str] = {"isrc": "isrcs"}  # the column of a field, where it has another name


def column_of(name: str) -> str:
    """The column or attribute that a field is kept as."""
    return _COLUMN.get(name, name)


def candidate_of(recording: Recording, terms: Terms, fetched_at: datetime) -> Candidate:
    """A provider's recording as something to decide on, with the facts that its terms let us keep."""
    return Candidate(
        recording.id, recording.credit, source=recording.provider, url=recording.url,
        facts=facts_of(recording, terms, fetched_at).written(),
    )  # fmt: skip


def facts_of(recording: Recording, terms: Terms, fetched_at: datetime) -> Facts:
    """What a provider says of a recording, divided by what its terms allow.

    What may enter the warehouse goes into the library's columns. The rest is an attribute: for good where it
    may be kept, else until the provider's ceiling.
    """
    credit = recording.credit
    isrcs = list(recording.isrcs) or ([credit.isrc] if credit.isrc else [])
    said: dict[Field, Any] = {
        "label": credit.label,
        "catalog_number": credit.catalog_number,
        "release_date": recording.release_date or (f"{credit.year:04d}" if credit.year else None),
        "genre": recording.genre,
        "bpm": recording.bpm,
        "key": recording.key,
        "duration": credit.duration,
        "isrc": isrcs or None,
    }
    details = {(f"{name}_details" if name in said else name): name for name in recording.extra}
    until = None if terms.ceiling is None else fetched_at + terms.ceiling
    columns = {column_of(name): value for name, value in said.items() if value and name in terms.warehouse}
    attributes = {
        column_of(name): (value, None if name in terms.kept else until)
        for name, value in said.items()
        if value and name not in terms.warehouse
    }
    attributes |= {
        name: (recording.extra[of], None if of in terms.kept else until) for name, of in details.items()
    }
    return Facts(
        provider=recording.provider,
        external_id=recording.id,
        url=recording.url,
        cut=credit.cut,
        duration=credit.duration,
        fetched_at=fetched_at,
        named="name" in terms.warehouse,
        columns=columns,
        attributes=attributes,
        links=tuple(link_of(one, fetched_at + terms.offers_for) for one in recording.offers),
        keep_until=None if "name" in terms.kept else until,
    )


def link_of(offer: Offer, until: datetime) -> Link:
    """An offer as it is kept: its price is shown until then."""
    return Link(offer.store, offer.url, offer.kind, offer.price, offer.currency, offer.cut, until)
