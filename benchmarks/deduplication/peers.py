"""What the peers are given, and the simple ones: the exact key and a likeness of rapidfuzz.

All get the fields that our parser made: names without *feat.*, the title without its version, the version.
So they are measured as whoever cleans their data well would use them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import polars as pl
from rapidfuzz import fuzz

from mixtrove.duplicates import TrackText
from mixtrove.matching import identity_key, normal_form
from mixtrove.matching.prepared import prepare

THRESHOLDS = tuple(range(70, 101, 2))  # of token_sort_ratio; a peer is given its best


def cleaned(tracks: Iterable[TrackText]) -> pl.DataFrame:
    """A row a track: the parsed fields in normal form, null where there is nothing."""
    rows = []
    for track in tracks:
        credit = track.credit()
        ready = prepare(credit)
        rows.append(
            {
                "unique_id": track.id,
                "artist": " ".join(sorted(ready.artists[: ready.headline])) or None,
                "title": ready.title or None,
                "version": " ".join(
                    (*ready.makers, *sorted(ready.version.types), ready.version.family or "")
                ).strip()
                or None,
                "album": normal_form(credit.album) if credit.album else None,
                "position": (track.position or "").lstrip("0") or None,
                "year": track.year,
                "duration": track.duration,
                "label": track.label,
                "catalog_number": track.catalog_number,
                "key": None if credit.unknown else identity_key(credit),
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def by_key(frame: pl.DataFrame) -> pl.DataFrame:
    """Clusters of equal identity keys."""
    known = frame.filter(pl.col("key").is_not_null())
    return known.select(pl.col("unique_id").alias("id"), pl.col("key").rank("dense").alias("cluster"))


def by_rapidfuzz(frame: pl.DataFrame, pairs: Sequence[tuple[int, int]]) -> dict[int, pl.DataFrame]:
    """Clusters of what ``token_sort_ratio`` of artist and title joins, by threshold."""
    lines = [
        f"{artist or ''} {title or ''} {version or ''}".strip()
        for artist, title, version in frame.select("artist", "title", "version").iter_rows()
    ]
    scores = [fuzz.token_sort_ratio(lines[one], lines[other]) for one, other in pairs]
    ids = frame["unique_id"].to_list()
    found = {}
    for threshold in THRESHOLDS:
        joined = [pair for pair, score in zip(pairs, scores, strict=True) if score >= threshold]
        found[threshold] = pl.DataFrame(
            [{"id": ids[at], "cluster": home} for at, home in components(joined).items()],
            schema={"id": pl.String, "cluster": pl.Int64},
        )
    return found


def components(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """What hangs together: the lowest number of each one's component."""
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in pairs:
        near[one].append(other)
        near[other].append(one)
    home: dict[int, int] = {}
    for start in sorted(near):
        waiting = [start]
        while waiting:
            one = waiting.pop()
            if one not in home:
                home[one] = start
                waiting += near[one]
    return home
