"""What a person pastes to say which recording a line is: a track's id, its page in a shop, an ISRC, a text.

First the library is looked at, then what was offered for the line, then the provider itself is asked. Not
here: which page names which recording (``mixtrove.providers.pages``), filing the decision
(``mixtrove.library.line_decisions``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

import sqlalchemy as sa

from mixtrove.errors import BadInput
from mixtrove.library import schema
from mixtrove.library.discoveries import TrackRecord
from mixtrove.library.lookup import find_track
from mixtrove.library.review_queue import credit_of_line, offered_as
from mixtrove.library.store import Store
from mixtrove.library.tracks import ISRC
from mixtrove.matching import Credit, normal_form
from mixtrove.provider_facts import facts_of
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderFailure
from mixtrove.providers.pages import recording_at
from mixtrove.providers.provider import Provider
from mixtrove.providers.recording import Found, Recording

Providers = Callable[[], AbstractContextManager[Mapping[str, Provider]]]
"""Opens the providers, for the case that one has to be asked."""

_BY_TEXT = 'paste "Artist - Title (Version)" instead, with the page as --link'


def pasted_track(
    store: Store, entry_id: str | None, text: str, providers: Providers
) -> str | Credit | TrackRecord:
    """The recording that a text names: a library track's id, a credit, or a recording to add.

    Args:
        store: the store.
        entry_id: the line it is for, if any: what was offered for it is known without asking anybody, and a
            text that names neither label nor catalogue number has those of the line.
        text: an id of a library track, "Artist - Title (Version)", the address of a track's page, or
            ``provider:id`` (also ``isrc:``).
        providers: opens the providers; they are asked only when nothing here knows the recording.

    Raises:
        BadInput: it names nothing that can be found.
    """
    page = recording_at(text)
    if page is None:
        with store.read() as connection:
            named = find_track(connection, text)
            if entry_id is None or not isinstance(named, Credit):
                return named
            line = credit_of_line(connection, entry_id)
        return _released_as(named, line)
    provider, number = page
    with store.read() as connection:
        known = schema.external_id
        owner = connection.execute(
            sa.select(known.c.library_track_id).where(
                known.c.provider == provider, sa.or_(known.c.external_id == number, known.c.url == number)
            )
        ).scalar()
        if owner is not None:
            return str(owner)
        offered = None if entry_id is None else offered_as(connection, entry_id, provider, number)
    if offered is not None:
        return offered
    with providers() as opened:
        return _asked(opened, provider, number)


def linked(track: str | Credit | TrackRecord, page: str) -> TrackRecord:
    """A recording that a person named, with the page or id that they gave for it.

    Raises:
        BadInput: the page is none of a track, or the track is in the library already.
    """
    found = recording_at(page)
    if found is None:
        raise BadInput(f"{page!r} is neither the address of a track's page nor provider:id")
    if not isinstance(track, Credit):
        raise BadInput('--link goes with "Artist - Title (Version)": the track that you named has its ids')
    provider, number = found
    return TrackRecord(provider, f"{provider}:{number}", track, page if "://" in page else None)


def _released_as(named: Credit, line: Credit) -> Credit:
    """What a person named, on the label and under the number of the line where nothing else was said."""
    if named.label and line.label and normal_form(named.label) != normal_form(line.label):
        return named  # the number of the line is one of another label
    return replace(
        named,
        label=named.label or line.label,
        catalog_number=named.catalog_number or line.catalog_number,
    )


def _asked(providers: Mapping[str, Provider], provider: str, number: str) -> TrackRecord:
    if provider == ISRC:
        return _by_isrc(providers, number)
    shop = providers.get(provider)
    if shop is None or provider == "bandcamp":
        raise BadInput(f"nothing here knows this track of {provider}, and it cannot be asked: {_BY_TEXT}")
    if why := shop.off():
        raise BadInput(
            f"nothing here knows {number} of {shop.title}, and it was not asked ({why}): {_BY_TEXT}"
        )
    try:
        found = shop.by_id([number], budget=Budget())
    except ProviderFailure as failure:
        raise BadInput(
            f"{shop.title} did not answer ({failure.why}): try again later, or {_BY_TEXT}"
        ) from failure
    return _record(shop, found, f"{shop.title} knows no recording {number}")


def _by_isrc(providers: Mapping[str, Provider], number: str) -> TrackRecord:
    why = "no provider that knows ISRCs is ready"
    for shop in providers.values():
        if not shop.isrc_batch or shop.off() is not None:
            continue
        try:
            found = shop.by_isrc([number], budget=Budget())
        except ProviderFailure as failure:
            why = f"{shop.title} did not answer ({failure.why})"
            continue
        if found.recordings:
            return _record(shop, found, "")
        why = f"{shop.title} knows no recording with it"
    raise BadInput(f"nothing here knows the ISRC {number}, and {why}: {_BY_TEXT}")


def _record(shop: Provider, found: Found, otherwise: str) -> TrackRecord:
    if not found.recordings:
        raise BadInput(f"{otherwise}: look at the address again, or {_BY_TEXT}")
    recording: Recording = found.recordings[0]
    facts = facts_of(recording, shop.terms, found.fetched_at)
    if not facts.named:
        raise BadInput(
            f"{shop.title} says it is {recording.credit.artist} - {recording.credit.full_title}; its terms "
            f"do not let the library keep that: {_BY_TEXT}"
        )
    return TrackRecord(shop.name, f"{shop.name}:{recording.id}", recording.credit, recording.url, facts)
