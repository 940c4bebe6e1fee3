"""The server itself: whether it lives and is ready, its figures, the providers."""

from __future__ import annotations

import importlib.metadata

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from mixtrove.api.context import Shared
from mixtrove.api.metrics import REGISTRY
from mixtrove.api.shapes.statistics import Alive, ProviderStatus, Ready
from mixtrove.errors import MixtroveError
from mixtrove.library.jobs import queued

router = APIRouter(tags=["service"])

VERSION = importlib.metadata.version("mixtrove")


@router.get("/health", response_model=Alive)
def health() -> Alive:
    """That this process answers."""
    return Alive(version=VERSION)


@router.get("/ready", response_model=Ready, responses={503: {"model": Ready, "description": "Not ready"}})
def ready(response: Response, shared: Shared) -> Ready:
    """Whether what this process needs can be used: the store; also how warehouse and worker are."""
    store, waiting = "ok", None
    try:
        with shared.store.read() as connection:
            waiting = len(queued(connection))
    except MixtroveError as error:
        store = str(error)
    version = shared.statistics.version()
    worker = shared.worker()
    found = Ready(
        status="not ready" if store != "ok" else "degraded" if worker.failing else "ok",
        store=store,
        warehouse=f"published {version.built_at:%Y-%m-%d %H:%M} UTC"
        if version
        else "nothing is published yet",
        worker=worker.words,
        jobs_waiting=waiting,
    )
    response.status_code = 503 if found.status == "not ready" else 200
    return found


@router.get(
    "/metrics", response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Figures"}},
)  # fmt: skip
def metrics(shared: Shared) -> Response:
    """Figures for Prometheus: of the server's requests, what waits, providers, warehouse and sensors."""
    installation = CollectorRegistry()
    installation.register(shared.installation)
    return Response(generate_latest(REGISTRY) + generate_latest(installation), media_type=CONTENT_TYPE_LATEST)


@router.get("/providers", response_model=list[ProviderStatus])
def providers(shared: Shared) -> list[ProviderStatus]:
    """The online providers: which are ready, which are off, wait or fail, and why. Nobody is asked."""
    from mixtrove.discovery import opened_online

    with opened_online(shared.settings) as online:
        return [
            ProviderStatus(
                name=one.name,
                title=one.title,
                state=one.state,
                why=one.why,
                requests_today=one.counted.requests,
                cache_hit_rate=one.counted.hit_rate,
                requests_per_line=one.counted.requests_per_line,
            )
            for one in online.states()
        ]
