"""Which asset makes which table of the warehouse, and which assets its rows come from.

The dependencies that the SQL has follow from this map (a test compares them with the asset graph), and so
does the lineage of columns that Dagster shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from discovery_assets.metadata import tables_of
from discovery_assets.statistics.partitions import ASSETS
from mixtrove.warehouse.marts import STATISTICS
from mixtrove.warehouse.models import Model, models

if TYPE_CHECKING:
    from mixtrove.warehouse.buildfile import Build

WAREHOUSE = dg.AssetKey(["statistics", "warehouse"])
ALL_TIME = dg.AssetKey(["statistics", "all_time"])
TRENDS = dg.AssetKey(["statistics", "trends"])
CONVERSION = dg.AssetKey(["statistics", "conversion"])
PUBLISHED = dg.AssetKey(["statistics", "published"])

STORED: Mapping[str, tuple[dg.AssetKey, ...]] = {
    "tracklist": (dg.AssetKey(["raw", "tracklist_entries"]),),
    "tracklist_entry": (dg.AssetKey(["raw", "tracklist_entries"]),),
    "track_discovery": (dg.AssetKey(["match", "track_discoveries"]),),
    "library_track": (dg.AssetKey(["match", "library_tracks"]), dg.AssetKey(["match", "track_attributes"])),
    "want": (dg.AssetKey(["want", "want_list"]),),
    "want_event": (dg.AssetKey(["want", "want_list"]),),
    "provider_use": (dg.AssetKey(["search", "provider_results"]),),
    "correction": (),  # these two are written by people
    "owned_track": (),
}
"""Table that is staged → the assets that write it."""

_ROWS_OF = {
    "tracklist_entry": (dg.AssetKey(["raw", "tracklist_entries"]), ""),
    "tracklist": (dg.AssetKey(["raw", "tracklist_entries"]), "tracklist."),
    "track_discovery": (dg.AssetKey(["match", "track_discoveries"]), ""),
    "library_track": (dg.AssetKey(["match", "library_tracks"]), ""),
    "want": (dg.AssetKey(["want", "want_list"]), ""),
    "want_event": (dg.AssetKey(["want", "want_list"]), "want_event."),
    "provider_use": (dg.AssetKey(["search", "provider_results"]), "provider_use."),
}
"""Table that is staged → the asset that has its columns, and what their names begin with there."""

_ADDED = {("library_track", "artists"): "artist", ("tracklist", "origin"): "source"}
"""Columns that staging works out → the column of the store that they are made of."""


def made_by(asset: dg.AssetKey) -> tuple[Model, ...]:
    """The marts that an asset writes."""
    if asset == WAREHOUSE:
        return tuple(item for item in models("marts") if item.refreshed is None)
    names = {TRENDS: ("trends", "discovery_pace"), CONVERSION: ("conversion",), PUBLISHED: ()}
    return tuple(item for item in models("marts") if item.name in names.get(asset, ("statistics",)))


def sources_of(asset: dg.AssetKey) -> frozenset[dg.AssetKey]:
    """The assets that an asset's SQL reads the tables of."""
    from mixtrove.warehouse.lineage import reads

    if asset == PUBLISHED:  # a copy of everything
        return frozenset({WAREHOUSE, ALL_TIME, TRENDS, CONVERSION, *ASSETS.values()})
    tables = {table for item in made_by(asset) for table in reads(item.sql)}
    found: set[dg.AssetKey] = set()
    for table in tables:
        schema, _, name = table.rpartition(".")
        found.update(STORED[name] if schema == "staging" else (WAREHOUSE,))
    return frozenset(found - {asset})


def column_lineage(
    build: Build, items: Iterable[Model], *, plain: str | None = None
) -> dg.TableColumnLineage:
    """Which columns of other assets the columns of these marts are made of.

    Args:
        build: the open build file, after ``build_marts``.
        items: the marts.
        plain: the mart whose columns go without the name of their table.
    """
    from mixtrove.warehouse.lineage import column_sources, columns_of

    columns = columns_of(build.connection)
    found: dict[str, list[dg.TableColumnDep]] = {}
    for item in items:
        for column, sources in column_sources(item, columns).items():
            deps = [dep for table, name in sorted(sources) if (dep := _dep(table, name))]
            if deps:
                found[column if item.name == plain else f"{item.name}.{column}"] = deps
    return dg.TableColumnLineage(found)


def published_lineage() -> dg.TableColumnLineage:
    """The columns of the published file, each a copy of one that an asset built."""
    grains = {STATISTICS[grain]: key for grain, key in ASSETS.items()} | {STATISTICS["all"]: ALL_TIME}
    made = {item.name: key for key in (WAREHOUSE, TRENDS, CONVERSION) for item in made_by(key)}
    whole = {*grains, "trends", "conversion"}
    return dg.TableColumnLineage(
        {
            f"{table}.{column}": [
                dg.TableColumnDep((grains | made)[table], column if table in whole else f"{table}.{column}")
            ]
            for item in models("marts")
            for table in tables_of(item)
            for column in item.columns
        }
    )


def _dep(table: str, column: str) -> dg.TableColumnDep | None:
    schema, _, name = table.rpartition(".")
    if schema != "staging":
        return dg.TableColumnDep(WAREHOUSE, f"{name}.{column}")
    if name not in _ROWS_OF:
        return None
    asset, prefix = _ROWS_OF[name]
    return dg.TableColumnDep(asset, prefix + _ADDED.get((name, column), column))
