"""MusicBrainz: queries in Lucene's language, and rows as credits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mixtrove.matching import Credit
from mixtrove.providers.budget import Budget
from mixtrove.providers.failures import ProviderDown
from mixtrove.providers.musicbrainz import MusicBrainz, escaped, query_of
from mixtrove.providers.question import question
from tests.unit.provider_scene import params_of, path_of, scene

ONE, TWO, RELEASE, LABEL = (f"{number}2345678-1234-4234-8234-123456789abc" for number in "0123")


def row(**fields: Any) -> dict[str, Any]:
    return {
        "id": ONE, "title": "Harbour", "score": 100,
        "artist-credit": [{"name": "Ada Quill", "artist": {"name": "Quill, A."}}], **fields,
    }  # fmt: skip


def test_the_title_and_an_artist_are_conditions_and_the_version_is_not() -> None:
    asked = question(Credit.parse("Ada Quill & Mo", "Harbour (Kestrel Remix)"))
    assert query_of(asked) == (
        'recording:"Harbour" AND artist:("Ada Quill" OR "Mo") '
        'AND (recording:("Harbour" OR kestrel OR remix) OR comment:(kestrel OR remix))'
    )


def test_a_cut_is_not_asked_for() -> None:
    asked = question(Credit.parse("Ada Quill", "Harbour (Extended Mix)"))
    assert query_of(asked) == 'recording:"Harbour" AND artist:("Ada Quill")'


@pytest.mark.parametrize(
    ("text", "plain"),
    [("AC/DC", r"AC\/DC"), ('say "hi"', r"say \"hi\""), ("a+b-c!", r"a\+b\-c\!"), (r"x\y*", r"x\\y\*")],
)
def test_operators_are_escaped(text: str, plain: str) -> None:
    assert escaped(text) == plain


def test_a_row_becomes_a_recording(tmp_path: Path) -> None:
    album = {"id": TWO, "title": "Ports", "status": "Official", "date": "2016-01-01",
             "release-group": {"primary-type": "Album", "secondary-types": ["Compilation"]}}  # fmt: skip
    single = {"id": RELEASE, "title": "Harbour", "status": "Official", "date": "2017",
              "release-group": {"primary-type": "Single"}}  # fmt: skip
    credit = [
        {"name": "Ada Quill", "joinphrase": " feat. ", "artist": {"name": "Ada"}},
        {"artist": {"name": "Mo"}},
    ]
    body = {
        "recordings": [
            row(**{"artist-credit": credit}, length=421500, releases=[album, single],
                isrcs=["gb-ayE-06-01498", "nonsense"], tags=[{"name": "house", "count": 2}, {"name": "odd"}],
                **{"first-release-date": "2016-02"}),
            row(id=TWO, video=True),
        ]
    }  # fmt: skip
    with scene(MusicBrainz, tmp_path, body) as (provider, server):
        (one,) = provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget()).recordings
    assert path_of(server.asked[0]) == "/ws/2/recording"
    assert params_of(server.asked[0])["limit"] == ["50"]
    assert server.asked[0].headers["User-Agent"].endswith("( tests@example.org )")
    assert one.credit.artist == "Ada Quill feat. Mo"
    assert (one.credit.artists, one.credit.featured) == (("Ada Quill",), ("Mo",))
    assert (one.credit.duration, one.credit.year, one.credit.album) == (421.5, 2016, "Harbour")
    assert (one.isrcs, one.genre, one.release_date) == (("GBAYE0601498",), "house", "2016-02")
    assert (one.release_id, one.url) == (RELEASE, f"https://musicbrainz.org/recording/{ONE}")


@pytest.mark.parametrize(
    ("disambiguation", "version"),
    [("Kestrel remix", "Kestrel remix"), ("the one with strings", None), ("", None)],
)
def test_a_version_may_be_in_the_disambiguation(
    tmp_path: Path, disambiguation: str, version: str | None
) -> None:
    body = {"recordings": [row(disambiguation=disambiguation)]}
    with scene(MusicBrainz, tmp_path, body) as (provider, _):
        (one,) = provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget()).recordings
    assert one.credit.version == version


def test_null_is_nothing_and_a_wrong_type_is_no_answer(tmp_path: Path) -> None:
    nothing = row(length=None, releases=None, isrcs=None, tags=None, video=None, disambiguation=None)
    with scene(MusicBrainz, tmp_path, {"recordings": [nothing]}) as (provider, _):
        assert provider.by_id([ONE], budget=Budget()).recordings[0].credit.title == "Harbour"
    with (
        scene(MusicBrainz, tmp_path, {"recordings": [row(id=TWO, length="7:02")]}) as (provider, _),
        pytest.raises(ProviderDown),
    ):
        provider.by_id([TWO], budget=Budget(0.2))


def test_isrcs_are_asked_in_batches_of_fifty(tmp_path: Path) -> None:
    codes = [f"GBAYE16{number:05}" for number in range(60)]
    body = {"recordings": [row(isrcs=[codes[3]]), row(id=TWO, isrcs=["USXXX1600001"])]}
    with scene(MusicBrainz, tmp_path, body) as (provider, server):
        found = provider.by_isrc([*codes, "no isrc"], budget=Budget())
    assert [one.id for one in found.recordings] == [ONE]
    assert len(server.asked) == 2
    assert params_of(server.asked[1])["query"] == [f"isrc:({' OR '.join(codes[50:])})"]


def test_pages_of_other_services_lead_to_recordings(tmp_path: Path) -> None:
    page, other = "https://www.beatport.com/track/x/1", "https://www.beatport.com/track/x/2"
    linked = {"resource": page, "relations": [{"recording": {"id": ONE}}, {"type": "other"}]}
    with scene(MusicBrainz, tmp_path, {"urls": [linked]}, linked) as (provider, server):
        assert provider.by_url([page, other], budget=Budget()) == {page: (ONE,)}
        assert provider.by_url([page], budget=Budget()) == {page: (ONE,)}
    assert params_of(server.asked[0])["resource"] == [page, other]


def test_the_label_comes_from_the_release_once_for_all_its_recordings(tmp_path: Path) -> None:
    rows = {"recordings": [row(releases=[{"id": RELEASE, "title": "Ports"}]),
                           row(id=TWO, releases=[{"id": RELEASE, "title": "Ports"}])]}  # fmt: skip
    none = {"catalog-number": "[none]", "label": {"id": TWO, "name": "[no label]"}}
    quay = {"catalog-number": "NQ 7", "label": {"id": LABEL, "name": "North Quay"}}
    labels = {"label-info": [none, quay]}
    with scene(MusicBrainz, tmp_path, rows, labels) as (provider, server):
        found = provider.search(Credit.parse("Ada Quill", "Harbour"), budget=Budget())
        both = [provider.details(one, budget=Budget()) for one in found.recordings]
    assert [(one.credit.label, one.credit.catalog_number) for one in both] == [("North Quay", "NQ 7")] * 2
    assert both[0].extra["label"] == [{"id": LABEL, "name": "North Quay"}]
    assert len(server.asked) == 2


def test_503_for_our_rate_is_a_quota_and_for_their_load_a_failure() -> None:
    ours = MusicBrainz.refusal(503, {}, b'{"error": "Your requests are exceeding the allowable rate limit."}')
    theirs = MusicBrainz.refusal(503, {}, b'{"error": "The MusicBrainz web server is currently busy."}')
    assert ours is not None
    assert theirs is not None
    assert (ours.kind, theirs.kind) == ("quota", "server")
