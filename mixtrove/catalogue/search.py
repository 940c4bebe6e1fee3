"""Searching a catalogue: candidates for many credits at once, records by id.

Only retrieval. Which candidate is right is ``mixtrove.matching.choice``; matching whole files of
lines is ``match.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from mixtrove.catalogue.directory import CatalogueInfo, describe
from mixtrove.errors import BadInput
from mixtrove.matching import Candidate, Credit
from mixtrove.matching.keys import blocking_keys, key_hash
from mixtrove.matching.packed import are_whole

TOP = 20  # candidates a credit (MATCHING §6: recall@20 .998)

_COLUMNS = (
    "rid, id, artist, title, album, label, catalog_number, isrc, year, duration, url, artists,"
    " featured, base_title, version"
)


class Catalogue:
    """An open catalogue, read-only. Not to be shared between threads; any number of processes may read.

    The credits of candidates are kept, so that asking about many lines builds each once.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.info: CatalogueInfo = describe(directory)
        path = directory / self.info.database
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise BadInput(f"{path} cannot be opened ({error}); build the catalogue again") from error
        self._known: dict[int, Candidate] = {}

    @property
    def id(self) -> str:
        """The id of the catalogue's content."""
        return self.info.id

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def candidates(self, credits: Sequence[Credit], *, top: int = TOP) -> list[list[Candidate]]:
        """The recordings that share most with each credit, best first; a list for every credit."""
        found: list[list[Candidate]] = [[] for _ in credits]
        numbers: list[int] = []
        keys: list[int] = []
        for number, credit in enumerate(credits):
            for key in blocking_keys(credit):
                numbers.append(number)
                keys.append(key_hash(key))
        if not keys:
            return found
        query = pa.table({"number": pa.array(numbers, pa.int32()), "key": pa.array(keys, pa.int64())})
        cursor = self._connection.cursor()
        cursor.register("query", query)
        pairs = cursor.execute(
            """
            SELECT number, rid FROM query JOIN posting USING (key)
            GROUP BY number, rid HAVING count(*) > 1 OR bool_or(key & 1 = 1)
            QUALIFY row_number() OVER (PARTITION BY number ORDER BY sum(weight) DESC, rid) <= $top
            ORDER BY number, sum(weight) DESC, rid
            """,
            {"top": top},
        ).fetchnumpy()
        cursor.close()
        rids = pairs["rid"].tolist()
        self._learn(set(rids))
        for number, rid in zip(pairs["number"].tolist(), rids, strict=True):
            found[number].append(self._known[rid])
        return found

    def records(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The rows of recordings by id, spelled as in their source; unknown ids are absent."""
        cursor = self._connection.cursor()
        found = cursor.execute(
            f"SELECT {_COLUMNS} FROM recording WHERE id IN (SELECT unnest($ids))",  # noqa: S608
            {"ids": list(ids)},
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        cursor.close()
        return {row["id"]: row for row in rows}

    def _learn(self, rids: set[int]) -> None:
        missing = [rid for rid in rids if rid not in self._known]
        if not missing:
            return
        cursor = self._connection.cursor()
        cursor.register("wanted", pa.table({"rid": pa.array(missing, pa.int32())}))
        rows = cursor.sql(
            f"SELECT {_COLUMNS}, record FROM recording JOIN wanted USING (rid)"  # noqa: S608
        ).to_arrow_table()
        cursor.close()
        records = rows["record"].to_pylist()
        if not are_whole([record for record in records if record is not None]):
            raise BadInput(f"{self.directory} holds a damaged record; build the catalogue again")
        columns = (rows[name].to_pylist() for name in ("rid", "id", "url"))
        for at, (rid, id_, url, record) in enumerate(zip(*columns, records, strict=True)):
            self._known[rid] = Candidate(id_, partial(_credit_at, rows, at), url=url, record=record)


def _credit_at(rows: pa.Table, at: int) -> Credit:
    row = rows.slice(at, 1).to_pylist()[0]
    return Credit.of_parts(
        row["artists"], row["base_title"], featured=row["featured"], version=row["version"],
        label=row["label"], catalog_number=row["catalog_number"], album=row["album"],
        duration=row["duration"], isrc=row["isrc"], year=row["year"], spelled=row["artist"],
    )  # fmt: skip
