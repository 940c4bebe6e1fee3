"""A typed client of the REST API, over httpx: what the addresses take and answer, as pydantic models.

    with Client("http://127.0.0.1:8000") as client:
        mix = client.import_tracklist(text, dj="Four Tet")
        for line in client.discover_tracks(mix.tracklist_id).tracks:
            print(line.track)

Lists are iterated over page by page. A refusal is raised as ``ApiProblem`` with the server's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, Unpack

import httpx
from pydantic import BaseModel, TypeAdapter
from pydantic_core import to_jsonable_python

from mixtrove.api.shapes.asked import (
    BasketAsked,
    Day,
    DecisionAsked,
    MixAsked,
    ReviewAsked,
    TrackAsked,
    TrackListAsked,
    TracklistsAsked,
    TracksAsked,
    TrendsAsked,
    WantAsked,
    WantExportAsked,
    WantOf,
    WantsAsked,
    WishAsked,
    WishOf,
)
from mixtrove.api.shapes.common import Page, Problem
from mixtrove.api.shapes.review import Decided, Decision, ReviewItem
from mixtrove.api.shapes.statistics import Basis, Period, ProviderStatus, Ready, Statistics, Trends
from mixtrove.api.shapes.tracklists import (
    Discovered,
    Imported,
    JobState,
    SourceOfTracks,
    Summary,
    TracklistDetails,
    VersionLines,
)
from mixtrove.api.shapes.tracks import (
    Form,
    Identified,
    Merged,
    PlacesToBuy,
    Track,
    TrackDetails,
    Unmerged,
)
from mixtrove.api.shapes.wants import Basket, Want, WantsChanged
from mixtrove.errors import MixtroveError

Shape = TypeVar("Shape", bound=BaseModel)

PREFIX = "/api/v1"


class ApiProblem(MixtroveError):
    """What the server refused, and why."""

    def __init__(self, problem: Problem, headers: Mapping[str, str]) -> None:
        """``problem`` as it was answered."""
        super().__init__(problem.detail)
        self.status = problem.status
        self.problem = problem
        self.headers = headers


class Client:
    """The API of one server, as one user. A context; safe to share between threads."""

    def __init__(
        self,
        server: str = "http://127.0.0.1:8000",
        *,
        token: str | None = None,
        timeout: float = 90.0,
        http: httpx.Client | None = None,
    ) -> None:
        """Nothing is asked yet.

        Args:
            server: its address, without a path.
            token: of ``mixtrove token create``; None on the server's own machine.
            timeout: seconds for one answer.
            http: a client to ask with instead of one of its own; it keeps its headers and address.
        """
        self.http = http or httpx.Client(base_url=server, timeout=timeout)
        if token is not None:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Client:
        """The client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.http.close()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask for an address under ``/api/v1``; options are those of ``httpx``.

        Raises:
            ApiProblem: the server refused.
        """
        answer = self.http.request(method, PREFIX + path, **options)
        if answer.is_error:
            raise _problem(answer)
        return answer

    # tracklists

    def import_tracklist(
        self, text: str, *, idempotency_key: str | None = None, **mix: Unpack[MixAsked]
    ) -> Imported:
        """Bring a tracklist in, with what is known of the mix."""
        return self._post("/tracklists", Imported, {"text": text, **_given(mix)}, idempotency_key)

    def import_file(
        self, data: bytes, name: str, *, idempotency_key: str | None = None, **mix: Unpack[MixAsked]
    ) -> Imported:
        """Bring a file in, with what is known of the mix."""
        answer = self.request(
            "POST",
            "/tracklists",
            files={"file": (name, data)},
            params=_given(mix),
            headers=_headers(idempotency_key),
        )
        return _read(answer, Imported)

    def tracklists(self, **which: Unpack[TracklistsAsked]) -> Iterator[Summary]:
        """Tracklists, the last imported first."""
        return self._pages("/tracklists", Summary, which)

    def tracklist(self, tracklist_id: str) -> TracklistDetails:
        """A tracklist with its lines and versions."""
        return self._get(f"/tracklists/{tracklist_id}", TracklistDetails)

    def tracklist_version(self, tracklist_id: str, version: int) -> VersionLines:
        """A version of a tracklist as it was imported."""
        return self._get(f"/tracklists/{tracklist_id}/versions/{version}", VersionLines)

    def delete_tracklist(self, tracklist_id: str, *, if_version: int | None = None) -> None:
        """Delete a tracklist and its plays, only if it has still this version."""
        self.request("DELETE", f"/tracklists/{tracklist_id}", headers=_headers(if_version=if_version))

    def discover_tracks(
        self,
        tracklist_id: str,
        positions: Sequence[int] = (),
        *,
        wait: int = 30,
        idempotency_key: str | None = None,
    ) -> Discovered:
        """Find out what was played; waits so many seconds (60 at most) until that is done."""
        given = {"positions": list(positions)} if positions else {"process_all": True}
        answer = self.request(
            "POST",
            f"/tracklists/{tracklist_id}/discover-tracks",
            json=given,
            headers={"Prefer": f"wait={wait}", **_headers(idempotency_key)},
        )
        return _read(answer, Discovered)

    def job(self, job_id: str) -> JobState:
        """How far a job is."""
        return self._get(f"/jobs/{job_id}", JobState)

    def cancel_job(self, job_id: str) -> JobState:
        """Cancel a job."""
        return _read(self.request("DELETE", f"/jobs/{job_id}"), JobState)

    # the library

    def tracks(self, **which: Unpack[TrackListAsked]) -> Iterator[Track]:
        """Library tracks; of several conditions all hold."""
        return self._pages("/library/tracks", Track, which)

    def track(self, track_id: str) -> TrackDetails:
        """Everything that is known of a track."""
        return self._get(f"/library/tracks/{track_id}", TrackDetails)

    def edit_track(
        self, track_id: str, *, if_version: int | None = None, **fields: Unpack[TrackAsked]
    ) -> Track:
        """Correct fields of a track, only if it has still this version; None clears one."""
        answer = self.request(
            "PATCH",
            f"/library/tracks/{track_id}",
            json=to_jsonable_python(fields),
            headers=_headers(if_version=if_version),
        )
        return _read(answer, Track)

    def identify_track(
        self,
        track_id: str,
        artist: str,
        title: str,
        external_ids: Mapping[str, str] | None = None,
        *,
        if_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Identified:
        """Say what a track is, only if it has still this version."""
        given = {"artist": artist, "title": title, "external_ids": dict(external_ids or {})}
        path = f"/library/tracks/{track_id}/identify"
        return self._post(path, Identified, given, idempotency_key, if_version)

    def merge_tracks(
        self,
        kept: str,
        merged: Sequence[str],
        *,
        if_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Merged:
        """Make tracks part of another, only if that has still this version."""
        path = f"/library/tracks/{kept}/merge"
        return self._post(path, Merged, {"merged": list(merged)}, idempotency_key, if_version)

    def unmerge_track(
        self, track_id: str, *, if_version: int | None = None, idempotency_key: str | None = None
    ) -> Unmerged:
        """Take the last merge of a track back, only if it has still this version."""
        path = f"/library/tracks/{track_id}/unmerge"
        return self._post(path, Unmerged, None, idempotency_key, if_version)

    def purchase_links(
        self, track_id: str, *, refresh: bool = False, idempotency_key: str | None = None
    ) -> PlacesToBuy:
        """Where a track can be bought; with ``refresh`` the shops are asked."""
        if refresh:
            path = f"/library/tracks/{track_id}/refresh-purchase-links"
            return self._post(path, PlacesToBuy, None, idempotency_key)
        return self._get(f"/library/tracks/{track_id}/purchase-links", PlacesToBuy)

    def export_library(self, form: Form = "csv", **which: Unpack[TracksAsked]) -> Iterator[bytes]:
        """The library as a file, piece by piece."""
        return self._stream("/library/export", {"format": form, **which})

    # wants

    def wants(self, **which: Unpack[WantsAsked]) -> Iterator[Want]:
        """Your wants, the most wanted first."""
        return self._pages("/want-list", Want, which)

    def want(self, want_id: str) -> Want:
        """One of your wants."""
        return self._get(f"/want-list/{want_id}", Want)

    def add_want(
        self, track_id: str, *, idempotency_key: str | None = None, **fields: Unpack[WishAsked]
    ) -> Want:
        """Put a track on your list."""
        return self._post("/want-list", Want, {"track_id": track_id, **fields}, idempotency_key)

    def set_want(self, want_id: str, *, if_version: int | None = None, **fields: Unpack[WantAsked]) -> Want:
        """Change a want, only if it has still this version; None clears a field."""
        answer = self.request(
            "PUT",
            f"/want-list/{want_id}",
            json=to_jsonable_python(fields),
            headers=_headers(if_version=if_version),
        )
        return _read(answer, Want)

    def remove_want(self, want_id: str, *, if_version: int | None = None) -> None:
        """Take a want off the list, only if it has still this version."""
        self.request("DELETE", f"/want-list/{want_id}", headers=_headers(if_version=if_version))

    def change_wants(
        self,
        *,
        add: Sequence[WishOf] = (),
        set: Sequence[WantOf] = (),
        remove: Sequence[str] = (),
        idempotency_key: str | None = None,
    ) -> WantsChanged:
        """Add, change and remove wants, all or none."""
        given = {"add": list(add), "set": list(set), "remove": list(remove)}
        return self._post("/want-list/bulk", WantsChanged, given, idempotency_key)

    def basket(self, **which: Unpack[BasketAsked]) -> Basket:
        """What to buy where."""
        return self._get("/want-list/basket", Basket, which)

    def export_wants(self, form: Form = "csv", **which: Unpack[WantExportAsked]) -> Iterator[bytes]:
        """Your list as a file, piece by piece."""
        return self._stream("/want-list/export", {"format": form, **which})

    # review

    def review(self, **which: Unpack[ReviewAsked]) -> Iterator[ReviewItem]:
        """Lines that wait for a person."""
        return self._pages("/review", ReviewItem, which)

    def review_item(self, entry_id: str) -> ReviewItem:
        """One line, whether it waits or not."""
        return self._get(f"/review/{entry_id}", ReviewItem)

    def decide(
        self,
        entry_id: str,
        decision: Decision,
        *,
        candidate: int | None = None,
        track: str | None = None,
        idempotency_key: str | None = None,
    ) -> Decided:
        """Decide what a line is."""
        given = _given({"decision": decision, "candidate": candidate, "track": track})
        return self._post(f"/review/{entry_id}", Decided, given, idempotency_key)

    def decide_all(
        self, decisions: Sequence[DecisionAsked], *, idempotency_key: str | None = None
    ) -> list[Decided]:
        """Decide several lines, all or none."""
        answer = self.request(
            "POST", "/review/bulk", json={"decisions": list(decisions)}, headers=_headers(idempotency_key)
        )
        return TypeAdapter(list[Decided]).validate_json(answer.content)

    # figures

    def statistics(
        self,
        period: Period = "all-time",
        basis: Basis = "discovered",
        *,
        start: Day | None = None,
        end: Day | None = None,
    ) -> Statistics:
        """Figures by period; of days, weeks and months also those of a stretch alone."""
        which = {"period": period, "basis": basis, "start": start, "end": end}
        return self._get("/discovery/statistics", Statistics, which)

    def trends(self, **which: Unpack[TrendsAsked]) -> Trends:
        """What is played more than before."""
        return self._get("/discovery/trends", Trends, which)

    def source(self, tracklist_id: str) -> SourceOfTracks:
        """What one tracklist brought."""
        return self._get(f"/discovery/sources/{tracklist_id}", SourceOfTracks)

    def providers(self) -> list[ProviderStatus]:
        """How the providers are."""
        answer = self.request("GET", "/providers")
        return TypeAdapter(list[ProviderStatus]).validate_json(answer.content)

    def ready(self) -> Ready:
        """How the server is."""
        return self._get("/ready", Ready)

    def _get(self, path: str, shape: type[Shape], which: Mapping[str, Any] | None = None) -> Shape:
        answer = self.request("GET", path, params=_given(which or {}))
        return _read(answer, shape)

    def _post(
        self,
        path: str,
        shape: type[Shape],
        given: Any,
        idempotency_key: str | None = None,
        if_version: int | None = None,
    ) -> Shape:
        headers = _headers(idempotency_key, if_version)
        answer = self.request("POST", path, json=to_jsonable_python(given), headers=headers)
        return _read(answer, shape)

    def _pages(self, path: str, shape: type[Shape], which: Mapping[str, Any]) -> Iterator[Shape]:
        answer = self.request("GET", path, params=_given(which))
        while True:
            found = _read(answer, Page[Any])
            for item in found.items:
                yield shape.model_validate(item, by_alias=False, by_name=True)
            if found.next is None:
                return
            answer = self.request("GET", found.next.removeprefix(PREFIX))

    def _stream(self, path: str, which: Mapping[str, Any]) -> Iterator[bytes]:
        with self.http.stream("GET", PREFIX + path, params=_given(which)) as answer:
            if answer.is_error:
                answer.read()
                raise _problem(answer)
            yield from answer.iter_bytes()


def _read(answer: httpx.Response, shape: type[Shape]) -> Shape:
    """An answer in its shape. Shapes have other names where the server reads them from values of ours."""
    return shape.model_validate_json(answer.content, by_alias=False, by_name=True)


def _given(which: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, as JSON or a query has it."""
    return {name: to_jsonable_python(value) for name, value in which.items() if value is not None}


def _headers(idempotency_key: str | None = None, if_version: int | None = None) -> dict[str, str]:
    headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
    return headers if if_version is None else {**headers, "If-Match": f'"{if_version}"'}


def _problem(answer: httpx.Response) -> ApiProblem:
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValueError:
        problem = Problem(
            type="about:blank",
            title=answer.reason_phrase,
            status=answer.status_code,
            detail=f"the server answered {answer.status_code} {answer.reason_phrase} and no reason",
        )
    return ApiProblem(problem, answer.headers)
