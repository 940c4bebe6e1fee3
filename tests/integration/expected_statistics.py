"""What the statistics of a store must be: computed from its rows with Polars, without the warehouse's code.

The words are those of the header of ``sql/marts/statistics.sql``; whoever changes the one changes the other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from mixtrove.matching.credit import split_artists
from tests.integration.life_scene import Rows

Figures = dict[str, Any]
_SCHEMA = {
    "entry": pl.String, "mix": pl.String, "dj": pl.String, "source": pl.String, "status": pl.String,
    "line": pl.String, "day": pl.Date, "at": pl.Datetime("us"), "track": pl.String, "artist": pl.String,
    "title": pl.String, "remix": pl.String, "label": pl.String, "genre": pl.String,
    "confidence": pl.Float64, "method": pl.String, "providers": pl.List(pl.String),
}  # fmt: skip


def expected(rows: Rows, period: str, basis: str) -> list[Figures]:
    """The rows of ``statistics_{period}`` on a basis, oldest first, as ``read.PeriodStatistics`` has them."""
    facts = facts_of(rows, basis)
    if facts.is_empty():
        return []
    first = (
        facts.drop_nulls("track")
        .sort("at", "entry")
        .unique("track", keep="first", maintain_order=True)["entry"]
    )
    start = {
        "daily": pl.col("day"),
        "weekly": pl.col("day") - pl.duration(days=pl.col("day").dt.weekday() - 1),
        "monthly": pl.col("day").dt.replace(day=1),
        "all-time": pl.lit(facts["day"].min()),
    }[period]
    facts = facts.with_columns(start=start, first=pl.col("entry").is_in(first.implode()))
    spelled = spellings(rows)
    found = []
    for (begin,), part in facts.sort("start").group_by("start", maintain_order=True):
        assert isinstance(begin, date)
        end = {
            "daily": begin,
            "weekly": begin + timedelta(days=6),
            "monthly": (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1),
            "all-time": part["day"].max(),
        }[period]
        found.append({"basis": basis, "period_start": begin, "period_end": end, **_figures(part, spelled)})
    return found


def facts_of(rows: Rows, basis: str) -> pl.DataFrame:
    """One row an entry that has a day on the basis."""
    found = {row["entry_id"]: row for row in rows["track_discovery"].values()}
    standing = [row for row in rows["correction"].values() if row["undone_at"] is None]
    unreleased = {row["line_key"] for row in standing if row["kind"] == "unreleased"}
    taken_back = {row["line_key"] for row in rows["correction"].values()} - {
        row["line_key"] for row in standing
    }
    facts = []
    for row in rows["tracklist_entry"].values():
        mix = rows["tracklist"][row["tracklist_id"],]
        play = found.get(row["id"])
        track = rows["library_track"].get((play["library_track_id"],)) if play else None
        at = (play["discovery_date"] if play else mix["imported_at"]).replace(tzinfo=None)  # UTC
        day = at.date() if basis == "discovered" else mix["played_on"]
        if day is None:
            continue
        line, status = row["line_key"], row["status"]
        waits = line not in unreleased and (
            status == "provisional" or (status == "pending" and line in taken_back)
        )
        facts.append(
            {
                "entry": row["id"], "mix": mix["id"], "dj": mix["dj"], "source": origin_of(mix),
                "status": status, "line": line if waits else None, "day": day,
                "at": at if basis == "discovered" else datetime.combine(day, time()),
                "track": track["id"] if track else None,
                **{name: track[name] if track else None
                   for name in ("artist", "title", "remix", "label", "genre")},
                "confidence": play["confidence"] if play else None,
                "method": play["identification_method"] if play else None,
                "providers": play["metadata_sources"] if play else None,
            }
        )  # fmt: skip
    return pl.DataFrame(facts, schema=_SCHEMA)


_FILE = re.compile(r"\.(txt|cue|csv|tsv|json|m3u8?|md|rtf|nfo|log|html?|xml|nml|xlsx|ods)$", re.I)


def origin_of(mix: Mapping[str, Any]) -> str:
    """The site of a mix's page, the kind of its file, or what was told."""
    if page := re.match(r"https?://(?:www\.)?([^/:?#]+)", mix["source_url"] or "", re.I):
        return page[1].lower()
    told = (mix["source"] or "").strip(" ")
    return f"files {found[0].lower()}" if (found := _FILE.search(told)) else told or "unknown"


def _figures(part: pl.DataFrame, spelled: dict[str, dict[str, str]]) -> Figures:
    status = dict(part["status"].value_counts().iter_rows())
    looked_at = part.height - status.get("skipped", 0)
    identified = part.filter(pl.col("status") == "identified")
    plays = part.drop_nulls("track")
    counted = {
        "artist": plays.with_columns(
            name=pl.col("artist").map_elements(artists_of, return_dtype=pl.List(pl.String))
        ).explode("name"),
        "label": plays.with_columns(name=pl.col("label").str.to_lowercase()),
        "genre": plays.with_columns(name=pl.col("genre").str.to_lowercase()),
    }
    items = {
        kind: frame.drop_nulls("name").group_by("name").agg(pl.len(), pl.col("track").n_unique())
        for kind, frame in counted.items()
    }
    tracks = plays.group_by("track", "artist", "title", "remix").len("plays")
    return {
        "entries": part.height,
        "plays": plays.height,
        "tracks": plays["track"].n_unique(),
        "new_tracks": part["first"].sum(),
        "artists": items["artist"].height,
        "labels": items["label"].height,
        "mixes": part["mix"].n_unique(),
        "djs": part["dj"].drop_nulls().str.to_lowercase().n_unique(),
        **{name: status.get(name, 0) for name in ("identified", "provisional", "pending", "skipped")},
        "review_backlog": part["line"].drop_nulls().n_unique(),
        "identification_rate": identified.height / looked_at if looked_at else None,
        "mean_confidence": identified["confidence"].mean(),
        "top_tracks": [
            {
                "track_id": UUID(row["track"]),
                **{key: row[key] for key in ("artist", "title", "remix", "plays")},
            }
            for row in tracks.sort("plays", "track", descending=[True, False]).head(20).iter_rows(named=True)
        ],
        **{f"top_{kind}s": _top(kind, frame, spelled[kind]) for kind, frame in items.items()},
        "sources": [
            {"source": source, "entries": entries, "identified": known}
            for source, entries, known in part.group_by("source")
            .agg(pl.len(), (pl.col("status") == "identified").sum().alias("known"))
            .sort("len", "source", descending=[True, False])
            .iter_rows()
        ],
        "methods": _shares("method", identified["method"], looked_at),
        "providers": _shares("provider", identified["providers"].explode(), looked_at),
    }  # fmt: skip


def _top(kind: str, items: pl.DataFrame, spelled: dict[str, str]) -> list[Figures]:
    found = [
        {kind: spelled[name], "plays": plays, "tracks": tracks} for name, plays, tracks in items.iter_rows()
    ]
    return sorted(found, key=lambda one: (-one["plays"], one[kind]))[:10]


def _shares(kind: str, names: pl.Series, of: int) -> list[Figures]:
    found = [
        {kind: name, "plays": plays, "rate": plays / of}
        for name, plays in names.drop_nulls().value_counts().iter_rows()
    ]
    return sorted(found, key=lambda one: (-one["plays"], one[kind]))


def spellings(rows: Rows) -> dict[str, dict[str, str]]:
    """Of each kind, the normal form of a name and the first of its spellings in the whole library."""
    tracks = list(rows["library_track"].values())
    names = (name for row in tracks for name in names_of(row["artist"]))
    return {
        "artist": _lowest((_plain(name), name.strip()) for name in names),
        "label": _lowest((row["label"].lower(), row["label"]) for row in tracks if row["label"]),
        "genre": _lowest((row["genre"].lower(), row["genre"]) for row in tracks if row["genre"]),
    }


def names_of(joined: str) -> list[str]:
    """The artists of a track as they are written; how names are joined, tests of ``split_artists`` say."""
    names, guests = split_artists(joined)
    return [*names, *guests]


def artists_of(joined: str) -> list[str]:
    """The artists of a track in their normal form, each once."""
    return sorted({_plain(name) for name in names_of(joined)})


def _plain(name: str) -> str:
    spread = unicodedata.normalize("NFKD", name.strip())
    return "".join(one for one in spread if not unicodedata.combining(one)).lower()


def _lowest(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, name in pairs:
        found[key] = min(found.get(key, name), name)
    return found
