"""Which rows of the sources are one recording, and what the one that stays takes from the others.

Rows with an equal fold key (``matching.keys.fold_key``) are one. Of them stays the one with the lowest
rank, then with the lowest id; what it lacks (label, catalogue number, ISRC, year, length) it takes from
the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from mixtrove.catalogue.recordings import batches

_LARGEST = ("label", "catalog_number", "isrc", "duration")  # of several values the largest is taken
_TAKEN = (*_LARGEST, "year")  # of years the earliest


class Fold:
    """What folding decided. Rows are numbered from 0 through all sources."""

    def __init__(self, gone: NDArray[np.int64], changed: pl.DataFrame) -> None:
        self.gone = gone  # rows that are folded into another
        self._changed = changed  # row, and its values of _TAKEN, sorted by row
        self._rows = changed["row"].to_numpy()

    def filled(self, batch: pa.RecordBatch, first: int) -> tuple[pa.RecordBatch, NDArray[np.int64]] | None:
        """The batch, whose first row has this number, with what its rows take from others, and which do."""
        start, stop = np.searchsorted(self._rows, [first, first + len(batch)])
        if start == stop:
            return None
        places = self._rows[start:stop] - first
        values = self._changed[int(start) : int(stop)]
        mask = np.zeros(len(batch), bool)
        mask[places] = True
        columns = {name: batch.column(name) for name in batch.schema.names}
        for name in _TAKEN:
            new = values[name].to_arrow().cast(columns[name].type)
            columns[name] = pa.compute.replace_with_mask(columns[name], pa.array(mask), new)
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema), places


def folded(rows: Path, keys: NDArray[np.uint64]) -> Fold:
    """Decide about the rows of the Arrow file ``rows``, one fold key each."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    same = ordered[1:] == ordered[:-1]
    twice = np.zeros(len(keys), bool)
    twice[order[1:][same]] = True
    twice[order[:-1][same]] = True
    del order, ordered, same
    if not twice.any():
        return Fold(np.empty(0, np.int64), _NONE_CHANGED)
    many = pl.concat(list(_rows_of(rows, twice))).with_columns(
        row=pl.Series(np.flatnonzero(twice)), key=pl.Series(keys[twice])
    )
    group = many.sort("key", "rank", "id", "row").group_by("key", maintain_order=True)
    found = group.agg(
        pl.col("row").first(),
        *(pl.col(name).first().alias(f"own_{name}") for name in _TAKEN),
        *(pl.col(name).max() for name in _LARGEST),
        pl.col("year").min(),
    ).with_columns(pl.coalesce(f"own_{name}", name).alias(name) for name in _TAKEN)
    changed = found.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"own_{name}")) for name in _TAKEN)
    )
    gone = np.setdiff1d(many["row"].to_numpy(), found["row"].to_numpy(), assume_unique=True)
    return Fold(gone, changed.select("row", *_TAKEN).sort("row"))


_NONE_CHANGED = pl.DataFrame({"row": pl.Series([], dtype=pl.Int64)})


def _rows_of(rows: Path, which: NDArray[np.bool_]) -> Iterator[pl.DataFrame]:
    first = 0
    for batch in batches(rows):
        some = batch.select(["id", "rank", *_TAKEN]).filter(pa.array(which[first : first + len(batch)]))
        yield pl.DataFrame(pl.from_arrow(some))
        first += len(batch)
