"""Credits as rows and back: how a parsed credit lies in the columns of an entry or of a track.

Not here: parsing or comparing (``mixtrove.matching``), writing rows (``tracklists.py``, ``tracks.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mixtrove.matching import Credit, identity_key
from mixtrove.matching.credit import is_unknown

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

FIELDS = ("label", "catalog_number", "album", "duration", "isrc", "year")
"""What a credit says beside artists, title and version."""


def entry_columns(credit: Credit) -> dict[str, Any]:
    """The columns of ``tracklist_entry`` that hold a credit."""
    return {
        "artists": list(credit.artists),
        "featured": list(credit.featured),
        "title": credit.title,
        "version": credit.version,
        "mix_type": credit.mix_type,
        "cut": credit.cut,
        "remixers": list(credit.remixers),
        "label": credit.label,
        "catalog_number": credit.catalog_number,
    }


def credit_of_entry(row: RowMapping) -> Credit:
    """The credit of a ``tracklist_entry`` row."""
    return Credit.of_parts(
        row["artists"],
        row["title"],
        featured=row["featured"],
        version=row["version"],
        label=row["label"],
        catalog_number=row["catalog_number"],
    )


def credit_of_track(row: Mapping[Any, Any]) -> Credit:
    """The credit of a ``library_track`` row; the first of its ISRCs."""
    isrcs = row["isrcs"]
    date = row["release_date"]
    return Credit.parse(
        row["artist"],
        _with_version(row["title"], row["remix"]),
        label=row["label"],
        catalog_number=row["catalog_number"],
        duration=row["duration"],
        isrc=isrcs[0] if isrcs else None,
        year=int(date[:4]) if date else None,
    )


def credit_of_name(row: RowMapping) -> Credit:
    """The credit of a former name: a ``track_identity`` row with the label and number of its track."""
    return Credit.parse(
        row["artist"],
        _with_version(row["title"], row["remix"]),
        label=row["label"],
        catalog_number=row["catalog_number"],
    )


def written(credit: Credit) -> dict[str, Any]:
    """A credit as JSON: ``artist`` and ``title`` for people, ``parts`` for ``read`` to give it back."""
    return {
        "artist": credit.artist,
        "title": credit.full_title,
        "parts": {
            "artists": list(credit.artists),
            "featured": list(credit.featured),
            "title": credit.title,
            "version": credit.version,
            "spelled": credit.spelled,
        },
        **{name: value for name in FIELDS if (value := getattr(credit, name)) is not None},
    }


def read(value: Mapping[str, Any]) -> Credit:
    """The credit that ``written`` wrote down."""
    parts: dict[str, Any] = {**value["parts"], **{name: value.get(name) for name in FIELDS}}
    return Credit.of_parts(**parts)


def version_of_track(credit: Credit) -> str | None:
    """The version's text when it makes another track; None for a cut or a remaster of the original."""
    if credit.version is None:
        return None
    plain = Credit.parse(
        credit.artist, credit.title, label=credit.label, catalog_number=credit.catalog_number
    )
    return None if identity_key(plain) == identity_key(credit) else credit.version


def shown(credit: Credit) -> str:
    """The credit for people: ``Four Tet - Opus (Remix)``."""
    return f"{shown_artist(credit)} - {credit.full_title or 'ID'}"


def shown_artist(credit: Credit) -> str:
    """The artists for people: ``ID`` on a line that names nothing, ``?`` when only they were not read."""
    return credit.artist or ("ID" if is_unknown(credit.title) else "?")


def _with_version(title: str, version: str | None) -> str:
    return f"{title} ({version})" if version else title
