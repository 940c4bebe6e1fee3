"""``/tracklists`` and ``/jobs``: bring mixes in, see them, discover what was played."""

from __future__ import annotations

import json
import re
import time
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData

from mixtrove.api.access import ADMIN
from mixtrove.api.context import By, Context, Shared
from mixtrove.api.editing import Expected, tag
from mixtrove.api.limits import BODY
from mixtrove.api.paging import page
from mixtrove.api.paths import PathId, VersionNumber
from mixtrove.api.problems import Refused
from mixtrove.api.shapes.common import Page
from mixtrove.api.shapes.tracklists import (
    Discovered,
    DiscoverGiven,
    Entry,
    Imported,
    JobState,
    MixGiven,
    Summary,
    TracklistDetails,
    TracklistGiven,
    TracklistsGiven,
    Version,
    VersionLines,
)
from mixtrove.errors import BadInput
from mixtrove.library import cursors
from mixtrove.library.jobs import Job, ask_for, cancel, get_jobs
from mixtrove.library.tracklist_records import (
    count_tracklists,
    delete_tracklist,
    get_tracklist,
    list_tracklists,
    list_versions,
    new_tracks,
    tracklist_revision,
    version_lines,
)
from mixtrove.library.tracklists import import_tracklist
from mixtrove.tracklists import read_tracklist

router = APIRouter(tags=["tracklists"])

WAIT, LONGEST_WAIT = 30, 60
"""Seconds that a request for discovery waits for its tracks, unless told otherwise, and at most."""

_LOOK_AGAIN, _LOOK_LATER = 0.05, 0.5  # seconds between two looks at jobs: first, and after a while

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/TracklistGiven"}},
            "text/plain": {
                "schema": {"type": "string", "minLength": 1},
                "example": "1. Eric Prydz - Opus (Four Tet Remix)\n2. ID - ID\n",
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **{
                            name: {"type": "string", "description": "as in the query"}
                            for name in MixGiven.model_fields
                        },
                    },
                }
            },
        },
    }
}


@router.post(
    "/tracklists", status_code=201, response_model=Imported, openapi_extra=_BODY,
    responses={200: {"model": Imported, "description": "It was here already, or an earlier version"}},
)  # fmt: skip
async def import_(
    request: Request, response: Response, shared: Shared, mix: Annotated[MixGiven, Query()]
) -> Imported:
    """Bring a tracklist in: as JSON, as text, or as a file (text, CUE, CSV, JSON).

    The same mix again (its page, or DJ, title and day, or the very same lines) is an update. With text and
    files the query says what is known of the mix, with a file also the other fields of the form; with JSON
    the body does.
    """
    data, name, given = await _content(request, mix)
    done = await to_thread.run_sync(_import, shared, data, name, given)
    response.headers["Location"] = f"/api/v1/tracklists/{done.tracklist_id}"
    if done.outcome != "new":
        response.status_code = 200
    return done


@router.get("/tracklists", response_model=Page[Summary])
def list_(
    request: Request, response: Response, shared: Shared, given: Annotated[TracklistsGiven, Query()]
) -> Page[Any]:
    """Tracklists, the last imported first."""
    after = cursors.read(given.after, [str])[0] if given.after else None
    with shared.reading() as connection:
        found = list_tracklists(connection, dj=given.dj, after=after, limit=given.limit + 1)
        total = count_tracklists(connection, dj=given.dj) if given.total else None
    some = found[: given.limit]
    more = cursors.write([some[-1].id]) if len(found) > given.limit else None
    return page(request, response, [Summary.model_validate(one) for one in some], more, total)


@router.get("/tracklists/{tracklist_id:uuid}", response_model=TracklistDetails)
def show(tracklist_id: PathId, response: Response, shared: Shared) -> TracklistDetails:
    """A tracklist: every line with what it was found to be, and every version of it."""
    with shared.reading() as connection:
        tag(response, tracklist_revision(connection, tracklist_id))
        summary, entries = get_tracklist(connection, tracklist_id)
        versions = list_versions(connection, tracklist_id)
    identified, provisional = new_tracks(entries)
    return TracklistDetails(
        **Summary.model_validate(summary).model_dump(),
        new_identified=identified,
        new_provisional=provisional,
        lines=[Entry.model_validate(one) for one in entries],
        versions=[Version(version=no, imported_at=at, changes=list(changes)) for no, at, changes in versions],
    )


@router.get("/tracklists/{tracklist_id:uuid}/versions/{version}", response_model=VersionLines)
def show_version(tracklist_id: PathId, version: VersionNumber, shared: Shared) -> VersionLines:
    """One version of a tracklist, as it was imported."""
    with shared.reading() as connection:
        get_tracklist(connection, tracklist_id)
        at, changes, lines = version_lines(connection, tracklist_id, version)
    return VersionLines(version=version, imported_at=at, changes=list(changes), lines=list(lines))


@router.delete("/tracklists/{tracklist_id:uuid}", status_code=204, dependencies=[ADMIN])
def delete(tracklist_id: PathId, shared: Shared, expected: Expected) -> None:
    """Delete a tracklist and its plays. Tracks that were identified stay in the library."""
    with shared.store.write() as tx:
        if expected is not None:
            get_tracklist(tx.connection, tracklist_id)
            there = tracklist_revision(tx.connection, tracklist_id)
            if there != expected:
                raise Refused(
                    412, f"tracklist {tracklist_id} was changed since it was read: look at it again, then "
                    "delete it with the ETag that it has now", headers={"ETag": f'"{there}"'}, version=there,
                )  # fmt: skip
        delete_tracklist(tx, tracklist_id)


@router.post(
    "/tracklists/{tracklist_id:uuid}/discover-tracks", response_model=Discovered,
    responses={202: {"model": Discovered, "description": "It is not done yet: look at the jobs"}},
)  # fmt: skip
async def discover_tracks(
    tracklist_id: PathId,
    response: Response,
    shared: Shared,
    by: By,
    given: DiscoverGiven | None = None,
    prefer: Annotated[
        str | None,
        Header(description="wait=N: seconds to wait, 0 to 60; respond-async: none", examples=["wait=30"]),
    ] = None,
) -> Discovered:
    """Find out what was played in the lines that are due, and list the tracks.

    Waits until that is done, 30 s by default. What takes longer is answered with 202 and jobs (of at most 100
    entries each), whose progress `GET /jobs/{id}` tells.
    """
    positions = given.positions if given else []
    wait, applied = _wait(prefer)
    jobs = await to_thread.run_sync(_ask_for, shared, tracklist_id, positions, by.user)
    if jobs:
        shared.wake()
    until, pause = time.monotonic() + wait, _LOOK_AGAIN
    while not all(job.ended for job in jobs) and time.monotonic() < until:
        await anyio.sleep(pause)
        pause = min(pause * 1.5, _LOOK_LATER)
        jobs = await to_thread.run_sync(_look, shared, jobs)
    if applied:
        response.headers["Preference-Applied"] = applied
    found = await to_thread.run_sync(_discovered, shared, tracklist_id, positions, jobs)
    if not found.done:
        response.status_code = 202
        response.headers["Location"] = f"/api/v1/jobs/{jobs[0].id}"
    return found


@router.get("/jobs/{job_id:uuid}", response_model=JobState)
def show_job(job_id: PathId, shared: Shared) -> JobState:
    """How far a request for discovery is."""
    with shared.reading() as connection:
        return JobState.model_validate(get_jobs(connection, [job_id])[0])


@router.delete("/jobs/{job_id:uuid}", response_model=JobState)
def cancel_job(job_id: PathId, shared: Shared) -> JobState:
    """Cancel a request for discovery; what was found by then is kept. One that has ended stays as it is."""
    with shared.store.write() as tx:
        return JobState.model_validate(cancel(tx, job_id))


async def _content(request: Request, mix: MixGiven) -> tuple[bytes, str, MixGiven]:
    """The tracklist as bytes, what it is called, and what is known of the mix."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        if request.query_params:
            raise Refused(422, "with JSON the body says what is known of the mix: leave the query out")
        given = _tracklist_given(request.scope[BODY])
        if given.text is not None:
            return given.text.encode(), "text", given
        tracks = [one.model_dump(exclude_none=True) for one in given.tracks or ()]
        return json.dumps({"tracks": tracks}).encode(), "tracks", given.model_copy(update={"format": "json"})
    if kind == "text/plain":
        return request.scope[BODY], "the body", mix
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=20) as form:
            file = form.get("file")
            if file is None or isinstance(file, str):
                raise Refused(422, "the form has no part named file: send the tracklist as that")
            return await file.read(), file.filename or "file", _of_form(mix, form)
    raise Refused(
        415, f"{kind or 'a body without Content-Type'} is not read here: send application/json, text/plain "
        "or multipart/form-data with a part named file",
    )  # fmt: skip


def _of_form(mix: MixGiven, form: FormData) -> MixGiven:
    """What query and form say of the mix, together."""
    fields = {name: value for name, value in form.multi_items() if name != "file"}
    if twice := fields.keys() & mix.model_fields_set:
        raise Refused(422, f"{min(twice)} is in the query and in the form: say it once")
    try:
        return MixGiven.model_validate({**mix.model_dump(exclude_unset=True), **fields})
    except ValidationError as error:
        raise _in_the_body(error) from error


def _tracklist_given(body: bytes) -> TracklistGiven:
    try:
        return TracklistGiven.model_validate_json(body)
    except ValidationError as error:
        raise _in_the_body(error) from error


def _in_the_body(error: ValidationError) -> RequestValidationError:
    return RequestValidationError(
        [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
    )


def _import(shared: Context, data: bytes, name: str, mix: MixGiven) -> Imported:
    tracklist = read_tracklist(
        data,
        name=name,
        format=mix.format,
        dj=mix.dj or None,
        title=mix.title or None,
        played_on=mix.played_on,
        source=mix.source or None,
        source_url=mix.source_url or None,
    )
    if not tracklist.entries:
        raise BadInput(
            f"{name}: no line is a track ({len(tracklist.lines):,} read); a track is written Artist - Title"
        )
    done = import_tracklist(shared.store, tracklist)
    with shared.reading() as connection:
        kept, _ = get_tracklist(connection, done.tracklist_id)
    return Imported(
        tracklist_id=done.tracklist_id,
        outcome=done.outcome,
        entries=done.entries,
        unknown=done.skipped,
        dj=kept.dj,
        title=kept.title,
        played_on=kept.played_on,
        assumed=list(tracklist.assumptions),
        problems=list(tracklist.problems),
        changes=list(done.changes),
        twin=done.twin,
    )


def _wait(prefer: str | None) -> tuple[int, str]:
    """Seconds to wait, and what was followed of the header; the rest is left aside (RFC 7240)."""
    for part in re.split("[,;]", prefer or ""):
        name, _, value = (one.strip().lower() for one in part.partition("="))
        if name == "wait" and value.isascii() and value.isdecimal():
            wait = min(int(value[:6]), LONGEST_WAIT)
            return wait, f"wait={wait}"
        if name == "respond-async" and not value:
            return 0, "respond-async"
    return WAIT, ""


def _ask_for(shared: Context, tracklist_id: str, positions: list[int], user: str) -> list[Job]:
    with shared.store.write() as tx:
        return ask_for(tx, tracklist_id, positions=positions, by=user)


def _look(shared: Context, jobs: list[Job]) -> list[Job]:
    with shared.reading() as connection:
        return get_jobs(connection, [job.id for job in jobs])


def _discovered(shared: Context, tracklist_id: str, positions: list[int], jobs: list[Job]) -> Discovered:
    with shared.reading() as connection:
        _, entries = get_tracklist(connection, tracklist_id)
    wanted = set(positions)
    return Discovered(
        tracklist_id=tracklist_id,
        done=all(job.ended for job in jobs),
        failed=any(job.status in ("failed", "cancelled") for job in jobs),
        jobs=[JobState.model_validate(job) for job in jobs],
        tracks=[Entry.model_validate(one) for one in entries if not wanted or one.position in wanted],
    )
