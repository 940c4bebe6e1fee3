"""``/discovery``: statistics and trends of the published warehouse, what a tracklist brought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel

from mixtrove.api.context import Context, Shared
from mixtrove.api.paths import PathId
from mixtrove.api.problems import Refused
from mixtrove.api.shapes.statistics import (
    Pace,
    PeriodStatistics,
    Statistics,
    StatisticsGiven,
    Trend,
    Trends,
    TrendsGiven,
)
from mixtrove.api.shapes.tracklists import Entry, SourceOfTracks, Summary
from mixtrove.library.tracklist_records import get_tracklist, new_tracks

if TYPE_CHECKING:
    from mixtrove.warehouse.read import Published

router = APIRouter(prefix="/discovery", tags=["discovery"])

IfNoneMatch = Annotated[
    str | None, Header(description="the ETag of an answer that is here: 304 when it still holds")
]

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "What you have still holds"}}


@router.get("/statistics", response_model=Statistics, responses=UNCHANGED)
def statistics(
    shared: Shared, given: Annotated[StatisticsGiven, Query()], if_none_match: IfNoneMatch = None
) -> Response:
    """Figures by day, week, month or for all time. Periods without data are left out."""
    path = shared.settings.warehouse_path

    def answer(version: Published) -> Statistics:
        from mixtrove.warehouse import read

        found = read.statistics(path, given.period, given.basis, start=given.start, end=given.end)
        periods = [PeriodStatistics.model_validate(read.plain(asdict(one))) for one in found]
        return Statistics(
            period=given.period,
            basis=given.basis,
            built_at=version.built_at.replace(tzinfo=UTC),
            periods=periods,
        )

    return _kept(shared, f"{given.period}:{given.start}", given, answer, if_none_match)


@router.get("/trends", response_model=Trends, responses=UNCHANGED)
def trends(
    shared: Shared, given: Annotated[TrendsGiven, Query()], if_none_match: IfNoneMatch = None
) -> Response:
    """What is played more than before, 30 days against the 30 before them, and the pace of discovery."""
    path = shared.settings.warehouse_path

    def answer(version: Published) -> Trends:
        from mixtrove.warehouse import read
        from mixtrove.warehouse.statistics import TREND_FLOOR

        day = given.as_of or read.last_day(path, given.basis)
        stored = given.as_of is None and given.min_mixes == TREND_FLOOR  # nothing to compute
        found = (
            []
            if day is None
            else read.trends(path, given.basis, as_of=None if stored else day, floor=given.min_mixes)
        )
        return Trends(
            basis=given.basis,
            as_of=day,
            built_at=version.built_at.replace(tzinfo=UTC),
            trends=[
                Trend.model_validate(one)
                for one in found
                if given.kind in (None, one.kind) and one.rank <= given.limit
            ],
            pace=[Pace.model_validate(one) for one in read.pace(path, given.basis, as_of=given.as_of)],
        )

    return _kept(shared, f"trends:{given.as_of}", given, answer, if_none_match)


@router.get("/sources/{tracklist_id:uuid}", response_model=SourceOfTracks)
def source(tracklist_id: PathId, shared: Shared) -> SourceOfTracks:
    """What one tracklist brought: the tracks that were heard nowhere before it."""
    with shared.reading() as connection:
        summary, entries = get_tracklist(connection, tracklist_id)
    identified, provisional = new_tracks(entries)
    return SourceOfTracks(
        tracklist=Summary.model_validate(summary),
        new_identified=identified,
        new_provisional=provisional,
        tracks=[Entry.model_validate(one) for one in entries if one.new],
    )


def _kept(
    shared: Context,
    name: str,
    given: BaseModel,
    compute: Callable[[Published], BaseModel],
    if_none_match: str | None,
) -> Response:
    """An answer of the published warehouse, from the cache when it is there."""
    version = shared.statistics.version()
    if version is None:
        raise Refused(
            503, "nothing is published yet: `mixtrove discover` builds the warehouse, as does a job for a "
            "tracklist (POST /api/v1/tracklists/{id}/discover-tracks)", headers={"Retry-After": "10"},
        )  # fmt: skip
    rest = given.model_dump_json()
    body, tag = shared.statistics.get(
        f"{name}:{rest}", version, lambda: compute(version).model_dump_json().encode()
    )
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if if_none_match is not None and (if_none_match.strip() == "*" or f'"{tag}"' in if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
