"""What the tests of the online lane share: a new home and a stand-in for all providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mixtrove.library.tracklists import import_tracklist
from mixtrove.providers.simulator import simulate
from tests.integration.online_scene import Begin, Rows, Scene


@pytest.fixture
def begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_tracklist: Callable[..., Any]
) -> Iterator[Begin]:
    """``begin(rows, **options)``: a new home and a stand-in that knows these rows."""
    scenes: list[Scene] = []

    def new(rows: Rows, *lines: str, **options: Any) -> Scene:
        given = {
            "quotas": dict.fromkeys(("musicbrainz", "discogs", "spotify", "beatport", "itunes")),
            **options,
        }
        server = simulate(rows, other_versions=0.0, **given)
        scene = Scene(tmp_path / f"home{len(scenes)}", server, monkeypatch, make_tracklist)
        scenes.append(scene)
        if lines:
            import_tracklist(scene.store, make_tracklist(*lines, dj="One"))
        return scene

    yield new
    for scene in scenes:
        scene.close()
        scene.server.close()
